"""Which cells a fault hits: halves, discs, rectangles, frames, strokes, a random fraction, the living."""

import re
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np
from numpy.typing import NDArray

from emulator.world.draws import Stream, draw32, key, threshold
from emulator.world.topology import SquareGrid
from firmware.errors import InputError

SIDES: Final = ("left", "right", "top", "bottom")

AT_ONCE: Final = 1 << 16
"""Cells that are drawn at once."""

Places = NDArray[np.int64]
Flags = NDArray[np.bool_]
Living = Callable[[], Flags]
"""Asks which cells are mature now: bool[cells]."""


class Region(ABC):
    """A set of cells. ``str`` gives the text that ``parse_region`` reads."""

    @abstractmethod
    def cells(self, grid: SquareGrid, seed: int, fault: int, living: Living) -> NDArray[np.intp]:
        """The cells, ascending.

        Args:
            grid: where they are.
            seed: of the run.
            fault: its number in the plan; with the seed it decides where chance does.
            living: says who is mature at this moment.
        """


class Shape(Region):
    """A region that is where it is."""

    @abstractmethod
    def holds(self, grid: SquareGrid, row: Places, col: Places) -> Flags:
        """Which of the cells at these rows and columns belong to it."""

    def cells(self, grid: SquareGrid, seed: int, fault: int, living: Living) -> NDArray[np.intp]:
        """The cells where the shape is."""
        del seed, fault, living
        row, col = np.ogrid[: grid.rows, : grid.cols]
        return np.flatnonzero(np.broadcast_to(self.holds(grid, row, col), (grid.rows, grid.cols)))


@dataclass(frozen=True)
class Everything(Shape):
    """All cells."""

    def holds(self, grid: SquareGrid, row: Places, col: Places) -> Flags:
        """Everywhere."""
        return np.ones((), np.bool_)

    def __str__(self) -> str:
        return "all"


@dataclass(frozen=True)
class Half(Shape):
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
class Band(Shape):
    """Number ``index`` (from 0) of ``count`` bands of rows, from top to bottom."""

    index: int
    count: int

    def holds(self, grid: SquareGrid, row: Places, col: Places) -> Flags:
        """In that band."""
        inside: Flags = row * self.count // grid.rows == self.index
        return inside

    def __str__(self) -> str:
        return f"band:{self.index},{self.count}"


@dataclass(frozen=True)
class Disc(Shape):
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
class Rectangle(Shape):
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
class Frame(Rectangle):
    """Everything but those cells."""

    def holds(self, grid: SquareGrid, row: Places, col: Places) -> Flags:
        """Outside the rectangle."""
        return ~super().holds(grid, row, col)

    def __str__(self) -> str:
        return f"frame:{self.row},{self.col},{self.height},{self.width}"


@dataclass(frozen=True)
class Swipe(Shape):
    """A stroke with round ends: all cells whose centre is at most ``width / 2`` from a segment."""

    row: int
    col: int
    end_row: int
    end_col: int
    width: int

    def holds(self, grid: SquareGrid, row: Places, col: Places) -> Flags:
        """Within half the width, in whole numbers."""
        # The swipe's own are below SWIPE_MAX; beyond twice that nothing is near, and squares would overflow.
        row, col = np.minimum(row, 2 * SWIPE_MAX), np.minimum(col, 2 * SWIPE_MAX)
        down, right = self.end_row - self.row, self.end_col - self.col
        length2 = down**2 + right**2
        along = (row - self.row) * down + (col - self.col) * right
        beside = (row - self.row) * right - (col - self.col) * down
        from_start2 = (row - self.row) ** 2 + (col - self.col) ** 2
        from_end2 = (row - self.end_row) ** 2 + (col - self.end_col) ** 2
        nearest2 = np.where(along <= 0, from_start2, from_end2)
        inner = (along > 0) & (along < length2)
        near: Flags = np.where(inner, 4 * beside**2 <= self.width**2 * length2, 4 * nearest2 <= self.width**2)
        return near

    def __str__(self) -> str:
        ends = f"{self.row},{self.col},{self.end_row},{self.end_col}"
        return f"line:{ends}" if self.width == 1 else f"swipe:{ends},{self.width}"


@dataclass(frozen=True)
class LivingTissue(Region):
    """Those cells of another region that are mature when the fault begins."""

    of: Region

    def cells(self, grid: SquareGrid, seed: int, fault: int, living: Living) -> NDArray[np.intp]:
        """The mature ones among the other region's."""
        cells = self.of.cells(grid, seed, fault, living)
        return cells[living()[cells]]

    def __str__(self) -> str:
        return f"living:{self.of}"


