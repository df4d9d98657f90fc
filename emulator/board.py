"""One cell's hardware: ROM, RAM, power, eight ports, and the SimPy process that is its life."""

from collections.abc import Callable, Generator

from simpy import Environment, Event, Interrupt, Process

from emulator.draws import Stream, draw32, key
from emulator.fault import Action
from emulator.flash import Rom
from emulator.link import Link
from emulator.observer import Observer
from emulator.order import Kind, Moment
from firmware.memory import Ram
from firmware.program import MachineError, MachineProgram, Program, Upset, Wake


class Board:
    """A cell.

    Args:
        environment: SimPy's.
        number: of the cell.
        rom: its flash memory.
        program: what its ROM holds.
        ram: its 256 bytes, blank.
        seed: of the run; gives the board its entropy.
        observer: is told what faults of machine code did.
        on_update: called with the cell's number after every update.
    """

    def __init__(
        self,
        environment: Environment,
        number: int,
        rom: Rom,
        program: Program,
        ram: Ram,
        seed: int,
        observer: Observer,
        on_update: Callable[[int], None],
    ) -> None:
        self.environment = environment
        self.number = number
        self.rom = rom
        self.program = program
        self.ram = ram
        self.links: list[Link] = []
        self.on_update = on_update
        self.observer = observer
        self.boots = 0
        self.broadcasts = 0
        self.upset: Upset | None = None
        """What will happen to the next update."""
        self._pristine = program
        self._entropy_key = key(seed, Stream.ENTROPY, number)
        self._life: Process | None = None

    @property
    def running(self) -> bool:
        """Whether the board has power, and its program has started."""
        return self._life is not None

    def power_on(self, strap: bool = False) -> None:
        """Boot from blank RAM. ``strap`` is the board's pin, set on a seed at first power-on."""
        wait_us = self._boot(strap)
        if wait_us is not None:
            self._life = self.environment.process(self._live(wait_us))

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

    def _live(self, wait_us: int | None) -> Generator[Event, None, None]:
        """Wait, wake, tell the neighbours; until the power goes."""
        try:
            while wait_us is not None:
                yield Moment(self.environment, Kind.WAKE, self.number, wait_us)
                wait_us = self._update()
        except Interrupt:
            return
        self._life = None
        self.observer.stopped([self.number])

    def _update(self) -> int | None:
        """Wake once; returns the next wait. After a failure the watchdog restarts the cell."""
        done = self._wake()
        if done is None:
            self.ram.clear()
            return self._boot(strap=False)
        for link in self.links:
            link.transmit(done.frame, self.broadcasts)
        self.broadcasts += 1
        self.on_update(self.number)
        return done.wait_us

    def _boot(self, strap: bool) -> int | None:
        """The first wait; None when the program does not start."""
        entropy = draw32(self._entropy_key, self.boots)
        self.boots += 1
        try:
            return self.program.boot(self.ram, entropy, strap)
        except MachineError as failure:
            self.observer.machine_fault(Action.ROT, failure.failure)
            return None

    def _wake(self) -> Wake | None:
        """One update; None when it ended in a failure, after which the watchdog restarts the cell."""
        upset, self.upset = self.upset, None
        if upset is None and self.program is self._pristine:
            return self.program.wake(self.ram)
        twin = Ram(bytearray(self.ram.bytes))
        unharmed = self._pristine.wake(twin)
        action = Action.ROT if upset is None else Action.UPSET
        try:
            if upset is None:
                done = self.program.wake(self.ram)
            else:
                assert isinstance(self.program, MachineProgram)
                done = self.program.wake_upset(self.ram, upset)
        except MachineError as failure:
            self.observer.machine_fault(action, failure.failure)
            return None
        same = done == unharmed and self.ram.persistent_bytes() == twin.persistent_bytes()
        self.observer.machine_fault(action, "masked" if same else "silent")
        return done
