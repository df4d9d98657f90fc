"""What a run is judged by: which cells begin it, and how far the world is from what it should be.

The picture of a genome is one goal; a program of a cell brings its own, which reads what the cells hold.
Everything that judges (recoveries, campaigns, certificates) asks the goal and knows of no picture.
"""

import sys
from abc import ABC, abstractmethod
from collections.abc import Callable
from numbers import Real
from typing import Any, Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from emulator.cells import Cells
from emulator.record.recovery import BY_DISTANCE, BY_ERROR, Sight, Yardsticks
from emulator.view import View, World
from emulator.world.topology import Topology
from firmware.budget import ALIVE_MIN, ALPHA
from firmware.errors import InputError
from firmware.foreign import ForeignError, called
from firmware.picture import Displacement, Picture
from firmware.variables import Layout

Result = TypeVar("Result")

LEGITIMATE_UNIT: Final = 1000
"""Distance of a world that is as far from legitimate as can be, as an empty grid is from a picture."""


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
        legitimate: takes a ``View`` and returns how far it is from legitimate: 0 is legitimate, 0.01
            recognisable, 1 as bad as nothing at all. The distance is 1000 times that, as E is.
        seeds: takes the topology and returns the numbers of the cells with a strap; None is the middle cell.
        layout: where the program's variables lie; None if it has declared none.
    """

    def __init__(
        self,
        name: str,
        legitimate: Callable[[View], float],
        seeds: Callable[[Topology], NDArray[np.intp]] | None = None,
        layout: Layout | None = None,
    ) -> None:
        self.name = name
        self.yardsticks = BY_DISTANCE
        self._legitimate = legitimate
        self._seeds = seeds
        self._layout = layout

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
        view = View(world, self._layout)
        given = self._asked("legitimate", self._legitimate, lambda: self._legitimate(view))
        limit = f"its legitimate says {given}"
        if not isinstance(given, Real | np.bool_):
            limit = f"its legitimate returns a {type(given).__name__}"
        elif 0 <= given <= sys.float_info.max / LEGITIMATE_UNIT:
            return LEGITIMATE_UNIT * float(given)
        raise InputError("program", self.name, limit, "return a number >= 0: 0 is legitimate")

    def _asked(self, name: str, function: Callable[..., Any], call: Callable[[], Result]) -> Result:
        """What one of the program's functions says."""
        try:
            return called(getattr(getattr(function, "__code__", None), "co_filename", ""), call)
        except ForeignError as error:
            raise InputError("program", self.name, f"its {name} raises {error}", "mend it") from error
