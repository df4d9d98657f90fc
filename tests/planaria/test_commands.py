"""The commands, as a user calls them."""

import hashlib
import json
import os
import re
import sys
import time
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

import planaria as package
from planaria.campaign.store import Store
from planaria.commands.main import main
from planaria.inspect import plain_picture
from planaria.shipped import open_genome, shipped_paths

RUN = (
    "run",
    "planarian",
    "--grid",
    "26x26",
    "--rounds",
    "6",
    "--loss",
    "0.1",
    "--jitter-us",
    "300",
    "--json",
)


@pytest.mark.parametrize("command", ["", "demo", "train", "genomes", "inspect", "run", "build", "verify"])
def test_help_shows_an_example_and_starts_fast(planaria, command):
    process = planaria(*command.split(), "--help")
    assert process.returncode == 0
    assert "example: planaria" in process.stdout


def test_help_imports_nothing_heavy(planaria):
    """0.3 s is promised for --help; what would take longer is not even imported."""
    process = planaria("run", "--help", PYTHONPROFILEIMPORTTIME="1")
    imported = {line.rpartition("|")[2].strip() for line in process.stderr.splitlines() if "|" in line}
    assert "planaria.commands.main" in imported or "argparse" in imported
    assert not imported & {"numpy", "simpy", "matplotlib", "torch", "PIL", "msgpack"}


def test_same_seed_same_trace_whatever_the_hash_seed(planaria):
    one = json.loads(planaria(*RUN, "--seed", 7, PYTHONHASHSEED="1").stdout)
    two = json.loads(planaria(*RUN, "--seed", 7, PYTHONHASHSEED="2").stdout)
    other = json.loads(planaria(*RUN, "--seed", 8).stdout)
    del one["wall_s"], two["wall_s"]
    assert one == two
    assert other["trace_sha256"] != one["trace_sha256"]


def test_check_compares_with_the_reference_engine(planaria):
    process = planaria(
        *RUN, "--engine", "window", "--check", "--fault", "kill:half:left@2+1", "--dwell-rounds", 1
    )
    assert (process.returncode, process.stderr) == (0, "")
    assert json.loads(process.stdout)["differences"] == []


def test_check_finds_a_difference(monkeypatch, capsys):
    monkeypatch.setattr("emulator.arrays.engine.seed_state", lambda: 64)
    assert main(["run", "ring", "--grid", "22x22", "--rounds", "2", "--engine", "window", "--check"]) == 1
    assert "differs from the engine reference in: trace_sha256, error_by_round" in capsys.readouterr().out


def test_run_json_and_files(planaria, tmp_path):
    process = planaria(
        *RUN, "--fault", "restart:half:left@2", "--fault", "loss:0.5@1+2", "--dwell-rounds", 1,
        "--film", "f.gif", "--figure", "f.png", "--trace", "f.trace",
    )  # fmt: skip
    assert process.stderr == ""
    result = json.loads(process.stdout)
    assert result["genome"] == "planarian"
    assert len(result["error_by_round"]) == 7
    assert result["error_by_round"][0] > 950
    assert result["messages"] >= result["delivered"] + result["lost"] > 0
    (recovery,) = result["recoveries"]
    assert recovery["wound"] == "restart:half:left@2"
    for judged in (recovery, recovery["clean"], recovery["recognisable"], result["verdict"]):
        assert judged["outcome"] == "not_grown"
    assert result["predicate"] == {
        "gone_fraction": 0.95,
        "dwell_rounds": 1,
        "grown_error": 10.0,
        "while_growing": False,
    }
    trace = (tmp_path / "f.trace").read_bytes()
    assert len(trace) == 28 * result["updates"]
    assert hashlib.sha256(trace).hexdigest() == result["trace_sha256"]
    with Image.open(tmp_path / "f.gif") as film:
        assert film.size == (364, 364)
        assert film.n_frames > 1
    with Image.open(tmp_path / "f.png") as figure:
        assert figure.size[0] > 800
    assert sorted(p.name for p in tmp_path.iterdir()) == ["f.gif", "f.png", "f.trace"]


def test_run_for_a_person(planaria):
    process = planaria("run", "planarian", "--rounds", 2)
    assert "planarian on 32x32 cells" in process.stdout
    assert "trace " in process.stdout


