"""The compiled core of the look-ahead engine: what ``emulator.life`` works on."""

from typing import Final

import numpy as np

from emulator import transit as ways
from emulator.config import RunConfig
from emulator.core import Core
from emulator.draws import MASK, Stream, mix
from emulator.jit import is_warm
from emulator.kernels import PAIR, choose_kernel
from emulator.life import Cells, Scratch, World, deliver, live
from emulator.observer import Observer
from emulator.population import LINE_BYTES, in_lines
from emulator.trace import Trace
from firmware.arithmetic import Rule
from firmware.budget import CHANNELS, PORTS
from firmware.clock import Law, Timing

BATCH: Final = 1 << 16
"""Records that go to the trace at once, about."""

SLICES_MIN: Final = 4
"""Slices in a mean interval, at least; more where one would have more than SLICE_WAKES."""

SLICE_WAKES: Final = 1 << 17

CACHE_BYTES: Final = 1 << 20
"""What the caches near a core hold, about."""


class CompiledCore(Core):
    """``kernel`` is ``auto`` or a name from ``emulator.kernels``; the rest as for ``Core``.

    Raises:
        InputError: the processor lacks what the kernel needs.
    """

    def __init__(
        self,
        config: RunConfig,
        rule: Rule,
        timing: Timing,
        observer: Observer,
        trace: Trace,
        kernel: str,
    ) -> None:
        super().__init__(config, timing, observer, trace)
        self._world = _world(config, rule, timing)
        self.kernel, *arrays = choose_kernel(rule, kernel)
        self._kernel = tuple(arrays)
        self._scratch = Scratch(
            in_lines(np.zeros((PAIR, LINE_BYTES), np.int8)),
            in_lines(np.zeros((PAIR, CHANNELS), np.int32)),
            np.zeros(PAIR, np.bool_),
            np.zeros(PAIR, np.bool_),
        )
        population = self.population
        memory = population.rows.view(np.int8).reshape(-1, ways.ROW)
        self._cells = Cells(
            memory,
            memory.view(np.int32),
            population.wakes,
            population.prngs,
            population.heard,
            observer.running,
            observer.pending,
        )
        self._transit = ways.make_transit(config.grid.cells, config.jitter_us)
        self._counters = np.zeros(ways.COUNTERS, np.int64)

    @property
    def compiles(self) -> bool:
        return not is_warm()

    def advance(self, now_us: int, until_us: int, lost_below: int) -> None:
        counters, observer = self._counters, self._observer
        counters[ways.NOW] = now_us
        counters[ways.DARKNESS] = self.population.darkness
        counters[ways.UPDATES], counters[ways.ROUNDS] = observer.updates, observer.async_rounds
        counters[ways.LEFT] = observer.left
        while counters[ways.NOW] < until_us:
            begin = counters[ways.COUNT]
            self._transit = live(
                self._world,
                self._cells,
                counters,
                self._transit,
                self._kernel,
                self._scratch,
                until_us,
                np.uint64(lost_below),
                BATCH,
            )
            fresh = self._transit.records[
                begin * ways.RECORD_BYTES : counters[ways.COUNT] * ways.RECORD_BYTES
            ]
            self._trace.records(fresh.data)
            self._forget_what_has_arrived()
        observer.updates, observer.async_rounds = int(counters[ways.UPDATES]), int(counters[ways.ROUNDS])
        observer.left = int(counters[ways.LEFT])
        self._count()

    def deliver(self, until_us: int) -> None:
        self._counters[ways.DARKNESS] = self.population.darkness
        deliver(self._world, self._cells, self._counters, self._transit, until_us)
        self._count()

    @property
    def on_their_way(self) -> int:
        counters, transit = self._counters, self._transit
        if self._config.jitter_us:
            return int(
                np.count_nonzero(transit.messages[: counters[ways.MESSAGES], ways.ARRIVAL] != ways.ARRIVED)
            )
        targets = transit.targets[PORTS * counters[ways.HEAD] : PORTS * counters[ways.COUNT]]
        return int(np.count_nonzero(targets != self._config.grid.cells))

    def _count(self) -> None:
        self.traffic.sent, self.traffic.lost, self.traffic.unheard = (
            int(self._counters[counter]) for counter in (ways.SENT, ways.LOST, ways.UNHEARD)
        )

    def _forget_what_has_arrived(self) -> None:
        """Move the records that are still wanted to the front, if they are the smaller part."""
        counters, transit = self._counters, self._transit
        if self._config.jitter_us:
            counters[ways.HEAD] = counters[ways.COUNT]
        head, count = int(counters[ways.HEAD]), int(counters[ways.COUNT])
        if 2 * head >= count:
            for array, size in ((transit.records, ways.RECORD_BYTES), (transit.targets, PORTS)):
                array[: (count - head) * size] = array[head * size : count * size]
            counters[ways.HEAD], counters[ways.COUNT] = 0, count - head


def _world(config: RunConfig, rule: Rule, timing: Timing) -> World:
    stream = mix(config.seed)
    loss_base, jitter_base = (
        np.uint64(mix((stream + purpose) & MASK)) for purpose in (Stream.LOSS, Stream.JITTER)
    )
    return World(
        timing.law is Law.EXPONENTIAL,
        timing.mean_interval_us,
        timing.listening_wakes,
        rule.shift1,
        rule.shift2,
        config.latency_us,
        config.jitter_us,
        loss_base,
        jitter_base,
        max(1, timing.mean_interval_us // max(SLICES_MIN, config.grid.cells // SLICE_WAKES)),
        config.grid.cells * ways.ROW > CACHE_BYTES,
    )
