"""Wounds for training: discs, half-planes and scattered cells, as masks over a batch of grids."""

import math

import torch
from torch import Tensor

SCATTER_SHARE = 0.2
"""Share of wounds that hit random cells; the rest are half discs, half half-planes."""


def _coordinates(rows: int, cols: int, device: torch.device) -> tuple[Tensor, Tensor]:
    """Cell coordinates from -1 to 1: y [rows, 1] and x [1, cols]."""
    y = torch.linspace(-1, 1, rows, device=device).view(-1, 1)
    x = torch.linspace(-1, 1, cols, device=device).view(1, -1)
    return y, x


def disc(rows: int, cols: int, generator: torch.Generator) -> Tensor:
    """A random disc as in the paper, experiment 3: bool[rows, cols]."""
    y, x = _coordinates(rows, cols, generator.device)
    u = torch.rand(3, generator=generator, device=generator.device)
    centre_y, centre_x, radius = u[0] - 0.5, u[1] - 0.5, 0.1 + 0.3 * u[2]
    return (y - centre_y) ** 2 + (x - centre_x) ** 2 < radius**2


def half_plane(rows: int, cols: int, generator: torch.Generator) -> Tensor:
    """All cells on one side of a random line near the centre. bool[rows, cols]."""
    y, x = _coordinates(rows, cols, generator.device)
    u = torch.rand(2, generator=generator, device=generator.device)
    angle, offset = u[0] * (2 * math.pi), 0.4 * u[1] - 0.2
    return torch.cos(angle) * x + torch.sin(angle) * y > offset


def scatter(rows: int, cols: int, generator: torch.Generator) -> Tensor:
    """Each cell with the same random probability of .1 to .5. bool[rows, cols]."""
    u = torch.rand(rows * cols + 1, generator=generator, device=generator.device)
    return (u[1:] < 0.1 + 0.4 * u[0]).view(rows, cols)


def wound(rows: int, cols: int, generator: torch.Generator) -> Tensor:
    """A wound of a random kind. bool[rows, cols], True where cells lose their state."""
    kind = float(torch.rand(1, generator=generator, device=generator.device))
    if kind < SCATTER_SHARE:
        return scatter(rows, cols, generator)
    if kind < SCATTER_SHARE + (1 - SCATTER_SHARE) / 2:
        return disc(rows, cols, generator)
    return half_plane(rows, cols, generator)
