"""Rules and samples drawn at random, and backends, for tests."""

from importlib.util import find_spec

import numpy as np
import pytest

from firmware.arithmetic import Rule
from trainer.backend import Babble, Sample
from trainer.backends import make_backend
from trainer.kernels import KERNELS, NotHereError
from trainer.rule import Weights
from trainer.wakes import draw_fire, draw_lost

TORCH = "torch"
BACKENDS = (TORCH, *KERNELS)


def backend_of(name, rows, cols, workers=1):
    """Torch or a kernel; the test is skipped where it cannot be."""
    if name == TORCH:
        pytest.importorskip("torch", reason="the extra torch is not installed")
        return make_backend(TORCH, rows, cols, "cpu")
    if find_spec("ziglang") is None:
        pytest.skip("ziglang is not installed")
    try:
        return make_backend(name, rows, cols, workers=workers)
    except NotHereError as error:
        pytest.skip(error.limit)


def random_rule(draws, scale, hidden=24, shifts=(6, 8)):
    """Weights up to a scale, below 0 up to one more; biases up to 2000."""
    w1, b1, w2 = (
        draws.integers(-most - 1, most + 1, shape).astype(np.int32)
        for most, shape in ((scale, (hidden, 48)), (2000, hidden), (scale, (hidden, 16)))
    )
    return Rule(w1, b1, w2, *shifts)


def random_weights(draws, scale, hidden=24):
    """Of a rule between those that integers can say, and of the one that rounds to it."""
    exact = Weights.of(random_rule(draws, scale, hidden))
    between = [w + draws.uniform(-0.4, 0.4, w.shape).astype(np.float32) for w in exact[:3]]
    return Weights(*between, *exact[3:]), exact


def random_states(draws, *shape):
    """Whole states of grids: few cells of their left third have one, and the last cell is mature."""
    states = draws.integers(-128, 128, (*shape, 16)).astype(np.float32)
    third = shape[-1] // 3
    states[..., :third, :][draws.random((*shape[:-1], third)) < 0.8] = 0
    states[..., -1, -1, 3] = 100
    return states


def random_babble(draws, rows, cols, steps):
    """Every fourth cell babbles, the one in the last corner, too; now and then with a blank state."""
    cells = draws.random((rows, cols)) < 0.25
    cells[-1, -1] = True
    said = draws.integers(-128, 128, (steps, int(cells.sum()), 16)).astype(np.float32)
    said[draws.random(said.shape[:2]) < 0.3] = 0
    return Babble(cells, said)


def random_sample(draws, rows, cols, steps=6, quantised=True, losing=4, holed=0.2, babbling=0, heard=True):
    """A sample whose cells wake every second step; of messages so many sixteenths are lost.

    Some cells babble in so many steps.
    """
    states = random_states(draws, rows, cols)
    if not quantised:
        states += draws.uniform(-0.5, 0.5, states.shape).astype(np.float32)
        states = states.clip(-128, 127)
    hole = draws.random((rows, cols)) < holed
    hole[-1, -1] = False
    fire = draw_fire(draws, steps, 1, rows, cols)
    lost = draw_lost(draws, steps, losing, rows, cols)
    babble = random_babble(draws, rows, cols, babbling) if babbling else None
    return Sample(states, heard, hole, fire, lost, quantised, babble)


def graded(sample, states):
    """A gradient that pulls on every channel of every cell, and depends a little on what it is."""
    toward = np.cos(np.arange(states.size, dtype=np.float32)).reshape(states.shape)
    return toward + states * np.float32(1 / 256)


def difference(found, expected):
    """Of two arrays, relative to the second one's length."""
    return float(np.linalg.norm(found - expected) / np.linalg.norm(expected))


def cosine(found, expected):
    """Of the angle between two arrays."""
    return float((found * expected).sum() / (np.linalg.norm(found) * np.linalg.norm(expected)))