def test_a_wound_of_what_has_not_grown(planaria):
    """The first wound of a new user once: the "rest" was growth, and the run too short to heal in."""
    early = ("run", "ring", "--grid", "22x22", "--rounds", 40, "--fault", "restart:half:left@20")
    process = planaria(*early)
    assert process.returncode == 0
    assert "restart:half:left@20: had not grown: E " in process.stdout
    assert "(limit 10): nothing can be said; strike later" in process.stdout
    assert process.stderr == (
        "planaria: warning: the last fault leaves 20 of 40 rounds, and a recovery must last for more than "
        "25: none can be seen; give --rounds 86, at least 46\n"
    )
    growing = planaria(*early[:5], 60, *early[6:], "--while-growing", "--grown-error", "10")
    assert growing.stderr == ""
    assert "had not grown" not in growing.stdout


def test_run_and_replay_and_campaign_give_one_verdict(planaria, tmp_path):
    """One fault has one verdict, whoever judges it."""
    (tmp_path / "one.toml").write_text(
        'title = "one"\ngenomes = ["ring"]\ntimeline = ["restart:half:left@60"]\n'
        'trials = 1\nhorizon_rounds = 100\n[world]\ngrid = "22x22"\nloss = 0.05\n'
        "[recovery]\ngrown_error = 500\ngone_fraction = 0.9\n"
    )
    assert planaria("measure", "one.toml", "-o", "out", "--workers", 1).returncode == 0
    with Store.open(tmp_path / "out") as store:
        (trial,) = store.results()
    replayed = json.loads(planaria("replay", "out", "--trial", 0, "--json").stdout)
    run = json.loads(
        planaria(
            "run", "ring", "--grid", "22x22", "--loss", 0.05, "--rounds", 100, "--seed", trial.seed,
            "--fault", "restart:half:left@60", "--grown-error", 500, "--gone-fraction", 0.9, "--json",
        ).stdout
    )  # fmt: skip
    assert replayed["same"] is True
    assert run["verdict"] == replayed["verdict"]
    (recovery,) = run["recoveries"]
    for judged, outcome, rounds in (
        (recovery, trial.outcome, trial.rounds),
        (recovery["clean"], trial.clean_outcome, trial.clean_rounds),
        (recovery["recognisable"], trial.recognisable_outcome, trial.recognisable_rounds),
    ):
        assert (judged["outcome"], judged["rounds"]) == (outcome, rounds)
    assert (recovery["error_end"], recovery["stood"]["error"]) == (trial.error_end, trial.error_displaced)


def test_genomes_lists_what_is_shipped(planaria):
    rows = json.loads(planaria("genomes", "--json").stdout)
    assert [row["name"] for row in rows] == sorted(shipped_paths())
    assert len(rows) >= 10
    for row in rows:
        drawing, ending = re.fullmatch(r"(.+?)(-16|-40|-persistent|-growing|)", row["name"]).groups()
        size = {"-16": 16, "-40": 40}.get(ending, 20 if drawing == "ring" else 24)
        regime = f"--regime {ending[1:]} " if ending[1:].isalpha() else ""
        assert row["command"].startswith(f"planaria train {drawing} {regime}--size {size} ")
        assert row["command"].endswith(f" -o {row['name']}.genome")
        assert max(row["width"], row["height"]) == size
        assert row["regime"] == (ending[1:] if ending[1:].isalpha() else "regenerating")
        assert row["E_200"] <= 3
        assert row["E_1000"] <= 3 or row["regime"] == "growing"
    text = planaria("genomes").stdout
    assert all(row["name"] in text for row in rows)


def test_inspect(planaria):
    facts = json.loads(planaria("inspect", "planarian", "--json").stdout)
    assert facts["shape"] == [48, 128, 16]
    assert facts["rom_bytes"] == {"image": 8464, "left_for_code": 1776, "budget": 10240}
    assert facts["ram_bytes"] == {"static": 216, "left_for_stack": 40, "budget": 256}
    text = planaria("inspect", "planarian").stdout
    assert "8,464 B genome of 10,240 B" in text
    assert text.isascii()
    assert "\x1b" not in text
    assert len(text.partition("\n\n")[2].splitlines()) == 12


