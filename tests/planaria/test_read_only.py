"""Folders without write permission: an archive is read, and whoever wants to write is told so at once."""

import json
import shutil
import sqlite3
from contextlib import closing

import pytest

from planaria import Plan, Store, measure
from planaria.campaign.database import FILE

PLAN = """\
title = "small"
genomes = ["ring"]
timeline = ["restart:half:left@100"]
trials = 2
horizon_rounds = 150
[world]
grid = "22x22"
[recovery]
grown_error = 1000
"""
TRIALS = 2


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    """Results of two trials."""
    folder = tmp_path_factory.mktemp("measured") / "results"
    measure(Plan.parse(PLAN, "small.toml"), folder, workers=1, quiet=True)
    return folder


@pytest.fixture
def archive(measured, tmp_path):
    """``archive(change)``: a copy named ``old`` that nobody may change any more, after ``change(folder)``."""
    folder = tmp_path / "old"

    def make(change=lambda _folder: None):
        shutil.copytree(measured, folder)
        change(folder)
        folder.chmod(0o555)
        return folder

    yield make
    folder.chmod(0o755)


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def log_ahead(folder):
    """As older results were left: no log is there, but SQLite would make one to read them."""
    with closing(sqlite3.connect(folder / FILE)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("SELECT * FROM facts").fetchall()


def kill(folder):
    """As a kill leaves it: that the second trial is there is in the log alone."""
    left = folder.with_name("left")
    with closing(sqlite3.connect(folder / FILE, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute('CREATE TEMP TABLE kept AS SELECT * FROM results WHERE "index" = 1')
        connection.execute('DELETE FROM results WHERE "index" = 1')
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.execute("INSERT INTO results SELECT * FROM kept")
        shutil.copytree(folder, left)
    shutil.rmtree(folder)
    left.rename(folder)
    assert names(folder) == [FILE, f"{FILE}-shm", f"{FILE}-wal", "results.csv"]


def test_finished_results_are_one_file(measured):
    assert names(measured) == [FILE, "results.csv"]
    with Store.open(measured) as store:
        assert len(store) == TRIALS
        assert names(measured) == [FILE, "results.csv"]


@pytest.mark.parametrize("change", [log_ahead, kill])
def test_reading_leaves_nothing_behind(measured, tmp_path, change):
    folder = shutil.copytree(measured, tmp_path / "new")
    change(folder)
    with Store.open(folder) as store:
        assert [result.index for result in store.results()] == [0, 1]
    assert names(folder) == [FILE, "results.csv"]
    with Store.open(folder) as store:
        assert len(store) == TRIALS


def test_a_reader_changes_nothing(measured):
    with Store.open(measured) as store, pytest.raises(sqlite3.OperationalError, match="readonly"):
        store._connection.execute("DELETE FROM results")


@pytest.mark.parametrize("change", [lambda _folder: None, log_ahead, kill])
def test_an_archive_is_read(bound, archive, tmp_path, change):
    before = names(archive(change))
    report = bound("report", "old", "-o", "new", "--json")
    assert report.returncode == 0, report.stderr
    assert json.loads(report.stdout)["trials"] == TRIALS
    assert {"report.html", "report.json"} <= set(names(tmp_path / "new"))
    replay = bound("replay", "old", "--trial", 1, "--film", "f.gif", "--json")
    assert json.loads(replay.stdout)["same"] is True
    certify = bound("certify", "old", "--within", 3, "-o", "c.json")
    assert certify.returncode == 0, certify.stderr
    assert names(tmp_path / "old") == before


def test_an_archive_without_what_belongs_to_its_log_says_what_to_do(bound, archive):
    def change(folder):
        kill(folder)
        (folder / f"{FILE}-shm").unlink()

    archive(change)
    process = bound("report", "old", "-o", "new")
    assert process.returncode == 2
    assert "copy the folder to where there is room and it can be written" in process.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["run", "ring", "--rounds", 100_000_000, "--film", "old/f.gif"],
        ["run", "ring", "--rounds", 100_000_000, "--figure", "old/f.png"],
        ["run", "ring", "--rounds", 100_000_000, "--trace", "old/f"],
        ["demo", "--quick", "-o", "old"],
        ["demo", "--quick", "-o", "old/new"],
        ["measure", "small.toml", "-o", "old"],
        ["measure", "five-cuts", "-o", "old/new"],
        ["report", "old"],
        ["replay", "old", "--trial", 0, "--film", "old/f.gif"],
        ["certify", "old", "--within", 3, "-o", "old/c.json"],
    ],
)
def test_who_wants_to_write_there_is_told_before_the_work(bound, archive, tmp_path, arguments):
    (tmp_path / "small.toml").write_text(PLAN)
    folder = archive()
    before = names(folder)
    process = bound(*arguments)
    assert process.returncode == 2, process
    assert len(process.stderr.splitlines()) == 1, process.stderr
    assert process.stdout == ""
    assert "old" in process.stderr
    assert "cannot be" in process.stderr
    assert names(folder) == before
