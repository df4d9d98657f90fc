"""Films: a GIF of what the cells showed, each cell where it lies."""

from collections.abc import Callable
from itertools import repeat
from math import isqrt
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from emulator.world.topology import Topology
from firmware.system.atomic import atomic_file
from planaria.pictures.canvas import Rgb, canvas
from planaria.pictures.colour import state_on_white
from planaria.pictures.recording import Recording
from planaria.pictures.scale import Scale

FRAMES_MAX = 400
SIDE_PX = 384
CELL_MIN_PX = 4
FRAME_MAX_PX = 1 << 20
"""Cells are no smaller than CELL_MIN_PX where a frame then has no more pixels than this."""

FRAME_MS = 50
LAST_FRAME_MS = 1500


def save_film(path: Path, topology: Topology, pictures: Recording, where: Recording | None = None) -> None:
    """Write a GIF, whole or not at all; of very long runs it shows every n-th picture.

    Args:
        path: of the GIF.
        topology: of the cells.
        pictures: one a round.
        where: robots were then, int32[cells, 3] a round; None if cells do not move.

    Raises:
        InputError: the file cannot be written.
    """
    _save(path, topology, pictures, where, state_on_white)


def save_film_of_numbers(
    path: Path, topology: Topology, numbers: Recording, where: Recording | None = None
) -> None:
    """Write a GIF of a variable: the larger its number in a cell, the brighter; a bar says which is which.

    Args:
        path: of the GIF.
        topology: of the cells.
        numbers: one picture a round, int64[...] in the topology's shape, ``NOTHING`` where no cell runs.
        where: as of ``save_film``.

    Raises:
        InputError: the file cannot be written.
    """
    scale = Scale.of(numbers.every(_step(numbers)))
    _save(path, topology, numbers, where, scale.paint, scale.bar)


def _step(pictures: Recording) -> int:
    """Every so many-th picture is shown."""
    return -(-len(pictures) // FRAMES_MAX)


def _save(
    path: Path,
    topology: Topology,
    pictures: Recording,
    where: Recording | None,
    paint: Callable[[NDArray[Any]], Rgb],
    bar: Callable[[int], Rgb] | None = None,
) -> None:
    """Write a GIF of pictures whose cells are painted so, each above a bar for its width, if there is one."""
    step = _step(pictures)
    small = canvas(topology, 1)
    large = canvas(topology, cell_px(small.height, small.width))
    below = [bar(large.width)] if bar else []
    places = where.every(step) if where else repeat(None)
    frames = (
        np.concatenate([large.at(there).paint(paint(picture)), *below])
        for picture, there in zip(pictures.every(step), places, strict=False)
    )
    durations_ms = [FRAME_MS] * ((len(pictures) - 1) // step) + [LAST_FRAME_MS]
    images = map(Image.fromarray, frames)
    with atomic_file(path) as file:
        next(images).save(file, "GIF", save_all=True, append_images=images, duration=durations_ms, loop=0)


def cell_px(rows: int, cols: int) -> int:
    """Side of a cell in a film, by the size of a picture in which it has one pixel."""
    return max(1, SIDE_PX // max(rows, cols), min(CELL_MIN_PX, isqrt(FRAME_MAX_PX // (rows * cols))))
