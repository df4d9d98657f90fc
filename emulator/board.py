"""One cell's hardware: ROM, RAM, power, eight ports, and the SimPy process that is its life."""

from collections.abc import Callable, Generator

from simpy import Environment, Event, Interrupt, Process

from emulator.draws import Stream, draw32, key
from emulator.flash import Rom
from emulator.link import Link
from emulator.observer import Observer
from emulator.order import Kind, Moment
from emulator.rate import DARK, NEVER, RATE_ONE, scaled
from firmware.memory import Ram
from firmware.program import MachineError, MachineProgram, Program, Upset, Wake

_POWER, _CLOCK = "power", "clock"
"""Why a wait is interrupted."""


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
        self.due_us = DARK
        """When it wakes next; NEVER if it is paused, DARK without power."""
        self.rate = RATE_ONE
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
        """Boot from what is in RAM. ``strap`` is the board's pin, set on a seed at first power-on."""
        self._boot(strap)
        if self.due_us != DARK:
            self._life = self.environment.process(self._live())

    def power_off(self) -> None:
        """Lose power: the RAM is blank, and what arrives is not heard."""
        if self._life is not None:
            self._life.interrupt(_POWER)
            self._life = None
        self.due_us = DARK
        self.ram.clear()

    def wake_at(self, due_us: int) -> None:
        """Wake then instead; NEVER pauses the cell."""
        assert self._life is not None
        self.due_us = due_us
        self._life.interrupt(_CLOCK)

    def reflash(self, program: Program) -> None:
        """Go on with another program."""
        self.program = self._pristine = program

    def hear(self, port: int, frame: bytes) -> bool:
        """Bytes arrive on a port; returns whether anybody was there to receive them."""
        if self._life is None:
            return False
        self.program.receive(self.ram, port, frame)
        return True

    def _live(self) -> Generator[Event, None, None]:
        """Wait, wake, tell the neighbours; until the power goes."""
        while self.due_us != DARK:
            try:
                yield self._alarm()
            except Interrupt as interrupt:
                if interrupt.cause == _POWER:
                    return
            else:
                self._update()
        self._life = None
        self.observer.stopped([self.number])

    def _alarm(self) -> Event:
        if self.due_us == NEVER:
            return self.environment.event()
        return Moment(self.environment, Kind.WAKE, self.number, self.due_us - int(self.environment.now))

    def _update(self) -> None:
        """Wake once. After a failure the watchdog restarts the cell."""
        done = self._wake()
        if done is None:
            self.ram.clear()
            self._boot(strap=False)
            return
        for link in self.links:
            link.transmit(done.frame, self.broadcasts)
        self.broadcasts += 1
        self.on_update(self.number)
        self._wait(done.wait_us)

    def _boot(self, strap: bool) -> None:
        """Begin the first wait, unless the program does not start."""
        entropy = draw32(self._entropy_key, self.boots)
        self.boots += 1
        try:
            self._wait(self.program.boot(self.ram, entropy, strap))
        except MachineError as failure:
            self.observer.machine_fault("rot", failure.failure)
            self.due_us = DARK

    def _wait(self, wait_us: int) -> None:
        self.due_us = int(self.environment.now) + scaled(wait_us, self.rate)

    def _wake(self) -> Wake | None:
        """One update; None when it ended in a failure, after which the watchdog restarts the cell."""
        upset, self.upset = self.upset, None
        if upset is None and self.program is self._pristine:
            return self.program.wake(self.ram)
        twin = Ram(bytearray(self.ram.bytes))
        unharmed = self._pristine.wake(twin)
        action = "rot" if upset is None else "upset"
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
