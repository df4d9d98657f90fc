"""Which trials a campaign still wants: all of the plan, or per point as many as its precision needs."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Final

from emulator.record.recovery import Outcome
from planaria.campaign.plan import Plan
from planaria.campaign.trial import Point, Trial, TrialResult
from planaria.campaign.yardstick import APART

LOOK_EVERY: Final = 10
"""The stopping rule looks at a point after so many trials, in the order of the plan."""

ALPHA: Final = 0.05
"""Chance that a point's interval does not hold its rate."""


class PointProgress:
    """The trials of one point.

    With ``until``, the point is finished at the first look at which the interval of the rate at which
    the harmed become clean again is at most so wide. It is computed from the trials before that look, in
    order, whichever others are there by then, so that the number depends on nothing but the plan.

    Attributes:
        point: of the plan.
        wanted: number of trials: the plan's, until the point is finished early.
        finished: whether all that is wanted is there.
        outcomes: index -> what became of the trial by the clean yardstick.
    """

    def __init__(self, point: Point, trials: int, until: float | None) -> None:
        self.point = point
        self.wanted = trials
        self.finished = False
        self.outcomes: dict[int, Outcome] = {}
        self._until = until
        self._looked = 0
        self._counts: Counter[Outcome] = Counter()
        self._next = 0

    def add(self, index: int, outcome: Outcome) -> None:
        """Take note of a trial."""
        self.outcomes[index] = outcome
        while not self.finished and all(i in self.outcomes for i in range(self._looked, self._look)):
            self._counts.update(self.outcomes[i] for i in range(self._looked, self._look))
            self._looked = self._look
            if self._narrow():
                self.wanted = self._looked
            self.finished = self._looked == self.wanted

    def take(self, surely: bool) -> int | None:
        """The next trial to run; ``surely`` refuses those that a look may turn out not to want."""
        limit = self._look if surely and self._until is not None else self.wanted
        while self._next in self.outcomes:
            self._next += 1
        if self._next >= limit:
            return None
        self._next += 1
        return self._next - 1

    @property
    def _look(self) -> int:
        return min(self._looked + LOOK_EVERY, self.wanted)

    def _narrow(self) -> bool:
        if self._until is None:
            return False
        from planaria.campaign.sequential import width

        harmed = self._looked - sum(self._counts[outcome] for outcome in APART)
        return width(self._counts[Outcome.RECOVERED], harmed, ALPHA) <= self._until


class Wanted:
    """The trials of a plan, of which some are there.

    Args:
        plan: says which.
        until: width of the interval at which a point is finished early; None is never.
    """

    def __init__(self, plan: Plan, until: float | None) -> None:
        self._plan = plan
        self.points = [PointProgress(point, plan.trials, until) for point in plan.points()]
        self._open = dict(enumerate(self.points))
        self.outcomes: Counter[Outcome] = Counter()
        """Of all trials that are there, by the clean yardstick."""

    @property
    def total(self) -> int:
        """Trials of the whole campaign, as far as it is known."""
        return sum(progress.wanted for progress in self.points)

    def select(self, results: Iterable[TrialResult]) -> list[TrialResult]:
        """Select the trials that are still wanted."""
        return [result for result in results if result.point in self._open]

    def add(self, results: Iterable[TrialResult]) -> dict[int, int]:
        """Take note of results that are there.

        Returns:
            For points that turn out to have results too many: number of the point -> number wanted.
        """
        for result in results:
            self.points[result.point].add(result.index, result.clean_outcome)
            self.outcomes[result.clean_outcome] += 1
        closed = [progress for progress in self._open.values() if progress.finished]
        for progress in closed:
            del self._open[progress.point.number]
        return {
            progress.point.number: progress.wanted
            for progress in closed
            if len(progress.outcomes) > progress.wanted
        }

    def __bool__(self) -> bool:
        return bool(self._open)

    def trials(self) -> Iterator[Trial]:
        """What is to be run, by point and index; at the end also what may turn out not to be wanted."""
        while (found := self._take(surely=True) or self._take(surely=False)) is not None:
            yield self._plan.trial(*found)

    def _take(self, surely: bool) -> tuple[Point, int] | None:
        for progress in self._open.values():
            if (index := progress.take(surely)) is not None:
                return progress.point, index
        return None
