"""The hand-written gradient against autograd, and the forward pass against the firmware."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

torch = pytest.importorskip("torch", reason="the extra torch is not installed")

from firmware.arithmetic import Rule  # noqa: E402
from firmware.ports import OFFSETS, opposite  # noqa: E402
from tests.trainer.worlds import random_rule  # noqa: E402
from trainer.rollout import ACCUMULATOR_LIMIT, Babble, Noise, Sheet, World, roll, sobel  # noqa: E402
from trainer.rule import Weights  # noqa: E402
from trainer.verify import FirmwareWorld  # noqa: E402

SHEET = Sheet(batch=2, rows=6, cols=7)
STEPS = 6
N, NE, E, SE, S, SW, W, NW = range(8)


def in_torch(rule):
    w1, b1, w2 = (torch.from_numpy(weight) for weight in Weights.of(rule)[:3])
    return Weights(w1, b1, w2, rule.shift1, rule.shift2)


def strict_clamp(value, low, high):
    """Clamp whose gradient passes strictly inside only; saturated states do lie exactly on the border."""
    inside = (value > low) & (value < high)
    return torch.where(inside, value, value.detach().clamp(low, high))


class InwardClamp(torch.autograd.Function):
    """Clamp to int8's range; the gradient passes where descent would not push further out."""

    @staticmethod
    def forward(ctx, value):
        ctx.save_for_backward(value)
        return value.clamp(-128, 127)

    @staticmethod
    def backward(ctx, grad):
        (value,) = ctx.saved_tensors
        outwards = ((value > 127) & (grad < 0)) | ((value < -128) & (grad > 0))
        return grad.masked_fill(outwards, 0)


def moved(grid, port):
    """[batch, rows, cols, ...]: what every cell is told on a port is where it is heard."""
    down, right = OFFSETS[port]
    rows, cols = grid.shape[1:3]
    padded = torch.zeros_like(grid[:, :1, :1]).repeat(1, rows + 2, cols + 2, *[1] * (grid.ndim - 3))
    padded[:, 1 + down : 1 + down + rows, 1 + right : 1 + right + cols] = grid
    return padded[:, 1:-1, 1:-1]


def begun(states, hole):
    """What cells are and have heard; [8, batch, rows, cols, 16]."""
    kept = ~hole[..., None]
    return states * kept, torch.stack([moved(states, opposite(port)) * kept for port in range(8)])


def started(states, hole, sheet):
    """All have heard all; then some restart."""
    return World.begin(states, sheet).hear(sheet, torch.ones_like(hole)).restart(sheet, hole)


def autograd_step(own, inbox, fire, lost, weights, babbles, said):
    """One float step in plain torch, for autograd to differentiate; also how far accumulators are beyond."""
    heard = dict(enumerate(inbox))
    across = heard[NE] + 2 * heard[E] + heard[SE] - heard[NW] - 2 * heard[W] - heard[SW]
    down = heard[SW] + 2 * heard[S] + heard[SE] - heard[NW] - 2 * heard[N] - heard[NE]
    perception = torch.cat([own, *(strict_clamp(g / 4, -128, 127) for g in (across, down))], -1)
    hidden = strict_clamp((perception @ weights.w1.T + weights.b1) / 64, 0, 127)
    change = hidden @ weights.w2 / 256
    new = InwardClamp.apply(own + change)
    around = inbox[..., 3].amax(0)
    before, after = (torch.maximum(around, state[..., 3]) >= 6.5 for state in (own, new))
    active = (fire & before)[..., None]
    excess = (change.abs() - ACCUMULATOR_LIMIT / 256).clamp(min=0).sum(-1) * active[..., 0]
    own = torch.where(fire[..., None], new * (before & after)[..., None], own)
    tell, told = torch.where(babbles[..., None], said, own), []
    for port in range(8):
        sent = moved(fire & ~lost[opposite(port)], opposite(port))[..., None]
        told.append(torch.where(sent, moved(tell, opposite(port)), inbox[port]))
    return own, torch.stack(told), excess


