"""Fault injection: when faults strike and end. Nothing here depends on how an engine's cells live."""

from collections.abc import Callable
from contextlib import suppress
from functools import partial

from emulator.cells import Hardware
from emulator.faults.base import Fault, Life, ram_is_elsewhere
from emulator.faults.tools import Tools
from emulator.faults.versions import Version
from emulator.world.order import Kind, Moment
from emulator.world.region import Now
from firmware.budget import ALIVE_MIN, ALPHA
from firmware.errors import InputError


class Injector:
    """Plans faults, begins them, and ends them in their time.

    Args:
        cells: those that suffer.
        tools: what faults act with.
    """

    def __init__(self, cells: Hardware, tools: Tools) -> None:
        self._cells = cells
        self._tools = tools
        self._planned = 0

    def plan(self, fault: Fault) -> None:
        """Put a fault's begin and end into the queue of events.

        Raises:
            InputError: the cells cannot suffer it.
        """
        if fault.needs_machine_code and self._cells.flipper() is None:
            raise InputError(
                "fault", fault, "only machine code has the bits that it flips", "choose the engine iss"
            )
        if isinstance(fault, Version):
            self._cells.check_version(fault.genome, fault)
        for part in fault.expand(self._tools.seed, self._planned + 1):
            if part.changes_ram and not self._cells.ram_as_on_chips:
                raise ram_is_elsewhere(fault, "choose the engine iss")
            self._planned += 1
            start_us = max(part.start_us(self._tools.mean_us), self._cells.soonest_fault_us)
            self._at(start_us, self._planned, partial(self._begin, part, self._planned))

    def _at(self, time_us: int, number: int, action: Callable[[], None]) -> None:
        delay_us = time_us - self._cells.time_us
        Moment(self._cells.environment, Kind.FAULT, number, delay_us, lambda _event: action())

    def _begin(self, fault: Fault, number: int) -> None:
        hardware, observer = self._cells, self._cells.observer
        cells = fault.region.cells(self._tools.topology, self._tools.seed, number, self._now)
        observer.struck[cells] = True
        life = fault.act(self._tools, number, cells)
        stood = hardware.stands() if fault.destroys else None
        observer.wound_begins(number, str(fault), hardware.time_us, hardware.error, fault.destroys, stood)
        next(life)
        if fault.is_instant or fault.length_rounds is None:
            # What has no end has to be lived with from now on.
            observer.wound_ends(number, hardware.time_us, *hardware.sight)
        else:
            observer.wound_deepens(number, hardware.error)
        end_us = None
        if not fault.is_instant and fault.length_rounds is not None:
            length_us = (fault.end_us(self._tools.mean_us) or 0) - fault.start_us(self._tools.mean_us)
            end_us = hardware.time_us + length_us
            self._at(end_us, number, lambda: self._end(life, number))
        if fault.ticks:
            self._tick_in(self._tools.mean_us, life, number, end_us)

    def _tick_in(self, delay_us: int, life: Life, number: int, end_us: int | None) -> None:
        time_us = self._cells.time_us + delay_us
        if end_us is None or time_us < end_us:
            self._at(time_us, number, lambda: self._tick(life, number, end_us))

    def _tick(self, life: Life, number: int, end_us: int | None) -> None:
        life.send(False)
        self._tick_in(self._tools.mean_us, life, number, end_us)

    def _end(self, life: Life, number: int) -> None:
        with suppress(StopIteration):
            life.send(True)
        hardware = self._cells
        hardware.observer.wound_ends(number, hardware.time_us, *hardware.sight)

    @property
    def _now(self) -> Now:
        return Now(lambda: self._cells.states_now()[:, ALPHA] >= ALIVE_MIN, self._cells.robots)
