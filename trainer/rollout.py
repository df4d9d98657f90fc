"""Many steps of the update rule on a batch of grids, and their gradient, in torch.

The forward pass is ``firmware.arithmetic`` on float32 tensors: states, weights and accumulators
are in the firmware's integer units (64 = 1.0), and every intermediate stays below 2**24, where
float32 is exact. ``quantised=True`` rounds where the firmware rounds and is equal to it bit for
bit; ``quantised=False`` leaves the rounding out and is what float training uses.

Only cells that fire and are alive are gathered and computed. The gradient is backpropagation
through time written out by hand: rounding and 16-bit wrapping pass it through, and clamps stop it,
but for the clamp of the new state, which lets pass what pulls a saturated channel back into range.

Grids are stored flat with a border of one blank cell: float32[batch * (rows + 2) * (cols + 2), 16].
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from firmware.arithmetic import GRADIENT_SHIFT, HIDDEN_LIMIT, Rule
from firmware.budget import ALIVE_MIN, ALPHA, CHANNELS

GRADIENT_UNIT = 1 << GRADIENT_SHIFT
MATURE = ALIVE_MIN - 0.5
"""Alpha from which a cell counts as mature; the same as ``ALIVE_MIN`` when alpha is whole."""


@dataclass(frozen=True)
class Sheet:
    """The shape of a batch of flat, bordered grids."""

    batch: int
    rows: int
    cols: int

    @property
    def pitch(self) -> int:
        """Distance from a cell to the one below it."""
        return self.cols + 2

    @property
    def cells(self) -> int:
        """Cells of the batch, borders included."""
        return self.batch * (self.rows + 2) * self.pitch

    def inside(self, device: torch.device) -> Tensor:
        """Which cells are not border: bool[cells]."""
        mask = torch.zeros(self.batch, self.rows + 2, self.pitch, dtype=torch.bool, device=device)
        mask[:, 1:-1, 1:-1] = True
        return mask.flatten()

    def pack(self, grids: Tensor) -> Tensor:
        """[batch, rows, cols, 16] -> flat [cells, 16]."""
        return torch.nn.functional.pad(grids, (0, 0, 1, 1, 1, 1)).reshape(self.cells, CHANNELS)

    def unpack(self, flat: Tensor) -> Tensor:
        """Flat [cells, 16] -> [batch, rows, cols, 16]."""
        return flat.view(self.batch, self.rows + 2, self.pitch, CHANNELS)[:, 1:-1, 1:-1]


class Weights(NamedTuple):
    """A rule in firmware units: w1 [H, 48], b1 [H], w2 [H, 16] float32, and the two shifts."""

    w1: Tensor
    b1: Tensor
    w2: Tensor
    shift1: int
    shift2: int

    @classmethod
    def of(cls, rule: Rule) -> "Weights":
        """The weights of an integer rule."""
        w1, b1, w2 = (torch.from_numpy(w.astype(np.float32)) for w in (rule.w1, rule.b1, rule.w2))
        return cls(w1, b1, w2, rule.shift1, rule.shift2)


class Noise(NamedTuple):
    """What is random about a rollout.

    ``fire`` is bool[steps, cells], which cells wake in a step; ``stale`` gives for each step how
    many steps old the neighbours' states are that the cells see (0: current).
    """

    fire: Tensor
    stale: list[int]


def roll(flat: Tensor, weights: Weights, noise: Noise, sheet: Sheet, quantised: bool) -> Tensor:
    """Run ``len(noise.fire)`` steps: float32[cells, 16] -> float32[cells, 16].

    Differentiable in ``flat`` and in the three weight tensors.
    """
    final: Tensor = _Rollout.apply(flat, weights.w1, weights.b1, weights.w2, weights, noise, sheet, quantised)  # type: ignore[no-untyped-call]
    return final


def sobel(flat: Tensor, pitch: int) -> tuple[Tensor, Tensor]:
    """Horizontal and vertical Sobel sums of a flat grid, both [cells, channels]; 0 on the rim."""
    gx, gy = torch.zeros_like(flat), torch.zeros_like(flat)
    column = flat[: -2 * pitch] + 2 * flat[pitch:-pitch] + flat[2 * pitch :]
    torch.sub(column[2:], column[:-2], out=gx[pitch + 1 : -pitch - 1])
    row = flat[:-2] + 2 * flat[1:-1] + flat[2:]
    torch.sub(row[2 * pitch :], row[: -2 * pitch], out=gy[pitch + 1 : -pitch - 1])
    return gx, gy


def neighbours_max(alpha: Tensor, pitch: int) -> Tensor:
    """Largest value among the eight neighbours: float32[cells] -> float32[cells]; 0 on the rim."""
    top = torch.zeros_like(alpha)
    row = torch.maximum(torch.maximum(alpha[:-2], alpha[1:-1]), alpha[2:])
    beside = torch.maximum(alpha[pitch : -pitch - 2], alpha[pitch + 2 : -pitch])
    ends = torch.maximum(row[: -2 * pitch], row[2 * pitch :])
    torch.maximum(beside, ends, out=top[pitch + 1 : -pitch - 1])
    return top


class _Saved(NamedTuple):
    """What one step leaves for the backward pass."""

    active: Tensor
    starved: Tensor
    perception: Tensor
    hidden: Tensor
    beyond: Tensor
    survives: Tensor
    seen_at: int


class _Rollout(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, flat: Tensor, w1: Tensor, b1: Tensor, w2: Tensor, *rest: Any) -> Tensor:
        weights, noise, sheet, quantised = rest
        weights = weights._replace(w1=w1, b1=b1, w2=w2)
        inside = sheet.inside(flat.device)
        history = [flat]
        saved: list[_Saved] = []
        for step, fire in enumerate(noise.fire):
            seen_at = max(0, step - noise.stale[step])
            new, kept = _step(history[step], history[seen_at], fire & inside, weights, sheet.pitch, quantised)
            history.append(new)
            saved.append(kept._replace(seen_at=seen_at))
        ctx.saved, ctx.weights, ctx.pitch = saved, weights, sheet.pitch
        return history[-1]

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Tensor) -> Any:
        weights: Weights = ctx.weights
        dw1, db1, dw2 = (torch.zeros_like(t) for t in weights[:3])
        steps = len(ctx.saved)
        grads: list[Tensor | None] = [None] * steps + [grad_outputs[0].clone()]
        for step in reversed(range(steps)):
            kept: _Saved = ctx.saved[step]
            grad = grads[step + 1]
            assert grad is not None
            seen = _step_backward(grad, kept, weights, ctx.pitch, dw1, db1, dw2)
            grads[step + 1] = None
            _accumulate(grads, step, grad)
            _accumulate(grads, kept.seen_at, seen)
        return grads[0], dw1, db1, dw2, None, None, None, None


def _accumulate(grads: list[Tensor | None], step: int, grad: Tensor) -> None:
    present = grads[step]
    grads[step] = grad if present is None else present.add_(grad)


def _step(
    own: Tensor, seen: Tensor, fire: Tensor, weights: Weights, pitch: int, quantised: bool
) -> tuple[Tensor, _Saved]:
    """One step of the cells that fire: ``firmware.arithmetic.update`` for each of them."""
    around = neighbours_max(seen[:, ALPHA].contiguous(), pitch)
    alive = torch.maximum(around, own[:, ALPHA]) >= MATURE
    active = (fire & alive).nonzero().squeeze(1)
    starved = fire & ~alive
    before = own.index_select(0, active)
    gradients = [_scaled(g.index_select(0, active), GRADIENT_UNIT, quantised) for g in sobel(seen, pitch)]
    perception = torch.cat([before, *(g.clamp_(-128, 127) for g in gradients)], 1)
    sum1 = torch.addmm(weights.b1, perception, weights.w1.T)
    hidden = _scaled(sum1, 1 << weights.shift1, quantised).clamp_(0, HIDDEN_LIMIT)
    sum2 = hidden @ weights.w2
    if quantised:
        sum2 = torch.remainder(sum2 + 32768, 65536) - 32768
    wanted = before + _scaled(sum2, 1 << weights.shift2, quantised)
    new = wanted.clamp(-128, 127)
    survives = (torch.maximum(new[:, ALPHA], around.index_select(0, active)) >= MATURE).unsqueeze(1)
    after = own.masked_fill(starved.unsqueeze(1), 0)
    after.index_copy_(0, active, new * survives)
    return after, _Saved(active, starved, perception, hidden, wanted - new, survives, 0)


def _scaled(value: Tensor, unit: int, quantised: bool) -> Tensor:
    """``value / unit``, rounded half up when quantised."""
    return (value / unit).add_(0.5).floor_() if quantised else value / unit


def _step_backward(
    grad: Tensor, kept: _Saved, weights: Weights, pitch: int, dw1: Tensor, db1: Tensor, dw2: Tensor
) -> Tensor:
    """Backward through one step; adds to ``dw1``, ``db1`` and ``dw2``.

    ``grad`` is the gradient of the step's result and becomes, in place, that of the cells' own
    state before it; the gradient of the state that their neighbours showed is returned.
    """
    through = grad.index_select(0, kept.active)
    through = through * (kept.survives & (through * kept.beyond >= 0))
    dsum2 = through / (1 << weights.shift2)
    dw2.addmm_(kept.hidden.T, dsum2)
    open_units = (kept.hidden > 0) & (kept.hidden < HIDDEN_LIMIT)
    dsum1 = (dsum2 @ weights.w2.T).mul_(open_units).div_(1 << weights.shift1)
    dw1.addmm_(dsum1.T, kept.perception)
    db1.add_(dsum1.sum(0))
    dperception = dsum1 @ weights.w1
    grad.masked_fill_(kept.starved.unsqueeze(1), 0)
    grad.index_copy_(0, kept.active, through + dperception[:, :CHANNELS])
    spread = grad.new_zeros(len(grad), 2 * CHANNELS)
    gradients = kept.perception[:, CHANNELS:]
    dgradients = dperception[:, CHANNELS:].mul_((gradients > -128) & (gradients < 127))
    spread.index_copy_(0, kept.active, dgradients.div_(GRADIENT_UNIT))
    # The Sobel kernels are odd, so the transposed operator is the negated one.
    gx, gy = sobel(spread[:, :CHANNELS], pitch)[0], sobel(spread[:, CHANNELS:], pitch)[1]
    return gx.add_(gy).neg_()
