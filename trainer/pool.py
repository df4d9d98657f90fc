"""The sample pool: states that the rule has reached, from which training goes on (paper, experiment 2)."""

import numpy as np
from numpy.typing import NDArray

from firmware.budget import CHANNELS
from firmware.cell import seed_state
from trainer.rule import Float32


def seed_grid(rows: int, cols: int, seed: tuple[int, ...]) -> Float32:
    """A grid that holds one seed: float32[rows, cols, 16] in units of 1/64."""
    grid = np.zeros((rows, cols, CHANNELS), np.float32)
    grid[seed] = seed_state()
    return grid


class Pool:
    """``size`` grids, all seeds at first.

    Attributes:
        grids: float32[size, rows, cols, 16] in units of 1/64.
        whole: int8 of the same shape, what each was when it was whole for the first time.
        was_whole: bool[size], which of them have been.
    """

    def __init__(self, seed: Float32, size: int) -> None:
        self.seed = seed
        self.grids = np.repeat(seed[None], size, 0)
        self.whole = np.zeros(self.grids.shape, np.int8)
        self.was_whole = np.zeros(size, np.bool_)

    def reseed(self, places: NDArray[np.integer]) -> None:
        """Samples at some places of the pool begin again as seeds."""
        self.grids[places] = self.seed
        self.was_whole[places] = False

    def note_whole(self, place: int) -> None:
        """A sample is whole; if it is so for the first time, that is what it shall always be."""
        if not self.was_whole[place]:
            self.whole[place] = np.floor(self.grids[place] + np.float32(0.5)).clip(-128, 127)
            self.was_whole[place] = True
