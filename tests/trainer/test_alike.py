"""One seed, one training: its rule to the bit, on every machine that has what a kernel needs."""

from zlib import crc32

import numpy as np
import pytest

pytest.importorskip("safetensors", reason="the extra train is not installed")

from planaria.shipped import open_genome
from tests.trainer.worlds import backend_of
from trainer.backend import Backend
from trainer.recipe import Recipe
from trainer.training import Training, grid_size

STEPS = 20

PINNED = {
    ("amx", "soap"): 3524291099,
    ("bf16", "soap"): 1804105008,
    ("f32", "soap"): 3594155805,
    ("portable", "soap"): 920499119,
    ("portable", "muon"): 1664937877,
    ("portable", "adam"): 2112777807,
}
"""CRC-32 of the parameters and the score. Where one changes so does every training: say so in CHANGELOG."""


class Noting(Backend):
    """Notes what it was asked to learn from."""

    def __init__(self, backend):
        self.name, self.backend, self.samples = backend.name, backend, []

    def learn(self, weights, samples, grade, penalty):
        self.samples += samples
        return self.backend.learn(weights, samples, grade, penalty)

    def world(self, weights, states):
        return self.backend.world(weights, states)


@pytest.mark.parametrize(("kernel", "optimiser"), PINNED)
def test_one_seed_one_training(target, kernel, optimiser):
    """One that begins with nothing, and one from a rule that heals, so that samples have all that one can."""
    samples, found = [], []
    for picture, start in ((target, None), ((healing := open_genome("planarian-16")).target, healing)):
        recipe = Recipe(steps=STEPS, pool=8, margin=2, seed=7, rate=0.0005, optimiser=optimiser)
        backend = Noting(backend_of(kernel, *grid_size(picture, recipe)))
        training = Training(picture, recipe, backend, start=start)
        for _ in range(STEPS):
            training.step()
        training.judge()
        samples += backend.samples
        found += [*training.parameters.tensors().values(), np.float64(training.judged.score)]
    assert {sample.quantised for sample in samples} == {False, True}
    assert any(sample.whole is not None for sample in samples)
    assert any(sample.babble is not None for sample in samples)
    assert any(sample.hole.any() for sample in samples)
    assert all(np.isfinite(numbers).all() for numbers in found)
    total = crc32(b"".join(numbers.tobytes() for numbers in found))
    assert total == PINNED[kernel, optimiser]
