"""Who is wired to whom. The engines ask only this, and know no geometry."""

from abc import ABC, abstractmethod
from functools import cached_property
from math import prod
from typing import ClassVar, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from firmware.budget import PORTS

CELLS_MAX: Final = (1 << 28) - 2
"""Ports of cells have numbers of 31 bits, eight for each cell."""


class Wire(NamedTuple):
    """One direction of a link: what ``sender`` says on ``port``, ``receiver`` hears on ``receiver_port``."""

    sender: int
    port: int
    receiver: int
    receiver_port: int

    @property
    def number(self) -> int:
        """The link's identity in random draws."""
        return PORTS * self.sender + self.port


class Topology(ABC):
    """Cells that have numbers from 0, and up to eight links each; every link leads both ways.

    ``str`` says all that decides a run: two topologies of the same text are the same.
    """

    kind: ClassVar[str]
    """What people call it, and what a genome is trained for."""

    regions: ClassVar[str]
    """The regions that it has, as they are written."""

    torus: bool
    """Whether opposite edges are joined; otherwise ports that face outwards are open."""

    @property
    @abstractmethod
    def shape(self) -> tuple[int, ...]:
        """Of an array that has one entry for each cell, in the order of their numbers."""

    @property
    @abstractmethod
    def middle(self) -> int:
        """Number of the cell in the middle."""

    @abstractmethod
    def slots(self, out: NDArray[np.int32] | None = None) -> NDArray[np.int32]:
        """Where each port leads: int32[cells, 8], ``8 * receiver + the receiver's port``.

        An open port leads to port 0 of the void, the cell after the last.

        Args:
            out: the same array, to be filled.
        """

    @property
    def cells(self) -> int:
        """How many cells there are."""
        return prod(self.shape)

    @property
    def size(self) -> str:
        """How many cells, as people write it: ``COLSxROWS``."""
        return "x".join(map(str, reversed(self.shape)))

    def __str__(self) -> str:
        return f"{self.kind} {self.size}{' torus' if self.torus else ''}"

    def wires(self, cell: int) -> list[Wire]:
        """The outgoing directions of a cell's links, by port."""
        ends = [divmod(int(slot), PORTS) for slot in self._all_slots[cell]]
        return [Wire(cell, port, *end) for port, end in enumerate(ends) if end[0] != self.cells]

    @cached_property
    def _all_slots(self) -> NDArray[np.int32]:
        """Kept for ``wires``, which the reference engine asks of each cell."""
        return self.slots()

    @cached_property
    def receivers(self) -> NDArray[np.int32]:
        """Where each port leads: int32[cells, 8]; an open one to the void, the cell after the last."""
        return self.slots() // np.int32(PORTS)

    def named(self, name: str) -> int | None:
        """The cell that people call so, by its number; None if there is no such cell."""
        return int(name) if name.isdecimal() and int(name) < self.cells else None

    def within(self, cell: int, hops: int) -> NDArray[np.intp]:
        """All cells that a message from this one reaches in so many hops, itself among them, ascending."""
        reached = np.zeros(self.cells + 1, np.bool_)
        reached[[cell, self.cells]] = True  # the void is no cell, and leads nowhere
        front = np.array([cell])
        while hops and len(front):
            ends = np.unique(self.receivers[front])
            front = ends[~reached[ends]]
            reached[front] = True
            hops -= 1
        return np.flatnonzero(reached[:-1])
