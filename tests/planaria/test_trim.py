"""Rules whose organisms wander are trimmed until they stay."""

from dataclasses import replace

import numpy as np
import pytest

import planaria.trim
from planaria.shipped import open_genome
from planaria.trim import (
    FIRST_SEED,
    GROUPS,
    TRIES_MAX,
    _groups,
    _moved,
    _nudged_back,
    _place,
    _place_after,
    trim,
)


class Seen:
    """A grid that shows a picture, int8[rows, cols, 4]."""

    def __init__(self, genome, picture):
        self.genome, self.picture = genome, picture

    @property
    def stands(self):
        return self.genome.target.displacement(self.picture)


def shown(genome, down, right):
    """The target with a margin of 8, moved by parts of a cell: what is between two cells is mixed of them."""
    picture = np.pad(genome.target.rgba.astype(float) * 64 / 255, ((8, 8), (8, 8), (0, 0)))
    for axis, by in enumerate((down, right)):
        whole, part = int(np.floor(by)), by - np.floor(by)
        picture = (1 - part) * np.roll(picture, whole, axis) + part * np.roll(picture, whole + 1, axis)
    return np.rint(picture).astype(np.int8)


@pytest.mark.parametrize("place", [(0, 0), (0.25, -0.125), (-3, 2), (1.75, -0.25), (-2.125, 3.25)])
def test_a_place_between_cells(place):
    genome = open_genome("heart")
    assert _place(Seen(genome, shown(genome, *place))) == pytest.approx(place, abs=0.08)


def test_the_middle_layer_of_several():
    genome = open_genome("heart")
    flat = shown(genome, 0.25, 0)

    class Layers(Seen):
        stands = genome.target.displacement(flat)

    layers = np.zeros((3, *flat.shape), np.int8)
    layers[1] = flat
    assert _place(Layers(genome, layers)) == pytest.approx((0.25, 0), abs=0.08)


@pytest.mark.parametrize("hidden", [1, 7, 16, 128])
def test_every_bias_is_in_one_group(hidden):
    groups = _groups(hidden, 3)
    assert groups.shape == (min(GROUPS, hidden), hidden)
    assert (abs(groups).sum(0) == 1).all()
    assert np.ptp(abs(groups).sum(1)) <= 1
    assert hidden < 7 or not np.array_equal(groups, _groups(hidden, 4))


def test_what_stays_is_left_as_it_is(monkeypatch):
    genome, asked = open_genome("ring"), []

    def place_after(genome, rounds, seed):
        asked.append((rounds, seed))
        return np.array([0.1, -0.2])

    monkeypatch.setattr(planaria.trim, "_place_after", place_after)
    tries = []
    assert trim(genome, lambda: tries.append(1)) is genome
    assert asked == [(10_000, FIRST_SEED), (10_000, FIRST_SEED + 1), (10_000, FIRST_SEED + 2)]
    assert tries == [1]


def test_of_what_goes_on_wandering_the_least_is_taken(monkeypatch):
    """Places are those of the three worlds, of which the worst counts."""
    genome = open_genome("ring")
    later = [replace(genome, b1=genome.b1 + number) for number in range(TRIES_MAX)]
    places = [[0, 0, 1], [0.3, 0.3, 0.3], [0, 0, 0.5], [0.2, 0.2, 0.4], [4, 4, 4], [0.2, 0.2, 0.29]]
    queue = [np.array([place, 0.0]) for tried in places for place in tried]
    monkeypatch.setattr(planaria.trim, "_place_after", lambda *_: queue.pop(0))
    monkeypatch.setattr(planaria.trim, "_nudged_back", lambda genome, place, number: later[number + 1 - 6])
    assert trim(genome) is later[-1]
    assert not queue


@pytest.mark.parametrize("place", [(0.0, 0.6), (-0.4, 0.3), (1.9, -1.2)])
def test_biases_move_by_little_and_the_right_way(monkeypatch, place):
    """Of a world in which the speed follows the biases: near its place an organism shall come back in 5,000
    rounds, and far from it stand still."""
    genome = open_genome("planarian-40")
    draws = np.random.default_rng(1)
    slopes, begun = draws.normal(0, 1e-5, (2, genome.hidden)), np.array([1e-4, -2e-4])
    offset = begun - slopes @ genome.b1
    monkeypatch.setattr(planaria.trim, "_speed", lambda genome: slopes @ genome.b1 + offset)
    moved = _nudged_back(genome, np.array(place), 0)
    wanted = -np.array(place) / 5000 if np.hypot(*place) <= 1 else -begun
    speed = slopes @ moved.b1 + offset
    assert speed - begun == pytest.approx(wanted, abs=1e-5)
    assert 0 < abs(moved.b1.astype(int) - genome.b1).max() <= 3
    assert (moved.w1 == genome.w1).all()
    assert (moved.w2 == genome.w2).all()


def test_biases_stay_what_the_format_has(monkeypatch):
    ring = open_genome("ring")
    full = replace(ring, b1=np.full_like(ring.b1, 32767))
    moved = _moved(full, np.arange(ring.hidden) % 7 - 3)
    assert moved.b1.dtype == np.int16
    assert moved.b1.tolist() == [32767 + min(0, number % 7 - 3) for number in range(ring.hidden)]


def test_an_organism_that_grew_is_in_its_place():
    ring = open_genome("ring-16")
    place = _place_after(ring, 300, FIRST_SEED)
    assert np.hypot(*place) < 0.05
    assert np.array_equal(place, _place_after(ring, 300, FIRST_SEED))
