"""What is temporary is removed by its maker, or when he is dead by the next one, and by nobody before."""

import errno
import fcntl
import os
import signal
import subprocess
import sys
import threading

import pytest

from firmware.errors import InputError
from firmware.system import scratch
from firmware.system.atomic import check_writable, write_atomic
from firmware.system.scratch import PREFIX, remove_dead, scratch_file, scratch_folder

NAME = f"{PREFIX}0123456789abcdef"


@pytest.fixture
def temporary(tmp_path, monkeypatch):
    """The folder for what is temporary."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    return folder


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def killed(code, folder):
    """Run this until it says that it is ready, and kill it."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path), "TMPDIR": str(folder)}
    command = [sys.executable, "-c", code, str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment) as process:
        assert process.stdout.readline() == b"ready\n"
        during = names(folder)
        process.kill()
    assert process.returncode == -signal.SIGKILL
    return during


WRITES = """
import sys, time
from pathlib import Path
from firmware.system.atomic import atomic_file
with atomic_file(Path(sys.argv[1]) / "a") as file:
    file.write(b"half")
    print("ready", flush=True)
    time.sleep(60)
"""

WORKS = """
import time
from firmware.system.scratch import scratch_folder
with scratch_folder() as folder:
    (folder / "inner").mkdir()
    (folder / "inner" / "file").write_bytes(b"half")
    print("ready", flush=True)
    time.sleep(60)
"""


@pytest.mark.parametrize("next_start", [check_writable, lambda path: write_atomic(path, b"")])
def test_what_a_killed_writer_leaves(tmp_path, next_start):
    (during,) = killed(WRITES, tmp_path)
    assert during.startswith(PREFIX)
    assert names(tmp_path) == [during]
    next_start(tmp_path / "b")
    assert during not in names(tmp_path)


def test_what_a_killed_compiler_leaves(temporary):
    (during,) = killed(WORKS, temporary)
    assert names(temporary) == [during]
    with scratch_folder() as folder:
        assert names(temporary) == [folder.name]
        assert folder.stat().st_mode & 0o777 == 0o700
    assert names(temporary) == []


def test_what_is_in_use_stays(tmp_path, temporary):
    with scratch_file(tmp_path) as one, scratch_file(tmp_path) as other, scratch_folder() as folder:
        one.write_bytes(b"half")
        assert one.stat().st_mode & 0o777 == 0o600
        remove_dead(tmp_path)
        remove_dead(temporary)
        assert one.read_bytes() == b"half"
        assert other.exists()
        assert folder.exists()
    assert names(tmp_path) == ["temporary"]
    assert names(temporary) == []


def test_nothing_else_is_removed(tmp_path):
    """Names of other forms, links and what they lead to, pipes, and what somebody has locked."""
    kept = [f"{NAME}0", NAME[:-1], f"{PREFIX}notes", f"x{NAME}", f"{PREFIX}0123456789ABCDEF"]
    for name in kept:
        (tmp_path / name).write_bytes(b"mine")
    (tmp_path / "mine").mkdir()
    (tmp_path / f"{NAME[:-1]}0").symlink_to("mine")
    (tmp_path / f"{NAME[:-1]}1").symlink_to(f"{PREFIX}notes")
    os.mkfifo(tmp_path / f"{NAME[:-1]}2")
    before = names(tmp_path)
    (tmp_path / NAME).write_bytes(b"left")
    with (tmp_path / NAME).open() as file:
        fcntl.flock(file, fcntl.LOCK_SH)
        remove_dead(tmp_path)
        assert (tmp_path / NAME).exists()
    remove_dead(tmp_path)
    assert names(tmp_path) == before


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_what_somebody_else_has_left_stays(tmp_path):
    (tmp_path / NAME).write_bytes(b"his")
    os.chown(tmp_path / NAME, 1234, 1234)
    remove_dead(tmp_path)
    assert (tmp_path / NAME).exists()


def test_one_that_is_removed_before_it_could_be_locked(tmp_path, monkeypatch):
    """Between making and locking it is nobody's: then another one is made."""
    made = []

    def make(path):
        path.write_bytes(b"")
        made.append(path)
        if len(made) == 1:
            remove_dead(tmp_path)
            assert not path.exists()

    monkeypatch.setattr(scratch, "_make_file", make)
    with scratch_file(tmp_path) as path:
        assert path == made[1]
        assert names(tmp_path) == [path.name]


def test_writers_and_cleaners_at_once(tmp_path):
    """Nobody's file is taken for a leftover while all begin and end at the same time."""
    failures = []

    def write(number):
        try:
            for _ in range(40):
                write_atomic(tmp_path / f"{number}", bytes([number]))
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert names(tmp_path) == [str(number) for number in range(6)]


def test_no_place_for_what_is_temporary(monkeypatch):
    def nowhere():
        raise FileNotFoundError(2, "No usable temporary directory found in ['/a', '/b']")

    monkeypatch.setattr("tempfile.tempdir", None)
    monkeypatch.delenv("TMPDIR", raising=False)
    says = r"temporary folder: none - it cannot be written \(No .* directory.*\); set TMPDIR to a folder"
    for place in (lambda: "/nowhere", nowhere):
        monkeypatch.setattr("tempfile.gettempdir", place)
        with pytest.raises(InputError, match=says), scratch_folder():
            pass


def test_what_is_temporary_finds_no_more_room(temporary):
    for number in (errno.ENOSPC, errno.EFBIG):
        with pytest.raises(InputError, match=r"it cannot be written \(full\); set TMPDIR"), scratch_folder():
            raise OSError(number, "full")
    with pytest.raises(FileNotFoundError), scratch_folder():
        raise FileNotFoundError
    assert names(temporary) == []
