"""From premultiplied pictures to what a person sees on white."""

import numpy as np
from numpy.typing import NDArray

from firmware.budget import ONE


def state_on_white(rgba: NDArray[np.int8]) -> NDArray[np.uint8]:
    """Cell colours, int8[..., 4] with 64 = 1.0 -> uint8[..., 3]."""
    values = rgba.astype(np.int32) * 255 // ONE
    return _on_white(values)


def target_on_white(rgba: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Target colours, uint8[..., 4] premultiplied -> uint8[..., 3]."""
    return _on_white(rgba.astype(np.int32))


def _on_white(values: NDArray[np.int32]) -> NDArray[np.uint8]:
    alpha = np.clip(values[..., 3:], 0, 255)
    rgb: NDArray[np.uint8] = np.clip(values[..., :3] + 255 - alpha, 0, 255).astype(np.uint8)
    return rgb
