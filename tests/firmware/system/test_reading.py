"""Files that are read whole: nothing but files, and no more of them than is meant."""

import os
import stat
import threading
import time
import tracemalloc
from pathlib import Path

import pytest

from firmware.errors import InputError
from firmware.system.reading import check_input, read_input


def test_at_most_so_many_bytes(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"1234")
    assert read_input("file", path, 4, "copy it") == b"1234"
    with pytest.raises(InputError, match=r"^file: .*/a - it has more than 3 bytes; copy it$"):
        read_input("file", path, 3, "copy it")


def test_sparse_files_take_no_memory(tmp_path):
    path = tmp_path / "a"
    with path.open("wb") as file:
        file.truncate(50 << 30)
    tracemalloc.start()
    with pytest.raises(InputError, match="it has more than 1,000 bytes"):
        read_input("file", path, 1000, "")
    assert tracemalloc.get_traced_memory()[1] < 1 << 20
    tracemalloc.stop()


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="no /proc here")
def test_files_whose_size_says_nothing():
    assert Path("/proc/self/maps").stat().st_size == 0
    assert read_input("file", Path("/proc/self/maps"), 1 << 24, "").endswith(b"\n")
    with pytest.raises(InputError, match="it has more than 100 bytes"):
        read_input("file", Path("/proc/self/maps"), 100, "")


def test_links_are_followed(tmp_path):
    (tmp_path / "a").write_bytes(b"1234")
    (tmp_path / "link").symlink_to("a")
    assert read_input("file", tmp_path / "link", 4, "") == b"1234"


def device(path):
    try:
        os.mknod(path, 0o666 | stat.S_IFCHR, os.makedev(1, 5))
    except PermissionError:
        pytest.skip("nobody but root makes devices, or not here")


@pytest.mark.parametrize(
    ("make", "kind"), [(os.mkfifo, "a pipe"), (device, "a device"), (os.mkdir, "a folder")]
)
@pytest.mark.parametrize("linked", [False, True])
def test_what_is_no_file_is_refused_at_once(tmp_path, make, kind, linked):
    """A pipe would make one wait for ever; one that waits to write to it must not notice."""
    make(tmp_path / "a")
    (tmp_path / "link").symlink_to("a")
    for read in (read_input, check_input):
        with pytest.raises(InputError, match=f"it cannot be read: it is {kind}"):
            read("file", tmp_path / ("link" if linked else "a"), 4, "")


def test_a_writer_that_waits_goes_on_waiting(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    writer = threading.Thread(target=(tmp_path / "pipe").write_bytes, args=(b"1234",))
    writer.start()
    time.sleep(0.1)
    with pytest.raises(InputError, match="it is a pipe"):
        read_input("file", tmp_path / "pipe", 4, "")
    assert writer.is_alive()
    assert (tmp_path / "pipe").read_bytes() == b"1234"
    writer.join()


@pytest.mark.parametrize("name", ["missing", ".", "a\0b", "x" * 300, "a/b", "loop", "\ud800"])
def test_what_cannot_be_read(tmp_path, name):
    (tmp_path / "a").write_bytes(b"")
    (tmp_path / "loop").symlink_to("loop")
    for read in (read_input, check_input):
        with pytest.raises(InputError, match="it cannot be read"):
            read("file", tmp_path / name, 4, "")
