"""The eight ports of a cell, clockwise from north, and what a gradient takes from each."""

import numpy as np
from numpy.typing import NDArray

from firmware.budget import PORTS

NAMES = ("N", "NE", "E", "SE", "S", "SW", "W", "NW")

OFFSETS = ((-1, 0), (-1, 1), (0, 1), (1, 1), (1, 0), (1, -1), (0, -1), (-1, -1))
"""(rows down, columns right) from a cell to its neighbour on each port."""

SOBEL_X: NDArray[np.int32] = np.array([0, 1, 2, 1, 0, -1, -2, -1], np.int32)
"""Weight of each port in the horizontal Sobel gradient, int32[8]."""

SOBEL_Y: NDArray[np.int32] = np.array([-2, -1, 0, 1, 2, 1, 0, -1], np.int32)
"""Weight of each port in the vertical Sobel gradient, int32[8]."""


def opposite(port: int) -> int:
    """The neighbour's port at the other end of this port's link."""
    return (port + PORTS // 2) % PORTS
