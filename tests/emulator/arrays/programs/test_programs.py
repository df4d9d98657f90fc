"""The program core gives what the reference engine gives, to the last bit, counter and failure."""

import io
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from emulator.choose import make_engine
from emulator.config import RunConfig
from emulator.faults import Fault
from emulator.record.crash import Crash
from emulator.reference.engine import ReferenceEngine
from emulator.world.lattices import Square8
from examples import (
    bitmap_vote,
    broadcast,
    census,
    damage,
    firefly,
    hop_count,
    leader,
    localise,
    majority,
    spots,
)
from firmware import image
from firmware.declaration import declared, find_programs
from firmware.errors import InputError
from firmware.handlers import Handlers
from firmware.hardware.build import Options, build
from firmware.hardware.chips import TARGETS
from firmware.hardware.machine import machine, rom_image
from firmware.program import Failure
from firmware.program_in_c import ProgramInC
from tests.emulator.arrays.programs.samples import SAMPLES
from tests.emulator.random_worlds import KINDS, Quiet, random_config

HOP_COUNT = Handlers.of(vars(hop_count), "hop_count.py")
ROOT = Path(__file__).resolve().parents[4]
EXAMPLES = ROOT / "examples"
HOP_COUNT_C = EXAMPLES / "hop_count.c"
DECLARED = tuple(
    declared(find_programs(vars(module)), f"{module.__name__.rpartition('.')[2]}.py")
    for module in (leader, census, majority, firefly, broadcast, localise, damage, spots, bitmap_vote)
)
PROGRAMS = [*SAMPLES.values(), HOP_COUNT, *DECLARED]
WORLDS = {"square8": 18, "square4": 3, "hex6": 3, "cube6": 3, "graph": 6}


FAILING_C = """
#include <stdint.h>
struct said {{ int8_t state[16]; }};
struct cell {{ struct said said; }};
#include "program.h"
#define ON_BOOT(work)
#define ON_BYTES(work)
#define ON_TIMER(work)
#undef {event}
#define {event}(work) volatile int zero = 0; if (me->said.state[5] == 1 + zero) {{ work }}
static void boot(struct cell *me, uint32_t strap)
{{
    me->said.state[5] = (int8_t)strap;
    ON_BOOT({work})
}}
static void hear(struct cell *me, uint32_t port, const struct said *said) {{ ON_BYTES({work}) }}
static int wake(struct cell *me)
{{
    ON_TIMER({work})
    return 1;
}}
"""
"""A program that fails in the cell with the strap, which it no longer has after the watchdog."""


def assert_alike(config, program, rounds=8, engines=("reference", "window"), live=None):
    """All that can be seen of a run is the same on all engines; returns it."""
    lived = []
    for name in engines:
        engine = make_engine(config, program, Quiet(program.roles), engine=name)
        result = live(engine) if live else engine.run(rounds)
        lived.append((result, engine.ram.tobytes(), engine.observer.crash))
    for other in lived[1:]:
        assert other == lived[0]
    return lived[0][0]


def test_random_worlds(kind, world):
    """Numbers of ``worlds`` are given by ``pytest --worlds FROM:TO``; see tests/emulator/conftest.py."""
    assert_alike(random_config(world, kind), PROGRAMS[world % len(PROGRAMS)])


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_of_fault(kind):
    """Alone, in the middle of a life; and it has an effect."""
    what = kind.format(region="disc:5,5,3", p="0.7", us=4000, rate="0.05", steps=2)
    instant = Fault.kinds[what.partition(":")[0]].is_instant
    fault = Fault.parse(f"{what}@3.3" + ("" if instant else "+3"))
    config = RunConfig(Square8(10, 11), seed=4, faults=(fault,))
    result = assert_alike(config, SAMPLES["full"], 9)
    unhurt = make_engine(replace(config, faults=()), SAMPLES["full"], Quiet()).run(9)
    assert result.trace_sha256 != unhurt.trace_sha256


@pytest.mark.parametrize("name", ["roles", "broadcast.py"])
def test_every_role_boots_hears_and_wakes(name):
    """Whatever a cell would do in another role shows in the trace."""
    (program,) = (program for program in PROGRAMS if program.name == name)
    config = RunConfig(Square8(9, 9), seed=2, loss=0.1)
    lived = assert_alike(config, program, 12)
    for role in range(program.roles):
        roles = [program, *program.others]
        roles[role] = replace(roles[role - 1], others=())
        changed = replace(roles[0], others=tuple(roles[1:]))
        assert assert_alike(config, changed, 12).trace_sha256 != lived.trace_sha256


@pytest.mark.parametrize("seed", [5, 6])
def test_in_parts_and_with_wounds_on_the_way(seed):
    def live(engine):
        engine.run(2)
        engine.wound(Fault.parse("kill:half:left@2+3"))
        engine.run(1)
        engine.wound(Fault.parse("restart:random:0.5@3.7"))
        return engine.run(5)

    assert_alike(replace(random_config(seed), faults=()), SAMPLES["failing"], live=live)


def test_trace_file():
    files = []
    for name in ("reference", "window"):
        files.append(io.BytesIO())
        make_engine(random_config(2), HOP_COUNT, Quiet(), files[-1], engine=name).run(4)
    assert files[0].getvalue() == files[1].getvalue() != b""


@pytest.mark.parametrize("jitter_us", [0, 900])
def test_room_runs_out_many_times(jitter_us, monkeypatch):
    monkeypatch.setattr("emulator.arrays.programs.core.BATCH", 7)
    config = RunConfig(Square8(8, 8), seed=3, latency_us=250_000, jitter_us=jitter_us)
    result = assert_alike(config, HOP_COUNT, 60)
    assert result.messages - result.delivered > 20 * 7 * 64


