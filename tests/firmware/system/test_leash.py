"""Programs that are started end with their parent, with all that they have started."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from firmware.system.leash import run_leashed

SLEEP = "import time; time.sleep(600)"
FAMILY = """
import os, signal, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import signal, time; "
    "[signal.signal(n, signal.SIG_IGN) for n in (1, 2, 15)]; print('ready', flush=True); time.sleep(600)"],
    stdout=subprocess.PIPE)
child.stdout.readline()
with open(sys.argv[1], "w") as file:
    file.write(f"{os.getpid()} {child.pid}")
os.rename(sys.argv[1], sys.argv[1] + ".pids")
time.sleep(600)
"""
"""A program and its child, which hears no signal."""

PARENT = """
import sys
from firmware.system.interrupts import taken_over
from firmware.system.leash import run_leashed
try:
    with taken_over(for_good=True):
        run_leashed([sys.executable, "-c", sys.argv[1], sys.argv[2]])
except KeyboardInterrupt:
    sys.exit(130)
"""

needs_proc = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="this system has no /proc")


def is_running(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def until(condition, limit_s=20):
    deadline = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_what_it_says_and_its_status(tmp_path):
    program = "import os, sys; print(os.getcwd(), os.environ['A'], sys.stdin.read()); sys.exit('no\\udcff')"
    done = run_leashed(
        [sys.executable, "-c", program], 60, tmp_path, {"A": "b", "PYTHONIOENCODING": "latin1"}
    )
    assert (done.returncode, done.stdout) == (1, f"{tmp_path} b \n")


def test_words_that_are_no_text(tmp_path):
    done = run_leashed([sys.executable, "-c", r"import os; os.write(1, b'a\xff\0')"])
    assert done.stdout == "a\\xff\0"


def test_it_does_not_hear_the_terminal():
    assert run_leashed([sys.executable, "-c", "import os; print(os.getpgrp())"]).stdout != f"{os.getpgrp()}\n"


def test_what_cannot_be_started_leaves_nothing(tmp_path):
    with pytest.raises(FileNotFoundError):
        run_leashed([str(tmp_path / "none")])


@needs_proc
def test_it_may_not_take_for_ever(tmp_path):
    with pytest.raises(subprocess.TimeoutExpired):
        run_leashed([sys.executable, "-c", FAMILY, str(tmp_path / "a")], 3)
    pids = [int(pid) for pid in (tmp_path / "a.pids").read_text().split()]
    until(lambda: not any(map(is_running, pids)))


@needs_proc
@pytest.mark.parametrize("stopped", [False, True])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_it_ends_with_its_parent(tmp_path, number, stopped):
    file = tmp_path / "a"
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, FAMILY, str(file)],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        start_new_session=True,
        preexec_fn=lambda: signal.signal(number, signal.SIG_DFL) if number != signal.SIGKILL else None,
    )
    until(file.with_suffix(".pids").exists)
    pids = [int(pid) for pid in file.with_suffix(".pids").read_text().split()]
    for pid in pids if stopped else ():
        os.kill(pid, signal.SIGSTOP)
    sent = time.monotonic()
    parent.send_signal(number)
    assert parent.wait(20) == (-9 if number == signal.SIGKILL else 130)
    assert time.monotonic() - sent < 5
    until(lambda: not any(map(is_running, pids)), 5)
