"""The program from its first moment on."""

import signal
import subprocess
import sys

import pytest

from planaria import __version__

INTERRUPTED_WHILE_IMPORTED = """
import os, signal, sys

number = int(sys.argv[1])

class Early:
    def find_spec(self, name, *_):
        if name == "planaria.commands.main":
            os.kill(os.getpid(), number)

sys.meta_path.insert(0, Early())
sys.path[:0] = sys.argv[2:]
from planaria.__main__ import start

sys.argv[1:] = ["--version"]
sys.exit(start())
"""


def run(*words, **options):
    return subprocess.run(
        [sys.executable, *map(str, words)], capture_output=True, text=True, check=False, **options
    )


def test_as_a_module():
    assert run("-m", "planaria", "--version").stdout == f"planaria {__version__}\n"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signals_while_it_is_imported(number):
    process = run(
        *("-c", INTERRUPTED_WHILE_IMPORTED, int(number), *sys.path),
        preexec_fn=lambda: signal.signal(number, signal.SIG_DFL),
    )
    assert (process.returncode, process.stdout, process.stderr) == (130, "", "")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
def test_a_signal_that_is_ignored_stays_so():
    process = run(
        *("-c", INTERRUPTED_WHILE_IMPORTED, int(signal.SIGHUP), *sys.path),
        preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN),
    )
    assert (process.returncode, process.stdout) == (0, f"planaria {__version__}\n")
