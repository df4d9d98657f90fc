"""Judging wounds: from the error curve of a run to what became of each, after the run, by a pure function.

What the words mean is in ``emulator.record.recovery``; SPEC.md, "Recovery", says the same in prose.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Final

from emulator.record.predicate import Predicate
from emulator.record.recovery import BY_ERROR, Judgement, Outcome, Recovery, Sample, Wound, Yardsticks
from firmware.picture import Displacement

EXPLODED_TIMES: Final = 2
"""An organism of more mature cells than this many times the pattern's has exploded."""

WHOLE_RUN: Final = "whole run"
"""Name of all faults together."""


@dataclass(frozen=True)
class Life:
    """What is known about a run when its wounds are judged.

    Attributes:
        samples: by time, one a round.
        stood: where the organism stands at the last of them; None where that means nothing.
        predicate: what counts as recovered.
        mean_interval_us: length of a round.
        pattern_cells: number of mature cells of the perfect pattern; None where that says nothing.
        yardsticks: the absolute ones.
    """

    samples: list[Sample]
    stood: Displacement | None
    predicate: Predicate
    mean_interval_us: int
    pattern_cells: int | None
    yardsticks: Yardsticks = BY_ERROR


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
    after = max(wound.error_after for wound in wounds)
    return _judge_one(Wound(WHOLE_RUN, first.start_us, end_of(wounds), first.error_before, after), None, life)


def end_of(wounds: list[Wound]) -> Sample | None:
    """The world when the last of these wounds was over; None while one lasts. There is at least one."""
    ends = [wound.end for wound in wounds if wound.end is not None]
    return max(ends, key=lambda sample: sample.time_us) if len(ends) == len(wounds) else None


def _judge_one(wound: Wound, following: Wound | None, life: Life) -> Recovery:
    """The result of a wound that is watched until the following one."""
    mean_us, predicate, end = life.mean_interval_us, life.predicate, wound.end
    clean, recognisable = life.yardsticks
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
            if after <= before and _stays_so(seen, before, predicate.grown_error, clean):
                return Judgement(Outcome.UNHARMED, error_limit)
        return _judge_by(error_limit, lost_above, end, watched, seen, stood, life)

    relative = judged(limit, max(limit, clean), absolute=False)
    return Recovery(
        **vars(relative),
        wound=wound.name,
        error_before=before,
        error_after=after,
        error_end=seen[-1].error if seen else after,
        stood=stood,
        end_rounds=end.time_us / mean_us if end else None,
        observed_rounds=(watched[-1].time_us - end.time_us) / mean_us if watched and end else 0.0,
        clean=judged(clean, clean, absolute=True),
        recognisable=judged(recognisable, recognisable, absolute=True),
    )


def _rest(wound: Wound, samples: list[Sample], life: Life) -> list[Sample]:
    """The samples of the dwell time before a wound."""
    rest_us = wound.start_us - life.predicate.dwell_rounds * life.mean_interval_us
    return [s for s in samples if rest_us <= s.time_us < wound.start_us]


def _during(wound: Wound, samples: list[Sample]) -> list[Sample]:
    """The samples between a wound's begin and its end."""
    end = wound.end
    return [s for s in samples if s.time_us >= wound.start_us and (end is None or s.time_us <= end.time_us)]


def _stays_so(seen: list[Sample], before: float, grown_error: float, clean: float) -> bool:
    """Whether a fault that did not raise E at once did no harm later either: some of it shows only then.

    The same for all yardsticks, so that they judge the same trials.
    """
    errors = [sample.error for sample in seen]
    return not errors or (errors[-1] <= max(before, clean) and max(errors) <= max(grown_error, clean))


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
    place = first_to_stay([sample.error for sample in watched], limit, life.predicate.dwell_rounds)
    if place is None or end is None:
        back = _back_since(watched, limit)
        failure = _failure(seen, lost_above, stood, life.pattern_cells) or Outcome.NOT_RECOVERED
        since = None if back is None else back.time_us / life.mean_interval_us
        return Judgement(failure, limit, back_at_rounds=since)
    if watched[-1].error > lost_above:
        failure = _failure(seen, lost_above, stood, life.pattern_cells) or Outcome.RELAPSED
        return Judgement(failure, limit)
    first = watched[place]
    return Judgement(
        Outcome.RECOVERED,
        limit,
        time_ms=(first.time_us - end.time_us) / 1000,
        rounds=(first.time_us - end.time_us) / life.mean_interval_us,
        async_rounds=first.async_rounds - end.async_rounds,
        updates=first.updates - end.updates,
    )


def _failure(
    seen: list[Sample], lost_above: float, stood: Displacement | None, pattern_cells: int | None
) -> Outcome | None:
    """How an organism looks at the end that has not recovered, or lost it again; None if like any other."""
    if not seen or seen[-1].error <= lost_above:
        return None
    if stood is not None and (stood.rows or stood.cols) and stood.error <= lost_above:
        return Outcome.DISPLACED
    if pattern_cells is None:
        return None
    if seen[-1].mature == 0:
        return Outcome.EXTINCT
    return Outcome.EXPLODED if seen[-1].mature > EXPLODED_TIMES * pattern_cells else None


def first_to_stay(errors: Sequence[float], limit: float, dwell_rounds: int) -> int | None:
    """Place of the first error from which all stay within the limit for the dwell time; None if none does.

    Args:
        errors: one a round.
        limit: the largest that is within it.
        dwell_rounds: so many rounds more.
    """
    run = 0
    for place, error in enumerate(errors):
        run = run + 1 if error <= limit else 0
        if run == dwell_rounds + 1:
            return place - dwell_rounds
    return None


def _back_since(samples: list[Sample], limit: float) -> Sample | None:
    """The first of the last samples in a row whose error is within the limit."""
    back = None
    for sample in reversed(samples):
        if sample.error > limit:
            break
        back = sample
    return back
