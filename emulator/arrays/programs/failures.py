"""Why a program failed: the event happens once more, to a program that can be asked.

Compiled code says only that an event failed. What lay in RAM before was kept.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from emulator.arrays.programs.cell import (
    AT_US,
    BOOT,
    DETAIL,
    EVENT,
    EVIDENCE_WORDS,
    FRAME,
    HEAR,
    KEPT,
    MORE,
    ON_BOARD,
    STATUS,
    WHO,
)
from emulator.arrays.programs.python import HANG, REFUSED, TRAP
from emulator.record.crash import Crash
from firmware.budget import CHANNELS, RAM_BYTES
from firmware.frame import FRAME_BYTES, Frame, encode
from firmware.memory import Ram
from firmware.program import BoardProgram, Failure, MachineError, Program


class Replay(NamedTuple):
    """How an event can happen once more.

    Attributes:
        make: makes the program.
        wire: makes the bytes that came in on a port, of what was kept of them and their number.
    """

    make: Callable[[], Program]
    wire: Callable[[bytes, int], bytes]


_FAILURES = {TRAP: Failure.TRAP, HANG: Failure.HANG, REFUSED: Failure.REFUSED}


def state_as_frame(taken: bytes, _length: int) -> bytes:
    """What came in on a wire, of which only the state was kept."""
    return encode(Frame(0, taken[:CHANNELS]))


def frame_of(taken: bytes, length: int) -> bytes:
    """What came in on a wire, of which no more was kept than a frame has."""
    return taken[:length].ljust(length, b"\0")


def explained(evidence: NDArray[np.int64], found: NDArray[np.uint8], replay: Replay) -> Crash:
    """The first failure of a run.

    Args:
        evidence: as in ``Cells``.
        found: what lay on the desk.
        replay: of the program.
    """
    failure = _FAILURES[int(evidence[STATUS])]
    program = replay.make()
    if isinstance(program, BoardProgram):
        program = program.on(evidence[ON_BOARD:EVIDENCE_WORDS].tobytes())
    text = _text(evidence, found, program, replay)
    return Crash(int(evidence[AT_US]), int(evidence[WHO]), failure, text)


def _text(evidence: NDArray[np.int64], found: NDArray[np.uint8], program: Program, replay: Replay) -> str:
    ram = Ram(bytearray(found[KEPT : KEPT + RAM_BYTES].tobytes()))
    detail, more = int(evidence[DETAIL]), int(evidence[MORE])
    try:
        if evidence[EVENT] == BOOT:
            program.boot(ram, detail, more)
        elif evidence[EVENT] == HEAR:
            program.receive(ram, detail, replay.wire(found[FRAME : FRAME + FRAME_BYTES].tobytes(), more))
        else:
            program.wake(ram)
    except MachineError as failure:
        return str(failure.args[1])
    raise AssertionError("a compiled program failed where the same program does not when it is interpreted")
