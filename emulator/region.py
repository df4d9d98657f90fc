"""Which cells a fault hits: halves, discs, rectangles, a random fraction."""

import re
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from emulator.draws import Stream, draw32, key, threshold
from emulator.topology import SquareGrid
from firmware.errors import InputError

SIDES: Final = ("left", "right", "top", "bottom")

AT_ONCE: Final = 1 << 16
"""Cells that are drawn at once."""

Places = NDArray[np.int64]
Flags = NDArray[np.bool_]


class Region(ABC):
    """A set of cells. ``str`` gives the text that ``parse_region`` reads."""

    @abstractmethod
    def holds(self, grid: SquareGrid, row: Places, col: Places) -> Flags:
        """Which of the cells at these rows and columns belong to it."""

    def cells(self, grid: SquareGrid, seed: int, fault: int) -> NDArray[np.intp]:
        """The cells, ascending. ``seed`` and the fault's number decide where chance does."""
        del seed, fault
        row, col = np.ogrid[: grid.rows, : grid.cols]
        return np.flatnonzero(np.broadcast_to(self.holds(grid, row, col), (grid.rows, grid.cols)))


@dataclass(frozen=True)
class Half(Region):
    """One half of the grid; a middle row or column belongs to the right or the bottom."""

    side: str

    def holds(self, grid: SquareGrid, row: Places, col: Places) -> Flags:
        """In ``side`` of the grid."""
        place, size = (col, grid.cols) if self.side in ("left", "right") else (row, grid.rows)
        first: Flags = place < size // 2
        return first if self.side in ("left", "top") else ~first

    def __str__(self) -> str:
        return f"half:{self.side}"


@dataclass(frozen=True)
class Disc(Region):
    """All cells whose centre is at most ``radius`` cells from (row, col)."""

    row: int
    col: int
    radius: int

    def holds(self, grid: SquareGrid, row: Places, col: Places) -> Flags:
        """Within the radius."""
        return (row - self.row) ** 2 + (col - self.col) ** 2 <= self.radius**2

    def __str__(self) -> str:
        return f"disc:{self.row},{self.col},{self.radius}"


@dataclass(frozen=True)
class Rectangle(Region):
    """``height`` x ``width`` cells from (row, col) downwards and to the right."""

    row: int
    col: int
    height: int
    width: int

    def holds(self, grid: SquareGrid, row: Places, col: Places) -> Flags:
        """Within the rectangle."""
        inside = (row >= self.row) & (row < self.row + self.height)
        return inside & (col >= self.col) & (col < self.col + self.width)

    def __str__(self) -> str:
        return f"rect:{self.row},{self.col},{self.height},{self.width}"


@dataclass(frozen=True)
class Scatter(Region):
    """Each cell by itself with a probability, drawn by (seed, fault, cell)."""

    fraction: float

    def holds(self, grid: SquareGrid, row: Places, col: Places) -> Flags:
        """Anywhere on the grid."""
        return np.ones((), np.bool_)

    def cells(self, grid: SquareGrid, seed: int, fault: int) -> NDArray[np.intp]:
        """The cells that chance picks."""
        chance, hit_below = np.uint64(key(seed, Stream.REGION, fault)), threshold(self.fraction)
        numbers = (
            np.arange(begin, min(begin + AT_ONCE, grid.cells), dtype=np.uint64)
            for begin in range(0, grid.cells, AT_ONCE)
        )
        return np.concatenate([some[draw32(chance, some) < hit_below].astype(np.intp) for some in numbers])

    def __str__(self) -> str:
        return f"random:{np.format_float_positional(self.fraction, trim='0')}"


_FORMS: Final[dict[str, tuple[str, Callable[..., Region]]]] = {
    "half": (r"(left|right|top|bottom)", Half),
    "disc": (r"(\d{1,9}),(\d{1,9}),(\d{1,9})", Disc),
    "rect": (r"(\d{1,9}),(\d{1,9}),(\d{1,9}),(\d{1,9})", Rectangle),
    "random": (r"(\d*\.?\d+)", Scatter),
}
_EXAMPLES: Final = (
    "half:left, disc:16,16,5 (row, column, radius), rect:8,8,4,6 (row, column, height, width), random:0.33"
)


def parse_region(text: str) -> Region:
    """Read a region, e.g. ``disc:16,16,5``.

    Raises:
        InputError: not a region, or a fraction outside 0..1.
    """
    name, _, rest = text.partition(":")
    pattern, make = _FORMS.get(name, ("(?!)", Scatter))
    match = re.fullmatch(pattern, rest, re.ASCII)
    if match is None:
        raise InputError("region", text, "it is not a region", f"regions are {_EXAMPLES}")
    if name == "half":
        return make(match[1])
    if name != "random":
        return make(*map(int, match.groups()))
    fraction = float(match[1])
    if fraction > 1:
        raise InputError("region", text, "a fraction must be 0 to 1", "e.g. random:0.33")
    return make(fraction)


def check_inside(region: Region, grid: SquareGrid, fault: str) -> None:
    """Refuse a region that no cell of the grid belongs to, or that reaches beyond it.

    Raises:
        InputError: it does.
    """
    if isinstance(region, Disc):
        inside = region.row < grid.rows and region.col < grid.cols
    elif isinstance(region, Rectangle):
        inside = (
            min(region.height, region.width) > 0
            and region.row + region.height <= grid.rows
            and region.col + region.width <= grid.cols
        )
    else:
        inside = True
    if not inside:
        raise InputError(
            "fault",
            fault,
            f"its region is outside the grid of {grid.cols}x{grid.rows} cells",
            "rows and columns count from 0",
        )
