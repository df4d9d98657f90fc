"""When a wound has healed: a stated predicate over the error curve, and how long that took.

The legitimate states of self-stabilisation (Dijkstra 1974) are here those whose pattern error has
lost at least ``gone_fraction`` of what the wound added. A wound has *recovered* at the first sample
after the end of the fault from which the error stays there for ``dwell_rounds``. If that does not
happen before the next wound or the end of the run, the time is right-censored: "not recovered by
the horizon" is a result, not a missing value.
"""

from dataclasses import asdict, dataclass
from enum import StrEnum
from itertools import zip_longest
from typing import Any, Final


class Outcome(StrEnum):
    """What became of a wound."""

    RECOVERED = "recovered"
    NOT_RECOVERED = "not_recovered"
    """Right-censored: not recovered by the horizon."""

    UNHARMED = "unharmed"
    """The fault did not raise the error, so there is nothing to recover from."""

    EXTINCT = "extinct"
    """Not recovered, and at the horizon no cell was mature: a competing outcome, not censoring."""

    EXPLODED = "exploded"
    """Not recovered, and at the horizon more cells were mature than twice the pattern's: likewise."""


EXPLODED_TIMES: Final = 2
"""An organism of more mature cells than this many times the pattern's has exploded."""

WHOLE_RUN: Final = "whole run"
"""Name of all faults together."""


@dataclass(frozen=True)
class Sample:
    """The grid at a round boundary.

    Attributes:
        time_us: when.
        error: E of the whole grid.
        updates: cell updates since the start of the run.
        async_rounds: asynchronous rounds since the start of the run.
        mature: number of mature cells.
    """

    time_us: int
    error: float
    updates: int
    async_rounds: int
    mature: int


@dataclass(frozen=True)
class Wound:
    """What a fault did.

    Attributes:
        name: the fault's text.
        start_us: when it began.
        end: the grid just after it ended; None while it lasts.
        error_before: E just before it began.
        error_after: the largest E just after it began and just after it ended.
        destroys: whether it took state from cells, so that it is judged by itself.
    """

    name: str
    start_us: int
    end: Sample | None
    error_before: float
    error_after: float
    destroys: bool = True


@dataclass(frozen=True)
class Recovery:
    """The result for one wound, or for all faults of a run together.

    Times count from the end of the fault and are None unless recovered: ``time_ms`` of simulated
    time, ``rounds`` in mean intervals, ``async_rounds`` in which every running cell has updated at
    least once, and ``updates`` of cells. ``observed_rounds`` is how long the wound was watched,
    which is where the time is censored if it has not recovered. ``end_rounds`` is when the fault
    ended, None if it had not by the horizon; a kill for ever ends when it strikes.
    """

    wound: str
    outcome: Outcome
    error_before: float
    error_after: float
    error_limit: float
    end_rounds: float | None
    time_ms: float | None
    rounds: float | None
    async_rounds: int | None
    updates: int | None
    observed_rounds: float

    @property
    def recovered(self) -> bool:
        """Whether the outcome is ``recovered``."""
        return self.outcome is Outcome.RECOVERED

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {**asdict(self), "outcome": str(self.outcome), "recovered": self.recovered}


@dataclass(frozen=True)
class Predicate:
    """What counts as recovered.

    Attributes:
        gone_fraction: share of the wound's error that must be gone, above 0 and at most 1.
        dwell_rounds: for how many rounds it must stay gone.
    """

    gone_fraction: float = 0.95
    dwell_rounds: int = 25


def judge(
    wounds: list[Wound],
    samples: list[Sample],
    predicate: Predicate,
    mean_interval_us: int,
    pattern_cells: int,
) -> list[Recovery]:
    """The result of every fault that destroyed state.

    Args:
        wounds: by start.
        samples: by time, one a round.
        predicate: what counts as recovered.
        mean_interval_us: length of a round.
        pattern_cells: number of mature cells of the perfect pattern.
    """
    wounds = [wound for wound in wounds if wound.destroys]
    next_starts_us = [wound.start_us for wound in wounds[1:]]
    return [
        _judge_one(
            wound,
            [s for s in samples if next_us is None or s.time_us < next_us],
            predicate,
            mean_interval_us,
            pattern_cells,
        )
        for wound, next_us in zip_longest(wounds, next_starts_us)
    ]


def judge_run(
    wounds: list[Wound],
    samples: list[Sample],
    predicate: Predicate,
    mean_interval_us: int,
    pattern_cells: int,
) -> Recovery | None:
    """The result of all faults together; None without faults.

    ``before`` is the largest E in the dwell time before the first of them, for an organism is never quite
    at rest, and what it does unharmed is no wound. ``after`` is the largest E from then until the last of
    them is over, and recovery counts from there. Arguments as for ``judge``.
    """
    if not wounds:
        return None
    first = min(wounds, key=lambda wound: wound.start_us)
    ends = [wound.end for wound in wounds if wound.end is not None]
    end = max(ends, key=lambda sample: sample.time_us) if len(ends) == len(wounds) else None
    during = [
        s.error for s in samples if s.time_us >= first.start_us and (not end or s.time_us <= end.time_us)
    ]
    after = max([*during, *(wound.error_after for wound in wounds)])
    rest_us = first.start_us - predicate.dwell_rounds * mean_interval_us
    before = max([first.error_before, *(s.error for s in samples if rest_us <= s.time_us < first.start_us)])
    whole = Wound(WHOLE_RUN, first.start_us, end, before, after)
    return _judge_one(whole, samples, predicate, mean_interval_us, pattern_cells)


def _judge_one(
    wound: Wound,
    samples: list[Sample],
    predicate: Predicate,
    mean_interval_us: int,
    pattern_cells: int,
) -> Recovery:
    added = wound.error_after - wound.error_before
    limit = wound.error_before + (1 - predicate.gone_fraction) * added
    end = wound.end
    watched = [s for s in samples if end is not None and s.time_us > end.time_us]
    first = _first_to_stay(watched, limit, predicate.dwell_rounds) if added > 0 else None
    outcome = (
        Outcome.RECOVERED if first else _failure(samples, pattern_cells) if added > 0 else Outcome.UNHARMED
    )
    observed_us = watched[-1].time_us - end.time_us if watched and end else 0
    return Recovery(
        wound=wound.name,
        outcome=outcome,
        error_before=wound.error_before,
        error_after=wound.error_after,
        error_limit=limit,
        end_rounds=end.time_us / mean_interval_us if end else None,
        time_ms=(first.time_us - end.time_us) / 1000 if first and end else None,
        rounds=(first.time_us - end.time_us) / mean_interval_us if first and end else None,
        async_rounds=first.async_rounds - end.async_rounds if first and end else None,
        updates=first.updates - end.updates if first and end else None,
        observed_rounds=observed_us / mean_interval_us,
    )


def _failure(samples: list[Sample], pattern_cells: int) -> Outcome:
    """How an organism that has not recovered looks at the end."""
    mature = samples[-1].mature if samples else pattern_cells
    if mature == 0:
        return Outcome.EXTINCT
    return Outcome.EXPLODED if mature > EXPLODED_TIMES * pattern_cells else Outcome.NOT_RECOVERED


def _first_to_stay(samples: list[Sample], limit: float, dwell_rounds: int) -> Sample | None:
    """The first sample from which the error stays within the limit for the dwell time."""
    run = 0
    for index, sample in enumerate(samples):
        run = run + 1 if sample.error <= limit else 0
        if run == dwell_rounds + 1:
            return samples[index - dwell_rounds]
    return None
