"""A cube of cells seen at a slant: one layer behind the other, each a little higher and to the right."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from firmware.budget import ALPHA, ONE
from planaria.pictures.canvas import CELL_PX, LINE_GREY, WHITE

SLANT_PX: Final = CELL_PX // 2
"""Half a cell, as in a cabinet projection: depth looks half as long as it is."""


def projected(picture: NDArray[np.int8]) -> NDArray[np.uint8]:
    """All layers in one picture; cells that show nothing are as if of glass.

    Args:
        picture: int8[layers, rows, cols, 4], premultiplied, 64 = 1.0; the first layer is in front.

    Returns:
        uint8[height, width, 3].
    """
    layers, rows, cols, _ = picture.shape
    high, wide, depth = rows * CELL_PX, cols * CELL_PX, (layers - 1) * SLANT_PX
    paper = np.full((high + depth, wide + depth, 3), float(WHITE))
    for layer in reversed(range(layers)):
        top, left = depth - layer * SLANT_PX, layer * SLANT_PX
        below = paper[top : top + high, left : left + wide]
        sheet = np.clip(picture[layer].repeat(CELL_PX, 0).repeat(CELL_PX, 1) / ONE, 0, 1)
        below[...] = WHITE * sheet[..., :ALPHA] + (1 - sheet[..., ALPHA:]) * below
        if layer in (0, layers - 1):
            for edge in (below[0], below[-1], below[:, 0], below[:, -1]):
                np.minimum(edge, LINE_GREY, out=edge)
    return np.clip(paper, 0, WHITE).astype(np.uint8)
