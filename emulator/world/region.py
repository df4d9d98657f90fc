"""Which cells a fault hits: what a region is, and those that every topology has."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from emulator.world.draws import Stream, draw32, key, threshold
from emulator.world.topology import Topology
from firmware.errors import InputError

AT_ONCE: Final = 1 << 16
"""Cells that are drawn at once."""

Flags = NDArray[np.bool_]
Living = Callable[[], Flags]
"""Asks which cells are mature now: bool[cells]."""


class Objection(NamedTuple):
    """Why a topology cannot have a region, and what to do."""

    limit: str
    fix: str


class Region(ABC):
    """A set of cells. ``str`` gives the text that ``parse_region`` reads."""

    @abstractmethod
    def cells(self, topology: Topology, seed: int, fault: int, living: Living) -> NDArray[np.intp]:
        """Numbers of the cells that belong to it, ascending.

        Args:
            topology: where they are.
            seed: of the run.
            fault: its number in the plan; with the seed it decides where chance does.
            living: says who is mature at this moment.
        """

    def objection(self, topology: Topology) -> Objection | None:
        """Why no cell can belong to it here, or why it reaches beyond; None if all is well."""
        del topology
        return None


@dataclass(frozen=True)
class Everything(Region):
    """All cells of the world."""

    def cells(self, topology: Topology, seed: int, fault: int, living: Living) -> NDArray[np.intp]:
        """Numbers of all cells there are."""
        del seed, fault, living
        return np.arange(topology.cells)

    def __str__(self) -> str:
        return "all"


@dataclass(frozen=True)
class Scatter(Region):
    """Each cell by itself with a probability, drawn by (seed, fault, cell)."""

    fraction: float

    def cells(self, topology: Topology, seed: int, fault: int, living: Living) -> NDArray[np.intp]:
        """The cells that chance picks."""
        del living
        chance, hit_below = np.uint64(key(seed, Stream.REGION, fault)), threshold(self.fraction)
        numbers = (
            np.arange(begin, min(begin + AT_ONCE, topology.cells), dtype=np.uint64)
            for begin in range(0, topology.cells, AT_ONCE)
        )
        return np.concatenate([some[draw32(chance, some) < hit_below].astype(np.intp) for some in numbers])

    def __str__(self) -> str:
        return f"random:{np.format_float_positional(self.fraction, trim='0')}"


@dataclass(frozen=True)
class Ball(Region):
    """All cells that a message from one cell reaches within so many hops; 0 hops are that cell alone.

    Attributes:
        node: number of the cell, or the name that a graph gives it.
        hops: how far.
    """

    node: str
    hops: int

    def cells(self, topology: Topology, seed: int, fault: int, living: Living) -> NDArray[np.intp]:
        """The cells around it, however the crow flies."""
        del seed, fault, living
        cell = topology.named(self.node)
        assert cell is not None, "``objection`` has been asked"
        return topology.within(cell, self.hops)

    def objection(self, topology: Topology) -> Objection | None:
        if topology.named(self.node) is None:
            return Objection(f"there is no cell {self.node}", f"cells count from 0 to {topology.cells - 1}")
        return None

    def __str__(self) -> str:
        return f"ball:{self.node},{self.hops}"


@dataclass(frozen=True)
class LivingTissue(Region):
    """The cells of another region that are mature when the fault begins."""

    of: Region

    def cells(self, topology: Topology, seed: int, fault: int, living: Living) -> NDArray[np.intp]:
        """The mature ones among the other region's."""
        cells = self.of.cells(topology, seed, fault, living)
        return cells[living()[cells]]

    def objection(self, topology: Topology) -> Objection | None:
        return self.of.objection(topology)

    def __str__(self) -> str:
        return f"living:{self.of}"


def check_inside(region: Region, topology: Topology, fault: object) -> None:
    """Refuse a region that a topology has not, that no cell belongs to, or that reaches beyond the cells.

    Raises:
        InputError: it does.
    """
    objection = region.objection(topology)
    if objection is not None:
        raise InputError("fault", fault, *objection)
