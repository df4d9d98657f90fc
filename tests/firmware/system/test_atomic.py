"""Files are there whole or not at all."""

import errno
import os
import socket
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from firmware.errors import InputError
from firmware.system.atomic import atomic_file, check_creatable, check_writable, write_all, write_atomic
from tests.pipe_reader import reading


def test_writes_and_replaces(tmp_path):
    path = tmp_path / "a.bin"
    write_atomic(path, b"old")
    write_atomic(path, b"new")
    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]
    assert path.stat().st_mode & 0o777 == 0o666 & ~current_umask()


def current_umask():
    mask = os.umask(0)
    os.umask(mask)
    return mask


def test_nothing_is_there_until_the_end(tmp_path):
    path = tmp_path / "a.bin"
    with atomic_file(path) as file:
        file.write(b"half")
        assert not path.exists()
    assert path.read_bytes() == b"half"


@pytest.mark.parametrize("failure", [OSError(errno.ENOSPC, "No space left on device"), KeyboardInterrupt()])
def test_failure_leaves_the_old_file_and_nothing_else(tmp_path, failure):
    path = tmp_path / "a.bin"
    write_atomic(path, b"old")

    def fail_half_way():
        with atomic_file(path) as file:
            file.write(b"half")
            raise failure

    with pytest.raises((InputError, KeyboardInterrupt)) as caught:
        fail_half_way()
    if isinstance(failure, OSError):
        assert "No space left on device" in str(caught.value)
        assert str(path) in str(caught.value)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("name", ["x" * 255, "x" * 251 + ".gif", "x." + "y" * 253, "é" * 127])
def test_names_as_long_as_they_can_be(tmp_path, name):
    check_writable(tmp_path / name)
    write_atomic(tmp_path / name, b"all")
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_name_that_is_too_long(tmp_path):
    for check in (check_writable, check_creatable):
        with pytest.raises(InputError, match="cannot be written"):
            check(tmp_path / ("x" * 256))


def null(path):
    """A device like /dev/null, which a defect may destroy."""
    try:
        os.mknod(path, 0o666 | stat.S_IFCHR, os.makedev(1, 3))
        path.write_bytes(b"")
    except PermissionError:
        pytest.skip("nobody but root makes devices, or not here")
    return path


@pytest.mark.parametrize("linked", [False, True])
def test_a_device_is_written_to(tmp_path, linked):
    """``run --trace /dev/null``, called by root, replaced it for everybody."""
    device = null(tmp_path / "null")
    path = device
    if linked:  # as /dev/stdout is a link to a terminal or a pipe
        path = tmp_path / "link"
        path.symlink_to(device)
    check_writable(path)
    write_atomic(path, b"all")
    assert stat.S_ISCHR(device.stat().st_mode)
    assert sorted(tmp_path.iterdir()) == sorted({device, path})


def test_a_pipe_is_written_to(tmp_path):
    pipe, link = tmp_path / "pipe", tmp_path / "link"
    os.mkfifo(pipe)
    link.symlink_to(pipe)
    for path in (pipe, link):
        check_writable(path)  # without a reader, which it would take for the end
        content = bytes(range(256)) * 1000  # more than a pipe holds
        reader, read = reading(pipe)
        check_writable(path)
        write_atomic(path, content)
        reader.join()
        assert read == content
        assert pipe.is_fifo()


def test_a_pipe_that_nobody_reads(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InputError, match="nobody reads from it; start its reader first"):
        write_atomic(tmp_path / "pipe", b"all")
    assert (tmp_path / "pipe").is_fifo()


def test_a_pipe_whose_reader_goes_away(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)

    def write():
        with atomic_file(pipe) as file:
            os.close(reader)
            file.write(b"more")

    with pytest.raises(BrokenPipeError):
        write()


def test_standard_output_is_written_to(tmp_path):
    """Unless it leads to a file, which is then behind a link."""
    code = (
        "from pathlib import Path; from firmware.system.atomic import write_atomic; "
        "write_atomic(Path('/dev/stdout'), b'all')"
    )
    command, environment = (
        [sys.executable, "-c", code],
        os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )
    written = subprocess.run(command, stdout=subprocess.PIPE, env=environment, check=True)
    assert written.stdout == b"all"
    with (tmp_path / "out").open("wb") as out:
        refused = subprocess.run(command, stdout=out, stderr=subprocess.PIPE, env=environment, check=False)
    assert f"it is a link to {tmp_path / 'out'}".encode() in refused.stderr
    assert (tmp_path / "out").read_bytes() == b""


