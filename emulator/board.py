"""One cell's hardware: ROM, RAM, power, eight ports, and the SimPy process that is its life."""

from collections.abc import Callable, Generator

from simpy import Environment, Event, Interrupt, Process

from emulator.draws import Stream, draw32, key
from emulator.link import Link
from emulator.order import Kind, Moment
from firmware.memory import Ram
from firmware.program import Program


class Board:
    """A cell.

    Args:
        environment: SimPy's.
        number: of the cell.
        program: what its ROM holds.
        ram: its 256 bytes, blank.
        seed: of the run; gives the board its entropy.
        on_update: called with the cell's number after every update.
    """

    def __init__(
        self,
        environment: Environment,
        number: int,
        program: Program,
        ram: Ram,
        seed: int,
        on_update: Callable[[int], None],
    ) -> None:
        self.environment = environment
        self.number = number
        self.program = program
        self.ram = ram
        self.links: list[Link] = []
        self.on_update = on_update
        self.boots = 0
        self.broadcasts = 0
        self.kills = 0
        """Faults that hold the board without power; it runs when there are none."""
        self._entropy_key = key(seed, Stream.ENTROPY, number)
        self._life: Process | None = None

    @property
    def running(self) -> bool:
        """Whether the board has power."""
        return self._life is not None

    def power_on(self, strap: bool = False) -> None:
        """Boot from blank RAM. ``strap`` is the board's pin, set on a seed at first power-on."""
        entropy = draw32(self._entropy_key, self.boots)
        self.boots += 1
        first_wait_us = self.program.boot(self.ram, entropy, strap)
        self._life = self.environment.process(self._live(first_wait_us))

    def power_off(self) -> None:
        """Lose power: the RAM is blank, and what arrives is not heard."""
        if self._life is not None:
            self._life.interrupt()
            self._life = None
        self.ram.clear()

    def hear(self, port: int, frame: bytes) -> bool:
        """Bytes arrive on a port; returns whether anybody was there to receive them."""
        if self._life is None:
            return False
        self.program.receive(self.ram, port, frame)
        return True

    def _live(self, wait_us: int) -> Generator[Event, None, None]:
        """Wait, wake, tell the neighbours; until the power goes."""
        try:
            while True:
                yield Moment(self.environment, Kind.WAKE, self.number, wait_us)
                frame, wait_us = self.program.wake(self.ram)
                for link in self.links:
                    link.transmit(frame, self.broadcasts)
                self.broadcasts += 1
                self.on_update(self.number)
        except Interrupt:
            return
