"""What a training goes back to after explosions."""

from dataclasses import replace

import numpy as np
import pytest

from tests.trainer.worlds import backend_of
from trainer.rule import Parameters
from trainer.watchdog import EXPLODED_MAX, SCORE_MAX, WINDOW_STEPS, Watchdog


def parameters(number):
    return Parameters(*(np.full(shape, number, np.float32) for shape in ((2, 48), (2,), (2, 16))))


def number(some):
    (found,) = {float(value) for tensor in some.tensors().values() for value in tensor.flat}
    return found


@pytest.fixture
def watchdog():
    """One that has kept a rule before."""
    found = Watchdog(parameters(0))
    found.keep(0.5, parameters(1))
    return found


def watch(watchdog, exploded):
    """For each letter a step: x exploded, all others did not; what the last one said."""
    for letter in exploded:
        found = watchdog.watch(letter == "x")
    return found


def test_what_it_says_is_what_these_tests_mean():
    assert (WINDOW_STEPS, EXPLODED_MAX, SCORE_MAX) == (20, 6, 1.06)


def test_five_of_twenty_steps_may_explode(watchdog):
    assert watch(watchdog, "xxxxx" + 14 * ".") is None
    assert watch(watchdog, ".") is None
    assert watchdog.recent == [True] * 5 + [False] * 15
    assert watch(watchdog, "x.x") is None
    assert len(watchdog.recent) == 20
    assert (watchdog.scale, watchdog.returns) == (1, 0)


@pytest.mark.parametrize("steps", ["xxxxxx", "xxxxx..............x", ".." + "x" * 6, "x.x.x.x.x.x"])
def test_after_six_it_goes_back_and_learns_more_slowly(watchdog, steps):
    assert number(watch(watchdog, steps)) == 1
    assert watchdog.recent == []
    assert (watchdog.scale, watchdog.returns) == (0.7, 1)


@pytest.mark.parametrize("score", [1.06, 1.0691, float("nan")])
def test_a_rule_that_has_not_learned_is_nothing_to_go_back_to(score):
    watchdog = Watchdog(parameters(0))
    watchdog.keep(score, parameters(1))
    assert watch(watchdog, "x" * 19 + "." + "x" * 19) is None
    assert (watchdog.scale, watchdog.returns, len(watchdog.recent)) == (1, 0, 20)
    watchdog.keep(1.0599, parameters(2))
    assert number(watch(watchdog, "x")) == 2


def test_where_all_explodes_before_anything_was_learned_training_begins_again():
    """What has exploded teaches nothing: it would never end."""
    watchdog = Watchdog(parameters(0))
    watchdog.keep(1.06, parameters(1))
    assert watch(watchdog, "x" * 19) is None
    assert number(watch(watchdog, "x")) == 0
    assert (watchdog.scale, watchdog.returns) == (0.7, 1)


def test_an_explosion_is_forgotten_after_twenty_steps(watchdog):
    assert watch(watchdog, "xxxxx" + 15 * "." + "x") is None


def test_the_second_return_is_slower_again(watchdog):
    for _ in range(2):
        assert watch(watchdog, "xxxxxx") is not None
    assert watchdog.scale == pytest.approx(0.49)
    assert watchdog.returns == 2


def test_it_keeps_the_best_rule(watchdog):
    """Not the last, which may be on its way to the next explosion; the first of equal ones."""
    for score, rule in ((0.4, 2), (0.7, 3), (0.4, 4)):
        watchdog.keep(score, parameters(rule))
    assert number(watch(watchdog, "xxxxxx")) == 2
    assert number(watch(watchdog, "xxxxxx")) == 2


def test_what_it_keeps_is_its_own(watchdog):
    """What was judged moves on, and so does the rule that training went back to."""
    judged = parameters(2)
    watchdog.keep(0.4, judged)
    judged.approach(parameters(9), 0.5)
    given = watch(watchdog, "xxxxxx")
    given.approach(parameters(9), 0.5)
    assert number(watchdog.best) == 2


def test_a_training_that_explodes_in_its_first_steps_learns_all_the_same(target, recipe):
    """So did the article's web at 24 px: no sample taught anything from its 20th step on, for 8,300 steps."""
    pytest.importorskip("safetensors", reason="the extra train is not installed")
    from trainer.training import Training, grid_size

    recipe = replace(recipe, steps=200, seed=5, rate=0.05, exploded=1.0, last_hope=0.02)
    training = Training(target, recipe, backend_of("portable", *grid_size(target, recipe)))
    blank = (target.placed(12, 12).astype(float) ** 2).mean() / 255**2
    began, errors = [], []
    for step in range(120):
        before = training.watchdog.returns
        errors.append(training.step() / blank)
        if training.watchdog.returns > before:
            began.append(step)
    assert began == [30, 58]
    assert np.mean(errors[8:28]) > 20
    assert np.mean(errors[100:]) < 0.5
