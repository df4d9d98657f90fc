"""The genome file: what goes in comes out, and whatever happens to it is noticed."""

import json
import struct
import zlib
from dataclasses import replace

import msgpack
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware.errors import InputError
from firmware.genome import FILE_MAX_BYTES, Genome
from firmware.picture import Picture


def same(a, b):
    arrays = all(np.array_equal(getattr(a, n), getattr(b, n)) for n in ("w1", "b1", "w2"))
    target = np.array_equal(a.target.rgba, b.target.rgba) and a.target.seed == b.target.seed
    rest = all(getattr(a, n) == getattr(b, n) for n in ("name", "shift1", "shift2", "regime", "facts"))
    return arrays and target and rest


NAMES = st.text(min_size=1, max_size=64).filter(
    lambda name: name.isprintable() and not {"/", "\\"} & set(name) and name.strip() not in ("", ".", "..")
)


@settings(deadline=None)
@given(
    seed=st.integers(0, 2**32),
    hidden=st.integers(1, 128),
    shifts=st.tuples(st.integers(1, 15), st.integers(1, 15)),
    name=NAMES,
    facts=st.dictionaries(
        st.text(max_size=9), st.integers(-(2**40), 2**40) | st.text(max_size=9), max_size=4
    ),
    size=st.tuples(st.integers(1, 128), st.integers(1, 128)),
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
        target=Picture.of(np.full((*size, 4), 255, np.uint8)),
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


def with_body(genome, body: bytes, trailer=b"\xc4\x04") -> bytes:
    return sealed(genome.to_bytes()[:11] + msgpack.packb(body) + trailer)


def fields_of(genome) -> dict:
    return msgpack.unpackb(msgpack.unpackb(genome.to_bytes())[2])


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"w2": None}, "malformed body (fields missing or unknown)"),
        ({"extra": 1}, "malformed body (fields missing or unknown)"),
        ({"w1": b"\x00" * 47}, "malformed body (cannot reshape"),
        ({"regime": "healing"}, "regime: healing"),
        ({"regime": b"growing"}, "malformed body (regime is bytes, not str)"),
        ({"name": b"ring"}, "malformed body (name is bytes, not str)"),
        ({"name": ""}, "genome name: ''"),
        ({"name": "../evil"}, "genome name: ../evil - files are called by it"),
        ({"name": "a\0b"}, r"genome name: a\x00b"),
        ({"name": 7}, "malformed body (name is int, not str)"),
        ({"name": "x" * 65}, "genome name: xxx"),
        ({"name": ".."}, "genome name: .. - files are called by it"),
        ({"w1": "text"}, "malformed body (w1 is str, not bytes)"),
        ({"hidden": 12.0}, "malformed body (hidden is float, not int)"),
        ({"hidden": -1}, "malformed body (hidden is -1, not 1 to 128)"),
        ({"hidden": 11}, "malformed body (cannot reshape"),
        ({"shift1": True}, "malformed body (shift1 is bool, not int)"),
        ({"shift1": 0}, "genome shift1: 0"),
        ({"target": []}, "malformed body (target is list, not dict)"),
        ({"facts": []}, "malformed body (facts is list, not dict)"),
        ({"facts": {"x": float("nan")}}, "genome fact x: nan - it must be a text or a finite number"),
        ({"facts": {"x": float("-inf")}}, "genome fact x: -inf - it must be"),
        ({"facts": {"x": True}}, "genome fact x: True - it must be"),
        ({"facts": {"x": None}}, "genome fact x: None - it must be"),
        ({"facts": {"x": b"b"}}, "genome fact x: b'b' - it must be"),
        ({"facts": {"x": {"y": 1}}}, "genome fact x: {'y': 1} - it must be"),
        ({"facts": {"x": [1]}}, "genome fact x: [1] - it must be"),
        ({"facts": {b"x": 1}}, "malformed body (a key is no text)"),
    ],
)
def test_malformed_body_with_a_good_crc(genome, change, says):
    fields = fields_of(genome) | change
    body = msgpack.packb({name: value for name, value in fields.items() if value is not None})
    with pytest.raises(InputError) as caught:
        Genome.from_bytes(with_body(genome, body))
    assert says in str(caught.value)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"height": -1}, "height is -1, not 1 to 128"),
        ({"width": 129}, "width is 129, not 1 to 128"),
        ({"width": 1.0}, "width is float, not int"),
        ({"rgba": "x"}, "rgba is str, not bytes"),
        ({"seed": [1, 2, 3]}, "seed is no row and column"),
        ({"seed": [1.5, 2]}, "seed is no row and column"),
        ({"seed": [True, 2]}, "seed is no row and column"),
        ({"seed": 3}, "seed is int, not list"),
        ({"extra": 3}, "fields missing or unknown"),
    ],
)
def test_malformed_target_with_a_good_crc(genome, change, says):
    fields = fields_of(genome)
    fields["target"] |= change
    with pytest.raises(InputError) as caught:
        Genome.from_bytes(with_body(genome, msgpack.packb(fields)))
    assert f"malformed body ({says})" in str(caught.value)