@pytest.mark.parametrize(
    ("is_terminal", "environment", "coloured"),
    [
        (True, {}, True),
        (True, {"NO_COLOR": ""}, True),
        (True, {"NO_COLOR": "1"}, False),
        (True, {"TERM": "dumb"}, False),
        (False, {}, False),
    ],
)
def test_colours_are_for_terminals(monkeypatch, capsys, is_terminal, environment, coloured):
    for name in ("NO_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: is_terminal)
    assert main(["inspect", "planarian"]) == 0
    assert capsys.readouterr().out.count("▀") == (24 * 12 if coloured else 0)


def test_a_picture_in_letters():
    pixels = [[1, 0, 1, 0], [0, 1, 1, 0], [1, 0, 0, 0]]
    assert plain_picture(np.array(pixels, bool)) == "'.:\n'"


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_no_encoding_of_the_output_ends_the_work(planaria, tmp_path, encoding):
    """Nor a name that is no text in UTF-8."""
    own = replace(open_genome("ring"), name="lizard 🦎")
    for name in ("🦎 é.genome", os.fsdecode(b"\xff.genome")):
        own.save(tmp_path / name)
        process = planaria(
            "run", name, "--grid", "22x22", "--rounds", 1, "--trace", f"{name}.trace",
            PYTHONIOENCODING=encoding, encoding=encoding,
        )  # fmt: skip
        assert process.returncode == 0, process.stderr
        lizard = "🦎" if encoding == "utf-8" else "\\U0001f98e"
        assert process.stdout.startswith(f"lizard {lizard} on 22x22 cells, 1 round, seed 0")
        process = planaria("inspect", name, PYTHONIOENCODING=encoding, encoding=encoding)
        assert process.returncode == 0, process.stderr


def test_a_locale_without_letters(planaria, tmp_path):
    (tmp_path / "plan.toml").write_text(
        'title = "🦎 é"\ngenomes = ["ring"]\ntimeline = ["restart:half:left@3"]\ntrials = 1\n'
        "horizon_rounds = 9\n[recovery]\ndwell_rounds = 2\n",
        "utf-8",
    )
    plain = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": "ascii"}
    for arguments in (("measure", "plan.toml", "-o", "é"), ("report", "é")):
        process = planaria(*arguments, encoding="ascii", **plain)
        assert process.returncode == 0, process.stderr
    assert "🦎 é: 1 trial in " in planaria("measure", "plan.toml", "-o", "é", encoding="utf-8").stdout


def test_public_names():
    assert {name for name in package.__all__ if getattr(package, name) is None} == set()
    with pytest.raises(AttributeError, match="nothing_like_it"):
        _ = package.nothing_like_it


def test_interrupted_training_can_be_resumed(tmp_path):
    """SIGTERM in the middle: a checkpoint, a message that says how to go on, and the same result."""
    pytest.importorskip("safetensors", reason="the train extra (safetensors) is not installed")
    import signal
    import subprocess

    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    base = [sys.executable, "-m", "planaria", "train"]
    options = ["heart", "--size", "8", "--hidden", "8", "--steps", "60"]

    def whole(name):
        subprocess.run(
            [*base, *options, "-o", name], cwd=tmp_path, env=environment, check=True, capture_output=True
        )

    whole("whole.genome")
    process = subprocess.Popen(
        [*base, *options, "-o", "part.genome"],
        cwd=tmp_path,
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
    )
    seen = ""
    deadline = time.monotonic() + 60
    while "training:" not in seen and time.monotonic() < deadline:
        seen += process.stderr.read(20)
    process.send_signal(signal.SIGTERM)
    rest = process.communicate(timeout=60)[1]
    assert process.returncode == 130
    assert "--resume part.checkpoint" in rest
    assert not (tmp_path / "part.genome").exists()
    subprocess.run(
        [*base, "-o", "part.genome", "--resume", "part.checkpoint"],
        cwd=tmp_path, env=environment, check=True, capture_output=True,
    )  # fmt: skip
    parts = [package.Genome.load(tmp_path / name) for name in ("whole.genome", "part.genome")]
    assert (parts[0].w1 == parts[1].w1).all()
    assert (parts[0].w2 == parts[1].w2).all()
    assert parts[1].facts["command"].startswith("planaria train heart --size 8 --hidden 8 --steps 60")
    assert not (tmp_path / "part.checkpoint").exists()
