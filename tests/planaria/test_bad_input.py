"""Every bad input gets one clear message with value, limit and fix; status 2; and no partial file."""

import os
import subprocess
import sys
import zlib

import numpy as np
import pytest
from PIL import Image

from firmware.errors import InputError
from planaria import Grid, open_genome
from planaria.shipped import shipped_paths

RUN = ("run", "planarian", "--rounds", 3)


@pytest.fixture
def genome(tmp_path):
    """A copy of a shipped genome to spoil."""
    path = tmp_path / "mine.genome"
    path.write_bytes(shipped_paths()["planarian"].read_bytes())
    return path


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--grid", "0x0"], ["grid: 0x0", "at least 1x1", "32x32"]),
        (["--grid", "1000000x1000000"], ["1000000x1000000", "more than 268,435,454 cells", "smaller"]),
        (
            ["--grid", "16000x16000", "--engine", "reference"],
            ["16000x16000", "need 2,048,000,000,000 bytes of memory", "smaller"],
        ),
        (["--kernel", "quantum"], ["kernel: quantum", "unknown", "auto, numpy"]),
        (["--kernel", "f32", "--engine", "reference"], ["kernel: f32", "reference has none", "window"]),
        (["--grid", "12"], ["grid: 12", "COLSxROWS; e.g. 64x64"]),
        (["--grid", "10x10"], ["target: 24x24 px", "10x10", "larger grid"]),
        (["--grid", "2x2", "--torus"], ["2x2", "3x3"]),
        (["--loss", "1.01"], ["loss: 1.01", "0 to 1", "0.05"]),
        (["--loss", "-0.1"], ["loss: -0.1", "0 to 1"]),
        (["--loss", "nan"], ["loss: nan", "0 to 1"]),
        (["--latency-us", "0"], ["latency_us: 0", "1 to", "500"]),
        (["--jitter-us", "-1"], ["jitter_us: -1", "0 to"]),
        (["--mean-interval-us", "0"], ["mean_interval_us: 0", "1 to 1,048,575"]),
        (["--seed", "-1"], ["seed: -1", "0 to 2**64 - 1"]),
        (["--rounds", "0"], ["rounds: 0", "1 to 100,000,000"]),
        (["--rounds", "100000000000000000000"], ["rounds: 100000000000000000000", "1 to 100,000,000"]),
        (["--film", "a.gif", "--figure", "a.gif"], ["a.gif", "two results", "own file"]),
        (["--gone-fraction", "0"], ["gone_fraction: 0", "above 0"]),
        (["--dwell-rounds", "-1"], ["dwell_rounds: -1"]),
        (["--fault", "restart:half:left@4"], ["restart:half:left@4", "after the run's end at 3 rounds"]),
        (["--fault", "kill:disc:40,3,2@1"], ["kill:disc:40,3,2@1", "outside the grid of 32x32"]),
        (["--fault", "kill:rect:30,30,4,4@1"], ["outside the grid"]),
        (["--fault", "restart:half:middle@1"], ["half:middle", "half:left"]),
        (["--fault", "explode:half:left@1"], ["no kind 'explode'", "restart", "planaria faults"]),
        (["--fault", "restart:random:1.5@1"], ["random:1.5", "0 to 1"]),
        (["--fault", "loss:2@1+1"], ["probability=2", "0 to 1"]),
        (["--fault", "half"], ["cannot be read", "KIND:REGION[,NAME=VALUE]@ROUND"]),
        (["--film", "missing/film.gif"], ["missing/film.gif", "cannot be written", "choose a folder"]),
        (["--trace", "."], ["it is a folder", "file name"]),
    ],
)
def test_run(refused, options, says):
    refused(*RUN, *options, says=says)


def test_no_such_genome(refused):
    refused("run", "lizzard", says=["lizzard", "shipped are: ", "planarian"])
    refused("inspect", "folder/none.genome", says=["none.genome", "cannot be read", "planaria genomes"])


def test_truncated_genome(refused, genome):
    genome.write_bytes(genome.read_bytes()[:-1])
    refused("inspect", genome, says=["mine.genome", "truncated"])


def test_bit_flipped_genome(refused, genome):
    content = bytearray(genome.read_bytes())
    content[3000] ^= 4
    genome.write_bytes(content)
    refused("run", genome, says=["mine.genome", "corrupt", "CRC-32"])


def test_genome_of_a_future_format(refused, genome):
    content = bytearray(genome.read_bytes()[:-4])
    content[10] = 9
    genome.write_bytes(content + zlib.crc32(content).to_bytes(4, "big"))
    refused("inspect", genome, says=["format version 9", "reads version 1", "update"])


@pytest.mark.parametrize(
    ("option", "says"),
    [
        ({"clock": "sundial"}, "clock: sundial - it is unknown; choose one of uniform, exponential"),
        ({"engine": "warp"}, "engine: warp - it is unknown; choose one of window, reference, native, iss"),
    ],
)
def test_names_that_python_users_misspell(option, says):
    with pytest.raises(InputError, match=says):
        Grid(open_genome("ring"), **option)


def test_foreign_file(refused, tmp_path):
    (tmp_path / "photo.genome").write_bytes(b"\x89PNG\r\n\x1a\n")
    refused("inspect", "photo.genome", says=["photo.genome", "89 50 4e 47", "not a planaria genome"])


