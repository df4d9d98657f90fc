"""Population: cells that do not run the same genome as the rest."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from emulator.faults.base import Cells, Fault, Life, Limits, parameter

if TYPE_CHECKING:
    from emulator.faults.injector import Injector


@dataclass(frozen=True)
class Version(Fault, kind="version"):
    """Mixed genome versions: the cells run another shipped ``genome``, as if an update had stopped half way.

    Their RAM stays as it is. Where several hold a cell, it runs the one with the highest number in the plan.
    """

    genome: str = parameter(Limits(name=True))

    def act(self, injector: "Injector", number: int, cells: Cells) -> Life:
        """Flash them, and flash them back at the end."""
        injector.begin_version(number, cells, self.genome)
        yield
        injector.end_version(number)
