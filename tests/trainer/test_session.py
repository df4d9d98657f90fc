"""A session as a user sees it."""

import signal
from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the train extra (torch) is not installed")

from firmware.system.interrupts import SIGNALS  # noqa: E402
from trainer import session  # noqa: E402
from trainer.evaluate import errors  # noqa: E402
from trainer.recipe import Recipe  # noqa: E402
from trainer.training import Training  # noqa: E402
from trainer.verify import Comparison  # noqa: E402

CPU = torch.device("cpu")


def test_trains_to_the_end_and_exports(target, recipe, tmp_path):
    training = Training(target, recipe, CPU, "planaria train x -o x.genome")
    session.train(training, tmp_path / "x.checkpoint", show_progress=False)
    assert training.steps_done == 6
    assert Training.resume(tmp_path / "x.checkpoint", CPU).steps_done == 6
    genome = session.export(training, "x")
    assert genome.facts["command"] == "planaria train x -o x.genome"
    assert genome.facts["steps"] == 6
    assert genome.facts["bytes_verified"] == 64 * 3 * 12 * 12 * 16
    best = training.candidates()[0]
    assert genome.facts["best_step"] == best.step
    assert np.array_equal(genome.rule.w1, best.rule.w1)


def test_exports_the_candidate_that_it_is_told(target, recipe, tmp_path):
    training = Training(target, recipe, CPU)
    session.train(training, tmp_path / "x.checkpoint", show_progress=False)
    last = training.candidates()[-1]
    genome = session.export(training, "x", last)
    assert np.array_equal(genome.rule.w2, last.rule.w2)
    assert genome.facts["best_step"] == last.step
    expected = errors(last.rule, target, (200, 1000), margin=2, seed=4)
    assert [genome.facts["E_sync_200"], genome.facts["E_sync_1000"]] == [round(e, 3) for e in expected]
    assert not {"start_crc32", "prolonged_at"} & genome.facts.keys()


def test_facts_of_a_training_that_was_begun_and_ended_otherwise(target, recipe):
    start = session.export(Training(target, recipe, CPU), "x")
    training = Training(target, replace(recipe, seed=5), CPU, start=start)
    training.step()
    training.prolong(2, None)
    training.step()
    facts = session.export(training, "y").facts
    assert facts["start_crc32"] == f"{start.crc32():08x}"
    assert facts["prolonged_at"] == "1"
    assert facts["steps"] == 2


def test_minutes_end_the_session(target, tmp_path):
    recipe = Recipe(hidden=8, steps=None, minutes=0.02, pool=4, margin=2)
    training = Training(target, recipe, CPU)
    session.train(training, tmp_path / "x.checkpoint", show_progress=False)
    assert training.steps_done > 0
    assert 1.2 <= training.seconds < 10


def test_interrupt_leaves_a_usable_checkpoint(target, recipe, tmp_path, monkeypatch):
    training = Training(target, recipe, CPU)
    step = training.step

    def interrupted():
        if training.steps_done == 2:
            raise KeyboardInterrupt
        return step()

    monkeypatch.setattr(training, "step", interrupted)
    with pytest.raises(KeyboardInterrupt):
        session.train(training, tmp_path / "x.checkpoint", show_progress=False)
    assert Training.resume(tmp_path / "x.checkpoint", CPU).steps_done == 2


@pytest.mark.parametrize("number", SIGNALS)
def test_signal_in_the_middle_of_a_step_waits_for_its_end(target, recipe, tmp_path, monkeypatch, number):
    """Half a step is lost state: the resumed run must still end where an undisturbed one does."""
    whole, training = Training(target, recipe, CPU), Training(target, recipe, CPU)
    while whole.progress < 1:
        whole.step()
    prepare = training._prepare

    def disturbed(*arguments):
        if training.steps_done == 2:
            signal.raise_signal(number)
        return prepare(*arguments)

    monkeypatch.setattr(training, "_prepare", disturbed)
    handler = signal.getsignal(number)
    with pytest.raises(KeyboardInterrupt):
        session.train(training, tmp_path / "x.checkpoint", show_progress=False)
    assert signal.getsignal(number) is handler
    resumed = Training.resume(tmp_path / "x.checkpoint", CPU)
    assert resumed.steps_done == 3
    while resumed.progress < 1:
        resumed.step()
    assert torch.equal(resumed.parameters.w1, whole.parameters.w1)


def test_progress_shows_loss_rate_and_time_left(target, recipe, tmp_path, capsys):
    session.train(Training(target, recipe, CPU), tmp_path / "x.checkpoint", show_progress=True)
    shown = capsys.readouterr().err
    assert "6/6" in shown
    assert "steps/s" in shown


def test_export_refuses_a_mismatch(target, recipe, monkeypatch):
    monkeypatch.setattr(session, "compare", lambda *_: Comparison(1000, 1))
    with pytest.raises(RuntimeError, match="1 of 1000 state bytes differ"):
        session.export(Training(target, recipe, CPU), "x")
