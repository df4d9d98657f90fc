"""The engine of programs: rows of RAM, lived through event by event between two events of the world.

The result is the reference engine's, bit for bit. Faults and probes are SimPy events as ever; what cells do
and hear until the next of them happens in ``ProgramCore.advance``.
"""

from typing import BinaryIO, Final

import numpy as np
from numpy.typing import NDArray
from simpy import Event

from emulator.arrays.programs.called import Called
from emulator.arrays.programs.core import ProgramCore
from emulator.arrays.programs.floor import make_floor
from emulator.arrays.programs.robots import RobotCore
from emulator.cells import Cells
from emulator.config import RunConfig
from emulator.engine import Engine
from emulator.goal import Goal
from emulator.world.boards import STRAP
from emulator.world.order import Kind, Moment, cells_may_live_until
from emulator.world.plane import Plane
from emulator.world.rate import NEVER
from emulator.world.senses import Senses
from firmware.budget import PORTS
from firmware.errors import InputError

CELL_BYTES: Final = 680
"""Memory of a cell with all that is counted about it."""

ROBOT_BYTES, NEIGHBOUR_BYTES = 160, 12
"""Memory of a robot besides, and of each that it may hear, where the list grows."""

BROADCAST_BYTES, MESSAGE_BYTES = 112, 110
"""Memory of a broadcast in the queue, and of a message that is listed, where the lists grow."""


class ProgramEngine(Engine):
    """A grid of cells with any program, each with its own RAM.

    Args:
        config: the world.
        called: the program.
        goal: says which cells have their strap set, and how far the world is from what it should be.
        trace_file: receives every update as the trace's records.
        senses: as of ``Engine``.

    Raises:
        InputError: the goal or a fault does not fit.
    """

    def __init__(
        self,
        config: RunConfig,
        called: Called,
        goal: Goal,
        trace_file: BinaryIO | None = None,
        senses: Senses | None = None,
    ) -> None:
        super().__init__(config, goal, trace_file, senses=senses)
        self.ram_as_on_chips = called.ram_as_on_chips
        given = config, called, self._on_boards, self.observer, self._trace, self._traffic, self.weather
        if self.robots is None:
            self._core = ProgramCore(*given)
        else:
            assert isinstance(config.topology, Plane)
            floor = make_floor(config.topology, self.robots, self._senses, self._light, config)
            self._core = RobotCore(floor, *given)
        self._due = -1
        cells = np.arange(config.topology.cells)
        running = self._core.boot(cells, self._on_boards[:, STRAP], 0)
        self.observer.stopped(np.setdiff1d(cells, running))
        self._schedule()
        self._begin_life()

    @property
    def boards(self) -> NDArray[np.uint8]:
        return self._core.boards

    @property
    def compiles(self) -> bool:
        return self._core.compiles

    def _memory_bytes(self, config: RunConfig, rounds_on_the_way: float) -> int:
        listed = config.jitter_us or config.compute_us or config.faults
        on_the_way = PORTS * MESSAGE_BYTES if listed else BROADCAST_BYTES
        near = 0.0
        if isinstance(config.topology, Plane):
            near = ROBOT_BYTES + NEIGHBOUR_BYTES * config.topology.neighbours
        return int(config.topology.cells * (CELL_BYTES + near + rounds_on_the_way * on_the_way))

    def states_now(self) -> NDArray[np.int8]:
        return self._core.states

    def cut_power(self, cells: Cells) -> None:
        self._core.darken(cells, self.time_us)
        self._schedule()

    def restore_power(self, cells: Cells) -> Cells:
        running = self._core.boot(cells, np.zeros(len(cells), np.uint8), self.time_us)
        self._schedule()
        return running

    def move_robots(self, cells: Cells, right_um: int, down_um: int) -> None:
        super().move_robots(cells, right_um, down_um)
        assert isinstance(self._core, RobotCore)
        self._core.relist()

    def read_ram(self, cells: Cells) -> NDArray[np.uint8]:
        return self._core.ram[cells]

    def write_ram(self, cells: Cells, ram: NDArray[np.uint8]) -> None:
        self._core.ram[cells] = ram

    def due_us(self, cells: Cells) -> NDArray[np.int64]:
        return self._core.due[cells]

    def set_due_us(self, cells: Cells, due_us: NDArray[np.int64]) -> None:
        self._core.set_due_us(cells, due_us, self.time_us)
        self._schedule()

    def set_rates(self, rates: NDArray[np.int64]) -> None:
        self._core.set_rates(rates)

    def flash(self, cells: Cells, genome: str | None) -> None:
        raise NotImplementedError

    def check_version(self, genome: str, fault: object) -> None:
        raise InputError(
            "fault",
            fault,
            "its genomes are for the neural program",
            "leave it out, or run a genome on the engine window or reference",
        )

    def _schedule(self) -> None:
        """See to it that the cells go on when the next thing happens to one of them."""
        soonest = self._core.soonest_us
        if soonest < NEVER and soonest != self._due:
            self._due = soonest
            Moment(self.environment, Kind.DELIVERY, 0, soonest - self.time_us, self._live)

    def _live(self, _event: Event) -> None:
        """Advance all cells up to the next event of the world."""
        if self.time_us != self._due:
            return
        self._core.advance(cells_may_live_until(self.environment))
        self._schedule()
