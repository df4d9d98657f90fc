"""Regions of lattices: halves, bands, discs, boxes, frames and strokes. A graph has bands alone.

Shapes are where their places say: (row, column), in a cube (layer, row, column). What is round is so in the
real distances of the lattice, in whole numbers (``Lattice.weights``).
"""

from abc import abstractmethod
from dataclasses import dataclass
from functools import reduce
from typing import Any, ClassVar, Final

import numpy as np
from numpy.typing import NDArray

from emulator.world.lattices import Lattice, Place
from emulator.world.region import Flags, Now, Objection, Region
from emulator.world.topology import Topology

SIDES: Final = {
    "left": (-1, True),
    "right": (-1, False),
    "top": (-2, True),
    "bottom": (-2, False),
    "front": (-3, True),
    "back": (-3, False),
}
"""Axis of a side, and whether it is where the numbers begin."""

SWIPE_MAX: Final = 1 << 14

_COUNT: Final = "rows and columns count from 0"


class Shape(Region):
    """A region that is where its places say."""

    name: ClassVar[str]
    """What it is called in a text, and when it is refused."""

    @property
    def axes(self) -> int | None:
        """How many axes its places have; None if it fits any lattice."""
        return None

    @abstractmethod
    def holds(self, lattice: Lattice, place: Place) -> Flags:
        """Which of the cells at these places belong to it; arrays that broadcast."""

    def cells(self, topology: Topology, seed: int, fault: int, now: Now) -> NDArray[np.intp]:
        """The cells where the shape is."""
        del seed, fault, now
        assert isinstance(topology, Lattice), "``objection`` has been asked"
        return np.flatnonzero(np.broadcast_to(self.holds(topology, topology.axes()), topology.shape))

    def objection(self, topology: Topology) -> Objection | None:
        if not isinstance(topology, Lattice) or self.axes not in (None, len(topology.shape)):
            return Objection(
                f"{topology.kind} has no such {self.name}", f"its regions are {topology.regions}"
            )
        return self.misplaced(topology)

    @abstractmethod
    def misplaced(self, lattice: Lattice) -> Objection | None:
        """Why it has no cells on a lattice of its kind, or does not lie inside."""


def _outside(lattice: Lattice) -> Objection:
    return Objection(f"its region is outside the grid of {lattice.size} cells", _COUNT)


def _inside(lattice: Lattice, place: Place) -> bool:
    return all(along < side for along, side in zip(place, lattice.shape, strict=True))


def _all(flags: list[Flags]) -> Flags:
    """The cells that all of them hold."""
    return reduce(np.logical_and, flags)


def _squares(lattice: Lattice, differences: Place) -> Any:
    """Weighted sum of squares: the squared distance times ``unit2``."""
    return _product(lattice, differences, differences)


def _product(lattice: Lattice, one: Place, other: Place) -> Any:
    """Scalar product with the weights of the lattice."""
    parts = zip(lattice.weights, one, other, strict=True)
    return sum((weight * a * b for weight, a, b in parts), 0)


def _less(one: Place, other: Place) -> Place:
    return tuple(a - b for a, b in zip(one, other, strict=True))


@dataclass(frozen=True)
class Half(Shape):
    """One half of the cells; a middle row, column or layer belongs to the right, the bottom or the back."""

    side: str

    name = "half"

    def holds(self, lattice: Lattice, place: Place) -> Flags:
        """Places in the half on ``side``."""
        axis, begins = SIDES[self.side]
        first: Flags = place[axis] < lattice.shape[axis] // 2
        return first if begins else ~first

    def misplaced(self, lattice: Lattice) -> Objection | None:
        if -SIDES[self.side][0] > len(lattice.shape):
            sides = "left, right, top and bottom"
            return Objection(f"{lattice.kind} has no {self.side}", f"its sides are {sides}")
        return None

    def __str__(self) -> str:
        return f"half:{self.side}"


@dataclass(frozen=True)
class Band(Region):
    """Number ``index`` (from 0) of ``count`` bands of rows, from top to bottom.

    In a cube, a band goes through all layers; on a graph it consists of cells with consecutive numbers.
    """

    index: int
    count: int

    def cells(self, topology: Topology, seed: int, fault: int, now: Now) -> NDArray[np.intp]:
        """All cells of that band."""
        del seed, fault, now
        row = topology.axes()[-2] if isinstance(topology, Lattice) else np.arange(topology.cells)
        inside = row * self.count // _rows(topology) == self.index
        return np.flatnonzero(np.broadcast_to(inside, topology.shape))

    def objection(self, topology: Topology) -> Objection | None:
        rows = _rows(topology)
        if not 1 <= self.count <= rows:
            what = "rows" if isinstance(topology, Lattice) else "cells"
            return Objection(f"it asks for {self.count} bands of {rows} {what}", f"choose 1 to {rows} bands")
        if self.index >= self.count:
            fix = f"bands have the numbers 0 to {self.count - 1}"
            return Objection(f"there is no band {self.index} of {self.count}", fix)
        return None

    def __str__(self) -> str:
        return f"band:{self.index},{self.count}"


