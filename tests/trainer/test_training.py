"""Stepping, saving and resuming a training run."""

from dataclasses import replace

import pytest

torch = pytest.importorskip("torch", reason="the train extra (torch) is not installed")

from firmware.errors import InputError  # noqa: E402
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


def test_checkpoint_that_is_no_checkpoint(tmp_path):
    with pytest.raises(InputError, match="no such file"):
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
