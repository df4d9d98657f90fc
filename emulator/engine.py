"""What all engines share: time, faults, probes and results. How cells live is each engine's own.

SPEC.md, "The world", says the same in prose.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray
from simpy import Environment, Event

from emulator.config import RunConfig
from emulator.fault import Action, Fault
from emulator.link import Traffic, Weather
from emulator.memory import check_memory
from emulator.observer import Observer
from emulator.order import Kind, Moment
from emulator.recovery import Recovery, judge
from emulator.trace import Trace
from firmware.budget import ALIVE_MIN, ALPHA, CHANNELS, VISIBLE
from firmware.errors import InputError
from firmware.pattern import Target

ROUNDS_MAX = 100_000_000

Cells = NDArray[np.intp]
"""Numbers of cells, ascending."""

Flipper = Callable[[Action, int, Cells], None]
"""Takes the action, the fault's number in the plan, and the cells."""

_SAMPLE, _STOP = 0, 1
"""Order of probes at the same microsecond."""


@dataclass(frozen=True)
class RunResult:
    """What a run gave; a function of version, genome, configuration and seed.

    ``messages`` counts frames put on links; they were ``delivered``, ``lost``, ``unheard`` (the
    receiver had no power), or are still on the way. ``error_by_round[k]`` is E after k rounds.
    ``machine_faults`` counts, for ``upset`` and ``rot``, what the updates that they hit came to.
    """

    trace_sha256: str
    time_us: int
    updates: int
    messages: int
    delivered: int
    lost: int
    unheard: int
    error_by_round: list[float]
    recoveries: list[Recovery]
    machine_faults: dict[str, dict[str, int]]

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self) | {"recoveries": [recovery.as_dict() for recovery in self.recoveries]}


