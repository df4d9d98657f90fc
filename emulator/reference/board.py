"""One cell's hardware: ROM, RAM, power, eight ports, and the SimPy process that is its life."""

from collections.abc import Callable, Generator

from simpy import Environment, Event, Interrupt, Process

from emulator.config import RunConfig
from emulator.record.crash import Crash
from emulator.record.observer import Observer
from emulator.record.traffic import Traffic
from emulator.reference.flash import Rom
from emulator.reference.link import Link, Message
from emulator.world.entropy import Entropy
from emulator.world.order import Kind, Moment
from emulator.world.rate import DARK, NEVER, RATE_ONE, scaled
from firmware.memory import Ram
from firmware.program import BoardProgram, MachineError, MachineProgram, Program, Upset, Wake

_POWER, _CLOCK = "power", "clock"
"""Why a wait is interrupted."""


class Board:
    """The hardware of one cell, with its program.

    Args:
        environment: SimPy's.
        number: of the cell.
        rom: its flash memory.
        program: what its ROM holds.
        ram: its 256 bytes, blank.
        config: how long frames take to come in, and updates.
        entropy: random bits for its boots.
        traffic: counts what it hears and what it does not.
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
        config: RunConfig,
        entropy: Entropy,
        traffic: Traffic,
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
        """When its next update ends; NEVER if it is paused, DARK without power."""
        self.booted_us = 0
        """When it has booted last."""
        self.rate = RATE_ONE
        self.look: Callable[[], None] = lambda: None
        """Called before every update, for what the board senses."""
        self.upset: Upset | None = None
        """What will happen to the next update."""
        self._pristine = program
        self._latency_us, self._compute_us = config.latency_us, config.compute_us
        self._entropy = entropy
        self._traffic = traffic
        self._in_ports: list[Message] = []
        """What has arrived since the present update began."""
        self._life: Process | None = None

    @property
    def running(self) -> bool:
        """Whether the board has power, and its program has started."""
        return self._life is not None

    def power_on(self, strap: int = 0) -> None:
        """Boot from what is in RAM; ``strap`` is the code of the board's strap at first power-on."""
        self._boot(strap)
        if self.due_us != DARK:
            self._life = self.environment.process(self._live())

    def power_off(self) -> None:
        """Lose power: the RAM is blank, frames are cut short, and what arrives is not heard."""
        if self._life is not None:
            self._life.interrupt(_POWER)
            self._life = None
        self.due_us = DARK
        self._forget()

    def wake_at(self, due_us: int) -> None:
        """Wake then instead; NEVER pauses the cell."""
        assert self._life is not None
        self.due_us = due_us
        self._life.interrupt(_CLOCK)
        self._look_into_ports()

    def reflash(self, program: Program) -> None:
        """Go on with another program."""
        self.program = self._pristine = program

    def sense(self, on_board: bytes) -> None:
        """What is on the board is this now, 16 bytes; for a program that reads it."""
        spoiled = self.program is not self._pristine
        assert isinstance(self._pristine, BoardProgram)
        assert isinstance(self.program, BoardProgram)
        self._pristine = self._pristine.on(on_board)
        self.program = self.program.on(on_board) if spoiled else self._pristine

    def arrive(self, message: Message) -> None:
        """Bytes have arrived on a port: unheard without power, or when the board has booted meanwhile."""
        if self._life is None or self.booted_us > message.arrival_us - self._latency_us:
            self._traffic.unheard += message.sound
            return
        self._in_ports.append(message)
        self._look_into_ports()

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

    def _alarm(self) -> Event:
        if self.due_us == NEVER:
            return self.environment.event()
        return Moment(self.environment, Kind.WAKE, self.number, self.due_us - int(self.environment.now))

    def _look_into_ports(self) -> None:
        """Receive what had arrived when the present update began; the rest waits in the ports for its end."""
        began_us = self.due_us - self._compute_us
        while self._in_ports and self._in_ports[0].arrival_us <= began_us:
            message = self._in_ports.pop(0)
            self._traffic.delivered += message.sound
            try:
                self.program.receive(self.ram, message.port, message.frame)
            except MachineError as failure:
                self._crashed(failure)
                self._restart()
                return

    def _forget(self) -> None:
        """All that needs power is lost."""
        self.ram.clear()
        for link in self.links:
            link.cut()
        self._traffic.unheard += sum(message.sound for message in self._in_ports)
        self._in_ports = []

    def _update(self) -> None:
        """Wake once: update, tell the neighbours, wait again."""
        self.look()
        done = self._wake()
        if done is None:
            self._restart()
            return
        if done.frame:
            for link in self.links:
                link.transmit(done.frame, self.broadcasts)
            self.broadcasts += 1
        self.on_update(self.number)
        self._wait(done.wait_us)
        self._look_into_ports()

    def _restart(self) -> None:
        """What the watchdog does after a failure: as if power had failed for an instant."""
        self._forget()
        self._boot(strap=0)
        life = self._life
        if self.due_us == DARK:
            self._life = None
            self.observer.stopped([self.number])
        if life is not None and self.environment.active_process is not life:
            life.interrupt(_POWER if self.due_us == DARK else _CLOCK)

    def _boot(self, strap: int) -> None:
        """Begin the first wait, unless the program does not start."""
        entropy = self._entropy.draw(self.number, self.boots)
        self.boots += 1
        self.booted_us = int(self.environment.now)
        try:
            self._wait(self.program.boot(self.ram, entropy, strap))
        except MachineError as failure:
            if self.program is self._pristine:
                self._crashed(failure)
            else:
                self.observer.machine_fault("rot", failure.failure)
            self.ram.clear()
            self.due_us = DARK

    def _crashed(self, failure: MachineError) -> None:
        """The program has failed, and nothing but itself is to blame."""
        time_us = int(self.environment.now)
        self.observer.crashed(Crash(time_us, self.number, failure.failure, str(failure.args[1])))

    def _wait(self, wait_us: int) -> None:
        self.due_us = int(self.environment.now) + scaled(wait_us, self.rate) + self._compute_us

    def _wake(self) -> Wake | None:
        """One update; None when it ended in a failure, after which the watchdog restarts the cell."""
        upset, self.upset = self.upset, None
        if upset is None and self.program is self._pristine:
            try:
                return self.program.wake(self.ram)
            except MachineError as failure:
                self._crashed(failure)
                return None
        twin = Ram(bytearray(self.ram.bytes))
        action = "rot" if upset is None else "upset"
        try:
            unharmed = self._pristine.wake(twin)
            if upset is None:
                done = self.program.wake(self.ram)
            else:
                assert isinstance(self.program, MachineProgram)
                done = self.program.wake_upset(self.ram, upset)
        except MachineError as failure:
            self.observer.machine_fault(action, failure.failure)
            return None
        assert isinstance(self._pristine, MachineProgram)
        persistent = self._pristine.persistent
        same = done == unharmed and persistent(self.ram) == persistent(twin)
        self.observer.machine_fault(action, "masked" if same else "silent")
        return done
