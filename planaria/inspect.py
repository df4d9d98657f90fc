"""What is in a genome, against the budget of a cell; and its picture in a terminal."""

import os
import sys
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from firmware import image
from firmware.budget import CHANNELS, PERCEPTION, RAM_BYTES, ROM_BYTES
from firmware.clock import Timing
from firmware.genome import Genome
from firmware.memory import FIELD

PIXELS: Final = " '.:"
"""Of an upper and a lower pixel: none, the upper, the lower, both."""


def describe(genome: Genome) -> dict[str, Any]:
    """The facts that ``--json`` prints."""
    flash = image.build(genome, Timing())
    static = FIELD["stack"].offset
    return {
        "name": genome.name,
        "regime": genome.regime,
        "crc32": f"{genome.crc32():08x}",
        "shape": [PERCEPTION, genome.hidden, CHANNELS],
        "shift1": genome.shift1,
        "shift2": genome.shift2,
        "range": {name: [int(w.min()), int(w.max())] for name, w in _weights(genome).items()},
        "rom_bytes": {"image": len(flash), "left_for_code": ROM_BYTES - len(flash), "budget": ROM_BYTES},
        "ram_bytes": {"static": static, "left_for_stack": RAM_BYTES - static, "budget": RAM_BYTES},
        "target": {"width": genome.target.width, "height": genome.target.height, "seed": genome.target.seed},
        "facts": dict(genome.facts),
    }


def _weights(genome: Genome) -> dict[str, np.ndarray[Any, Any]]:
    return {"w1": genome.w1, "b1": genome.b1, "w2": genome.w2}


def shows_colours() -> bool:
    """Whether somebody sees standard output who wants colours (https://no-color.org)."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def plain_picture(opaque: NDArray[np.bool_]) -> str:
    """bool[h, w] as letters: two rows of pixels in a line of text."""
    if len(opaque) % 2:
        opaque = np.concatenate([opaque, np.zeros_like(opaque[:1])])
    letters = np.array(list(PIXELS))[opaque[0::2] + 2 * opaque[1::2]]
    return "\n".join("".join(line).rstrip() for line in letters)


def terminal_picture(rgb: np.ndarray[Any, np.dtype[np.uint8]]) -> str:
    """uint8[h, w, 3] as coloured half blocks: two rows of pixels in a line of text."""
    if len(rgb) % 2:
        rgb = np.concatenate([rgb, np.full_like(rgb[:1], 255)])
    lines = []
    for upper, lower in zip(rgb[0::2], rgb[1::2], strict=True):
        cells = [
            f"\x1b[38;2;{u[0]};{u[1]};{u[2]};48;2;{v[0]};{v[1]};{v[2]}m▀"
            for u, v in zip(upper, lower, strict=True)
        ]
        lines.append("".join(cells) + "\x1b[0m")
    return "\n".join(lines)
