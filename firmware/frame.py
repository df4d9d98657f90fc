"""The message between neighbours: 24 bytes of msgpack. SPEC.md, "Frame".

``[sequence number, 16 state bytes, check]`` where the check is CRC-16/CCITT-FALSE over the
sequence byte and the state. All values have one encoded length, so the layout is fixed:

    93 SS c4 10 <16 state bytes> c4 02 LL HH
"""

from binascii import crc_hqx
from enum import Enum
from typing import Final, NamedTuple

import msgpack

from firmware.budget import CHANNELS

FRAME_BYTES: Final = 24
SEQUENCE_MODULO: Final = 128
"""Sequence numbers are 0..127, which msgpack codes in one byte."""

CRC_START: Final = 0xFFFF


class FrameError(Enum):
    """Why a byte string is not a frame; the cell counts these and goes on."""

    LENGTH = "not 24 bytes"
    STRUCTURE = "not a msgpack array [sequence number, 16 bytes, 2 bytes]"
    CHECK = "check does not match"


class Frame(NamedTuple):
    """A message: ``sequence`` 0..127 and ``state``, 16 bytes."""

    sequence: int
    state: bytes


def check(sequence: int, state: bytes) -> bytes:
    """The two check bytes, least significant first (CRC-16: poly 0x1021, start 0xFFFF)."""
    return crc_hqx(state, crc_hqx(bytes((sequence,)), CRC_START)).to_bytes(2, "little")


def encode(frame: Frame) -> bytes:
    """The 24 bytes on the wire.

    Raises:
        ValueError: sequence outside 0..127 or a state that is not 16 bytes.
    """
    sequence, state = frame
    if not 0 <= sequence < SEQUENCE_MODULO or len(state) != CHANNELS:
        raise ValueError(f"frame needs sequence 0..127 and 16 bytes, got {sequence}, {len(state)}")
    wire: bytes = msgpack.packb((sequence, state, check(sequence, state)))
    return wire


def decode(wire: bytes) -> Frame | FrameError:
    """Read any byte string: a valid frame, or the reason why it is not one. Never raises."""
    if len(wire) != FRAME_BYTES:
        return FrameError.LENGTH
    sequence, state = wire[1], wire[4:20]
    if (
        wire[0] != 0x93
        or sequence >= SEQUENCE_MODULO
        or wire[2:4] != b"\xc4\x10"
        or wire[20:22] != b"\xc4\x02"
    ):
        return FrameError.STRUCTURE
    if wire[22:] != check(sequence, state):
        return FrameError.CHECK
    return Frame(sequence, state)
