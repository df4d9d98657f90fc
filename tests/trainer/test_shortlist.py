"""The best rules of a training."""

import numpy as np
import pytest

pytest.importorskip("safetensors", reason="the extra train is not installed")

from firmware.arithmetic import Rule
from trainer.shortlist import Candidate, Shortlist


def candidate(step, score):
    w1, b1, w2 = (np.full(shape, step, np.int32) for shape in ((2, 48), (2,), (2, 16)))
    return Candidate(step, score, Rule(w1, b1, w2, 6, 8))


def test_four_are_kept_the_best_first_and_of_equal_ones_the_later_first():
    shortlist = Shortlist()
    for step, score in enumerate([5.0, 2.0, 9.0, 2.0, 1.0, 7.0]):
        shortlist.add(candidate(step, score))
    assert [(c.step, c.score) for c in shortlist.candidates] == [(4, 1.0), (3, 2.0), (1, 2.0), (0, 5.0)]


def test_kept_in_a_checkpoint():
    shortlist = Shortlist()
    for step, score in ((3, 0.1), (7, 1 / 3)):
        shortlist.add(candidate(step, score))
    tensors = shortlist.tensors() | {"another": np.zeros(1)}
    restored = Shortlist.taken(tensors, shortlist.facts(), 2)
    assert tensors.keys() == {"another"}
    for before, after in zip(shortlist.candidates, restored.candidates, strict=True):
        assert before[:2] == after[:2]
        assert before.rule[3:] == after.rule[3:]
        for a, b in zip(before.rule[:3], after.rule[:3], strict=True):
            assert np.array_equal(a, b)
            assert a.dtype == b.dtype
