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

CHUNK = 8
"""Steps that JAX and CAX make in one call."""

Run = Callable[[int], NDArray[np.float32]]
"""Makes so many steps, in each of which half of the cells update on average, and returns
float32[rows, cols, 16]."""

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
    # A grouped convolution gives both gradients of a channel in turn.
    order = np.r_[:CHANNELS, np.arange(CHANNELS, 3 * CHANNELS).reshape(2, -1).T.ravel()]
    weights = (rule.w1[:, order], rule.b1, rule.w2.T)
    w1, b1, w2 = (torch.from_numpy(w.astype(np.float32) / ONE) for w in weights)
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

    def run(steps: int) -> NDArray[np.float32]:
        nonlocal grid
        with torch.inference_mode():
            for _ in range(steps):
                grid = stepper(grid)
        return grid[0].permute(1, 2, 0).numpy()

    return run


def jax_steps(rule: Rule, states: NDArray[np.int8]) -> Run:
    """With JAX, a multiple of CHUNK steps at a time, on a torus; arguments as for ``torch_steps``."""
    import jax
    import jax.numpy as jnp

    w1, b1, w2 = (jnp.asarray(w.astype(np.float32) / ONE) for w in (rule.w1.T, rule.b1, rule.w2))
    w1 = w1.at[CHANNELS:].divide(8)
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

    def run(steps: int) -> NDArray[np.float32]:
        nonlocal carry
        for _ in range(steps // CHUNK):
            carry = many(carry)
        return np.asarray(carry[0])

    return run


def cax_system(hidden: int) -> Any:
    """A rule of CAX (Faldor and Cully, ICLR 2025) with so many hidden units, from its own modules.

    In CAX alpha is the last channel, and cells rest by dropout, which magnifies what the others change.
    """
    from cax.core.cs import ComplexSystem
    from cax.core.perceive import ConvPerceive
    from cax.core.update import NCAUpdate
    from flax import nnx

    shape = {"channel_size": CHANNELS, "perception_size": 3 * CHANNELS, "rngs": nnx.Rngs(0)}

    class Growing(ComplexSystem):  # type: ignore[misc]  # cax has no types for us
        def __init__(self) -> None:
            self.perceive = ConvPerceive(**shape, feature_group_count=CHANNELS)
            self.update = NCAUpdate(
                **shape,
                hidden_layer_sizes=(hidden,),
                step_size=min(1.0, FIRE_RATE),
                cell_dropout_rate=max(0.0, 1 - FIRE_RATE),
                alive_threshold=ALIVE,
            )

        def _step(self, state: Any, input: Any = None, *, sow: bool = False) -> Any:
            return self.update(state, self.perceive(state), input)

    return Growing()


def cax_steps(rule: Rule, states: NDArray[np.int8]) -> Run:
    """With CAX; arguments as for ``jax_steps``."""
    import jax.numpy as jnp
    from cax.core.perceive import grad_kernel, identity_kernel

    order = np.r_[:ALPHA, ALPHA + 1 : CHANNELS, ALPHA]
    inputs = np.stack([order, 2 * CHANNELS + order, CHANNELS + order], 1).ravel()
    system = cax_system(len(rule.b1))
    looks = jnp.concatenate([identity_kernel(2), grad_kernel(2)], -1)
    system.perceive.conv.kernel[...] = jnp.tile(looks, CHANNELS)[:, :, None]
    first, second = system.update.layers
    w1, b1, w2 = (w.astype(np.float32) / ONE for w in (rule.w1[:, inputs].T, rule.b1, rule.w2[:, order]))
    first.kernel[...], first.bias[...], second.kernel[...] = w1[None, None], b1, w2[None, None]
    grid = jnp.asarray(states[..., order].astype(np.float32) / ONE)

    def run(steps: int) -> NDArray[np.float32]:
        nonlocal grid
        for _ in range(steps // CHUNK):
            grid = system(grid, num_steps=CHUNK)
        return np.asarray(grid)[..., np.argsort(order)]

    return run
