"""How a rule is trained: the options, and the schedule that follows from them."""

from dataclasses import dataclass

from firmware.budget import HIDDEN_MAX
from firmware.errors import InputError
from firmware.genome import REGIMES

WARM_UP_STEPS = 50
FLOAT_SHARE = 0.8
"""Share of the training done in float; the rest is quantisation-aware."""

FLOAT_RATE = 4e-3
QUANTISED_RATE = 1e-3

OVERFLOW_FROM = 1.8
"""State beyond +-1.8 costs extra: int8 ends at +-2, and a saturated channel forgets."""

STARTED_RATE = 0.3
"""A rule that is trained already is not shaken: its first rate is that of the second stage."""

DAMAGE_FROM = 0.1
"""Share of the training after which samples are wounded: first it has to grow at all."""

STEPS_MAX = 10_000_000

PROLONGED_MAX = 128
"""So often a training may get another end: all of them are a fact of its genome."""

BATCH_MAX, POOL_MAX, MARGIN_MAX = 16, 256, 8
"""What fits into the memory of a usual machine, with the largest target."""


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
        stale_steps: neighbours are seen a uniform 0..stale_steps steps old.
        batch: samples per step, at most 16.
        pool: samples in the pool, at most 256.
        margin: blank cells around the target on each side, at most 8.
        start_crc32: of the genome that it goes on from, in hex; empty for a rule that knows nothing.
    """

    regime: str = "regenerating"
    hidden: int = HIDDEN_MAX
    steps: int | None = 4000
    minutes: float | None = None
    seed: int = 0
    stale_steps: int = 0
    batch: int = 4
    pool: int = 256
    margin: int = 4
    start_crc32: str = ""

    def __post_init__(self) -> None:
        if self.regime not in REGIMES:
            raise InputError(
                "regime", self.regime, f"it must be one of {', '.join(REGIMES)}", "choose one of these"
            )
        if not 1 <= self.hidden <= HIDDEN_MAX:
            raise InputError(
                "hidden", self.hidden, f"a cell's ROM holds 1 to {HIDDEN_MAX}", "96 to 128 works best"
            )
        if (self.steps is None) == (self.minutes is None):
            raise InputError("steps and minutes", "both or neither", "exactly one must be given", "drop one")
        if self.steps is not None and not 1 <= self.steps <= STEPS_MAX:
            raise InputError("steps", self.steps, f"it must be 1 to {STEPS_MAX}", "4000 is usual")
        if self.minutes is not None and not 0 < self.minutes <= 60 * 24 * 30:
            raise InputError("minutes", self.minutes, "it must be above 0, at most 30 days", "10 is usual")
        if not 0 <= self.seed < 2**63:
            raise InputError("seed", self.seed, "it must be 0 to 2**63 - 1", "choose another")
        for name, value, least, most in (
            ("pool", self.pool, 1, POOL_MAX),
            ("batch", self.batch, 1, min(self.pool, BATCH_MAX)),
            ("margin", self.margin, 0, MARGIN_MAX),
        ):
            if not least <= value <= most:
                raise InputError(name, value, f"it must be {least} to {most}", "leave it out")
        if not 0 <= self.stale_steps <= 16:
            raise InputError("stale_steps", self.stale_steps, "it must be 0 to 16", "2 to 6 is usual")

    def quantised(self, progress: float) -> bool:
        """Whether the forward pass rounds, at a progress of 0..1."""
        return progress >= FLOAT_SHARE

    def damages(self, progress: float) -> bool:
        """Whether samples are wounded while they are trained."""
        return self.regime == "regenerating" and progress >= DAMAGE_FROM

    def rate(self, step: int, progress: float) -> float:
        """Adam's learning rate: in each phase 1, then .3 from the half, then .1 from four fifths."""
        first = 1.0
        if self.quantised(progress):
            base, phase = QUANTISED_RATE, (progress - FLOAT_SHARE) / (1 - FLOAT_SHARE)
        else:
            base, phase = FLOAT_RATE * min(1.0, (step + 1) / WARM_UP_STEPS), progress / FLOAT_SHARE
            first = STARTED_RATE if self.start_crc32 else 1.0
        return base * (first if phase < 0.5 else 0.3 if phase < 0.8 else 0.1)


def rollout_steps(reach: int) -> tuple[int, int]:
    """Shortest and longest rollout, long enough to grow ``reach`` cells from the seed and to hold."""
    shortest = max(32, round(3.5 * reach))
    return shortest, round(1.5 * shortest)
