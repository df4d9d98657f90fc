"""What the trials of each point say, by one yardstick, and whether points differ."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from typing import Final

from emulator.record.recovery import Outcome
from planaria.campaign.incidence import Event, Incidence, cumulative_incidence
from planaria.campaign.plan import Plan
from planaria.campaign.sequential import interval
from planaria.campaign.statistics import CONFIDENCE, Estimate, LogRank, clopper_pearson, holm, log_rank
from planaria.campaign.trial import Point, TrialResult
from planaria.campaign.yardstick import APART, Yardstick

OUTCOMES: Final = (
    Outcome.RECOVERED,
    Outcome.NOT_RECOVERED,
    Outcome.DISPLACED,
    Outcome.RELAPSED,
    Outcome.EXPLODED,
    Outcome.EXTINCT,
)
"""Of a trial that was harmed, from good to bad."""

EVENTS: Final = {Outcome.RECOVERED: Event.RECOVERED, Outcome.NOT_RECOVERED: Event.CENSORED}
"""All others compete with recovery."""


@dataclass(frozen=True)
class Summary:
    """A point and its trials, by one yardstick.

    Attributes:
        point: of the plan.
        label: what sets it apart from the plan's other points.
        yardstick: by which its trials are judged.
        trials: of the point.
        dwell_rounds: how long a recovery must last to be one.
    """

    point: Point
    label: str
    yardstick: Yardstick
    trials: list[TrialResult]
    dwell_rounds: int

    @cached_property
    def harmed(self) -> list[TrialResult]:
        """Trials of grown organisms that were harmed: all statistics are of these."""
        return [trial for trial in self.trials if self.outcome(trial) not in APART]

    def outcome(self, trial: TrialResult) -> Outcome:
        """What became of a trial."""
        return trial.outcome_by(self.yardstick)

    def rounds(self, trial: TrialResult) -> float | None:
        """When it had recovered; None if it has not."""
        return trial.rounds_by(self.yardstick)

    @cached_property
    def times(self) -> list[float]:
        """Of each harmed trial, in rounds: when it recovered, or until when it could have been seen to.

        A recovery that begins in the last ``dwell_rounds`` of the watch cannot be confirmed, so that a
        watch ends before them. When a competing end came is not known: it is found at the horizon, and
        taken to have come when the watch ended, until which the trial is at risk.
        """
        recovered = [self.rounds(trial) for trial in self.harmed]
        return [
            self.watch_rounds(trial) if rounds is None else rounds
            for trial, rounds in zip(self.harmed, recovered, strict=True)
        ]

    def watch_rounds(self, trial: TrialResult) -> float:
        """For how long after the last fault a recovery of this trial would have been noticed."""
        return max(trial.observed_rounds - self.dwell_rounds, 0.0)

    @cached_property
    def events(self) -> list[Event]:
        """What ended the watch of each harmed trial."""
        return [EVENTS.get(self.outcome(trial), Event.COMPETING) for trial in self.harmed]

    @cached_property
    def recovered(self) -> list[bool]:
        """Whether each harmed trial did."""
        return [event is Event.RECOVERED for event in self.events]

    @cached_property
    def curve(self) -> Incidence | None:
        """The cumulative incidence of recovery; None without a harmed trial."""
        return cumulative_incidence(self.times, self.events) if self.harmed else None

    def count(self, outcome: Outcome) -> int:
        """Number of trials that ended so."""
        return sum(self.outcome(trial) is outcome for trial in self.trials)

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


def summarise(plan: Plan, results: Iterable[TrialResult], yardstick: Yardstick) -> list[Summary]:
    """One summary for each point that has results, in the plan's order.

    Args:
        plan: of the campaign.
        results: by point and index.
        yardstick: by which they are judged.
    """
    points = plan.points()
    return [
        Summary(
            points[number], _label(plan, points[number]), yardstick, list(group), plan.predicate.dwell_rounds
        )
        for number, group in groupby(results, key=lambda trial: trial.point)
    ]


def _label(plan: Plan, point: Point) -> str:
    varied = [name for name, values in plan.sweep.items() if len(values) > 1]
    parts = [
        value if isinstance(value := point.swept[name], str) and len(varied) == 1 else f"{name} {value}"
        for name in varied
    ]
    return ", ".join(parts if parts and len(plan.genomes) == 1 else [point.genome, *parts])


def common_watch_rounds(summaries: Sequence[Summary]) -> float | None:
    """The horizon of restricted means: the longest for which every trial watched at all was watched."""
    watches = [summary.watch_rounds(trial) for summary in summaries for trial in summary.harmed]
    return min((watch for watch in watches if watch > 0), default=None)


@dataclass(frozen=True)
class Comparison:
    """A log-rank test of points, by one yardstick.

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


def compare(plan: Plan, summaries: Sequence[Summary]) -> list[Comparison]:
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


BADNESS: Final = (
    Outcome.EXTINCT,
    Outcome.EXPLODED,
    Outcome.RELAPSED,
    Outcome.NOT_RECOVERED,
    Outcome.DISPLACED,
    Outcome.RECOVERED,
)
"""From bad to good: who is whole beside its place is better off than who is nowhere."""


def worst_first(summaries: Sequence[Summary]) -> list[TrialResult]:
    """All harmed trials: those that failed, by kind and then by error at the end, then the slowest."""
    judged = [
        (BADNESS.index(summary.outcome(trial)), summary.rounds(trial), trial)
        for summary in summaries
        for trial in summary.harmed
    ]
    judged.sort(key=lambda j: (j[0], -j[2].error_end if j[1] is None else -j[1], j[2].point, j[2].index))
    return [trial for _, _, trial in judged]
