"""Compiled rollouts against torch's: int8 to the bit, gradients as near as their arithmetic allows."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.trainer.worlds import (
    BACKENDS,
    TORCH,
    backend_of,
    cosine,
    difference,
    graded,
    random_rule,
    random_sample,
    random_states,
    random_weights,
)
from trainer.kernels import KERNELS
from trainer.rule import Weights
from trainer.wakes import draw_fire, draw_lost, packed

SHAPES = [(1, 1), (1, 9), (9, 1), (7, 5), (2, 70), (3, 61), (1, 62)]
"""Rows and columns; those of the last, with their border, are exactly words of a set."""

SHORT = ("amx", "bf16")
"""Kernels that multiply rounded numbers."""


@pytest.fixture(params=KERNELS)
def kernel(request):
    return request.param


@pytest.fixture(params=BACKENDS)
def name(request):
    return request.param


def close(kernel, found, expected, short=0.02):
    for one, other in zip(found, expected, strict=True):
        assert one.dtype == np.float32
        assert one.shape == other.shape
        assert np.abs(other).max() > 0
        assert difference(one, other) <= (short if kernel in SHORT else 1e-5)
        if kernel in SHORT:
            assert cosine(one, other) >= 0.999


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    scale=st.sampled_from([5, 40, 127]),
    hidden=st.sampled_from([1, 24, 128]),
    shift1=st.sampled_from([1, 6, 15]),
    losing=st.integers(0, 15),
    shape=st.sampled_from(SHAPES),
)
def int8_equals_torch(kernel, seed, scale, hidden, shift1, losing, shape):
    """After every step, and after some cells have restarted."""
    draws = np.random.default_rng(seed)
    weights = Weights.of(random_rule(draws, scale, hidden, (shift1, 8)))
    states = random_states(draws, 2, *shape)
    worlds = [backend_of(name, *shape).world(weights, states) for name in (TORCH, kernel)]
    for step in range(8):
        if step % 3 == 1:
            hole = draws.random((2, *shape)) < 0.3
            for world in worlds:
                world.restart(hole)
        fire, lost = (draw(draws, 2, of, *shape) for draw, of in ((draw_fire, 1), (draw_lost, losing)))
        for world in worlds:
            world.live(fire[None], None if lost is None else lost[None])
        expected, found = (world.states for world in worlds)
        assert np.array_equal(found, expected)


def test_int8_equals_torch_to_the_bit(kernel):
    backend_of(kernel, 1, 1), backend_of(TORCH, 1, 1)
    int8_equals_torch(kernel)


@pytest.mark.parametrize(("babbling", "heard"), [(0, True), (0, False), (4, True)])
@pytest.mark.parametrize("losing", [0, 4])
@pytest.mark.parametrize("hidden", [16, 128])
@pytest.mark.parametrize("shape", SHAPES)
def test_gradient_in_int8_equals_torchs(kernel, shape, hidden, losing, babbling, heard):
    draws = np.random.default_rng(7)
    weights = random_weights(draws, 40, hidden)
    given = {"losing": losing, "babbling": babbling, "heard": heard}
    samples = [random_sample(draws, *shape, **given) for _ in range(2)]
    given = weights, samples, graded, 0.5
    (expected, gradient), (found, compiled) = (backend_of(n, *shape).learn(*given) for n in (TORCH, kernel))
    assert all(np.array_equal(one, other) for one, other in zip(found, expected, strict=True))
    close(kernel, compiled, gradient)


def test_penalty_is_felt_in_proportion(name):
    draws = np.random.default_rng(7)
    weights, sample = random_weights(draws, 60, 128), random_sample(draws, 4, 5, steps=1)
    backend = backend_of(name, 4, 5)
    (_, without), (_, one), (_, two) = (
        backend.learn(weights, [sample], graded, penalty) for penalty in (0, 0.5, 1)
    )
    for none, once, twice in zip(without, one, two, strict=True):
        assert difference(once, none) > 0.05
        assert difference(once - none, (twice - none) / 2) < (0.02 if name in SHORT else 1e-5)


@pytest.mark.parametrize("shape", [(1, 1), (7, 5), (3, 61)])
def test_a_batch_of_many_kinds_equals_torchs(kernel, shape):
    """Float and int8, of several lengths, with losses and without, with cells that babble and without."""
    draws = np.random.default_rng(7)
    weights = random_weights(draws, 12, 24)
    samples = [
        random_sample(draws, *shape, steps=steps, quantised=quantised, losing=losing, babbling=babbling)
        for steps, quantised, losing, babbling in (
            (3, True, 4, 0),
            (6, False, 0, 2),
            (5, True, 0, 1),
            (1, False, 4, 1),
            (4, False, 8, 0),
            (6, True, 4, 4),
        )
    ]
    given = weights, samples, graded, 0.5
    (expected, gradient), (found, compiled) = (backend_of(n, *shape).learn(*given) for n in (TORCH, kernel))
    for sample, one, other in zip(samples, found, expected, strict=True):
        assert np.abs(one - other).max() <= (0 if sample.quantised else 1 if kernel in SHORT else 1e-3)
    close(kernel, compiled, gradient, short=0.04)


def test_f32_and_portable_agree():
    draws = np.random.default_rng(7)
    weights = random_weights(draws, 12, 128)
    samples = [random_sample(draws, 7, 9, quantised=quantised) for quantised in (True, False)]
    (one, gradient), (other, portable) = (
        backend_of(name, 7, 9).learn(weights, samples, graded, 0.5) for name in ("f32", "portable")
    )
    assert np.array_equal(one[0], other[0])
    assert np.abs(one[1] - other[1]).max() < 1e-3
    close("portable", portable, gradient)


def test_the_order_of_workers_does_not_matter(kernel):
    draws = np.random.default_rng(7)
    weights = random_weights(draws, 40, 24)
    samples = [random_sample(draws, 5, 6, steps, bool(steps % 2)) for steps in (40, 1, 2, 30, 3, 5, 4, 9)]
    one, three = (
        backend_of(kernel, 5, 6, workers).learn(weights, samples, graded, 0.5) for workers in (1, 3)
    )
    assert all(np.array_equal(*ends) for ends in zip(one[0], three[0], strict=True))
    assert all(np.array_equal(*parts) for parts in zip(one[1], three[1], strict=True))


def test_what_was_computed_before_does_not_matter(name):
    draws = np.random.default_rng(7)
    weights, other = random_weights(draws, 40, 24), random_weights(draws, 40, 128)
    samples = [random_sample(draws, 5, 6) for _ in range(2)]
    longer = [random_sample(draws, 5, 6, steps=20, quantised=False)]
    backend = backend_of(name, 5, 6)
    before = backend.learn(weights, samples, graded, 0.5)
    backend.learn(other, longer, graded, 0.5)
    after = backend.learn(weights, samples, graded, 0.5)
    assert all(np.array_equal(*ends) for ends in zip(before[0], after[0], strict=True))
    assert all(np.array_equal(*parts) for parts in zip(before[1], after[1], strict=True))


def test_nothing_is_learned_from_what_is_not_graded(name):
    """Nor from accumulators that are beyond their limit in it; its states come all the same."""
    draws = np.random.default_rng(7)
    weights = random_weights(draws, 60, 128)
    samples = [random_sample(draws, 4, 5, quantised=quantised) for quantised in (True, False, True)]
    backend = backend_of(name, 4, 5)
    ends, _ = backend.learn(weights, samples, graded, 0.5)
    found, gradient = backend.learn(weights, samples, lambda sample, states: None, 0.5)
    assert all(np.array_equal(*states) for states in zip(ends, found, strict=True))
    assert [float(np.abs(part).max()) for part in gradient] == [0, 0, 0]
    refused = [ends[0], ends[1]]
    _, gradient = backend.learn(
        weights,
        samples,
        lambda *end: None if any(np.array_equal(end[1], one) for one in refused) else graded(*end),
        0.5,
    )
    _, alone = backend.learn(weights, samples[2:], graded, 0.5)
    for part, expected in zip(gradient, alone, strict=True):
        assert difference(part, expected) < 1e-6


def test_a_batch_is_the_sum_of_its_samples(name):
    draws = np.random.default_rng(7)
    weights = random_weights(draws, 12, 24)
    samples = [random_sample(draws, 4, 5, quantised=quantised) for quantised in (True, False, True)]
    backend = backend_of(name, 4, 5)
    _, together = backend.learn(weights, samples, graded, 0.5)
    apart = [backend.learn(weights, [sample], graded, 0.5)[1] for sample in samples]
    for part, parts in zip(together, zip(*apart, strict=True), strict=True):
        assert difference(part, sum(parts)) < 1e-6


def test_to_live_in_parts_is_to_live_at_once(name):
    draws = np.random.default_rng(7)
    weights, states = Weights.of(random_rule(draws, 40)), random_states(draws, 3, 4, 5)
    fire = draw_fire(draws, 9 * 3, 1, 4, 5).reshape(9, 3, -1)
    lost = draw_lost(draws, 9 * 3, 5, 4, 5).reshape(9, 3, 8, -1)
    backend = backend_of(name, 4, 5)
    once, parts = backend.world(weights, states), backend.world(weights, states)
    once.live(fire, lost)
    for part in (slice(0, 1), slice(1, 1), slice(1, 5), slice(5, 9)):
        parts.live(fire[part], lost[part])
    assert np.array_equal(once.states, parts.states)
    assert not np.array_equal(once.states, states)


def test_who_restarts_is_blank_and_his_neighbours_have_not_heard_of_it(name):
    """A rule that does nothing: the second cell restarts, the third starves when the second's blank comes."""
    idle = Weights(*(np.zeros(shape, np.float32) for shape in ((1, 48), (1,), (1, 16))), 6, 8)
    states = np.zeros((1, 1, 3, 16), np.float32)
    states[0, 0, 1] = 64
    states[0, 0, 2, :3] = 5
    world = backend_of(name, 1, 3).world(idle, states)
    hole = np.array([[[False, True, False]]])
    world.live(packed(hole)[None], None)
    cells = np.array([[[False, False, True]]])
    world.restart(hole)
    assert world.states[0, 0, :, 0].tolist() == [0, 0, 5]
    world.live(packed(cells)[None], None)
    assert world.states[0, 0, :, 0].tolist() == [0, 0, 5]
    world.live(packed(hole)[None], None)
    world.live(packed(cells)[None], None)
    assert not world.states.any()


def test_states_of_a_world_are_a_copy(name):
    draws = np.random.default_rng(7)
    weights, states = Weights.of(random_rule(draws, 40)), random_states(draws, 1, 4, 5)
    given = states.copy()
    world = backend_of(name, 4, 5).world(weights, states)
    before = world.states
    world.restart(np.ones((1, 4, 5), bool))
    assert np.array_equal(before, given)
    assert np.array_equal(states, given)
    assert not world.states.any()
