"""The program core: what ``emulator.arrays.programs.loop`` works on."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from emulator.arrays.compiled.jit import entered, is_warm
from emulator.arrays.programs import mail
from emulator.arrays.programs.called import Called
from emulator.arrays.programs.cell import (
    AT_US,
    BOARD,
    DESK_BYTES,
    DUE,
    EVIDENCE_WORDS,
    RATE,
    ROW_WORDS,
    SLOTS,
    WIRED,
    Cells,
    Program,
    Run,
)
from emulator.arrays.programs.failures import explained
from emulator.arrays.programs.loop import BOOTS, DARKENS, WAKES, World, live, strike
from emulator.arrays.programs.wakes import make_wakes
from emulator.arrays.rows import in_lines
from emulator.config import RunConfig
from emulator.faults.fronts import Weather
from emulator.record.observer import Observer
from emulator.record.trace import Trace
from emulator.record.traffic import Traffic
from emulator.world.draws import MASK, Stream, mix, threshold
from emulator.world.entropy import Entropy
from emulator.world.rate import DARK, RATE_ONE
from firmware.budget import CHANNELS, PORTS, RAM_BYTES
from firmware.clock import Law
from firmware.program import Failure

CACHE_BYTES: Final = 1 << 20
"""What the caches near a core hold, about."""

BATCH: Final = 1 << 14
"""Records that go to the trace at once, at most."""

_FAILURES: Final = {mail.TRAPS: Failure.TRAP, mail.HANGS: Failure.HANG, mail.REFUSALS: Failure.REFUSED}


class ProgramCore:
    """All cells of a grid, each with its 256 bytes of RAM.

    Args:
        config: the world.
        called: the program.
        boards: uint8[cells, 16], what is on them.
        observer: counts updates, rounds and failures.
        trace: receives the records, in order.
        traffic: counts messages.
        weather: faults of links.

    Attributes:
        ram: uint8[cells, 256].
        due: int64[cells], when the next updates end in us, or DARK, or NEVER.
    """

    def __init__(
        self,
        config: RunConfig,
        called: Called,
        boards: NDArray[np.uint8],
        observer: Observer,
        trace: Trace,
        traffic: Traffic,
        weather: Weather,
    ) -> None:
        self._observer, self._trace, self._traffic, self._weather = observer, trace, traffic, weather
        self._called = called
        count = config.topology.cells
        self._memory = in_lines(np.zeros((count, RAM_BYTES), np.uint8))
        world, cells = _world(config), _cells(config, boards, observer)
        wakes, self._kept = make_wakes(count, config.timing.mean_interval_us)
        used = self._memory, cells.desk, cells.rows
        program = Program(*called[:5], *(array.ctypes.data for array in used))
        self._counters = np.zeros(mail.COUNTERS, np.int64)
        self._counters[mail.ANY_DARK] = count
        queue = 1 << max(6, (count * config.latency_us // config.timing.mean_interval_us).bit_length() + 1)
        transit = mail.make_transit(count, BATCH, min(queue, 1 << 20), world.listed)
        self._run = Run(world, program, wakes, cells, self._counters, transit, weather.fronts)
        self.ram: NDArray[np.uint8] = self._memory
        self.due: NDArray[np.int64] = cells.rows[:-1, DUE]

    @property
    def compiles(self) -> bool:
        """Whether there will be a wait for compilation."""
        return not is_warm(live.__name__)

    @property
    def states(self) -> NDArray[np.int8]:
        """The states of all cells, int8[cells, 16], a view."""
        return self._memory[:, :CHANNELS].view(np.int8)

    @property
    def boards(self) -> NDArray[np.uint8]:
        """What is on the boards, uint8[cells, 16], a copy."""
        boards: NDArray[np.uint8] = self._run.cells.rows[:-1, BOARD : BOARD + 2].copy().view(np.uint8)
        return boards

    @property
    def soonest_us(self) -> int:
        """When the next thing happens, DARK if nothing does."""
        return int(self._counters[mail.SOONEST])

    def set_rates(self, rates: NDArray[np.int64]) -> None:
        """From now on waits are drawn at these rates, int64[cells]."""
        self._run.cells.rows[:-1, RATE] = rates

    def boot(self, cells: NDArray[np.intp], straps: NDArray[np.uint8], now_us: int) -> NDArray[np.intp]:
        """Boot cells from what is in their RAM; returns those that run then."""
        self._strike(BOOTS, cells, straps.astype(np.int64), now_us)
        running: NDArray[np.intp] = cells[self.due[cells] != DARK]
        return running

    def darken(self, cells: NDArray[np.intp], now_us: int) -> None:
        """Take power from these cells."""
        self._strike(DARKENS, cells, np.zeros(len(cells), np.int64), now_us)

    def set_due_us(self, cells: NDArray[np.intp], due_us: NDArray[np.int64], now_us: int) -> None:
        """The next updates of these cells end at these times."""
        self._strike(WAKES, cells, due_us.astype(np.int64), now_us)

    def advance(self, until_us: int) -> None:
        """Live up to, but not including, this time, before which no fault comes."""
        self._count_from_observer()
        self._follow_weather()
        counters, done = self._counters, False
        while not done:
            self._make_room()
            done = self._live(until_us)
            self._trace.records(self._run.transit.records[: counters[mail.RECORDS] * mail.RECORD_BYTES].data)
            counters[mail.RECORDS] = 0
        self._count_for_observer()

    def _live(self, until_us: int) -> bool:
        """Live up to this time, or until there is no more room; returns whether it came so far."""
        given = self._run, until_us
        # A signal need not be held: no tuple is returned, for which numba would call Python.
        done: bool = entered(live, *given)(*given)
        return done

    def _strike(self, what: int, cells: NDArray[np.intp], values: NDArray[np.int64], now_us: int) -> None:
        self._count_from_observer()
        self._follow_weather()
        given = self._run, what, cells.astype(np.int64), values, now_us
        entered(strike, *given)(*given)
        self._count_for_observer()

    def _follow_weather(self) -> None:
        """Live with the fronts that there are now; from the first one on, messages are listed."""
        if self._run.fronts is self._weather.fronts:
            return
        self._run = run = self._run._replace(fronts=self._weather.fronts)
        if not run.world.listed:
            transit = mail.listed(run.transit, self._counters, len(self._memory), run.world.latency_us)
            self._run = run._replace(transit=transit, world=run.world._replace(listed=True))

    def _make_room(self) -> None:
        """For one wake more, at least."""
        run, counters, transit = self._run, self._counters, self._run.transit
        wanted = PORTS * run.fronts.copies
        if run.world.listed:
            if counters[mail.FREE] < wanted:
                self._run = run._replace(transit=mail.with_room(transit, counters, 64 * wanted))
        elif counters[mail.COUNT] - counters[mail.HEAD] == len(transit.queue):
            self._run = run._replace(transit=mail.with_longer_queue(transit, counters))

    def _count_from_observer(self) -> None:
        observer = self._observer
        given = observer.updates, observer.left, observer.async_rounds
        self._counters[mail.UPDATES : mail.ROUNDS + 1] = given

    def _count_for_observer(self) -> None:
        observer, counted = self._observer, self._counters.tolist()
        observer.updates, observer.left, observer.async_rounds = counted[mail.UPDATES : mail.ROUNDS + 1]
        sums = counted[mail.SENT : mail.DELIVERED + 1]
        traffic = self._traffic
        traffic.sent, traffic.lost, traffic.unheard, traffic.corrupted, traffic.cut, traffic.delivered = sums
        if any(counted[mail.TRAPS : mail.REFUSALS + 1]):
            for counter, failure in _FAILURES.items():
                observer.machine_fault("program", failure, counted[counter])
                self._counters[counter] = 0
        evidence = self._run.cells.evidence
        if observer.crash is None and evidence[AT_US] >= 0:
            observer.crash = explained(evidence, self._run.cells.found, self._called.replay)


def _world(config: RunConfig) -> World:
    stream = mix(config.seed)
    loss_base, jitter_base = (
        np.uint64(mix((stream + purpose) & MASK)) for purpose in (Stream.LOSS, Stream.JITTER)
    )
    entropy = Entropy(config.seed, config.topology.cells)
    return World(
        config.timing.law is Law.EXPONENTIAL,
        config.timing.mean_interval_us,
        config.latency_us,
        config.jitter_us,
        config.compute_us,
        config.jitter_us > 0 or config.compute_us > 0,
        config.topology.cells * RAM_BYTES > CACHE_BYTES,
        loss_base,
        jitter_base,
        np.uint64(threshold(config.loss)),
        np.uint64(config.topology.cells),
        np.array(entropy.keys, np.uint64),
        np.uint64(entropy.boots),
        np.uint64(entropy.free),
    )


def _cells(config: RunConfig, boards: NDArray[np.uint8], observer: Observer) -> Cells:
    """All cells, without power and with blank RAM."""
    count = config.topology.cells
    rows = in_lines(np.zeros((count + 1, ROW_WORDS), np.int64))
    rows[:, DUE], rows[:, RATE] = DARK, RATE_ONE
    rows[:-1, BOARD : BOARD + 2] = np.ascontiguousarray(boards).view(np.int64)
    slots = rows.view(np.int32)
    slots[:-1, SLOTS:] = config.topology.slots()
    for port in range(PORTS):
        rows[:-1, WIRED] |= (slots[:-1, SLOTS + port] != PORTS * count).astype(np.int64) << port
    return Cells(
        rows,
        slots,
        leaving=np.zeros(count + 1, np.uint8),
        running=observer.running,
        pending=observer.pending,
        evidence=np.full(EVIDENCE_WORDS, -1, np.int64),
        desk=in_lines(np.zeros(DESK_BYTES, np.uint8)),
        found=np.zeros(DESK_BYTES, np.uint8),
    )
