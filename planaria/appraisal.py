"""What a trained rule is worth: E of its organisms on the engine, grown, held, and healed of five cuts."""

from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from emulator.config import RunConfig
from emulator.record.predicate import RECOGNISABLE
from emulator.world.lattices import Cube6
from emulator.world.topologies import topology_of
from emulator.world.topology import Topology
from firmware.genome import Fact, Genome
from firmware.picture import DISPLACED_MAX, Displacement
from planaria.displacement import describe_displacement
from planaria.grid import Grid

MARGIN: Final = DISPLACED_MAX
"""Blank cells around the target, so that an organism can stand beside its place."""

GROWN_ROUNDS: Final = 200
HELD_ROUNDS: Final = 1000
HEALING_ROUNDS: Final = 100
WORLDS: Final = 4
"""Organisms that are left in peace."""

CUTS: Final = ("left", "right", "top", "bottom", "square")
"""What the others lose: a half of the grid, or in the middle a square of half the target's longer side."""


class Look(NamedTuple):
    """An organism at one moment: int8[rows, cols, 4], E at its place, and where E is smallest."""

    picture: NDArray[np.int8]
    error: float
    best: Displacement

    @classmethod
    def at(cls, grid: Grid) -> "Look":
        """A look at a grid as it is now."""
        return cls(grid.picture, grid.error, grid.stands or Displacement(0, 0, grid.error))

    @property
    def displaced(self) -> bool:
        """Whether it is beside its place rather than misshapen: E is less than half as large there."""
        return self.best.error < self.error / 2


@dataclass(frozen=True)
class Appraisal:
    """Organisms of one rule, each in a world of its own.

    Attributes:
        regime: what the rule was trained for.
        grown: after ``GROWN_ROUNDS``, ``WORLDS`` undisturbed ones, then those that are cut at that moment.
        held: the undisturbed ones after ``HELD_ROUNDS``.
        healed: the others, ``HEALING_ROUNDS`` after they were cut, in the order of ``CUTS``.
    """

    regime: str
    grown: tuple[Look, ...]
    held: tuple[Look, ...]
    healed: tuple[Look, ...]

    @property
    def score(self) -> float:
        """Mean E of all that the regime asks for; less is better."""
        asked = {"growing": (), "persistent": self.held, "regenerating": self.held + self.healed}
        return float(np.mean([look.error for look in self.grown + asked[self.regime]]))

    @property
    def worst(self) -> Look:
        """The organism with the largest E, wounds aside."""
        return max(self.grown + self.held, key=lambda look: look.error)

    @property
    def holds(self) -> bool:
        """Whether its organisms hold their form, if they are asked to: only then is there more to know."""
        return self.regime != "growing" and self.worst.error <= RECOGNISABLE

    def facts(self) -> dict[str, Fact]:
        """The largest E of each kind, and where the worst organism stands, for a genome."""
        best = self.worst.best
        looks = {GROWN_ROUNDS: self.grown, HELD_ROUNDS: self.held}
        worst = {f"E_async_{rounds}": max(look.error for look in found) for rounds, found in looks.items()}
        healed = dict(zip(CUTS, (look.error for look in self.healed), strict=True))
        return {
            **{name: round(error, 3) for name, error in worst.items()},
            **{f"E_healed_{cut}": round(error, 3) for cut, error in healed.items()},
            "displaced_rows": best.rows,
            "displaced_cols": best.cols,
            "E_displaced": round(best.error, 3),
        }


def appraise(genome: Genome, first_seed: int = 0) -> Appraisal:
    """Let nine organisms live, without loss, and cut five of them.

    Args:
        genome: the rule.
        first_seed: the worlds have this seed and the eight that follow.
    """
    grown, held, healed = [], [], []
    for number in range(WORLDS + len(CUTS)):
        grid = world(genome, first_seed + number)
        grid.run(GROWN_ROUNDS)
        grown.append(Look.at(grid))
        if number < WORLDS:
            grid.run(HELD_ROUNDS - GROWN_ROUNDS)
            held.append(Look.at(grid))
        else:
            grid.wound(f"restart:{region(genome, CUTS[number - WORLDS])}")
            grid.run(HEALING_ROUNDS)
            healed.append(Look.at(grid))
    return Appraisal(genome.regime, tuple(grown), tuple(held), tuple(healed))


def region(genome: Genome, cut: str, margin: int = MARGIN) -> str:
    """What an organism loses in the world of ``room``."""
    if cut != "square":
        return f"half:{cut}"
    rows, cols = room(genome, margin).shape[-2:]
    side = max(2, max(genome.target.rgba.shape[:2]) // 2)
    height, width = min(side, rows), min(side, cols)
    return f"rect:{(rows - height) // 2},{(cols - width) // 2},{height},{width}"


def world(genome: Genome, seed: int) -> Grid:
    """A grid with a margin around the target, without loss and without a picture of each round."""
    return Grid(genome, config=RunConfig(room(genome), seed=seed), record=False)


def room(genome: Genome, margin: int = MARGIN) -> Topology:
    """The cells of such a grid, on the topology that the genome was trained for."""
    rows, cols = (side + 2 * margin for side in genome.target.rgba.shape[:2])
    layers = f"x{1 + 2 * margin}" if genome.topology == Cube6.kind else ""
    return topology_of(genome.topology, f"{cols}x{rows}{layers}")


def describe_error(error: float) -> str:
    """E in three or four digits: ``0.8``, ``11.8``, ``229``."""
    return f"{error:.1f}" if error < 100 else f"{error:,.0f}"


def describe_look(look: Look) -> str:
    """``0.8``; of an organism beside its place ``131 (1 row up: 7.5)``."""
    if not look.displaced:
        return describe_error(look.error)
    there = f"{describe_displacement(look.best.rows, look.best.cols)}: {describe_error(look.best.error)}"
    return f"{describe_error(look.error)} ({there})"
