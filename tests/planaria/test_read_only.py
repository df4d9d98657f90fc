"""Folders without write permission: an archive is read, and whoever wants to write is told so at once."""

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest

from firmware.errors import InputError
from planaria import Plan, Store, measure
from planaria.worth import CAMPAIGN_FILE

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
    with closing(sqlite3.connect(folder / CAMPAIGN_FILE)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("SELECT * FROM facts").fetchall()


def kill(folder):
    """As a kill leaves it: that the second trial is there is in the log alone."""
    left = folder.with_name("left")
    with closing(sqlite3.connect(folder / CAMPAIGN_FILE, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute('CREATE TEMP TABLE kept AS SELECT * FROM results WHERE "index" = 1')
        connection.execute('DELETE FROM results WHERE "index" = 1')
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.execute("INSERT INTO results SELECT * FROM kept")
        shutil.copytree(folder, left)
    shutil.rmtree(folder)
    left.rename(folder)
    assert names(folder) == [CAMPAIGN_FILE, f"{CAMPAIGN_FILE}-shm", f"{CAMPAIGN_FILE}-wal", "results.csv"]


def lose_index(folder):
    """As a kill leaves it, but for what SQLite can make anew."""
    kill(folder)
    (folder / f"{CAMPAIGN_FILE}-shm").unlink()


def interrupt(folder):
    """As a kill while SQLite writes without a log: what the file was before is in the journal."""
    left = folder.with_name("left")
    with closing(sqlite3.connect(folder / CAMPAIGN_FILE, isolation_level=None)) as connection:
        connection.execute("PRAGMA cache_size = 1")
        connection.execute("PRAGMA cache_spill = 1")
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("UPDATE results SET drawn = hex(zeroblob(20000))")
        connection.execute("UPDATE genomes SET bytes = zeroblob(20000)")
        shutil.copytree(folder, left)
        connection.execute("ROLLBACK")
    shutil.rmtree(folder)
    left.rename(folder)
    assert names(folder) == [CAMPAIGN_FILE, f"{CAMPAIGN_FILE}-journal", "results.csv"]
    content = sqlite3.connect(f"file:{folder / CAMPAIGN_FILE}?immutable=1", uri=True)
    with closing(content), pytest.raises(sqlite3.DatabaseError, match="malformed"):
        content.execute("SELECT sum(length(drawn)) FROM results").fetchall()


def state(folder):
    """All that is in it, and when it was written."""
    paths = [folder, *sorted(folder.iterdir())]
    return [(path.name, path.stat().st_mtime_ns, path.is_file() and path.read_bytes()) for path in paths]


CHANGES = {
    "finished": lambda _folder: None,
    "older": log_ahead,
    "killed": kill,
    "killed and without its index": lose_index,
    "killed while writing without a log": interrupt,
}


def test_finished_results_are_one_file(measured):
    assert names(measured) == [CAMPAIGN_FILE, "results.csv"]
    with Store.open(measured) as store:
        assert len(store) == TRIALS
        assert names(measured) == [CAMPAIGN_FILE, "results.csv"]


@pytest.mark.parametrize("change", [log_ahead, kill])
def test_reading_leaves_nothing_behind(measured, tmp_path, change):
    folder = shutil.copytree(measured, tmp_path / "new")
    change(folder)
    with Store.open(folder) as store:
        assert [result.index for result in store.results()] == [0, 1]
    assert names(folder) == [CAMPAIGN_FILE, "results.csv"]
    with Store.open(folder) as store:
        assert len(store) == TRIALS


def test_a_reader_changes_nothing(measured):
    with Store.open(measured) as store, pytest.raises(sqlite3.OperationalError, match="readonly"):
        store._connection.execute("DELETE FROM results")


@pytest.mark.parametrize("change", ["finished", "killed and without its index"])
def test_every_reader_reads_an_archive_and_leaves_it_as_it_is(bound, archive, tmp_path, change):
    folder, temporary = archive(CHANGES[change]), tmp_path / "temporary"
    temporary.mkdir()
    before = state(folder)
    process = bound("old", module="tests.planaria.readers", TMPDIR=str(temporary))
    assert process.returncode == 0, process.stderr
    report, replay, certificate = map(json.loads, process.stdout.splitlines())
    assert report["trials"] == TRIALS
    assert replay["same"] is True
    assert len(certificate["trials"]) == TRIALS
    assert {"report.html", "report.json"} <= set(names(tmp_path / "new"))
    assert state(folder) == before
    assert not list(temporary.iterdir())


def test_every_reader_leaves_results_of_its_own_as_they_are(bound, measured, tmp_path):
    before = state(shutil.copytree(measured, tmp_path / "old"))
    process = bound("old", module="tests.planaria.readers")
    assert process.returncode == 0, process.stderr
    assert state(tmp_path / "old") == before


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_reader_that_is_interrupted_leaves_nothing_behind(measured, tmp_path, number):
    folder = shutil.copytree(measured, tmp_path / "old")
    before = state(folder)
    code = (
        "import sys, time\nfrom pathlib import Path\nfrom planaria.campaign.store import Store\n"
        "with Store.open(Path(sys.argv[1])) as store:\n    store.results()\n    print(flush=True)\n"
        "    time.sleep(60)"
    )
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", code, str(folder)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment
    ) as reader:
        reader.stdout.readline()
        assert state(folder) == before
        reader.send_signal(number)
    assert reader.returncode != 0
    assert state(folder) == before


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can be somebody else")
@pytest.mark.parametrize("change", CHANGES)
def test_results_of_another_user_are_read(measured, tmp_path, change):
    folder = shutil.copytree(measured, tmp_path / "old")
    CHANGES[change](folder)
    before = state(folder)
    code = (
        "import os, sys\nfrom pathlib import Path\nfrom planaria.campaign.store import Store\n"
        "os.setgroups([])\nos.setgid(65534)\nos.setuid(65534)\nos.chdir(sys.argv[1])\n"
        "with Store.open(Path()) as store:\n    print(len(store.results()))"
    )
    for part in folder.relative_to(tmp_path.anchor).parents:
        if (path := tmp_path.anchor / part).stat().st_mode & 0o005 != 0o005 and str(part) != ".":
            path.chmod(path.stat().st_mode | 0o005)
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    process = subprocess.run(
        [sys.executable, "-c", code, str(folder)],
        capture_output=True,
        text=True,
        env=environment,
        check=False,
    )
    assert process.stdout == f"{TRIALS}\n", process.stderr
    assert state(folder) == before


@pytest.mark.skipif(shutil.which("unshare") is None, reason="there is no unshare to mount something with")
@pytest.mark.parametrize("change", CHANGES)
def test_a_disk_that_cannot_be_written_is_read(measured, tmp_path, change):
    folder = shutil.copytree(measured, tmp_path / "old")
    CHANGES[change](folder)
    before = state(folder)
    mount = 'mount --bind "$1" "$1" && mount -o remount,ro,bind "$1" "$1"'
    code = (
        "import sys\nfrom pathlib import Path\nfrom planaria.campaign.store import Store\n"
        "with Store.open(Path(sys.argv[1])) as store:\n    print(len(store.results()))"
    )
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    script = f'{mount} || exit 77; exec "$2" -c "$3" "$1"'
    process = subprocess.run(
        ["unshare", "-m", "sh", "-c", script, "sh", str(folder), sys.executable, code],
        capture_output=True,
        text=True,
        env=environment,
        check=False,
    )
    if process.returncode == 77 or "unshare" in process.stderr:
        pytest.skip("nothing can be mounted here")
    assert process.stdout == f"{TRIALS}\n", process.stderr
    assert state(folder) == before


def test_a_log_that_is_too_large_to_be_copied_says_what_to_do(archive, monkeypatch):
    folder = archive(kill)
    monkeypatch.setattr("planaria.campaign.connection.COPY_MAX_BYTES", 1000)
    monkeypatch.setattr("planaria.campaign.connection.os.access", lambda *_: False)
    with pytest.raises(InputError, match=r"with its log it has more than 1,000 bytes.*copy the folder"):
        Store.open(folder)


def test_who_reads_while_somebody_adds_sees_what_is_safe(measured, tmp_path, monkeypatch):
    """In an archive of somebody else, who is adding to it."""
    folder = shutil.copytree(measured, tmp_path / "old")
    with Store.open(folder) as store:
        plan, genomes = store.plan, store.genomes
    with Store.create_or_open(folder, plan, genomes, None):
        monkeypatch.setattr("planaria.campaign.connection.os.access", lambda *_: False)
        with Store.open(folder) as store:
            assert len(store.results()) == TRIALS


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
