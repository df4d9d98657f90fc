"""What faults act with: power, clocks, RAM, links and flash memory, shared among all that are in force.

What is shared is counted (power, pauses) or computed anew from all that are in force (rates, fronts,
versions); what was before is never remembered and put back.
"""

import numpy as np
from numpy.typing import NDArray

from emulator.cells import Cells, Hardware
from emulator.faults.fronts import Front, Weather
from emulator.world.rate import DARK, NEVER, RATE_MAX, RATE_ONE
from emulator.world.robots import STRENGTH_MAX, STRENGTH_SHIFT, Robots
from emulator.world.topology import Topology
from firmware.budget import RAM_BYTES


class Tools:
    """Takes from cells and gives back, and knows which fault holds what.

    Args:
        cells: those that suffer.
        weather: the fronts over their links.
        topology: where the cells are, and who hears whom.
        seed: of the run.
        mean_us: mean waiting interval.
        compute_us: how long an update takes.
    """

    def __init__(
        self, cells: Hardware, weather: Weather, topology: Topology, seed: int, mean_us: int, compute_us: int
    ) -> None:
        self.seed = seed
        self.topology = topology
        self.mean_us = mean_us
        self._cells = cells
        self._weather = weather
        self._compute_us = compute_us
        self._kills = np.zeros(topology.cells, np.int32)
        self._held: dict[int, Cells] = {}
        self._left: dict[int, tuple[Cells, NDArray[np.uint8]]] = {}
        self._pauses = np.zeros(topology.cells, np.int32)
        self._remaining_us = np.zeros(topology.cells, np.int64)
        self._rates: dict[int, tuple[Cells, NDArray[np.int64]]] = {}
        self._versions: dict[int, tuple[Cells, str]] = {}
        self._motors: dict[int, tuple[Cells, NDArray[np.int64]]] = {}
        self._strengths: NDArray[np.int64] | None = None

    # Power

    def cut_power(self, number: int, cells: Cells, keep: bool = False) -> None:
        """A fault takes power from cells, some of which may have none; ``keep`` what their RAM holds."""
        self._kills[cells] += 1
        self._held[number] = np.union1d(self._held.get(number, cells[:0]), cells)
        fresh = cells[self._kills[cells] == 1]
        if keep:
            self._left[number] = (fresh, self._cells.read_ram(fresh))
        self._cells.cut_power(fresh)
        self._cells.observer.stopped(fresh)
        # Some may lie outside of the fault's region: a piece is carried onto them.
        self._cells.observer.struck[cells] = True

    def restore_power(self, number: int, cells: Cells, ram: NDArray[np.uint8] | None = None) -> None:
        """A fault lets go of cells; those that no other holds boot, with this RAM uint8[n, 256] or blank."""
        self._kills[cells] -= 1
        self._held[number] = np.setdiff1d(self._held[number], cells)
        free = self._kills[cells] == 0
        cells = cells[free]
        if ram is not None:
            self._cells.write_ram(cells, ram[free])
        booted = self._cells.restore_power(cells)
        self._cells.observer.started(booted)
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
        self._hold(fresh[self._cells.due_us(fresh) != DARK])

    def resume(self, cells: Cells) -> None:
        """Let the clocks of cells go on, unless another fault stops them."""
        self._pauses[cells] -= 1
        free = cells[self._pauses[cells] == 0]
        free = free[self._cells.due_us(free) == NEVER]
        self._cells.set_due_us(free, self._cells.time_us + self._remaining_us[free])
        self._cells.observer.started(free)

    def _hold(self, cells: Cells) -> None:
        self._remaining_us[cells] = self._cells.due_us(cells) - self._cells.time_us
        self._cells.set_due_us(cells, np.full(len(cells), NEVER, np.int64))
        self._cells.observer.stopped(cells)

    def jump(self, cells: Cells, by_us: int) -> None:
        """Clocks go forward, or back: the next update begins earlier, at the earliest now, or later.

        An update that has begun takes the time that it takes.
        """
        due_us, now_us = self._cells.due_us(cells), self._cells.time_us
        running = due_us < NEVER
        waking, paused = cells[running], cells[due_us == NEVER]
        self._cells.set_due_us(waking, now_us + self._sooner(due_us[running] - now_us, by_us))
        self._remaining_us[paused] = self._sooner(self._remaining_us[paused], by_us)

    def _sooner(self, left_us: NDArray[np.int64], by_us: int) -> NDArray[np.int64]:
        """What is left until updates end, for those that have not begun: so much less."""
        begun = left_us < self._compute_us
        return np.where(begun, left_us, np.maximum(self._compute_us, left_us - by_us))

    def set_rates(self, number: int, cells: Cells, rates: NDArray[np.int64]) -> None:
        """A fault makes clocks run at these rates, besides what other faults do to them."""
        self._rates[number] = (cells, rates)
        self._combine_rates()

    def unset_rates(self, number: int) -> None:
        """A fault no longer changes how fast clocks run."""
        del self._rates[number]
        self._combine_rates()

    def _combine_rates(self) -> None:
        total = np.full(self.topology.cells, RATE_ONE, np.int64)
        for number in sorted(self._rates):
            cells, rates = self._rates[number]
            total[cells] = np.clip(total[cells] * rates >> 16, RATE_ONE**2 // RATE_MAX, RATE_MAX)
        self._cells.set_rates(total)

    # Robots

    def set_motors(self, number: int, cells: Cells, factors: NDArray[np.int64]) -> None:
        """A fault makes motors left and right stronger by these factors, besides what others do to them."""
        self._motors[number] = (cells, factors)
        self._combine_motors()

    def unset_motors(self, number: int) -> None:
        """A fault no longer changes how strong motors are."""
        del self._motors[number]
        self._combine_motors()

    def _combine_motors(self) -> None:
        strengths = self._robots.strengths
        if self._strengths is None:
            self._strengths = strengths.copy()
        strengths[...] = self._strengths
        for number in sorted(self._motors):
            cells, factors = self._motors[number]
            stronger = strengths[cells] * factors >> STRENGTH_SHIFT
            strengths[cells] = np.minimum(stronger, STRENGTH_MAX)

    def blind(self, cells: Cells) -> None:
        """A fault makes sensors keep saying what they said last."""
        self._robots.blind[cells] += 1

    def unblind(self, cells: Cells) -> None:
        """A fault lets sensors work, unless another one does not."""
        self._robots.blind[cells] -= 1

    def move(self, cells: Cells, right_um: int, down_um: int) -> None:
        """Robots are carried so far, or to a wall."""
        self._cells.move_robots(cells, right_um, down_um)

    @property
    def _robots(self) -> Robots:
        assert self._cells.robots is not None
        return self._cells.robots

    # RAM, links, machine code

    def flip(self, cells: Cells, masks: NDArray[np.uint8]) -> None:
        """Bits of RAM change in cells that have power: those set in ``masks``, uint8[n, 256]."""
        hit = masks.any(axis=1) & (self._cells.due_us(cells) != DARK)
        cells, masks = cells[hit], masks[hit].reshape(-1, RAM_BYTES)
        self._cells.write_ram(cells, self._cells.read_ram(cells) ^ masks)

    def overwrite(self, cells: Cells, ram: NDArray[np.uint8]) -> None:
        """RAM of cells that have power becomes this, uint8[n, 256]."""
        powered = self._cells.due_us(cells) != DARK
        self._cells.write_ram(cells[powered], ram[powered])

    def states(self) -> NDArray[np.int8]:
        """What all cells are now: int8[cells, 16], a copy."""
        return self._cells.states_now().copy()

    def begin_front(
        self, number: int, front: Front, ports: NDArray[np.uint8], said: NDArray[np.int8] | None = None
    ) -> None:
        """A fault makes links suffer a front."""
        self._weather.begin(number, front, ports, said)

    def end_front(self, number: int) -> None:
        """Links no longer suffer the front of this fault."""
        self._weather.end(number)

    def begin_version(self, number: int, cells: Cells, genome: str) -> None:
        """A fault makes cells run another genome."""
        self._versions[number] = (cells, genome)
        self._flash_versions(cells)

    def end_version(self, number: int) -> None:
        """Cells no longer run another genome for this fault."""
        cells, _ = self._versions.pop(number)
        self._flash_versions(cells)

    def _flash_versions(self, cells: Cells) -> None:
        self._cells.flash(cells, None)
        for number in sorted(self._versions):
            held, genome = self._versions[number]
            self._cells.flash(np.intersect1d(cells, held), genome)

    def flip_machine(self, kind: str, number: int, cells: Cells) -> None:
        """Bits flip in machine code or in the middle of an update."""
        flip = self._cells.flipper()
        assert flip is not None
        flip(kind, number, cells)
