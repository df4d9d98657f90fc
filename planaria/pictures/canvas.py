"""Where each cell is painted: squares, hexagons in rows, layers side by side, a net, robots on a floor."""

from abc import abstractmethod
from math import sqrt
from typing import Final, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from emulator.world.graph import Graph
from emulator.world.lattices import Cube6, Hex6
from emulator.world.plane import Plane
from emulator.world.topology import Topology
from planaria.pictures.discs import Discs
from planaria.pictures.net import layout, lines

WHITE: Final = 255
LINE_GREY: Final = 200

CELL_PX: Final = 8
"""Side of a cell where one pixel for each would not do."""

NET_PX: Final = 384
"""Side of a graph's picture."""

Rgb = NDArray[np.uint8]


class Canvas(Protocol):
    """Paints cells by their colours.

    Attributes:
        height: of a picture in pixels.
        width: likewise.
    """

    height: int
    width: int

    def at(self, where: NDArray[np.int32] | None) -> Self:
        """The same with all cells there, if they move: int32[cells, 3]; None if they do not."""
        del where
        return self

    @abstractmethod
    def paint(self, colours: Rgb) -> Rgb:
        """All cells in their places: uint8[..., 3] in the topology's shape -> uint8[height, width, 3]."""


class Squares(Canvas):
    """Rows and columns of squares."""

    def __init__(self, rows: int, cols: int, cell_px: int) -> None:
        self.height, self.width = rows * cell_px, cols * cell_px
        self._cell_px = cell_px

    def paint(self, colours: Rgb) -> Rgb:
        return colours.repeat(self._cell_px, 0).repeat(self._cell_px, 1)


class Numbered(Canvas):
    """A map that says for each pixel which cell it shows, or that it shows the ground.

    Args:
        cells: of each pixel, int[height, width]; -1 is the ground.
        ground: what is there, uint8[height, width, 3].
    """

    def __init__(self, cells: NDArray[np.intp], ground: Rgb | None = None) -> None:
        self.height, self.width = cells.shape
        self._shown = cells >= 0
        self._cells = cells[self._shown]
        self._ground = np.full((*cells.shape, 3), WHITE, np.uint8) if ground is None else ground

    def paint(self, colours: Rgb) -> Rgb:
        picture = self._ground.copy()
        picture[self._shown] = colours.reshape(-1, 3)[self._cells]
        return picture


def canvas(topology: Topology, cell_px: int | None = None) -> Canvas:
    """What a topology is painted on.

    Args:
        topology: whose cells.
        cell_px: side of a cell; None is as small as shows what there is to be seen.
    """
    if isinstance(topology, Plane):
        return Discs(topology)
    if isinstance(topology, Graph):
        return _net(topology)
    if isinstance(topology, Hex6):
        return _hexagons(topology, cell_px or CELL_PX)
    if isinstance(topology, Cube6):
        return _layers(topology, cell_px or 1)
    rows, cols = topology.shape
    return Squares(rows, cols, cell_px or 1)


def _hexagons(topology: Hex6, cell_px: int) -> Canvas:
    """Each pixel shows the cell whose centre is nearest, if that is near; so cells are hexagons.

    Rows are sqrt(3) / 2 as high as columns are wide, as they lie.
    """
    row_px = cell_px * sqrt(3) / 2
    height = max(1, round(topology.rows * row_px + cell_px / 4))
    width = topology.cols * cell_px + (cell_px + 1) // 2
    y, x = np.ogrid[:height, :width]
    across, down = (x + 0.5) / cell_px, (y + 0.5 - cell_px / 8) / row_px
    best = np.full((height, width), np.inf)
    cells = np.full((height, width), -1, np.intp)
    for row in (np.floor(down - 0.5), np.floor(down - 0.5) + 1):
        row = np.broadcast_to(row, (height, width)).astype(np.intp)
        col = np.floor(across - (row & 1) / 2).astype(np.intp)
        centre_across = col + 0.5 + (row & 1) / 2
        away2 = (across - centre_across) ** 2 + ((down - row - 0.5) * sqrt(3) / 2) ** 2
        inside = (row >= 0) & (row < topology.rows) & (col >= 0) & (col < topology.cols)
        nearer = away2 < best
        best = np.where(nearer, away2, best)
        cells = np.where(nearer, np.where(inside, row * topology.cols + col, -1), cells)
    return Numbered(cells)


def _layers(topology: Cube6, cell_px: int) -> Canvas:
    """All layers side by side, from the front to the back, about as many below each other as fit a square."""
    layers, rows, cols = topology.shape
    across = min(layers, max(1, round(sqrt(layers * rows / cols))))
    down = -(-layers // across)
    gap = max(1, cell_px)
    high, wide = rows * cell_px + gap, cols * cell_px + gap
    cells = np.full((down * high - gap, across * wide - gap), -1, np.intp)
    ground = np.full((*cells.shape, 3), WHITE, np.uint8)
    numbers = np.arange(topology.cells).reshape(topology.shape).repeat(cell_px, 1).repeat(cell_px, 2)
    for layer, sheet in enumerate(numbers):
        top, left = layer // across * high, layer % across * wide
        ground[top : top + high, left : left + wide] = LINE_GREY
        cells[top : top + rows * cell_px, left : left + cols * cell_px] = sheet
    return Numbered(cells, ground)


def _net(topology: Graph) -> Canvas:
    """Discs where the layout puts the nodes, and grey lines for links."""
    places = layout(topology)
    radius_px = min(12.0, max(2.0, NET_PX / 5 / sqrt(topology.cells)))
    at = radius_px + 1 + places * (NET_PX - 2 * radius_px - 3)
    ground = np.full((NET_PX, NET_PX, 3), WHITE, np.uint8)
    for y, x in lines(topology, at):
        ground[y, x] = LINE_GREY
    cells = np.full((NET_PX, NET_PX), -1, np.intp)
    reach = int(radius_px) + 1
    for cell, (row, col) in enumerate(at):
        y, x = np.ogrid[int(row) - reach : int(row) + reach + 1, int(col) - reach : int(col) + reach + 1]
        y, x = np.clip(y, 0, NET_PX - 1), np.clip(x, 0, NET_PX - 1)
        away2 = (y - row) ** 2 + (x - col) ** 2
        rows, cols = np.nonzero(away2 <= radius_px**2)
        cells[y[rows, 0], x[0, cols]] = cell
        rows, cols = np.nonzero((away2 > radius_px**2) & (away2 <= (radius_px + 1) ** 2))
        rim = cells[y[rows, 0], x[0, cols]] < 0
        ground[y[rows, 0][rim], x[0, cols][rim]] = LINE_GREY // 2
    return Numbered(cells, ground)
