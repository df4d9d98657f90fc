"""Many steps of the update rule on a batch of grids, and their gradient, in torch: the one to read.

Cells live as on the engines, but in steps. Each cell has a state of its own and an inbox with what it has
last heard on each of its eight ports. In a step some cells wake: they look into their inboxes, change,
and tell their neighbours, unless the message is lost. A cell that restarts knows nothing, and its
neighbours go on seeing what it was until they hear from it.

The forward pass is ``firmware.arithmetic`` on float32 tensors: states, weights and accumulators
are in the firmware's integer units (64 = 1.0), and every intermediate stays below 2**24, where
float32 is exact. ``quantised=True`` rounds where the firmware rounds and is equal to it bit for
bit; ``quantised=False`` leaves the rounding out and is what float training uses.

Only cells that fire and are alive are gathered and computed. The gradient is backpropagation
through time written out by hand: rounding and 16-bit wrapping pass it through, and clamps stop it,
but for the clamp of the new state, which lets pass what pulls a saturated channel back into range.

Grids are stored flat with a border of one blank cell: ``cells`` is batch * (rows + 2) * (cols + 2).
"""

from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import torch
from torch import Tensor

from firmware.arithmetic import GRADIENT_SHIFT, HIDDEN_LIMIT
from firmware.budget import ALIVE_MIN, ALPHA, CHANNELS, PORTS
from firmware.ports import OFFSETS, SOBEL_X, SOBEL_Y, opposite
from trainer.rule import Weights

GRADIENT_UNIT: Final = 1 << GRADIENT_SHIFT
MATURE: Final = ALIVE_MIN - 0.5
"""Alpha from which a cell counts as mature; the same as ``ALIVE_MIN`` when alpha is whole."""

ACCUMULATOR_LIMIT: Final = 3 << 13
"""Three quarters of the range of an output accumulator, which wraps."""


Penalty = Tensor | float


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

    def way(self, port: int) -> int:
        """Distance from a cell to its neighbour on a port."""
        down, right = OFFSETS[port]
        return down * self.pitch + right

    def pack(self, grids: Tensor) -> Tensor:
        """[batch, rows, cols, ...] -> flat [cells, ...]."""
        flat = grids.new_zeros(self.batch, self.rows + 2, self.pitch, *grids.shape[3:])
        flat[:, 1:-1, 1:-1] = grids
        return flat.flatten(0, 2)

    def unpack(self, flat: Tensor) -> Tensor:
        """Flat [cells, ...] -> [batch, rows, cols, ...]."""
        return flat.view(self.batch, self.rows + 2, self.pitch, *flat.shape[1:])[:, 1:-1, 1:-1]


class Babble(NamedTuple):
    """Cells that say something else than what they are.

    ``cells`` is int64[n], where they are; ``until`` is int64[n], in how many steps they do so; ``said`` is
    float32[steps, n, 16], what they say when they wake.
    """

    cells: Tensor
    until: Tensor
    said: Tensor


class Noise(NamedTuple):
    """What is random about a rollout.

    ``fire`` is bool[steps, cells], which cells wake in a step, none of the border; ``lost`` is
    bool[steps, 8, cells], what they say on which ports is lost, or None if nothing is; ``babble`` is None
    if all say what they are.
    """

    fire: Tensor
    lost: Tensor | None = None
    babble: Babble | None = None


class World(NamedTuple):
    """What cells are, float32[cells, 16], and what they last heard on each port, float32[8, cells, 16]."""

    own: Tensor
    inbox: Tensor

    @classmethod
    def begin(cls, states: Tensor, sheet: Sheet) -> "World":
        """Power comes on, and nobody has heard anything; ``states`` is float32[batch, rows, cols, 16]."""
        own = sheet.pack(states)
        return cls(own, own.new_zeros(PORTS, *own.shape))

    def hear(self, sheet: Sheet, cells: Tensor) -> "World":
        """Some cells, bool[batch, rows, cols], have just heard all their neighbours."""
        hears = sheet.pack(cells)[:, None]
        told = torch.stack([self.own.roll(-sheet.way(port), 0) for port in range(PORTS)])
        return World(self.own, torch.where(hears, told, self.inbox))

    def restart(self, sheet: Sheet, hole: Tensor) -> "World":
        """Some cells, bool[batch, rows, cols], restart; their neighbours have not heard of it."""
        restarts = sheet.pack(hole)[:, None]
        return World(self.own.masked_fill(restarts, 0), self.inbox.masked_fill(restarts, 0))


