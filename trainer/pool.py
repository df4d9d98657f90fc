"""The sample pool: states that the rule has reached, from which training goes on (paper, experiment 2)."""

import numpy as np
import torch
from torch import Tensor

from firmware.cell import seed_state


def seed_grid(rows: int, cols: int, seed: tuple[int, ...], device: torch.device) -> Tensor:
    """A grid that holds one seed: float32[rows, cols, 16] in units of 1/64."""
    grid = torch.zeros(rows, cols, 16, device=device)
    grid[seed] = torch.from_numpy(seed_state().astype(np.float32)).to(device)
    return grid


class Pool:
    """``size`` grids, all seeds at first: ``grids`` is float32[size, rows, cols, 16]."""

    def __init__(self, seed_grid: Tensor, size: int) -> None:
        self.seed_grid = seed_grid
        self.grids = seed_grid.repeat(size, 1, 1, 1)

    def draw(self, batch: int, generator: torch.Generator) -> Tensor:
        """Indices of ``batch`` different samples, int64[batch]."""
        return torch.randperm(len(self.grids), generator=generator, device=generator.device)[:batch]
