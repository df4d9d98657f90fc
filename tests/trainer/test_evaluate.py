"""Errors in the trainer's own world."""

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the train extra (torch) is not installed")

from firmware.arithmetic import Rule  # noqa: E402
from planaria.shipped import open_genome  # noqa: E402
from trainer.evaluate import _halves, errors, score  # noqa: E402

IDLE = Rule(np.zeros((1, 48), np.int32), np.zeros(1, np.int32), np.zeros((1, 16), np.int32), 6, 8)


def seed_error(target):
    """E of a grid that shows a seed and nothing else."""
    picture = np.zeros((12, 12, 4), np.int8)
    picture[target.seed_cell(12, 12)][3] = 64
    return target.error(picture)


@pytest.mark.parametrize("regime", ["growing", "persistent"])
def test_a_rule_that_does_nothing_leaves_the_seed(target, regime):
    assert score(IDLE, target, regime, 2, 0) == seed_error(target)
    assert errors(IDLE, target, (1, 30), 2, 0) == [seed_error(target)] * 2


def test_a_wound_hits_two_of_four_seeds(target):
    """The seed is in two of the four halves: there E is 1000 afterwards."""
    mean = (4 * seed_error(target) + 2 * seed_error(target) + 2 * 1000) / 8
    assert score(IDLE, target, "regenerating", 2, 0) == pytest.approx(mean)


def test_halves():
    halves = _halves(3, 5).int()
    assert halves[0].tolist() == [[1, 1, 0, 0, 0]] * 3
    assert halves[2].tolist() == [[1] * 5, [0] * 5, [0] * 5]
    assert torch.equal(halves[0] + halves[1], torch.ones(3, 5).int())
    assert torch.equal(halves[2] + halves[3], torch.ones(3, 5).int())


def test_a_shipped_genome_scores_well_and_a_spoilt_one_does_not():
    genome = open_genome("ring")
    good = score(genome.rule, genome.target, "regenerating", 4, 1)
    assert 0.3 < good < 2
    assert score(genome.rule, genome.target, "regenerating", 4, 1) == good
    spoilt = genome.rule._replace(w2=genome.rule.w2 // 2)
    assert score(spoilt, genome.target, "regenerating", 4, 1) > 3 * good
