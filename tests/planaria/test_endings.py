"""Every way in which a command ends: statuses, messages, and texts of other people in them."""

import errno
import json
import os
import re
import signal
import subprocess
import sys
from asyncio import CancelledError
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from firmware.errors import InputError
from planaria.commands import command
from planaria.commands.main import main
from planaria.shipped import open_genome
from planaria.system import ending

EVIL = "a\x1b[2Jb\nc\x07\x9b\u202ed\u2066\udcffe"
SHOWN = r"a\x1b[2Jb\nc\x07\x9b\u202ed\u2066\udcffe"


@pytest.fixture
def ends_with(monkeypatch):
    """``ends_with(exception)`` runs a command that raises it; gives its exit status."""

    def run(error):
        def fail():
            raise error

        monkeypatch.setattr("planaria.zoo.table", fail)
        return main(["genomes"])

    return run


def obeyed(text):
    """What a terminal would obey in it, besides ends of lines."""
    return re.findall(
        "[\x00-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\udcff-\udfff]", text
    )


@pytest.mark.parametrize(
    ("error", "status", "says"),
    [
        (InputError("grid", 7, "limit", "fix"), 2, "grid: 7 - limit; fix"),
        (
            OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)),
            2,
            "system: ENOSPC - No space left on device; make room where the output goes, and in the folder of "
            "temporary files (TMPDIR)",
        ),
        (
            OSError(errno.EACCES, "Permission denied", "/a\nb"),
            2,
            r"file: /a\nb - Permission denied; choose another, or have its permissions changed",
        ),
        (OSError("lib.so: failed"), 2, "system: OSError - lib.so: failed; see what the system says about it"),
        (
            MemoryError(),
            2,
            "memory: all that there is - it is used up; "
            "make the grid smaller, or raise the limit (ulimit -v)",
        ),
        (
            ImportError("libgomp.so: cannot open", name="torch._C"),
            2,
            "library: torch._C - it cannot be loaded (libgomp.so: cannot open); install it again, or see "
            "whether memory runs out (ulimit -v)",
        ),
        (BrokenPipeError(), 141, ""),
        (KeyboardInterrupt(), 130, "interrupted"),
    ],
)
def test_what_is_nobodys_defect(ends_with, capsys, error, status, says):
    assert ends_with(error) == status
    assert capsys.readouterr().err == (f"planaria: {says}\n" if says else "")


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (KeyError("k"), "KeyError: 'k'"),
        (RecursionError("too deep"), "RecursionError: too deep"),
        (ValueError(EVIL), f"ValueError: {SHOWN}"),
        (SystemExit(1), "SystemExit: 1"),
        (CancelledError("gone"), "CancelledError: gone"),
        (ImportError("no", name="planaria.nothing"), "ImportError: no"),
    ],
)
def test_a_defect_is_one_line_and_never_1(ends_with, monkeypatch, capsys, error, says):
    monkeypatch.delenv(ending.TRACEBACK, raising=False)
    assert ends_with(error) == 70
    line = f"planaria: this is a defect of planaria: {says} (PLANARIA_TRACEBACK=1 shows where)\n"
    assert capsys.readouterr().err == line
    monkeypatch.setenv(ending.TRACEBACK, "1")
    assert ends_with(error) == 70
    shown = capsys.readouterr().err
    assert shown.startswith(line)
    assert "in fail" in shown
    assert not obeyed(shown)


def test_a_long_defect_is_not_shown_without_end(ends_with, capsys):
    assert ends_with(ValueError("x" * 1_000_000)) == 70
    assert len(capsys.readouterr().err) < 600


def test_an_interrupt_that_became_something_else_is_one(monkeypatch, capsys):
    def swallow():
        try:
            signal.raise_signal(signal.SIGTERM)
        except BaseException as error:
            raise RuntimeError("a library failed") from error

    monkeypatch.setattr("planaria.zoo.table", swallow)
    assert main(["genomes"]) == 130
    monkeypatch.setattr("planaria.zoo.table", _ignored)
    assert main(["genomes"]) == 130


