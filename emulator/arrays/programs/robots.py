"""The core of robots: cells that a program moves, and that talk through the air."""

from typing import Any

import numpy as np

from emulator.arrays.compiled.jit import entered, is_warm
from emulator.arrays.programs.air import DONE, STALE, live_as_robots
from emulator.arrays.programs.cell import WIRED
from emulator.arrays.programs.core import ProgramCore
from emulator.arrays.programs.floor import NEXT_STEP, Floor
from emulator.arrays.programs.neighbours import listed


class RobotCore(ProgramCore):
    """All robots of a plane, each with its 256 bytes of RAM.

    Args:
        floor: on which they are; they are moved there.
        given: as of ``ProgramCore``.
    """

    def __init__(self, floor: Floor, *given: Any) -> None:
        super().__init__(*given)
        self._run.cells.rows[:-1, WIRED] = 1
        # Whom chance deprives of a message is decided for each hearer by itself.
        self._run = self._run._replace(world=self._run.world._replace(lost_below=np.uint64(0)))
        self._floor = listed(floor)

    @property
    def compiles(self) -> bool:
        return not is_warm(live_as_robots.__name__)

    @property
    def soonest_us(self) -> int:
        return min(super().soonest_us, int(self._floor.clock[NEXT_STEP]))

    def relist(self) -> None:
        """Robots have been moved by somebody else: see who is near whom now."""
        self._floor = listed(self._floor)

    def _live(self, until_us: int) -> bool:
        given = self._run, self._floor, until_us
        stopped = entered(live_as_robots, *given)(*given)
        if stopped == STALE:
            self.relist()
        return bool(stopped == DONE)
