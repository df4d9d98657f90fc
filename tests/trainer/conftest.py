"""A target small enough to train on within a test, and what computes that."""

import numpy as np
import pytest

from firmware.errors import InputError
from firmware.picture import Picture
from trainer.backends import make_backend
from trainer.recipe import Recipe


@pytest.fixture
def target():
    picture = np.zeros((8, 8, 4), np.uint8)
    picture[2:6, 1:7] = (200, 100, 50, 255)
    return Picture.of(picture)


@pytest.fixture
def recipe():
    """With a rate at which the rule changes in a few steps."""
    return Recipe(hidden=16, steps=6, pool=8, margin=2, seed=4, rate=0.1, lost=0)


@pytest.fixture(scope="session")
def usual():
    """``usual(rows, cols)`` is a backend: compiled code, or torch where no compiler is."""

    def make(rows, cols, before=""):
        try:
            return make_backend("auto", rows, cols, "cpu")
        except InputError:
            pytest.skip("neither ziglang nor torch is installed")

    return make


@pytest.fixture(scope="session")
def begin(usual):
    """``begin(target, recipe, ...)`` is a training by the usual backend."""

    pytest.importorskip("safetensors", reason="the extra train is not installed")
    from trainer.training import Training, grid_size

    def make(target, recipe, *more, **others):
        return Training(target, recipe, usual(*grid_size(target, recipe)), *more, **others)

    return make


@pytest.fixture(scope="session")
def go_on(usual):
    """``go_on(path)`` resumes one."""
    pytest.importorskip("safetensors", reason="the extra train is not installed")
    from trainer.keeping import resume

    return lambda path: resume(path, usual)
