"""A training that is paused, prolonged, or goes on from a genome."""

from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("safetensors", reason="the extra train is not installed")

from firmware.errors import InputError
from firmware.picture import Picture
from tests.trainer.worlds import BACKENDS, TORCH, backend_of
from trainer.checkpoint import load_checkpoint
from trainer.keeping import resume, save
from trainer.optimiser import OPTIMISERS
from trainer.session import genome_of
from trainer.training import Training, grid_size

REGIMES = ("growing", "persistent", "regenerating")


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    """Rules are judged in every step, after a few rounds; and a step has a short rollout."""
    monkeypatch.setattr("trainer.evaluate.GROWN_ROUNDS", 1)
    monkeypatch.setattr("trainer.training.JUDGE_EVERY_STEPS", 1)


@pytest.fixture
def small():
    """A target whose rollouts and judgements are short."""
    return Picture.of(np.full((2, 2, 4), (200, 100, 50, 255), np.uint8))


def run(training, steps):
    return [training.step() for _ in range(steps)]


def content(training, path):
    """All of a training that a checkpoint has, but for the time that it took: bytes, and facts."""
    save(training, path)
    tensors, facts = load_checkpoint(path)
    facts.pop("seconds")
    return {name: (t.dtype, t.shape, t.tobytes()) for name, t in tensors.items()}, facts


@pytest.mark.parametrize("regime", REGIMES)
@pytest.mark.parametrize("name", BACKENDS)
def test_a_resumed_training_ends_as_if_there_had_been_no_pause(name, regime, small, recipe, tmp_path):
    """To the bit, in all that a checkpoint has."""
    steps, pause = (4, 2) if name == TORCH else (20, 9)
    recipe = replace(recipe, regime=regime, steps=steps, lost=3, margin=1)

    def make(rows, cols, before="no pause"):
        assert before in ("no pause", name)
        return backend_of(name, rows, cols)

    whole, part = (Training(small, recipe, make(*grid_size(small, recipe)), "planaria") for _ in range(2))
    losses = run(whole, steps)
    assert run(part, pause) == losses[:pause]
    save(part, tmp_path / "half.checkpoint")
    resumed = resume(tmp_path / "half.checkpoint", make)
    assert (resumed.steps_done, resumed.checkpoint) == (pause, tmp_path / "half.checkpoint")
    assert content(resumed, tmp_path / "x") == content(part, tmp_path / "y")
    assert run(resumed, steps - pause) == losses[pause:]
    tensors, facts = content(resumed, tmp_path / "x")
    expected, expected_facts = content(whole, tmp_path / "y")
    assert facts == expected_facts
    assert tensors == expected


@pytest.mark.parametrize("optimiser", OPTIMISERS)
def test_all_that_an_optimiser_and_a_watchdog_remember_survives(
    optimiser, small, recipe, begin, go_on, tmp_path
):
    """Here every sample explodes, so that training goes back in step 6, 12 and 18, between two pauses."""
    recipe = replace(recipe, optimiser=optimiser, steps=20, exploded=0.1)
    whole, training = begin(small, recipe), begin(small, recipe)
    for one in (whole, training):
        one.watchdog.keep(0.01, one.parameters)
    run(whole, 20)
    for pause in (3, 7, 10):
        run(training, pause)
        save(training, tmp_path / "x.checkpoint")
        training = go_on(tmp_path / "x.checkpoint")
    assert training.watchdog.returns == 3
    assert training.watchdog.scale == pytest.approx(0.343)
    assert len(training.watchdog.recent) == 2
    assert content(training, tmp_path / "x") == content(whole, tmp_path / "y")


def test_workers_change_nothing(small, recipe, tmp_path):
    recipe = replace(recipe, steps=12, margin=1)
    one, three = (
        Training(small, recipe, backend_of("portable", *grid_size(small, recipe), workers))
        for workers in (1, 3)
    )
    assert run(one, 12) == run(three, 12)
    assert content(one, tmp_path / "x") == content(three, tmp_path / "y")


def test_time_goes_on_from_where_it_was(small, recipe, begin, go_on, tmp_path):
    training = begin(small, recipe)
    run(training, 1)
    assert 0 < training.seconds < 60
    training.seconds = 1000.0
    save(training, tmp_path / "x.checkpoint")
    resumed = go_on(tmp_path / "x.checkpoint")
    assert resumed.seconds == 1000
    run(resumed, 1)
    assert 1000 < resumed.seconds < 1060


