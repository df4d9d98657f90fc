"""The picture that an organism should show, and how far a grid is from it: the error E.

E = 1000 * mean squared RGBA error over the grid / mean square of the target over the grid.
About 1 looks perfect, above 10 is bad, and an empty grid has 1000. All sums are of integers.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from firmware.budget import ALIVE_MIN, ALPHA, ONE
from firmware.errors import InputError

TARGET_MAX_PX: Final = 128

DISPLACED_MAX: Final = 4
"""An organism is looked for as many cells away from its place, in either direction."""

PIECE: Final = 1 << 18
"""Numbers that are squared at once."""


class Displacement(NamedTuple):
    """Where an organism stands: so many rows below its place and columns to the right, and E there."""

    rows: int
    cols: int
    error: float


@dataclass(frozen=True, eq=False)
class Picture:
    """The picture that an organism should show, and where its seed lies.

    Attributes:
        rgba: uint8[h, w, 4], premultiplied by alpha, at most 128 px a side.
        seed: (row, column) of the pixel on the organism's seed; it is not transparent, for a rule
            that learns to clear its own seed has nothing left to learn with.

    Raises:
        InputError: a picture that cannot be a target.
    """

    rgba: NDArray[np.uint8]
    seed: tuple[int, int]

    def __post_init__(self) -> None:
        rgba = self.rgba
        if rgba.dtype != np.uint8 or rgba.ndim != 3 or rgba.shape[2] != 4:
            raise InputError(
                "target", f"{rgba.dtype}{rgba.shape}", "it must be uint8[h, w, 4]", "give an RGBA picture"
            )
        if not (1 <= self.height <= TARGET_MAX_PX and 1 <= self.width <= TARGET_MAX_PX):
            raise InputError(
                "target size",
                f"{self.width}x{self.height} px",
                f"it must be 1 to {TARGET_MAX_PX} px",
                "resize it with --size",
            )
        if (rgba[..., :3] > rgba[..., 3:]).any():
            raise InputError(
                "target", "colour above alpha", "colours must be premultiplied by alpha", "export it again"
            )
        row, col = self.seed
        if not (0 <= row < self.height and 0 <= col < self.width and rgba[row, col, 3]):
            raise InputError(
                "target", f"seed at {self.seed}", "it must lie on an opaque pixel", "choose another pixel"
            )

    @classmethod
    def of(cls, rgba: NDArray[np.uint8]) -> "Picture":
        """A picture, seeded on the mostly opaque pixel (alpha >= 128) nearest to its middle.

        Ties go to the upper, then to the left pixel.

        Raises:
            InputError: as above, or no pixel is mostly opaque.
        """
        opaque = np.argwhere(rgba[..., 3] >= 128)
        if len(opaque) == 0:
            raise InputError(
                "target",
                "no pixel of alpha 128 or more",
                "it has no place for a seed",
                "make its colours opaque",
            )
        middle = np.array([rgba.shape[0] // 2, rgba.shape[1] // 2])
        row, col = opaque[((opaque - middle) ** 2).sum(axis=1).argmin()]
        return cls(rgba, (int(row), int(col)))

    @property
    def height(self) -> int:
        """Number of rows of the picture."""
        return int(self.rgba.shape[0])

    @property
    def width(self) -> int:
        """Number of columns of the picture."""
        return int(self.rgba.shape[1])

    @property
    def mature(self) -> int:
        """Number of cells that are mature when the grid shows exactly this."""
        return int(np.count_nonzero(self._wanted[..., ALPHA] >= 255 * ALIVE_MIN))

    @property
    def reach(self) -> int:
        """Updates that a signal needs from the seed to the farthest corner of the picture."""
        row, col = self.seed
        return max(row, col, self.height - 1 - row, self.width - 1 - col)

    def placed(self, *shape: int) -> NDArray[np.uint8]:
        """The picture in the middle of an empty grid: uint8[*shape, 4].

        Args:
            shape: rows and columns; of a cube layers, rows and columns.

        Raises:
            InputError: it does not fit.
        """
        *layer, top, left = self._corner(*shape)
        placed = np.zeros((*shape, 4), np.uint8)
        placed[tuple(layer)][top : top + self.height, left : left + self.width] = self.rgba
        return placed

    def seed_cell(self, *shape: int) -> tuple[int, ...]:
        """(row, column) of the seed on that grid; in a cube (layer, row, column).

        Raises:
            InputError: the picture does not fit.
        """
        *layer, top, left = self._corner(*shape)
        return (*layer, top + self.seed[0], left + self.seed[1])

    def error(self, picture: NDArray[np.int8]) -> float:
        """E of a grid with the target in its middle.

        Of a cube, the target lies in the middle layer, and all that the other layers show is wrong.

        Args:
            picture: int8[rows, cols, 4] or int8[layers, rows, cols, 4], 64 = 1.0.

        Raises:
            InputError: the target does not fit.
        """
        *layer, top, left = self._corner(*picture.shape[:-1])
        # (a - b)^2 = a^2 - 2ab + b^2, and b is 0 outside the target's rectangle.
        sheet = picture[tuple(layer)]
        inside = sheet[top : top + self.height, left : left + self.width].astype(np.int64)
        return self._error(_squares(picture), int(np.vdot(inside, self._wanted)))

    def displacement(self, picture: NDArray[np.int8], torus: bool = False) -> Displacement:
        """Where the picture fits best, within ``DISPLACED_MAX`` cells of the target's place.

        What a displaced target would show beyond the edge of a bounded grid counts as missing. It is looked
        for along rows and columns, in its layer, also where rows are shifted as in a hexagonal grid.

        Args:
            picture: int8[rows, cols, 4] or int8[layers, rows, cols, 4], 64 = 1.0.
            torus: whether opposite edges are joined, so that an organism may lie across them.

        Returns:
            The displacement with the smallest E; of equal ones the nearest, then the upper, then the left.

        Raises:
            InputError: the target does not fit.
        """
        *layer, top, left = self._corner(*picture.shape[:-1])
        sheet = picture[tuple(layer)]
        reach = range(-DISPLACED_MAX, DISPLACED_MAX + 1)
        rows = np.arange(top - DISPLACED_MAX, top + self.height + DISPLACED_MAX)
        cols = np.arange(left - DISPLACED_MAX, left + self.width + DISPLACED_MAX)
        near = sheet[rows[:, None] % len(sheet), cols % sheet.shape[1]].astype(np.float64)
        if not torus:
            near[(rows < 0) | (rows >= len(sheet))] = 0
            near[:, (cols < 0) | (cols >= sheet.shape[1])] = 0
        # Sums of whole numbers below 2^53, exact in any order.
        windows = np.lib.stride_tricks.sliding_window_view(near, self.rgba.shape)[..., 0, :, :, :]
        products = np.tensordot(windows, self._wanted.astype(np.float64), 3)
        squares = _squares(picture)
        found = [
            Displacement(
                down, right, self._error(squares, int(products[down + DISPLACED_MAX, right + DISPLACED_MAX]))
            )
            for down in reach
            for right in reach
        ]
        return min(found, key=lambda d: (d.error, d.rows**2 + d.cols**2, d.rows, d.cols))

    def _error(self, squares: int, products: int) -> float:
        """E by the sums of the picture's squares and of its products with the target."""
        return 1000 * (255**2 * squares - 2 * 255 * products + self._wanted_squares) / self._wanted_squares

    @cached_property
    def _wanted(self) -> NDArray[np.int64]:
        return self.rgba.astype(np.int64) * ONE

    @cached_property
    def _wanted_squares(self) -> int:
        return int((self._wanted**2).sum())

    def _corner(self, *shape: int) -> tuple[int, ...]:
        """Where the picture begins: row and column, in a cube after the middle layer.

        Raises:
            InputError: it does not fit, or there are no rows and columns.
        """
        if len(shape) < 2:
            limit = "it lies on rows and columns, and a graph has none"
            fix = "choose another topology, or a program with a goal of its own"
            raise InputError("target", f"{self.width}x{self.height} px on a graph", limit, fix)
        *layers, rows, cols = shape
        if self.height > rows or self.width > cols:
            raise InputError(
                "target",
                f"{self.width}x{self.height} px on a grid of {cols}x{rows} cells",
                "it must fit into the grid",
                "choose a larger grid",
            )
        return (*(count // 2 for count in layers), (rows - self.height) // 2, (cols - self.width) // 2)


def _squares(picture: NDArray[np.int8]) -> int:
    """Sum of the squares; piece by piece, so that a large grid needs no large temporaries."""
    flat = picture.reshape(-1)
    pieces = (flat[begin : begin + PIECE] for begin in range(0, len(flat), PIECE))
    return sum(int(np.square(piece, dtype=np.int16).sum(dtype=np.int64)) for piece in pieces)
