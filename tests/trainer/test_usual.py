"""Steps are as long as usual gradients allow."""

import numpy as np
import pytest

from trainer.usual import LONGEST, WINDOW_STEPS, Usual, norm_of


def of_length(length, size=10):
    """A gradient in some direction."""
    direction = np.arange(1, size + 1) * np.float64(1)
    return direction * (length / norm_of(direction))


def shortened(usual, gradient):
    return usual.shortened(gradient, norm_of(gradient))


def lengths(usual, *given):
    """How long the step of each gradient is."""
    return [norm_of(shortened(usual, of_length(length)).astype(np.float64)) for length in given]


def test_what_it_says_is_what_these_tests_mean():
    assert (WINDOW_STEPS, LONGEST) == (50, 2)


def test_usual_gradients_make_whole_steps():
    usual = Usual()
    assert lengths(usual, 1e-5, 3, 5, 2, 4) == pytest.approx([1 / (1 + 1e-3), 1, 1, 1, 1])
    assert usual.norms == pytest.approx([1e-5, 3, 5, 2, 4])
    assert shortened(usual, of_length(3)).dtype == np.float32


def test_longer_ones_make_shorter_steps():
    usual = Usual()
    lengths(usual, *[1.0] * 20)
    assert lengths(usual, 2, 2.5, 100, 1e30) == pytest.approx([1, 2 / 2.5, 2 / 100, 2e-30])
    assert np.array_equal(np.sign(shortened(usual, -of_length(50.0))), -np.ones(10))


def test_it_follows_when_all_become_longer():
    usual = Usual()
    lengths(usual, *[1.0] * 50)
    found = lengths(usual, *[10.0] * 50)
    assert found[:24] == pytest.approx([0.2] * 24)
    assert found[26:] == pytest.approx([1] * 24)
    assert len(usual.norms) == 50


def test_nothing_to_go_by():
    """While the second layer is zero the first has no gradient, and then one that is no longer than usual."""
    usual = Usual()
    assert lengths(usual, 0, 0, 0) == [0, 0, 0]
    assert lengths(usual, 7) == pytest.approx([1])
