"""Files with a checksum, in a folder of one's own."""

import hashlib
import os
import time

import pytest

import emulator
import firmware
from emulator.arrays.compiled import cache


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "cache" / "code"))
    folder, reason = cache.place()
    assert reason == ""
    return folder


def test_what_is_written_is_read(folder):
    assert cache.read("f-1") is None
    cache.write("f-1", b"abc")
    assert (folder / "f-1.code").read_bytes() == hashlib.sha256(b"abc").digest() + b"abc"
    assert cache.read("f-1") == b"abc"
    assert (cache.holds("f-"), cache.holds("g-")) == (True, False)
    cache.write("f-1", b"")
    assert cache.read("f-1") == b""
    assert [path.name for path in folder.iterdir()] == ["f-1.code"]


def test_only_this_user_can_open_it(tmp_path, monkeypatch):
    before = os.umask(0)
    try:
        monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "cache" / "code"))
        folder, _ = cache.place()
        cache.write("f-1", b"abc")
    finally:
        os.umask(before)
    modes = [path.stat().st_mode & 0o777 for path in (tmp_path / "cache", folder.parent, folder)]
    assert modes == [0o700] * 3
    assert (folder / "f-1.code").stat().st_mode & 0o777 == 0o600
    assert cache.read("f-1") == b"abc"


def test_nothing_in_the_current_folder_is_believed(tmp_path, monkeypatch):
    """Who unpacks somebody's archive owns what is in it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NUMBA_CACHE_DIR", "code")
    assert cache.place() == (None, "code would lie in the current folder, where files may be anybody's")
    cache.write("f-1", b"abc")
    assert cache.read("f-1") is None
    assert list(tmp_path.iterdir()) == []


def cut(path):
    path.write_bytes(path.read_bytes()[:-1])


def flipped(path):
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)


def longer(path):
    path.write_bytes(path.read_bytes() + b"\0")


def empty(path):
    path.write_bytes(b"")


def a_folder(path):
    path.unlink()
    path.mkdir()
    (path / "file").write_text("")


def a_fifo(path):
    path.unlink()
    os.mkfifo(path)


def a_link_to_nothing(path):
    path.unlink()
    path.symlink_to("nothing")


def a_link_to_itself(path):
    path.unlink()
    path.symlink_to(path.name)


def open_to_all(path):
    path.chmod(0o666)


DAMAGES = [
    cut,
    flipped,
    longer,
    empty,
    a_folder,
    a_fifo,
    a_link_to_nothing,
    a_link_to_itself,
    open_to_all,
]


@pytest.mark.parametrize("damage", DAMAGES)
def test_what_does_not_hold_is_replaced(folder, damage):
    cache.write("f-1", b"abc")
    damage(folder / "f-1.code")
    assert cache.read("f-1") is None
    assert not cache.holds("f-")
    cache.write("f-1", b"new")
    assert cache.read("f-1") == b"new"
    assert [path.name for path in folder.iterdir()] == ["f-1.code"]


def test_where_nothing_can_be_kept(tmp_path, monkeypatch):
    file = tmp_path / "file"
    file.write_text("")
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o777)
    for base, reason in (
        (file, f"{file}/planaria-0123 cannot be used (Not a directory)"),
        (shared, f"{shared} can be written by others"),
    ):
        monkeypatch.setattr(cache, "_sources_sha256", lambda: "0123")
        monkeypatch.setenv("NUMBA_CACHE_DIR", str(base))
        assert cache.place() == (None, reason)
        cache.write("f-1", b"abc")
        assert cache.read("f-1") is None
        assert not cache.holds("f-")
    assert list(shared.iterdir()) == []


def test_code_of_other_versions_goes_when_it_is_old(folder):
    old, young, foreign = (folder.parent / f"planaria-{name}" for name in ("0" * 16, "1" * 16, "mine"))
    long_ago = time.time() - 91 * 86_400
    for other in (old, young, foreign):
        other.mkdir(mode=0o700)
        (other / "f-1.code").write_text("")
    for other in (old, foreign):
        os.utime(other, (long_ago, long_ago))
    cache.write("f-1", b"abc")
    assert {path.name for path in folder.parent.iterdir()} == {folder.name, young.name, foreign.name}


def test_in_an_old_folder_only_code_is_removed(folder):
    old = folder.parent / f"planaria-{'0' * 16}"
    old.mkdir(mode=0o700)
    for name in ("f-1.code", f".planaria-{'0' * 16}", "thesis.txt"):
        (old / name).write_text("")
    os.utime(old, (0, 0))
    cache.write("f-1", b"abc")
    assert [path.name for path in old.iterdir()] == ["thesis.txt"]


def test_any_change_of_a_source_is_another_folder(monkeypatch, tmp_path):
    """In rooms inside a package too, and a file that moves is another source."""
    for package in (emulator, firmware):
        (tmp_path / package.__name__ / "room").mkdir(parents=True)
        monkeypatch.setattr(package, "__path__", [str(tmp_path / package.__name__)])
    names = {cache._sources_sha256.__wrapped__()}
    files = ("emulator/a.py", "firmware/a.py", "firmware/b.py", "emulator/room/a.py", "firmware/room/c.py")
    for file in files:
        (tmp_path / file).write_text("A = 1")
        names.add(cache._sources_sha256.__wrapped__())
    (tmp_path / "emulator" / "room" / "a.py").write_text("A = 2")
    names.add(cache._sources_sha256.__wrapped__())
    (tmp_path / "emulator" / "room" / "a.py").rename(tmp_path / "emulator" / "room" / "b.py")
    names.add(cache._sources_sha256.__wrapped__())
    assert len(names) == 8