def test_facts_have_limits(genome):
    """Each of them at its end, and beyond."""
    most = {f"{number:064}": "é" * 2048 for number in range(64)}
    kept = replace(genome, facts=most)
    assert len(kept.to_bytes()) < FILE_MAX_BYTES
    assert Genome.from_bytes(kept.to_bytes()).facts == most
    for number in (-(2**63), 2**64 - 1, 0.5, "", -0.0):
        kept = replace(genome, facts={"x": number})
        assert Genome.from_bytes(kept.to_bytes()).facts == {"x": number}
    for facts, says in (
        (most | {"x": 1}, "genome facts: 65 - there can be 64"),
        ({"x": "y" * 2049}, r"genome fact x: yyyyyyyyyyyyyyyyyyyy\.\.\. - it has 2,049 letters of 2,048"),
        ({"x" * 65: 1}, r"name of a genome fact: x{20}\.\.\. - it has 65 letters of 64"),
        ({"x": 2**64}, "genome fact x: a whole number - it must be one of 64 bits"),
        ({"x": -(10**400)}, "genome fact x: a whole number - it must be one of 64 bits"),
        ({"x": "\ud800"}, r"genome fact x: '\\ud800' - it is no Unicode"),
        ({7: "x"}, "name of a genome fact: 7 - it must be a text"),
    ):
        with pytest.raises(InputError, match=says):
            replace(genome, facts=facts)


def test_other_forms_of_the_same_values(genome):
    """The CRC of such a file would not be the one that planaria prints."""
    fields = fields_of(genome)
    canonical = msgpack.packb(fields)
    assert with_body(genome, canonical) == genome.to_bytes()
    seed, shift = b"\xa4seed\x0b", b"\xa6shift1\x06"
    assert seed in canonical
    assert shift in canonical
    for body in (
        canonical.replace(seed, seed[:-1] + b"\xcc\x0b"),  # 11 in two bytes
        canonical.replace(shift, shift[:-1] + b"\xd3" + (6).to_bytes(8)),  # 6 in nine
        canonical.replace(b"\xa4seed", b"\xd9\x04seed"),  # a length in two bytes
        b"\xde\x00\x0a" + canonical[1:],  # a map with a longer header
        canonical.replace(struct.pack(">Bd", 0xCB, 1.5), struct.pack(">Bf", 0xCA, 1.5)),  # single precision
        body_of([*fields.items()][::-1]),
    ):
        assert body != canonical
        assert msgpack.unpackb(body) == fields
        with pytest.raises(InputError, match="not in the one form that planaria writes"):
            Genome.from_bytes(with_body(genome, body))
    content = genome.to_bytes()
    assert content[11] == 0xC5
    longer = content[:11] + b"\xc6\0\0" + content[12:-4]
    with pytest.raises(InputError, match="not in the one form that planaria writes"):
        Genome.from_bytes(sealed(longer))


