"""Files are there whole or not at all."""

import errno
import os
import stat
from pathlib import Path

import pytest

from firmware.atomic import atomic_file, check_creatable, check_writable, write_atomic
from firmware.errors import InputError


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


@pytest.mark.skipif(os.geteuid() != 0, reason="only root makes devices")
def test_a_device_stays_one(tmp_path):
    """``Grid.save_film("/dev/null")``, called by root, replaced it for everybody."""
    device = tmp_path / "null"
    os.mknod(device, 0o666 | stat.S_IFCHR, os.makedev(1, 3))
    with pytest.raises(InputError, match="it is no file"):
        write_atomic(device, b"all")
    assert stat.S_ISCHR(device.stat().st_mode)


def test_a_pipe_stays_one(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InputError, match="it is no file"):
        write_atomic(tmp_path / "pipe", b"all")
    assert (tmp_path / "pipe").is_fifo()


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
