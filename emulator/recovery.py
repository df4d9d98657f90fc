"""When a wound has healed: stated predicates over the error curve, and how long that took.

The legitimate states of self-stabilisation (Dijkstra 1974) are here those whose pattern error E is small,
by three yardsticks side by side: *clean* (E at most 3), *recognisable* (E at most 10), and *relative*: at
least ``gone_fraction`` of what the wound added is gone. A wound has *recovered* at the first sample after
the end of the fault from which E stays there for ``dwell_rounds``, if it is still there at the horizon. If
that does not happen before the next wound or the end of the run, the time is right-censored: "not
recovered by the horizon" is a result, not a missing value.

Only an organism that has grown can be wounded: what strikes before is *not grown*, whatever comes after.
"""

from dataclasses import asdict, dataclass
from enum import StrEnum
from itertools import zip_longest
from typing import Any, Final

from firmware.pattern import Displacement


class Outcome(StrEnum):
    """What became of a wound, by one yardstick."""

    RECOVERED = "recovered"
    NOT_RECOVERED = "not_recovered"
    """Right-censored: not recovered by the horizon."""

    DISPLACED = "displaced"
    """Not recovered in its place, but a few cells beside it: a competing outcome, not censoring."""

    RELAPSED = "relapsed"
    """Recovered, and lost again by the horizon: likewise."""

    EXPLODED = "exploded"
    """Not recovered, and at the horizon more cells were mature than twice the pattern's: likewise."""

    EXTINCT = "extinct"
    """Not recovered, and at the horizon no cell was mature: likewise."""

    UNHARMED = "unharmed"
    """The fault did not raise the error, nor did it rise later: there is nothing to recover from."""

    NOT_GROWN = "not_grown"
    """The fault struck an organism that was not at rest, so that it cannot be said what it did."""


CLEAN: Final = 3.0
"""An organism with an E of at most this is clean: nobody sees a difference."""

