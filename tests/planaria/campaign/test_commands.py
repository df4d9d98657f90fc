"""The commands about campaigns, as a user calls them."""

import json
import os
import shlex
import subprocess
import sys

import pytest

from planaria.campaign.store import Store
from tests.planaria.campaign.test_hostile_results import change, sign_rows
from tests.planaria.campaign.tiny import PLAN


@pytest.fixture
def plan_file(tmp_path):
    path = tmp_path / "tiny.toml"
    path.write_text(PLAN.replace("trials = 20", "trials = 4"))
    return path


@pytest.mark.parametrize("command", ["plans", "measure", "report", "replay", "certify", "faults"])
def test_help_shows_an_example_and_imports_nothing_heavy(planaria, command):
    process = planaria(command, "--help", PYTHONPROFILEIMPORTTIME="1")
    assert process.returncode == 0
    assert f"example: planaria {command}" in process.stdout
    imported = {line.rpartition("|")[2].strip() for line in process.stderr.splitlines() if "|" in line}
    assert not imported & {"numpy", "scipy", "matplotlib", "numba", "distributed", "sqlite3", "jinja2"}


def test_from_a_plan_to_a_certificate(planaria, plan_file, tmp_path):
    measured = planaria("measure", "tiny.toml", "-o", "out", "--workers", 1)
    assert measured.returncode == 0, measured.stderr
    assert "8 trials in out" in measured.stdout
    again = json.loads(planaria("measure", "tiny.toml", "-o", "out", "--json").stdout)
    assert again["trials_run"] == 0
    assert again["results_sha256"] in measured.stdout

    reported = json.loads(planaria("report", "out", "--json").stdout)
    assert (tmp_path / "out/report.html").stat().st_size > 10_000
    command = reported["worst"][0]["replay"].split()
    replayed = planaria(*command[1:])
    assert replayed.returncode == 0, replayed.stderr
    assert "as measured" in replayed.stdout
    assert (tmp_path / command[-1]).read_bytes()[:6] == b"GIF89a"

    certified = planaria("certify", "out", "--within", 10, "--confidence", 0.8, "-o", "c.json")
    assert certified.returncode == 0, certified.stderr
    assert certified.stdout.startswith("With confidence 0.8, at least ")
    checked = planaria("certify", "--check", "c.json", "--sample", 2)
    assert (checked.returncode, "2 trials run again (--seed " in checked.stdout) == (0, True)


def test_a_trial_that_is_not_as_measured(planaria, plan_file, tmp_path):
    """Somebody has changed the database: its checksums say so, or he has made them anew, and replay does."""
    assert planaria("measure", "tiny.toml", "-o", "out", "--workers", 1).returncode == 0
    change(tmp_path / "out", "UPDATE results SET trace_sha256 = '" + "f00" * 21 + "f' WHERE point = 1")
    process = planaria("replay", "out", "--point", 1, "--trial", 2)
    assert (process.returncode, "it was changed: its SHA-256 is another" in process.stderr) == (2, True)
    sign_rows(tmp_path / "out")
    process = planaria("replay", "out", "--point", 1, "--trial", 2)
    assert (process.returncode, "NOT as measured" in process.stdout) == (1, True)
    assert planaria("replay", "out", "--point", 0, "--trial", 2).returncode == 0


def test_pandas_reads_the_columns(planaria, plan_file, tmp_path):
    pandas = pytest.importorskip("pandas", reason="pandas is not installed: try pip install pandas")
    assert planaria("measure", "tiny.toml", "-o", "out", "--workers", 1).returncode == 0
    with Store.open(tmp_path / "out") as store:
        frame = pandas.DataFrame(store.columns())
    assert len(frame) == 8
    assert set(frame["radius"]) == {2, 4}
    assert frame["seed"].nunique() == 8


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["measure", "no-such-plan", "-o", "out"], ["no-such-plan", "five-cuts"]),
        (["measure", "tiny.toml", "-o", "out", "--workers", "0"], ["--workers: 0", "at least 1"]),
        (["measure", "tiny.toml", "-o", "out", "--until", "2"], ["--until: 2", "between 0 and 1"]),
        (["measure", "tiny.toml", "-o", "tiny.toml"], ["tiny.toml"]),
        (["report", "nowhere"], ["nowhere", "planaria measure"]),
        (["replay", "nowhere", "--trial", "1"], ["nowhere", "planaria measure"]),
        (["certify", "nowhere", "--within", "9", "-o", "c.json"], ["nowhere", "planaria measure"]),
        (["certify", "nowhere"], ["certify: --within", "missing", "planaria certify DIR"]),
        (["certify", "--check", "tiny.toml"], ["tiny.toml", "no JSON"]),
    ],
)
def test_bad_input(refused, plan_file, arguments, says):
    refused(*arguments, says=says)


def test_the_lists(planaria):
    plans = json.loads(planaria("plans", "--json").stdout)
    assert len(plans) >= 12
    assert plans["five-cuts"]["points"] == 5
    faults = {row["kind"]: row for row in json.loads(planaria("faults", "--json").stdout)}
    assert faults["loss"]["parameters"] == {"probability": {"limits": "0 to 1", "default": None}}
    assert all(row["text"] for row in faults.values())
    assert [row["needs_length"] for row in faults.values() if row["part"] == "compound"] == [True, True]
    for command in ("plans", "faults"):
        text = planaria(command).stdout
        assert all(name in text for name in (plans if command == "plans" else faults))


def test_one_kind_of_fault(planaria):
    (row,) = json.loads(planaria("faults", "kill", "--json").stdout)
    assert (row["kind"], row["needs_length"]) == ("kill", False)
    text = planaria("faults", "mix").stdout
    assert "  mix  (for a time, +ROUNDS)\n" in text
    assert len(text.splitlines()) < 10
    process = planaria("faults", "burn")
    assert process.returncode == 2
    assert "there is no kind 'burn'; kinds are babble, blind, brownout" in process.stderr


@pytest.mark.parametrize("folder", ["out", "my cuts", "it's $HOME", "./-out"])
def test_what_is_printed_can_be_pasted(planaria, plan_file, tmp_path, folder):
    """Also where the shell does not find planaria; and every line of it is whole."""
    plan_file.write_text(PLAN.replace("trials = 20", "trials = 1").replace("radius = [2, 4]", "radius = [4]"))
    measured = planaria("measure", "tiny.toml", "-o", folder, "--workers", 1, PATH="/usr/bin:/bin").stdout
    assert measured.startswith(f"tiny: 1 trial in {folder.removeprefix('./')}\n")
    report = paste(measured.partition("next: ")[2], tmp_path)
    assert report.startswith(f"wrote {folder.removeprefix('./')}/report.html, report.json")
    assert not report.strip().endswith(",")
    (row,) = json.loads((tmp_path / folder / "report.json").read_text())["worst"]
    assert "as measured" in planaria(*shlex.split(row["replay"])[1:]).stdout


def paste(line, folder):
    """What the shell makes of it."""
    environment = {
        "PATH": "/usr/bin:/bin",
        "PYTHONPATH": os.pathsep.join(sys.path),
        "HOME": os.environ["HOME"],
    }
    return subprocess.run(
        ["sh", "-c", line], cwd=folder, env=environment, capture_output=True, text=True, check=True
    ).stdout
