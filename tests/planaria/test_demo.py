"""The demo, with fewer rounds: the same code from genome to report."""

import json
import re
from dataclasses import replace

import pytest
from PIL import Image

from firmware.errors import InputError
from planaria import demo as module
from planaria.commands.demo import print_report, warn_if_bad
from planaria.shipped import open_genome


@pytest.fixture
def short(monkeypatch):
    """Runs of seconds rather than minutes, in this process, so that the patched lengths hold."""
    monkeypatch.setattr(module, "SIDE", 26)
    monkeypatch.setattr(module, "GROWN_ROUNDS", 4)
    monkeypatch.setattr(module, "PERSIST_ROUNDS", 8)
    monkeypatch.setattr(module, "HEALING_ROUNDS", 3)
    monkeypatch.setattr(module, "Pool", InProcess)


class InProcess:
    """A pool with no processes."""

    def __init__(self, *_arguments, **_options):
        pass

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        return None

    def submit(self, function, *arguments):
        from concurrent.futures import Future

        future = Future()
        future.set_result(function(*arguments))
        return future


def test_quick_demo_writes_report_and_pictures(short, tmp_path, capsys):
    report = module.demo(tmp_path / "out", quick=True, seed=3, quiet=False)
    assert json.loads((tmp_path / "out" / "report.json").read_text()) == report
    assert {
        "E_grown_200",
        "E_persist_1000",
        "wounds",
        "clean",
        "recognisable",
        "recovered",
        "seed",
        "traces",
    } <= report.keys()
    assert [wound["name"] for wound in report["wounds"]] == list(module.WOUNDS)
    for wound in report["wounds"]:
        assert {"name", "clean", "recognisable", "recovered", "rounds", "time_ms"} <= wound.keys()
    stems = ["grow-and-hold", *(name.replace(" ", "-") for name in module.WOUNDS)]
    for stem in stems:
        for suffix in ("gif", "png"):
            with Image.open(tmp_path / "out" / f"{stem}.{suffix}") as picture:
                picture.load()
    print_report(report, tmp_path / "out")
    shown = capsys.readouterr().out
    assert "0 of 6 wounds clean again, 0 recognisable; 5% of messages lost" in shown
    assert shown.count("had not grown: E ") == 6
    assert "left-half.gif" in shown
    assert "\n7 runs, " in shown
    assert re.search(
        r"\nnext      \S.* run planarian --fault restart:disc:16,16,6@200 --rounds 300 --film", shown
    )


@pytest.mark.parametrize(("error", "says"), [(10.0, ""), (10.6, "is at E 11 after"), (1e3, "E 1,000")])
def test_who_is_left_in_peace_and_not_the_picture_is_warned_of(capsys, tmp_path, error, says):
    warn_if_bad({"E_persist_1000": error}, tmp_path / "a b")
    warned = capsys.readouterr().err
    assert bool(warned) == bool(says)
    assert says in warned
    if says:
        assert warned.endswith(f"look at: '{tmp_path / 'a b' / 'grow-and-hold.png'}'\n")


def test_trials_are_one_function_of_the_seed(tmp_path):
    one, two, other = (module._trials(tmp_path, seed) for seed in (1, 1, 2))
    assert one == two
    assert [trial.seed for trial in one] != [trial.seed for trial in other]
    assert one[0].rounds == 1000


def test_demo_trains_and_keeps_its_genome(short, monkeypatch, tmp_path):
    pytest.importorskip("safetensors", reason="the train extra (safetensors) is not installed")
    monkeypatch.setattr(module, "TRAINING_STEPS", 4)
    report = module.demo(tmp_path, quick=False, seed=1, quiet=True)
    assert report["facts"]["steps"] == 4
    assert (tmp_path / "planarian.genome").exists()
    assert not (tmp_path / "planarian.checkpoint").exists()


def test_demo_again(monkeypatch, tmp_path):
    """Its own genome it makes again; another, or an interrupted training, it replaces only when told to."""
    pytest.importorskip("safetensors", reason="the train extra (safetensors) is not installed")
    commands = []
    monkeypatch.setattr(
        module, "train_to_genome", lambda training, *_, **__: commands.append(training.command)
    )
    module._train(tmp_path, 1, force=False)
    genome = replace(open_genome("ring"), facts={"command": commands[0]})
    genome.save(tmp_path / "planarian.genome")
    module._train(tmp_path, 1, force=False)
    with pytest.raises(InputError, match=r"it is a genome; .* or replace it with --force"):
        module._train(tmp_path, 2, force=False)
    (tmp_path / "planarian.checkpoint").write_text("mine")
    with pytest.raises(InputError, match=r"planarian\.checkpoint - it exists already"):
        module._train(tmp_path, 1, force=False)
    module._train(tmp_path, 2, force=True)
    assert len(commands) == 3
