"""A target small enough to train on within a test."""

import numpy as np
import pytest

from firmware.picture import Picture
from trainer.recipe import Recipe


@pytest.fixture
def target():
    picture = np.zeros((8, 8, 4), np.uint8)
    picture[2:6, 1:7] = (200, 100, 50, 255)
    return Picture.of(picture)


@pytest.fixture
def recipe():
    return Recipe(hidden=16, steps=6, pool=8, margin=2, seed=4)
