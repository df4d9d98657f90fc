"""Programs as the program core calls them: addresses of three functions."""

from typing import Any, NamedTuple

from emulator.arrays.programs.failures import Replay, frame_of, state_as_frame
from emulator.arrays.programs.python import compiled
from firmware.clock import Timing
from firmware.handlers import Handlers
from firmware.hardware.machine import LibraryProgram
from firmware.image import build_program
from firmware.program import Firmware
from firmware.runtime import interpreted


class Called(NamedTuple):
    """The functions of a program, by their addresses.

    Attributes:
        native: whether they are those of a C cell.
        boot: address of the function.
        hear: address of the function.
        wake: address of the function.
        image: address of what is flashed, for a C cell.
        replay: how it can be asked why it failed.
        keep: what must live as long as they are called.
        ram_as_on_chips: as of ``Hardware``.
    """

    native: bool
    boot: int
    hear: int
    wake: int
    image: int
    replay: Replay
    keep: Any
    ram_as_on_chips: bool = True


def called_python(handlers: Handlers, timing: Timing) -> Called:
    """A program in Python, compiled.

    Raises:
        InputError: it cannot be.
    """
    functions = compiled(handlers)
    return Called(
        native=False,
        boot=functions.boot,
        hear=functions.hear,
        wake=functions.wake,
        image=0,
        replay=Replay(lambda: interpreted(handlers)(build_program(timing)), state_as_frame),
        keep=functions,
    )


def called_native(rom: bytes, firmware: Firmware, ram_as_on_chips: bool = True) -> Called:
    """A C cell, built for this machine, of which ``firmware`` makes programs, with what is flashed."""
    program = firmware(rom)
    assert isinstance(program, LibraryProgram)
    functions = program.addresses
    return Called(
        native=True,
        boot=functions.boot,
        hear=functions.receive,
        wake=functions.wake,
        image=functions.genome,
        replay=Replay(lambda: firmware(rom), frame_of),
        keep=program,
        ram_as_on_chips=ram_as_on_chips,
    )
