"""Where trials run: this process and others of this machine here, a Dask cluster in ``cluster``.

A result is a function of the trial alone, so it does not matter which worker runs it, when, or how
often: a trial whose worker has died is simply done again.
"""

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, Future
from typing import Final, Self

from firmware.errors import InputError
from planaria.campaign.trial import Trial, TrialResult, run_trial
from planaria.code import Code
from planaria.counted import counted
from planaria.system.pool import Pool, first_done
from planaria.system.processes import MAIN_GUARD

OUT_PER_WORKER: Final = 4
"""Trials that are given out at a time, for each worker."""

LOSSES_MAX: Final = 3
"""A trial whose worker has died so often is not tried again."""

LOOK_S: Final = 1.0
"""How long it is waited for results before workers are counted again."""

Say = Callable[[str], None]
"""Tells a person what has happened."""


class Workers(ABC):
    """Who runs trials; a context manager.

    Attributes:
        redone: trials that were done again because their worker had died.
    """

    def __init__(self) -> None:
        self.redone = 0

    @abstractmethod
    def run(self, trials: Iterator[Trial]) -> Iterator[list[TrialResult]]:
        """Run trials; gives the results that are there at the same time together, in any order.

        Args:
            trials: read as workers become free.

        Raises:
            InputError: a trial's own, or its workers die again and again.
        """

    def close(self) -> None:  # noqa: B027 # nothing runs on
        """End what still runs, at once."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class ThisProcess(Workers):
    """Trials run here, one after the other.

    Args:
        genomes: name in the plan -> genome or program.
    """

    def __init__(self, genomes: dict[str, Code]) -> None:
        super().__init__()
        self._genomes = genomes

    def run(self, trials: Iterator[Trial]) -> Iterator[list[TrialResult]]:
        for trial in trials:
            yield [run_trial(self._genomes[trial.genome], trial)]


class Processes(Workers):
    """Other processes, which may die.

    Args:
        say: tells a person what has happened.
    """

    death: type[Exception]
    """What a future raises whose worker has died."""

    losses_each: int
    """How many workers have died of a trial by then."""

    def __init__(self, say: Say) -> None:
        super().__init__()
        self._say = say

    @property
    @abstractmethod
    def count(self) -> int:
        """Trials that can run at the same time, now."""

    @abstractmethod
    def submit(self, trial: Trial) -> Future[TrialResult]:
        """Have a trial run by a worker."""

    def run(self, trials: Iterator[Trial]) -> Iterator[list[TrialResult]]:
        """Run trials, as ``Workers.run`` says.

        When a worker dies, the trials that were given out are done again one at a time, so that one
        that kills its worker is found: after ``LOSSES_MAX`` times it is given up.
        """
        out: dict[Future[TrialResult], Trial] = {}
        lost: dict[tuple[int, int], Trial] = {}
        losses: Counter[tuple[int, int]] = Counter()
        while True:
            if not lost:
                self._fill(out, trials)
            elif not out:
                trial = next(iter(lost.values()))
                out[self.submit(trial)] = trial
            if not out:
                return
            ready = first_done(out, LOOK_S)
            results, died = [], []
            for future in ready:
                trial = out.pop(future)
                try:
                    results.append(future.result())
                    lost.pop((trial.point, trial.index), None)
                except self.death:
                    died.append(trial)
            yield results
            for trial in sorted(died, key=lambda trial: trial.index):
                place = trial.point, trial.index
                lost[place] = trial
                losses[place] += self.losses_each
                if losses[place] >= LOSSES_MAX:
                    raise _deadly(trial, losses[place])
            if died:
                self._count_deaths(len(died))

    def _count_deaths(self, trials: int) -> None:
        self.redone += trials
        self._say(f"a worker has died: {counted(trials, 'trial')} to be done again")

    def _fill(self, out: dict[Future[TrialResult], Trial], trials: Iterator[Trial]) -> None:
        for _ in range(OUT_PER_WORKER * self.count - len(out)):
            trial = next(trials, None)
            if trial is None:
                return
            out[self.submit(trial)] = trial


def _deadly(trial: Trial, losses: int) -> InputError:
    return InputError(
        "trial",
        f"{trial.index} of point {trial.point}, {trial.genome}, seed {trial.seed}",
        f"its worker has died {losses} times",
        "see whether memory runs out, then give the same command again",
    )


class LocalWorkers(Processes):
    """Processes of this machine, which end with this one.

    Args:
        genomes: name in the plan -> genome or program.
        count: how many.
        say: tells a person what has happened.
    """

    death = BrokenExecutor
    losses_each = 1

    def __init__(self, genomes: dict[str, Code], count: int, say: Say) -> None:
        super().__init__(say)
        self._genomes = genomes
        self._count = count
        self._begun = False
        self._pool = self._start()

    @property
    def count(self) -> int:
        return self._count

    def submit(self, trial: Trial) -> Future[TrialResult]:
        for _ in range(LOSSES_MAX):
            try:
                return self._pool.submit(_run_here, trial)
            except BrokenExecutor:
                self._look_whether_begun()
                self.close()
                self._pool = self._start()
        raise self._stillborn()

    def _count_deaths(self, trials: int) -> None:
        self._look_whether_begun()
        if not self._begun:
            raise self._stillborn()
        super()._count_deaths(trials)

    def _look_whether_begun(self) -> None:
        """To be asked of each pool, before it is closed."""
        self._begun = self._begun or self._pool.has_lived

    def _stillborn(self) -> InputError:
        return InputError(
            "workers",
            self._count,
            "they have died at their start",
            f"put the program that called below {MAIN_GUARD} or see whether memory runs out",
        )

    def close(self) -> None:
        self._pool.close()

    def _start(self) -> Pool:
        return Pool(self._count, _begin, self._genomes)


_own_genomes: dict[str, Code] = {}
"""The genomes that this worker process has been given."""


def _begin(genomes: dict[str, Code]) -> None:
    """What a worker process does first."""
    _own_genomes.update(genomes)


def _run_here(trial: Trial) -> TrialResult:
    return run_trial(_own_genomes[trial.genome], trial)
