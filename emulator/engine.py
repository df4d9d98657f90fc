"""What all engines share: time, faults, probes and results. How cells live is each engine's own.

SPEC.md, "The world", says the same in prose.
"""

from abc import abstractmethod
from collections.abc import Callable
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray
from simpy import Environment, Event

from emulator.cells import Cells, Hardware
from emulator.config import RunConfig
from emulator.faults import Fault
from emulator.faults.fronts import Weather
from emulator.faults.injector import Injector
from emulator.faults.tools import Tools
from emulator.goal import Goal
from emulator.record.crash import Crash
from emulator.record.judge import Life, judge, judge_run
from emulator.record.observer import Observer
from emulator.record.recovery import Sight
from emulator.record.result import RunResult
from emulator.record.trace import Trace
from emulator.world.host_memory import check_memory
from emulator.world.order import Kind, Moment
from emulator.world.plane import Plane
from emulator.world.region import Now
from emulator.world.robots import hold, in_range
from emulator.world.senses import NOWHERE, Senses
from emulator.world.topology import Topology
from firmware.budget import CHANNELS, VISIBLE
from firmware.errors import InputError
from firmware.picture import Displacement
from firmware.system import interrupts

ROUNDS_MAX = 100_000_000

Library = Callable[[str], bytes]
"""Flash image of the genome of this name, or an InputError."""

_SAMPLE, _STOP = 0, 1
"""Order of probes at the same microsecond."""


def _no_library(name: str) -> bytes:
    raise InputError("genome", name, "this engine has no library of genomes", "give it one")


