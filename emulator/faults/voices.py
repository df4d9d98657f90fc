"""Voices: cells that say what is not so, in valid frames.

Where several such faults hold a cell, it does what the one with the highest number in the plan says.
"""

from dataclasses import dataclass

from emulator.cells import Cells
from emulator.faults.base import Life
from emulator.faults.fronts import Effect, Front
from emulator.faults.links import LinkFault
from emulator.faults.tools import Tools


@dataclass(frozen=True)
class Stick(LinkFault, kind="stick"):
    """Stuck output: the cells go on saying what they were when it began."""

    def act(self, tools: Tools, number: int, cells: Cells) -> Life:
        """Let cells say for the duration what they are when it begins."""
        ports = self.ports(tools.topology, cells)
        tools.begin_front(number, Front(Effect.STICK), ports, said=tools.states())
        yield
        tools.end_front(number)


@dataclass(frozen=True)
class Babble(LinkFault, kind="babble"):
    """The cells say something random in every frame, the same to all neighbours."""

    def front(self) -> Front:
        """16 random bytes a broadcast."""
        return Front(Effect.BABBLE)


@dataclass(frozen=True)
class Lie(LinkFault, kind="lie"):
    """Byzantine cells: they tell each neighbour something else, random, and always that they are alive."""

    def front(self) -> Front:
        """16 random bytes a message, of which alpha is 1.0."""
        return Front(Effect.LIE)
