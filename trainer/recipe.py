"""How a rule is trained: what is chosen for one training, and the schedule that follows from it.

The usual values, and what they mean, are in ``recipe.toml``.
"""

import math
import re
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from importlib.resources import files
from typing import Any, Final, NamedTuple, TypeVar

from firmware.budget import HIDDEN_MAX
from firmware.errors import InputError
from firmware.genome import REGIMES
from firmware.limits import Limits
from trainer.damage import FAULTY_KINDS, KINDS
from trainer.optimiser import OPTIMISERS

STARTED_RATE: Final = 0.5
"""Part of the learning rate of a rule that is trained already; it stands where all is as it will be."""

FAR_REACH: Final = 20
"""Of a target of 40 px that grows from its middle. The longer the rollouts, the wilder their gradients: by
the rate that is usual here a butterfly, a fish and an eye of 64 px explode in training."""

BATCHES_MAX: Final = 16
STEPS_MAX: Final = 10_000_000
PROLONGED_MAX: Final = 128
"""So often a training may get another end: all of them are a fact of its genome."""

POOL_MAX, MARGIN_MAX, BATCH_MAX, LENGTH_MAX = 256, 8, 16, 8.0
"""What fits into the memory of a usual machine, with a target of 64 px."""

USUAL: Final[dict[str, Any]] = tomllib.loads(files("trainer").joinpath("recipe.toml").read_text("utf-8"))

Key = TypeVar("Key")

ROLES: Final = ("seed", "wounded", "held")
"""A sample has to grow, has to heal, or only goes on."""

WAKES: Final = {str(1 << halvings): halvings for halvings in range(1, 5)}
"""Of so many cells one wakes in a step: how often the share is halved."""

SHARE, WEIGHT = Limits(0, 1), Limits(1e-6, 1_000_000)

_NUMBERS: Final = {
    "hidden": Limits(1, HIDDEN_MAX, whole=True),
    "seed": Limits(0, 2**63 - 1, whole=True),
    "rate": Limits(1e-6, 1),
    "least_rate": SHARE,
    "warm_up_steps": Limits(1, STEPS_MAX, whole=True),
    "average_steps": Limits(1, STEPS_MAX, whole=True),
    "pool": Limits(8, POOL_MAX, whole=True),
    "margin": Limits(0, MARGIN_MAX, whole=True),
    "wounded_from": SHARE,
    "lost": Limits(0, 15, whole=True),
    "hope": Limits(1e-6, 1000),
    "last_hope": Limits(1e-6, 1000),
    "unhealed": Limits(0, 1000),
    "remembered": Limits(0, 1000),
    "hopeless": Limits(0, 1000),
    "evenness": Limits(1e-6, 1_000_000),
    "exploded": Limits(0, 1000, above=True),
    "accumulator_penalty": Limits(0, 1000),
    "overflow_from": Limits(0, 2),
}
_SHARES: Final = {"fires": tuple(WAKES), "wounds": tuple(KINDS)}


class Lengths(NamedTuple):
    """Shortest and longest rollout of a sample, in steps in which half of the cells wake."""

    shortest: int
    longest: int