def _ignored():
    with suppress(BaseException):
        signal.raise_signal(signal.SIGTERM)


def test_json_knows_no_nan(capsys):
    with pytest.raises(ValueError, match="not JSON compliant"):
        command.print_json({"a": float("nan")})
    command.print_json({"a": EVIL})
    shown = capsys.readouterr().out
    assert json.loads(shown) == {"a": EVIL}
    assert shown.isascii()
    assert not obeyed(shown)


@pytest.mark.parametrize(
    "arguments",
    [
        [EVIL],
        ["run", "ring", EVIL],
        ["run", "ring", "--rounds", EVIL],
        ["run", "ring", f"--{EVIL}"],
        ["run", "ring", f"--g={EVIL}"],
        ["run", "ring", "--engine", EVIL],
        ["run", EVIL],
        ["run", "ring", "--fault", EVIL],
        ["run", "ring", "--grid", EVIL],
        ["run", "ring", "--chip", EVIL],
        ["inspect", EVIL],
        ["faults", EVIL],
        ["train", EVIL, "-o", "x.genome"],
        ["train", "ring", "-o", EVIL],
        ["train", "ring", "-o", "x.genome", "--resume", EVIL],
        ["build", "ring", "--target", EVIL, "-o", "b"],
        ["build", "ring", "--target", "cortex-m0plus", "-o", "b", "--cc", EVIL],
        ["verify", "ring", "--target", "host", "--elf", EVIL],
        ["measure", EVIL, "-o", "r"],
        ["measure", "five-cuts", "-o", f"/dev/null/{EVIL}"],
        ["report", EVIL],
        ["replay", EVIL, "--trial", "1"],
        ["certify", "--check", EVIL],
        ["certify", EVIL, "--within", "3", "-o", "c"],
    ],
)
@pytest.mark.parametrize("many", [1, 5000])
def test_arguments_are_no_commands_to_the_terminal(monkeypatch, capsys, tmp_path, arguments, many):
    """Nor are they repeated without end."""
    monkeypatch.chdir(tmp_path)
    assert (
        main([argument.replace("e", "e" * many) if EVIL in argument else argument for argument in arguments])
        == 2
    )
    out, err = capsys.readouterr()
    assert out == ""
    assert not obeyed(err)
    assert len(err) < 5500  # long paths have room in commands to paste
    assert err.splitlines()[-1].startswith("planaria")


def test_a_text_is_no_command_to_the_terminal(capsys, tmp_path):
    """Wherever it stands: facts and titles. Names of genomes are refused."""
    genome = replace(open_genome("ring"), facts={"k\x9bx": "v\u202ew\n\x07", "n": 1})
    genome.save(tmp_path / "mine.genome")
    assert main(["inspect", str(tmp_path / "mine.genome")]) == 0
    out, err = capsys.readouterr()
    assert r"v\u202ew\n\x07" in out
    assert not obeyed(out + err)
    plan = 'title = "t\\u001b[2Ju\\n\\u202e"\ngenomes = ["ring"]\ntimeline = ["restart:half:left@3"]\n'
    plan += "trials = 1\nhorizon_rounds = 9\n[recovery]\ndwell_rounds = 2\n"
    (tmp_path / "p.toml").write_text(plan)
    assert main(["measure", str(tmp_path / "p.toml"), "-o", str(tmp_path / "r"), "--workers", "1"]) == 0
    out, err = capsys.readouterr()
    assert r"t\x1b[2Ju\n\u202e: 1 trial" in out
    assert not obeyed(out + err)


@pytest.fixture
def shell(tmp_path):
    """``shell("genomes >&-")`` lets bash run a command; gives the finished process."""

    def call(words, ulimit="", **environment):
        return subprocess.run(
            ["bash", "-c", f"{ulimit}{sys.executable} -m planaria {words}"],
            capture_output=True,
            text=True,
            errors="backslashreplace",
            cwd=tmp_path,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)} | environment,
            timeout=300,
            check=False,
        )

    return call


