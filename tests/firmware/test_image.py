"""The flash image, byte for byte."""

import struct
import zlib
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware import image
from firmware.budget import ROM_BYTES
from firmware.clock import Law, Timing


def test_exact_bytes(genome):
    tiny = replace(
        genome,
        w1=np.arange(48, dtype=np.int8)[None] - 20,
        b1=np.array([-300], np.int16),
        w2=np.arange(16, dtype=np.int8)[None] - 8,
        shift1=5,
        shift2=7,
    )
    head = b"PL\x01\x01\x05\x07\x00\x10" + struct.pack("<I", 20_000)
    body = struct.pack("<h48b16b", -300, *range(-20, 28), *range(-8, 8))
    expected = head + struct.pack("<I", zlib.crc32(head + body)) + body
    assert image.build(tiny, Timing(Law.UNIFORM, 20_000, 16)) == expected


def test_widest_genome_leaves_room_for_code(genome):
    wide = replace(
        genome, w1=np.zeros((128, 48), np.int8), b1=np.zeros(128, np.int16), w2=np.zeros((128, 16), np.int8)
    )
    assert len(image.build(wide, Timing())) == 8464
    assert image.CODE_RESERVE_BYTES == ROM_BYTES - 8464 == 1776


@given(
    law=st.sampled_from(Law),
    mean=st.integers(1, 2**20 - 1),
    listening=st.integers(1, 255),
    tail=st.binary(max_size=9),
)
def test_parse_reads_back_what_build_wrote(genome, law, mean, listening, tail):
    timing = Timing(law, mean, listening)
    rule, read = image.parse(image.build(genome, timing) + tail)
    assert read == timing
    for ours, theirs in zip(rule, genome.rule, strict=True):
        assert np.array_equal(ours, theirs)


@given(position=st.integers(0, 16 + 66 * 12 - 1), flip=st.integers(1, 255))
def test_every_corrupt_byte_is_noticed(genome, position, flip):
    rom = bytearray(image.build(genome, Timing()))
    rom[position] ^= flip
    with pytest.raises(ValueError, match="flash image"):
        image.parse(bytes(rom) + b"\xff" * 5000)
