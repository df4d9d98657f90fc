"""What the trials of each point say, and whether points differ."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from typing import Final

from emulator.recovery import Outcome
from planaria.campaign.plan import Plan
from planaria.campaign.sequential import interval
from planaria.campaign.statistics import (
    CONFIDENCE,
    Estimate,
    LogRank,
    Survival,
    clopper_pearson,
    holm,
    kaplan_meier,
    log_rank,
)
from planaria.campaign.trial import Point, TrialResult

OUTCOMES: Final = (Outcome.RECOVERED, Outcome.NOT_RECOVERED, Outcome.EXPLODED, Outcome.EXTINCT)
"""Of a trial that was harmed, from good to bad."""

FOR_EVER: Final = (Outcome.EXTINCT, Outcome.EXPLODED)


@dataclass(frozen=True)
class Summary:
    """A point and its trials.

    Attributes:
        point: of the plan.
        label: what sets it apart from the plan's other points.
        harmed: trials whose error rose; all statistics are of these.
        unharmed: the number of others.
        dwell_rounds: how long a recovery must last to be one.
        horizon_rounds: length of a trial.
    """

    point: Point
    label: str
    harmed: list[TrialResult]
    unharmed: int
    dwell_rounds: int
    horizon_rounds: int

    @cached_property
    def times(self) -> list[float]:
        """Of each harmed trial, in rounds: when it recovered, or until when it could have been seen to.

        A recovery that begins in the last ``dwell_rounds`` of the watch cannot be confirmed, so a trial
        is censored before them. One that never can recover stays at risk to the horizon.
        """
        return [self._time(trial) for trial in self.harmed]

    def _time(self, trial: TrialResult) -> float:
        if trial.rounds is not None:
            return trial.rounds
        return float(self.horizon_rounds) if trial.outcome in FOR_EVER else self.watch_rounds(trial)

    def watch_rounds(self, trial: TrialResult) -> float:
        """For how long after the last fault a recovery of this trial would have been noticed."""
        return max(trial.observed_rounds - self.dwell_rounds, 0.0)

    @cached_property
    def recovered(self) -> list[bool]:
        """Whether each harmed trial did."""
        return [trial.outcome is Outcome.RECOVERED for trial in self.harmed]

    @cached_property
    def curve(self) -> Survival | None:
        """Kaplan-Meier's; None without a harmed trial."""
        return kaplan_meier(self.times, self.recovered) if self.harmed else None

    def count(self, outcome: Outcome) -> int:
        """Harmed trials that ended so."""
        return sum(trial.outcome is outcome for trial in self.harmed)

    def share(self, outcome: Outcome) -> Estimate:
        """The same as a share of the harmed trials."""
        return clopper_pearson(self.count(outcome), len(self.harmed))

    def anytime(self) -> tuple[float, float]:
        """The recovered share's interval that is right even if somebody looked and stopped."""
        return interval(self.count(Outcome.RECOVERED), len(self.harmed), 1 - CONFIDENCE)

    def median(self) -> Estimate:
        """Median recovery time in rounds."""
        return self.curve.median() if self.curve else Estimate(None, None, None)

    def restricted_mean(self, horizon_rounds: float) -> Estimate:
        """Mean of the smaller of recovery time and horizon, in rounds."""
        return self.curve.restricted_mean(horizon_rounds) if self.curve else Estimate(None, None, None)


def summarise(plan: Plan, results: Iterable[TrialResult]) -> list[Summary]:
    """One summary for each point that has results, in the plan's order.

    Args:
        plan: of the campaign.
        results: by point and index.
    """
    points = plan.points()
    summaries = []
    for number, group in groupby(results, key=lambda trial: trial.point):
        trials = list(group)
        harmed = [trial for trial in trials if trial.outcome is not Outcome.UNHARMED]
        summaries.append(
            Summary(
                points[number],
                _label(plan, points[number]),
                harmed,
                len(trials) - len(harmed),
                plan.predicate.dwell_rounds,
                plan.horizon_rounds,
            )
        )
    return summaries


def _label(plan: Plan, point: Point) -> str:
    varied = [name for name, values in plan.sweep.items() if len(values) > 1]
    parts = [
        value if isinstance(value := point.swept[name], str) and len(varied) == 1 else f"{name} {value}"
        for name in varied
    ]
    return ", ".join(parts if parts and len(plan.genomes) == 1 else [point.genome, *parts])


def common_watch_rounds(summaries: list[Summary]) -> float | None:
    """The horizon of restricted means: the longest for which every trial watched at all was watched."""
    watches = [summary.watch_rounds(trial) for summary in summaries for trial in summary.harmed]
    return min((watch for watch in watches if watch > 0), default=None)


@dataclass(frozen=True)
class Comparison:
    """A log-rank test of points.

    Attributes:
        name: what they have in common, and what sets them apart.
        summaries: of the points.
        test: its result.
        p_holm: its p corrected for the number of tests in the report.
    """

    name: str
    summaries: list[Summary]
    test: LogRank
    p_holm: float


def compare(plan: Plan, summaries: list[Summary]) -> list[Comparison]:
    """The genomes under each combination of swept values; if there is one genome, all of its points."""
    known = [summary for summary in summaries if summary.harmed]
    if len(plan.genomes) > 1:
        groups: dict[str, list[Summary]] = {}
        for summary in known:
            under = ", ".join(f"{name} {value}" for name, value in summary.point.swept.items())
            groups.setdefault(f"genomes, {under}" if under else "genomes", []).append(summary)
    else:
        groups = {f"all points ({', '.join(plan.sweep)})": known}
    groups = {name: members for name, members in groups.items() if len(members) > 1}
    tests = [log_rank([(s.times, s.recovered) for s in members]) for members in groups.values()]
    corrected = holm([test.p for test in tests])
    return [
        Comparison(name, members, test, p)
        for (name, members), test, p in zip(groups.items(), tests, corrected, strict=True)
    ]


BADNESS: Final = {
    Outcome.EXTINCT: 0,
    Outcome.EXPLODED: 1,
    Outcome.NOT_RECOVERED: 2,
    Outcome.RECOVERED: 3,
}


def worst_first(summaries: list[Summary]) -> list[TrialResult]:
    """All harmed trials: extinct, exploded and not recovered ones by error at the end, then the slowest."""
    trials = [trial for summary in summaries for trial in summary.harmed]
    return sorted(
        trials,
        key=lambda t: (
            BADNESS[t.outcome],
            -t.error_end if t.rounds is None else -t.rounds,
            t.point,
            t.index,
        ),
    )