def case(seed, losing, restarting):
    generator = torch.Generator().manual_seed(seed)
    shape = 2, 6, 7
    states = 200 * torch.rand(*shape, 16, generator=generator, dtype=torch.float64) - 100
    states[:, :3] *= (torch.rand(2, 3, 7, 1, generator=generator) < 0.3).double()
    fire = torch.rand(STEPS, *shape, generator=generator) < 0.6
    lost = (torch.rand(STEPS, 8, *shape, generator=generator) < 0.4) & losing
    hole = (torch.rand(shape, generator=generator) < 0.3) & restarting
    toward = [
        torch.randn(*size, 16, generator=generator, dtype=torch.float64) for size in (shape, (8, *shape))
    ]
    return states, fire, lost, hole, toward


def babble(babbling):
    """Who says something else in each step, bool[steps, ...], and what, by states."""
    generator = torch.Generator().manual_seed(11)
    cells = (torch.rand(2, 6, 7, generator=generator) < 0.3) & babbling
    babbles = torch.stack([cells & (torch.tensor(BABBLE_STEPS) > s)[:, None, None] for s in range(STEPS)])
    return babbles, 200 * torch.rand(STEPS, 2, 6, 7, 16, generator=generator, dtype=torch.float64) - 100


def packed(masks):
    """bool[..., batch, rows, cols] -> flat bool[..., cells]."""
    flat = [SHEET.pack(mask) for mask in masks.reshape(-1, *masks.shape[-3:])]
    return torch.stack(flat).view(*masks.shape[:-3], SHEET.cells)


BABBLE_STEPS = 3, 5
"""Of the first grid, and of the second."""


@pytest.mark.parametrize("penalties", [(7.0, 7.0), (7.0, 2.0)])
@pytest.mark.parametrize(
    ("losing", "restarting", "babbling"), [(False,) * 3, *np.eye(3, dtype=bool).tolist(), (True,) * 3]
)
def test_gradient_equals_autograd(losing, restarting, babbling, penalties):
    """Of states, inboxes and weights, in a sum over what cells are and have heard at the end.

    All accumulators have one penalty, or those of each grid another.
    """
    states, fire, lost, hole, toward = case(3, losing, restarting)
    rule = in_torch(random_rule(np.random.default_rng(5), 60))
    ours, theirs = (
        rule._replace(**{name: getattr(rule, name).double().requires_grad_() for name in ("w1", "b1", "w2")})
        for _ in range(2)
    )
    begin = begun(states, hole)
    world = started(states, hole, SHEET)
    mine = [tensor.requires_grad_() for tensor in world]
    leaves = [tensor.clone().requires_grad_() for tensor in begin]

    babbles, said = babble(babbling)
    cells = SHEET.pack(babbles.any(0)).nonzero().squeeze(1)
    until = SHEET.pack(babbles.sum(0))[cells]
    spoken = torch.stack([SHEET.pack(one)[cells] for one in said])
    noise = Noise(packed(fire), packed(lost) if losing else None, Babble(cells, until, spoken))
    penalty = torch.tensor(penalties, dtype=torch.float64)[:, None, None].expand(2, 6, 7)
    given = 7.0 if penalties == (7.0, 7.0) else SHEET.pack(penalty)
    end = roll(World(*mine), ours, noise, SHEET, quantised=False, penalty=given)
    heard = torch.stack([SHEET.unpack(one) for one in end.inbox])
    ((SHEET.unpack(end.own) * toward[0]).sum() + (heard * toward[1]).sum()).backward()

    (own, inbox), excess = leaves, 0
    for step in range(STEPS):
        own, inbox, beyond = autograd_step(
            own, inbox, fire[step], lost[step], theirs, babbles[step], said[step]
        )
        excess = excess + beyond
    ((own * toward[0]).sum() + (inbox * toward[1]).sum() + (penalty * excess).sum()).backward()

    assert excess.sum() > 100
    torch.testing.assert_close(SHEET.unpack(end.own), own, rtol=1e-12, atol=1e-9)
    torch.testing.assert_close(heard, inbox, rtol=1e-12, atol=1e-9)
    pairs = [
        *((getattr(ours, name).grad, getattr(theirs, name).grad) for name in ("w1", "b1", "w2")),
        (SHEET.unpack(mine[0].grad), leaves[0].grad),
        *((SHEET.unpack(one), other) for one, other in zip(mine[1].grad, leaves[1].grad, strict=True)),
    ]
    for got, expected in pairs:
        assert expected.abs().max() > 0
        torch.testing.assert_close(got, expected, rtol=1e-9, atol=1e-9 * float(expected.abs().max()))


