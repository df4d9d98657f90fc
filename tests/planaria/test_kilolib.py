"""Programs for Kilobots on the command line: they run as they are, and what needs Python says so."""

import json
import shutil
from pathlib import Path

import pytest

from emulator.config import RunConfig
from emulator.faults import Fault
from emulator.world.lattices import Square8
from firmware.program_in_c import KILOLIB_TICK_US
from planaria.code import engine_of
from planaria.program import open_program
from planaria.test import FAULTS, KILOLIB_LONGER, ROUNDS, _suffered
from tests.firmware.hardware.in_c import KILOLIB_IS_NATIVE as NATIVE

EXAMPLES = Path(__file__).parents[2] / "examples"

JUDGE = """
from planaria.swarm import Program, u8, u16

class Gradient(Program):
    {declares}

def legitimate(world):
    return 0
"""


@pytest.fixture
def judge(tmp_path, hardware):
    """``judge(declares)`` writes gradient.py, of a class that declares this, beside gradient.c."""

    def make(declares='source = "gradient.c"; shows = {"hops": u8}'):
        shutil.copy(EXAMPLES / "gradient.c", tmp_path)
        (tmp_path / "gradient.py").write_text(JUDGE.format(declares=declares))
        return tmp_path / "gradient.py"

    return make


@pytest.mark.skipif(not NATIVE, reason="kilolib is built natively on Linux and x86-64 only")
def test_the_usual_engine_is_machine_code(hardware, planaria):
    done = planaria(
        *("run", EXAMPLES / "gradient.py", "--grid", "5x5", "--rounds", 400, "--loss", 0.05, "--json"),
        *("--mean-interval-us", 32640, "--fault", "restart:half:left@200", "--check"),
    )
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert (result["engine"], result["compared_with"], result["differences"]) == ("native", "iss", [])
    assert [round(found["clean"]["rounds"]) for found in result["recoveries"]] == [128]


ADDING = """
#include <kilolib.h>
message_t said;
message_t *talk(void)
{
    said.crc = message_crc(&said);
    return &said;
}
void listen(message_t *heard, distance_measurement_t *measured) { said.data[0] += heard->data[0] + 1; }
void setup(void) {}
void loop(void) {}
int main(void)
{
    kilo_init();
    kilo_message_rx = listen;
    kilo_message_tx = talk;
    kilo_start(setup, loop);
}
"""
OF_POINTERS = """
#include <kilolib.h>
message_t said;
message_t *talk(void)
{
    said.data[0] = sizeof(void *);
    said.crc = message_crc(&said);
    return &said;
}
void setup(void) {}
void loop(void) {}
int main(void)
{
    kilo_init();
    kilo_message_tx = talk;
    kilo_start(setup, loop);
}
"""


@pytest.mark.skipif(not NATIVE, reason="kilolib is built natively on Linux and x86-64 only")
def test_it_is_put_to_the_test_natively_and_on_a_chip(judge, planaria):
    """Which do not agree where a message has what is larger on one of them; none is sent from who is mute."""
    judge().with_name("gradient.c").write_text(OF_POINTERS)
    done = planaria("test", "gradient.py", "--grid", "5x5", "--worlds", 1, "--rounds", 30, "--json")
    report = json.loads(done.stdout)
    told: dict[bool | None, list[str]] = {True: [], False: [], None: []}
    for fault in report["faults"]:
        told[fault["alike"]].append(fault["fault"].partition(":")[0])
    assert (done.returncode, report["engines"]) == (1, ["native", "iss"])
    assert told[None] == ["flips", "scramble", "mix"]
    assert (len(told[False]), told[True]) == (27, [])


@pytest.mark.skipif(not NATIVE, reason="kilolib is built natively on Linux and x86-64 only")
def test_every_fault_of_the_test_does_something_to_kilobots(judge):
    """To some who add up what they hear; else that engines agree would say nothing."""
    path = judge()
    path.with_name("gradient.c").write_text(ADDING)
    program = open_program(path)

    def traced(*faults):
        world = {"grid": "9x9", "mean_interval_us": KILOLIB_TICK_US, "seed": 3, "faults": faults}
        return engine_of(program, RunConfig.of(world)).run(KILOLIB_LONGER * ROUNDS).trace_sha256

    texts = _suffered(program, Square8(9, 9), KILOLIB_TICK_US)
    assert len(texts) == len(FAULTS)
    unhurt, able = traced(), [text for text in texts if not Fault.parse(text).may_change_ram]
    assert [text for text in able if traced(text) == unhurt] == []


def test_it_is_built_for_a_chip(hardware, planaria, tmp_path):
    done = planaria("build", EXAMPLES / "gradient.c", "--target", "rv32ec", "-o", "b", "--json")
    assert done.returncode == 0, done.stderr
    facts = json.loads(done.stdout)
    assert facts["rom_bytes"] <= 10_240
    assert facts["ram_total_bytes"] <= 256
    content = (tmp_path / "b/gradient-rv32ec.map").read_text()
    assert " text     kilo_start\n" in content


@pytest.mark.parametrize(
    ("command", "says"),
    [
        (("verify", "gradient.py", "--target", "host"), "verify needs them in Python"),
        (("header", "gradient.py", "-o", "gradient.h"), "gradient.c, which is for kilolib and has variables"),
        (("run", "gradient.py", "--engine", "reference"), "it cannot run gradient.py, which is written in C"),
        (("run", "gradient.py", "--kernel", "f32"), "the engine native has none to choose"),
        (("run", "gradient.py", "--set", "limit=3"), "gradient.py has declared none"),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else "",
)
def test_what_a_program_in_c_cannot(judge, planaria, tmp_path, command, says):
    judge()
    before = sorted(tmp_path.iterdir())
    done = planaria(*command)
    assert (done.returncode, done.stdout) == (2, "")
    assert says in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize(
    ("declares", "says"),
    [
        ('source = "hops.c"', "machine code is made of C, and there is no hops.c"),
        ('source = "../gradient.c"', "source ../gradient.c of Gradient is no C file in the same folder"),
        ("source = 7", "source of Gradient is a int"),
        ('source = "gradient.c"\n    def wake(me): pass', "Gradient has wake, and gradient.c has it, too"),
        ('source = "gradient.c"; shows = {"hops": u8, "rest": u16[5]}', "9 bytes and not 11"),
        ('source = "gradient.c"; keeps = {"seen": u8}', "whose messages alone are seen, and has no keeps"),
        ('source = "gradient.c"; parameters = {"limit": 9}', "and has no parameters; declare in shows"),
        ('source = "gradient.c"\nclass Other(Program):\n    source = "other.c"', "there is another class"),
        ("shows = {}", "Gradient has no such function wake"),
    ],
)  # fmt: skip
def test_what_cannot_be_declared(judge, planaria, declares, says):
    judge(declares)
    done = planaria("run", "gradient.py", "--engine", "iss", "--rounds", 3)
    assert (done.returncode, done.stdout) == (2, "")
    assert says in done.stderr
    assert len(done.stderr.splitlines()) == 1
