"""Films: a GIF of what the cells showed, each cell a square."""

from pathlib import Path

from PIL import Image

from firmware.atomic import atomic_file
from planaria.colour import state_on_white
from planaria.recording import Recording

FRAMES_MAX = 400
SIDE_PX = 384
FRAME_MS = 50
LAST_FRAME_MS = 1500


def save_film(path: Path, pictures: Recording) -> None:
    """Write a GIF, whole or not at all; of very long runs it shows every n-th picture.

    Args:
        path: of the GIF.
        pictures: one a round.

    Raises:
        InputError: the file cannot be written.
    """
    step = -(-len(pictures) // FRAMES_MAX)
    scale = max(1, SIDE_PX // max(pictures[0].shape[:2]))
    images = (
        Image.fromarray(state_on_white(p).repeat(scale, 0).repeat(scale, 1)) for p in pictures.every(step)
    )
    durations_ms = [FRAME_MS] * ((len(pictures) - 1) // step) + [LAST_FRAME_MS]
    with atomic_file(path) as file:
        next(images).save(file, "GIF", save_all=True, append_images=images, duration=durations_ms, loop=0)
