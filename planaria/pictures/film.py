"""Films: a GIF of what the cells showed, each cell where it lies."""

from collections.abc import Iterator
from math import isqrt
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from emulator.world.topology import Topology
from firmware.system.atomic import atomic_file
from planaria.pictures.canvas import canvas
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


def save_film(path: Path, topology: Topology, pictures: Recording) -> None:
    """Write a GIF, whole or not at all; of very long runs it shows every n-th picture.

    Args:
        path: of the GIF.
        topology: of the cells.
        pictures: one a round.

    Raises:
        InputError: the file cannot be written.
    """
    step = -(-len(pictures) // FRAMES_MAX)
    small = canvas(topology, 1)
    large = canvas(topology, cell_px(small.height, small.width))
    _save(
        path, (large.paint(state_on_white(picture)) for picture in pictures.every(step)), len(pictures), step
    )


def save_film_of_numbers(path: Path, topology: Topology, numbers: Recording) -> None:
    """Write a GIF of a variable: the larger its number in a cell, the brighter; a bar says which is which.

    Args:
        path: of the GIF.
        topology: of the cells.
        numbers: one picture a round, int64[...] in the topology's shape, ``NOTHING`` where no cell runs.

    Raises:
        InputError: the file cannot be written.
    """
    step = -(-len(numbers) // FRAMES_MAX)
    small = canvas(topology, 1)
    large = canvas(topology, cell_px(small.height, small.width))
    scale = Scale.of(numbers.every(step))
    bar = scale.bar(large.width)
    frames = (np.concatenate([large.paint(scale.paint(picture)), bar]) for picture in numbers.every(step))
    _save(path, frames, len(numbers), step)


def _save(path: Path, frames: Iterator[NDArray[np.uint8]], pictures: int, step: int) -> None:
    durations_ms = [FRAME_MS] * ((pictures - 1) // step) + [LAST_FRAME_MS]
    images = map(Image.fromarray, frames)
    with atomic_file(path) as file:
        next(images).save(file, "GIF", save_all=True, append_images=images, duration=durations_ms, loop=0)


def cell_px(rows: int, cols: int) -> int:
    """Side of a cell in a film, by the size of a picture in which it has one pixel."""
    return max(1, SIDE_PX // max(rows, cols), min(CELL_MIN_PX, isqrt(FRAME_MAX_PX // (rows * cols))))