@dataclass(frozen=True)
class Scatter(Region):
    """Each cell by itself with a probability, drawn by (seed, fault, cell)."""

    fraction: float

    def cells(self, grid: SquareGrid, seed: int, fault: int, living: Living) -> NDArray[np.intp]:
        """The cells that chance picks."""
        del living
        chance, hit_below = np.uint64(key(seed, Stream.REGION, fault)), threshold(self.fraction)
        numbers = (
            np.arange(begin, min(begin + AT_ONCE, grid.cells), dtype=np.uint64)
            for begin in range(0, grid.cells, AT_ONCE)
        )
        return np.concatenate([some[draw32(chance, some) < hit_below].astype(np.intp) for some in numbers])

    def __str__(self) -> str:
        return f"random:{np.format_float_positional(self.fraction, trim='0')}"


SWIPE_MAX: Final = 1 << 14

_PLACE: Final = r"(\d{1,9})"


def _places(count: int) -> str:
    return ",".join([_PLACE] * count)


_FORMS: Final[dict[str, tuple[str, Callable[..., Region]]]] = {
    "band": (_places(2), Band),
    "disc": (_places(3), Disc),
    "rect": (_places(4), Rectangle),
    "frame": (_places(4), Frame),
    "line": (_places(4), partial(Swipe, width=1)),
    "swipe": (_places(5), Swipe),
}
_EXAMPLES: Final = (
    "all, half:left, disc:16,16,5 (row, column, radius), rect:8,8,4,6 (row, column, height, width), "
    "frame:8,8,16,16 (all but a rectangle), "
    "line:0,16,31,16 (from row, column to row, column), swipe:0,16,31,16,3 (the same, width), random:0.33, "
    "band:0,4 (number, how many), "
    "and living:REGION"
)


def parse_region(text: str) -> Region:
    """Read a region, e.g. ``disc:16,16,5``.

    Raises:
        InputError: not a region, or a number out of its limits.
    """
    name, _, rest = text.partition(":")
    if text == "all":
        return Everything()
    if name == "half" and rest in SIDES:
        return Half(rest)
    if name == "living" and not rest.startswith("living"):
        return LivingTissue(parse_region(rest))
    if name == "random" and re.fullmatch(r"\d*\.?\d+", rest, re.ASCII):
        return Scatter(_fraction(float(rest), text))
    pattern, make = _FORMS.get(name, ("(?!)", Disc))
    match = re.fullmatch(pattern, rest, re.ASCII)
    if match is None:
        raise InputError("region", text, "it is not a region", f"regions are {_EXAMPLES}")
    region = make(*map(int, match.groups()))
    if isinstance(region, Swipe) and max(map(int, match.groups())) >= SWIPE_MAX:
        raise InputError("region", text, f"its numbers must be below {SWIPE_MAX}", "e.g. line:0,16,31,16")
    return region


def _fraction(fraction: float, text: str) -> float:
    if fraction > 1:
        raise InputError("region", text, "a fraction must be 0 to 1", "e.g. random:0.33")
    return fraction


def check_inside(region: Region, grid: SquareGrid, fault: object) -> None:
    """Refuse a region that no cell of the grid belongs to, or that reaches beyond it.

    Raises:
        InputError: it does.
    """
    if isinstance(region, LivingTissue):
        check_inside(region.of, grid, fault)
        return
    empty = _emptiness(region, grid)
    if empty is not None:
        raise InputError("fault", fault, *empty)
    if not _lies_inside(region, grid):
        limit = f"its region is outside the grid of {grid.cols}x{grid.rows} cells"
        raise InputError("fault", fault, limit, "rows and columns count from 0")


def _emptiness(region: Region, grid: SquareGrid) -> tuple[str, str] | None:
    """Why a region has no cells wherever it is, and what to do; None if it has some."""
    if isinstance(region, Swipe) and region.width == 0:
        return "the width of its swipe is 0", "give at least 1"
    if isinstance(region, Rectangle) and region.height == 0:
        return "the height of its rectangle is 0", "give at least 1"
    if isinstance(region, Rectangle) and region.width == 0:
        return "the width of its rectangle is 0", "give at least 1"
    if isinstance(region, Frame) and region.height * region.width == grid.cells:
        return "its rectangle is the whole grid, around which there is nothing", "make it smaller"
    if isinstance(region, Band):
        if not 1 <= region.count <= grid.rows:
            return f"it asks for {region.count} bands of {grid.rows} rows", f"choose 1 to {grid.rows} bands"
        if region.index >= region.count:
            return (
                f"there is no band {region.index} of {region.count}",
                f"bands have the numbers 0 to {region.count - 1}",
            )
    return None


def _lies_inside(region: Region, grid: SquareGrid) -> bool:
    """Whether a disc's centre, a swipe's ends, or a whole rectangle lie on the grid."""
    if isinstance(region, Disc):
        return region.row < grid.rows and region.col < grid.cols
    if isinstance(region, Swipe):
        rows, cols = max(region.row, region.end_row), max(region.col, region.end_col)
        return rows < grid.rows and cols < grid.cols
    if isinstance(region, Rectangle):
        return region.row + region.height <= grid.rows and region.col + region.width <= grid.cols
    return True
