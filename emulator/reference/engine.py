"""The reference engine: every cell a SimPy process, every message real bytes on a link.

Written to be read: this is what the truth is. SPEC.md, "The world", says the same in prose.
"""

from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray
from simpy import Event

from emulator.cells import Cells, Flipper
from emulator.config import RunConfig
from emulator.engine import Engine, Library
from emulator.goal import Goal
from emulator.reference import motion
from emulator.reference.air import Air
from emulator.reference.board import Board
from emulator.reference.flash import Flasher, Rom
from emulator.reference.link import Link
from emulator.reference.machine_fault import flip
from emulator.world.boards import STRAP
from emulator.world.entropy import Entropy
from emulator.world.order import Kind, Moment
from emulator.world.plane import STEP_US, Plane
from emulator.world.senses import NOWHERE, Senses
from firmware.budget import CHANNELS, PORTS, RAM_BYTES
from firmware.cell import NeuralProgram
from firmware.errors import InputError
from firmware.memory import Ram
from firmware.program import Firmware, MachineProgram

CELL_BYTES = 8_000
"""Memory of a cell: board, process, eight links, one round of messages."""

MESSAGE_BYTES = 500
"""Memory of one message on its way: its event and its place in the queue."""


class ReferenceEngine(Engine):
    """A grid of boards, each a SimPy process.

    Args:
        config: the world.
        image: what is flashed into every cell.
        goal: says which cells have their strap set, and how far the world is from what it should be.
        firmware: makes a cell's program from its ROM.
        trace_file: receives every update as the trace's records.
        library: for faults that mix genomes.
        ram_as_on_chips: as of ``Hardware``.
        senses: as of ``Engine``.

    Raises:
        InputError: the image or the goal does not fit.
        FlashError: a cell's ROM does not hold what was written.
    """

    def __init__(
        self,
        config: RunConfig,
        image: bytes,
        goal: Goal,
        firmware: Firmware = NeuralProgram,
        trace_file: BinaryIO | None = None,
        library: Library | None = None,
        ram_as_on_chips: bool = True,
        senses: Senses | None = None,
    ) -> None:
        super().__init__(config, goal, trace_file, library, senses)
        self.ram_as_on_chips = ram_as_on_chips
        self._memory = np.zeros((config.topology.cells, RAM_BYTES), np.uint8)
        self._flasher = Flasher(image, firmware)
        self._boards = self._build()
        for board, strap in zip(self._boards, self._on_boards[:, STRAP].tolist(), strict=True):
            board.power_on(strap)
        self.observer.stopped([board.number for board in self._boards if not board.running])
        self._begin_life()

    def _memory_bytes(self, config: RunConfig, rounds_on_the_way: float) -> int:
        messages = PORTS * rounds_on_the_way
        return int(config.topology.cells * (CELL_BYTES + messages * MESSAGE_BYTES))

    def _build(self) -> list[Board]:
        """Make, flash and wire the boards."""
        config, env = self.config, self.environment
        entropy = Entropy(config.seed, config.topology.cells)
        boards = []
        for cell in range(config.topology.cells):
            rom = Rom()
            program = self._flasher.flash(rom, cell, self._on_boards[cell].tobytes())
            ram = Ram(memoryview(self._memory[cell]))
            shared = (config, entropy, self._traffic, self.observer, self._updated)
            boards.append(Board(env, cell, rom, program, ram, *shared))
        if isinstance(config.topology, Plane):
            assert self.robots is not None
            medium = self.robots, boards, self._on_boards, self._senses, self._light
            Air(config.topology, *medium, config, self.weather, self._traffic)
            self._step_in(STEP_US)
            return boards
        for board in boards:
            for wire in config.topology.wires(board.number):
                hear = boards[wire.receiver].arrive
                board.links.append(Link(env, wire, hear, config, self.weather, self._traffic))
        return boards

    def _step_in(self, delay_us: int) -> None:
        Moment(self.environment, Kind.MOTION, 0, delay_us, self._step)

    def _step(self, _event: Event) -> None:
        """All robots move, and the next step is planned."""
        assert isinstance(self.topology, Plane)
        assert self.robots is not None
        first, motors = self._senses.motors, np.zeros((self.topology.cells, 2), np.int64)
        if first != NOWHERE:
            motors[...] = self._memory[:, first : first + 2]
        motion.step(self.topology, self.robots, motors)
        self._step_in(STEP_US)

    def _updated(self, cell: int) -> None:
        """Note that a cell has woken."""
        self._trace.record(self.time_us, cell, self._boards[cell].ram.state_bytes())
        self.observer.updated(cell)

    def states_now(self) -> NDArray[np.int8]:
        return self._memory[:, :CHANNELS].view(np.int8)

    def cut_power(self, cells: Cells) -> None:
        for cell in cells:
            self._boards[cell].power_off()

    def restore_power(self, cells: Cells) -> Cells:
        for cell in cells:
            self._boards[cell].power_on()
        return cells[[self._boards[cell].running for cell in cells]]

    def read_ram(self, cells: Cells) -> NDArray[np.uint8]:
        return self._memory[cells]

    def write_ram(self, cells: Cells, ram: NDArray[np.uint8]) -> None:
        self._memory[cells] = ram

    def due_us(self, cells: Cells) -> NDArray[np.int64]:
        return np.array([self._boards[cell].due_us for cell in cells], np.int64)

    def set_due_us(self, cells: Cells, due_us: NDArray[np.int64]) -> None:
        for cell, due in zip(cells, due_us.tolist(), strict=True):
            self._boards[cell].wake_at(due)

    def set_rates(self, rates: NDArray[np.int64]) -> None:
        for board, rate in zip(self._boards, rates.tolist(), strict=True):
            board.rate = rate

    def flash(self, cells: Cells, genome: str | None) -> None:
        flasher = self._flasher if genome is None else Flasher(self.library(genome), NeuralProgram)
        for cell in cells:
            board = self._boards[cell]
            board.rom.erase()
            board.reflash(flasher.flash(board.rom, int(cell), self._on_boards[cell].tobytes()))

    def check_version(self, genome: str, fault: object) -> None:
        if not isinstance(self._boards[0].program, NeuralProgram):
            raise InputError(
                "fault",
                fault,
                "its genomes are for the neural program",
                "leave it out, or run a genome on the engine window or reference",
            )
        super().check_version(genome, fault)

    def flipper(self) -> Flipper | None:
        return self._flip if isinstance(self._boards[0].program, MachineProgram) else None

    def _flip(self, kind: str, number: int, cells: Cells) -> None:
        for cell in cells:
            on_board = self._on_boards[cell].tobytes()
            flip(kind, self._boards[cell], on_board, self.config.seed, number, self._flasher)
