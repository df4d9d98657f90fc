"""Stepping, saving and resuming a training run."""

from dataclasses import replace

import pytest

torch = pytest.importorskip("torch", reason="the train extra (torch) is not installed")

from firmware.errors import InputError  # noqa: E402
from trainer.evaluate import score  # noqa: E402
from trainer.session import export  # noqa: E402
from trainer.training import Training, choose_device  # noqa: E402

CPU = torch.device("cpu")


def run(training, steps):
    return [training.step() for _ in range(steps)]


def same_parameters(a, b):
    return all(
        torch.equal(x, y)
        for x, y in zip(a.parameters.tensors().values(), b.parameters.tensors().values(), strict=True)
    )


@pytest.mark.parametrize("regime", ["growing", "persistent", "regenerating"])
def test_resumed_run_gives_the_same_result(target, recipe, regime, tmp_path):
    recipe = replace(recipe, regime=regime)
    whole = Training(target, recipe, CPU)
    losses = run(whole, 6)

    first = Training(target, recipe, CPU)
    run(first, 3)
    first.save(tmp_path / "half.checkpoint")
    second = Training.resume(tmp_path / "half.checkpoint", CPU)

    assert second.steps_done == 3
    assert run(second, 3) == losses[3:]
    assert same_parameters(whole, second)
    assert torch.equal(whole.pool.grids, second.pool.grids)


def test_another_seed_trains_another_rule(target, recipe):
    one, other = Training(target, recipe, CPU), Training(target, replace(recipe, seed=5), CPU)
    run(one, 2), run(other, 2)
    assert not same_parameters(one, other)


def test_training_lowers_the_loss(target, recipe):
    training = Training(target, replace(recipe, steps=150, regime="growing", hidden=32), CPU)
    losses = run(training, 150)
    assert sum(losses[-10:]) < 0.5 * sum(losses[:10])


def test_the_last_fifth_is_quantised(target, recipe):
    training = Training(target, replace(recipe, steps=10), CPU)
    phases = []
    for _ in range(10):
        phases.append(training.phase)
        training.step()
    assert phases == ["float"] * 8 + ["int8"] * 2
    touched = [grid for grid in training.pool.grids if (grid != training.pool.seed_grid).any()]
    assert touched


def test_worst_sample_is_reseeded_and_best_are_wounded(target, recipe):
    training = Training(target, recipe, CPU)
    grids = torch.zeros(4, 12, 12, 16)
    grids[1] = 64.0  # everything filled: the largest error
    grids[2, ..., :4] = training.wanted * 64
    grids[2, ..., 4:] = 64.0  # perfect
    prepared = training._prepare(grids.clone(), damages=True)
    assert torch.equal(prepared[0], training.pool.seed_grid)
    assert (prepared[3, ..., 4:] == 0).any()
    untouched = training._prepare(grids.clone(), damages=False)
    assert torch.equal(untouched[3], grids[2])


def rules(candidates):
    return [(c.step, c.score, *(array.tolist() for array in c.rule[:3])) for c in candidates]


def test_best_rules_are_kept_and_survive_a_pause(target, recipe, tmp_path, monkeypatch):
    """16 of 20 steps are float; then every rule is judged, and four are kept."""
    monkeypatch.setattr("trainer.training.JUDGE_EVERY_STEPS", 1)
    recipe = replace(recipe, steps=20, hidden=4)
    whole = Training(target, recipe, CPU)
    run(whole, 20)
    part = Training(target, recipe, CPU)
    run(part, 17)
    part.save(tmp_path / "x.checkpoint")
    resumed = Training.resume(tmp_path / "x.checkpoint", CPU)
    assert rules(resumed.shortlist.candidates) == rules(part.shortlist.candidates)
    run(resumed, 3)
    assert rules(resumed.candidates()) == rules(whole.candidates())
    steps = [candidate.step for candidate in whole.candidates()]
    assert len(set(steps)) == 4
    assert set(steps) <= {16, 17, 18, 19, 20}


def test_a_candidate_is_the_rule_of_its_step_and_its_score_can_be_found_again(target, recipe, monkeypatch):
    monkeypatch.setattr("trainer.training.JUDGE_EVERY_STEPS", 1)
    training = Training(target, recipe, CPU)
    taken = {}
    for step in range(6):
        taken[step] = training.parameters.rule()
        training.step()
    taken[6] = training.parameters.rule()
    candidates = training.candidates()
    assert sorted(candidate.step for candidate in candidates) == [5, 6]
    for candidate in candidates:
        assert all((a == b).all() for a, b in zip(candidate.rule[:3], taken[candidate.step][:3], strict=True))
        assert candidate.score == score(candidate.rule, target, "regenerating", 2, 4)
    assert candidates[0].score <= candidates[1].score


