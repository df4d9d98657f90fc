"""The 256 bytes of a cell, field by field. SPEC.md, "RAM".

The Python cell keeps all that it remembers in this one buffer, so that a crash clears it and a
flipped bit can hit anything in it.
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from firmware.budget import CHANNELS, PORTS, RAM_BYTES


class Field(NamedTuple):
    """One named range of the RAM, in bytes."""

    name: str
    offset: int
    size: int
    meaning: str

    @property
    def end(self) -> int:
        """Offset of the first byte after the field."""
        return self.offset + self.size


LAYOUT: Final = (
    Field("state", 0, 16, "int8[16]: what the cell shows and broadcasts; inputs 0..15 of the rule"),
    Field("gradient_x", 16, 16, "int8[16], scratch during an update"),
    Field("gradient_y", 32, 16, "int8[16], scratch during an update"),
    Field("accumulator", 48, 32, "int16[16], scratch; between updates the bytes of a frame arrive here"),
    Field("inbox", 80, 128, "int8[8][16]: newest state heard on each port, blank when forgotten"),
    Field("prng", 208, 4, "uint32, little-endian: state of the cell's own xorshift32, never 0"),
    Field("sequence", 212, 1, "uint8, 0..127: number of the next frame"),
    Field("heard", 213, 1, "uint8: bit p set when port p delivered a frame in the present listening period"),
    Field("listened", 214, 1, "uint8: wakes in the present listening period"),
    Field("frame_errors", 215, 1, "uint8: frames refused since boot, stops at 255"),
    Field("stack", 216, 40, "reserve for the C stack, which grows down from 256"),
)

FIELD: Final = {field.name: field for field in LAYOUT}

OWN_BYTES: Final = FIELD["prng"].offset
"""So many bytes, the first 208, a program that is no genome may write; it may read all 256."""

STACK_MIN_BYTES: Final = FIELD["stack"].size
"""Of the stack of a program in C, which has all that its variables leave."""

GUARD_BYTES: Final = 4
"""Between the variables of a program in C and its stack."""

FRAME_OFFSET: Final = FIELD["stack"].offset
"""Where the frame of a program in C is, coming or going: its stack is below, and this is free."""


def program_layout(own_bytes: int) -> tuple[Field, ...]:
    """The RAM of a program in C that is no genome, field by field. SPEC.md, "Program".

    Args:
        own_bytes: of its variables, at most 164.
    """
    guard_end = own_bytes + GUARD_BYTES
    return (
        Field("variables", 0, own_bytes, "the program's own; the first 16 are public"),
        Field("guard", own_bytes, GUARD_BYTES, "nothing; the simulator sees whether the stack goes beyond"),
        Field("stack", guard_end, OWN_BYTES - guard_end, "grows down from 208"),
        *(field for field in LAYOUT if OWN_BYTES <= field.offset < FRAME_OFFSET),
        Field("frame", FRAME_OFFSET, 28, "scratch: a frame, coming or going, and whether it is one"),
        Field("free", FRAME_OFFSET + 28, 12, "nothing"),
    )


SCRATCH: Final = slice(FIELD["gradient_x"].offset, FIELD["accumulator"].end)
"""Bytes that mean nothing between two events."""

_STATE = slice(FIELD["state"].offset, FIELD["state"].end)
_INBOX = slice(FIELD["inbox"].offset, FIELD["inbox"].end)
_PRNG = slice(FIELD["prng"].offset, FIELD["prng"].end)
_SEQUENCE = FIELD["sequence"].offset
_HEARD = FIELD["heard"].offset
_LISTENED = FIELD["listened"].offset
_FRAME_ERRORS = FIELD["frame_errors"].offset
_STACK = FIELD["stack"].offset


class Ram:
    """A cell's RAM: one 256-byte buffer, and typed views of its fields.

    ``state`` is int8[16] and ``inbox`` is int8[8, 16]; both are views, so writing to them writes
    the buffer. Byte registers are properties. ``buffer`` is 256 writable bytes to live in, so that
    an emulator can lay out many cells side by side; without it the cell gets its own.
    """

    __slots__ = ("bytes", "inbox", "state")

    def __init__(self, buffer: bytearray | memoryview | None = None) -> None:
        self.bytes = bytearray(RAM_BYTES) if buffer is None else buffer
        whole: NDArray[np.int8] = np.frombuffer(self.bytes, np.int8)
        self.state = whole[_STATE]
        self.inbox = whole[_INBOX].reshape(PORTS, CHANNELS)

    def clear(self) -> None:
        """Blank every byte, as the loss of power does."""
        self.bytes[:] = bytes(RAM_BYTES)

    def state_bytes(self) -> bytes:
        """The 16 state bytes as they lie in memory."""
        return bytes(self.bytes[_STATE])

    def persistent_bytes(self) -> bytes:
        """All that outlives an event: without scratch and stack."""
        return bytes(self.bytes[: SCRATCH.start]) + bytes(self.bytes[SCRATCH.stop : _STACK])

    @property
    def prng(self) -> int:
        return int.from_bytes(self.bytes[_PRNG], "little")

    @prng.setter
    def prng(self, word: int) -> None:
        self.bytes[_PRNG] = word.to_bytes(4, "little")

    @property
    def sequence(self) -> int:
        return self.bytes[_SEQUENCE]

    @sequence.setter
    def sequence(self, number: int) -> None:
        self.bytes[_SEQUENCE] = number

    @property
    def heard(self) -> int:
        return self.bytes[_HEARD]

    @heard.setter
    def heard(self, mask: int) -> None:
        self.bytes[_HEARD] = mask

    @property
    def listened(self) -> int:
        return self.bytes[_LISTENED]

    @listened.setter
    def listened(self, wakes: int) -> None:
        self.bytes[_LISTENED] = wakes

    @property
    def frame_errors(self) -> int:
        return self.bytes[_FRAME_ERRORS]

    @frame_errors.setter
    def frame_errors(self, count: int) -> None:
        self.bytes[_FRAME_ERRORS] = count
