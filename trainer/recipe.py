"""How a rule is trained: the options, and the schedule that follows from them.

What each choice is worth was measured; docs/training.md has the figures.
"""

import math
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np

from firmware.budget import HIDDEN_MAX
from firmware.errors import InputError
from firmware.genome import REGIMES
from trainer.optimiser import OPTIMISERS

WARM_UP_STEPS: Final = 50

LEAST_RATE: Final = 0.02
"""Of the learning rate at the end of its cosine."""

DAMAGE_FROM: Final = 0.1
"""Share of the training after which samples are wounded: first it has to grow at all."""

INT8_FROM, INT8_TO = 0.2, 0.6
"""Between these shares of the training more and more samples round as the firmware does; then all do."""

STARTED_AT, STARTED_RATE = INT8_TO, 0.5
"""A rule that is trained already goes on as if so much of the training were done, at a part of the rate."""

BATCHES: Final = ((0.0, 2), (0.45, 4), (0.75, 8))
"""Samples in a step, from a share of the training on: first many steps, then gradients with less noise."""

FIRES: Final = {2: 0.3, 3: 0.5, 4: 0.2}
"""Halvings of the share of cells that wake in a step, and how often: rules that learn at 1/2 lean on it."""

WOUNDS: Final = {"scatter": 0.1, "disc": 0.25, "half_plane": 0.25, "side": 0.2, "square": 0.2}
"""How often each kind of wound comes."""

ACCUMULATOR_PENALTY: Final = 1.0
"""Gradient of an accumulator's excess, in units of the colour's error: what wraps makes rules explode."""

OVERFLOW_FROM: Final = 1.8
"""State beyond +-1.8 costs extra: int8 ends at +-2, and a saturated channel forgets."""

AVERAGE_STEPS: Final = 100
"""The running mean of the parameters goes over about so many steps."""

STEPS_MAX: Final = 10_000_000
PROLONGED_MAX: Final = 128
"""So often a training may get another end: all of them are a fact of its genome."""

POOL_MAX, MARGIN_MAX = 256, 8
"""What fits into the memory of a usual machine, with the largest target."""


class Lengths(NamedTuple):
    """Shortest and longest rollout of a sample, in steps in which half of the cells wake."""

    shortest: int
    longest: int


@dataclass(frozen=True)
class Recipe:
    """Options of a training run.

    Attributes:
        regime: ``growing`` starts every sample from the seed, ``persistent`` keeps a sample pool,
            ``regenerating`` also wounds samples of the pool (paper, experiments 1 to 3).
        hidden: hidden units, 1..128.
        steps: optimiser steps; None when ``minutes`` is given.
        minutes: wall time to train for; the schedule then follows the clock.
        seed: of all random draws.
        optimiser: ``soap``, ``muon`` or ``adam``.
        rate: its learning rate.
        lost: sixteenths of the messages that are lost in training, at most.
        pool: samples in the pool, at most 256.
        margin: blank cells around the target on each side, at most 8.
        start_crc32: of the genome that it goes on from, in hex; empty for a rule that knows nothing.
    """

    regime: str = "regenerating"
    hidden: int = HIDDEN_MAX
    steps: int | None = 4000
    minutes: float | None = None
    seed: int = 0
    optimiser: str = "soap"
    rate: float = 4e-3
    lost: int = 8
    pool: int = 256
    margin: int = 8
    start_crc32: str = ""

    def __post_init__(self) -> None:
        for name, value, known in (
            ("regime", self.regime, REGIMES),
            ("optimiser", self.optimiser, tuple(OPTIMISERS)),
        ):
            if value not in known:
                raise InputError(name, value, f"it must be one of {', '.join(known)}", "choose one of these")
        if (self.steps is None) == (self.minutes is None):
            raise InputError("steps and minutes", "both or neither", "exactly one must be given", "drop one")
        limits: tuple[tuple[str, Any, float, float, str], ...] = (
            ("hidden", self.hidden, 1, HIDDEN_MAX, "96 to 128 works best"),
            ("steps", self.steps, 1, STEPS_MAX, "3,000 are usual for 16 px"),
            ("seed", self.seed, 0, 2**63 - 1, "choose another"),
            ("rate", self.rate, 1e-6, 1, "0.004 is usual"),
            ("lost", self.lost, 0, 15, "leave it out"),
            ("pool", self.pool, 8, POOL_MAX, "leave it out"),
            ("margin", self.margin, 0, MARGIN_MAX, "leave it out"),
        )
        for name, value, least, most, fix in limits:
            if value is not None and not least <= value <= most:
                raise InputError(name, value, f"it must be {least} to {most}", fix)
        if self.minutes is not None and not 0 < self.minutes <= 60 * 24 * 30:
            raise InputError("minutes", self.minutes, "it must be above 0, at most 30 days", "10 is usual")

    def stage(self, progress: float) -> float:
        """Where in the course of a whole training it stands: a rule that is trained already begins late."""
        return STARTED_AT + (1 - STARTED_AT) * progress if self.start_crc32 else progress

    def batch(self, progress: float) -> int:
        """Samples in a step, at a progress of 0..1."""
        progress = self.stage(progress)
        return next(size for share, size in reversed(BATCHES) if progress >= share)

    def quantised_share(self, progress: float) -> float:
        """Of samples that round as the firmware does."""
        return float(np.clip((self.stage(progress) - INT8_FROM) / (INT8_TO - INT8_FROM), 0, 1))

    def lost_most(self, progress: float) -> int:
        """The most sixteenths of the messages that a sample loses: first it has to learn to hear."""
        return round(self.lost * self.quantised_share(progress))

    def damages(self, progress: float) -> bool:
        """Whether samples are wounded while they are trained."""
        return self.regime == "regenerating" and self.stage(progress) >= DAMAGE_FROM

    def learning_rate(self, step: int, progress: float) -> float:
        """One cosine over all of the training, after a short warm-up."""
        cosine = 0.5 * (1 + math.cos(math.pi * min(1.0, progress)))
        rate = self.rate * (STARTED_RATE if self.start_crc32 else 1)
        return rate * min(1.0, (step + 1) / WARM_UP_STEPS) * (LEAST_RATE + (1 - LEAST_RATE) * cosine)


def usual_steps(reach: int) -> int:
    """How many optimiser steps a target of this reach needs to become an organism that heals."""
    return 100 * max(1, int(1.3 * float(reach) ** 1.5 + 0.5))


def lengths(role: str, reach: int) -> Lengths:
    """How long a sample is rolled out.

    Args:
        role: ``seed``, which has to grow; ``wounded``, which has to heal; ``held``, which only goes on.
        reach: cells from the seed to the farthest of the target.
    """
    shortest, longest = {"seed": (3.5, 5.25), "wounded": (2.4, 4.8), "held": (0.8, 3.2)}[role]
    return Lengths(max(8, round(shortest * max(9, reach))), max(16, round(longest * max(9, reach))))