class Engine(Hardware):
    """A grid of cells that can be run, injured and run on.

    Args:
        config: the world.
        goal: says which cells have their strap set, and how far the world is from what it should be.
        trace_file: receives every update as the trace's records.
        library: the flash image of a genome by its name, for faults that mix genomes.
        senses: of robots; None is those that the goal says.

    Raises:
        InputError: the grid does not fit into memory, or the goal on this topology.
    """

    kernel: str | None = None
    """What an update is computed with, where there is a choice."""

    def __init__(
        self,
        config: RunConfig,
        goal: Goal,
        trace_file: BinaryIO | None = None,
        library: Library | None = None,
        senses: Senses | None = None,
    ) -> None:
        check_memory("grid", config.topology.size, self._memory_bytes(config, 0), "make it smaller")
        self.config = config
        self.library = library or _no_library
        self.on_round: Callable[[int], None] = lambda _round: None
        self._goal = goal
        self._on_boards = goal.boards(config.topology, config.seed)
        self._senses, self.robots, self._light = Senses(), None, None
        if isinstance(config.topology, Plane):
            self._senses = senses or goal.senses
            self.robots = goal.robots(config.topology, config.seed)
            self._light = goal.light_on(config.topology)
            self._light_up()
        self._trace = Trace(trace_file)
        self._sampled_rounds = 0
        self.environment = Environment(initial_time=0)
        self.observer = Observer(config.topology.cells)
        self._traffic = self.observer.traffic
        self.weather = Weather(config.seed, config.topology.cells)
        mean_us, compute_us = config.timing.mean_interval_us, config.compute_us
        tools = Tools(self, self.weather, config.topology, config.seed, mean_us, compute_us)
        self._injector = Injector(self, tools)

    @abstractmethod
    def _memory_bytes(self, config: RunConfig, rounds_on_the_way: float) -> int:
        """How much memory this engine needs for this world, about, asked before anything is there.

        Args:
            config: the world.
            rounds_on_the_way: the broadcasts of so many rounds are on their way at the same time.
        """

    def _visible(self) -> NDArray[np.int8]:
        """Visible channels of every cell now, int8[cells, 4], a copy."""
        return self.states_now()[:, :VISIBLE].copy()

    def check_version(self, genome: str, fault: object) -> None:
        del fault
        self.library(genome)

    def move_robots(self, cells: Cells, right_um: int, down_um: int) -> None:
        assert self.robots is not None
        assert isinstance(self.topology, Plane)
        self.robots.places_um[cells] += (right_um, down_um)
        hold(self.topology, self.robots)

    def _light_up(self) -> None:
        """Robots have measured the light on them when power comes."""
        first = self._senses.light
        if self._light is None or first == NOWHERE:
            return
        assert isinstance(self.topology, Plane)
        assert self.robots is not None
        light = self._light.below(self.topology, self.robots.places_um, 0)
        noted = np.maximum(self._senses.least, light).astype("<u2")
        self._on_boards[:, first : first + 2] = noted[:, None].view(np.uint8)

    @property
    def soonest_fault_us(self) -> int:
        """When a fault may begin: all that happens at a microsecond that has been lived has happened."""
        return self.time_us + (self._sampled_rounds > 0)

    def _begin_life(self) -> None:
        """To be called at the end of construction: from now on there are probes and faults."""
        self._probe_in(0)
        for fault in self.config.faults:
            self._injector.plan(fault)

    def run(self, rounds: int) -> RunResult:
        """Go on for this many mean intervals. Running in parts gives the same as running at once.

        Raises:
            InputError: ``rounds`` is below 1 or beyond all reason.
        """
        if not 1 <= rounds <= ROUNDS_MAX:
            raise InputError(
                "rounds", rounds, f"it must be 1 to {ROUNDS_MAX:,}", "200 rounds grow most patterns"
            )
        self._check_messages(rounds)
        stop = Moment(
            self.environment, Kind.PROBE, _STOP, delay_us=rounds * self.config.timing.mean_interval_us
        )
        self.environment.run(until=stop)
        return self.result()

    def _check_messages(self, rounds: int) -> None:
        """Refuse what would be on its way at the end of a run, where there is no memory for it."""
        config, mean_us = self.config, self.config.timing.mean_interval_us

        def needed_bytes(way_us: int, share: float) -> int:
            way_rounds = min(way_us / mean_us, self.rounds + rounds)
            return int(share * (self._memory_bytes(config, way_rounds) - self._memory_bytes(config, 0)))

        fix = "make it shorter, the grid smaller, or the run shorter"
        usual_us = config.latency_us + config.jitter_us + config.compute_us
        check_memory("latency_us", f"{usual_us:,}", needed_bytes(usual_us, 1), fix)
        everybody = np.ones(config.topology.cells, np.bool_)
        now = Now(lambda: everybody, self.robots)
        for fault in config.faults:
            if fault.holds_us > usual_us:
                cells = fault.region.cells(config.topology, config.seed, 0, now)
                share = len(cells) / config.topology.cells
                check_memory("fault", str(fault), needed_bytes(fault.holds_us, share), fix)

    def wound(self, fault: Fault) -> None:
        """Add a fault while the run stands still; ``start_rounds`` must not be in the past.

        A fault of the present moment takes place one microsecond later, for all that happens at
        this microsecond has happened.

        Raises:
            InputError: the fault is in the past, or its region not on this topology.
        """
        self.config.check_fault(fault)
        if fault.start_us(self.config.timing.mean_interval_us) < self.time_us:
            raise InputError(
                "fault", fault, f"round {self.rounds:g} has come already", "begin it now or later"
            )
        self._injector.plan(fault)

    @property
    def time_us(self) -> int:
        """Simulated time since the start."""
        return int(self.environment.now)

    @property
    def rounds(self) -> float:
        """Simulated time in mean intervals."""
        return self.time_us / self.config.timing.mean_interval_us

    @property
    def topology(self) -> Topology:
        """Where the cells are and who hears whom."""
        return self.config.topology

    @property
    def receivers(self) -> NDArray[np.int32]:
        if self.robots is None:
            return self.topology.receivers
        assert isinstance(self.topology, Plane)
        return in_range(self.topology, self.robots)

    @property
    def ram(self) -> NDArray[np.uint8]:
        """RAM of every cell now, uint8[cells, 256], a copy; what no event depends on may be blank."""
        return self.read_ram(np.arange(self.config.topology.cells))

    @property
    def boards(self) -> NDArray[np.uint8]:
        """What is on the boards, which no fault reaches, uint8[cells, 16], a copy."""
        return self._on_boards.copy()

    @property
    def running(self) -> NDArray[np.bool_]:
        """Which cells have power and a clock that goes: bool[cells], a copy."""
        return self.observer.running.copy()

    @property
    def states(self) -> NDArray[np.int8]:
        """State of every cell now, int8[..., 16] in the topology's shape, a copy; blank without power."""
        return self.states_now().reshape(*self.topology.shape, CHANNELS).copy()

    @property
    def crash(self) -> Crash | None:
        """The first failure of a program by itself in this run; None if there was none."""
        return self.observer.crash

    @property
    def compiles(self) -> bool:
        """Whether there will be a wait for compilation."""
        return False

    @property
    def updates(self) -> int:
        """Cell updates since the start of the run."""
        return self.observer.updates

    @property
    def messages(self) -> int:
        """Frames put on links since the start of the run."""
        return self._traffic.sent

    def place(self, states: NDArray[np.int8]) -> None:
        """Give every cell that has power a state, as if by a surgeon, while the run stands still.

        Args:
            states: int8[..., 16] in the topology's shape.
        """
        running = self.observer.running
        self.states_now()[running] = states.reshape(-1, CHANNELS)[running]

    @property
    def picture(self) -> NDArray[np.int8]:
        """Visible channels of every cell now, int8[..., 4] in its shape, premultiplied, 64 = 1.0."""
        return self._visible().reshape(*self.topology.shape, VISIBLE)

    @property
    def error(self) -> float:
        """Distance from the goal now; a picture's is E."""
        return self._goal.distance(self)

    @property
    def sight(self) -> Sight:
        """Distance from the goal, and the number of mature cells where the goal asks for it, by one look."""
        return self._goal.look(self)

    def stands(self) -> Displacement | None:
        return self._goal.stands(self)

    def result(self) -> RunResult:
        """What the run has given so far."""
        observer, config = self.observer, self.config
        wounds, stood = observer.wounds(), self.stands()
        mean_us = config.timing.mean_interval_us
        goal = self._goal
        life = Life(observer.samples, stood, config.predicate, mean_us, goal.mature_cells, goal.yardsticks)
        return RunResult(
            trace_sha256=self._trace.sha256(),
            time_us=self.time_us,
            updates=observer.updates,
            messages=self._traffic.sent,
            delivered=self._traffic.delivered,
            lost=self._traffic.lost,
            corrupted=self._traffic.corrupted,
            cut=self._traffic.cut,
            unheard=self._traffic.unheard,
            error_by_round=[sample.error for sample in observer.samples],
            stood=stood,
            away=list(observer.away),
            recoveries=judge(wounds, life),
            verdict=judge_run(wounds, life),
            machine_faults={action: dict(counts) for action, counts in observer.machine_faults.items()},
        )

    def _probe_in(self, delay_us: int) -> None:
        Moment(self.environment, Kind.PROBE, _SAMPLE, delay_us, self._probe)

    def _probe(self, _event: Event) -> None:
        """Sample the grid at a round boundary."""
        interrupts.check()
        sight = self.sight
        self.observer.sample(self.time_us, *sight)
        if self.observer.away_rounds == self.config.predicate.dwell_rounds + 1:
            stood = self.stands()
            if stood is not None:
                self.observer.stands(self.time_us, sight.error, stood)
        self.on_round(self._sampled_rounds)
        self._sampled_rounds += 1
        self._probe_in(self.config.timing.mean_interval_us)
