"""The look-ahead engine: arrays of cells, advanced from one event of the world to the next.

The result is the reference engine's, bit for bit. Faults, probes and films are SimPy events as
ever; between two of them all cells live through ``emulator.compiled.advance``.
"""

from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray
from simpy import Event

from emulator import compiled
from emulator.compiled import DARK
from emulator.config import RunConfig
from emulator.draws import MASK, Stream, mix
from emulator.engine import Cells, Engine, RunResult
from emulator.kernels import choose_kernel
from emulator.order import Kind, Moment
from emulator.trace import RECORD
from firmware import image as flash_image
from firmware.arithmetic import Rule
from firmware.budget import CHANNELS
from firmware.cell import seed_state
from firmware.clock import Law, Timing
from firmware.pattern import Target

HISTORY_FRAMES = 4
"""Frames that a sender keeps at first; more when messages are long on their way."""

RECORDS = 8192
"""Updates that wait for the trace at first; more when a window has more."""


class WindowEngine(Engine):
    """A grid of cells as arrays.

    Args:
        config: the world.
        image: flash image of a genome.
        target: the pattern by which errors are judged; the cell on its seed has its strap set.
        trace_file: receives every update as the trace's records.
        kernel: ``auto``, or a name from ``emulator.kernels.KERNELS``.

    Raises:
        InputError: the target does not fit, or the processor lacks what the kernel needs.
    """

    def __init__(
        self,
        config: RunConfig,
        image: bytes,
        target: Target,
        trace_file: BinaryIO | None = None,
        kernel: str = "auto",
    ) -> None:
        super().__init__(config, target, trace_file)
        count = config.grid.cells
        self._boots = np.zeros(count, np.int64)
        self._memory = np.zeros((count, compiled.SENT + compiled.SENT_BYTES * HISTORY_FRAMES), np.int8)
        self._words = np.zeros((count, compiled.TIMES + HISTORY_FRAMES), np.int64)
        self._wakes = np.full(count, DARK, np.int64)
        self._neighbours = config.grid.neighbours()
        rule, timing = flash_image.parse(image)
        self._fixed = _fixed(config, rule, timing)
        self._kernel = choose_kernel(rule, kernel)
        self._counters = np.zeros(len(compiled.COUNTERS), np.int64)
        self._records = _records(RECORDS)
        self._due = -1
        self._restore_power(np.arange(count))
        self._memory[self._seed_cell, :CHANNELS] = seed_state()
        self._begin_life()

    def result(self) -> RunResult:
        self._drain(np.arange(self.config.grid.cells), self.time_us)
        traffic = self._traffic
        pending = int(compiled.on_their_way(self._memory, self._words, self._neighbours))
        traffic.delivered = traffic.sent - traffic.lost - traffic.unheard - pending
        return super().result()

    def _states(self) -> NDArray[np.int8]:
        return self._memory[:, :CHANNELS]

    def _cut_power(self, cells: Cells) -> None:
        self._drain(cells, self.time_us - 1)
        self._wakes[cells] = DARK
        self._memory[cells, : compiled.SENT] = 0

    def _restore_power(self, cells: Cells) -> Cells:
        self._drain(cells, self.time_us - 1)
        compiled.boot(self._words, self._wakes, self._fixed, self._boots, cells, self.time_us)
        self._schedule()
        return cells

    def _drain(self, cells: Cells, until: int) -> None:
        compiled.drain(
            self._memory,
            self._words,
            self._wakes,
            self._neighbours,
            self._fixed,
            self._counters,
            cells,
            until,
        )
        self._count()

    def _count(self) -> None:
        """Hand the counters over to where results are made from."""
        counts = dict(zip(compiled.COUNTERS, self._counters.tolist(), strict=True))
        for name in ("sent", "lost", "unheard"):
            setattr(self._traffic, name, counts[name])

    def _schedule(self) -> None:
        """See to it that the cells go on when the first of them wakes."""
        soonest = int(self._wakes.min())
        if soonest != DARK and soonest != self._due:
            self._due = soonest
            Moment(self._environment, Kind.WAKE, 0, soonest - self.time_us, self._live)

    def _live(self, _event: Event) -> None:
        """Advance all cells up to the next event of the world."""
        if self.time_us != self._due:
            return
        next_event = self._environment.peek()
        until = self.time_us + 1 if next_event <= self.time_us else int(next_event)
        counters, observer = self._counters, self._observer
        counters[compiled.NOW] = self.time_us
        counters[compiled.UPDATES], counters[compiled.ROUNDS] = observer.updates, observer.async_rounds
        counters[compiled.LEFT] = observer.left
        loss_below = np.uint64(self._weather.loss_threshold)
        while True:
            status = compiled.advance(
                self._memory,
                self._words,
                self._wakes,
                self._neighbours,
                self._fixed,
                observer.running,
                observer.pending,
                counters,
                *self._records,
                *self._kernel[1:],
                until,
                loss_below,
            )
            if status == compiled.GROW_HISTORY:
                self._lengthen_history()
            elif status == compiled.GROW_RECORDS:
                self._records = _more_records(self._records)
            else:
                self._trace.records(self._records[-1][: counters[compiled.COUNT]].tobytes())
                counters[compiled.SORTED] = counters[compiled.COUNT] = 0
            if status == compiled.DONE:
                break
        observer.updates = int(counters[compiled.UPDATES])
        observer.async_rounds = int(counters[compiled.ROUNDS])
        observer.left = int(counters[compiled.LEFT])
        self._count()
        self._schedule()

    def _lengthen_history(self) -> None:
        """Keep twice the frames: broadcast b moves from slot b mod R to slot b mod 2R."""
        count, frames = len(self._words), self._words.shape[1] - compiled.TIMES
        newest = self._words[:, compiled.BROADCASTS, None] - 1 - np.arange(frames)
        rows = np.arange(count)[:, None]
        words = np.zeros((count, compiled.TIMES + 2 * frames), np.int64)
        words[:, : compiled.TIMES] = self._words[:, : compiled.TIMES]
        words[rows, compiled.TIMES + newest % (2 * frames)] = self._words[
            rows, compiled.TIMES + newest % frames
        ]
        memory = np.zeros((count, compiled.SENT + compiled.SENT_BYTES * 2 * frames), np.int8)
        memory[:, : compiled.SENT] = self._memory[:, : compiled.SENT]
        old, new = (
            m[:, compiled.SENT :].reshape(count, -1, compiled.SENT_BYTES) for m in (self._memory, memory)
        )
        new[rows, newest % (2 * frames)] = old[rows, newest % frames]
        self._memory, self._words = memory, words


def _fixed(config: RunConfig, rule: Rule, timing: Timing) -> NDArray[np.int64]:
    """What the compiled code must know of rule, clock and links."""
    stream = mix(config.seed)
    bases = [mix((stream + purpose) & MASK) for purpose in (Stream.LOSS, Stream.JITTER, Stream.ENTROPY)]
    numbers = [
        rule.shift1,
        rule.shift2,
        timing.law is Law.EXPONENTIAL,
        timing.mean_interval_us,
        timing.listening_wakes,
        config.latency_us,
        config.jitter_us,
        *bases,
    ]
    return np.array(numbers, np.uint64).view(np.int64)


def _records(size: int) -> tuple[NDArray[Any], ...]:
    """Times, cells and states of updates as they come, and the trace's records in order."""
    return (
        np.empty(size, np.int64),
        np.empty(size, np.int64),
        np.empty((size, CHANNELS), np.int8),
        np.empty((size, RECORD.size), np.uint8),
    )


def _more_records(old: tuple[NDArray[Any], ...]) -> tuple[NDArray[Any], ...]:
    new = _records(2 * len(old[0]))
    for before, after in zip(old, new, strict=True):
        after[: len(before)] = before
    return new
