"""Training by CAX (Faldor and Cully, ICLR 2025), where it is installed, beside ours.

Its world is the paper's: all cells at once see each other's present states, and half of them change. So it
computes the whole grid, and has no inboxes, no loss of messages and no int8. An optimiser step is as many
steps of as many grids as ours.
"""

import time
from importlib.util import find_spec
from typing import Any, Final

from benchmarks.training import BATCH, MARGIN, REPEATS, rollout_steps
from firmware.budget import CHANNELS, HIDDEN_MAX, VISIBLE
from trainer.dense import cax_system

SIZES_PX: Final = (16, 40)
RATE: Final = 2e-3


def measure() -> dict[str, float]:
    """Optimiser steps per second of CPU time."""
    if not find_spec("cax"):
        return {}
    return {f"training at {px} px, cax, steps/s": 1 / _seconds(px) for px in SIZES_PX}


def _seconds(px: int) -> float:
    import jax.numpy as jnp

    side = px + 2 * MARGIN
    learn = _learner(rollout_steps(px))
    states, wanted = jnp.ones((BATCH, side, side, CHANNELS)), jnp.zeros((side, side, VISIBLE))
    learn(states, wanted).block_until_ready()  # compiles
    seconds = []
    for _ in range(REPEATS):
        started = time.process_time()
        learn(states, wanted).block_until_ready()
        seconds.append(time.process_time() - started)
    return min(seconds)


def _learner(steps: int) -> Any:
    """Takes float32[batch, rows, cols, 16] and a picture, makes an optimiser step, and returns the loss."""
    import jax.numpy as jnp
    import optax
    from flax import nnx

    system = cax_system(HIDDEN_MAX)
    optimiser = nnx.Optimizer(system, optax.adam(RATE), wrt=nnx.Param)
    axes = nnx.StateAxes({nnx.RngState: 0, ...: None})

    def loss(system: Any, states: Any, wanted: Any) -> Any:
        each = nnx.vmap(lambda system, state: system(state, num_steps=steps), in_axes=(axes, 0))
        ends = nnx.split_rngs(splits=BATCH)(each)(system, states)
        return jnp.mean((ends[..., :VISIBLE] - wanted) ** 2)

    @nnx.jit  # type: ignore[untyped-decorator]
    def learn(system: Any, optimiser: Any, states: Any, wanted: Any) -> Any:
        found, gradient = nnx.value_and_grad(loss)(system, states, wanted)
        optimiser.update(system, gradient)
        return found

    return lambda states, wanted: learn(system, optimiser, states, wanted)
