"""Robots: motors that are weak or stuck, sensors that are blind, robots that somebody carries away."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from emulator.cells import Cells
from emulator.faults.base import Fault, Life, parameter
from emulator.faults.tools import Tools
from emulator.world.plane import UM, Plane
from emulator.world.robots import STRENGTH_SHIFT
from emulator.world.topology import Topology
from firmware.errors import InputError
from firmware.limits import Limits

_STRENGTH: Final = Limits(0, 4)
_WAY: Final = Limits(-1_000_000, 1_000_000, whole=True)


@dataclass(frozen=True)
class RobotFault(Fault):
    """A fault that only robots have."""

    def check_topology(self, topology: Topology) -> None:
        """Refuse cells that do not move."""
        if not isinstance(topology, Plane):
            limit = f"only robots have what it breaks, and these are cells on {topology.kind}"
            raise InputError("fault", self, limit, f"choose topology {Plane.kind}")


@dataclass(frozen=True)
class Motor(RobotFault, kind="motor"):
    """Motors lose strength, or gain some: ``left`` and ``right`` times as strong; 0 is stuck, 1 as ever."""

    left: float = parameter(_STRENGTH, 0.0)
    right: float = parameter(_STRENGTH, 0.0)

    def act(self, tools: Tools, number: int, cells: Cells) -> Life:
        """Motors change, and are again what they were."""
        factors = np.array([round(side * (1 << STRENGTH_SHIFT)) for side in (self.left, self.right)])
        tools.set_motors(number, cells, factors)
        yield
        tools.unset_motors(number)


@dataclass(frozen=True)
class Blind(RobotFault, kind="blind"):
    """Distance and light stay for the robots what they were when it began."""

    def act(self, tools: Tools, number: int, cells: Cells) -> Life:
        """Sensors fail, and work again."""
        del number
        tools.blind(cells)
        yield
        tools.unblind(cells)


@dataclass(frozen=True)
class Move(RobotFault, kind="move"):
    """Somebody carries the robots ``right_mm`` and ``down_mm`` away, at most to a wall; there they go on."""

    destroys = True
    is_instant = True
    right_mm: int = parameter(_WAY, 0)
    down_mm: int = parameter(_WAY, 0)

    def check(self, text: str) -> None:
        """Refuse robots that stay where they are."""
        if not (self.right_mm or self.down_mm):
            raise InputError("fault", text, "they are carried nowhere", "give right_mm or down_mm")

    def act(self, tools: Tools, number: int, cells: Cells) -> Life:
        """Lift them and put them down at once; who then stand in each other push each other out."""
        del number
        tools.move(cells, self.right_mm * UM, self.down_mm * UM)
        yield
