"""A genome of random weights: no training needed, and nothing in it is special."""

import numpy as np

from firmware.genome import Genome
from firmware.picture import Picture

FACTS = {"command": "by hand", "seed": 11, "E_sync_200": 1.5}


def small_genome(hidden=4, name="random", facts=FACTS):
    draws = np.random.default_rng(11)
    picture = np.zeros((5, 4, 4), np.uint8)
    picture[1:4, 1:3] = (200, 100, 50, 255)
    return Genome(
        name=name,
        w1=draws.integers(-40, 41, (hidden, 48)).astype(np.int8),
        b1=draws.integers(-900, 900, hidden).astype(np.int16),
        w2=draws.integers(-120, 121, (hidden, 16)).astype(np.int8),
        shift1=6,
        shift2=8,
        regime="regenerating",
        target=Picture.of(picture),
        facts=facts,
    )
