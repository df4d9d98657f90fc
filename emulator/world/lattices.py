"""Topologies whose cells lie in rows and columns: squares with eight or four neighbours, hexagons, cubes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final

import numpy as np
from numpy.typing import NDArray

from emulator.world.topology import CELLS_MAX, Topology
from firmware.budget import PORTS
from firmware.errors import InputError
from firmware.ports import NAMES, OFFSETS, opposite

Place = tuple[Any, ...]
"""(row, column) or (layer, row, column): numbers, or arrays of them that broadcast."""

_PORT: Final = {name: port for port, name in enumerate(NAMES)}


class Lattice(Topology):
    """Cells at whole places, numbered along the last axis first; ports lead the same way everywhere.

    A place is where a cell stands in ``shape``. A *point* is where it lies: whole numbers again, so that
    distances are exact, namely the root of ``sum(weights * differences**2) / unit2``.
    """

    steps: ClassVar[Mapping[int, tuple[int, ...]]]
    """From a point to that of the neighbour on each port; other ports are open everywhere."""

    weights: ClassVar[tuple[int, ...]]
    """Of each coordinate's square in a distance."""

    unit2: ClassVar[int] = 1
    """Square of the distance between neighbours that share a side."""

    @property
    def middle(self) -> int:
        return int(np.ravel_multi_index([side // 2 for side in self.shape], self.shape))

    def point(self, place: Place) -> Place:
        """Where the cell at a place lies."""
        return place

    def place(self, point: Place) -> Place:
        """Which place lies there; the inverse of ``point``."""
        return point

    def axes(self, dtype: type[np.signedinteger[Any]] = np.int64) -> Place:
        """The places of all cells, as arrays that broadcast to ``shape``."""
        return np.ix_(*(np.arange(side, dtype=dtype) for side in self.shape))

    def points(self) -> NDArray[np.int64]:
        """Where all cells lie: int64[cells, coordinates]."""
        point = np.broadcast_arrays(*self.point(self.axes()))
        return np.stack([np.broadcast_to(along, self.shape).reshape(-1) for along in point], axis=1)

    def slots(self, out: NDArray[np.int32] | None = None) -> NDArray[np.int32]:
        table = np.empty((self.cells, PORTS), np.int32) if out is None else out
        table[...] = PORTS * self.cells
        column = table.reshape(*self.shape, PORTS)
        here = self.point(self.axes(np.int32))
        for port, step in self.steps.items():
            there = self.place(tuple(along + by for along, by in zip(here, step, strict=True)))
            if self.torus:
                there = tuple(along % side for along, side in zip(there, self.shape, strict=True))
            number, inside = np.int32(0), np.bool_(True)
            for along, side in zip(there, self.shape, strict=True):
                number = number * np.int32(side) + along
                inside = inside & (along >= 0) & (along < side)
            np.copyto(column[..., port], PORTS * number + opposite(port), where=inside)
        return table

    def _check(self, torus_min: tuple[int, ...]) -> None:
        """Refuse a lattice without cells, with too many, or a torus on which a cell has one neighbour twice.

        Args:
            torus_min: the least sides of a torus.

        Raises:
            InputError: it is one.
        """
        if min(self.shape) < 1:
            limit = f"it needs at least {'x'.join('1' * len(self.shape))} cells"
            usual = "x".join(("32", "32", "4")[: len(self.shape)])
            raise InputError("grid", self.size, limit, f"{usual} is usual")
        if self.torus and any(side < least for side, least in zip(self.shape, torus_min, strict=True)):
            least = "x".join(map(str, reversed(torus_min)))
            limit = f"a torus needs at least {least} cells"
            raise InputError("grid", self.size, limit, "make it larger, or bounded")
        if self.cells > CELLS_MAX:
            raise InputError("grid", self.size, f"it has more than {CELLS_MAX:,} cells", "make it smaller")


@dataclass(frozen=True)
class Sheet(Lattice):
    """A rectangle of cells; the number of a cell is row * cols + column.

    Attributes:
        rows: height.
        cols: width.
        torus: whether opposite edges are joined; otherwise ports that face outwards are open.

    Raises:
        InputError: no cells, too many, or too few for a torus.
    """

    rows: int
    cols: int
    torus: bool = False

    regions: ClassVar[str] = (
        "all, half:left|right|top|bottom, band:, disc:ROW,COLUMN,RADIUS, rect:ROW,COLUMN,HEIGHT,WIDTH, "
        "frame:, line:ROW,COLUMN,ROW,COLUMN, swipe:, ball:CELL,HOPS, random: and living:"
    )
    weights: ClassVar = (1, 1)

    def __post_init__(self) -> None:
        self._check((3, 3))

    @property
    def shape(self) -> tuple[int, ...]:
        return self.rows, self.cols


class Square8(Sheet):
    """Squares that have the eight around them as neighbours: the grid of the paper."""

    kind = "square8"
    steps: ClassVar = dict(enumerate(OFFSETS))


class Square4(Sheet):
    """Squares that have the four beside them as neighbours, on ports N, E, S and W."""

    kind = "square4"
    steps: ClassVar = {_PORT[name]: OFFSETS[_PORT[name]] for name in ("N", "E", "S", "W")}


class Hex6(Sheet):
    """Hexagons with six neighbours, on ports NE, E, SE, SW, W and NW; odd rows lie half a cell to the right.

    So the weights by port of ``firmware.ports`` are the two gradients of a hexagonal grid as well, but that
    the vertical one is smaller by sqrt(3). A point is (row, half columns); rows are sqrt(3) / 2 apart, which
    makes discs round. A torus needs an even number of rows.
    """

    kind = "hex6"
    steps: ClassVar = {
        _PORT["NE"]: (-1, 1),
        _PORT["E"]: (0, 2),
        _PORT["SE"]: (1, 1),
        _PORT["SW"]: (1, -1),
        _PORT["W"]: (0, -2),
        _PORT["NW"]: (-1, -1),
    }
    weights = (3, 1)
    unit2 = 4

    def __post_init__(self) -> None:
        self._check((4, 3))
        if self.torus and self.rows % 2:
            limit = "a hexagonal torus needs an even number of rows"
            raise InputError("grid", self.size, limit, f"e.g. {self.cols}x{self.rows + 1}")

    def point(self, place: Place) -> Place:
        row, col = place
        return row, 2 * col + (row & 1)

    def place(self, point: Place) -> Place:
        row, half_cols = point
        return row, (half_cols - (row & 1)) // 2


@dataclass(frozen=True)
class Cube6(Lattice):
    """Cubes with six neighbours: N, E, S and W in a layer, on port 1 the one in front, on 5 the one behind.

    The number of a cell is (layer * rows + row) * cols + column; layer 0 is in front. A rule takes two
    gradients from its ports, and those are oblique here: port 1 counts as north-east, 5 as south-west. A
    third gradient would make 64 inputs, for which a Cortex-M0+ needs 272 bytes of RAM and has 256.

    Attributes:
        rows: height of a layer.
        cols: width of a layer.
        layers: from the front to the back.
        torus: whether opposite faces are joined.

    Raises:
        InputError: no cells, too many, or too few for a torus.
    """

    rows: int
    cols: int
    layers: int
    torus: bool = False

    kind = "cube6"
    regions: ClassVar[str] = (
        "all, half:left|right|top|bottom|front|back, band:, disc:LAYER,ROW,COLUMN,RADIUS (a ball), "
        "rect:LAYER,ROW,COLUMN,LAYERS,HEIGHT,WIDTH, frame:, line:LAYER,ROW,COLUMN,LAYER,ROW,COLUMN, swipe:, "
        "ball:CELL,HOPS, random: and living:"
    )
    steps: ClassVar = {
        _PORT["N"]: (0, -1, 0),
        1: (-1, 0, 0),
        _PORT["E"]: (0, 0, 1),
        _PORT["S"]: (0, 1, 0),
        5: (1, 0, 0),
        _PORT["W"]: (0, 0, -1),
    }
    weights: ClassVar = (1, 1, 1)

    def __post_init__(self) -> None:
        self._check((3, 3, 3))

    @property
    def shape(self) -> tuple[int, ...]:
        return self.layers, self.rows, self.cols
