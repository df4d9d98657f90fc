"""Signals at random moments of every command: only 130, -9, or the result that there is without them.

``PLANARIA_SIGNALS=500`` sends so many, instead of one to each command; ``PLANARIA_SEED=7`` the same again.
"""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import pytest

from firmware.genome import Genome
from planaria.campaign.measure import measure
from planaria.campaign.plan import Plan
from tests.planaria.campaign.tiny import PLAN

SEED = int(os.environ.get("PLANARIA_SEED") or random.SystemRandom().getrandbits(32))
NUMBERS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL)

END_S = 10.0
"""Until a command has ended, on a machine that has much else to do."""

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="this system has no /proc")


@dataclass(frozen=True)
class Command:
    """One to disturb.

    Attributes:
        words: what is typed.
        outputs: files that it writes, whose content is the same each time.
        needs: modules without which it is not there.
        window_s: the signal comes within so long.
        is_long: it does not end by itself in that time.
    """

    words: str
    outputs: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    window_s: float = 2.0
    is_long: bool = False


HARDWARE = ("ziglang", "elftools", "unicorn", "intelhex")
RUN = "run ring --grid 22x22 --loss 0.05 --fault restart:half:left@1 --dwell-rounds 3"

COMMANDS = {
    "verify": Command("verify ring --target cortex-m0plus --cases 1500", needs=HARDWARE, window_s=4),
    "window": Command(f"{RUN} --rounds 60 --film f --figure p --trace t", ("f", "p", "t"), window_s=4),
    "reference": Command(f"{RUN} --rounds 20 --engine reference --trace t", ("t",)),
    "native": Command(f"{RUN} --rounds 20 --engine native --trace t", ("t",), HARDWARE),
    "iss": Command(f"{RUN} --rounds 2 --engine iss --film f --trace t", ("f", "t"), HARDWARE, 3),
    "train": Command(
        "train ring --size 8 --hidden 2 --steps 8 -o g.genome", ("g.genome",), ("safetensors", "ziglang"), 4
    ),
    "measure": Command("measure tiny.toml -o fresh --workers 2", ("fresh/results.csv",), window_s=4),
    "report": Command("report results -o page", ("page/report.html", "page/report.json"), window_s=4),
    "replay": Command("replay results --trial 3 --film f", ("f",)),
    "certify": Command("certify results --within 10 --confidence 0.9 -o c.json", ("c.json",)),
    "check": Command("certify --check certificate.json --sample 20 --seed 1"),
    "build": Command("build ring --target cortex-m0plus -o b", ("b/ring-cortex-m0plus.bin",), HARDWARE, 3),
    "bench": Command("bench --side 32 --seconds 0.2 -o docs", window_s=8, is_long=True),
    "demo": Command("demo --quick -o d", window_s=8, is_long=True),
}


def start(words, folder):
    """A command in a session of its own, with a place of its own for temporary files."""
    (folder / "tmp").mkdir(exist_ok=True)
    return subprocess.Popen(
        [sys.executable, "-m", "planaria", *words.split()],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path), "TMPDIR": str(folder / "tmp")},
        start_new_session=True,
        preexec_fn=hear_signals,
    )


def hear_signals():
    """Whoever runs the tests may ignore some, as a script does in the background."""
    for number in NUMBERS[:3]:
        signal.signal(number, signal.SIG_DFL)


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    """A folder with a plan, its results, and a certificate of them."""
    folder = tmp_path_factory.mktemp("inputs")
    (folder / "tiny.toml").write_text(PLAN)
    measure(Plan.load(folder / "tiny.toml"), folder / "results", workers=1, quiet=True)
    words = COMMANDS["certify"].words.replace("c.json", "certificate.json")
    process = start(words, folder)
    assert process.communicate(timeout=120)[1] == ""
    (folder / "tmp").rmdir()
    return folder


@pytest.fixture
def undisturbed(inputs, tmp_path_factory):
    """``undisturbed(name)`` gives the outputs of a command that is left alone."""
    return cache(lambda name: _undisturbed(COMMANDS[name], inputs, tmp_path_factory.mktemp("whole") / "x"))


def _undisturbed(command, inputs, folder):
    shutil.copytree(inputs, folder)
    process = start(command.words, folder)
    _, errors = process.communicate(timeout=300)
    assert process.returncode == 0, errors
    return {name: content(folder / name) for name in command.outputs}


