"""Proof that a backend's quantised forward pass is the firmware's arithmetic, byte by byte."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from firmware import arithmetic
from firmware.arithmetic import Rule
from firmware.budget import CHANNELS, PORTS
from firmware.cell import seed_state
from firmware.ports import OFFSETS, opposite
from trainer.backend import Backend
from trainer.damage import Damage
from trainer.recipe import Recipe
from trainer.rule import Weights
from trainer.wakes import draw_fire, draw_lost, unpacked

LOST = 4
"""Sixteenths of the messages that are lost."""

WOUND_EVERY_STEPS = 16


@dataclass(frozen=True)
class Comparison:
    """How many state bytes were compared, and how many differed."""

    bytes_compared: int
    mismatches: int


class FirmwareWorld:
    """Grids whose cells live by the firmware's integers, each with an inbox of its own.

    Args:
        rule: the quantised weights.
        states: int8[n, rows, cols, 16]; power has just come on.

    Attributes:
        own: what cells are, int8[n, rows, cols, 16].
        inbox: what they have last heard on each port, int8[n, rows, cols, 8, 16].
    """

    def __init__(self, rule: Rule, states: NDArray[np.int8]) -> None:
        self.rule, self.own = rule, states.copy()
        self.inbox = np.zeros((*states.shape[:3], PORTS, CHANNELS), np.int8)

    def step(self, fire: NDArray[np.bool_], lost: NDArray[np.bool_]) -> None:
        """Some cells wake, bool[n, rows, cols], and tell their neighbours; bool[n, rows, cols, 8] is lost."""
        self.own[fire] = arithmetic.update(self.rule, self.own[fire], self.inbox[fire])
        self._tell(fire, lost)

    def restart(self, hole: NDArray[np.bool_]) -> None:
        """Cells restart: bool[n, rows, cols]."""
        self.own[hole] = 0
        self.inbox[hole] = 0

    def _tell(self, fire: NDArray[np.bool_], lost: NDArray[np.bool_]) -> None:
        _, rows, cols = fire.shape
        for port, (down, right) in enumerate(OFFSETS):
            number, row, col = np.nonzero(fire & ~lost[..., port])
            there = ((row + down >= 0) & (row + down < rows)) & ((col + right >= 0) & (col + right < cols))
            number, row, col = number[there], row[there], col[there]
            self.inbox[number, row + down, col + right, opposite(port)] = self.own[number, row, col]


def compare(backend: Backend, rule: Rule, rows: int, cols: int, steps: int, seed: int = 0) -> Comparison:
    """Grow, wound and scramble a few grids both ways, and compare every state byte of every step.

    One grid holds a growing seed, one is wounded every 16 steps, and one has random bytes. A fourth of
    all messages is lost.

    Args:
        backend: for grids of this size.
        rule: the quantised weights.
        rows: of the grids.
        cols: likewise.
        steps: to compare.
        seed: of what happens.
    """
    draws = np.random.default_rng(seed)
    grids = np.zeros((3, rows, cols, CHANNELS), np.int8)
    grids[:2, rows // 2, cols // 2] = seed_state()
    grids[2] = draws.integers(-128, 128, grids[2].shape)
    damage = Damage(rows, cols, min(rows, cols))
    expected = FirmwareWorld(rule, grids)
    world = backend.world(Weights.of(rule), grids.astype(np.float32))
    mismatches = 0
    for step in range(steps):
        if step % WOUND_EVERY_STEPS == 0:
            hole = np.zeros(grids.shape[:3], np.bool_)
            hole[1] = damage.draw(draws, Recipe().damage(0)).cells
            expected.restart(hole)
            world.restart(hole)
        fire = draw_fire(draws, len(grids), 1, rows, cols)
        lost = draw_lost(draws, len(grids), LOST, rows, cols)
        assert lost is not None
        expected.step(unpacked(fire, rows, cols), np.moveaxis(unpacked(lost, rows, cols), 1, -1))
        world.live(fire[None], lost[None])
        mismatches += int((world.states != expected.own).sum())
    return Comparison(steps * grids.size, mismatches)
