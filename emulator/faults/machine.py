"""Faults of machine code: bits that flip in the middle of an update, or in ROM. SPEC.md has the draws."""

from dataclasses import dataclass

from emulator.cells import Cells
from emulator.faults.base import Fault, Life
from emulator.faults.tools import Tools


@dataclass(frozen=True)
class MachineFault(Fault):
    """What only cells that execute their binary can suffer."""

    is_instant = True
    needs_machine_code = True

    def act(self, tools: Tools, number: int, cells: Cells) -> Life:
        """Flip bits of machine code, as the engine can."""
        tools.flip_machine(self.kind, number, cells)
        yield


@dataclass(frozen=True)
class Upset(MachineFault, kind="upset"):
    """One random bit of RAM or registers flips in the middle of each cell's next update."""


@dataclass(frozen=True)
class Rot(MachineFault, kind="rot"):
    """One random bit of the genome in each cell's ROM flips, for ever."""