def content(path):
    """What is the same each time."""
    if path.suffix == ".genome":
        genome = Genome.load(path)
        return genome.w1.tobytes() + genome.b1.tobytes() + genome.w2.tobytes()
    return path.read_bytes()


def handles_signals(pid):
    """Whether a process has come so far; what comes before ends it as the system does."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return True
    caught = next((line.split()[1] for line in status.splitlines() if line.startswith("SigCgt")), "0")
    return bool(int(caught, 16) & 1 << signal.SIGTERM - 1)


def alive_in(session):
    """Processes of a session, with their command lines."""
    found = {}
    for path in Path("/proc").glob("[0-9]*"):
        try:
            state, _, _, theirs = (path / "stat").read_text().rpartition(")")[2].split()[:4]
            if int(theirs) == session and state != "Z":
                found[int(path.name)] = (path / "cmdline").read_text()
        except (FileNotFoundError, ProcessLookupError):
            continue
    return found


def orphans(session, patience_s=2.0):
    """Who is still there after a while, of a session whose first process has ended."""
    deadline = time.monotonic() + patience_s
    while (left := alive_in(session)) and time.monotonic() < deadline:
        time.sleep(0.02)
    return left


def leftovers(folder):
    """Temporary files that are still there."""
    beside = folder.rglob(".planaria-*")
    return sorted(str(path) for path in (*beside, *(folder / "tmp").iterdir()))


@dataclass
class Disturbed:
    """What became of a command."""

    status: int
    errors: str
    ended_s: float
    orphans: dict
    leftovers: list


def disturb(command, folder, number, to_group, moment_s, again_s=None):
    """Start a command, send it a signal, perhaps another, and see how it ends."""
    process = start(command.words, folder)
    try:
        while not handles_signals(process.pid):
            time.sleep(0.001)
        try:
            process.wait(moment_s)
        except subprocess.TimeoutExpired:
            (os.killpg if to_group else os.kill)(process.pid, number)
            if again_s is not None:
                time.sleep(again_s)
                process.send_signal(number)
        sent = time.monotonic()
        _, errors = process.communicate(timeout=60)
        ended_s = time.monotonic() - sent
        return Disturbed(process.returncode, errors, ended_s, orphans(process.pid), leftovers(folder))
    finally:
        for pid in alive_in(process.pid):
            os.kill(pid, signal.SIGKILL)
        process.wait()


def still_there(command, folder, left):
    """Which of these the same command, given once more, does not remove."""
    process = start(command.words, folder)
    try:
        deadline = time.monotonic() + 60
        ended = False
        while left and not ended and time.monotonic() < deadline:
            ended = process.poll() is not None
            left = [path for path in left if Path(path).exists()]
            time.sleep(0.05)
        return left
    finally:
        process.kill()
        process.communicate()
        assert not orphans(process.pid)


@pytest.mark.parametrize("turn", range(int(os.environ.get("PLANARIA_SIGNALS") or len(COMMANDS))))
def test_a_signal(turn, inputs, undisturbed, tmp_path):
    name = list(COMMANDS)[turn % len(COMMANDS)]
    command = COMMANDS[name]
    for module in command.needs:
        if find_spec(module) is None:
            pytest.skip(f"{module} is not installed")
    chance = random.Random(f"{SEED} {turn}")
    number, to_group = chance.choice(NUMBERS), chance.random() < 0.5
    moment_s = chance.uniform(0, command.window_s)
    again_s = chance.uniform(0, 0.3) if chance.random() < 0.3 else None
    print(
        f"PLANARIA_SEED={SEED}, turn {turn}: {name}, {number!r}, group {to_group}, after {moment_s:.3f} s, "
        f"again {again_s}"
    )
    folder = tmp_path / "x"
    shutil.copytree(inputs, folder)
    ended = disturb(command, folder, number, to_group, moment_s, again_s)
    print(ended)
    allowed = {-9 if number == signal.SIGKILL else 130} | (set() if command.is_long else {0})
    assert ended.status in allowed
    assert "Traceback" not in ended.errors
    assert "Exception ignored" not in ended.errors
    assert "leaked" not in ended.errors
    assert not ended.orphans
    assert ended.ended_s < END_S
    if number != signal.SIGKILL:
        assert not ended.leftovers
    if ended.leftovers:
        assert still_there(command, folder, ended.leftovers) == []
    there = [output for output in command.outputs if (folder / output).exists()]
    if ended.status == 0:
        assert there == list(command.outputs)
    for output in there:
        assert content(folder / output) == undisturbed(name)[output], output