@pytest.mark.parametrize("output", ["film", "figure", "trace"])
def test_disk_that_fills_up(tmp_path, output):
    """Every write beyond 1 kB fails, as on a full disk, when the result is already on its way."""
    code = (
        "import resource, signal, sys; from planaria.commands.main import main\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1024, 1024))\n"
        f"sys.exit(main(['run', 'planarian', '--rounds', '3', '--{output}', 'out.bin']))"
    )
    process = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        check=False,
    )
    assert process.returncode == 2, process.stderr
    assert "out.bin" in process.stderr
    assert "cannot be written" in process.stderr
    assert "Traceback" not in process.stderr
    assert list(tmp_path.iterdir()) == []


class TestTrain:
    """Bad input to training is refused before anything is trained."""

    @pytest.fixture(autouse=True)
    def needs_torch(self):
        pytest.importorskip("safetensors", reason="the train extra (safetensors) is not installed")

    def test_png_without_alpha(self, refused, tmp_path):
        Image.fromarray(np.zeros((16, 16, 3), np.uint8)).save(tmp_path / "opaque.png")
        refused(
            "train", "opaque.png", "-o", "x.genome", says=["opaque.png", "no alpha channel", "transparent"]
        )

    def test_png_too_large(self, refused, tmp_path):
        Image.fromarray(np.full((65, 70, 4), 255, np.uint8)).save(tmp_path / "large.png")
        refused("train", "large.png", "-o", "x.genome", says=["70x65", "64 px", "--size"])

    @pytest.mark.parametrize(
        ("options", "says"),
        [
            (["nosuch", "-o", "x.genome"], ["nosuch", "built-in are: ", "ring"]),
            (["-o", "x.genome"], ["target", "give a name"]),
            (["ring", "-o", "x.bin"], ["x.bin", ".genome"]),
            (["ring", "-o", "no/x.genome"], ["no/x.genome", "cannot be written"]),
            (["ring", "-o", "x.genome", "--size", "129"], ["size: 129", "8 to 128"]),
            (["ring", "-o", "x.genome", "--hidden", "129"], ["hidden: 129", "1 to 128"]),
            (["ring", "-o", "x.genome", "--steps", "0"], ["steps: 0"]),
            (["ring", "-o", "x.genome", "--steps", "5", "--minutes", "1"], ["exactly one"]),
            (["ring", "-o", "x.genome", "--minutes", "-1"], ["minutes: -1.0"]),
            (["ring", "-o", "x.genome", "--seed", "-3"], ["seed: -3"]),
            (["ring", "-o", "x.genome", "--regime", "healing"], ["healing", "regenerating"]),
            (["-o", "x.genome", "--resume", "none.checkpoint"], ["none.checkpoint", "No such file"]),
            (["ring", "-o", "x.genome", "--resume", "none.checkpoint"], ["keeps the options"]),
        ],
    )
    def test_options(self, refused, options, says):
        refused("train", *options, says=says)


@pytest.mark.parametrize("folder", ["/proc/demo", "/dev/null/demo"])
def test_demo_into_a_folder_that_cannot_be_made(refused, folder):
    refused("demo", "--quick", "-o", folder, says=[folder, "cannot be written"])


def test_reader_that_goes_away_is_no_crash(tmp_path):
    command = f"{sys.executable} -m planaria run ring --rounds 1 --json | true; exit ${{PIPESTATUS[0]}}"
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    process = subprocess.run(
        ["bash", "-c", command], capture_output=True, text=True, env=environment, check=False
    )
    assert process.returncode == 141
    assert process.stderr == ""


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="this machine has no /dev/full")  # noqa: PTH110
def test_standard_output_that_is_full():
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    command = f"{sys.executable} -m planaria genomes > /dev/full"
    process = subprocess.run(
        ["bash", "-c", command], capture_output=True, text=True, env=environment, check=False
    )
    assert process.returncode == 2
    assert "No space left on device" in process.stderr
    assert "Traceback" not in process.stderr


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="this machine has no /dev/full")  # noqa: PTH110
@pytest.mark.parametrize(
    ("streams", "shown"),
    [
        (">&-", ""),
        ("2>&-", "ring"),
        (">&- 2>&- <&-", ""),
        ("2>/dev/full", "ring"),
    ],
)
def test_streams_that_are_closed_or_full(streams, shown):
    """What is shown goes nowhere; the exit status stays what it is."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    for arguments, status, says in (("genomes", 0, shown), ("run ring --rounds 0", 2, "")):
        command = f"{sys.executable} -m planaria {arguments} {streams}"
        process = subprocess.run(
            ["bash", "-c", command], capture_output=True, text=True, env=environment, check=False
        )
        assert process.returncode == status
        assert says in process.stdout
        assert "Traceback" not in process.stderr


@pytest.mark.parametrize("command", [("run",), ("measure", "-o", "a")])
@pytest.mark.parametrize(("name", "shown"), [("", "''"), ("a\nb", r"a\nb")])
def test_names_that_cannot_be_seen(refused, command, name, shown):
    refused(*command, name, says=[f": {shown} - it is neither a file nor a shipped"])


def test_kind_of_fault_that_is_not_there(refused):
    refused("faults", "explode", says=["no kind 'explode'"])


def test_argparse_errors_exit_with_2(planaria):
    for arguments in (["fly"], ["run"], ["run", "planarian", "--rounds", "many"]):
        process = planaria(*arguments)
        assert process.returncode == 2
        assert "Traceback" not in process.stderr