@dataclass(frozen=True)
class Recipe:
    """Options of a training, and the data that its schedule follows.

    Attributes:
        regime: ``growing`` starts every sample from the seed, ``persistent`` keeps a sample pool,
            ``regenerating`` also wounds samples of the pool (paper, experiments 1 to 3).
        hidden: hidden units, 1..128.
        steps: optimiser steps; None when ``minutes`` is given.
        minutes: wall time to train for; the schedule then follows the clock.
        seed: of all random draws.
        start_crc32: of the genome that it goes on from, in hex; empty for a rule that knows nothing.

    All other attributes are explained in ``recipe.toml``, from which they have their defaults.
    """

    regime: str = "regenerating"
    hidden: int = HIDDEN_MAX
    steps: int | None = 4000
    minutes: float | None = None
    seed: int = 0
    start_crc32: str = ""
    optimiser: str = USUAL["optimiser"]
    rate: float = USUAL["rate"]
    least_rate: float = USUAL["least_rate"]
    warm_up_steps: int = USUAL["warm_up_steps"]
    average_steps: int = USUAL["average_steps"]
    pool: int = USUAL["pool"]
    margin: int = USUAL["margin"]
    batches: list[list[float]] = field(default_factory=USUAL["batches"].copy)
    gradual: list[float] = field(default_factory=USUAL["gradual"].copy)
    wounded_from: float = USUAL["wounded_from"]
    lost: int = USUAL["lost"]
    hope: float = USUAL["hope"]
    last_hope: float = USUAL["last_hope"]
    hope_falls: list[float] = field(default_factory=USUAL["hope_falls"].copy)
    unhealed: float = USUAL["unhealed"]
    remembered: float = USUAL["remembered"]
    hopeless: float = USUAL["hopeless"]
    evenness: float = USUAL["evenness"]
    exploded: float = USUAL["exploded"]
    accumulator_penalty: float = USUAL["accumulator_penalty"]
    overflow_from: float = USUAL["overflow_from"]
    fires: dict[str, float] = field(default_factory=USUAL["fires"].copy)
    wounds: dict[str, float] = field(default_factory=USUAL["wounds"].copy)
    lengths: dict[str, list[float]] = field(default_factory=USUAL["lengths"].copy)

    def __post_init__(self) -> None:
        for name, value, known in (
            ("regime", self.regime, REGIMES),
            ("optimiser", self.optimiser, tuple(OPTIMISERS)),
        ):
            if value not in known:
                raise InputError(name, value, f"it must be one of {', '.join(known)}", "choose one of these")
        if (self.steps is None) == (self.minutes is None):
            raise InputError("steps and minutes", "both or neither", "exactly one must be given", "drop one")
        if type(self.start_crc32) is not str or not re.fullmatch("([0-9a-f]{8})?", self.start_crc32):
            raise InputError("start_crc32", self.start_crc32, "it is none", "leave it out")
        if self.steps is not None:
            _check("steps", self.steps, Limits(1, STEPS_MAX, whole=True))
        if self.minutes is not None:
            _check("minutes", self.minutes, Limits(0, 60 * 24 * 30, above=True))
        for name, limits in _NUMBERS.items():
            _check(name, getattr(self, name), limits)
        for name, known in _SHARES.items():
            _check_shares(name, getattr(self, name), known)
        _check_pair("gradual", self.gradual, SHARE)
        _check_pair("hope_falls", self.hope_falls, SHARE)
        _check_lengths(self.lengths)
        _check_batches(self.batches)
        largest = max(int(size) for _, size in self.batches)
        if largest > self.pool:
            raise InputError("batches", largest, f"the pool has {self.pool} samples", "give a larger pool")
        if not any(self.wounds.get(kind) for kind in KINDS if kind not in FAULTY_KINDS):
            raise InputError("wounds", self.wounds, "cells must restart in some", "e.g. disc = 1")

    @property
    def unusual(self) -> dict[str, Any]:
        """Data that differ from what ``recipe.toml`` has."""
        return {name: value for name, value in asdict(self).items() if value != USUAL.get(name, value)}

    def stage(self, progress: float) -> float:
        """Where in a whole training it stands: a rule that is trained already begins where nothing is new."""
        settled = self.gradual[1]
        return settled + (1 - settled) * progress if self.start_crc32 else progress

    def batch(self, progress: float) -> int:
        """Samples in a step, at a progress of 0..1."""
        stage = self.stage(progress)
        return next(int(size) for share, size in reversed(self.batches) if stage >= share)

    def quantised_share(self, progress: float) -> float:
        """Of samples that round as the firmware does."""
        return _risen(self.gradual, self.stage(progress))

    def hope_at(self, progress: float) -> float:
        """Share of a blank grid's error that teaches half as much as it would: it falls in equal ratios."""
        fallen = _risen(self.hope_falls, self.stage(progress))
        ratio: float = (self.last_hope / self.hope) ** fallen
        return self.hope * ratio

    def lost_most(self, progress: float) -> int:
        """The most sixteenths of the messages that a sample loses: first it has to learn to hear."""
        return round(self.lost * self.quantised_share(progress))

    def damages(self, progress: float) -> bool:
        """Whether samples are wounded while they are trained."""
        return self.regime == "regenerating" and self.stage(progress) >= self.wounded_from

    def damage(self, progress: float) -> dict[str, float]:
        """How often each kind of wound comes, all together 1; what is faulty comes in gradually."""
        faulty = self.quantised_share(progress)
        weights = {kind: self.wounds.get(kind, 0) for kind in KINDS}
        return shares({kind: w * faulty if kind in FAULTY_KINDS else w for kind, w in weights.items()})

    def halvings(self) -> dict[int, float]:
        """How often the share of cells that wake in a step is halved so many times; all together 1."""
        return shares({halvings: self.fires.get(cells, 0) for cells, halvings in WAKES.items()})

    def learning_rate(self, step: int, progress: float) -> float:
        """One cosine over all of the training, after a short warm-up."""
        cosine = 0.5 * (1 + math.cos(math.pi * min(1.0, progress)))
        rate = self.rate * (STARTED_RATE if self.start_crc32 else 1)
        warm = min(1.0, (step + 1) / self.warm_up_steps)
        return rate * warm * (self.least_rate + (1 - self.least_rate) * cosine)

    def rollout(self, role: str, reach: int) -> Lengths:
        """How long a sample of one of ``ROLES`` is rolled out.

        Args:
            role: what is asked of it.
            reach: cells from the seed to the farthest of the target.
        """
        shortest, longest = (round(length * max(9, reach)) for length in self.lengths[role])
        return Lengths(max(8, shortest), max(16, longest))


