"""Population: cells that do not run the same genome as the rest."""

from dataclasses import dataclass

from emulator.cells import Cells
from emulator.faults.base import Fault, Life, parameter
from emulator.faults.tools import Tools
from firmware.limits import Limits


@dataclass(frozen=True)
class Version(Fault, kind="version"):
    """Mixed genome versions: the cells run another shipped ``genome``, as if an update had stopped half way.

    Their RAM stays as it is. Where several hold a cell, it runs the one with the highest number in the plan.
    """

    genome: str = parameter(Limits(name=True))

    def act(self, tools: Tools, number: int, cells: Cells) -> Life:
        """Flash them, and flash them back at the end."""
        tools.begin_version(number, cells, self.genome)
        yield
        tools.end_version(number)
