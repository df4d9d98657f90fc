"""Steps of a training: what is rolled out, what is learned from it, and what is kept."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("safetensors", reason="the extra train is not installed")

from firmware.budget import ONE
from tests.trainer.worlds import backend_of
from trainer.backend import Backend, Sample
from trainer.kernels import KERNELS
from trainer.recipe import Recipe
from trainer.rule import Gradient
from trainer.training import Training, grid_size
from trainer.wakes import unpacked

LENGTHS = {role: Recipe().rollout(role, 4) for role in ("seed", "wounded", "held")}


class Scripted(Backend):
    """Leaves every sample as the script says, and gives its gradient; remembers what it was asked."""

    def __init__(self, backend, end=lambda sample: sample.states, gradient=None):
        self.name, self.backend, self.end, self.gradient, self.asked = "scripted", backend, end, gradient, []

    def learn(self, weights, samples, grade, penalty):
        self.asked.append((weights, samples, grade, penalty))
        nothing = Gradient(*(np.zeros_like(weight) for weight in weights[0][:3]))
        return [self.end(sample) for sample in samples], self.gradient or nothing

    def world(self, weights, states):
        return self.backend.world(weights, states)


@pytest.fixture
def scripted(target, usual):
    """A training whose rules are not judged."""

    def make(recipe, **script):
        training = Training(target, recipe, Scripted(usual(12, 12), **script))
        training.judge = lambda: None
        return training

    return make


@pytest.fixture
def marked(monkeypatch):
    """Whatever strikes a sample, all of its cells restart."""
    everywhere = np.ones((12, 12), bool)
    monkeypatch.setattr("trainer.training.struck", lambda sample, *_: sample._replace(hole=everywhere))


def shown(target, share=1.0):
    """A grid that shows the target, more or less."""
    grid = np.zeros((12, 12, 16), np.float32)
    grid[..., :4] = target.placed(12, 12) * np.float32(share * ONE / 255)
    return grid


def sample(target):
    """One that was never whole, and in which nobody wakes."""
    nothing = np.zeros((12, 12), bool)
    return Sample(shown(target), True, nothing, np.zeros((9, 3), np.uint64), None, False)


EXPLODED = np.full((12, 12, 16), 100, np.float32)


def length(sample):
    """Of a rollout, if half of the cells woke in a step; and how often that was halved."""
    halvings = round(-np.log2(unpacked(sample.fire, 12, 12).mean()))
    assert len(sample.fire) % (1 << halvings - 1) == 0
    return len(sample.fire) >> halvings - 1, halvings


@pytest.mark.parametrize("name", KERNELS)
def test_training_lowers_the_loss(name, target, recipe):
    """To a fifth; torch would take half a minute for that."""
    recipe = replace(recipe, steps=100, regime="growing", hidden=32, rate=4e-3)
    training = Training(target, recipe, backend_of(name, *grid_size(target, recipe)))
    training.judge = lambda: None
    losses = [training.step() for _ in range(100)]
    assert sum(losses[-10:]) < 0.2 * sum(losses[:10])


def test_the_seed_alone_says_what_is_trained(target, recipe, begin):
    one, same, other = (begin(target, replace(recipe, seed=seed)) for seed in (4, 4, 5))
    losses = [[training.step(), training.step()] for training in (one, same, other)]
    assert losses[0] == losses[1]
    assert np.array_equal(one.parameters.w1, same.parameters.w1)
    assert not np.array_equal(one.parameters.w1, other.parameters.w1)


@pytest.mark.parametrize("regime", ["growing", "persistent", "regenerating"])
def test_batches_grow_and_turn_to_int8_and_are_wounded(recipe, regime, scripted, marked):
    training = scripted(replace(recipe, steps=200, regime=regime))
    for _ in range(200):
        training.step()
    batches = [samples for _, samples, _, _ in training.backend.asked]
    assert [len(batches[step]) for step in (0, 89, 90, 149, 150, 199)] == [2, 2, 4, 4, 8, 8]
    parts = batches[:40], batches[40:80], batches[80:120], batches[120:]
    shares = [np.mean([sample.quantised for samples in part for sample in samples]) for part in parts]
    assert shares == pytest.approx([0, 0.25, 0.75, 1], abs=0.12)
    assert (shares[0], shares[3]) == (0, 1)
    wounds = [[bool(sample.hole.any()) for sample in samples] for samples in batches]
    if regime == "regenerating":
        assert not np.any(wounds[:20])
        assert np.mean(wounds[20:90], 0) == pytest.approx([0, 2 / 3], abs=0.12)
        assert np.mean(wounds[90:150], 0) == pytest.approx([0, 0, 1, 1], abs=0.1)
        assert np.mean(wounds[150:], 0) == pytest.approx([0] * 4 + [1] * 4, abs=0.1)
        assert [any(wound[: len(wound) // 2]) for wound in wounds] == [False] * 200
    else:
        assert not any(map(any, wounds))


@pytest.mark.parametrize("regime", ["growing", "persistent", "regenerating"])
def test_the_worst_sample_begins_again_and_the_best_are_wounded(target, recipe, regime, scripted, marked):
    training = scripted(replace(recipe, regime=regime, hopeless=0.0))
    grids = np.stack([shown(target, 1 - number / 16) for number in range(8)])
    training.pool.grids[...] = grids
    chosen, samples, _ = training._samples(0.5)
    assert len(set(chosen)) == 4
    if regime == "growing":
        assert all(np.array_equal(training.pool.grids[place], training.pool.seed) for place in chosen)
        assert all(np.array_equal(sample.states, training.pool.seed) for sample in samples)
        return
    assert chosen.tolist() == sorted(chosen, reverse=True)
    assert np.array_equal(training.pool.grids[chosen[0]], training.pool.seed)
    assert np.array_equal(samples[0].states, training.pool.seed)
    for place, sample in zip(chosen[1:], samples[1:], strict=True):
        rounded = np.floor(grids[place] + np.float32(0.5))
        assert np.array_equal(sample.states, rounded if sample.quantised else grids[place])
    wounded = [bool(sample.hole.any()) for sample in samples]
    assert wounded == [False, False, *[regime == "regenerating"] * 2]


def test_nobody_has_heard_of_a_seed(target, recipe, scripted):
    """Power has just come on; all others have heard their neighbours."""
    training = scripted(recipe)
    heard = set()
    for _ in range(20):
        training.pool.grids[:4] = shown(target)
        for sample in training._samples(0.0)[1]:
            assert sample.heard == (not np.array_equal(sample.states, training.pool.seed))
            heard.add(sample.heard)
    assert heard == {False, True}


def test_wounds_come_as_the_recipe_and_what_did_not_heal_say(recipe, scripted, marked, monkeypatch):
    asked = []
    training = scripted(recipe)
    training.practice.failed["side"] = 0.9
    draw = training._damage.draw

    def noting(draws, shares):
        asked.append(shares)
        return draw(draws, shares)

    monkeypatch.setattr(training._damage, "draw", noting)
    for progress in (0.1, 0.5, 1.0):
        asked.clear()
        for _ in range(10):
            _, samples, wounds = training._samples(progress)
            assert [kind is not None for kind in wounds] == [bool(sample.hole.any()) for sample in samples]
        assert asked
        assert all(shares == training.practice.shares(recipe.damage(progress)) for shares in asked)


@pytest.mark.parametrize(("wounded", "others", "failed"), [(0.5, 1.0, 1.0), (1.0, 0.5, 0.0)])
def test_what_became_of_a_wound_is_remembered(target, recipe, scripted, marked, wounded, others, failed):
    """Of the wounded samples, not of those beside them."""

    def end(sample):
        return shown(target, wounded if sample.hole.any() else others)

    training = scripted(replace(recipe, wounds={"side": 1.0}), end=end)
    for _ in range(200):
        training.steps_done = recipe.steps // 2
        training.step()
    assert training.practice.failed["side"] == pytest.approx(failed, abs=1e-3)
    assert training.practice.failed["disc"] == 0.5


@pytest.mark.parametrize("evenness", [0.1, 3.0])
def test_the_recipe_says_how_even_practice_is(recipe, scripted, evenness):
    """Never healed against always: so much and one, over so much."""
    training = scripted(replace(recipe, evenness=evenness, wounds={"side": 1.0, "disc": 1.0}))
    training.practice.failed |= {"side": 1.0, "disc": 0.0}
    shares = training.practice.shares(training.recipe.damage(1))
    assert shares["side"] / shares["disc"] == pytest.approx((1 + evenness) / evenness)


def test_rollouts_are_as_long_as_a_sample_has_to_grow_or_heal(target, recipe, scripted):
    training = scripted(replace(recipe, regime="persistent"))
    found = {"seed": [], "wounded": [], "held": []}
    for share, role in ((0.7, "wounded"), (1.0, "held")):
        for _ in range(60):
            training.pool.grids[...] = shown(target, share)
            _, (first, second), _ = training._samples(0.0)
            found["seed"].append(length(first))
            found[role].append(length(second))
    for role, drawn in found.items():
        steps = [steps for steps, _ in drawn]
        shortest, longest = LENGTHS[role]
        assert shortest <= min(steps) < shortest + 4
        assert longest - 4 < max(steps) <= longest
    halvings = Counter(halvings for drawn in found.values() for _, halvings in drawn)
    assert [halvings[number] / 240 for number in (2, 3, 4)] == pytest.approx([0.3, 0.5, 0.2], abs=0.08)


def test_up_to_so_many_messages_are_lost(recipe, scripted):
    training = scripted(replace(recipe, lost=3))
    assert {sample.lost for _ in range(20) for sample in training._samples(0.2)[1]} == {None}
    shares = Counter()
    for _ in range(15):
        for sample in training._samples(1.0)[1]:
            share = 0 if sample.lost is None else 16 * unpacked(sample.lost, 12, 12).mean()
            assert share == pytest.approx(round(share), abs=0.1)
            shares[round(share)] += 1
    assert shares.keys() == {0, 1, 2, 3}
    assert min(shares.values()) > 15
    training = scripted(recipe)
    assert {sample.lost for _ in range(20) for sample in training._samples(1.0)[1]} == {None}


def test_the_backend_is_asked_for_the_present_rule(recipe, scripted):
    training = scripted(recipe)
    between, whole = training.parameters.weights(False), training.parameters.weights(True)
    training.step()
    [(weights, samples, grade, penalty)] = training.backend.asked
    for expected, found in zip((between, whole), weights, strict=True):
        assert all(np.array_equal(one, other) for one, other in zip(expected[:3], found[:3], strict=True))
        assert found[3:] == (6, 8)
    assert penalty == pytest.approx(1 / (64 * 12 * 12 * 4 * 2))
    end, hope = samples[0].states + 3, 0.02 * training._blank
    assert np.array_equal(grade(samples[0], end), training._toward(samples[0], end, 2, hope))


def test_hope_falls(recipe, scripted):
    training = scripted(replace(recipe, steps=2, last_hope=0.005, hope_falls=[0.0, 1.0]))
    for step, share in enumerate((0.02, 0.01)):
        training.step()
        _, samples, grade, _ = training.backend.asked[step]
        end = samples[0].states + 3
        toward = training._toward(samples[0], end, len(samples), share * training._blank)
        assert grade(samples[0], end) == pytest.approx(toward, rel=1e-6)


@pytest.mark.parametrize(("worst", "always"), [(0.9, True), (0.2, False)])
def test_who_begins_again(target, recipe, scripted, worst, always):
    """The worst if it is beyond hope; else any of a batch."""
    training, first = scripted(replace(recipe, hopeless=0.08)), Counter()
    for _ in range(80):
        for place in range(8):
            training.pool.grids[place] = shown(target, 1 - worst * (8 - place) / 8)
        chosen, samples, _ = training._samples(0.5)
        assert np.array_equal(samples[0].states, training.pool.seed)
        assert chosen[1:].tolist() == sorted(chosen[1:])
        first[sorted(chosen).index(chosen[0])] += 1
    assert (first.keys() == {0}) == always
    assert always or min(first[number] for number in range(4)) > 8


def test_what_stands_whole_beside_its_place_begins_again(target, recipe, scripted):
    """All of a batch that do, however little that differs; what was never whole may be on its way."""
    training = scripted(replace(recipe, hopeless=2.0))
    beside, scarred = np.roll(shown(target), 1, 0), shown(target, 0.7)
    cases = [(beside, True), (beside, False), (scarred, True), (shown(target), True)] * 2
    seen = Counter()
    for _ in range(60):
        for place, (states, was_whole) in enumerate(cases):
            training.pool.grids[place], training.pool.was_whole[place] = states, was_whole
        chosen, samples, _ = training._samples(1.0)
        for place, sample in zip(chosen[1:], samples[1:], strict=True):
            again = np.array_equal(sample.states, training.pool.seed) and not training.pool.was_whole[place]
            seen[place % 4, again] += 1
    assert min(seen[0, True], seen[1, False], seen[2, False], seen[3, False]) > 20
    assert seen.keys() == {(0, True), (1, False), (2, False), (3, False)}


def test_what_was_whole_shall_be_what_it_was(target, recipe, scripted):
    """As it was when that was so for the first time, until it begins again."""
    training, whole, seen = scripted(recipe), {}, Counter()
    for turn in range(200):
        for place in range(8):
            training.pool.grids[place] = shown(target, 1 - (place + turn) % 8 / 24)
            training.pool.grids[place, ..., 5] = turn / 4
        states = training.pool.grids.copy()
        chosen, samples, _ = training._samples(0.5)
        whole.pop(chosen[0], None)
        assert samples[0].whole is None
        for place, sample in zip(chosen[1:], samples[1:], strict=True):
            healed = training._has_healed(training._error(states[place]))
            if healed and place not in whole:
                whole[place] = np.floor(states[place] + np.float32(0.5))
            assert (sample.whole is not None) == (place in whole)
            if place in whole:
                assert np.array_equal(sample.whole, whole[place])
            seen[healed, place in whole] += 1
    assert min(seen[key] for key in ((False, False), (False, True), (True, True))) > 20


@pytest.mark.parametrize("known", [False, True])
def test_toward_is_the_gradient_of_the_loss(target, recipe, known, scripted):
    """Of colours, and of the hidden channels of one that was whole once; what is beyond 1.8; of three."""
    training, draws, hope = scripted(recipe), np.random.default_rng(1), 0.003
    states = (shown(target) + draws.normal(0, 5, (12, 12, 16))).astype(np.float32)
    before = draws.integers(-9, 9, (12, 12, 16), np.int8)
    states[3, 4:9, 3:9], states[4, 4:9, 3:9] = 127, -128
    picture = target.placed(12, 12) / 255

    def loss(states):
        beyond = np.maximum(abs(states) / 64 - 1.8, 0)
        colour = ((states[..., :4] / 64 - picture) ** 2).mean()
        hidden = (((states - before)[..., 4:] / 64) ** 2).mean() if known else 0
        remembered = 12 / 4 * recipe.remembered * np.log1p(hidden / hope)
        return (hope * (np.log1p(colour / hope) + remembered) + beyond.mean()) / 3

    toward = training._toward(sample(target)._replace(whole=before if known else None), states, 3, hope)
    assert toward.dtype == np.float32
    for place in [(0, 0, 0), (5, 5, 3), (6, 2, 1), (3, 4, 3), (4, 8, 3), (3, 6, 8), (4, 5, 5), (7, 7, 9)]:
        step = np.zeros(states.shape)
        step[place] = 0.5
        expected = loss(states + step) - loss(states - step)
        assert toward[place] == pytest.approx(expected, rel=1e-4, abs=1e-12)


def test_nothing_is_learned_from_an_explosion(target, recipe, scripted):
    """At twice the error of a blank grid; or where there are no numbers any more."""
    training = scripted(recipe)
    assert training._toward(sample(target), np.zeros((12, 12, 16), np.float32), 2, 1) is not None
    assert training._toward(sample(target), -shown(target, 0.41), 2, 1) is not None
    assert training._toward(sample(target), -shown(target, 0.42), 2, 1) is None
    assert training._toward(sample(target), np.full((12, 12, 16), np.nan, np.float32), 2, 1) is None


def test_a_step_by_hand(recipe, scripted):
    """Adam's first one goes as far as the rate, whatever the gradient's length; the mean goes half of it."""
    gradient = Gradient(
        np.full((16, 48), 300, np.float32), np.full(16, -1e-3, np.float32), np.zeros((16, 16), np.float32)
    )
    training = scripted(replace(recipe, optimiser="adam"), gradient=gradient)
    training.parameters.w1[0, 0] = training.average.w1[0, 0] = -2
    training.watchdog.scale = 0.5
    before = training.parameters.copy()
    assert training.step() == pytest.approx(training._error(training.pool.seed))
    far = 0.5 * 0.1 / 50
    moved = [before.w1 - far, before.b1 + far, before.w2]
    moved[0][0, 0] = -2
    tensors = training.parameters.tensors().values()
    for tensor, mean, old, new in zip(
        tensors, training.average.tensors().values(), before.tensors().values(), moved, strict=True
    ):
        np.testing.assert_allclose(tensor, new, atol=1e-7)
        np.testing.assert_allclose(mean, (old + new) / 2, atol=1e-7)
    assert training.steps_done == 1


@pytest.mark.parametrize("number", [np.nan, np.inf, -np.inf, 3e38])
def test_a_gradient_beyond_all_numbers_leaves_finite_parameters(recipe, scripted, number):
    gradient = Gradient(*(np.ones(shape, np.float32) for shape in ((16, 48), (16,), (16, 16))))
    gradient.w1[3, 5] = number
    training = scripted(recipe, gradient=gradient)
    training.step(), training.step()
    assert all(np.isfinite(tensor).all() for tensor in training.parameters.tensors().values())


@pytest.mark.parametrize(
    ("score", "exploding", "counts"), [(1, 0, False), (1, 1, True), (1, 2, True), (2, 1, False), (2, 2, True)]
)
def test_exploded_samples_begin_again(target, recipe, scripted, score, exploding, counts):
    """If that is half of a batch, or all as long as nothing is sound, the step counts as exploded."""
    ends = [EXPLODED] * exploding + [shown(target)] * (2 - exploding)
    training = scripted(recipe, end=lambda _: ends.pop(0))
    training.pool.grids[...] = shown(target, 0.5)
    training.watchdog.score = score
    training.step()
    assert training.watchdog.recent == [counts]
    kept = [np.array_equal(grid, shown(target, 0.5)) for grid in training.pool.grids]
    seeds = [np.array_equal(grid, training.pool.seed) for grid in training.pool.grids]
    learned = [np.array_equal(grid, shown(target)) for grid in training.pool.grids]
    assert (sum(kept), sum(seeds), sum(learned)) == (6, exploding, 2 - exploding)


def test_after_many_explosions_it_goes_back(target, recipe, scripted):
    """To the best rule, with what is whole in the pool, and without the way that the gradients went."""
    gradient = Gradient(*(np.ones(shape, np.float32) for shape in ((16, 48), (16,), (16, 16))))
    training = scripted(replace(recipe, pool=256, steps=100), end=lambda _: EXPLODED, gradient=gradient)
    training.pool.grids[...] = shown(target)
    training.pool.grids[:100] = shown(target, 0.5)
    initial = training.parameters.copy()
    training.watchdog.keep(0.5, initial)
    for _ in range(5):
        training.step()
    assert not np.array_equal(training.parameters.w1, initial.w1)
    assert (training.pool.grids == training.pool.seed).all((1, 2, 3)).sum() <= 10
    training.step()
    for rule in (training.parameters, training.average):
        assert all(
            np.array_equal(rule.tensors()[name], initial.tensors()[name]) for name in ("w1", "b1", "w2")
        )
    assert training.parameters.w1 is not training.average.w1
    seeds = (training.pool.grids == training.pool.seed).all((1, 2, 3))
    assert seeds[:100].all()
    assert 0 < seeds[100:].sum() <= 12
    for optimiser in training.optimisers.values():
        assert not optimiser.state["mean"].any()
    assert [usual.norms for usual in training.usual.values()] == [[], [], []]
    assert training.optimisers["b1"].state["square"].any()
    assert training.watchdog.returns == 1
