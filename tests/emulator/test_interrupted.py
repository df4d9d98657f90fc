"""Signals in the middle of compiled code, which calls Python back and does not see that it fails."""

import os
import subprocess
import sys

import pytest

PROGRAM = """
import signal, sys
from numba.core import serialize
from emulator.goal import PictureGoal
from emulator.config import RunConfig
from emulator.world.lattices import Square8
from emulator.arrays.engine import WindowEngine
from firmware import image
from firmware.system.interrupts import taken_over
from planaria.shipped import open_genome

genome = open_genome("ring")
config = RunConfig(Square8(22, 22))
unpickle = serialize._numba_unpickle
made = []

def interrupted(*arguments):
    if compiled:
        made.append(True)
        signal.raise_signal(signal.SIGTERM)
    return unpickle(*arguments)

compiled = False
serialize._numba_unpickle = interrupted

def run():
    global compiled
    engine = WindowEngine(config, image.build(genome, config.timing), PictureGoal(genome.target))
    engine.run(1)
    compiled = True
    engine.run(1)

try:
    if sys.argv[1] == "command":
        with taken_over(for_good=True):
            run()
    else:
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        run()
except KeyboardInterrupt:
    sys.exit(100 + bool(made))
"""


@pytest.mark.parametrize("who", ["command", "program"])
def test_what_compiled_code_returns_is_whole(who):
    """The interrupt came while Python looked for the kind of tuple that it returns: the process crashed."""
    pytest.importorskip("numba", reason="numba is not installed")
    process = subprocess.run(
        [sys.executable, "-c", PROGRAM, who],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (process.returncode, process.stderr) == (101, "")
