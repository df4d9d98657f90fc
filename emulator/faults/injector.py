"""Fault injection: when faults strike and end, and how those that overlap stack and unwind.

Nothing here depends on how an engine's cells live. What is shared by faults is counted (power, pauses)
or computed anew from all that are in force (rates, fronts); what was before is never remembered and put
back.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from emulator.faults.base import Cells, Fault, Life
from emulator.faults.fronts import Front
from emulator.faults.versions import Version
from emulator.world.order import Kind, Moment
from emulator.world.rate import DARK, NEVER, RATE_MAX, RATE_ONE
from firmware.budget import ALIVE_MIN, ALPHA, RAM_BYTES
from firmware.errors import InputError

if TYPE_CHECKING:
    from emulator.engine import Engine
    from emulator.world.topology import SquareGrid


class Injector:
    """Plans faults, and gives them what they act with.

    Args:
        engine: whose cells suffer.
    """

    def __init__(self, engine: Engine) -> None:
        count = engine.config.grid.cells
        self.seed = engine.config.seed
        self.grid: SquareGrid = engine.config.grid
        self.mean_us = engine.config.timing.mean_interval_us
        self._engine = engine
        self._observer = engine.observer
        self._planned = 0
        self._kills = np.zeros(count, np.int32)
        self._held: dict[int, Cells] = {}
        self._left: dict[int, tuple[Cells, NDArray[np.uint8]]] = {}
        self._pauses = np.zeros(count, np.int32)
        self._remaining_us = np.zeros(count, np.int64)
        self._rates: dict[int, tuple[Cells, NDArray[np.int64]]] = {}
        self._versions: dict[int, tuple[Cells, str]] = {}

    # When

    def plan(self, fault: Fault) -> None:
        """Put a fault's begin and end into the queue of events.

        Raises:
            InputError: the cells cannot suffer it.
        """
        if fault.needs_machine_code and self._engine.flipper() is None:
            raise InputError(
                "fault", fault, "only machine code has the bits that it flips", "choose the engine iss"
            )
        if isinstance(fault, Version):
            self._engine.check_version(fault)
        for part in fault.expand(self.seed, self._planned + 1):
            self._planned += 1
            start_us = max(part.start_us(self.mean_us), self._engine.soonest_fault_us)
            self._at(start_us, self._planned, partial(self._begin, part, self._planned))

    def _at(self, time_us: int, number: int, action: Callable[[], None]) -> None:
        delay_us = time_us - self._engine.time_us
        Moment(self._engine.environment, Kind.FAULT, number, delay_us, lambda _event: action())

    def _begin(self, fault: Fault, number: int) -> None:
        engine, observer = self._engine, self._observer
        cells = fault.region.cells(self.grid, self.seed, number, self._living)
        life = fault.act(self, number, cells)
        stood = engine.stands() if fault.destroys else None
        observer.wound_begins(number, str(fault), engine.time_us, engine.error, stood)
        next(life)
        if fault.is_instant or fault.length_rounds is None:
            # What has no end has to be lived with from now on.
            observer.wound_ends(number, engine.time_us, engine.error, engine.mature)
        else:
            observer.wound_deepens(number, engine.error)
        end_us = None
        if not fault.is_instant and fault.length_rounds is not None:
            length_us = (fault.end_us(self.mean_us) or 0) - fault.start_us(self.mean_us)
            end_us = engine.time_us + length_us
            self._at(end_us, number, lambda: self._end(life, number))
        if fault.ticks:
            self._tick_in(self.mean_us, life, number, end_us)

    def _tick_in(self, delay_us: int, life: Life, number: int, end_us: int | None) -> None:
        time_us = self._engine.time_us + delay_us
        if end_us is None or time_us < end_us:
            self._at(time_us, number, lambda: self._tick(life, number, end_us))

    def _tick(self, life: Life, number: int, end_us: int | None) -> None:
        life.send(False)
        self._tick_in(self.mean_us, life, number, end_us)

    def _end(self, life: Life, number: int) -> None:
        with suppress(StopIteration):
            life.send(True)
        engine = self._engine
        self._observer.wound_ends(number, engine.time_us, engine.error, engine.mature)

    def _living(self) -> NDArray[np.bool_]:
        """Which cells are mature now: bool[cells]."""
        living: NDArray[np.bool_] = self._engine.states_now()[:, ALPHA] >= ALIVE_MIN
        return living

    # Power

    def cut_power(self, number: int, cells: Cells, keep: bool = False) -> None:
        """A fault takes power from cells, some of which may have none; ``keep`` what their RAM holds."""
        self._kills[cells] += 1
        self._held[number] = np.union1d(self._held.get(number, cells[:0]), cells)
        fresh = cells[self._kills[cells] == 1]
        if keep:
            self._left[number] = (fresh, self._engine.read_ram(fresh))
        self._engine.cut_power(fresh)
        self._observer.stopped(fresh)

    def restore_power(self, number: int, cells: Cells, ram: NDArray[np.uint8] | None = None) -> None:
        """A fault lets go of cells; those that no other holds boot, with this RAM uint8[n, 256] or blank."""
        self._kills[cells] -= 1
        self._held[number] = np.setdiff1d(self._held[number], cells)
        free = self._kills[cells] == 0
        cells = cells[free]
        if ram is not None:
            self._engine.write_ram(cells, ram[free])
        booted = self._engine.restore_power(cells)
        self._observer.started(booted)
        self._hold(booted[self._pauses[booted] > 0])

    def held(self, number: int) -> Cells:
        """The cells from which a fault keeps power."""
        return self._held[number]

    def left_in_ram(self, number: int) -> tuple[Cells, NDArray[np.uint8]]:
        """The cells whose power this very fault cut, and what their RAM held: uint8[n, 256]."""
        return self._left.pop(number)

    # Clocks

    def pause(self, cells: Cells) -> None:
        """Stop the clocks of cells."""
        self._pauses[cells] += 1
        fresh = cells[self._pauses[cells] == 1]
        self._hold(fresh[self._engine.due_us(fresh) != DARK])

    def resume(self, cells: Cells) -> None:
        """Let them go on."""
        self._pauses[cells] -= 1
        free = cells[self._pauses[cells] == 0]
        free = free[self._engine.due_us(free) == NEVER]
        self._engine.set_due_us(free, self._engine.time_us + self._remaining_us[free])
        self._observer.started(free)

    def _hold(self, cells: Cells) -> None:
        self._remaining_us[cells] = self._engine.due_us(cells) - self._engine.time_us
        self._engine.set_due_us(cells, np.full(len(cells), NEVER, np.int64))
        self._observer.stopped(cells)

    def jump(self, cells: Cells, by_us: int) -> None:
        """Clocks go forward, or back: the next update begins earlier, at the earliest now, or later.

        An update that has begun takes the time that it takes.
        """
        due_us, now_us = self._engine.due_us(cells), self._engine.time_us
        running = due_us < NEVER
        waking, paused = cells[running], cells[due_us == NEVER]
        self._engine.set_due_us(waking, now_us + self._sooner(due_us[running] - now_us, by_us))
        self._remaining_us[paused] = self._sooner(self._remaining_us[paused], by_us)

    def _sooner(self, left_us: NDArray[np.int64], by_us: int) -> NDArray[np.int64]:
        """What is left until updates end, for those that have not begun: so much less."""
        compute_us = self._engine.config.compute_us
        return np.where(left_us >= compute_us, np.maximum(compute_us, left_us - by_us), left_us)

    def set_rates(self, number: int, cells: Cells, rates: NDArray[np.int64]) -> None:
        """A fault makes clocks run at these rates, besides what other faults do to them."""
        self._rates[number] = (cells, rates)
        self._combine_rates()

    def unset_rates(self, number: int) -> None:
        """It no longer does."""
        del self._rates[number]
        self._combine_rates()

    def _combine_rates(self) -> None:
        total = np.full(self.grid.cells, RATE_ONE, np.int64)
        for number in sorted(self._rates):
            cells, rates = self._rates[number]
            total[cells] = np.clip(total[cells] * rates >> 16, RATE_ONE**2 // RATE_MAX, RATE_MAX)
        self._engine.set_rates(total)

    # RAM, links, machine code

    def flip(self, cells: Cells, masks: NDArray[np.uint8]) -> None:
        """Bits of RAM change in cells that have power: those set in ``masks``, uint8[n, 256]."""
        hit = masks.any(axis=1) & (self._engine.due_us(cells) != DARK)
        cells, masks = cells[hit], masks[hit].reshape(-1, RAM_BYTES)
        self._engine.write_ram(cells, self._engine.read_ram(cells) ^ masks)

    def states(self) -> NDArray[np.int8]:
        """What all cells are now: int8[cells, 16], a copy."""
        return self._engine.states_now().copy()

    def begin_front(
        self, number: int, front: Front, ports: NDArray[np.uint8], said: NDArray[np.int8] | None = None
    ) -> None:
        """Links begin to suffer."""
        self._engine.weather.begin(number, front, ports, said)

    def end_front(self, number: int) -> None:
        """They suffer it no longer."""
        self._engine.weather.end(number)

    def begin_version(self, number: int, cells: Cells, genome: str) -> None:
        """Cells run another genome."""
        self._versions[number] = (cells, genome)
        self._flash_versions(cells)

    def end_version(self, number: int) -> None:
        """They no longer do, for this fault."""
        cells, _ = self._versions.pop(number)
        self._flash_versions(cells)

    def _flash_versions(self, cells: Cells) -> None:
        self._engine.flash(cells, None)
        for number in sorted(self._versions):
            held, genome = self._versions[number]
            self._engine.flash(np.intersect1d(cells, held), genome)

    def flip_machine(self, kind: str, number: int, cells: Cells) -> None:
        """Bits flip in machine code or in the middle of an update."""
        flip = self._engine.flipper()
        assert flip is not None
        flip(kind, number, cells)
