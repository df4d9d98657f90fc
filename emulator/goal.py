"""What a run is judged by: which cells begin it, and how far the world is from what it should be.

The picture of a genome is one goal; a program of a cell brings its own, which reads what the cells hold.
Everything that judges (recoveries, campaigns, certificates) asks the goal and knows of no picture.
"""

import sys
from abc import ABC, abstractmethod
from collections.abc import Callable
from numbers import Real
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from emulator.cells import Cells
from emulator.record.recovery import BY_DISTANCE, BY_ERROR, Sight, Yardsticks
from emulator.world.topology import Topology
from firmware.budget import ALIVE_MIN, ALPHA
from firmware.errors import InputError
from firmware.foreign import ForeignError, called
from firmware.picture import Displacement, Picture

Result = TypeVar("Result")


class World(Protocol):
    """What a goal may look at: all cells at one moment, none of which it may change.

    Every engine is this.
    """

    @property
    def topology(self) -> Topology:
        """Where the cells are and who hears whom."""
        ...

    @property
    def states(self) -> NDArray[np.int8]:
        """The 16 public bytes of each cell, int8[..., 16] in the topology's shape; blank without
        power.
        """
        ...

    @property
    def picture(self) -> NDArray[np.int8]:
        """The first four of them, the colour: int8[..., 4], premultiplied RGBA, 64 = 1.0."""
        ...

    @property
    def ram(self) -> NDArray[np.uint8]:
        """All that the cells remember, uint8[cells, 256], a copy."""
        ...

    @property
    def running(self) -> NDArray[np.bool_]:
        """Which cells have power and a clock that goes: bool[cells]."""
        ...


class Goal(ABC):
    """How a run begins and what it is to reach.

    Attributes:
        yardsticks: the distances at or below which the world is clean, and recognisable.
        mature_cells: how many cells are mature when the goal is reached; None if that says nothing.
    """

    yardsticks: Yardsticks
    mature_cells: int | None = None

    @abstractmethod
    def seeds(self, topology: Topology) -> Cells:
        """The cells whose strap is set at first power-on.

        Raises:
            InputError: this goal cannot be reached on this topology.
        """

    @abstractmethod
    def distance(self, world: World) -> float:
        """How far the world is from the goal: 0 is reached."""

    def look(self, world: World) -> Sight:
        """The distance, and how many cells are mature: 0 where ``mature_cells`` is None."""
        return Sight(self.distance(world), 0)

    def stands(self, world: World) -> Displacement | None:
        """Where the goal is reached best, which may be beside its place; None where that means nothing."""
        del world
        return None


class PictureGoal(Goal):
    """A picture in the middle of the grid, which grows out of one cell.

    Args:
        picture: what the grid should show; the distance is its error E.
    """

    def __init__(self, picture: Picture) -> None:
        self.picture = picture
        self.yardsticks = BY_ERROR
        self.mature_cells = picture.mature

    def seeds(self, topology: Topology) -> Cells:
        place = self.picture.seed_cell(*topology.shape)
        return np.array([np.ravel_multi_index(place, topology.shape)], np.intp)

    def distance(self, world: World) -> float:
        return self.look(world).error

    def look(self, world: World) -> Sight:
        # One picture for both: to go through a million cells once more takes a thirtieth of their round.
        picture = world.picture
        return Sight(self.picture.error(picture), int(np.count_nonzero(picture[..., ALPHA] >= ALIVE_MIN)))

    def stands(self, world: World) -> Displacement:
        return self.picture.displacement(world.picture, world.topology.torus)


class ProgramGoal(Goal):
    """What a program of a cell says of itself.

    Args:
        name: of the program, for messages.
        distance: takes the world and returns how far it is from legitimate, on the scale of E: 0 is
            legitimate, 10 recognisable, 1000 is as bad as nothing at all.
        seeds: takes the topology and returns the numbers of the cells with a strap; None is the middle cell.
    """

    def __init__(
        self,
        name: str,
        distance: Callable[[World], float],
        seeds: Callable[[Topology], NDArray[np.intp]] | None = None,
    ) -> None:
        self.name = name
        self.yardsticks = BY_DISTANCE
        self._distance = distance
        self._seeds = seeds

    def seeds(self, topology: Topology) -> Cells:
        if self._seeds is None:
            return np.array([topology.middle], np.intp)
        seeds = self._seeds
        cells = self._asked("seeds", seeds, lambda: np.asarray(seeds(topology)).reshape(-1))
        if cells.size and (cells.dtype.kind not in "iu" or ((cells < 0) | (cells >= topology.cells)).any()):
            limit = f"its seeds must be numbers of cells, 0 to {topology.cells - 1}"
            raise InputError("program", self.name, limit, "return e.g. [topology.middle]")
        return np.unique(cells).astype(np.intp)

    def distance(self, world: World) -> float:
        given = self._asked("distance", self._distance, lambda: self._distance(world))
        limit = f"its distance is {given}"
        if not isinstance(given, Real | np.bool_):
            limit = f"its distance is a {type(given).__name__}"
        elif 0 <= given <= sys.float_info.max:
            return float(given)
        raise InputError("program", self.name, limit, "return a number >= 0: 0 is legitimate")

    def _asked(self, name: str, function: Callable[..., Any], call: Callable[[], Result]) -> Result:
        """What one of the program's functions says."""
        try:
            return called(getattr(getattr(function, "__code__", None), "co_filename", ""), call)
        except ForeignError as error:
            raise InputError("program", self.name, f"its {name} raises {error}", "mend it") from error
