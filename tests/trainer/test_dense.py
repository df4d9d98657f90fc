"""The baselines of the benchmark do what the paper does, and not less."""

import numpy as np
import pytest

from firmware.arithmetic import Rule
from trainer import dense


def make(name, rule, states):
    pytest.importorskip(name)
    if name == "torch":
        return dense.torch_steps(rule, states, compiled=False)
    return {"jax": dense.jax_steps, "cax": dense.cax_steps}[name](rule, states)


def alive(grid):
    alpha = np.pad(grid[..., 3], 1)
    rows, cols = grid.shape[:2]
    near = [alpha[r : r + rows, c : c + cols] for r in range(3) for c in range(3)]
    return np.max(near, axis=0) > 7 / 64


def paper_step(rule, grid):
    """Experiment 1 of the paper with a fire rate of 1, in doubles."""
    rows, cols = grid.shape[:2]
    padded = np.pad(grid, ((1, 1), (1, 1), (0, 0)))
    sobel = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]) / 8

    def gradient(kernel):
        return sum(kernel[r, c] * padded[r : r + rows, c : c + cols] for r in range(3) for c in range(3))

    seen = np.concatenate([grid, gradient(sobel), gradient(sobel.T)], -1)
    w1, b1, w2 = (w / 64 for w in (rule.w1, rule.b1, rule.w2))
    after = grid + np.maximum(seen @ w1.T + b1, 0) @ w2
    return after * (alive(grid) & alive(after))[..., None]


@pytest.mark.parametrize("name", ["torch", "jax", "cax"])
def test_a_step_is_the_papers(name, monkeypatch):
    monkeypatch.setattr(dense, "FIRE_RATE", 2.0)
    monkeypatch.setattr(dense, "CHUNK", 1)
    random = np.random.default_rng(0)
    w1 = random.integers(-20, 21, (32, 48))
    rule = Rule(w1, random.integers(-60, 61, 32), random.integers(-9, 10, (32, 16)), 6, 6)
    states = np.zeros((20, 24, 16), np.int8)
    states[5:14, 6:17] = random.integers(-64, 65, (9, 11, 16))
    result, expected = make(name, rule, states)(1), paper_step(rule, states / 64)
    assert alive(states / 64).any()
    assert np.abs(result - expected).max() < 1e-4


@pytest.mark.parametrize("name", ["torch", "jax", "cax"])
def test_half_of_the_cells_update(name, monkeypatch):
    """A rule that adds 1/8 to alpha wherever a cell fires."""
    monkeypatch.setattr(dense, "CHUNK", 1)
    w2 = np.zeros((1, 16), np.int8)
    w2[0, 3] = 8
    rule = Rule(np.zeros((1, 48), np.int8), np.array([64]), w2, 6, 6)
    states = np.zeros((60, 60, 16), np.int8)
    states[..., 3] = 64
    fired = np.isclose(make(name, rule, states)(1)[..., 3], 1.125)
    assert 0.45 < fired.mean() < 0.55
