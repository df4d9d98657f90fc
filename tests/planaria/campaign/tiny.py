"""A campaign of short trials, all of which count as grown; a genome that kills, a process to be killed."""

import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing, suppress
from dataclasses import fields
from pathlib import Path

from firmware.genome import Genome
from planaria.shipped import open_genome
from planaria.worth import CAMPAIGN_FILE

PLAN = """\
title = "tiny"
genomes = ["ring"]
timeline = ["restart:disc:{row},11,{radius}@60"]
trials = 20
horizon_rounds = 80
[world]
grid = "22x22"
loss = 0.05
[recovery]
dwell_rounds = 3
grown_error = 1000
[sweep]
radius = [2, 4]
[draw]
row = { from = 6, to = 15 }
"""

COMMAND = """
import signal, sys
from pathlib import Path
from planaria.campaign.measure import measure
from planaria.campaign.plan import Plan

def interrupt(*_):
    raise KeyboardInterrupt

for number in (signal.SIGINT, signal.SIGTERM):  # whose parent may ignore them
    signal.signal(number, interrupt)
try:
    measure(Plan.load(sys.argv[1]), Path(sys.argv[2]), workers=2)
except KeyboardInterrupt:
    sys.exit(130)
"""


def start(plan_file, folder):
    """``measure`` with two workers, in a process group of its own."""
    return subprocess.Popen(
        [sys.executable, "-c", COMMAND, str(plan_file), str(folder)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        start_new_session=True,
        text=True,
    )


def count(folder):
    """Trials that are safe, without waiting for anybody."""
    try:
        with closing(sqlite3.connect(f"file:{folder / CAMPAIGN_FILE}?mode=ro", uri=True)) as connection:
            return connection.execute("SELECT count(*) FROM results").fetchone()[0]
    except sqlite3.OperationalError:
        return 0


def children(pid):
    """The processes that a process has started."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def is_running(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


class Frail(Genome):
    """The shipped ring, which kills the worker that looks at it as often as there are lives left."""

    lives = None

    @classmethod
    def with_lives(cls, lives):
        """``lives`` is a folder; each file in it is a life."""
        ring = open_genome("ring")
        frail = cls(**{field.name: getattr(ring, field.name) for field in fields(ring)})
        object.__setattr__(frail, "lives", lives)
        return frail

    @property
    def hidden(self):
        for life in self.lives.iterdir() if self.lives else ():
            with suppress(FileNotFoundError):  # another worker has taken this one
                life.unlink()
                os.kill(os.getpid(), signal.SIGKILL)
        return len(self.b1)

    def to_bytes(self):
        return open_genome("ring").to_bytes()
