"""The compiled core of the look-ahead engine: what ``emulator.arrays.compiled.loop`` works on."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from emulator.arrays.compiled import mail
from emulator.arrays.compiled.jit import is_warm, prepare
from emulator.arrays.compiled.loop import Cells, Scratch, World, deliver, live
from emulator.arrays.compiled.rule import PAIR, choose_kernel
from emulator.arrays.core import Core
from emulator.arrays.rows import LINE_BYTES, in_lines
from emulator.config import RunConfig
from emulator.faults.fronts import Weather
from emulator.record.observer import Observer
from emulator.record.trace import RECORD_DTYPE, Trace
from emulator.world.draws import MASK, Stream, mix
from emulator.world.rate import DARK
from firmware.arithmetic import Rule
from firmware.budget import CHANNELS, PORTS
from firmware.clock import Law, Timing
from firmware.system.interrupts import held

BATCH: Final = 1 << 16
"""Records that go to the trace at once, about."""

SLICES_MIN: Final = 4
"""Slices in a mean interval, at least; more where one would have more than SLICE_WAKES."""

SLICE_WAKES: Final = 1 << 17

CACHE_BYTES: Final = 1 << 20
"""What the caches near a core hold, about."""


class CompiledCore(Core):
    """``kernel`` is ``auto`` or a name from ``emulator.arrays.compiled.rule``; the rest as for ``Core``.

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
        weather: Weather,
        kernel: str,
    ) -> None:
        super().__init__(config, timing, observer, trace, weather)
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
        memory = population.rows.view(np.int8).reshape(-1, mail.ROW)
        self._cells = Cells(
            memory,
            memory.view(np.int32),
            population.wakes,
            population.prngs,
            population.heard,
            population.rates,
            population.booted,
            observer.running,
            observer.pending,
        )
        self._transit = mail.make_transit(config.topology.cells, self._world.listed)
        self._void = PORTS * config.topology.cells
        """Where what is lost goes: port 0 of the row after the last."""

        self._counters = np.zeros(mail.COUNTERS, np.int64)

    @property
    def compiles(self) -> bool:
        return not is_warm(live.__name__)

    def advance(self, now_us: int, until_us: int) -> None:
        if self._weather.had_fronts and not self._world.had_fronts:
            self._prepare_for_fronts()
        if self.population.had_rates and not self._world.had_rates:
            self._world = self._world._replace(had_rates=True)
        counters, observer = self._counters, self._observer
        counters[mail.NOW] = now_us
        self._note_power()
        counters[mail.UPDATES], counters[mail.ROUNDS] = observer.updates, observer.async_rounds
        counters[mail.LEFT] = observer.left
        while counters[mail.NOW] < until_us:
            begin = counters[mail.COUNT]
            given = (
                *(self._world, self._cells, counters, self._transit, self._weather.fronts, self._kernel),
                *(self._scratch, until_us, np.uint64(self._lost_below), BATCH),
            )
            prepare(live, *given)
            with held():  # what it returns is made by Python, and it does not look whether that succeeds
                self._transit = live(*given)
            fresh = self._transit.records[
                begin * mail.RECORD_BYTES : counters[mail.COUNT] * mail.RECORD_BYTES
            ]
            self._trace.records(fresh.data)
            self._forget_what_has_arrived()
        observer.updates, observer.async_rounds = int(counters[mail.UPDATES]), int(counters[mail.ROUNDS])
        observer.left = int(counters[mail.LEFT])
        self._count()

    def deliver(self, until_us: int) -> None:
        self._note_power()
        if self._world.listed:
            self._deliver_listed(until_us)
        else:
            given = self._world, self._cells, self._counters, self._transit, until_us
            prepare(deliver, *given)
            with held():
                deliver(*given)
        self._count()

    def _note_power(self) -> None:
        self._counters[mail.ANY_DARK] = self.population.any_dark
        self._counters[mail.BOOTED] = self.population.last_boot_us

    def _deliver_listed(self, until_us: int) -> None:
        """By time, and by number at the same time."""
        config, wakes = self._config, self.population.wakes
        messages = self._transit.messages[: self._counters[mail.MESSAGES]]
        arrivals = messages[:, mail.ARRIVAL]
        receivers = messages[:, mail.SLOT] // PORTS
        in_vain = self.population.booted[receivers] > arrivals - config.latency_us
        in_time = arrivals <= wakes[receivers] - config.compute_us
        due = np.flatnonzero((arrivals != mail.ARRIVED) & (arrivals <= until_us) & (in_time | in_vain))
        due = due[np.argsort(arrivals[due], kind="stable")]
        cells, ports = np.divmod(messages[due, mail.SLOT], PORTS)
        heard = (wakes[cells] != DARK) & ~in_vain[due]
        self._counters[mail.UNHEARD] += len(due) - int(np.count_nonzero(heard))
        frames = messages[due[heard], mail.MESSAGE_STATE // 8 :]
        cells, ports = cells[heard], ports[heard]
        self.population.rows["inbox"][cells, ports] = np.ascontiguousarray(frames).view(np.int8)
        np.bitwise_or.at(self.population.heard, cells, (1 << ports).astype(np.uint8))
        messages[due, mail.ARRIVAL] = mail.ARRIVED

    def cut(self, cells: NDArray[np.intp], now_us: int) -> None:
        counters, transit = self._counters, self._transit
        dark = np.zeros(self._config.topology.cells + 1, np.bool_)
        dark[cells] = True
        if self._world.listed:
            messages = transit.messages[: counters[mail.MESSAGES]]
            receivers, ports = np.divmod(messages[:, mail.SLOT], PORTS)
            senders = self.population.rows["slots"][receivers, ports] // PORTS
            lefts = transit.lefts if self._world.had_fronts else transit.messages[:, mail.ARRIVAL]
            leaving = lefts[: counters[mail.MESSAGES]] >= now_us
            cut = dark[senders] & leaving & (messages[:, mail.ARRIVAL] != mail.ARRIVED)
            messages[cut, mail.ARRIVAL] = mail.ARRIVED
        else:
            records, targets = self._on_their_way()
            leaving = records["time_us"].astype(np.int64) + self._config.latency_us >= now_us
            cut = (dark[records["cell"]] & leaving)[:, None] & (targets != self._void)
            targets[cut] = self._void
        counters[mail.CUT] += np.count_nonzero(cut)
        self._count()

    def _on_their_way(self) -> tuple[NDArray[np.void], NDArray[np.int32]]:
        """Records that may be on their way, where messages are not listed; their targets' slots."""
        here = slice(int(self._counters[mail.HEAD]), int(self._counters[mail.COUNT]))
        records = self._transit.records.view(RECORD_DTYPE)[here]
        return records, self._transit.targets.reshape(-1, PORTS)[here]

    def _prepare_for_fronts(self) -> None:
        if not self._world.listed:
            self._list_messages()
        count = self._counters[mail.MESSAGES]
        self._transit.lefts[:count] = self._transit.messages[:count, mail.ARRIVAL]
        self._world = self._world._replace(listed=True, had_fronts=True)

    def _list_messages(self) -> None:
        """From now on messages are listed one by one: first those that are on their way."""
        counters, config = self._counters, self._config
        records, targets = self._on_their_way()
        record, port = np.nonzero(targets != self._void)
        transit = mail.make_transit(config.topology.cells, listed=True)
        messages = np.zeros((len(record), mail.MESSAGE_WORDS), np.int64)
        messages[:, mail.ARRIVAL] = records["time_us"][record].astype(np.int64) + config.latency_us
        messages[:, mail.SLOT] = targets[record, port]
        messages[:, mail.MESSAGE_STATE // 8 :] = np.ascontiguousarray(records["state"][record]).view(np.int64)
        self._transit = transit._replace(
            messages=messages,
            lefts=np.empty(len(messages), np.int64),
            nexts=np.empty(len(messages), np.int32),
        )
        counters[mail.MESSAGES], counters[mail.HEAD], counters[mail.COUNT] = len(messages), 0, 0

    @property
    def on_their_way(self) -> int:
        if self._world.listed:
            messages = self._transit.messages[: self._counters[mail.MESSAGES]]
            return int(np.count_nonzero(messages[:, mail.ARRIVAL] != mail.ARRIVED))
        _, targets = self._on_their_way()
        return int(np.count_nonzero(targets != self._void))

    def _count(self) -> None:
        counted = (mail.SENT, mail.LOST, mail.CORRUPTED, mail.CUT, mail.UNHEARD)
        traffic = self.traffic
        traffic.sent, traffic.lost, traffic.corrupted, traffic.cut, traffic.unheard = (
            int(self._counters[counter]) for counter in counted
        )

    def _forget_what_has_arrived(self) -> None:
        """Move the records that are still wanted to the front, if they are the smaller part."""
        counters, transit = self._counters, self._transit
        if self._world.listed:
            counters[mail.HEAD] = counters[mail.COUNT]
        head, count = int(counters[mail.HEAD]), int(counters[mail.COUNT])
        if 2 * head >= count:
            for array, size in ((transit.records, mail.RECORD_BYTES), (transit.targets, PORTS)):
                array[: (count - head) * size] = array[head * size : count * size]
            counters[mail.HEAD], counters[mail.COUNT] = 0, count - head


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
        config.compute_us,
        config.latency_us + config.compute_us,
        config.jitter_us > 0,
        False,
        False,
        loss_base,
        jitter_base,
        max(1, timing.mean_interval_us // max(SLICES_MIN, config.topology.cells // SLICE_WAKES)),
        config.topology.cells * mail.ROW > CACHE_BYTES,
    )
