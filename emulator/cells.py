"""All cells of a grid, as faults reach them; every engine is this."""

from abc import ABC, abstractmethod
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from simpy import Environment

from emulator.record.observer import Observer
from emulator.record.recovery import Sight
from emulator.world.robots import Robots
from firmware.picture import Displacement

Cells = NDArray[np.intp]
"""Numbers of cells, ascending."""

Flipper = Callable[[str, int, Cells], None]
"""Takes the fault's kind, its number in the plan, and the cells."""


class Hardware(ABC):
    """What faults reach of cells: power, RAM, clocks and flash memory; and what is observed of them.

    Attributes:
        environment: SimPy's, which holds all events that are to come.
        observer: is told which cells run.
        ram_as_on_chips: whether each byte of RAM means here what it means on a chip; not of a program for
            kilolib that this machine runs, whose pointers are longer.
        robots: where they are, if the cells are robots that move.
    """

    environment: Environment
    observer: Observer
    ram_as_on_chips: bool = True
    robots: Robots | None = None

    @property
    @abstractmethod
    def time_us(self) -> int:
        """Simulated time since the start."""

    @property
    @abstractmethod
    def soonest_fault_us(self) -> int:
        """When a fault may begin: all that happens at a microsecond that has been lived has happened."""

    @property
    @abstractmethod
    def error(self) -> float:
        """Distance of the whole grid from what it should be, now."""

    @property
    @abstractmethod
    def sight(self) -> Sight:
        """Distance from what it should be, and the number of mature cells, by one look at all cells."""

    @abstractmethod
    def stands(self) -> Displacement | None:
        """Where the organism stands now, which may be beside its place; None where that means nothing."""

    @abstractmethod
    def states_now(self) -> NDArray[np.int8]:
        """State of every cell now, int8[cells, 16]; cells without power are blank."""

    @abstractmethod
    def cut_power(self, cells: Cells) -> None:
        """Take power from these cells: what they hold is lost, and what has not left them whole is cut."""

    @abstractmethod
    def restore_power(self, cells: Cells) -> Cells:
        """Boot these cells from what ``write_ram`` gave them, or from blank RAM; returns those that run."""

    @abstractmethod
    def read_ram(self, cells: Cells) -> NDArray[np.uint8]:
        """RAM of cells, uint8[n, 256]; what no event depends on may be left out."""

    @abstractmethod
    def write_ram(self, cells: Cells, ram: NDArray[np.uint8]) -> None:
        """Change the RAM of cells to this, uint8[n, 256]."""

    @abstractmethod
    def due_us(self, cells: Cells) -> NDArray[np.int64]:
        """When the cells' next updates end; NEVER if they are paused, DARK without power."""

    @abstractmethod
    def set_due_us(self, cells: Cells, due_us: NDArray[np.int64]) -> None:
        """Change when the cells' next updates end."""

    @abstractmethod
    def set_rates(self, rates: NDArray[np.int64]) -> None:
        """From now on, clocks draw waits at these rates, int64[cells]."""

    @abstractmethod
    def move_robots(self, cells: Cells, right_um: int, down_um: int) -> None:
        """Robots are so much farther to the right and down now, or at a wall."""

    @abstractmethod
    def flash(self, cells: Cells, genome: str | None) -> None:
        """From now on these cells run the genome of this name; None is that of the run."""

    @abstractmethod
    def check_version(self, genome: str, fault: object) -> None:
        """Refuse cells that run another genome, where that cannot be.

        Args:
            genome: its name.
            fault: what asks for it, for the message.

        Raises:
            InputError: it cannot, or there is no genome of this name.
        """

    def flipper(self) -> Flipper | None:
        """What flips bits as an upset or rot does; None where no cell executes a binary."""
        return None