RECOGNISABLE: Final = 10.0
"""One with an E of at most this is recognisable: one sees what it is, and that something is wrong."""

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
        stood: where the organism stood just before it began, if it destroys.
    """

    name: str
    start_us: int
    end: Sample | None
    error_before: float
    error_after: float
    destroys: bool = True
    stood: Displacement | None = None


@dataclass(frozen=True)
class Away:
    """The pattern had been away from its place, E above ``RECOGNISABLE``, for the dwell time.

    Attributes:
        time_us: when that was so.
        error: E then.
        stood: where the organism stood then.
    """

    time_us: int
    error: float
    stood: Displacement


@dataclass(frozen=True)
class Judgement:
    """What became of a wound by one yardstick.

    Times count from the end of the fault and are None unless recovered.

    Attributes:
        outcome: what became of it.
        error_limit: E at or below which it counts as healed.
        time_ms: of simulated time until it was healed.
        rounds: the same in mean intervals.
        async_rounds: asynchronous rounds, in which every running cell updates at least once, that were
            over meanwhile.
        updates: of cells, meanwhile.
        back_at_rounds: where E is within the limit at the horizon, but has not been for the dwell time:
            since when, in rounds since the start of the run.
    """

    outcome: Outcome
    error_limit: float
    time_ms: float | None = None
    rounds: float | None = None
    async_rounds: int | None = None
    updates: int | None = None
    back_at_rounds: float | None = None

    @property
    def recovered(self) -> bool:
        """Whether the outcome is ``recovered``."""
        return self.outcome is Outcome.RECOVERED


@dataclass(frozen=True)
class Recovery(Judgement):
    """The result for one wound, or for all faults of a run together.

    Its own outcome and times are those of the relative yardstick; ``clean`` and ``recognisable`` are the
    absolute ones.

    Attributes:
        wound: the fault's text.
        error_before: the largest E in the dwell time before it, which is the organism's noise at rest.
        error_after: the largest E until it was over.
        error_end: E at the last sample that counts for it.
        stood: where the organism stood then.
        end_rounds: when the fault ended, None if it had not by the horizon; a kill for ever ends when it
            strikes.
        observed_rounds: how long the wound was watched, which is where a time is censored.
        clean: by E at most ``CLEAN``.
        recognisable: by E at most ``RECOGNISABLE``.
    """

    wound: str = ""
    error_before: float = 0.0
    error_after: float = 0.0
    error_end: float = 0.0
    stood: Displacement | None = None
    end_rounds: float | None = None
    observed_rounds: float = 0.0
    clean: Judgement = Judgement(Outcome.NOT_RECOVERED, CLEAN)
    recognisable: Judgement = Judgement(Outcome.NOT_RECOVERED, RECOGNISABLE)

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        stood = self.stood._asdict() if self.stood else None
        return asdict(self) | {"recovered": self.recovered, "stood": stood}


@dataclass(frozen=True)
class Predicate:
    """What counts as at rest, and as recovered.

    Attributes:
        gone_fraction: share of the wound's error that must be gone, above 0 and at most 1.
        dwell_rounds: for how many rounds it must stay gone.
        grown_error: an organism has grown when E was at most this in all of the dwell time.
        while_growing: wounds are meant to strike before that; they are then judged by the absolute
            yardsticks alone, and all trials count as wounded.
    """

    gone_fraction: float = 0.95
    dwell_rounds: int = 25
    grown_error: float = RECOGNISABLE
    while_growing: bool = False


@dataclass(frozen=True)
class Life:
    """What is known about a run when its wounds are judged.

    Attributes:
        samples: by time, one a round.
        stood: where the organism stands at the last of them.
        predicate: what counts as recovered.
        mean_interval_us: length of a round.
        pattern_cells: number of mature cells of the perfect pattern.
    """

    samples: list[Sample]
    stood: Displacement
    predicate: Predicate
    mean_interval_us: int
    pattern_cells: int


def judge(wounds: list[Wound], life: Life) -> list[Recovery]:
    """The result of every fault that destroyed state; ``wounds`` by start."""
    wounds = [wound for wound in wounds if wound.destroys]
    return [_judge_one(wound, following, life) for wound, following in zip_longest(wounds, wounds[1:])]


def judge_run(wounds: list[Wound], life: Life) -> Recovery | None:
    """The result of all faults together; None without faults.

    It counts from the begin of the first of them to the end of the last. Of a single fault it is the result
    of that fault, but for the name.
    """
    if not wounds:
        return None
    first = min(wounds, key=lambda wound: wound.start_us)
    ends = [wound.end for wound in wounds if wound.end is not None]
    end = max(ends, key=lambda sample: sample.time_us) if len(ends) == len(wounds) else None
    after = max(wound.error_after for wound in wounds)
    return _judge_one(Wound(WHOLE_RUN, first.start_us, end, first.error_before, after), None, life)


def _judge_one(wound: Wound, following: Wound | None, life: Life) -> Recovery:
    """The result of a wound that is watched until the following one."""
    mean_us, predicate, end = life.mean_interval_us, life.predicate, wound.end
    samples = [s for s in life.samples if following is None or s.time_us < following.start_us]
    before = max([wound.error_before, *(s.error for s in _rest(wound, samples, life))])
    after = max([wound.error_after, *(s.error for s in _during(wound, samples))])
    limit = before + (1 - predicate.gone_fraction) * (after - before)
    watched = [s for s in samples if end is not None and s.time_us > end.time_us]
    seen = [s for s in samples if s.time_us >= wound.start_us]
    stood = following.stood if following else life.stood

    def judged(error_limit: float, lost_above: float, absolute: bool) -> Judgement:
        if not (absolute and predicate.while_growing):
            if before > predicate.grown_error:
                return Judgement(Outcome.NOT_GROWN, error_limit)
            if after <= before and _stays_so(seen, before, predicate.grown_error):
                return Judgement(Outcome.UNHARMED, error_limit)
        return _judge_by(error_limit, lost_above, end, watched, seen, stood, life)

    relative = judged(limit, max(limit, CLEAN), absolute=False)
    return Recovery(
        **vars(relative),
        wound=wound.name,
        error_before=before,
        error_after=after,
        error_end=seen[-1].error if seen else after,
        stood=stood,
        end_rounds=end.time_us / mean_us if end else None,
        observed_rounds=(watched[-1].time_us - end.time_us) / mean_us if watched and end else 0.0,
        clean=judged(CLEAN, CLEAN, absolute=True),
        recognisable=judged(RECOGNISABLE, RECOGNISABLE, absolute=True),
    )


def _rest(wound: Wound, samples: list[Sample], life: Life) -> list[Sample]:
    """Those of the dwell time before a wound."""
    rest_us = wound.start_us - life.predicate.dwell_rounds * life.mean_interval_us
    return [s for s in samples if rest_us <= s.time_us < wound.start_us]


def _during(wound: Wound, samples: list[Sample]) -> list[Sample]:
    """Those between its begin and its end."""
    end = wound.end
    return [s for s in samples if s.time_us >= wound.start_us and (end is None or s.time_us <= end.time_us)]


def _stays_so(seen: list[Sample], before: float, grown_error: float) -> bool:
    """Whether a fault that did not raise E at once did no harm later either: some of it shows only then.

    The same for all yardsticks, so that they judge the same trials.
    """
    errors = [sample.error for sample in seen]
    return not errors or (errors[-1] <= max(before, CLEAN) and max(errors) <= max(grown_error, CLEAN))


def _judge_by(
    limit: float,
    lost_above: float,
    end: Sample | None,
    watched: list[Sample],
    seen: list[Sample],
    stood: Displacement | None,
    life: Life,
) -> Judgement:
    """By one yardstick: E at or below ``limit``, and at the end not above ``lost_above``.

    The second is larger where the first is so small that an organism's noise at rest goes beyond it.
    """
    first = _first_to_stay(watched, limit, life.predicate.dwell_rounds)
    if first is None or end is None:
        back = _back_since(watched, limit)
        failure = _failure(seen, lost_above, stood, life.pattern_cells) or Outcome.NOT_RECOVERED
        since = None if back is None else back.time_us / life.mean_interval_us
        return Judgement(failure, limit, back_at_rounds=since)
    if watched[-1].error > lost_above:
        failure = _failure(seen, lost_above, stood, life.pattern_cells) or Outcome.RELAPSED
        return Judgement(failure, limit)
    return Judgement(
        Outcome.RECOVERED,
        limit,
        time_ms=(first.time_us - end.time_us) / 1000,
        rounds=(first.time_us - end.time_us) / life.mean_interval_us,
        async_rounds=first.async_rounds - end.async_rounds,
        updates=first.updates - end.updates,
    )


def _failure(
    seen: list[Sample], lost_above: float, stood: Displacement | None, pattern_cells: int
) -> Outcome | None:
    """How an organism looks at the end that has not recovered, or lost it again; None if like any other."""
    if not seen or seen[-1].error <= lost_above:
        return None
    if stood is not None and (stood.rows or stood.cols) and stood.error <= lost_above:
        return Outcome.DISPLACED
    if seen[-1].mature == 0:
        return Outcome.EXTINCT
    return Outcome.EXPLODED if seen[-1].mature > EXPLODED_TIMES * pattern_cells else None


def _first_to_stay(samples: list[Sample], limit: float, dwell_rounds: int) -> Sample | None:
    """The first sample from which the error stays within the limit for the dwell time."""
    run = 0
    for index, sample in enumerate(samples):
        run = run + 1 if sample.error <= limit else 0
        if run == dwell_rounds + 1:
            return samples[index - dwell_rounds]
    return None


def _back_since(samples: list[Sample], limit: float) -> Sample | None:
    """The first of the last samples in a row whose error is within the limit."""
    back = None
    for sample in reversed(samples):
        if sample.error > limit:
            break
        back = sample
    return back
