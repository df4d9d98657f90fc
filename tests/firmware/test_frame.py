"""The frame: its exact bytes, and a decoder that no byte string can surprise."""

import msgpack
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from firmware.frame import FRAME_BYTES, Frame, FrameError, decode, encode

frames = st.builds(Frame, st.integers(0, 127), st.binary(min_size=16, max_size=16))


def crc16(data: bytes) -> int:
    """CRC-16/CCITT-FALSE, bit by bit."""
    crc = 0xFFFF
    for byte in data:
        crc ^= byte << 8
        for _ in range(8):
            crc = (crc << 1 ^ (0x1021 if crc & 0x8000 else 0)) & 0xFFFF
    return crc


def test_crc_is_the_standard_one():
    """The check value of CRC-16/CCITT-FALSE in every catalogue."""
    assert crc16(b"123456789") == 0x29B1


def test_exact_bytes():
    wire = encode(Frame(5, bytes(range(16))))
    check = crc16(bytes([5, *range(16)])).to_bytes(2, "little")
    assert wire == b"\x93\x05\xc4\x10" + bytes(range(16)) + b"\xc4\x02" + check


@given(frames)
def test_round_trip_is_msgpack(frame):
    wire = encode(frame)
    assert len(wire) == FRAME_BYTES
    assert decode(wire) == frame
    sequence, state, check = msgpack.unpackb(wire)
    assert (sequence, state) == frame
    assert int.from_bytes(check, "little") == crc16(bytes([sequence]) + state)


@given(st.binary(max_size=40) | st.binary(min_size=24, max_size=24))
@example(b"")
@example(encode(Frame(0, bytes(16))))
def test_decoder_is_total_and_agrees_with_msgpack(wire):
    result = decode(wire)
    try:
        sequence, state, check = msgpack.unpackb(wire)
        valid = (
            msgpack.packb([sequence, state, check]) == wire
            and len(state) == 16
            and 0 <= sequence < 128
            and check == crc16(bytes([sequence]) + state).to_bytes(2, "little")
        )
    except Exception:
        valid = False
    assert isinstance(result, Frame) == valid


@given(frames, st.integers(0, FRAME_BYTES * 8 - 1))
def test_every_single_bit_flip_is_refused(frame, bit):
    wire = bytearray(encode(frame))
    wire[bit // 8] ^= 1 << bit % 8
    assert isinstance(decode(bytes(wire)), FrameError)


@given(frames, st.integers(0, FRAME_BYTES - 1))
def test_every_truncation_is_refused(frame, length):
    assert decode(encode(frame)[:length]) is FrameError.LENGTH


@pytest.mark.parametrize(
    ("position", "byte", "error"),
    [
        (0, 0x94, FrameError.STRUCTURE),
        (1, 0x80, FrameError.STRUCTURE),
        (2, 0xC5, FrameError.STRUCTURE),
        (3, 0x11, FrameError.STRUCTURE),
        (20, 0xC5, FrameError.STRUCTURE),
        (21, 0x03, FrameError.STRUCTURE),
        (1, 0x01, FrameError.CHECK),
        (4, 0x01, FrameError.CHECK),
        (23, 0x00, FrameError.CHECK),
    ],
)
def test_reasons(position, byte, error):
    wire = bytearray(encode(Frame(0, bytes(16))))
    assert wire[position] != byte
    wire[position] = byte
    assert decode(bytes(wire)) is error


@pytest.mark.parametrize("frame", [Frame(128, bytes(16)), Frame(-1, bytes(16)), Frame(0, bytes(15))])
def test_encoder_refuses_what_the_decoder_would(frame):
    with pytest.raises(ValueError, match=r"0\.\.127 and 16 bytes"):
        encode(frame)