class Engine(ABC):
    """A grid of cells that can be run, injured and run on.

    Args:
        config: the world.
        target: the pattern by which errors are judged; the cell on its seed has its strap set.
        trace_file: receives every update as the trace's records.

    Raises:
        InputError: the grid does not fit into memory, or the target into the grid.
    """

    kernel: str | None = None
    """What an update is computed with, where there is a choice."""

    def __init__(self, config: RunConfig, target: Target, trace_file: BinaryIO | None = None) -> None:
        check_memory(config.rows, config.cols, self._memory_bytes(config))
        self.config = config
        self.on_round: Callable[[int], None] = lambda _round: None
        self._target = target
        row, col = target.seed_cell(config.rows, config.cols)
        self._seed_cell = row * config.cols + col
        self._trace = Trace(trace_file)
        self._weather = Weather(config.loss_probability)
        self._traffic = Traffic()
        self._faults = 0
        self._hits: dict[int, Cells] = {}
        self._kills = np.zeros(config.grid.cells, np.int32)
        self._sampled_rounds = 0
        self._environment = Environment(initial_time=0)
        self._observer = Observer(config.grid.cells)

    @abstractmethod
    def _memory_bytes(self, config: RunConfig) -> int:
        """How much memory this engine needs for this world, at most, asked before anything is there."""

    @abstractmethod
    def _states(self) -> NDArray[np.int8]:
        """State of every cell now, int8[cells, 16]; cells without power are blank."""

    def _visible(self) -> NDArray[np.int8]:
        """Visible channels of every cell now, int8[cells, 4], a copy."""
        return self._states()[:, :VISIBLE].copy()

    @abstractmethod
    def _cut_power(self, cells: Cells) -> None:
        """Take power from these cells, some of which may have none."""

    @abstractmethod
    def _restore_power(self, cells: Cells) -> Cells:
        """Boot these cells; returns those that run."""

    def _flipper(self) -> Flipper | None:
        """What flips bits as an upset or rot does; None where no cell executes a binary."""
        return None

    def _begin_life(self) -> None:
        """To be called at the end of construction: from now on there are probes and faults."""
        self._probe_in(0)
        for fault in self.config.faults:
            self._plan(fault)

    def run(self, rounds: int) -> RunResult:
        """Go on for this many mean intervals. Running in parts gives the same as running at once.

        Raises:
            InputError: ``rounds`` is below 1 or beyond all reason.
        """
        if not 1 <= rounds <= ROUNDS_MAX:
            raise InputError(
                "rounds", rounds, f"it must be 1 to {ROUNDS_MAX:,}", "200 rounds grow most patterns"
            )
        stop = Moment(
            self._environment, Kind.PROBE, _STOP, delay_us=rounds * self.config.timing.mean_interval_us
        )
        self._environment.run(until=stop)
        return self.result()

    def wound(self, fault: Fault) -> None:
        """Add a fault while the run stands still; ``start_rounds`` must not be in the past.

        A fault of the present moment takes place one microsecond later, for all that happens at
        this microsecond has happened.

        Raises:
            InputError: the fault is in the past or outside the grid.
        """
        self.config.check_fault(fault)
        if fault.start_us(self.config.timing.mean_interval_us) < self.time_us:
            raise InputError(
                "fault", fault, f"round {self.rounds:g} has come already", "begin it now or later"
            )
        self._plan(fault)

    @property
    def time_us(self) -> int:
        """Simulated time."""
        return int(self._environment.now)

    @property
    def rounds(self) -> float:
        """Simulated time in mean intervals."""
        return self.time_us / self.config.timing.mean_interval_us

    @property
    def states(self) -> NDArray[np.int8]:
        """State of every cell now, int8[rows, cols, 16], a copy; cells without power are blank."""
        return self._states().reshape(self.config.rows, self.config.cols, CHANNELS).copy()

    @property
    def compiles(self) -> bool:
        """Whether there will be a wait for compilation."""
        return False

    @property
    def updates(self) -> int:
        """Cell updates since the start of the run."""
        return self._observer.updates

    def place(self, states: NDArray[np.int8]) -> None:
        """Give every cell that has power a state, as if by a surgeon, while the run stands still.

        Args:
            states: int8[rows, cols, 16].
        """
        running = self._observer.running
        self._states()[running] = states.reshape(-1, CHANNELS)[running]

    @property
    def picture(self) -> NDArray[np.int8]:
        """Visible channels of every cell now, int8[rows, cols, 4], premultiplied, 64 = 1.0."""
        return self._visible().reshape(self.config.rows, self.config.cols, VISIBLE)

    @property
    def error(self) -> float:
        """E now."""
        return self._target.error(self.picture)

    def result(self) -> RunResult:
        """What the run has given so far."""
        observer, config = self._observer, self.config
        return RunResult(
            trace_sha256=self._trace.sha256(),
            time_us=self.time_us,
            updates=observer.updates,
            messages=self._traffic.sent,
            delivered=self._traffic.delivered,
            lost=self._traffic.lost,
            unheard=self._traffic.unheard,
            error_by_round=[sample.error for sample in observer.samples],
            recoveries=judge(
                observer.wounds(), observer.samples, config.predicate, config.timing.mean_interval_us
            ),
            machine_faults={action: dict(counts) for action, counts in observer.machine_faults.items()},
        )

    def _probe_in(self, delay_us: int) -> None:
        Moment(self._environment, Kind.PROBE, _SAMPLE, delay_us, self._probe)

    def _probe(self, _event: Event) -> None:
        """Sample the grid at a round boundary."""
        self._observer.sample(self.time_us, self.error)
        self.on_round(self._sampled_rounds)
        self._sampled_rounds += 1
        self._probe_in(self.config.timing.mean_interval_us)

    def _plan(self, fault: Fault) -> None:
        """Put a fault's begin and end into the queue of events."""
        if fault.needs_machine_code and self._flipper() is None:
            raise InputError(
                "fault", fault, "only machine code has the bits that it flips", "choose the engine iss"
            )
        self._faults += 1
        number, mean_us = self._faults, self.config.timing.mean_interval_us
        start_us, end_us = fault.start_us(mean_us), fault.end_us(mean_us)
        delay_us = start_us - self.time_us
        if self._sampled_rounds and delay_us == 0:
            delay_us = 1
        Moment(self._environment, Kind.FAULT, number, delay_us, lambda _event: self._begin(fault, number))
        if end_us is not None and not fault.is_instant:
            length_us = end_us - start_us
            Moment(
                self._environment,
                Kind.FAULT,
                number,
                delay_us + length_us,
                lambda _event: self._end(fault, number),
            )

    def _begin(self, fault: Fault, number: int) -> None:
        if fault.region is None:
            self._weather.begin(number, fault.loss_probability)
            return
        cells = fault.region.cells(self.config.grid, self.config.seed, number, self._living)
        flip = self._flipper()
        if flip is not None and fault.needs_machine_code:
            flip(fault.action, number, cells)
            return
        self._observer.wound_begins(number, str(fault), self.time_us, self.error)
        self._hits[number] = cells
        self._kills[cells] += 1
        self._cut_power(cells)
        self._observer.stopped(cells)
        self._observer.wound_deepens(number, self.error)
        if fault.action is Action.RESTART:
            self._end(fault, number)
        elif fault.length_rounds is None:
            # The dead stay dead: what is left has to recover without them, from now on.
            self._observer.wound_ends(number, self.time_us, self.error)

    def _end(self, fault: Fault, number: int) -> None:
        if fault.region is None:
            self._weather.end(number)
            return
        cells = self._hits.pop(number)
        self._kills[cells] -= 1
        self._observer.started(self._restore_power(cells[self._kills[cells] == 0]))
        self._observer.wound_ends(number, self.time_us, self.error)

    def _living(self) -> NDArray[np.bool_]:
        """Which cells are mature now: bool[cells]."""
        living: NDArray[np.bool_] = self._visible()[:, ALPHA] >= ALIVE_MIN
        return living
