"""Campaigns of a program that is written in C: what is compiled is what the results keep."""

import json
import shutil
from pathlib import Path

import msgpack
import pytest

from firmware.errors import InputError
from firmware.program_in_c import ProgramInC
from planaria.campaign.store import Store
from planaria.code import stored_code
from planaria.program import SourceProgram, confirmed, open_program
from tests.firmware.hardware.in_c import KILOLIB_IS_NATIVE

EXAMPLES = Path(__file__).parents[3] / "examples"

PLAN = """title = "hops"
program = "gradient.py"
timeline = ["restart:{cut}@300"]
trials = 3
horizon_rounds = 650
[world]
grid = "4x4"
mean_interval_us = 32640
[draw]
cut = { of = ["half:left", "half:top"] }
"""


@pytest.fixture
def folder(tmp_path, hardware):
    """A plan, its program, and a source in C whose number lies in a header."""
    if not KILOLIB_IS_NATIVE:
        pytest.skip("programs for Kilobots run natively on Linux and x86-64 only")
    shutil.copy(EXAMPLES / "gradient.py", tmp_path)
    source = (EXAMPLES / "gradient.c").read_text()
    assert "UNKNOWN" in source
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "limits.h").write_text('/* #include "nothing.h" */\n')
    (tmp_path / "gradient.c").write_text('#include "more/limits.h"\n#include <kilolib.h>\n' + source)
    (tmp_path / "plan.toml").write_text(PLAN)
    return tmp_path


def test_from_plan_to_certificate(folder, planaria):
    out, program = folder / "out", folder / "gradient.py"
    planaria("measure", folder / "plan.toml", "-o", out)
    with Store.open(out) as store:
        kept = store.genomes["gradient.py"]
        assert [name for name, _ in kept.in_files] == ["gradient.c", "more/limits.h"]
        results = store.results()
    assert [str(result.clean_outcome) for result in results] == ["recovered"] * 3
    named = "--program", program, "--json"
    assert json.loads(planaria("replay", out, "--trial", 1, *named).stdout)["same"] is True
    planaria("certify", out, "--within", 300, "-o", folder / "c.json")
    checked = json.loads(planaria("certify", "--check", folder / "c.json", "--sample", 2, *named).stdout)
    assert (checked["run_again"], checked["differs"]) == (2, [])

    (folder / "more" / "limits.h").write_text("/* another */\n")
    refused = planaria("replay", out, "--trial", 1, *named)
    assert "more/limits.h, which it needs, is not that of the results" in refused.stderr
    assert "bring it back" in planaria("measure", folder / "plan.toml", "-o", out).stderr


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ("scramble:half:left@120", "scramble:half:left@120 - this machine keeps the variables"),
        ("mix:2@120+20", "mix:2@120+20 - this machine keeps the variables"),
    ],
)
def test_faults_that_it_cannot_suffer_here(folder, refused, fault, message):
    plan = PLAN.replace("restart:{cut}@300", fault).partition("[draw]")[0]
    (folder / "plan.toml").write_text(plan)
    refused("measure", folder / "plan.toml", "-o", folder / "out", says=[message])


def test_what_does_not_compile_is_said_before_any_trial(folder, planaria):
    with (folder / "gradient.c").open("a") as file:
        file.write("int x = nothing;\n")
    refused = planaria("measure", folder / "plan.toml", "-o", folder / "out").stderr
    assert "nothing" in refused
    assert not (folder / "out").exists()


def test_files_of_a_program(tmp_path):
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "a.c").write_text(
        '#include "../b.h"\n # include "c.h"\n#include <d.h>\n#include "e.h"\n'
    )
    (tmp_path / "b.h").write_text('#include "own/c.h" /* found twice */\n')
    (tmp_path / "own" / "c.h").write_text('// #include "a.c"\n#include "c.h"\n')
    (tmp_path / "own" / "d.h").write_text("")
    found = ProgramInC(tmp_path / "own" / "a.c").files()
    assert [name for name, _ in found] == ["own/a.c", "b.h", "own/c.h"]
    assert ProgramInC(tmp_path / "x.c", kept=found).laid_out(tmp_path / "new").files() == found
    leader = ProgramInC(EXAMPLES / "leader.c").files()
    assert [name for name, _ in leader] == ["leader.c", "leader.h"]
    for number in range(64):
        (tmp_path / "own" / f"h{number}.h").write_text("")
    many = "".join(f'#include "h{number}.h"\n' for number in range(64))
    (tmp_path / "own" / "a.c").write_text(many)
    with pytest.raises(InputError, match="it includes more than 64 files"):
        ProgramInC(tmp_path / "own" / "a.c").files()


def test_what_results_keep():
    program = SourceProgram("one", b"source", in_files=(("one.c", b"in C"), ("one.h", b"")))
    assert stored_code(program.to_bytes(), "one.py") == program
    assert SourceProgram("one", b"source").to_bytes() == b"source"
    assert program.crc32() != SourceProgram("one", b"source").crc32()


@pytest.mark.parametrize(
    "content",
    [b"\x92", b"\x92\xc4\x01a\x90", b"\x92\xc4\x01a\x91\x92\xa1a\xa1b", b"\x92\x01\x91\x92\xa1a\xc4\x01b",
     msgpack.packb([b"a", 3]), msgpack.packb([b"a", [["x", b"y"]]]) + b"\0", b"\x92" * 2000],
)  # fmt: skip
def test_what_is_no_program(content):
    with pytest.raises(InputError, match="it begins as a program with files of C does, and is none"):
        stored_code(content, "one.py")


def test_another_program_with_files(folder):
    program = open_program(folder / "gradient.py")
    assert confirmed(stored_code(program.to_bytes(), "gradient.py"), folder / "gradient.py") == program
