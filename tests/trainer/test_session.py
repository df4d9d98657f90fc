"""A session as a user sees it."""

import signal
from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("safetensors", reason="the extra train is not installed")

from threadpoolctl import ThreadpoolController

from firmware.errors import InputError
from firmware.system.interrupts import SIGNALS
from trainer import session
from trainer.evaluate import Judge
from trainer.keeping import save
from trainer.recipe import Recipe
from trainer.verify import Comparison


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    """Rules are judged after a few rounds."""
    monkeypatch.setattr("trainer.evaluate.GROWN_ROUNDS", 1)
    monkeypatch.setattr(session, "JUDGED_ROUNDS", (20, 100))


def test_trains_to_the_end_and_exports(target, recipe, begin, go_on, tmp_path):
    training = begin(target, recipe, "planaria train x -o x.genome")
    session.train(training, tmp_path / "x.checkpoint", show_progress=False)
    assert training.steps_done == 6
    assert go_on(tmp_path / "x.checkpoint").steps_done == 6
    genome = session.export(training, "x")
    best = training.candidates()[0]
    assert genome.regime == "regenerating"
    assert genome.target is target
    expected = {
        "command": "planaria train x -o x.genome",
        "seed": 4,
        "steps": 6,
        "best_step": best.step,
        "lost": 0,
        "backend": training.backend.name,
        "bytes_verified": 64 * 3 * 12 * 12 * 16,
    }
    assert expected.items() <= genome.facts.items()
    assert genome.facts["train_seconds"] == round(training.seconds, 1)
    assert all(np.array_equal(one, other) for one, other in zip(genome.rule[:3], best.rule[:3], strict=True))


def test_exports_the_candidate_that_it_is_told(target, recipe, begin, usual, tmp_path):
    training = begin(target, replace(recipe, lost=3))
    session.train(training, tmp_path / "x.checkpoint", show_progress=False)
    last = training.candidates()[-1]
    genome = session.export(training, "x", last)
    assert not np.array_equal(last.rule.w2, training.candidates()[0].rule.w2)
    assert np.array_equal(genome.rule.w2, last.rule.w2)
    assert (genome.facts["best_step"], genome.facts["lost"]) == (last.step, 3)
    expected = Judge(usual(12, 12), target, 2, 4).errors_after(last.rule, (20, 100))
    assert [genome.facts["E_trained_20"], genome.facts["E_trained_100"]] == [round(e, 3) for e in expected]
    assert not {"start_crc32", "prolonged_at"} & genome.facts.keys()


def test_facts_of_a_training_that_was_begun_and_ended_otherwise(target, recipe, begin):
    start = session.export(begin(target, recipe), "x")
    training = begin(target, replace(recipe, seed=5), start=start)
    for steps in (2, 3):
        training.step()
        training.prolong(steps, None)
    training.step()
    facts = session.export(training, "y").facts
    assert facts["start_crc32"] == f"{start.crc32():08x}"
    assert facts["prolonged_at"] == "1, 2"
    assert facts["steps"] == 3


def test_minutes_end_the_session(target, begin, tmp_path):
    recipe = Recipe(hidden=8, steps=None, minutes=0.02, pool=8, margin=2)
    training = begin(target, recipe)
    session.train(training, tmp_path / "x.checkpoint", show_progress=False)
    assert training.steps_done > 0
    assert 1.2 <= training.seconds < 10


def test_interrupt_leaves_a_usable_checkpoint(target, recipe, begin, go_on, tmp_path, monkeypatch):
    training = begin(target, recipe)
    step = training.step

    def interrupted():
        if training.steps_done == 2:
            raise KeyboardInterrupt
        return step()

    monkeypatch.setattr(training, "step", interrupted)
    with pytest.raises(KeyboardInterrupt):
        session.train(training, tmp_path / "x.checkpoint", show_progress=False)
    assert go_on(tmp_path / "x.checkpoint").steps_done == 2


@pytest.mark.parametrize("number", SIGNALS)
def test_signal_in_the_middle_of_a_step_waits_for_its_end(
    target, recipe, begin, go_on, tmp_path, monkeypatch, number
):
    """Half a step is lost state: the resumed run must still end where an undisturbed one does."""
    whole, training = begin(target, recipe), begin(target, recipe)
    while whole.progress < 1:
        whole.step()
    samples = training._samples

    def disturbed(*arguments):
        if training.steps_done == 2:
            signal.raise_signal(number)
        return samples(*arguments)

    monkeypatch.setattr(training, "_samples", disturbed)
    handler = signal.getsignal(number)
    with pytest.raises(KeyboardInterrupt):
        session.train(training, tmp_path / "x.checkpoint", show_progress=False)
    assert signal.getsignal(number) is handler
    resumed = go_on(tmp_path / "x.checkpoint")
    assert resumed.steps_done == 3
    while resumed.progress < 1:
        resumed.step()
    assert np.array_equal(resumed.parameters.w1, whole.parameters.w1)
    assert np.array_equal(resumed.pool.grids, whole.pool.grids)
    assert np.array_equal(resumed.pool.whole, whole.pool.whole)
    assert np.array_equal(resumed.pool.was_whole, whole.pool.was_whole)


def test_progress_shows_loss_judgement_rate_and_time_left(target, recipe, begin, tmp_path, capsys):
    session.train(begin(target, recipe), tmp_path / "x.checkpoint", show_progress=True)
    shown = capsys.readouterr().err
    assert "6/6" in shown
    assert "loss 0.0" in shown
    assert ", E 977, 0 of 5 whole" in shown
    assert "steps/s" in shown


def test_a_checkpoint_that_cannot_be_written_is_only_a_warning(
    target, recipe, begin, tmp_path, monkeypatch, capsys
):
    monkeypatch.setattr(session, "CHECKPOINT_EVERY_S", 0)
    tried = []

    def full(training, path):
        tried.append(training.steps_done)
        if training.steps_done < 6:
            raise InputError("output", path, "the disk is full", "make room")
        save(training, path)

    monkeypatch.setattr(session, "save", full)
    session.train(begin(target, recipe), tmp_path / "x.checkpoint", show_progress=False)
    assert tried == [1, 2, 3, 4, 5, 6, 6]
    assert capsys.readouterr().err.count("planaria: warning: no new checkpoint: output: ") == 5
    assert (tmp_path / "x.checkpoint").exists()


def test_export_refuses_a_mismatch(target, recipe, begin, monkeypatch):
    monkeypatch.setattr(session, "compare", lambda *_: Comparison(1000, 1))
    with pytest.raises(RuntimeError, match="1 of 1000 state bytes differ"):
        session.export(begin(target, recipe), "x")


def test_matrices_have_one_thread_while_it_trains(target, recipe, begin, tmp_path):
    """With two trainings on two cores, a thread for each core made both five times slower."""
    blas = ThreadpoolController().select(internal_api="openblas")
    if not blas.info():
        pytest.skip("NumPy has no OpenBLAS here")

    def threads():
        return {library["num_threads"] for library in blas.info()}

    training, seen = begin(target, recipe), set()
    training.judge = lambda: seen.update(threads())
    step = training.step
    training.step = lambda: [seen.update(threads()), step()][1]
    with blas.limit(limits=2):
        session.train(training, tmp_path / "x.checkpoint", show_progress=False)
        assert (seen, threads()) == ({1}, {2})