def _rows(topology: Topology) -> int:
    """What is divided into bands."""
    return topology.shape[-2] if isinstance(topology, Lattice) else topology.cells


@dataclass(frozen=True)
class Disc(Shape):
    """All cells whose centre is at most ``radius`` cells from that of one; in a cube, a ball."""

    centre: tuple[int, ...]
    radius: int

    name = "disc"

    @property
    def axes(self) -> int:
        return len(self.centre)

    def holds(self, lattice: Lattice, place: Place) -> Flags:
        """Places that lie within the radius."""
        away = _less(lattice.point(place), lattice.point(self.centre))
        near: Flags = _squares(lattice, away) <= self.radius**2 * lattice.unit2
        return near

    def misplaced(self, lattice: Lattice) -> Objection | None:
        return None if _inside(lattice, self.centre) else _outside(lattice)

    def __str__(self) -> str:
        return f"disc:{_listed(*self.centre, self.radius)}"


@dataclass(frozen=True)
class Rectangle(Shape):
    """``size`` cells from a corner on: downwards and to the right, in a cube also to the back."""

    corner: tuple[int, ...]
    size: tuple[int, ...]

    name = "rect"

    @property
    def axes(self) -> int:
        return len(self.corner)

    def holds(self, lattice: Lattice, place: Place) -> Flags:
        """Places that lie within the rectangle."""
        del lattice
        sides = zip(place, self.corner, self.size, strict=True)
        return _all([(along >= begin) & (along < begin + side) for along, begin, side in sides])

    def misplaced(self, lattice: Lattice) -> Objection | None:
        for what, side in zip(("depth", "height", "width")[-self.axes :], self.size, strict=True):
            if side == 0:
                return Objection(f"the {what} of its rectangle is 0", "give at least 1")
        ends = (begin + side - 1 for begin, side in zip(self.corner, self.size, strict=True))
        return None if _inside(lattice, tuple(ends)) else _outside(lattice)

    def __str__(self) -> str:
        return f"{self.name}:{_listed(*self.corner, *self.size)}"


@dataclass(frozen=True)
class Frame(Rectangle):
    """All cells outside of a rectangle."""

    name = "frame"

    def holds(self, lattice: Lattice, place: Place) -> Flags:
        """Places that lie outside the rectangle."""
        return ~super().holds(lattice, place)

    def misplaced(self, lattice: Lattice) -> Objection | None:
        if np.prod(self.size, dtype=object) == lattice.cells:
            limit = "its rectangle is the whole grid, around which there is nothing"
            return Objection(limit, "make it smaller")
        return super().misplaced(lattice)


@dataclass(frozen=True)
class Swipe(Shape):
    """A stroke with round ends: all cells whose centre is at most ``width / 2`` from a segment."""

    start: tuple[int, ...]
    end: tuple[int, ...]
    width: int

    name = "swipe"

    @property
    def axes(self) -> int:
        return len(self.start)

    def holds(self, lattice: Lattice, place: Place) -> Flags:
        """Within half the width, in whole numbers."""
        # The swipe's own are below SWIPE_MAX; beyond twice that nothing is near, and squares would overflow.
        point = lattice.point(tuple(np.minimum(along, 2 * SWIPE_MAX) for along in place))
        start, end = lattice.point(self.start), lattice.point(self.end)
        from_start, way = _less(point, start), _less(end, start)
        from_start2, length2 = _squares(lattice, from_start), int(_squares(lattice, way))
        along = _product(lattice, from_start, way)
        nearest2 = np.where(along <= 0, from_start2, _squares(lattice, _less(point, end)))
        # By Lagrange's identity the square of the distance from the line, times length2. Both terms are below
        # 2^64, so that their difference is right in 64 bits without a sign, whatever they are with one.
        beside2 = (from_start2 * length2 - along**2).astype(np.uint64)
        width2 = self.width**2 * lattice.unit2
        inner = (along > 0) & (along < length2)
        near: Flags = np.where(inner, beside2 <= np.uint64(width2 * length2 // 4), nearest2 <= width2 // 4)
        return near

    def misplaced(self, lattice: Lattice) -> Objection | None:
        if self.width == 0:
            return Objection("the width of its swipe is 0", "give at least 1")
        inside = _inside(lattice, self.start) and _inside(lattice, self.end)
        return None if inside else _outside(lattice)

    def __str__(self) -> str:
        ends = (*self.start, *self.end)
        return f"line:{_listed(*ends)}" if self.width == 1 else f"swipe:{_listed(*ends, self.width)}"


def _listed(*numbers: int) -> str:
    return ",".join(map(str, numbers))