FULL = "this machine has no /dev/full"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason=FULL)
@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("words", ["--help", "--version", "run --help"])
def test_help_that_nobody_gets(shell, words, unbuffered):
    process = shell(f"{words} >/dev/full", PYTHONUNBUFFERED=unbuffered)
    assert process.returncode == 2
    assert process.stderr.startswith("planaria: system: ENOSPC - No space left on device; make room")
    assert len(process.stderr.splitlines()) == 1
    process = shell(f"{words} 2>/dev/full >/dev/full", PYTHONUNBUFFERED=unbuffered)
    assert (process.returncode, process.stderr) == (2, "")
    process = shell(f"{words} | sleep 0; exit ${{PIPESTATUS[0]}}", PYTHONUNBUFFERED=unbuffered)
    assert (process.returncode, process.stderr) == (141, "")
    process = shell(f"{words} >&-", PYTHONUNBUFFERED=unbuffered)
    assert (process.returncode, process.stderr) == (0, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason=FULL)
@pytest.mark.parametrize("words", ["fly", "run nope"])
def test_refusals_that_nobody_gets(shell, words):
    for streams in ("2>/dev/full", ">&- 2>&- <&-"):
        assert shell(f"{words} {streams}").returncode == 2
    assert shell(f"{words} 2>&1 >/dev/null | sleep 0; exit ${{PIPESTATUS[0]}}").returncode in (2, 141)


@pytest.mark.parametrize("encoding", ["ascii", "latin1:strict", "utf-16", "idna", "undefined", "cp037"])
def test_any_encoding(shell, encoding):
    process = shell("$'caf\\xc3\\xa9\\xff \\xe2\\x9c\\x93'", PYTHONIOENCODING=encoding)
    assert process.returncode == 2
    assert "Traceback" not in process.stderr
    if encoding in ("ascii", "idna"):
        process = shell("inspect ring", PYTHONIOENCODING=encoding)
        assert (process.returncode, process.stderr) == (0, "")


def test_what_somebody_else_draws_with(shell):
    process = shell("run ring --grid 22x22 --rounds 2 --figure f.png", MPLBACKEND="nonsense")
    assert (process.returncode, process.stderr) == (0, "")


@pytest.mark.skipif(sys.platform != "linux", reason="ulimit -v")
def test_little_memory(shell):
    """A library that finds no room ends a process with 1, or tries again without end."""
    for option, kind, most in (("-v", "addresses", 768), ("-d", "data", 512)):
        process = shell("run ring --rounds 1", ulimit=f"ulimit {option} 400000; ")
        assert process.returncode == 2
        assert process.stderr == (
            f"planaria: memory: 390 MB - its libraries alone take {most} MB of {kind}; "
            f"raise the limit (ulimit {option})\n"
        )
    assert shell("run --help", ulimit="ulimit -v 400000; ").returncode == 0


@pytest.mark.parametrize(
    ("words", "needed"), [("train heart -o x.genome", 1536), ("measure five-cuts -o x --workers 2", 1024)]
)
def test_little_memory_for_much(shell, words, needed):
    process = shell(words, ulimit="ulimit -v 900000; ")
    assert process.returncode == 2
    assert f"its libraries alone take {needed} MB of addresses" in process.stderr


def test_a_simulated_chip_takes_little_memory(shell):
    """Or unicorn ends the process with 1, which means that something differs."""
    for module in ("unicorn", "ziglang"):
        pytest.importorskip(module, reason="the hardware extra is not installed")
    process = shell("verify ring --target rv32ec --cases 1", ulimit="ulimit -v 900000; ")
    assert process.returncode == 0, process
    pytest.importorskip("wasmtime", reason="the hardware extra (wasmtime) is not installed")
    process = shell("verify ring --target wasm --cases 1", ulimit="ulimit -v 900000; ")
    assert (process.returncode, "wasmtime reserves 4 GB of addresses" in process.stderr) == (2, True), process
