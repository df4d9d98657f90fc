import hashlib
import os
import pickle
import subprocess
import sys
from pathlib import Path

import pytest

from emulator.arrays.compiled import cache
from emulator.arrays.compiled.jit import is_warm, kept
from emulator.goal import PictureGoal

ROOT = Path(__file__).parents[4]
SCRIPT = """
from emulator.arrays.compiled.jit import kept
@kept
def double(x):
    return 2 * x
print(double(21))
"""
COLD, WARM, NEVER_WARM = (42, False, True, 0), (42, True, True, 1), (42, False, False, 0)


def double(x):
    return 2 * x


@pytest.fixture
def kept_in(tmp_path, monkeypatch):
    folder = tmp_path / "cache"
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(folder))
    return folder


def start():
    """As a process does: it compiles a function or loads it; how warm it was, is now, and its hits."""
    cache._prepared.cache_clear()
    before, compiled = is_warm("double"), kept(double)
    return compiled(21), before, is_warm("double"), sum(compiled.stats.cache_hits.values())


def code(kept_in):
    (file,) = kept_in.glob("*/double-*.code")
    return file


def test_compiled_code_is_kept(kept_in):
    assert start() == COLD
    assert start() == WARM


def test_a_folder_that_cannot_be_written(kept_in):
    kept_in.write_text("")
    assert start() == NEVER_WARM


def test_a_disk_that_is_full(kept_in, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(cache.Path, "write_bytes", full)
    assert start() == NEVER_WARM
    assert list(kept_in.glob("*/*")) == []


def signed(content):
    return hashlib.sha256(content).digest() + content


class Mark:
    """Whoever unpickles it leaves a file."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


@pytest.mark.parametrize("content", [b"", b"\x80\x7f", pickle.dumps([1])], ids=["empty", "cut", "other"])
@pytest.mark.parametrize("checksum", [signed, bytes], ids=["signed", "unsigned"])
def test_a_damaged_file_is_made_again(kept_in, checksum, content):
    """Damaged on disk, or whole but not what this numba has written."""
    start()
    code(kept_in).write_bytes(checksum(content))
    assert start() == ((42, True, True, 0) if checksum is signed else COLD)
    assert start() == WARM


def test_a_checksum_is_looked_at_before_anything_is_unpickled(kept_in, tmp_path):
    start()
    mark = tmp_path / "mark"
    code(kept_in).write_bytes(bytes(32) + pickle.dumps(Mark(mark)))
    assert start() == COLD
    assert not mark.exists()
    code(kept_in).write_bytes(signed(pickle.dumps(Mark(mark))))
    start()
    assert mark.exists()  # so the test can fail


@pytest.mark.parametrize(("up", "opened"), [(0, 0o666), (1, 0o777), (2, 0o777)])
def test_code_that_others_can_write_is_not_run(kept_in, tmp_path, up, opened):
    """However right its checksum is."""
    start()
    mark = tmp_path / "mark"
    code(kept_in).write_bytes(signed(pickle.dumps(Mark(mark))))
    [code(kept_in), *code(kept_in).parents][up].chmod(opened)
    assert start() == (NEVER_WARM if up else COLD)
    assert not mark.exists()


def begin(folder, **environment):
    """A process of its own, in this folder."""
    return subprocess.Popen(
        [sys.executable, "-c", SCRIPT],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)} | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_two_at_once_and_settings_of_numba_in_the_current_folder(kept_in, tmp_path):
    """To read them would be to wait for the fifo for ever."""
    os.mkfifo(tmp_path / ".numba_config.yaml")
    processes = [begin(tmp_path) for _ in range(2)]
    for process in processes:
        assert process.communicate(timeout=60) == ("42\n", "")
    assert [path.suffix for path in kept_in.glob("*/*")] == [".code"]


def test_without_a_compiler_it_cannot_be_done(tmp_path):
    _, errors = begin(tmp_path, NUMBA_DISABLE_JIT="1").communicate(timeout=60)
    assert errors.splitlines()[-1] == (
        "firmware.errors.InputError: NUMBA_DISABLE_JIT: 1 - this engine is compiled; "
        "unset it, or choose --kernel numpy"
    )


@pytest.mark.parametrize("name", ["f32", "numpy"])
def test_an_engine_says_whether_it_compiles(genome, name, monkeypatch):
    from emulator.arrays.engine import WindowEngine
    from emulator.config import RunConfig
    from emulator.world.lattices import Square8
    from firmware import image

    monkeypatch.setattr("emulator.arrays.compiled.core.is_warm", lambda _name: False)
    config = RunConfig(Square8(8, 8))
    engine = WindowEngine(config, image.build(genome, config.timing), PictureGoal(genome.target), kernel=name)
    assert engine.compiles == (name == "f32")
