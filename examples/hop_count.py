"""A second program for the cells: how many hops is it to the source? As on Kilobots, by hand.

The cell with the strap is hop 0; every other one is a hop further than its nearest neighbour. A
neighbour that falls silent is forgotten, and a count above a limit means "unknown", so the gradient
finds its way back from any fault that spares the source. Run it: ``python examples/hop_count.py``;
it prints what is kept in ``hop_count.out``.
"""

import numpy as np
from numpy.typing import NDArray

from emulator.config import RunConfig
from emulator.faults import Fault
from emulator.goal import PictureGoal
from emulator.reference.engine import ReferenceEngine
from emulator.world.lattices import Square8
from firmware import clock, frame
from firmware.memory import Ram
from firmware.picture import Picture
from firmware.program import Wake

HOPS, SOURCE, AGE = 4, 5, 15
"""State bytes after the colour: hops + 1 (0 is unknown), whether this is the source, and, in the
inbox, for how many wakes the neighbour has been silent."""

PATIENCE_WAKES = 16
RINGS = np.array([[0, 0, 0, 0], [64, 0, 0, 64], [0, 64, 0, 64], [0, 0, 64, 64]], np.int8)
"""Colour of an unknown hop count, and of those that leave 0, 1 and 2 when divided by 3."""


def colour(hops: NDArray[np.int8]) -> NDArray[np.int8]:
    """Colour of stored hop counts: int8[...] -> int8[..., 4]."""
    ring: NDArray[np.int8] = RINGS[np.where(hops > 0, (hops - 1) % 3 + 1, 0)]
    return ring


class HopCount:
    """The program. Byte 0 of its ROM is the largest hop count that it believes, at most 126."""

    def __init__(self, rom: bytes) -> None:
        self.limit = rom[0]
        self.timing = clock.Timing()

    def boot(self, ram: Ram, entropy: int, strap: bool) -> int:
        ram.prng = entropy
        ram.state[SOURCE] = strap
        return self._draw_wait_us(ram)

    def receive(self, ram: Ram, port: int, wire: bytes) -> None:
        message = frame.decode(wire)
        if isinstance(message, frame.Frame):
            ram.inbox[port] = np.frombuffer(message.state, np.int8)
            ram.inbox[port, AGE] = 0

    def wake(self, ram: Ram) -> Wake:
        ram.inbox[ram.inbox[:, HOPS] > 0, AGE] += 1
        ram.inbox[ram.inbox[:, AGE] > PATIENCE_WAKES] = 0
        ram.state[HOPS] = self._count(ram)
        ram.state[:4] = colour(ram.state[HOPS])
        wire = frame.encode(frame.Frame(ram.sequence % frame.SEQUENCE_MODULO, ram.state_bytes()))
        ram.sequence = (ram.sequence + 1) % frame.SEQUENCE_MODULO
        return Wake(wire, self._draw_wait_us(ram))

    def _count(self, ram: Ram) -> int:
        """Hops + 1, or 0 when nobody knows."""
        if ram.state[SOURCE]:
            return 1
        heard = ram.inbox[:, HOPS]
        nearest = min((int(hops) for hops in heard if hops > 0), default=self.limit + 1)
        return nearest + 1 if nearest <= self.limit else 0

    def _draw_wait_us(self, ram: Ram) -> int:
        ram.prng, wait_us = clock.draw_wait_us(self.timing, ram.prng)
        return wait_us


SIDE = 15
LIMIT = 30


def expected() -> Picture:
    """The right gradient: rings around the middle, where the source is."""
    row, col = np.mgrid[:SIDE, :SIDE] - SIDE // 2
    hops = np.maximum(abs(row), abs(col)) + 1
    return Picture.of((colour(hops.astype(np.int8)) > 0) * np.uint8(255))


def show(title: str, engine: ReferenceEngine) -> None:
    """Print every cell's hop count; a dot is a cell that knows none."""
    print(f"{title} (round {engine.rounds:g}, E {engine.error:.0f})")
    for row in engine.states[..., HOPS]:
        print(" ".join(f"{hops - 1:2d}" if hops else " ." for hops in row))


def main() -> None:
    """Count, restart a half, count again; then put up a wall for ever and count around it."""
    config = RunConfig(Square8(SIDE, SIDE), seed=1, loss=0.05)
    engine = ReferenceEngine(config, bytes([LIMIT]), PictureGoal(expected()), HopCount)
    engine.run(40)
    show("counted", engine)
    engine.wound(Fault.parse("restart:half:left@40"))
    engine.run(1)
    show("left half restarted", engine)
    recovery = engine.run(59).recoveries[0]
    show(f"{recovery.outcome} after {recovery.rounds:.0f} rounds", engine)
    engine.wound(Fault.parse("kill:rect:3,4,9,1@100"))
    engine.run(200)
    show("around a wall", engine)


if __name__ == "__main__":
    main()
