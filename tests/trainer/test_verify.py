"""Every shipped genome: the trainer's forward pass is the firmware, wounds included."""

import pytest

torch = pytest.importorskip("torch", reason="the train extra (torch) is not installed")

from pathlib import Path  # noqa: E402

from firmware.genome import Genome  # noqa: E402
from trainer.evaluate import errors  # noqa: E402
from trainer.verify import compare  # noqa: E402

SHIPPED = sorted((Path(__file__).parents[2] / "planaria" / "genomes").glob("*.genome"))


def test_three_genomes_at_least_one_regenerating_with_a_hole():
    genomes = [Genome.load(path) for path in SHIPPED]
    assert len(genomes) >= 3
    for genome in genomes:
        assert 20 <= max(genome.target.rgba.shape[:2]) <= 28
        assert genome.facts["command"].startswith("planaria train ")
    ring = next(g for g in genomes if g.name == "ring")
    assert ring.regime == "regenerating"
    assert ring.target.rgba[10, 10, 3] == 0


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_a_million_state_bytes_without_a_mismatch(path):
    result = compare(Genome.load(path).rule, rows=32, cols=32, steps=40, seed=5)
    assert result.bytes_compared == 40 * 3 * 32 * 32 * 16 > 10**6
    assert result.mismatches == 0


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_facts_hold(path):
    """The errors in the training facts are what the weights in the same file give."""
    genome = Genome.load(path)
    assert genome.facts["seed"] is not None
    grown = errors(genome.rule, genome.target, (200,), margin=4, seed=int(genome.facts["seed"]))
    assert round(grown[0], 3) == genome.facts["E_sync_200"]