def roll(
    world: World, weights: Weights, noise: Noise, sheet: Sheet, quantised: bool, penalty: Penalty = 0.0
) -> World:
    """Let a world live for ``len(noise.fire)`` steps.

    Differentiable in the world and in the three weight tensors.

    Args:
        world: at the beginning; it stays as it is.
        weights: the rule.
        noise: who wakes, what is lost, and who babbles.
        sheet: the shape.
        quantised: whether to round as the firmware does.
        penalty: gradient of each unit by which an output accumulator is beyond ``ACCUMULATOR_LIMIT``, of all
            cells or float32[cells]; what it is when the gradient is asked for.
    """
    own, inbox = _Rollout.apply(*world, *weights[:3], weights, noise, sheet, quantised, penalty)  # type: ignore[no-untyped-call]
    return World(own, inbox)


class _Saved(NamedTuple):
    """What one step leaves for the backward pass; senders for each port, and those of them that babble."""

    senders: list[Tensor]
    babblers: list[Tensor]
    starved: Tensor
    active: Tensor
    perception: Tensor
    hidden: Tensor
    beyond: Tensor
    overflow: Tensor
    survives: Tensor


class _Rollout(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, own: Tensor, inbox: Tensor, *rest: Any) -> tuple[Tensor, Tensor]:
        w1, b1, w2, weights, noise, sheet, quantised, penalty = rest
        weights = weights._replace(w1=w1, b1=b1, w2=w2)
        world = World(own.clone(), inbox.clone())
        saved = [_step(world, noise, step, weights, sheet, quantised) for step in range(len(noise.fire))]
        ctx.saved, ctx.weights, ctx.sheet, ctx.penalty = saved, weights, sheet, penalty
        return world.own, world.inbox

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Tensor) -> Any:
        toward = World(*(grad.clone() for grad in grad_outputs))
        gradients = tuple(torch.zeros_like(weight) for weight in ctx.weights[:3])
        for kept in reversed(ctx.saved):
            _step_backward(toward, kept, ctx.weights, ctx.sheet, ctx.penalty, gradients)
        return *toward, *gradients, None, None, None, None, None


def _step(world: World, noise: Noise, step: int, weights: Weights, sheet: Sheet, quantised: bool) -> _Saved:
    """One step of the cells that fire, in place: ``firmware.arithmetic.update`` of each, and messages."""
    own, inbox = world
    fire = noise.fire[step]
    around = inbox[..., ALPHA].amax(0)
    alive = torch.maximum(around, own[:, ALPHA]) >= MATURE
    active, starved = (fire & alive).nonzero().squeeze(1), (fire & ~alive).nonzero().squeeze(1)
    before, heard = own.index_select(0, active), inbox.index_select(1, active)
    gradients = [_scaled(g, GRADIENT_UNIT, quantised).clamp_(-128, 127) for g in sobel(heard)]
    perception = torch.cat([before, *gradients], 1)
    sum1 = torch.addmm(weights.b1, perception, weights.w1.T)
    hidden = _scaled(sum1, 1 << weights.shift1, quantised).clamp_(0, HIDDEN_LIMIT)
    sum2 = hidden @ weights.w2
    overflow = (sum2 > ACCUMULATOR_LIMIT).to(sum2) - (sum2 < -ACCUMULATOR_LIMIT).to(sum2)
    if quantised:
        sum2 = torch.remainder(sum2 + 32768, 65536) - 32768
    wanted = before + _scaled(sum2, 1 << weights.shift2, quantised)
    new = wanted.clamp(-128, 127)
    survives = (torch.maximum(new[:, ALPHA], around.index_select(0, active)) >= MATURE).unsqueeze(1)
    own.index_fill_(0, starved, 0).index_copy_(0, active, new * survives)
    said, babbles = _said(own, noise.babble, step)
    senders, babblers = [], []
    for port in range(PORTS):
        sent = fire if noise.lost is None else fire & ~noise.lost[step, port]
        senders.append(sent.nonzero().squeeze(1))
        babblers.append((sent & babbles).nonzero().squeeze(1))
        told = said.index_select(0, senders[port])
        inbox[opposite(port)].index_copy_(0, senders[port] + sheet.way(port), told)
    return _Saved(senders, babblers, starved, active, perception, hidden, wanted - new, overflow, survives)


