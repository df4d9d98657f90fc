"""What multiprocessing keeps in memory for a pool is gone with the pool, or when the next one is made."""

import os
import signal
import subprocess
import sys

import pytest

from planaria.system import semaphores
from planaria.system.pool import Pool

KILLED = """
import os, time
from planaria.system.pool import Pool
if __name__ == "__main__":
    with Pool(1):
        print("made", flush=True)
        time.sleep(60)
"""

pytestmark = pytest.mark.skipif(not semaphores.PLACE.is_dir(), reason="semaphores are not files here")


def of(process):
    return list(semaphores.PLACE.glob(f"sem.{semaphores.PREFIX}-*-{process}-*"))


def test_what_a_killed_group_leaves(tmp_path):
    (tmp_path / "program.py").write_text(KILLED)
    process = subprocess.Popen(
        [sys.executable, "program.py"],
        stdout=subprocess.PIPE,
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        start_new_session=True,
    )
    try:
        assert process.stdout.readline() == b"made\n"
        semaphores.remove_dead()
        assert of(process.pid)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
    with Pool(1):
        assert of(process.pid) == []
        assert of(os.getpid())
    assert of(os.getpid()) == []


def test_nothing_else_is_removed(tmp_path, monkeypatch):
    """Of a process that lives, of another space of numbers, or of another name."""
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    space = os.stat("/proc/self/ns/pid").st_ino  # noqa: PTH116
    dead = f"sem.planaria-{space}-{gone.pid}-ab_c3d4e"
    others = [f"sem.planaria-{space}-{os.getpid()}-abcdefgh", f"sem.planaria-{space + 1}-{gone.pid}-abcdefgh"]
    others += ["sem.mp-abcdefgh", f"sem.mp-{space}-{gone.pid}-abcdefgh"]
    for name in (dead, *others):
        (tmp_path / name).touch()
    monkeypatch.setattr(semaphores, "PLACE", tmp_path)
    semaphores.remove_dead()
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(others)
    monkeypatch.setattr(semaphores, "PLACE", tmp_path / "none")
    semaphores.remove_dead()