@pytest.fixture
def genome(small, recipe, begin):
    training = begin(small, replace(recipe, hidden=4))
    run(training, 3)
    return genome_of(training, "start", training.candidates()[0].rule)


def same_rule(one, other):
    return all(np.array_equal(a, b) for a, b in zip(one[:3], other[:3], strict=True)) and one[3:] == other[3:]


def test_goes_on_from_a_genome(small, recipe, genome, begin):
    """Its rule is where the training begins, to the last bit, and the first candidate."""
    training = begin(small, replace(recipe, hidden=4, seed=9), start=genome)
    assert genome.rule.w2.any()
    assert same_rule(training.parameters.rule(), genome.rule)
    assert same_rule(training.average.rule(), genome.rule)
    assert same_rule(training.watchdog.best.rule(), genome.rule)
    assert training.recipe.start_crc32 == f"{genome.crc32():08x}"
    first = training.candidates()[0]
    assert first.step == 0
    assert same_rule(first.rule, genome.rule)


def test_what_goes_on_from_a_genome_can_be_resumed(small, recipe, genome, begin, go_on, tmp_path):
    whole, part = (begin(small, replace(recipe, hidden=4), start=genome) for _ in range(2))
    run(whole, 6), run(part, 3)
    save(part, tmp_path / "x.checkpoint")
    resumed = go_on(tmp_path / "x.checkpoint")
    run(resumed, 3)
    assert resumed.recipe == whole.recipe
    assert content(resumed, tmp_path / "x") == content(whole, tmp_path / "y")


def test_a_genome_of_another_width_is_refused(small, recipe, genome, begin):
    with pytest.raises(InputError, match="hidden: 16 - the rule of start has 4 hidden units"):
        begin(small, recipe, start=genome)


def test_genomes_of_other_units(small, recipe, genome, begin):
    """Shifts of 7 and 7 rather than 6 and 8: the same numbers, as far as this trainer's weights reach."""
    w2 = genome.w2.copy()
    w2[0, :2] = -128, 127
    foreign = replace(genome, w2=w2, shift1=7, shift2=7)
    parameters = begin(small, replace(recipe, hidden=4), start=foreign).parameters
    assert np.array_equal(parameters.w1, (genome.w1 / 128).astype(np.float32))
    assert np.array_equal(parameters.b1, (genome.b1 / 2**13).astype(np.float32))
    assert parameters.w2[0, :2].tolist() == [-0.5, 127 / 256]
    assert np.array_equal(parameters.w2[1:], (w2[1:] / 128).astype(np.float32).clip(-0.5, 127 / 256))


def test_prolonged(small, recipe, begin, go_on, tmp_path):
    training = begin(small, recipe)
    run(training, 5)
    save(training, tmp_path / "x.checkpoint")
    longer = go_on(tmp_path / "x.checkpoint")
    longer.prolong(20, None)
    assert longer.progress == 0.25
    assert longer.judgements == 11
    save(longer, tmp_path / "y.checkpoint")
    again = go_on(tmp_path / "y.checkpoint")
    assert again.recipe.steps == 20
    assert again.prolonged_at == [5]
    again.prolong(5, None)
    assert again.progress == 1
    with pytest.raises(InputError, match="steps: 4 - 5 are done already"):
        again.prolong(4, None)


def test_prolonged_by_the_clock(small, recipe, begin):
    training = begin(small, recipe)
    training.seconds = 90.0
    training.prolong(None, 3.0)
    assert training.progress == 0.5
    with pytest.raises(InputError, match=r"minutes: 1\.0 - 1\.5 are spent already"):
        training.prolong(None, 1.0)
    with pytest.raises(InputError, match="exactly one"):
        training.prolong(9, 9.0)


def test_checkpoint_that_is_no_checkpoint(go_on, tmp_path):
    with pytest.raises(InputError, match="No such file"):
        go_on(tmp_path / "missing.checkpoint")
    (tmp_path / "junk.checkpoint").write_bytes(b"not safetensors at all")
    with pytest.raises(InputError, match="not a safetensors file"):
        go_on(tmp_path / "junk.checkpoint")


def test_truncated_checkpoint(small, recipe, begin, go_on, tmp_path):
    path = tmp_path / "run.checkpoint"
    save(begin(small, recipe), path)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(InputError, match="checkpoint"):
        go_on(path)
