"""Training: gathered cells and a gradient by hand, beside dense convolution and autograd."""

import time
from collections.abc import Callable

import torch
from torch import Tensor

from firmware.budget import PERCEPTION
from trainer.rollout import Noise, Sheet, Weights, roll

SIDE, BATCH, STEPS, HIDDEN, REPEATS = 24, 4, 40, 128, 5
RADIUS = 8


def measure() -> dict[str, float]:
    """Milliseconds per step, forward and backward, of both ways on the same organism."""
    torch.set_num_threads(1)
    generator = torch.Generator().manual_seed(0)
    sheet = Sheet(BATCH, SIDE, SIDE)
    grids = torch.zeros(BATCH, SIDE, SIDE, 16)
    axis = torch.arange(SIDE) - SIDE // 2
    grids[:, axis[:, None] ** 2 + axis**2 < RADIUS**2] = 64.0
    w1 = (torch.rand(HIDDEN, PERCEPTION, generator=generator) - 0.5) * 18
    weights = Weights(w1, torch.zeros(HIDDEN), torch.zeros(HIDDEN, 16), 6, 8)
    for tensor in weights[:3]:
        tensor.requires_grad_()
    fire = torch.rand(STEPS, sheet.cells, generator=generator) < 0.5
    gathered = _ms_per_step(
        lambda: roll(sheet.pack(grids), weights, Noise(fire, [0] * STEPS), sheet, quantised=False)
    )
    dense_fire = torch.stack([sheet.unpack(f[:, None].repeat(1, 16).float()) for f in fire])
    dense = _ms_per_step(lambda: _dense(grids, weights, dense_fire))
    return {
        "training step, gathered, ms": gathered,
        "training step, dense autograd, ms": dense,
        "dense autograd / gathered": dense / gathered,
    }


def _ms_per_step(forward: Callable[[], Tensor]) -> float:
    """Best of several."""
    times = []
    for _ in range(REPEATS):
        started = time.perf_counter()
        (forward() ** 2).mean().backward()  # type: ignore[no-untyped-call]
        times.append(time.perf_counter() - started)
    return 1000 * min(times) / STEPS


def _dense(grids: Tensor, weights: Weights, fire: Tensor) -> Tensor:
    """The paper's way: every cell is computed, then a mask throws half of it away."""
    kernel = torch.tensor([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]]) / 4
    filters = torch.stack([kernel, kernel.T])[:, None].repeat(16, 1, 1, 1)
    state = grids.permute(0, 3, 1, 2)
    layer1 = torch.cat([weights.w1[:, :16], weights.w1[:, 16::2], weights.w1[:, 17::2]], 1)[..., None, None]
    layer2 = weights.w2.T[..., None, None]
    for mask in fire:
        before = _alive(state)
        seen = torch.cat([state, torch.nn.functional.conv2d(state, filters, padding=1, groups=16)], 1)
        hidden = torch.nn.functional.conv2d(seen, layer1, weights.b1).div(64).clamp(0, 127)
        change = torch.nn.functional.conv2d(hidden, layer2).div(256)
        state = (state + change * mask.permute(0, 3, 1, 2)).clamp(-128, 127)
        state = state * (before & _alive(state))
    return state


def _alive(state: Tensor) -> Tensor:
    return torch.nn.functional.max_pool2d(state[:, 3:4], 3, 1, 1) >= 6.5
