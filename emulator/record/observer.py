"""What is written down while a run goes on: rounds, errors, wounds."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from emulator.record.crash import Crash
from emulator.record.predicate import RECOGNISABLE
from emulator.record.recovery import Away, Sample, Wound
from emulator.record.traffic import Traffic
from firmware.picture import Displacement


class Observer:
    """Counts updates and asynchronous rounds, and keeps samples and wounds.

    An asynchronous round awaits the cells that were running when it began, until each has updated, lost
    power or been paused. It is over when nobody is awaited any more, and the next begins.

    Args:
        cells: number of cells, all of them running.
    """

    def __init__(self, cells: int) -> None:
        self.traffic = Traffic()
        self.samples: list[Sample] = []
        self.away: list[Away] = []
        self.away_rounds = 0
        """For how many samples E has been above ``RECOGNISABLE``, since it was first within it."""

        self.updates = 0
        self.async_rounds = 0
        self.machine_faults: dict[str, Counter[str]] = {}
        self.crash: Crash | None = None
        """The first failure of a program."""

        self.struck = np.zeros(cells, np.bool_)
        """Cells that a fault has reached so far."""

        self._recognised = False
        self._wounds: dict[int, Wound] = {}
        self.running = np.ones(cells, np.bool_)
        self.pending = np.ones(cells, np.bool_)
        """Cells that have not updated in the present asynchronous round."""
        self.left = cells
        """How many they are."""

    def updated(self, cell: int) -> None:
        """Count an update of this cell."""
        self.updates += 1
        if self.pending[cell]:
            self.pending[cell] = False
            self.left -= 1
            if not self.left:
                self._close_round()

    def lived(self, cells: NDArray[np.int64]) -> None:
        """Cells have updated, in this order; some may come more than once."""
        self.updates += len(cells)
        while len(cells):
            waited_for = np.flatnonzero(self.pending[cells])
            _, first = np.unique(cells[waited_for], return_index=True)
            if len(first) < self.left:
                self.pending[cells] = False
                self.left -= len(first)
                return
            last = waited_for[np.sort(first)[self.left - 1]]
            self.pending[cells[: last + 1]] = False
            self.left = 0
            self._close_round()
            cells = cells[last + 1 :]

    def stopped(self, cells: Sequence[int] | NDArray[np.intp]) -> None:
        """Cells have lost power: no round waits for them."""
        if np.size(cells) == 0:
            return
        self.running[cells] = False
        self.left -= int(np.count_nonzero(self.pending[cells]))
        self.pending[cells] = False
        if not self.left:
            self._close_round()

    def started(self, cells: Sequence[int] | NDArray[np.intp]) -> None:
        """Note that cells have booted; after darkness they begin a round."""
        self.running[cells] = True
        if not self.left:
            self._open_round()

    def machine_fault(self, action: str, outcome: str, times: int = 1) -> None:
        """An update ran with flipped bits, or a boot failed for them.

        Args:
            action: what flipped them, ``upset`` or ``rot``; ``program`` if nothing did.
            outcome: ``masked`` (as if nothing had been), ``silent`` (a difference that nobody noticed),
                or a ``firmware.program.Failure``.
            times: how often.
        """
        if times:
            self.machine_faults.setdefault(action, Counter())[outcome] += times

    def crashed(self, crash: Crash) -> None:
        """A program has failed by itself."""
        self.machine_fault("program", crash.failure)
        self.crash = self.crash or crash

    def _close_round(self) -> None:
        if self.running.any():
            self.async_rounds += 1
            self._open_round()

    def _open_round(self) -> None:
        self.pending[:] = self.running
        self.left = int(np.count_nonzero(self.pending))

    def sample(self, time_us: int, error: float, mature: int) -> None:
        """Keep a sample at a round boundary."""
        self.samples.append(self._now(time_us, error, mature))
        if error <= RECOGNISABLE:
            self._recognised = True
            self.away_rounds = 0
        elif self._recognised:
            self.away_rounds += 1

    def stands(self, time_us: int, error: float, stood: Displacement) -> None:
        """The pattern has been away for the dwell time, and the organism stands there."""
        self.away.append(Away(time_us, error, stood))

    def wound_begins(
        self, number: int, name: str, time_us: int, error: float, destroys: bool, stood: Displacement | None
    ) -> None:
        """Note how the world is just before a fault begins.

        Args:
            number: of the fault in the plan.
            name: its text.
            time_us: when it begins.
            error: the distance then.
            destroys: whether it takes state from cells, so that it is judged by itself.
            stood: where the organism stands then, where that is known.
        """
        self._wounds[number] = Wound(name, time_us, None, error, 0.0, destroys, stood)

    def wound_deepens(self, number: int, error: float) -> None:
        """Note the distance just after a fault has struck."""
        wound = self._wounds[number]
        self._wounds[number] = replace(wound, error_after=max(wound.error_after, error))

    def wound_ends(self, number: int, time_us: int, error: float, mature: int) -> None:
        """The fault is over; recovery counts from here."""
        self.wound_deepens(number, error)
        self._wounds[number] = replace(self._wounds[number], end=self._now(time_us, error, mature))

    def wounds(self) -> list[Wound]:
        """All wounds so far, by start."""
        return list(self._wounds.values())

    def _now(self, time_us: int, error: float, mature: int) -> Sample:
        return Sample(time_us, error, self.updates, self.async_rounds, mature, self.traffic.sent)