def _said(own: Tensor, babble: Babble | None, step: int) -> tuple[Tensor, Tensor]:
    """What each cell says in a step, and which of them babble."""
    babbles = torch.zeros(len(own), dtype=torch.bool, device=own.device)
    if babble is None or step >= len(babble.said):
        return own, babbles
    still = step < babble.until
    babbles[babble.cells[still]] = True
    return own.index_copy(0, babble.cells[still], babble.said[step, still]), babbles


def sobel(heard: Tensor) -> tuple[Tensor, Tensor]:
    """Horizontal and vertical Sobel sums of what was heard on eight ports: [8, n, 16] -> two of [n, 16]."""
    across, down = (
        torch.tensordot(torch.from_numpy(kernel).to(heard), heard, 1) for kernel in (SOBEL_X, SOBEL_Y)
    )
    return across, down


def _scaled(value: Tensor, unit: int, quantised: bool) -> Tensor:
    """``value / unit``, rounded half up when quantised."""
    return (value / unit).add_(0.5).floor_() if quantised else value / unit


def _step_backward(
    toward: World, kept: _Saved, weights: Weights, sheet: Sheet, penalty: Penalty, sums: tuple[Tensor, ...]
) -> None:
    """Backward through one step: ``toward``, the gradient of its result, becomes that of its beginning.

    That of the weights w1, b1 and w2 is added to ``sums``.
    """
    own, inbox = toward
    for port, (senders, babblers) in enumerate(zip(kept.senders, kept.babblers, strict=True)):
        heard, receivers = inbox[opposite(port)], senders + sheet.way(port)
        heard.index_fill_(0, babblers + sheet.way(port), 0)
        own.index_add_(0, senders, heard.index_select(0, receivers))
        heard.index_fill_(0, receivers, 0)
    own.index_fill_(0, kept.starved, 0)
    through = own.index_select(0, kept.active)
    through = through * (kept.survives & (through * kept.beyond >= 0))
    excess = kept.overflow * (penalty if isinstance(penalty, float) else penalty[kept.active, None])
    dsum2 = (through + excess) / (1 << weights.shift2)
    open_units = (kept.hidden > 0) & (kept.hidden < HIDDEN_LIMIT)
    dsum1 = (dsum2 @ weights.w2.T).mul_(open_units).div_(1 << weights.shift1)
    dw1, db1, dw2 = sums
    dw1.addmm_(dsum1.T, kept.perception)
    db1.add_(dsum1.sum(0))
    dw2.addmm_(kept.hidden.T, dsum2)
    dperception = dsum1 @ weights.w1
    own.index_copy_(0, kept.active, through + dperception[:, :CHANNELS])
    gradients = kept.perception[:, CHANNELS:]
    dgradients = dperception[:, CHANNELS:].mul_((gradients > -128) & (gradients < 127)) / GRADIENT_UNIT
    for port in range(PORTS):
        seen = int(SOBEL_X[port]) * dgradients[:, :CHANNELS] + int(SOBEL_Y[port]) * dgradients[:, CHANNELS:]
        inbox[port].index_add_(0, kept.active, seen)
