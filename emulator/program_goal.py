"""What a program of a cell says of itself: how far a world is from legitimate, and what is on its boards."""

import sys
from collections.abc import Callable, Mapping
from numbers import Real
from types import MappingProxyType
from typing import Any, Final

import numpy as np

from emulator.goal import Goal
from emulator.program_boards import ProgramBoards, asked
from emulator.program_floor import ProgramFloor
from emulator.record.recovery import BY_DISTANCE
from emulator.view import View, World
from emulator.world.boards import Boards
from emulator.world.light import Light
from emulator.world.plane import Plane
from emulator.world.robots import Robots
from emulator.world.senses import Senses
from emulator.world.topology import Topology
from firmware.errors import InputError, written

LEGITIMATE_UNIT: Final = 1000
"""Distance of a world that is as far from legitimate as can be, as an empty grid is from a picture."""


class ProgramGoal(Goal):
    """What a program of a cell says of itself.

    Args:
        boards: what its file says of them, with its name and its variables.
        legitimate: takes a ``View`` and returns how far it is from legitimate: 0 is legitimate, 0.01
            recognisable, 1 as bad as nothing at all. The distance is 1000 times that, as E is.
        parameters: the numbers in its ROM by name.
        floor: what its file says of the plane in which its robots are; None is nothing.
    """

    def __init__(
        self,
        boards: ProgramBoards,
        legitimate: Callable[[View], float],
        parameters: Mapping[str, Any] = MappingProxyType({}),
        floor: ProgramFloor | None = None,
    ) -> None:
        self.name = boards.name
        self.yardsticks = BY_DISTANCE
        self._boards, self._legitimate, self._parameters = boards, legitimate, parameters
        self._floor = floor or ProgramFloor(boards.name)

    def boards(self, topology: Topology, seed: int) -> Boards:
        return self._boards.of(topology, seed)

    @property
    def senses(self) -> Senses:
        return Senses.of(self._boards.layout)

    def robots(self, plane: Plane, seed: int) -> Robots:
        return self._floor.robots(plane, seed)

    def light_on(self, plane: Plane) -> Light | None:
        return self._floor.light_on(plane)

    def distance(self, world: World) -> float:
        view = View(world, self._boards.layout, self._parameters, self._boards.classes)
        given = asked(self.name, "legitimate", self._legitimate, lambda: self._legitimate(view))
        limit = f"its legitimate says {written(given)}"
        if not isinstance(given, Real | np.bool_):
            limit = f"its legitimate returns a {type(given).__name__}"
        elif 0 <= given <= sys.float_info.max / LEGITIMATE_UNIT:
            return LEGITIMATE_UNIT * float(given)
        raise InputError("program", self.name, limit, "return a number >= 0: 0 is legitimate")
