"""Films: a GIF of what the cells showed, each cell where it lies."""

from math import isqrt
from pathlib import Path

from PIL import Image

from emulator.world.topology import Topology
from firmware.system.atomic import atomic_file
from planaria.pictures.canvas import canvas
from planaria.pictures.colour import state_on_white
from planaria.pictures.recording import Recording

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
    images = (Image.fromarray(large.paint(state_on_white(p))) for p in pictures.every(step))
    durations_ms = [FRAME_MS] * ((len(pictures) - 1) // step) + [LAST_FRAME_MS]
    with atomic_file(path) as file:
        next(images).save(file, "GIF", save_all=True, append_images=images, duration=durations_ms, loop=0)


def cell_px(rows: int, cols: int) -> int:
    """Side of a cell in a film, by the size of a picture in which it has one pixel."""
    return max(1, SIDE_PX // max(rows, cols), min(CELL_MIN_PX, isqrt(FRAME_MAX_PX // (rows * cols))))
