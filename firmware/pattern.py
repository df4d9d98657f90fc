"""How far a grid's picture is from the target: the error E, from integers only.

E = 1000 * mean squared RGBA error over the grid / mean square of the target over the grid.
About 1 looks perfect, above 10 is bad, and an empty grid has 1000.
"""

import numpy as np
from numpy.typing import NDArray

from firmware.budget import ONE
from firmware.errors import InputError

UNIT = 255 * ONE
"""Differences are taken in units of 1/16320, in which uint8 colours and int8 states are whole."""


def place(target: NDArray[np.uint8], rows: int, cols: int, seed: tuple[int, int]) -> NDArray[np.uint8]:
    """The target on an empty grid, its pixel (h // 2, w // 2) on the seed.

    Args:
        target: uint8[h, w, 4], premultiplied.
        rows: height of the grid, in cells.
        cols: width of the grid, in cells.
        seed: (row, column) of the seed.

    Returns:
        uint8[rows, cols, 4].

    Raises:
        InputError: it does not fit.
    """
    height, width = target.shape[:2]
    top, left = seed[0] - height // 2, seed[1] - width // 2
    if top < 0 or left < 0 or top + height > rows or left + width > cols:
        raise InputError(
            "target",
            f"{width}x{height} px on a grid of {cols}x{rows}",
            "it must fit around the seed",
            "choose a larger grid",
        )
    placed = np.zeros((rows, cols, 4), np.uint8)
    placed[top : top + height, left : left + width] = target
    return placed


def pattern_error(rgba: NDArray[np.int8], placed: NDArray[np.uint8]) -> float:
    """E of a picture.

    Args:
        rgba: int8[..., 4], the first four state channels, 64 = 1.0.
        placed: uint8[..., 4] of the same shape, 255 = 1.0.
    """
    wanted = placed.astype(np.int64) * ONE
    difference = rgba.astype(np.int64) * 255 - wanted
    return 1000 * int((difference**2).sum()) / int((wanted**2).sum())
