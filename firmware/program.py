"""What a cell runs: the seam between the board and its program.

The neural rule (``firmware.cell``) is one program; ``examples/hop_count.py`` is another. A program
is code in ROM and has no memory of its own: all that it remembers lies in the cell's RAM, so one
instance serves every cell that is flashed with the same image.
"""

from collections.abc import Callable
from enum import StrEnum
from typing import NamedTuple, Protocol, runtime_checkable

from firmware.memory import Ram


class Wake(NamedTuple):
    """What a cell does when it wakes: bytes to broadcast on all ports, if any, and its next wait."""

    frame: bytes
    wait_us: int


class Program(Protocol):
    """Three entry points, as in the C contract and as in kilolib (setup, message_rx, loop).

    Whatever the program, the first 16 bytes of RAM are its public state: they are traced, and the
    first four are the colour that the cell shows (premultiplied RGBA, int8, 64 = full).
    """

    def boot(self, ram: Ram, entropy: int, strap: int) -> int:
        """Start from blank RAM; returns the first wait in microseconds (>= 1).

        Args:
            ram: all zero.
            entropy: 32 random bits from the board, different at every boot.
            strap: the code of the board's strap at first power-on (the seed of an organism, the source of a
                gradient, one of several), 0..255; 0 for none, and at every later boot.
        """
        ...

    def receive(self, ram: Ram, port: int, wire: bytes) -> None:
        """Take the bytes that arrived on a port. Must accept any byte string."""
        ...

    def wake(self, ram: Ram) -> Wake:
        """Update the cell once; returns what to send and how long to wait."""
        ...


Firmware = Callable[[bytes], Program]
"""Makes the program that a ROM image holds."""


class Failure(StrEnum):
    """How a program fails, as the watchdog sees it."""

    TRAP = "trap"
    """A wrong address or no instruction."""

    HANG = "hang"
    """The watchdog's limit was reached, or the cell went to sleep with no timer set."""

    REFUSED = "refused"
    """At boot the cell found its genome corrupt, and does not start."""


class MachineError(Exception):
    """A program came to no regular end; its RAM is as before the event."""

    def __init__(self, failure: Failure, detail: str) -> None:
        # SimPy and pickle make an exception again from its arguments.
        super().__init__(failure, detail)
        self.failure = failure

    def __str__(self) -> str:
        return ": ".join(self.args)


class Upset(NamedTuple):
    """One bit that flips in the middle of an update (a *single-event upset*).

    Attributes:
        after: instructions that the update has executed by then; when it has ended before, the cell
            is asleep and only a flip in RAM matters.
        bit: 0..2047 in RAM, byte by byte; above that in the registers, 32 bits each.
    """

    after: int
    bit: int


@runtime_checkable
class BoardProgram(Program, Protocol):
    """A program that reads what is on the board: number, strap and inputs, which outlive the cell."""

    def on(self, board: bytes) -> Program:
        """The program on a board with these 16 bytes."""
        ...


@runtime_checkable
class MachineProgram(Program, Protocol):
    """A program that is machine code, so that faults can hit it half way.

    Its entry points raise ``MachineError``.
    """

    @property
    def upset_bits(self) -> int:
        """How many bits an upset can hit."""
        ...

    @property
    def upset_instructions(self) -> int:
        """Upsets come after fewer instructions than this: those of a typical live update."""
        ...

    @property
    def genome_bytes(self) -> range:
        """Where the genome lies in ROM."""
        ...

    def persistent(self, ram: Ram) -> bytes:
        """All of a cell's RAM that outlives an event: without scratch and stack."""
        ...

    def wake_upset(self, ram: Ram, upset: Upset) -> Wake:
        """Update the cell once, with a bit that flips on the way."""
        ...