def body_of(pairs) -> bytes:
    """A map from pairs, some of which may have the same key."""
    packer = msgpack.Packer()
    return packer.pack_map_pairs(pairs)


@pytest.mark.parametrize("name", ["name", "w1", "facts"])
def test_a_key_that_is_there_twice(genome, name):
    pairs = list(fields_of(genome).items())
    twice = [*pairs, (name, dict(pairs)[name])]
    assert same(Genome.from_bytes(with_body(genome, body_of(pairs))), genome)
    with pytest.raises(InputError, match=r"malformed body \(a key is there twice\)"):
        Genome.from_bytes(with_body(genome, body_of(twice)))
    facts = body_of([("x", 1), ("x", 1)])
    body = msgpack.packb(fields_of(genome) | {"facts": {}})
    assert body.endswith(b"\xa5facts\x80")
    with pytest.raises(InputError, match="a key is there twice"):
        Genome.from_bytes(with_body(genome, body[:-1] + facts))


def test_names(genome):
    for name in ("x" * 64, "-x", "$x^$ 'y'", "größe", "🦎", "a.b", "...", ".x"):
        assert Genome.from_bytes(replace(genome, name=name).to_bytes()).name == name
    for name in (
        "",
        " ",
        ".",
        "..",
        "a/b",
        "a\\b",
        "/",
        "a\nb",
        "a\x1b[2Jb",
        "a\u202eb",
        "a\ud800",
        "x" * 65,
        7,
    ):
        with pytest.raises(InputError, match=r"genome name: .* - files are called by it: 1 to 64 letters"):
            replace(genome, name=name)


def test_body_that_is_no_map_or_more_than_one(genome):
    for body in (msgpack.packb([1, 2]), msgpack.packb(fields_of(genome)) + b"\x01", b"", b"\xc1"):
        with pytest.raises(InputError, match="malformed body"):
            Genome.from_bytes(with_body(genome, body))


@pytest.mark.parametrize("trailer", [b"\xc4\x05", b"\xa4\x04", b"\x00\x00"])
def test_trailer_with_a_good_crc(genome, trailer):
    body = msgpack.packb(fields_of(genome))
    with pytest.raises(InputError) as caught:
        Genome.from_bytes(with_body(genome, body, trailer))
    says = f"{trailer.hex(' ')} before the CRC-32 - it is corrupt, c4 04 belongs there"
    assert says in str(caught.value)


@pytest.mark.parametrize("header", [b"\xd9\x20", b"\x80", b"\xc7\x02"])
def test_body_that_is_no_bin(genome, header):
    content = sealed(genome.to_bytes()[:11] + header + bytes(32) + b"\xc4\x04")
    with pytest.raises(InputError, match=f"{header[:1].hex()} before the body - it is corrupt, c4, c5 or c6"):
        Genome.from_bytes(content)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.floats()
    | st.text(max_size=3)
    | st.binary(max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=2), inner, max_size=2),
    max_leaves=4,
)


@settings(deadline=None)
@given(data=st.data())
def test_any_value_in_any_place_is_right_or_refused(genome, data):
    """What is read is written again as the same file."""
    fields = fields_of(genome)
    where = data.draw(st.sampled_from([fields, fields["target"], fields["facts"]]))
    where[data.draw(st.sampled_from([*where, "x"]))] = data.draw(JSON)
    content = with_body(genome, msgpack.packb(fields))
    try:
        read = Genome.from_bytes(content)
    except InputError:
        return
    assert msgpack.unpackb(msgpack.unpackb(read.to_bytes())[2]) == fields
    json.dumps(dict(read.facts), allow_nan=False)


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
        ({"shift2": 6.0}, "genome shift2: 6.0"),
        ({"regime": "immortal"}, "regime: immortal"),
        ({"facts": {"E": float("nan")}}, "genome fact E: nan"),
    ],
)
def test_impossible_genomes(genome, change, message):
    with pytest.raises(InputError, match=message):
        replace(genome, **change)
