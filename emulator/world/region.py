"""Which cells a fault hits: what a region is, and those that every topology has."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from emulator.world.draws import Stream, draw32, key, threshold
from emulator.world.plane import UM, Plane
from emulator.world.robots import Robots
from emulator.world.topology import Topology
from firmware.errors import InputError

AT_ONCE: Final = 1 << 16
"""Cells that are drawn at once."""

Flags = NDArray[np.bool_]


class Now(NamedTuple):
    """What a region may ask of the moment in which a fault begins.

    Attributes:
        mature: says which cells are so: bool[cells].
        robots: where they are; None if the cells do not move.
    """

    mature: Callable[[], Flags]
    robots: Robots | None = None


class Objection(NamedTuple):
    """Why a topology cannot have a region, and what to do."""

    limit: str
    fix: str


class Region(ABC):
    """A set of cells. ``str`` gives the text that ``parse_region`` reads."""

    @abstractmethod
    def cells(self, topology: Topology, seed: int, fault: int, now: Now) -> NDArray[np.intp]:
        """Numbers of the cells that belong to it, ascending.

        Args:
            topology: where they are.
            seed: of the run.
            fault: its number in the plan; with the seed it decides where chance does.
            now: says who is mature at this moment, and where robots are.
        """

    def objection(self, topology: Topology) -> Objection | None:
        """Why no cell can belong to it here, or why it reaches beyond; None if all is well."""
        del topology
        return None


@dataclass(frozen=True)
class Everything(Region):
    """All cells of the world."""

    def cells(self, topology: Topology, seed: int, fault: int, now: Now) -> NDArray[np.intp]:
        """Numbers of all cells there are."""
        del seed, fault, now
        return np.arange(topology.cells)

    def __str__(self) -> str:
        return "all"


@dataclass(frozen=True)
class Scatter(Region):
    """Each cell by itself with a probability, drawn by (seed, fault, cell)."""

    fraction: float

    def cells(self, topology: Topology, seed: int, fault: int, now: Now) -> NDArray[np.intp]:
        """The cells that chance picks."""
        del now
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

    def cells(self, topology: Topology, seed: int, fault: int, now: Now) -> NDArray[np.intp]:
        """The cells around it, however the crow flies."""
        del seed, fault, now
        cell = topology.named(self.node)
        assert cell is not None, "``objection`` has been asked"
        return topology.within(cell, self.hops)

    def objection(self, topology: Topology) -> Objection | None:
        if isinstance(topology, Plane):
            return Objection("no wire leads from a robot to another", "say where: near:X,Y,RADIUS in mm")
        if topology.named(self.node) is None:
            return Objection(f"there is no cell {self.node}", f"cells count from 0 to {topology.cells - 1}")
        return None

    def __str__(self) -> str:
        return f"ball:{self.node},{self.hops}"


@dataclass(frozen=True)
class LivingTissue(Region):
    """The cells of another region that are mature when the fault begins."""

    of: Region

    def cells(self, topology: Topology, seed: int, fault: int, now: Now) -> NDArray[np.intp]:
        """The mature ones among the other region's."""
        cells = self.of.cells(topology, seed, fault, now)
        return cells[now.mature()[cells]]

    def objection(self, topology: Topology) -> Objection | None:
        return self.of.objection(topology)

    def __str__(self) -> str:
        return f"living:{self.of}"


@dataclass(frozen=True)
class Near(Region):
    """The robots whose middles are within so many mm of a place on the floor when the fault begins.

    Attributes:
        x_mm: of the place, from the left wall.
        y_mm: of the place, from the upper wall.
        radius_mm: around it.
    """

    x_mm: int
    y_mm: int
    radius_mm: int

    def cells(self, topology: Topology, seed: int, fault: int, now: Now) -> NDArray[np.intp]:
        """The robots that are there."""
        del topology, seed, fault
        assert now.robots is not None, "``objection`` has been asked"
        away = now.robots.places_um - UM * np.array([self.x_mm, self.y_mm])
        return np.flatnonzero((away**2).sum(1) <= (UM * self.radius_mm) ** 2)

    def objection(self, topology: Topology) -> Objection | None:
        if not isinstance(topology, Plane):
            return Objection("it is about robots, and these cells do not move", "choose topology plane")
        width_um, height_um = topology.walls_um
        if self.x_mm * UM > width_um or self.y_mm * UM > height_um:
            limit = f"its middle is outside the floor of {width_um // UM} by {height_um // UM} mm"
            return Objection(limit, "places count from the corner at the top left")
        return None

    def __str__(self) -> str:
        return f"near:{self.x_mm},{self.y_mm},{self.radius_mm}"


def check_inside(region: Region, topology: Topology, fault: object) -> None:
    """Refuse a region that a topology has not, that no cell belongs to, or that reaches beyond the cells.

    Raises:
        InputError: it does.
    """
    objection = region.objection(topology)
    if objection is not None:
        raise InputError("fault", fault, *objection)
