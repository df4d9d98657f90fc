"""What is written down while a run goes on: rounds, errors, wounds."""

from collections import Counter
from dataclasses import replace

from emulator.recovery import Sample, Wound


class Observer:
    """Counts updates and asynchronous rounds, and keeps samples and wounds.

    An asynchronous round is over when every running cell has updated at least once since the last
    one was; the end of a wound begins a new one.

    Args:
        cells: number of cells, all of them running.
    """

    def __init__(self, cells: int) -> None:
        self.samples: list[Sample] = []
        self.updates = 0
        self.async_rounds = 0
        self.machine_faults: dict[str, Counter[str]] = {}
        self._running = set(range(cells))
        self._pending = set(self._running)
        self._wounds: dict[int, Wound] = {}

    def updated(self, cell: int) -> None:
        """A cell has updated."""
        self.updates += 1
        self._pending.discard(cell)
        self._close_round()

    def stopped(self, cell: int) -> None:
        """A cell has lost power: no round waits for it."""
        self._running.discard(cell)
        self._pending.discard(cell)
        self._close_round()

    def started(self, cell: int) -> None:
        """A cell has booted."""
        self._running.add(cell)

    def machine_fault(self, action: str, outcome: str) -> None:
        """An update ran with flipped bits, or a boot failed for them.

        Args:
            action: what flipped them, ``upset`` or ``rot``.
            outcome: ``masked`` (as if nothing had been), ``silent`` (a difference that nobody noticed),
                or a ``firmware.program.Failure``.
        """
        self.machine_faults.setdefault(action, Counter())[outcome] += 1

    def _close_round(self) -> None:
        if not self._pending and self._running:
            self.async_rounds += 1
            self._pending = set(self._running)

    def sample(self, time_us: int, error: float) -> None:
        """A round boundary."""
        self.samples.append(self._now(time_us, error))

    def wound_begins(self, number: int, name: str, time_us: int, error: float) -> None:
        """Just before a fault destroys state; ``number`` is the fault's in the plan."""
        self._wounds[number] = Wound(name, time_us, None, error_before=error, error_after=0.0)

    def wound_deepens(self, number: int, error: float) -> None:
        """Just after."""
        wound = self._wounds[number]
        self._wounds[number] = replace(wound, error_after=max(wound.error_after, error))

    def wound_ends(self, number: int, time_us: int, error: float) -> None:
        """The fault is over; recovery counts from here."""
        self.wound_deepens(number, error)
        self._pending = set(self._running)
        self._wounds[number] = replace(self._wounds[number], end=self._now(time_us, error))

    def wounds(self) -> list[Wound]:
        """All wounds so far, by start."""
        return list(self._wounds.values())

    def _now(self, time_us: int, error: float) -> Sample:
        return Sample(time_us, error, self.updates, self.async_rounds)
