"""What a cell runs: the seam between the board and its program.

The neural rule (``firmware.cell``) is one program; ``examples/hop_count.py`` is another. A program
is code in ROM and has no memory of its own: all that it remembers lies in the cell's RAM, so one
instance serves every cell that is flashed with the same image.
"""

from collections.abc import Callable
from typing import NamedTuple, Protocol

from firmware.memory import Ram


class Wake(NamedTuple):
    """What a cell does when it wakes: bytes to broadcast on all ports, and its next wait."""

    frame: bytes
    wait_us: int


class Program(Protocol):
    """Three entry points, as in the C contract and as in kilolib (setup, message_rx, loop).

    Whatever the program, the first 16 bytes of RAM are its public state: they are traced, and the
    first four are the colour that the cell shows (premultiplied RGBA, int8, 64 = full).
    """

    def boot(self, ram: Ram, entropy: int, strap: bool) -> int:
        """Start from blank RAM; returns the first wait in microseconds (>= 1).

        Args:
            ram: all zero.
            entropy: 32 random bits from the board, different at every boot.
            strap: the board's strap pin, set on chosen cells at first power-on only (the seed of
                an organism, the source of a gradient).
        """
        ...

    def receive(self, ram: Ram, port: int, wire: bytes) -> None:
        """Take the bytes that arrived on a port. Must accept any byte string."""
        ...

    def wake(self, ram: Ram) -> Wake:
        """One update."""
        ...


Firmware = Callable[[bytes], Program]
"""Makes the program that a ROM image holds."""
