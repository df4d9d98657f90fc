"""Who is wired to whom. The engines ask only this, and know no geometry."""

import re
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from firmware.budget import PORTS
from firmware.errors import InputError
from firmware.ports import OFFSETS, opposite


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


@dataclass(frozen=True)
class SquareGrid:
    """A rectangle of cells with eight neighbours each; cell index = row * cols + column.

    Attributes:
        rows: height.
        cols: width.
        torus: whether opposite edges are joined; otherwise ports that face outwards are open.
    """

    rows: int
    cols: int
    torus: bool = False

    @property
    def cells(self) -> int:
        """Number of cells."""
        return self.rows * self.cols

    def neighbour(self, cell: int, port: int) -> int | None:
        """The cell at the other end of a port, or None where the port is open."""
        row, col = cell // self.cols + OFFSETS[port][0], cell % self.cols + OFFSETS[port][1]
        if self.torus:
            row, col = row % self.rows, col % self.cols
        elif not (0 <= row < self.rows and 0 <= col < self.cols):
            return None
        return row * self.cols + col

    def neighbours(self, out: NDArray[np.int32] | None = None, open_port: int = -1) -> NDArray[np.int32]:
        """``neighbour`` of every cell and port at once: int32[cells, 8], written to ``out`` if given.

        ``open_port`` stands where nobody is.
        """
        result = np.empty((self.cells, PORTS), np.int32) if out is None else out
        grid = result.reshape(self.rows, self.cols, PORTS)
        row, col = np.ogrid[: np.int32(self.rows), : np.int32(self.cols)]
        for port, (down, right) in enumerate(OFFSETS):
            rows, cols = row + np.int32(down), col + np.int32(right)
            if self.torus:
                rows, cols = rows % np.int32(self.rows), cols % np.int32(self.cols)
            inside = (rows >= 0) & (rows < self.rows) & (cols >= 0) & (cols < self.cols)
            grid[..., port] = np.where(inside, rows * np.int32(self.cols) + cols, np.int32(open_port))
        return result

    def slots(self, out: NDArray[np.int32] | None = None) -> NDArray[np.int32]:
        """Where each port leads: int32[cells, 8], ``PORTS * receiver + the receiver's port``.

        An open port leads to port 0 of the void, the cell after the last.
        """
        result = self.neighbours(out, open_port=self.cells)
        for port in range(PORTS):
            column = result[:, port]
            far = np.where(column != self.cells, opposite(port), 0).astype(np.int32)
            column *= PORTS
            column += far
        return result

    @property
    def middle(self) -> int:
        """The cell in the middle, or just below and to the right of it."""
        return self.rows // 2 * self.cols + self.cols // 2

    def wires(self, cell: int) -> list[Wire]:
        """The outgoing directions of a cell's links, by port."""
        ends = ((port, self.neighbour(cell, port)) for port in range(PORTS))
        return [Wire(cell, port, end, opposite(port)) for port, end in ends if end is not None]


def parse_grid(text: str) -> tuple[int, int]:
    """Read the size of a grid: ``64x48`` (columns x rows) -> (rows, cols).

    Raises:
        InputError: not of that form.
    """
    match = re.fullmatch(r"(\d{1,9})x(\d{1,9})", text, re.ASCII)
    if match is None:
        raise InputError("grid", text, "it must be COLSxROWS", "e.g. 64x64")
    return int(match[2]), int(match[1])