def test_the_world_that_a_rollout_begins_with_stays_as_it_is():
    states, fire, _, hole, _ = case(3, False, True)
    world = started(states.float(), hole, SHEET)
    before = [tensor.clone() for tensor in world]
    end = roll(
        world,
        in_torch(random_rule(np.random.default_rng(5), 60)),
        Noise(packed(fire)),
        SHEET,
        quantised=False,
    )
    assert not torch.equal(end.own, world.own)
    assert all(torch.equal(one, other) for one, other in zip(before, world, strict=True))


def test_sobel_of_what_was_heard_around_one_bright_cell():
    sheet = Sheet(1, 3, 3)
    grid = torch.zeros(1, 3, 3, 16)
    grid[0, 1, 1] = 8
    world = World.begin(grid, sheet).hear(sheet, torch.ones(1, 3, 3, dtype=torch.bool))
    gx, gy = (sheet.unpack(g)[0, ..., 5].tolist() for g in sobel(world.inbox))
    assert gx == [[8, 0, -8], [16, 0, -16], [8, 0, -8]]
    assert gy == [[8, 16, 8], [0, 0, 0], [-8, -16, -8]]


def firmware_and_torch(rule, states, fire, lost, hole):
    """(own, inbox) after each step; int8[n, rows, cols, 16] and bool masks."""
    count, rows, cols = states.shape[:3]
    sheet = Sheet(count, rows, cols)
    expected = FirmwareWorld(rule, states)
    expected.restart(hole)
    world = World.begin(torch.from_numpy(states).float(), sheet).restart(sheet, torch.from_numpy(hole))
    weights = in_torch(rule)
    for wake, missed in zip(fire, lost, strict=True):
        expected.step(wake, missed)
        flat = sheet.pack(torch.from_numpy(missed)).T
        noise = Noise(sheet.pack(torch.from_numpy(wake))[None], flat[None])
        world = roll(world, weights, noise, sheet, quantised=True)
        heard = torch.stack([sheet.unpack(one) for one in world.inbox], 3)
        yield (expected.own, expected.inbox), (sheet.unpack(world.own).numpy(), heard.numpy())


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    scale=st.sampled_from([5, 40, 127]),
    hidden=st.sampled_from([1, 24, 128]),
    shifts=st.sampled_from([(6, 8), (1, 1), (7, 7), (15, 15), (6, 5)]),
    losing=st.sampled_from([0, 0.3, 1]),
    holed=st.sampled_from([0, 0.5, 1]),
    shape=st.sampled_from([(1, 1, 1), (2, 1, 5), (2, 4, 5)]),
)
def test_quantised_forward_is_the_firmware(seed, scale, hidden, shifts, losing, holed, shape):
    draws = np.random.default_rng(seed)
    states = draws.integers(-128, 128, (*shape, 16)).astype(np.int8)
    fire, lost = draws.random((6, *shape)) < 0.5, draws.random((6, *shape, 8)) < losing
    rule = random_rule(draws, scale, hidden, shifts)
    for expected, found in firmware_and_torch(rule, states, fire, lost, draws.random(shape) < holed):
        for one, other in zip(expected, found, strict=True):
            assert np.array_equal(one, other)


@pytest.mark.parametrize(("weight", "expected"), [(125, 66), (-125, 63)])
def test_the_sixteen_bit_accumulator_wraps_in_both(weight, expected):
    """127 * 125 * 128 is 384 more than 31 * 65536; 384 / 256 is rounded to 2, and -384 / 256 to -1."""
    b1 = np.full(128, 127 * 64, np.int32)
    rule = Rule(np.zeros((128, 48), np.int32), b1, np.full((128, 16), weight, np.int32), 6, 8)
    grids, everybody = np.full((1, 1, 1, 16), 64, np.int8), np.ones((1, 1, 1, 1), bool)
    nothing = np.zeros((1, 1, 1, 1, 8), bool)
    [((one, _), (other, _))] = firmware_and_torch(rule, grids, everybody, nothing, ~everybody[0])
    assert one.ravel().tolist() == other.ravel().tolist() == [expected] * 16
