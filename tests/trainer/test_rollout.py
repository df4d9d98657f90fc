"""The hand-written gradient against autograd, and the forward pass against the firmware."""

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the train extra (torch) is not installed")

from firmware.arithmetic import Rule  # noqa: E402
from trainer.rollout import Noise, Sheet, Weights, neighbours_max, roll, sobel  # noqa: E402
from trainer.verify import compare, firmware_step, trainer_step  # noqa: E402

SHEET = Sheet(batch=2, rows=6, cols=7)
STEPS = 5


def random_rule(seed: int, scale: int, hidden: int = 24) -> Rule:
    draws = np.random.default_rng(seed)
    return Rule(
        draws.integers(-scale, scale + 1, (hidden, 48)).astype(np.int32),
        draws.integers(-2000, 2000, hidden).astype(np.int32),
        draws.integers(-scale, scale + 1, (hidden, 16)).astype(np.int32),
        6,
        8,
    )


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


def autograd_step(own, seen, fire, weights):
    """One float step on [batch, rows, cols, 16] in plain torch, for autograd to differentiate."""
    channels = seen.permute(0, 3, 1, 2)
    kernel = torch.tensor([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]], dtype=seen.dtype)
    filters = torch.stack([kernel, kernel.T])[:, None].repeat(16, 1, 1, 1)
    gradients = torch.nn.functional.conv2d(channels, filters, padding=1, groups=16)
    gradients = strict_clamp(gradients / 4, -128, 127).permute(0, 2, 3, 1)
    perception = torch.cat([own, gradients[..., 0::2], gradients[..., 1::2]], -1)
    hidden = strict_clamp((perception @ weights.w1.T + weights.b1) / 64, 0, 127)
    new = InwardClamp.apply(own + hidden @ weights.w2 / 256)
    alpha = torch.nn.functional.pad(seen[..., 3], (1, 1, 1, 1))
    rows, cols = own.shape[1:3]
    shifts = [(y, x) for y in range(3) for x in range(3) if (y, x) != (1, 1)]
    around = torch.stack([alpha[:, y : y + rows, x : x + cols] for y, x in shifts]).amax(0)
    survives = (torch.maximum(around, own[..., 3]) >= 6.5) & (torch.maximum(around, new[..., 3]) >= 6.5)
    return torch.where(fire[..., None], new * survives[..., None], own)


@pytest.mark.parametrize("stale", [[0] * STEPS, [0, 1, 0, 2, 3]])
def test_gradient_equals_autograd(stale):
    generator = torch.Generator().manual_seed(3)
    start = 200 * torch.rand(2, 6, 7, 16, generator=generator, dtype=torch.float64) - 100
    fire = torch.rand(STEPS, 2, 6, 7, generator=generator) < 0.6
    toward = torch.randn(2, 6, 7, 16, generator=generator, dtype=torch.float64)
    rule = random_rule(5, 60)
    ours = Weights(*(t.double().requires_grad_() for t in Weights.of(rule)[:3]), 6, 8)
    theirs = Weights(*(t.detach().clone().requires_grad_() for t in ours[:3]), 6, 8)

    flat_fire = torch.stack([SHEET.pack(f[..., None].expand(-1, -1, -1, 16))[:, 0] for f in fire])
    final = SHEET.unpack(roll(SHEET.pack(start), ours, Noise(flat_fire, stale), SHEET, quantised=False))
    (final * toward).sum().backward()

    history = [start]
    for step in range(STEPS):
        seen = history[max(0, step - stale[step])]
        history.append(autograd_step(history[-1], seen, fire[step], theirs))
    (history[-1] * toward).sum().backward()

    torch.testing.assert_close(final, history[-1], rtol=1e-12, atol=1e-9)
    for mine, reference in zip(ours[:3], theirs[:3], strict=True):
        assert reference.grad.abs().max() > 0
        torch.testing.assert_close(mine.grad, reference.grad, rtol=1e-9, atol=1e-9)


def test_sobel_and_neighbours_max_on_one_bright_cell():
    sheet = Sheet(1, 3, 3)
    grid = torch.zeros(1, 3, 3, 16)
    grid[0, 1, 1] = 8
    gx, gy = (sheet.unpack(g)[0, ..., 5] for g in sobel(sheet.pack(grid), sheet.pitch))
    assert gx.tolist() == [[8, 0, -8], [16, 0, -16], [8, 0, -8]]
    assert gy.tolist() == [[8, 16, 8], [0, 0, 0], [-8, -16, -8]]
    around = neighbours_max(sheet.pack(grid)[:, 3].contiguous(), sheet.pitch)
    assert around.view(5, 5)[1:-1, 1:-1].tolist() == [[8, 8, 8], [8, 0, 8], [8, 8, 8]]


@pytest.mark.parametrize("scale", [5, 40, 127])
def test_quantised_forward_is_the_firmware(scale):
    result = compare(random_rule(scale, scale, hidden=128), rows=16, cols=17, steps=40, seed=scale)
    assert result.bytes_compared == 40 * 3 * 16 * 17 * 16
    assert result.mismatches == 0


def test_one_flipped_weight_is_noticed():
    rule = random_rule(1, 40)
    draws = np.random.default_rng(1)
    grids = draws.integers(-128, 128, (3, 9, 9, 16)).astype(np.int8)
    fire = np.ones((3, 9, 9), bool)
    assert (firmware_step(rule, grids, fire) == trainer_step(rule, grids, fire)).all()
    rule.w2[3, 4] ^= 16
    changed = firmware_step(rule, grids, fire)
    rule.w2[3, 4] ^= 16
    assert (changed != trainer_step(rule, grids, fire)).any()


def test_the_sixteen_bit_accumulator_wraps_in_both():
    hidden = 128
    rule = Rule(
        np.zeros((hidden, 48), np.int32),
        np.full(hidden, 127 * 64, np.int32),
        np.full((hidden, 16), 127, np.int32),
        6,
        8,
    )
    grids = np.full((1, 1, 1, 16), 64, np.int8)
    fire = np.ones((1, 1, 1), bool)
    total = 127 * 127 * hidden
    wrapped = (total + 32768) % 65536 - 32768
    expected = min(127, max(-128, 64 + ((wrapped + 128) >> 8)))
    assert wrapped != total
    for step in (firmware_step, trainer_step):
        after = step(rule, grids, fire)
        assert after.tolist() == [[[[expected] * 16]]] or (expected < 7 and not after.any())
