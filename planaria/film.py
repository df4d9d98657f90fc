"""Films: a GIF of what the cells showed, each cell a square."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from firmware.atomic import atomic_file
from planaria.colour import state_on_white

FRAMES_MAX = 400
SIDE_PX = 384
FRAME_MS = 50
LAST_FRAME_MS = 1500


def save_film(path: Path, pictures: list[NDArray[np.int8]]) -> None:
    """Write a GIF, whole or not at all; of very long runs it shows every n-th picture.

    Args:
        path: of the GIF.
        pictures: int8[rows, cols, 4] each, premultiplied, 64 = 1.0.

    Raises:
        InputError: the file cannot be written.
    """
    shown = pictures[:: -(-len(pictures) // FRAMES_MAX)]
    scale = max(1, SIDE_PX // max(shown[0].shape[:2]))
    images = [Image.fromarray(state_on_white(p).repeat(scale, 0).repeat(scale, 1)) for p in shown]
    durations_ms = [FRAME_MS] * (len(images) - 1) + [LAST_FRAME_MS]
    with atomic_file(path) as file:
        images[0].save(file, "GIF", save_all=True, append_images=images[1:], duration=durations_ms, loop=0)