def test_a_socket_stays_one(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # its name must be short
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket")
        for write in (check_writable, check_creatable, lambda path: write_atomic(path, b"")):
            with pytest.raises(InputError, match="it is a socket"):
                write(Path("socket"))
        assert Path("socket").is_socket()


@pytest.mark.parametrize("target", ["file", "nothing", "link"])
def test_links_are_never_replaced(tmp_path, target):
    (tmp_path / "file").write_bytes(b"old")
    link = tmp_path / "link"
    link.symlink_to(target)
    for write in (check_writable, check_creatable, lambda path: write_atomic(path, b"new")):
        with pytest.raises(
            InputError, match="Too many levels" if target == "link" else "it is a link to .*/" + target
        ):
            write(link)
    assert link.readlink() == Path(target)
    assert (tmp_path / "file").read_bytes() == b"old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "link"]


def test_folders_may_be_links(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "door").symlink_to("real")
    write_atomic(tmp_path / "door" / "a", b"all")
    assert (tmp_path / "real" / "a").read_bytes() == b"all"


def test_write_protected_files_stay(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"old")
    path.chmod(0o444)
    for write in (check_writable, check_creatable, lambda path: write_atomic(path, b"new")):
        with pytest.raises(InputError, match="it is write-protected"):
            write(path)
    assert path.read_bytes() == b"old"


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o755, 0o666])
def test_mode_is_kept(tmp_path, mode):
    path = tmp_path / "a"
    path.write_bytes(b"old")
    path.chmod(mode)
    write_atomic(path, b"new")
    assert path.read_bytes() == b"new"
    assert stat.S_IMODE(path.stat().st_mode) == mode


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_owner_is_kept(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"old")
    os.chown(path, 1234, 5678)
    path.chmod(0o600)
    write_atomic(path, b"new")
    status = path.stat()
    assert (status.st_uid, status.st_gid, stat.S_IMODE(status.st_mode)) == (1234, 5678, 0o600)


@pytest.mark.parametrize("log", [False, True])
def test_a_database_is_never_replaced(tmp_path, log):
    with closing(sqlite3.connect(tmp_path / "a.db")) as connection:
        connection.execute(f"PRAGMA journal_mode = {'WAL' if log else 'DELETE'}")
        connection.execute("CREATE TABLE numbers (number)")
        connection.commit()
        path = tmp_path / ("a.db-wal" if log else "a.db")
        before = path.read_bytes()
        for write in (check_writable, check_creatable, lambda path: write_atomic(path, b"new")):
            with pytest.raises(InputError, match="it is a database, or belongs to one"):
                write(path)
        assert path.read_bytes() == before


@pytest.mark.parametrize(
    "name", ["", ".", "..", "a\0b", "\ud800", "a/..", "x" * 300, "x" * 300 + "/a", "a" * 5000]
)
def test_names_that_no_file_has(tmp_path, name):
    (tmp_path / "a").mkdir()
    for write in (check_writable, check_creatable, lambda path: write_atomic(path, b"new")):
        with pytest.raises(InputError, match=r"it is a folder|it is no name of a file|it cannot be written"):
            write(tmp_path / name)
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_names_too_long_in_folders_to_be_made(tmp_path):
    for name in (
        "new/" + "x" * 256,
        "x" * 256 + "/new",
        "new/" + "x" * 256 + "/new/a",
        "new/a\0b",
        "a\0b/new/c",
    ):
        with pytest.raises(InputError, match=r"it cannot be written|it is no name"):
            check_creatable(tmp_path / name)
    (tmp_path / "link").symlink_to("nothing")
    with pytest.raises(InputError, match="it cannot be written"):
        check_creatable(tmp_path / "link" / "a")
    assert [path.name for path in tmp_path.iterdir()] == ["link"]


def test_all_or_none(tmp_path):
    """The second cannot be written: the first stays as it was."""
    first, second = tmp_path / "first", tmp_path / "second"
    first.write_bytes(b"old")
    second.mkdir()
    with pytest.raises(InputError, match="second - it is a folder"):
        write_all({first: b"new", second: b"new"})
    assert first.read_bytes() == b"old"
    second.rmdir()
    write_all({first: b"new", second: b"newer"})
    assert (first.read_bytes(), second.read_bytes()) == (b"new", b"newer")
    assert sorted(tmp_path.iterdir()) == [first, second]


def test_synced_before_and_after_the_rename(tmp_path, monkeypatch):
    """Lest a power cut leave an empty file under the name."""
    done, sync, rename = [], os.fsync, Path.replace

    def note_sync(handle):
        done.append("folder" if stat.S_ISDIR(os.fstat(handle).st_mode) else os.fstat(handle).st_size)
        sync(handle)

    def note_rename(self, target):
        done.append("rename")
        return rename(self, target)

    monkeypatch.setattr("firmware.system.atomic.os.fsync", note_sync)
    monkeypatch.setattr(Path, "replace", note_rename)
    write_atomic(tmp_path / "a", b"four")
    assert done == [4, "rename", "folder"]


def test_folder_that_is_missing_or_a_file(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    for parent in ("missing", "file"):
        path = tmp_path / parent / "a.bin"
        with pytest.raises(InputError, match="cannot be written"):
            write_atomic(path, b"")
        with pytest.raises(InputError, match="cannot be written"):
            check_writable(path)
    with pytest.raises(InputError, match="it is a folder"):
        check_writable(tmp_path)
    check_writable(tmp_path / "b.bin")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["file"]


def test_creatable_makes_nothing(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    (tmp_path / "folder").mkdir()
    before = sorted(tmp_path.rglob("*"))
    for name in ("a.bin", "file", "folder/a.bin", "new/a.bin", "new/and/deep/folder", "folder/../a.bin"):
        check_creatable(tmp_path / name)
    for name in ("file/a.bin", "file/new/a.bin"):
        with pytest.raises(InputError, match=f"{name} - it cannot be written"):
            check_creatable(tmp_path / name)
    with pytest.raises(InputError, match="it is a folder"):
        check_creatable(tmp_path / "folder")
    with pytest.raises(InputError, match="cannot be written"):
        check_creatable(Path("/proc/new/a.bin"))
    assert sorted(tmp_path.rglob("*")) == before


def test_creatable_from_here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    check_creatable(Path("new/a.bin"))
    assert list(tmp_path.iterdir()) == []
