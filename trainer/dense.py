"""The paper's way to run a rule: all cells at once, a random half of them updated, in float32.

Baselines for ``planaria bench``, as fast as we know how to write them: synchronous, no links, no
faults, one big array. Experiment 1 of the paper; its cells see each other's present state.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from firmware.arithmetic import Rule
from firmware.budget import ALIVE_MIN, ALPHA, CHANNELS, ONE

FIRE_RATE = 0.5

Run = Callable[[int], None]
"""Makes so many steps; on average half of the cells update in each."""

SOBEL_X = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]], np.float32) / 8
ALIVE = ALIVE_MIN / ONE


def torch_steps(rule: Rule, states: NDArray[np.int8], compiled: bool) -> Run:
    """With torch, on one thread, eager or through ``torch.compile``.

    Args:
        rule: its weights are used as floats; what they are does not matter for the time.
        states: int8[rows, cols, 16] to begin with.
        compiled: whether to compile.
    """
    import torch
    from torch.nn.functional import conv2d, max_pool2d

    torch.set_num_threads(1)
    sobel = torch.from_numpy(SOBEL_X)
    kernels = torch.stack([sobel, sobel.T]).repeat(CHANNELS, 1, 1)[:, None]
    w1, b1, w2 = (torch.from_numpy(w.astype(np.float32) / 64) for w in (rule.w1, rule.b1, rule.w2.T))
    rows, cols = states.shape[:2]
    grid = torch.from_numpy(states.astype(np.float32) / ONE).permute(2, 0, 1)[None].contiguous()

    def alive(x: torch.Tensor) -> torch.Tensor:
        return max_pool2d(x[:, ALPHA : ALPHA + 1], 3, 1, 1) > ALIVE

    def step(x: torch.Tensor) -> torch.Tensor:
        before = alive(x)
        seen = torch.cat([x, conv2d(x, kernels, padding=1, groups=CHANNELS)], 1).view(3 * CHANNELS, -1)
        change = w2 @ torch.relu(torch.addmm(b1[:, None], w1, seen))
        fire = torch.rand(1, 1, rows, cols) < FIRE_RATE
        x = x + change.view(1, CHANNELS, rows, cols) * fire
        return x * (before & alive(x))

    stepper = torch.compile(step, dynamic=False) if compiled else step

    def run(steps: int) -> None:
        nonlocal grid
        with torch.inference_mode():
            for _ in range(steps):
                grid = stepper(grid)

    return run


def jax_steps(rule: Rule, states: NDArray[np.int8]) -> Run:
    """With JAX; arguments as for ``torch_steps``."""
    import jax
    import jax.numpy as jnp

    w1, b1, w2 = (jnp.asarray(w.astype(np.float32) / 64) for w in (rule.w1.T, rule.b1, rule.w2))
    grid, key = jnp.asarray(states.astype(np.float32) / ONE), jax.random.key(0)

    def alive(x: Any) -> Any:
        return jax.lax.reduce_window(x[..., ALPHA], -jnp.inf, jax.lax.max, (3, 3), (1, 1), "SAME") > ALIVE

    def sobel(x: Any, along: int, across: int) -> Any:
        smooth = jnp.roll(x, 1, across) + 2 * x + jnp.roll(x, -1, across)
        return jnp.roll(smooth, -1, along) - jnp.roll(smooth, 1, along)

    def step(carry: Any, _: None) -> Any:
        x, key = carry
        key, now = jax.random.split(key)
        seen = jnp.concatenate([x, sobel(x, 1, 0), sobel(x, 0, 1)], -1)
        change = jax.nn.relu(seen @ w1 + b1) @ w2
        fire = jax.random.uniform(now, x.shape[:2]) < FIRE_RATE
        after = x + change * fire[..., None]
        return (after * (alive(x) & alive(after))[..., None], key), None

    many = jax.jit(lambda carry: jax.lax.scan(step, carry, None, length=CHUNK)[0])
    carry = (grid, key)

    def run(steps: int) -> None:
        nonlocal carry
        for _ in range(-(-steps // CHUNK)):
            carry = many(carry)
        jax.block_until_ready(carry)

    return run


CHUNK = 8
"""Steps that JAX makes in one call."""
