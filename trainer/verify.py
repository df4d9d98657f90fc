"""Proof that the trainer's quantised forward pass is the firmware's arithmetic, byte by byte."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from firmware import arithmetic
from firmware.arithmetic import Rule
from firmware.cell import seed_state
from firmware.ports import OFFSETS
from trainer.damage import wound
from trainer.rollout import Noise, Sheet, Weights, roll

Grids = NDArray[np.int8]


@dataclass(frozen=True)
class Comparison:
    """How many state bytes were compared, and how many differed."""

    bytes_compared: int
    mismatches: int


def firmware_step(rule: Rule, grids: Grids, fire: NDArray[np.bool_]) -> Grids:
    """One step by the firmware: every cell that fires updates from its neighbours' present states.

    Args:
        rule: the quantised weights.
        grids: int8[batch, rows, cols, 16]; cells beyond the border are blank.
        fire: bool[batch, rows, cols].
    """
    _, rows, cols, _ = grids.shape
    padded = np.pad(grids, ((0, 0), (1, 1), (1, 1), (0, 0)))
    inbox = np.stack([padded[:, 1 + y : 1 + y + rows, 1 + x : 1 + x + cols] for y, x in OFFSETS], axis=3)
    after = grids.copy()
    after[fire] = arithmetic.update(rule, grids[fire], inbox[fire])
    return after


@torch.no_grad()
def trainer_step(rule: Rule, grids: Grids, fire: NDArray[np.bool_]) -> Grids:
    """The same step by the trainer's quantised forward pass."""
    batch, rows, cols, _ = grids.shape
    sheet = Sheet(batch, rows, cols)
    flat = sheet.pack(torch.from_numpy(grids.astype(np.float32)))
    noise = Noise(sheet.pack(torch.from_numpy(np.repeat(fire[..., None], 16, -1)))[None, :, 0], [0])
    stepped = roll(flat, Weights.of(rule), noise, sheet, quantised=True)
    after: Grids = sheet.unpack(stepped).numpy().astype(np.int8)
    return after


def compare(rule: Rule, rows: int, cols: int, steps: int, seed: int = 0) -> Comparison:
    """Grow, wound and scramble a few grids both ways, and compare every state byte of every step.

    The batch holds a growing seed, one that is wounded every 16 steps, and one of random bytes.
    """
    draws = np.random.default_rng(seed)
    generator = torch.Generator().manual_seed(seed)
    grids = np.zeros((3, rows, cols, 16), np.int8)
    grids[:2, rows // 2, cols // 2] = seed_state()
    mismatches = 0
    for step in range(steps):
        if step % 16 == 0:
            grids[1][wound(rows, cols, generator).numpy()] = 0
            grids[2] = draws.integers(-128, 128, grids[2].shape)
        fire = draws.random(grids.shape[:3]) < 0.5
        expected = firmware_step(rule, grids, fire)
        mismatches += int((trainer_step(rule, grids, fire) != expected).sum())
        grids = expected
    return Comparison(steps * grids.size, mismatches)
