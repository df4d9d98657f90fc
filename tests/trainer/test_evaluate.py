"""How well a rule does in the trainer's own world."""

import math

import numpy as np
import pytest

from firmware.arithmetic import Rule
from firmware.budget import ALPHA
from planaria.shipped import open_genome
from tests.trainer.worlds import BACKENDS, backend_of, random_rule
from trainer.backend import World
from trainer.evaluate import Judge, Judgement, cuts
from trainer.rule import Weights
from trainer.wakes import unpacked

IDLE = Rule(np.zeros((1, 48), np.int32), np.zeros(1, np.int32), np.zeros((1, 16), np.int32), 6, 8)


@pytest.fixture
def judge(target, usual):
    return Judge(usual(12, 12), target, 2, 0)


def seed_error(target):
    """E of a grid that shows a seed and nothing else."""
    picture = np.zeros((12, 12, 4), np.int8)
    picture[target.seed_cell(12, 12)][3] = 64
    return target.error(picture)


def test_a_rule_that_does_nothing_leaves_the_seed(target, judge):
    alone = seed_error(target)
    assert judge.judge(Weights.of(IDLE), "growing")[:2] == ([alone] * 5, [])
    assert judge.judge(Weights.of(IDLE), "persistent")[:2] == ([alone] * 5, [alone] * 5)
    assert judge.errors_after(IDLE, (1, 30)) == [alone] * 2


def test_three_of_the_five_cuts_take_the_seed(target, judge):
    """E is 1000 where nothing is left."""
    alone = seed_error(target)
    grown, healed, pictures = judge.judge(Weights.of(IDLE), "regenerating")
    assert grown == [alone] * 5
    row, col = target.seed_cell(12, 12)
    taken = [col < 6, col >= 6, row < 6, row >= 6, True]
    assert healed == [1000 if gone else alone for gone in taken]
    assert pictures.dtype == np.int8
    assert pictures.shape == (5, 12, 12, 4)
    assert pictures.sum((1, 2)).tolist() == [[0, 0, 0, 0 if gone else 64] for gone in taken]


def test_cuts(target):
    """Four halves, and a square of half of the target's 8 cells, less half a cell on each side."""
    left, right, top, bottom, middle = cuts(12, 13, target)
    rows, cols = np.indices((12, 13))
    assert np.array_equal(left, cols < 6)
    assert np.array_equal(right, ~left)
    assert np.array_equal(top, rows < 6)
    assert np.array_equal(bottom, ~top)
    assert np.array_equal(middle, (rows >= 4) & (rows < 8) & (cols >= 5) & (cols < 8))


def judgement(grown, healed=()):
    return Judgement(grown, list(healed), np.zeros((len(grown), 1, 1, 4), np.int8))


def test_who_is_whole():
    grown, healed = [3.0, 3.1, 0.5], [2.9, 1000.0, 3.1, 1.0]
    one, other = judgement(grown), judgement(grown, healed)
    assert (one.whole, one.share) == (2, 2 / 3)
    assert (other.whole, other.share) == (2, 0.5)


def test_score_by_hand():
    """The share that is not whole, and a hundredth of the mean logarithm of 1 + E, up to a million."""
    assert judgement([0.0]).score == 0
    assert judgement([0.0], [math.e - 1, 1e9]).score == pytest.approx(0.5 + (1 + math.log1p(1e6)) / 300)
    assert judgement([1000.0], [2.9, 3.0]).score < judgement([0.0], [0.0, 3.1]).score


class Recorded(World):
    """A world in which nothing happens."""

    def __init__(self, states):
        self.grids, self.lives = states, []

    @property
    def states(self):
        return self.grids.copy()

    def live(self, fire, lost):
        self.lives.append((unpacked(fire, 12, 12), unpacked(lost, 12, 12)))

    def restart(self, hole):
        self.lives.append(hole)


def test_what_happens_in_its_worlds(target):
    """Grown for 100 rounds of 16 steps, cut, and healed for as long; a sixteenth wakes, and is lost."""

    worlds = []

    class Backend:
        def world(self, weights, states):
            worlds.append(Recorded(states))
            return worlds[-1]

    for _ in range(2):
        Judge(Backend(), target, 2, 0).judge(None, "regenerating")
    one, same = (world.lives for world in worlds)
    (cut,) = (number for number, life in enumerate(one) if not isinstance(life, tuple))
    assert np.array_equal(one[cut], cuts(12, 12, target))
    for lives in (one[:cut], one[cut + 1 :]):
        fire, lost = (np.concatenate(masks) for masks in zip(*lives, strict=True))
        assert fire.shape == (1600, 5, 12, 12)
        assert lost.shape == (1600, 5, 8, 12, 12)
        assert fire.mean() == pytest.approx(1 / 16, rel=0.01)
        assert lost.mean() == pytest.approx(1 / 16, rel=0.01)
        assert np.abs(fire.mean((0, 2, 3)) - 1 / 16).max() < 0.004
    assert all(np.array_equal(a, b) for a, b in zip(one[0], same[0], strict=True))
    assert not np.array_equal(one[0][0], one[cut + 1][0])


def test_larger_targets_have_more_time(target, usual):
    assert Judge(usual(12, 12), target, 2, 0).grown_rounds == 100
    ring = open_genome("ring").target
    assert Judge(usual(60, 60), ring, 20, 0).grown_rounds == max(100, 6 * ring.reach)


@pytest.mark.parametrize("name", BACKENDS)
def test_all_backends_judge_alike(name, target, usual):
    rule = random_rule(np.random.default_rng(4), 60)
    rule.w2[:, ALPHA] = 5  # it grows
    one, other = (Judge(backend, target, 2, 3) for backend in (usual(12, 12), backend_of(name, 12, 12)))
    weights = Weights.of(rule)
    judged, again = (judge.judge(weights, "regenerating") for judge in (one, other))
    assert judged[:2] == again[:2]
    assert np.array_equal(judged.pictures, again.pictures)
    assert len({*judged.grown, *judged.healed}) > 5
    assert one.errors_after(rule, (3, 20)) == other.errors_after(rule, (3, 20))
    assert one.errors_after(rule, (4,)) == other.errors_after(rule, (4, 20))[:1]


def test_a_shipped_genome_does_well_and_a_spoilt_one_does_not(usual):
    genome = open_genome("ring")
    judge = Judge(usual(28, 28), genome.target, 4, 1)
    good = judge.judge(Weights.of(genome.rule), "regenerating")
    assert max(good.grown) < 2
    assert good.whole >= 3
    assert judge.judge(Weights.of(genome.rule), "regenerating")[:2] == good[:2]
    spoilt = judge.judge(Weights.of(genome.rule._replace(w2=genome.rule.w2 // 2)), "regenerating")
    assert spoilt.whole == 0
    assert spoilt.score > good.score + 0.5