def usual_steps(reach: int) -> int:
    """How many optimiser steps a target of this reach needs to become an organism that heals."""
    return 100 * max(1, int(2 * float(reach) ** 1.5 + 0.5))


def usual_rate(reach: int) -> float:
    """The learning rate for a target of this reach: beyond ``FAR_REACH`` it falls as the usual steps rise."""
    rate: float = USUAL["rate"] / max(1.0, reach / FAR_REACH) ** 1.5
    return round(rate, 4)


def shares(weights: Mapping[Key, float]) -> dict[Key, float]:
    """The same in proportion, all together 1."""
    total = math.fsum(weights.values())
    return {name: weight / total for name, weight in weights.items()}


def _risen(between: list[float], stage: float) -> float:
    """What is 0 up to the first of two stages and 1 from the second on."""
    begin, end = between
    return min(1.0, max(0.0, (stage - begin) / (end - begin))) if end > begin else float(stage >= end)


def _check(name: str, value: object, limits: Limits) -> None:
    wanted = (int,) if limits.whole else (int, float)
    if type(value) not in wanted or value not in limits:  # type: ignore[operator]
        raise InputError(name, value, f"it must be {limits}", "leave it out for what is usual")


def _check_pair(name: str, value: object, limits: Limits) -> None:
    if type(value) is not list or len(value) != 2:
        raise InputError(name, value, "there must be two numbers", "e.g. [0.2, 0.6]")
    for number in value:
        _check(name, number, limits)
    if value[0] > value[1]:
        raise InputError(name, value, "the second is less than the first", "exchange them")


def _check_shares(name: str, value: object, known: tuple[str, ...]) -> None:
    if type(value) is not dict or not value:
        raise InputError(name, value, "there must be a share for each kind", f"known are: {', '.join(known)}")
    for kind, share in value.items():
        if kind not in known:
            raise InputError(name, kind, "there is no such kind", f"known are: {', '.join(known)}")
        if type(share) not in (int, float) or (share != 0 and share not in WEIGHT):
            fix = "a kind with 0 never comes"
            raise InputError(f"{name}.{kind}", share, f"it must be 0, or {WEIGHT}", fix)
    if not sum(value.values()):
        raise InputError(name, value, "all shares are 0", "give one that is not")


def _check_lengths(value: object) -> None:
    if type(value) is not dict or value.keys() != set(ROLES):
        raise InputError("lengths", value, f"there must be {', '.join(ROLES)}", "see recipe.toml")
    for role, pair in value.items():
        _check_pair(f"lengths.{role}", pair, Limits(0, LENGTH_MAX, above=True))


def _check_batches(value: object) -> None:
    if type(value) is not list or any(type(one) is not list or len(one) != 2 for one in value):
        raise InputError("batches", value, "there must be pairs of a share and a size", "e.g. [[0.0, 8]]")
    if not 1 <= len(value) <= BATCHES_MAX:
        raise InputError("batches", value, f"there must be 1 to {BATCHES_MAX} pairs", "e.g. [[0.0, 8]]")
    for share, size in value:
        _check("batches", share, SHARE)
        _check("batches", size, Limits(2, BATCH_MAX, whole=True))
    begins = [share for share, _ in value]
    if begins[0] != 0 or begins != sorted(set(begins)):
        raise InputError("batches", value, "shares must rise from 0", "e.g. [[0.0, 2], [0.5, 8]]")


KEYS: Final = tuple(one.name for one in fields(Recipe))
"""All that a checkpoint has of a recipe."""