def test_judging_changes_nothing_in_the_training(target, recipe, monkeypatch):
    judged, unjudged = (Training(target, recipe, CPU) for _ in range(2))
    monkeypatch.setattr("trainer.training.JUDGE_EVERY_STEPS", 1)
    run(judged, 6), judged.candidates()
    monkeypatch.setattr("trainer.training.JUDGE_EVERY_STEPS", 1000)
    run(unjudged, 6)
    assert len(judged.shortlist.candidates) == 1
    assert unjudged.shortlist.candidates == []
    assert same_parameters(judged, unjudged)


@pytest.fixture
def genome(target, recipe):
    training = Training(target, replace(recipe, hidden=4), CPU)
    run(training, 3)
    return export(training, "start")


def test_goes_on_from_a_genome(target, recipe, genome):
    """Its rule is where the training begins, to the last bit, and the first candidate."""
    training = Training(target, replace(recipe, hidden=4, seed=9), CPU, start=genome)
    begins = training.parameters.rule()
    assert all((a == b).all() for a, b in zip(begins[:3], genome.rule[:3], strict=True))
    assert training.recipe.start_crc32 == f"{genome.crc32():08x}"
    run(training, 1)
    first = training.shortlist.candidates[0]
    assert first.step == 0
    assert all((a == b).all() for a, b in zip(first.rule[:3], genome.rule[:3], strict=True))


def test_what_goes_on_from_a_genome_can_be_resumed(target, recipe, genome, tmp_path):
    whole, part = (Training(target, replace(recipe, hidden=4), CPU, start=genome) for _ in range(2))
    run(whole, 6), run(part, 3)
    part.save(tmp_path / "x.checkpoint")
    resumed = Training.resume(tmp_path / "x.checkpoint", CPU)
    run(resumed, 3)
    assert resumed.recipe == whole.recipe
    assert same_parameters(whole, resumed)
    assert rules(resumed.candidates()) == rules(whole.candidates())


def test_a_genome_of_another_width_is_refused(target, recipe, genome):
    with pytest.raises(InputError, match="hidden: 16 - the rule of start has 4 hidden units"):
        Training(target, recipe, CPU, start=genome)


def test_genomes_of_other_units(target, recipe, genome):
    """Shifts of 7 and 7 rather than 6 and 8: the same numbers, as far as this trainer's weights reach."""
    foreign = replace(genome, shift1=7, shift2=7)
    parameters = Training(target, replace(recipe, hidden=4), CPU, start=foreign).parameters
    assert torch.equal(parameters.w1, torch.from_numpy(genome.w1 / 128).float())
    assert torch.equal(parameters.w2, torch.from_numpy(genome.w2 / 128).float().clamp(-0.5, 127 / 256))


def test_prolonged(target, recipe, tmp_path):
    training = Training(target, recipe, CPU)
    run(training, 5)
    training.save(tmp_path / "x.checkpoint")
    longer = Training.resume(tmp_path / "x.checkpoint", CPU)
    longer.prolong(20, None)
    assert longer.progress == 0.25
    assert longer.phase == "float"
    longer.save(tmp_path / "y.checkpoint")
    again = Training.resume(tmp_path / "y.checkpoint", CPU)
    assert again.recipe.steps == 20
    assert again.prolonged_at == [5]
    again.prolong(5, None)
    assert again.progress == 1
    with pytest.raises(InputError, match="steps: 4 - 5 are done already"):
        again.prolong(4, None)


def test_prolonged_by_the_clock(target, recipe):
    training = Training(target, recipe, CPU)
    training.seconds = 90.0
    training.prolong(None, 3.0)
    assert training.progress == 0.5
    with pytest.raises(InputError, match=r"minutes: 1\.0 - 1\.5 are spent already"):
        training.prolong(None, 1.0)
    with pytest.raises(InputError, match="exactly one"):
        training.prolong(9, 9.0)


def test_checkpoint_that_is_no_checkpoint(tmp_path):
    with pytest.raises(InputError, match="No such file"):
        Training.resume(tmp_path / "missing.checkpoint", CPU)
    (tmp_path / "junk.checkpoint").write_bytes(b"not safetensors at all")
    with pytest.raises(InputError, match="not a safetensors file"):
        Training.resume(tmp_path / "junk.checkpoint", CPU)


def test_truncated_checkpoint(target, recipe, tmp_path):
    path = tmp_path / "run.checkpoint"
    Training(target, recipe, CPU).save(path)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(InputError, match="checkpoint"):
        Training.resume(path, CPU)


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a CUDA GPU")
def test_cuda_without_a_gpu():
    with pytest.raises(InputError, match="--device cpu"):
        choose_device("cuda")
    assert choose_device("auto") == CPU
