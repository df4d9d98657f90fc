"""Tissue: pieces of an organism that are carried elsewhere, as a surgeon or a river does."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from emulator.cells import Cells
from emulator.faults.base import Fault, Life, parameter
from emulator.faults.tools import Tools
from emulator.world.lattices import Square4, Square8
from emulator.world.topology import Topology
from firmware.errors import InputError
from firmware.limits import Limits

_STEPS: Final = Limits(-1_000_000, 1_000_000, whole=True)


@dataclass(frozen=True)
class Carry(Fault, kind="carry"):
    """What the cells have in RAM is carried away, and cells there boot with it; where it was, RAM is blank.

    ``down``, ``right``: by so many rows and columns; what leaves a bounded grid is lost.
    """

    destroys = True
    is_instant = True
    down: int = parameter(_STEPS, 0)
    right: int = parameter(_STEPS, 0)

    def check(self, text: str) -> None:
        """Refuse a piece that stays where it is."""
        if not (self.down or self.right):
            raise InputError("fault", text, "it is carried nowhere", "give down or right")

    def check_topology(self, topology: Topology) -> None:
        """Refuse a topology on which a piece would not keep its form."""
        if topology.kind not in (Square8.kind, Square4.kind):
            limit = f"it needs rows and columns of squares, and this is {topology.kind}"
            raise InputError("fault", self, limit, f"choose topology {Square8.kind}")

    def act(self, tools: Tools, number: int, cells: Cells) -> Life:
        """Cut the power of both places, and give it back at once."""
        origins, places = self._carried(tools.topology, cells)
        tools.cut_power(number, np.union1d(cells, places), keep=True)
        known, ram = tools.left_in_ram(number)
        whole = np.isin(origins, known)  # another fault may keep power away there, and RAM is blank
        found = ram[np.searchsorted(known, origins[whole])]
        tools.restore_power(number, places[whole], found)
        tools.restore_power(number, tools.held(number))
        yield

    def _carried(self, topology: Topology, cells: Cells) -> tuple[Cells, Cells]:
        """Of the cells whose RAM stays in the grid: where it is, and where it goes, which ascends."""
        rows, cols = topology.shape
        row, col = cells // cols + self.down, cells % cols + self.right
        if topology.torus:
            row, col = row % rows, col % cols
        inside = (row >= 0) & (row < rows) & (col >= 0) & (col < cols)
        places = (row * cols + col)[inside]
        order = np.argsort(places)
        return cells[inside][order], places[order]
