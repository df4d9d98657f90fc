"""How well a rule does in the trainer's own synchronous world: a random half of the cells wake in a step.

A round is two steps: every cell has then updated once on average.
"""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from firmware.arithmetic import Rule
from firmware.picture import Picture
from trainer.pool import seed_grid
from trainer.recipe import rollout_steps
from trainer.rollout import Noise, Sheet, Weights, roll

HALVES = ("left", "right", "top", "bottom")
SCORED_ROUNDS = 100
"""An organism is looked at after so many rounds, and again so many later."""

_CHUNK_STEPS = 50


class _World:
    """Grids that begin with a seed and live by one rule."""

    def __init__(self, rule: Rule, target: Picture, batch: int, margin: int, seed: int) -> None:
        rows, cols = target.height + 2 * margin, target.width + 2 * margin
        self.target = target
        self.sheet = Sheet(batch, rows, cols)
        self.weights = Weights.of(rule)
        self.generator = torch.Generator().manual_seed(seed)
        start = seed_grid(rows, cols, target.seed_cell(rows, cols), torch.device("cpu"))
        self.flat = self.sheet.pack(start.expand(batch, -1, -1, -1))

    def live(self, rounds: int) -> None:
        for done in range(0, 2 * rounds, _CHUNK_STEPS):
            steps = min(_CHUNK_STEPS, 2 * rounds - done)
            fire = torch.rand(steps, self.sheet.cells, generator=self.generator) < 0.5
            self.flat = roll(self.flat, self.weights, Noise(fire, [0] * steps), self.sheet, quantised=True)

    def blank(self, where: Tensor) -> None:
        """Cells lose their state: bool[batch, rows, cols]."""
        self.flat = self.sheet.pack(self.sheet.unpack(self.flat) * ~where[..., None])

    def errors(self) -> NDArray[np.float64]:
        """The error E of each grid of a batch."""
        pictures = self.sheet.unpack(self.flat)[..., :4].numpy().astype(np.int8)
        return np.array([self.target.error(picture) for picture in pictures])


@torch.no_grad()
def errors(rule: Rule, target: Picture, rounds: tuple[int, ...], margin: int, seed: int) -> list[float]:
    """E of the int8 rule after each number of rounds, from one seed.

    Args:
        rule: the quantised weights.
        target: what it should grow.
        rounds: ascending.
        margin: blank cells around the target.
        seed: of the random updates.
    """
    world = _World(rule, target, 1, margin, seed)
    result, before = [], 0
    for end in rounds:
        world.live(end - before)
        result += world.errors().tolist()
        before = end
    return result


@torch.no_grad()
def score(rule: Rule, target: Picture, regime: str, margin: int, seed: int) -> float:
    """Mean E of four organisms, as far as their regime asks: grown, and later held or healed; less is better.

    ``growing`` looks once, at the end of a rollout. The others look after ``SCORED_ROUNDS`` and again
    as many rounds later; ``regenerating`` takes another half from each organism in between.
    """
    world = _World(rule, target, len(HALVES), margin, seed)
    if regime == "growing":
        world.live(rollout_steps(target.reach)[1] // 2)
        return float(world.errors().mean())
    world.live(SCORED_ROUNDS)
    grown = world.errors()
    if regime == "regenerating":
        world.blank(_halves(world.sheet.rows, world.sheet.cols))
    world.live(SCORED_ROUNDS)
    return float(np.concatenate([grown, world.errors()]).mean())


def _halves(rows: int, cols: int) -> Tensor:
    """The four halves of a grid, in the order of ``HALVES``: bool[4, rows, cols]."""
    down = torch.arange(rows)[:, None].expand(rows, cols) < rows // 2
    right = torch.arange(cols)[None, :].expand(rows, cols) < cols // 2
    return torch.stack([right, ~right, down, ~down])
