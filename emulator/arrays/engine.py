"""The look-ahead engine: arrays of cells, advanced from one event of the world to the next.

The result is the reference engine's, bit for bit. Faults, probes and films are SimPy events as
ever; between two of them all cells live through ``Core.advance``.
"""

from importlib.util import find_spec
from typing import BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray
from simpy import Event

from emulator.arrays.core import Core
from emulator.arrays.numpy.core import VectorisedCore
from emulator.cells import Cells
from emulator.config import RunConfig
from emulator.engine import Engine, Library
from emulator.faults.fronts import Weather
from emulator.faults.versions import Version
from emulator.goal import Goal
from emulator.record.observer import Observer
from emulator.record.result import RunResult
from emulator.record.trace import Trace
from emulator.world.boards import STRAP
from emulator.world.order import Kind, Moment, cells_may_live_until
from emulator.world.rate import NEVER
from firmware import image as flash_image
from firmware.cell import seed_state
from firmware.errors import InputError

AUTO, NUMPY = "auto", "numpy"
"""Kernels: the fastest that there is, and the one that needs no compiler."""


class Memory(NamedTuple):
    """What a cell needs, with all that is counted about it, and what a broadcast on its way needs.

    Peaks measured with a million cells, rounded up.
    """

    cell_bytes: int
    broadcast_bytes: int


MEMORY, MEMORY_JITTER, MEMORY_NUMPY = Memory(410, 180), Memory(510, 500), Memory(760, 1000)


def memory_bytes(config: RunConfig, rounds_on_the_way: float, kernel: str = AUTO) -> int:
    """How much memory a world needs, about.

    Args:
        config: the world.
        rounds_on_the_way: the broadcasts of so many rounds are on their way at the same time.
        kernel: with which it is computed.
    """
    compiled = MEMORY_JITTER if config.jitter_us else MEMORY
    needs = MEMORY_NUMPY if _wanted(kernel, config) == NUMPY else compiled
    return int(config.topology.cells * (needs.cell_bytes + rounds_on_the_way * needs.broadcast_bytes))


class WindowEngine(Engine):
    """A grid of cells as arrays.

    Args:
        config: the world.
        image: flash image of a genome.
        goal: says which cells have their strap set, and how far the world is from what it should be.
        trace_file: receives every update as the trace's records.
        kernel: ``numpy``, a name from ``emulator.arrays.compiled.rule.KERNELS``, or ``auto`` for the fastest
            that can do what the faults want.
        library: for faults that mix genomes.

    Raises:
        InputError: the goal does not fit, or the processor lacks what the kernel needs.
    """

    def __init__(
        self,
        config: RunConfig,
        image: bytes,
        goal: Goal,
        trace_file: BinaryIO | None = None,
        kernel: str = AUTO,
        library: Library | None = None,
    ) -> None:
        self.kernel = kernel = _wanted(kernel, config)
        super().__init__(config, goal, trace_file, library)
        self._core = _make_core(config, image, self.observer, self._trace, self.weather, kernel)
        self.kernel = self._core.kernel
        self._due = -1
        self.restore_power(np.arange(config.topology.cells))
        self.states_now()[self._on_boards[:, STRAP] > 0] = seed_state()
        self._begin_life()

    @property
    def compiles(self) -> bool:
        return self._core.compiles

    def _memory_bytes(self, config: RunConfig, rounds_on_the_way: float) -> int:
        return memory_bytes(config, rounds_on_the_way, self.kernel or AUTO)

    def result(self) -> RunResult:
        self._core.deliver(self.time_us)
        traffic = self._traffic
        gone = traffic.lost + traffic.corrupted + traffic.cut + traffic.unheard
        traffic.delivered = traffic.sent - gone - self._core.on_their_way
        return super().result()

    def states_now(self) -> NDArray[np.int8]:
        return self._core.population.states

    def _visible(self) -> NDArray[np.int8]:
        return self._core.population.visible

    def cut_power(self, cells: Cells) -> None:
        self._core.deliver(self.time_us - 1)
        self._core.cut(cells, self.time_us)
        self._core.population.blank(cells)

    def restore_power(self, cells: Cells) -> Cells:
        self._core.deliver(self.time_us - 1)
        self._core.population.boot(cells, self.time_us)
        self._schedule()
        return cells

    def read_ram(self, cells: Cells) -> NDArray[np.uint8]:
        self._core.deliver(self.time_us - 1)
        return self._core.population.read_ram(cells)

    def write_ram(self, cells: Cells, ram: NDArray[np.uint8]) -> None:
        self._core.deliver(self.time_us - 1)
        self._core.population.write_ram(cells, ram)

    def due_us(self, cells: Cells) -> NDArray[np.int64]:
        return self._core.population.wakes[cells]

    def set_due_us(self, cells: Cells, due_us: NDArray[np.int64]) -> None:
        self._core.deliver(self.time_us - 1)
        self._core.population.wakes[cells] = due_us
        self._schedule()

    def set_rates(self, rates: NDArray[np.int64]) -> None:
        self._core.population.rates[:-1] = rates
        self._core.population.had_rates = True

    def flash(self, cells: Cells, genome: str | None) -> None:
        core = self._core
        assert isinstance(core, VectorisedCore)
        core.flash(cells, flash_image.parse(self.library(genome))[0] if genome else None)

    def check_version(self, genome: str, fault: object) -> None:
        if not isinstance(self._core, VectorisedCore):
            limit = f"the kernel {self.kernel} has one genome for all cells"
            raise InputError("fault", fault, limit, f"choose --kernel {NUMPY}, or plan it from the start")
        super().check_version(genome, fault)

    def _schedule(self) -> None:
        """See to it that the cells go on when the first of them wakes."""
        soonest = int(self._core.population.wakes.min())
        if soonest < NEVER and soonest != self._due:
            self._due = soonest
            Moment(self.environment, Kind.WAKE, 0, soonest - self.time_us, self._live)

    def _live(self, _event: Event) -> None:
        """Advance all cells up to the next event of the world."""
        if self.time_us != self._due:
            return
        self._core.advance(self.time_us, cells_may_live_until(self.environment))
        self._schedule()


def _wanted(kernel: str, config: RunConfig) -> str:
    """The kernel; where any may be taken, one that can do what the faults want."""
    mixes = any(isinstance(fault, Version) for fault in config.faults)
    return NUMPY if kernel == AUTO and mixes else kernel


def _make_core(
    config: RunConfig, image: bytes, observer: Observer, trace: Trace, weather: Weather, kernel: str
) -> Core:
    rule, timing = flash_image.parse(image)
    compiler = find_spec("numba") is not None
    if kernel == NUMPY or (kernel == AUTO and not compiler):
        return VectorisedCore(config, rule, timing, observer, trace, weather)
    if not compiler:
        raise InputError("kernel", kernel, "numba is not installed", f"choose {NUMPY}, or install it")
    from emulator.arrays.compiled.core import CompiledCore

    return CompiledCore(config, rule, timing, observer, trace, weather, kernel)
