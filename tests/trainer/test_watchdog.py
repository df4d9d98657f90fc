"""What a training goes back to after explosions."""

import numpy as np
import pytest

from trainer.rule import Parameters
from trainer.watchdog import EXPLODED_MAX, KEEP_EVERY_STEPS, KEPT_MIN, WINDOW_STEPS, Watchdog


def parameters(number):
    return Parameters(*(np.full(shape, number, np.float32) for shape in ((2, 48), (2,), (2, 16))))


def number(some):
    (found,) = {float(value) for tensor in some.tensors().values() for value in tensor.flat}
    return found


@pytest.fixture
def watchdog():
    """One that has kept rules before."""
    found = Watchdog(parameters(0))
    found.kept = 2
    return found


def watch(watchdog, exploded, average=9.0, step=1):
    """For each letter a step: x exploded, all others did not; what the last one said."""
    for letter in exploded:
        found = watchdog.watch(step, letter == "x", parameters(average))
    return found


def kept(watchdog):
    return number(watchdog.older), number(watchdog.newer)


def test_what_it_says_is_what_these_tests_mean():
    assert (WINDOW_STEPS, EXPLODED_MAX, KEEP_EVERY_STEPS, KEPT_MIN) == (20, 6, 300, 2)


def test_five_of_twenty_steps_may_explode(watchdog):
    assert watch(watchdog, "xxxxx" + 14 * ".") is None
    assert watch(watchdog, ".") is None
    assert watchdog.recent == [True] * 5 + [False] * 15
    assert watch(watchdog, "x.x") is None
    assert len(watchdog.recent) == 20
    assert (watchdog.scale, watchdog.returns) == (1, 0)


@pytest.mark.parametrize("steps", ["xxxxxx", "xxxxx..............x", ".." + "x" * 6, "x.x.x.x.x.x"])
def test_after_six_it_goes_back_and_learns_more_slowly(watchdog, steps):
    assert number(watch(watchdog, steps)) == 0
    assert watchdog.recent == []
    assert (watchdog.scale, watchdog.returns) == (0.7, 1)


def test_before_it_has_kept_two_rules_there_is_nothing_to_go_back_to():
    watchdog = Watchdog(parameters(0))
    assert watch(watchdog, "x" * 40) is None
    assert (watchdog.scale, watchdog.returns, watchdog.kept, len(watchdog.recent)) == (1, 0, 0, 20)
    watchdog.recent = []
    assert watch(watchdog, ".", 1.0, 300) is None
    assert watchdog.kept == 1
    assert watch(watchdog, "xxxxxx") is None
    watchdog.recent = []
    assert watch(watchdog, ".", 2.0, 600) is None
    assert watchdog.kept == 2
    assert number(watch(watchdog, "xxxxxx")) == 1


def test_an_explosion_is_forgotten_after_twenty_steps(watchdog):
    assert watch(watchdog, "xxxxx" + 15 * "." + "x") is None


def test_the_second_return_is_slower_again(watchdog):
    for _ in range(2):
        assert watch(watchdog, "xxxxxx") is not None
    assert watchdog.scale == pytest.approx(0.49)
    assert watchdog.returns == 2


def test_it_keeps_two_sound_means_and_returns_to_the_older_one(watchdog):
    watch(watchdog, ".", 1.0, 300)
    assert kept(watchdog) == (0, 1)
    watch(watchdog, ".", 5.0, 301)
    assert kept(watchdog) == (0, 1)
    watch(watchdog, ".", 2.0, 600)
    assert kept(watchdog) == (1, 2)
    assert number(watch(watchdog, "xxxxxx", 3.0)) == 1
    assert kept(watchdog) == (1, 1)


def test_nothing_is_kept_while_there_are_explosions(watchdog):
    watch(watchdog, ".x", 1.0, 299)
    watch(watchdog, ".", 2.0, 300)
    assert kept(watchdog) == (0, 0)


def test_what_it_keeps_is_its_own(watchdog):
    """The running mean moves on, and so does the rule that training went back to."""
    average = parameters(1)
    watchdog.watch(300, False, average)
    average.approach(parameters(9), 0.5)
    assert kept(watchdog) == (0, 1)
    given = watch(watchdog, "xxxxxx")
    given.approach(parameters(9), 0.5)
    assert kept(watchdog) == (0, 0)