@pytest.mark.parametrize("name", ["reference", "window"])
def test_the_first_failure_is_kept(name):
    engine = make_engine(random_config(13), SAMPLES["failing"], Quiet(), engine=name)
    result = engine.run(8)
    text = "samples.py:52: ZeroDivisionError: integer division or modulo by zero"
    assert engine.observer.crash == Crash(4, 22, Failure.TRAP, text)
    assert result.machine_faults == {"program": {"trap": 6585}}


def test_cells_that_do_not_boot_stay_dark():
    engine = make_engine(RunConfig(Square8(8, 8), seed=1), SAMPLES["dark"], Quiet())
    assert engine.observer.crash == Crash(0, 43, Failure.TRAP, "samples.py:18: AssertionError: no luck")
    assert (~engine.running).sum() == 2
    assert not engine.ram[~engine.running].any()


@pytest.mark.parametrize("seed", range(6))
def test_the_native_cell_in_random_worlds(hardware, make_genome, seed):
    config, genome = random_config(seed), make_genome(hidden=1 + seed % 128, weights_seed=seed)
    flash = image.build(genome, config.timing)
    expected, engine = (make_engine(config, flash, Quiet(), engine=name) for name in ("reference", "native"))
    assert engine.run(8) == expected.run(8)
    assert (engine.states == expected.states).all()


TWINS = [program for program in PROGRAMS if (EXAMPLES / program.name).with_suffix(".c").is_file()]


def test_five_programs_of_cells_are_in_two_languages():
    names = ["hop_count.py", "leader.py", "majority.py", "firefly.py", "bitmap_vote.py"]
    assert [twin.name for twin in TWINS] == names


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("twin", TWINS, ids=lambda twin: twin.name)
def test_one_program_in_two_languages(hardware, twin, seed):
    """On the reference engine, compiled, and as a C cell on this machine and, shortly, on a chip."""
    config, in_c = random_config(seed), ProgramInC((EXAMPLES / twin.name).with_suffix(".c"))
    results = [
        make_engine(config, program, Quiet(), engine=name).run(3)
        for program, name in (
            (twin, "reference"),
            (twin, "window"),
            (in_c, "native"),
            (in_c, "iss"),
        )
    ]
    assert all(result == results[0] for result in results)


@pytest.mark.parametrize(
    ("event", "work", "failure", "text"),
    [
        ("ON_TIMER", "me->said.state[6] = (int8_t)(10 / zero);", "trap", "SIGFPE"),
        ("ON_TIMER", "*(volatile int *)8 = 1;", "trap", "SIGSEGV"),
        ("ON_TIMER", "for (;;) zero++;", "hang", "it has not ended after a second"),
        ("ON_BYTES", "me->said.state[6] = (int8_t)(10 / zero);", "trap", "SIGFPE"),
        ("ON_BOOT", "__builtin_trap();", "trap", "SIGILL"),
    ],
    ids=["arithmetic", "address", "hang", "hear", "boot"],
)
def test_a_failure_of_machine_code(hardware, tmp_path, event, work, failure, text):
    """In a process of its own, which a signal would end."""
    path = tmp_path / "failing.c"
    path.write_text(FAILING_C.format(event=event, work=work))
    script = f"from {__name__} import print_failures; print_failures({str(path)!r})"
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"1 {failure} {text}\n"


def print_failures(path):
    """Of the program core, which are those of the reference engine over such a library."""
    config, in_c = RunConfig(Square8(2, 2), seed=1), ProgramInC(Path(path))
    native = make_engine(config, in_c, Quiet(), engine="native")
    binary = build(image.build_program(config.timing), TARGETS["host"], Options(program=in_c))
    expected = ReferenceEngine(config, rom_image(binary), Quiet(), machine(binary))
    result = native.run(4)
    assert result == expected.run(4)
    crash = native.observer.crash
    assert crash == expected.observer.crash
    assert native.ram.tobytes() == expected.ram.tobytes()
    [[kind, count]] = result.machine_faults["program"].items()
    print(count, kind, crash.text)


@pytest.mark.parametrize(
    ("program", "options", "message"),
    [
        (
            HOP_COUNT,
            {"engine": "native"},
            "it cannot run hop_count.py, which is written in Python; choose window",
        ),
        (
            HOP_COUNT_C,
            {"engine": "window"},
            "it cannot run hop_count.c, which is written in C; choose native",
        ),
        (HOP_COUNT, {"kernel": "numpy"}, "kernel: numpy - hop_count.py is no genome; leave it out"),
    ],
)
def test_engines_say_what_they_cannot_run(program, options, message):
    with pytest.raises(InputError, match=message):
        make_engine(RunConfig(Square8(8, 8)), program, Quiet(), **options)


def test_no_genomes_in_programs():
    config = RunConfig(Square8(8, 8), faults=(Fault.parse("version:all,genome=a@1"),))
    with pytest.raises(InputError, match="its genomes are for the neural program"):
        make_engine(config, HOP_COUNT, Quiet())


def test_what_cannot_be_compiled_is_refused_in_one_line():
    def boot(ram, strap):
        ram[0] = ram

    def hear(ram, port, state):
        pass

    def wake(ram):
        pass

    with pytest.raises(InputError, match=r"program: test_programs.py:\d+ - ") as caught:
        make_engine(RunConfig(Square8(8, 8)), Handlers(boot, hear, wake), Quiet())
    assert len(str(caught.value)) < 300


def test_without_a_compiler(monkeypatch):
    monkeypatch.setattr("emulator.choose.find_spec", lambda name: None)
    with pytest.raises(
        InputError, match=r"it compiles hop_count.py, and numba is not installed; choose refer"
    ):
        make_engine(RunConfig(Square8(8, 8)), HOP_COUNT, Quiet())
