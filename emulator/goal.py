"""What a run is judged by: which cells begin it, and how far the world is from what it should be.

The picture of a genome is one goal; a program of a cell brings its own (``emulator.program_goal``).
Everything that judges (recoveries, campaigns, certificates) asks the goal and knows of no picture.
"""

from abc import ABC, abstractmethod

import numpy as np

from emulator.record.recovery import BY_ERROR, Sight, Yardsticks
from emulator.view import World
from emulator.world.boards import Boards, make_boards
from emulator.world.light import Light
from emulator.world.plane import Plane
from emulator.world.robots import Robots, robots_of
from emulator.world.senses import Senses
from emulator.world.topology import Topology
from firmware.budget import ALIVE_MIN, ALPHA
from firmware.picture import Displacement, Picture


class Goal(ABC):
    """How a run begins and what it is to reach.

    Attributes:
        yardsticks: the distances at or below which the world is clean, and recognisable.
        mature_cells: how many cells are mature when the goal is reached; None if that says nothing.
    """

    yardsticks: Yardsticks
    mature_cells: int | None = None

    @abstractmethod
    def boards(self, topology: Topology, seed: int) -> Boards:
        """What is on the boards: numbers, straps, roles and inputs, uint8[cells, 16].

        Args:
            topology: the cells.
            seed: of the run, where chance decides.

        Raises:
            InputError: this goal cannot be reached on this topology.
        """

    @property
    def senses(self) -> Senses:
        """What moves a robot, and what a robot senses."""
        return Senses()

    def robots(self, plane: Plane, seed: int) -> Robots:
        """Where robots are when power comes.

        Args:
            plane: in which they are.
            seed: of the run.

        Raises:
            InputError: they cannot be there.
        """
        return robots_of(plane, seed)

    def light_on(self, plane: Plane) -> Light | None:
        """What light falls on the floor of a plane; None if there is none."""
        del plane
        return None

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

    def boards(self, topology: Topology, seed: int) -> Boards:
        del seed
        straps = np.zeros(topology.shape, np.uint8)
        straps[self.picture.seed_cell(*topology.shape)] = 1
        return make_boards(straps.ravel())

    def distance(self, world: World) -> float:
        return self.look(world).error

    def look(self, world: World) -> Sight:
        # One picture for both: to go through a million cells once more takes a thirtieth of their round.
        picture = world.picture
        return Sight(self.picture.error(picture), int(np.count_nonzero(picture[..., ALPHA] >= ALIVE_MIN)))

    def stands(self, world: World) -> Displacement:
        return self.picture.displacement(world.picture, world.topology.torus)
