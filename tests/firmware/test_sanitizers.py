"""The C cell under AddressSanitizer and UndefinedBehaviorSanitizer (``c/storm.c``).

For hours: ``STORM_EVENTS=1000000000 STORM_SEED=7 pytest tests/firmware/test_sanitizers.py``.
"""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from firmware.hardware.build import SOURCES
from firmware.hardware.toolchain import find_program

EVENTS = os.environ.get("STORM_EVENTS", "300000")
SEED = os.environ.get("STORM_SEED", "1")

FLAGS = (
    *("-std=c11", "-g", "-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"),
    *("-Wall", "-Wextra", "-Werror", "-Wno-unused-parameter", "-DPLANARIA_HOST"),
    "-DPLANARIA_CHECK_BY_TABLE",
)
HOP_COUNT = Path(__file__).parents[2] / "examples" / "hop_count.c"
STORM = Path(__file__).parent / "c" / "storm.c"


@pytest.fixture(scope="module")
def gcc(tmp_path_factory):
    """Compiles with both sanitizers."""
    program = find_program("gcc")
    if program is None:
        pytest.skip("gcc is not installed")
    folder = tmp_path_factory.mktemp("gcc")
    (folder / "empty.c").write_text("int main(void) { return 0; }\n")
    command = [program, *FLAGS, "empty.c", "-o", "empty"]
    done = subprocess.run(command, cwd=folder, capture_output=True, check=False)
    if done.returncode or subprocess.run([folder / "empty"], capture_output=True, check=False).returncode:
        pytest.skip("gcc has no libasan and libubsan that run here")
    return program


@pytest.fixture
def storm(gcc, tmp_path):
    """``storm(sources, *macros)`` compiles a cell and sends so many events; the finished process."""

    def run(sources, *macros, program=None):
        files = (
            sources / "runtime.c",
            program or sources / "neural.c",
            sources / "targets" / "host.c",
            STORM,
        )
        folders = ("-I", sources, "-I", sources / "targets")
        program = tmp_path / "storm"
        subprocess.run([gcc, *FLAGS, *macros, *folders, *files, "-o", program], check=True)
        environment = {name: value for name, value in os.environ.items() if not name.endswith("SAN_OPTIONS")}
        command = [program, SEED, EVENTS]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    return run


def test_valid_images(storm):
    done = storm(SOURCES)
    assert (done.returncode, done.stderr) == (0, "")
    assert re.fullmatch(r"\d+ events, 0 images refused\n", done.stdout)


def test_another_program(storm):
    done = storm(SOURCES, "-DPLANARIA_PROGRAM", program=HOP_COUNT)
    assert (done.returncode, done.stderr) == (0, "")
    assert re.fullmatch(r"\d+ events, 0 images refused\n", done.stdout)


def test_spoiled_images_of_a_cell_that_checks(storm):
    """All that SPEC.md refuses is refused, whatever its CRC-32; nothing behind the image is read."""
    done = storm(SOURCES, "-DPLANARIA_CHECK_GENOME")
    assert (done.returncode, done.stderr) == (0, "")
    refused = re.fullmatch(r"\d+ events, (\d+) images refused\n", done.stdout)
    assert int(refused[1]) > int(EVENTS) / 500


@pytest.mark.parametrize(
    ("old", "new", "macros", "says"),
    [
        ("i < 3 * CHANNELS; i++)", "i <= 3 * CHANNELS; i++)", (), "index 48 out of bounds"),
        ("while (--left)", "while (left--)", (), "heap-buffer-overflow"),
        ("(value >> (shift - 1))", "(value >> (shift - 2))", (), "shift exponent -1 is negative"),
        ("if (bounded(genome))", "if (bounded(genome) || 1)", ("-DPLANARIA_CHECK_GENOME",), ""),
    ],
)
def test_a_mistake_in_the_cell_is_found(storm, tmp_path, old, new, macros, says):
    sources = tmp_path / "c"
    shutil.copytree(SOURCES, sources)
    text = (sources / "neural.c").read_text()
    assert text.count(old) == 1
    (sources / "neural.c").write_text(text.replace(old, new))
    done = storm(sources, *macros)
    assert done.returncode
    assert says in done.stderr
