"""Wounds for training."""

from collections import Counter

import numpy as np
import pytest

from tests.trainer.worlds import random_sample
from trainer.damage import FAULTY_KINDS, KINDS, SIDES, Damage, Wound, struck

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
    return KINDS[kind](Damage(24, 20, size), Drawn(*numbers, whole=whole))


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


def test_spot():
    """A radius of half a cell to two, whatever the target's size, in the middle or 4.8 of 8 cells from it."""
    for size, radius in ((0, 0.5), (1, 2)):
        for cells in (16, 8):
            middle = np.hypot(ROWS - 11.5, COLS - 9.5) < radius
            assert np.array_equal(mask("babbling", 0.5, 0.5, size, size=cells), middle)
    assert np.array_equal(mask("babbling", 1, 0.5, 1), np.hypot(ROWS - 16.3, COLS - 9.5) < 2)


@pytest.mark.parametrize(
    ("angle", "offset", "expected"),
    [(0, 0, COLS >= 10), (0.5, 0, COLS < 10), (0.25, 1, ROWS >= 18), (0.75, 0.5, ROWS < 9)],
)
def test_what_slips_is_beyond_the_middle(angle, offset, expected):
    """From 0 to .7 of 8 cells away."""
    assert np.array_equal(mask("slipped", angle, offset), expected)


def test_scrambled():
    """A spot, a disc, or up to a fifth of all cells, the square of a number."""
    for whole, expected in ((0, mask("babbling", 0.5, 0.5, 0.3)), (1, mask("disc", 0.5, 0.5, 0.3))):
        assert np.array_equal(mask("scrambled", 0.5, 0.5, 0.3, whole=whole), expected)
    for number, share in ((0, 0), (0.5, 0.05), (1, 0.2)):
        assert mask("scrambled", number, whole=2).mean() == pytest.approx(share, abs=0.003)


@pytest.fixture
def sample():
    draws = np.random.default_rng(2)
    return random_sample(draws, 5, 6, steps=40, holed=0)


CELLS = np.arange(30).reshape(5, 6) % 7 == 0


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in FAULTY_KINDS])
def test_cells_restart(sample, kind):
    found = struck(sample, Wound(kind, CELLS), np.random.default_rng(3))
    assert found == sample._replace(hole=CELLS)


def test_cells_have_random_states(sample):
    before = sample.states.copy()
    found = struck(sample, Wound("scrambled", CELLS), np.random.default_rng(3))
    assert found == sample._replace(states=found.states)
    assert np.array_equal(sample.states, before)
    assert np.array_equal(found.states[~CELLS], before[~CELLS])
    expected = np.random.default_rng(3).integers(-128, 128, (5, 16))
    assert np.array_equal(found.states[CELLS], expected)


def test_cells_babble_in_up_to_all_steps(sample):
    lengths = []
    for seed in range(40):
        found = struck(sample, Wound("babbling", CELLS), np.random.default_rng(seed))
        assert found == sample._replace(babble=found.babble)
        assert found.babble.cells is CELLS
        steps, cells, channels = found.babble.said.shape
        assert (cells, channels) == (5, 16)
        assert len(np.unique(found.babble.said)) > 60 or steps < 2
        lengths.append(steps)
    assert min(lengths) < 4
    assert 36 < max(lengths) < 40


def test_cells_slip_by_one_in_any_direction(sample):
    """What was outside of the grid is blank."""
    framed = np.pad(sample.states, ((1, 1), (1, 1), (0, 0)))
    seen = set()
    for seed in range(40):
        found = struck(sample, Wound("slipped", CELLS), np.random.default_rng(seed))
        assert found == sample._replace(states=found.states)
        assert np.array_equal(found.states[~CELLS], sample.states[~CELLS])
        moved = [
            (down, right)
            for down in (-1, 0, 1)
            for right in (-1, 0, 1)
            if np.array_equal(found.states[CELLS], framed[1 - down : 6 - down, 1 - right : 7 - right][CELLS])
        ]
        assert len(moved) == 1
        seen.add(moved[0])
    assert len(seen) == 8
    assert (0, 0) not in seen


def test_wounds_are_as_large_as_the_target():
    assert mask("disc", 0.5, 0.5, 1, size=8).sum() < mask("disc", 0.5, 0.5, 1).sum() / 3


def test_kinds_come_as_often_as_they_should(monkeypatch):
    for kind in KINDS:
        monkeypatch.setitem(KINDS, kind, lambda *_, kind=kind: kind)
    damage, draws = Damage(9, 12, 6), np.random.default_rng(1)
    found = Counter(damage.draw(draws, {"disc": 0.75, "side": 0.25}).kind for _ in range(2000))
    assert found.keys() == {"disc", "side"}
    assert 0.72 < found["disc"] / 2000 < 0.78


def test_the_same_draws_give_the_same_wounds_on_all_of_the_grid():
    damage, shares = Damage(9, 12, 6), dict.fromkeys(KINDS, 1 / len(KINDS))
    one, two, three = (np.random.default_rng(seed) for seed in (9, 9, 10))
    wounds = [damage.draw(one, shares) for _ in range(40)]
    assert {(wound.cells.shape, wound.cells.dtype) for wound in wounds} == {((9, 12), np.dtype(bool))}
    again, others = ([damage.draw(draws, shares) for _ in range(40)] for draws in (two, three))
    assert [wound.kind for wound in wounds] == [wound.kind for wound in again]
    assert all(np.array_equal(wound.cells, other.cells) for wound, other in zip(wounds, again, strict=True))
    assert [wound.kind for wound in wounds] != [wound.kind for wound in others]
