"""Wounds for training."""

from collections import Counter

import numpy as np
import pytest

from trainer.damage import KINDS, SIDES, Damage
from trainer.recipe import WOUNDS

ROWS, COLS = np.indices((24, 20))


class Drawn:
    """Random numbers that are known."""

    def __init__(self, *numbers, whole=0):
        self.numbers, self.whole = numbers, whole

    def random(self, size=None):
        if size is None:
            return self.numbers[-1]
        return (
            np.array(self.numbers)
            if size == len(self.numbers)
            else np.linspace(0, 1, np.prod(size)).reshape(size)
        )

    def integers(self, _limit):
        return self.whole


def mask(kind, *numbers, whole=0, size=16):
    """On 24 rows and 20 columns, around a target of 16 cells."""
    return KINDS[kind](Damage(24, 20, size, WOUNDS), Drawn(*numbers, whole=whole))


def test_scatter():
    """Cells whose number is below the share, .1 to .5."""
    for number, share in ((0, 0.1), (0.5, 0.3), (1, 0.5)):
        assert mask("scatter", number).mean() == pytest.approx(share, abs=0.003)


def test_disc():
    """A radius of .1 to .6 of 8 cells, in the middle or 4.8 cells from it."""
    for size, radius in ((0, 0.8), (1, 4.8)):
        middle = np.hypot(ROWS - 11.5, COLS - 9.5) < radius
        assert np.array_equal(mask("disc", 0.5, 0.5, size), middle)
    corner = np.hypot(ROWS - 16.3, COLS - 4.7) < 4.8
    assert np.array_equal(mask("disc", 1, 0, 1), corner)


@pytest.mark.parametrize(
    ("angle", "offset", "expected"),
    [
        (0, 0.5, COLS >= 10),
        (0.5, 0.5, COLS < 10),
        (0.25, 0.5, ROWS >= 12),
        (0.75, 0.5, ROWS < 12),
        (0.125, 0.55, ROWS + COLS > 21),
        (0, 1, COLS >= 12),
        (0, 0, COLS >= 8),
    ],
)
def test_half_plane(angle, offset, expected):
    assert np.array_equal(mask("half_plane", angle, offset), expected)


@pytest.mark.parametrize(
    ("side", "half", "more"),
    [
        ("left", COLS < 10, COLS < 11),
        ("right", COLS >= 10, COLS >= 9),
        ("top", ROWS < 12, ROWS < 13),
        ("bottom", ROWS >= 12, ROWS >= 11),
    ],
)
def test_side(side, half, more):
    assert np.array_equal(mask("side", 0.5, whole=SIDES.index(side)), half)
    assert np.array_equal(mask("side", 0, whole=SIDES.index(side)), more)


def test_square():
    """A reach of .3 to .6 of 8 cells around the middle, or 1.2 cells from it."""
    small = (abs(ROWS - 11.5) < 2.4) & (abs(COLS - 9.5) < 2.4)
    large = (abs(ROWS - 11.5 - 1.2) < 4.8) & (abs(COLS - 9.5 + 1.2) < 4.8)
    assert small.sum() == 16
    for numbers, expected in (((0, 0.5, 0.5), small), ((1, 1, 0), large)):
        assert np.array_equal(mask("square", *numbers), expected)


def test_wounds_are_as_large_as_the_target():
    assert mask("disc", 0.5, 0.5, 1, size=8).sum() < mask("disc", 0.5, 0.5, 1).sum() / 3


def test_kinds_come_as_often_as_they_should(monkeypatch):
    for kind in KINDS:
        monkeypatch.setitem(KINDS, kind, lambda *_, kind=kind: kind)
    damage, draws = Damage(9, 12, 6, {"disc": 3, "side": 1}), np.random.default_rng(1)
    found = Counter(damage.draw(draws) for _ in range(2000))
    assert found.keys() == {"disc", "side"}
    assert 0.72 < found["disc"] / 2000 < 0.78


def test_the_same_draws_give_the_same_wounds_on_all_of_the_grid():
    damage = Damage(9, 12, 6, dict.fromkeys(KINDS, 1))
    one, two, three = (np.random.default_rng(seed) for seed in (9, 9, 10))
    wounds = [damage.draw(one) for _ in range(40)]
    assert {(wound.shape, wound.dtype) for wound in wounds} == {((9, 12), np.dtype(bool))}
    assert all(np.array_equal(wound, damage.draw(two)) for wound in wounds)
    assert not all(np.array_equal(wound, damage.draw(three)) for wound in wounds)
