"""The genome file: what goes in comes out, and whatever happens to it is noticed."""

import zlib
from dataclasses import replace

import msgpack
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware.errors import InputError
from firmware.genome import Genome
from firmware.pattern import Target


def same(a, b):
    arrays = all(np.array_equal(getattr(a, n), getattr(b, n)) for n in ("w1", "b1", "w2"))
    target = np.array_equal(a.target.rgba, b.target.rgba) and a.target.seed == b.target.seed
    rest = all(getattr(a, n) == getattr(b, n) for n in ("name", "shift1", "shift2", "regime", "facts"))
    return arrays and target and rest


@settings(deadline=None)
@given(
    seed=st.integers(0, 2**32),
    hidden=st.integers(1, 128),
    shifts=st.tuples(st.integers(1, 15), st.integers(1, 15)),
    name=st.text(max_size=40),
    facts=st.dictionaries(
        st.text(max_size=9), st.integers(-(2**40), 2**40) | st.text(max_size=9), max_size=4
    ),
    size=st.tuples(st.integers(1, 64), st.integers(1, 64)),
)
def test_round_trip(genome, seed, hidden, shifts, name, facts, size):
    draws = np.random.default_rng(seed)
    written = replace(
        genome,
        name=name,
        w1=draws.integers(-128, 128, (hidden, 48)).astype(np.int8),
        b1=draws.integers(-32768, 32768, hidden).astype(np.int16),
        w2=draws.integers(-128, 128, (hidden, 16)).astype(np.int8),
        shift1=shifts[0],
        shift2=shifts[1],
        target=Target.of(np.full((*size, 4), 255, np.uint8)),
        facts=facts,
    )
    content = written.to_bytes()
    read = Genome.from_bytes(content)
    assert same(read, written)
    assert read.to_bytes() == content


def test_layout_is_plain_msgpack(genome):
    content = genome.to_bytes()
    magic, version, body, crc = msgpack.unpackb(content)
    assert (magic, version) == ("planaria", 1)
    assert int.from_bytes(crc, "big") == zlib.crc32(content[:-4]) == genome.crc32()
    fields = msgpack.unpackb(body)
    assert fields["b1"] == genome.b1.astype("<i2").tobytes()
    assert fields["target"]["seed"] == list(genome.target.seed)


def test_every_single_byte_corruption_is_caught(genome):
    """All positions, and at each of them three other values."""
    content = genome.to_bytes()
    for position in range(len(content)):
        for flip in (0x01, 0x80, 0xFF):
            spoiled = bytearray(content)
            spoiled[position] ^= flip
            with pytest.raises(InputError, match=r"not a planaria genome|truncated|corrupt|CRC"):
                Genome.from_bytes(bytes(spoiled))


def test_every_truncation_says_so(genome):
    content = genome.to_bytes()
    for length in range(10, len(content)):
        with pytest.raises(InputError, match="truncated"):
            Genome.from_bytes(content[:length])
    for length in range(10):
        with pytest.raises(InputError, match="not a planaria genome"):
            Genome.from_bytes(content[:length])


def test_trailing_bytes_are_refused(genome):
    with pytest.raises(InputError, match="corrupt"):
        Genome.from_bytes(genome.to_bytes() + b"\x00")


def sealed(content: bytes) -> bytes:
    return content + zlib.crc32(content).to_bytes(4, "big")


def test_another_version_says_so(genome):
    content = bytearray(genome.to_bytes()[:-4])
    content[10] = 2
    with pytest.raises(InputError, match="format version 2 - this planaria reads version 1"):
        Genome.from_bytes(sealed(bytes(content)))


@pytest.mark.parametrize("spoil", ["missing", "unknown", "short", "not a map", "bad regime"])
def test_malformed_body_with_a_good_crc(genome, spoil):
    _, _, body, _ = msgpack.unpackb(genome.to_bytes())
    fields = msgpack.unpackb(body)
    if spoil == "missing":
        del fields["w2"]
    elif spoil == "unknown":
        fields["extra"] = 1
    elif spoil == "short":
        fields["w1"] = fields["w1"][:-1]
    elif spoil == "bad regime":
        fields["regime"] = "healing"
    else:
        fields = [1, 2]
    head = genome.to_bytes()[:11] + msgpack.packb(msgpack.packb(fields)) + b"\xc4\x04"
    with pytest.raises(InputError, match="regime" if spoil == "bad regime" else "malformed body"):
        Genome.from_bytes(sealed(head))


@given(st.binary(max_size=200))
def test_any_bytes_give_one_kind_of_error(content):
    with pytest.raises(InputError):
        Genome.from_bytes(content)


def test_save_and_load(genome, tmp_path):
    genome.save(tmp_path / "a.genome")
    assert same(Genome.load(tmp_path / "a.genome"), genome)
    with pytest.raises(InputError, match="cannot be read"):
        Genome.load(tmp_path / "b.genome")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"b1": np.zeros(129, np.int16)}, "hidden units: 129"),
        ({"b1": np.zeros(12, np.int32)}, "genome b1"),
        ({"w1": np.zeros((12, 47), np.int8)}, "genome w1"),
        ({"w2": np.zeros((11, 16), np.int8)}, "genome w2"),
        ({"shift1": 0}, "genome shift1: 0"),
        ({"shift2": 16}, "genome shift2: 16"),
        ({"regime": "immortal"}, "regime: immortal"),
    ],
)
def test_impossible_genomes(genome, change, message):
    with pytest.raises(InputError, match=message):
        replace(genome, **change)
