"""How well a rule does in the trainer's own world: in a step a sixteenth of the cells wakes.

A round is sixteen steps: every cell has then updated once on average.
"""

import math
from statistics import fmean
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from firmware.arithmetic import Rule
from firmware.budget import VISIBLE
from firmware.picture import Picture
from trainer.backend import Backend, World
from trainer.pool import seed_grid
from trainer.rule import Float32, Weights
from trainer.wakes import draw_fire, draw_lost

HALVINGS: Final = 4
ROUND_STEPS: Final = 1 << HALVINGS
LOST: Final = 1
"""Sixteenths of the messages."""

CUTS: Final = ("left", "right", "top", "bottom", "square")
GROWN_ROUNDS: Final = 100
"""Rounds after which a rule of a small target has grown; larger ones have more (``grown_rounds``)."""

CLEAN: Final = 3.0
"""E at or below which an organism is whole."""

_CHUNK_ROUNDS: Final = 4

SCORE_DIGITS: Final = 12
"""Of a score: a logarithm's last bit depends on the machine's C library."""


class Judgement(NamedTuple):
    """What became of the organisms of a rule.

    Attributes:
        grown: E of each when it has grown.
        healed: E of each after it was cut, or has held; none of a rule that is only to grow.
        pictures: of each in the end, int8[n, rows, cols, 4], premultiplied, 64 = 1.0.
    """

    grown: list[float]
    healed: list[float]
    pictures: NDArray[np.int8]

    @property
    def whole(self) -> int:
        """Organisms that are whole after what was asked of them."""
        return sum(error <= CLEAN for error in self.healed or self.grown)

    @property
    def share(self) -> float:
        """Of organisms that are whole after what was asked of them."""
        return self.whole / len(self.healed or self.grown)

    @property
    def score(self) -> float:
        """Less is better: first the share that is whole, then how near the pictures are."""
        far = [math.log1p(min(error, 1e6)) for error in self.grown + self.healed]
        return round(1 - self.share + fmean(far) / 100, SCORE_DIGITS)


class Judge:
    """Worlds in which all rules of a training are judged alike.

    Args:
        backend: for grids of this size.
        target: what should grow.
        margin: blank cells around it.
        seed: of what happens there.
    """

    def __init__(self, backend: Backend, target: Picture, margin: int, seed: int) -> None:
        self._backend, self._target, self._seed = backend, target, seed
        self._rows, self._cols = target.height + 2 * margin, target.width + 2 * margin
        self._start = seed_grid(self._rows, self._cols, target.seed_cell(self._rows, self._cols))

    @property
    def grown_rounds(self) -> int:
        """Until an organism must have grown, and as many more until a wound must have healed."""
        return max(GROWN_ROUNDS, 6 * self._target.reach)

    def judge(self, weights: Weights, regime: str) -> Judgement:
        """Grow organisms, and take another part from each if the regime asks for it."""
        draws = np.random.default_rng((self._seed, 1))
        world = self._backend.world(weights, np.repeat(self._start[None], len(CUTS), 0))
        self._live(world, self.grown_rounds, draws)
        grown = self.errors(world.states)
        if regime == "growing":
            return Judgement(grown, [], _visible(world.states))
        if regime == "regenerating":
            world.restart(cuts(self._rows, self._cols, self._target))
        self._live(world, self.grown_rounds, draws)
        return Judgement(grown, self.errors(world.states), _visible(world.states))

    def errors_after(self, rule: Rule, rounds: tuple[int, ...]) -> list[float]:
        """E of one organism after each number of rounds, which ascend."""
        draws = np.random.default_rng((self._seed, 2))
        world = self._backend.world(Weights.of(rule), self._start[None])
        found, before = [], 0
        for end in rounds:
            self._live(world, end - before, draws)
            found += self.errors(world.states)
            before = end
        return found

    def errors(self, states: Float32) -> list[float]:
        """The pattern error E of each grid."""
        return [self._target.error(picture) for picture in _visible(states)]

    def _live(self, world: World, rounds: int, draws: np.random.Generator) -> None:
        count = len(world.states)
        for done in range(0, rounds, _CHUNK_ROUNDS):
            steps = ROUND_STEPS * min(_CHUNK_ROUNDS, rounds - done)
            size = self._rows, self._cols
            fire = draw_fire(draws, steps * count, HALVINGS, *size)
            lost = draw_lost(draws, steps * count, LOST, *size)
            assert lost is not None
            world.live(fire.reshape(steps, count, -1), lost.reshape(steps, count, *lost.shape[1:]))


def _visible(states: Float32) -> NDArray[np.int8]:
    return states[..., :VISIBLE].astype(np.int8)


def cuts(rows: int, cols: int, target: Picture) -> NDArray[np.bool_]:
    """The five cuts in the order of ``CUTS``: four halves, and a square of half the target: bool[5, ...]."""
    row, col = np.indices((rows, cols))
    half = max(target.height, target.width) // 4
    middle = (abs(row - rows / 2 + 0.5) < half) & (abs(col - cols / 2 + 0.5) < half)
    return np.stack([col < cols // 2, col >= cols // 2, row < rows // 2, row >= rows // 2, middle])
