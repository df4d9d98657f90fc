"""The flash image, byte for byte."""

import struct
import zlib
from contextlib import suppress
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware import image
from firmware.budget import ROM_BYTES
from firmware.clock import Law, Timing
from firmware.errors import InputError


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
    erased=st.integers(0, 9),
)
def test_parse_reads_back_what_build_wrote(genome, law, mean, listening, erased):
    timing = Timing(law, mean, listening)
    rule, read = image.parse(image.build(genome, timing) + b"\xff" * erased)
    assert read == timing
    for ours, theirs in zip(rule, genome.rule, strict=True):
        assert np.array_equal(ours, theirs)


@given(position=st.integers(0, 16 + 66 * 12 - 1), flip=st.integers(1, 255))
def test_every_corrupt_byte_is_noticed(genome, position, flip):
    rom = bytearray(image.build(genome, Timing()))
    rom[position] ^= flip
    with pytest.raises(InputError, match="flash image"):
        image.parse(bytes(rom) + b"\xff" * 5000)


def signed(head, hidden):
    """An image with this header and a right CRC-32."""
    body = bytes(66 * hidden)
    return head + zlib.crc32(head + body).to_bytes(4, "little") + body


@pytest.mark.parametrize(
    ("head", "says"),
    [
        (b"PM\1\1\1\1\0\1\1\0\0\0", "50 4d 01 - it must begin with 50 4c 01"),
        (b"PL\2\1\1\1\0\1\1\0\0\0", "50 4c 02 - it must begin with 50 4c 01"),
        (b"PL\1\0\1\1\0\1\1\0\0\0", "H 0 - it must be 1 to 128"),
        (b"PL\1\x81\1\1\0\1\1\0\0\0", "H 129 - it must be 1 to 128"),
        (b"PL\1\1\0\1\0\1\1\0\0\0", "shift1 0 - it must be 1 to 15"),
        (b"PL\1\1\x10\1\0\1\1\0\0\0", "shift1 16 - it must be 1 to 15"),
        (b"PL\1\1\1\0\0\1\1\0\0\0", "shift2 0 - it must be 1 to 15"),
        (b"PL\1\1\1\xff\0\1\1\0\0\0", "shift2 255 - it must be 1 to 15"),
        (b"PL\1\1\1\1\2\1\1\0\0\0", "clock law 2 - it must be 0 to 1"),
        (b"PL\1\1\1\1\0\0\1\0\0\0", "listening period 0 - it must be 1 to 255"),
        (b"PL\1\1\1\1\0\1\0\0\0\0", "mean interval 0 - it must be 1 to 1,048,575"),
        (b"PL\1\1\1\1\0\1\0\0\x10\0", "mean interval 1048576 - it must be 1 to 1,048,575"),
        (b"PL\1\1\1\1\0\1\0\0\0\1", "mean interval 16777216 - it must be 1 to 1,048,575"),
    ],
)
def test_a_header_out_of_bounds_is_refused_though_its_crc_is_right(head, says):
    with pytest.raises(InputError, match=f"^flash image: {says}; build it anew from its genome$"):
        image.parse(signed(head, head[3]))


@pytest.mark.parametrize(("hidden", "timing"), [(1, (0, 1, 1)), (128, (1, 2**20 - 1, 255))])
def test_the_least_and_the_most_are_accepted(hidden, timing):
    law, mean, listening = timing
    for shift in (1, 15):
        head = image.HEADER.pack(b"PL", 1, hidden, shift, shift, law, listening, mean)
        rule, read = image.parse(signed(head, hidden))
        assert (rule.shift1, rule.shift2, len(rule.w1)) == (shift, shift, hidden)
        assert read == Timing(Law(law), mean, listening)


GOOD = b"PL\1\2\1\1\0\1\1\0\0\0"


@pytest.mark.parametrize("length", [0, 1, 15, 16, 16 + 66, 16 + 2 * 66 - 1])
def test_a_cut_image(length):
    with pytest.raises(InputError, match=f"^flash image: {length} B - (its header alone|with H = 2 it) has"):
        image.parse(signed(GOOD, 2)[:length])


def test_something_behind_an_image():
    with pytest.raises(InputError, match=r"149 B - with H = 2 it has 148 B, and nothing behind"):
        image.parse(signed(GOOD, 2) + b"\0")


@given(st.binary(max_size=400) | st.builds(bytes.__add__, st.just(GOOD), st.binary(max_size=200)))
def test_any_bytes_are_an_image_or_refused(content):
    with suppress(InputError):
        image.parse(content)


def test_the_image_of_a_program_is_its_clock():
    head = b"PL\x01\x00\x00\x00\x00\x10" + struct.pack("<I", 20_000)
    expected = head + struct.pack("<I", zlib.crc32(head))
    assert image.build_program(Timing(Law.UNIFORM, 20_000, 16)) == expected
    assert not image.holds_genome(expected)


@given(
    law=st.sampled_from(Law),
    mean=st.integers(1, 2**20 - 1),
    listening=st.integers(1, 255),
    erased=st.integers(0, 9),
)
def test_a_programs_clock_is_read_back(law, mean, listening, erased):
    timing = Timing(law, mean, listening)
    assert image.parse_timing(image.build_program(timing) + b"\xff" * erased) == timing


@given(position=st.integers(0, 15), flip=st.integers(1, 255))
def test_every_corrupt_byte_of_a_programs_image_is_noticed(position, flip):
    rom = bytearray(image.build_program(Timing()))
    rom[position] ^= flip
    with pytest.raises(InputError, match="flash image"):
        image.parse_timing(bytes(rom))


def test_a_program_and_a_genome_are_not_mistaken(genome):
    with pytest.raises(InputError, match="flash image: H 0 - it must be 1 to 128"):
        image.parse(image.build_program(Timing()))
    with pytest.raises(InputError, match="flash image: H 12 - it must be 0; build it anew"):
        image.parse_timing(image.build(genome, Timing()))
    with pytest.raises(InputError, match="flash image: 17 B - with H = 0 it has 16 B, and nothing behind"):
        image.parse_timing(image.build_program(Timing()) + b"\0")
