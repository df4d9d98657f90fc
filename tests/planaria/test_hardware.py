"""The commands that build, verify and run the C cell, as a user calls them."""

import io
import json
import re
from pathlib import Path

import pytest

from firmware import image
from firmware.clock import Timing
from firmware.hardware import toolchain
from firmware.pace import update_cycles
from planaria.commands.main import main
from planaria.shipped import open_genome, shipped_paths

CHIPS = ("cortex-m0plus", "rv32imc", "rv32ec")
TARGETS = (*CHIPS, "host", "wasm")
EXAMPLES = Path(__file__).parents[2] / "examples"


def test_energy_and_time_of_an_update(hardware, planaria):
    """As the sums on paper say; an interval of half the length doubles the power."""
    build = ("build", "ring", "--target", "cortex-m0plus", "-o", "out", "--mean-interval-us", 5000)
    facts = json.loads(planaria(*build, "--json").stdout)
    assert facts["ms_per_update"] == round(facts["cycles_per_update"] / 48_000, 3)
    energy_uj = facts["cycles_per_update"] / 48e6 * 4.9e-3 * 3.3 * 1e6
    assert facts["energy_per_update_uj"] == round(energy_uj, 1)
    assert facts["mean_power_mw"] == round(energy_uj / 5, 2)
    said = planaria(*build).stdout
    assert f" {facts['energy_per_update_uj']} | {facts['mean_power_mw']} |" in said
    assert "cortex-m0plus: energy of TI MSPM0G1106 at 3.3 V (assumed), data sheet SLASF11C" in said


def test_no_energy_without_a_source(hardware, planaria):
    process = planaria("build", "ring", "--target", "rv32ec", "-o", "out")
    assert process.stdout.splitlines()[2].endswith("|           |    |")
    assert "energy" not in process.stdout


def test_a_program_in_c_is_built_as_a_genome_is(hardware, planaria, tmp_path):
    program = EXAMPLES / "hop_count.c"
    process = planaria("build", program, "--target", "rv32imc", "-o", "out", "--mean-interval-us", 5000)
    assert process.stdout.splitlines()[2].startswith("| rv32imc | 8")
    assert process.stderr == ""
    endings = (".bin", ".elf", ".hex", ".map")
    names = [f"hop_count-rv32imc{ending}" for ending in endings]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [*names, "ram.png"]
    rom = (tmp_path / "out" / "hop_count-rv32imc.bin").read_bytes()
    assert rom[-16:] == image.build_program(Timing(mean_interval_us=5000))


TWINS = sorted(path.stem for path in EXAMPLES.glob("*.c") if "kilolib.h" not in path.read_text())


def test_twins():
    assert TWINS == ["bitmap_vote", "disperse", "firefly", "hop_count", "leader", "majority"]


@pytest.mark.parametrize("name", TWINS)
@pytest.mark.parametrize("target", TARGETS)
def test_a_program_in_c_does_what_its_twin_does(hardware, planaria, name, target):
    process = planaria("verify", EXAMPLES / f"{name}.py", "--target", target, "--cases", 400, "--json")
    report = json.loads(process.stdout)
    [run] = report["genomes"]
    assert (process.returncode, run["genome"], run["cases"], report["mismatches"]) == (0, name, 400, 0)
    assert run["left_out"] < 40
    assert report["bytes_compared"] > 360 * 22


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("leader", "neighbour->distance >= LIMIT", "neighbour->distance > LIMIT"),
        ("majority", "YES * board()->sees", "board()->sees ? YES : 0"),
        ("firefly", "floor_divide(sum, count + 1)", "sum / (count + 1)"),
        ("bitmap_vote", "2 * most >= known", "2 * most > known"),
        ("bitmap_vote", "count > most", "count >= most"),
        ("disperse", "distance_mm > me->nearest_mm", "distance_mm >= me->nearest_mm"),
        ("hop_count", "age > PATIENCE_WAKES", "age >= PATIENCE_WAKES"),
        ("hop_count", "me->inbox[port].hops = said->hops;", ""),
    ],
)
def test_a_twin_that_does_something_else_is_found_out(hardware, planaria, tmp_path, name, old, new):
    for path in EXAMPLES.glob(f"{name}.*"):
        text = path.read_text()
        assert path.suffix != ".c" or text.count(old) == 1
        (tmp_path / path.name).write_text(text.replace(old, new) if path.suffix == ".c" else text)
    process = planaria("verify", f"{name}.py", "--target", "host", "--cases", 3000)
    assert process.returncode == 1
    assert re.search(r" [1-9][\d,]* mismatches\n  event \d+, \w+: byte \d+ of its RAM is 0x", process.stdout)


def test_verify_of_a_program_says_what_it_cannot(hardware, planaria, tmp_path):
    process = planaria("verify", EXAMPLES / "census.py", "--target", "host")
    assert process.returncode == 2
    assert "machine code is made of C, and there is no" in process.stderr
    process = planaria("verify", EXAMPLES / "leader.py", "--target", "rv32imc", "--elf", "a.elf")
    assert process.returncode == 2
    assert "--elf: a.elf - it is for genomes; leave it out" in process.stderr


FAILING = """
from planaria.swarm import Program, u8
class Failing(Program):
    keeps = {"row": u8[4], "zero": u8}
    def boot(me, strap):
        me.zero = 0
    def wake(me):
        me.row[me.entropy] = 1 // me.zero
def legitimate(world): return 0
"""


@pytest.mark.parametrize(
    "work", ["((volatile uint8_t *)me)[entropy(me)] = 1;", "for (volatile int i = 0;; i++) {}"]
)
def test_where_python_fails_c_is_not_asked(hardware, planaria, tmp_path, work):
    """It would write anywhere, or never end. A comparison of nothing is none."""
    (tmp_path / "failing.py").write_text(FAILING)
    planaria("header", "failing.py", "-o", "failing.h")
    boot = "static void boot(struct cell *me, uint32_t strap) { me->zero = 0; }\n"
    wake = f"static int wake(struct cell *me) {{ {work} return 1; }}\n"
    (tmp_path / "failing.c").write_text(f'#include "failing.h"\n{boot}{wake}')
    process = planaria("verify", "failing.py", "--target", "host", "--cases", 300)
    assert process.returncode == 2
    assert "in Python wake failed in each of 300 cases; mend it" in process.stderr


def test_verify_ends_when_the_machine_fails_again_and_again(hardware, planaria, tmp_path):
    for path in EXAMPLES.glob("leader.*"):
        (tmp_path / path.name).write_text(path.read_text().replace("me->distance = 0;", "__builtin_trap();"))
    process = planaria("verify", "leader.py", "--target", "host", "--json")
    [run] = json.loads(process.stdout)["genomes"]
    assert (process.returncode, run["mismatches"]) == (1, 5)
    assert run["cases"] < 40
    assert "SIGILL" in run["first_mismatch"]


def test_a_header_is_written(planaria, tmp_path):
    process = planaria("header", EXAMPLES / "majority.py", "-o", "m.h")
    assert (tmp_path / "m.h").read_text() == (EXAMPLES / "majority.h").read_text()
    assert process.stdout == (
        "wrote m.h: 40 B of variables, of 208 B with the stack\n"
        "include it in majority.c, and write boot, wake\n"
    )
    (tmp_path / "m.py").write_text((EXAMPLES / "majority.py").read_text())
    for handwritten in ("m.py", "m.c"):
        process = planaria("header", "m.py", "-o", handwritten)
        assert process.returncode == 2
    assert (tmp_path / "m.py").read_text() == (EXAMPLES / "majority.py").read_text()
    assert not (tmp_path / "m.c").exists()
    process = planaria("header", EXAMPLES / "hop_count.py", "-o", "h.h")
    assert "it declares no variables, of which a header could be made; write a class" in process.stderr
    assert not (tmp_path / "h.h").exists()


def test_the_map_of_a_program_shows_its_ram(hardware, planaria, tmp_path):
    planaria("build", EXAMPLES / "leader.c", "--target", "rv32imc", "-o", "out")
    lines = (tmp_path / "out" / "leader-rv32imc.map").read_text().splitlines()
    assert lines[-10:-6] == [
        "0x20000000     64 variables",
        "0x20000040      4 guard",
        "0x20000044    140 stack",
        "0x200000d0      4 prng",
    ]


def test_a_program_in_c_that_cannot_be_built(hardware, planaria, tmp_path):
    (tmp_path / "mine.c").write_text("#include <stdint.h>\nint here = there;\n")
    for target in ("host", "cortex-m0plus"):
        process = planaria("build", "mine.c", "--target", target, "-o", "out")
        assert process.returncode == 2
        assert "mine.c:2:12: error: use of undeclared identifier 'there'" in process.stderr
        assert "Traceback" not in process.stderr
    assert not (tmp_path / "out").exists()
    process = planaria("build", "none.c", "--target", "host", "-o", "out")
    assert process.returncode == 2
    assert "none.c - it cannot be read (No such file or directory); give a file of C" in process.stderr


def test_output_is_tried_before_the_work(hardware, monkeypatch, capsys, tmp_path):
    """One of the files is a folder: nothing is built, and none of the others is written."""
    (tmp_path / "out/ring-rv32ec.map").mkdir(parents=True)
    monkeypatch.setattr("planaria.build.build", lambda *_: pytest.fail("it was built"))
    assert main(["build", "ring", "--target", "all", "-o", str(tmp_path / "out")]) == 2
    assert "ring-rv32ec.map - it is a folder" in capsys.readouterr().err
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["ring-rv32ec.map"]


def test_no_shipped_genome_is_larger_than_the_one_that_is_built():
    assert {open_genome(name).hidden for name in shipped_paths()} == {open_genome("ring").hidden}


@pytest.mark.parametrize("target", CHIPS)
def test_shipped_genomes_fit(hardware, planaria, tmp_path, target):
    process = planaria("build", "ring", "--target", target, "-o", "out", "--json")
    assert process.stderr == ""
    facts = json.loads(process.stdout)
    sections = facts["rom_bytes_by_section"]
    assert sorted(sections) == ["code", "genome", "vectors"]
    assert facts["rom_bytes"] == sum(sections.values()) <= 9_700
    assert facts["cycles_per_update"] <= update_cycles(target, open_genome("ring").hidden)
    assert facts["ram_total_bytes"] == facts["ram_static_bytes"] + facts["stack_bytes"] <= 256
    assert facts["instructions_per_update"] <= {"cortex-m0plus": 75_000, "rv32imc": 60_000}.get(
        target, 500_000
    )
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        *(f"ring-{target}.{suffix}" for suffix in ("bin", "elf", "hex", "map")),
        "ram.png",
    }


def test_all_files_say_the_same(hardware, planaria, tmp_path):
    from elftools.elf.elffile import ELFFile
    from intelhex import IntelHex

    planaria("build", "ring", "--target", "rv32imc", "-o", "out")
    stem = tmp_path / "out/ring-rv32imc"
    rom = stem.with_suffix(".bin").read_bytes()
    flash = image.build(open_genome("ring"), Timing())
    assert rom.endswith(flash)
    text = IntelHex(io.StringIO(stem.with_suffix(".hex").read_text()))
    assert text.tobinstr() == rom
    elf = ELFFile(io.BytesIO(stem.with_suffix(".elf").read_bytes()))
    segments = [s for s in elf.iter_segments() if s["p_type"] == "PT_LOAD" and s["p_filesz"]]
    for segment in segments:
        assert rom[segment["p_paddr"] :].startswith(segment.data())
    lines = [line.split() for line in stem.with_suffix(".map").read_text().splitlines()]
    rows = [line for line in lines if line and line[0].startswith("0x0")]
    assert [int(row[0], 16) for row in rows] == [sum(int(r[1]) for r in rows[:i]) for i in range(len(rows))]
    assert sum(int(row[1]) for row in rows) == 10_240
    assert sum(int(line[1]) for line in lines if line and line[0].startswith("0x2")) == 256


def test_all_targets_in_one_table(hardware, planaria):
    process = planaria("build", "ring", "--target", "all", "-o", "out", "--check-genome")
    table = [line.split("|")[1].strip() for line in process.stdout.splitlines() if line.startswith("|")]
    assert table[0] == "target"
    assert table[2:] == list(CHIPS)
    for target in CHIPS:
        assert f"{target}: checking the genome costs " in process.stdout
    assert "wrote out/ring-wasm.wasm" in process.stdout


@pytest.mark.parametrize("target", [*CHIPS, "host", "wasm"])
def test_verify(hardware, planaria, target):
    process = planaria("verify", "butterfly", "--target", target, "--cases", 1000, "--json")
    assert (process.returncode, process.stderr) == (0, "")
    report = json.loads(process.stdout)
    assert (report["cases"], report["mismatches"]) == (2000, 0)
    assert [run["genome"] for run in report["genomes"]] == ["butterfly", "random 0"]


def test_verify_what_was_built(hardware, planaria, tmp_path):
    planaria("build", "ring", "--target", "rv32ec", "-o", "out", "--clock", "uniform")
    elf = tmp_path / "out/ring-rv32ec.elf"
    arguments = ("verify", "ring", "--target", "rv32ec", "--cases", 50, "--elf", elf)
    assert "50 cases" in planaria(*arguments, "--clock", "uniform").stdout
    process = planaria(*arguments)
    assert process.returncode == 2
    assert (
        "its image (8464 B) does not match the genome's (8464 B) from byte 6; build it again"
        in process.stderr
    )


def test_a_mismatch_is_a_failure(hardware, change_source, capsys):
    change_source("cell.h", "ALIVE_MIN = 7", "ALIVE_MIN = 8")
    assert main(["verify", "ring", "--target", "host", "--cases", "3000"]) == 1
    assert "(state) is 0x" in capsys.readouterr().out


@pytest.mark.parametrize("rounds", [24, pytest.param(60, marks=pytest.mark.fuzz)])
def test_the_machine_code_lives_the_life_of_the_reference(rounds, hardware, planaria):
    """24 x 24 cells, a wound, 5 % of messages lost."""
    run = ("run", "planarian", "--grid", "24x24", "--rounds", rounds, "--loss", 0.05, "--seed", 2, "--json")
    wound = ("--fault", f"restart:half:left@{rounds // 2}")
    reference = json.loads(planaria(*run, *wound, "--engine", "reference").stdout)
    assert reference["recoveries"]
    for engine in (("native",), ("iss", "--target", "cortex-m0plus"), ("iss", "--target", "rv32imc")):
        result = json.loads(planaria(*run, *wound, "--engine", *engine).stdout)
        assert (result["engine"], result["kernel"]) == (engine[0], None)
        differing = {name for name, value in result.items() if value != reference[name]}
        assert differing <= {"engine", "wall_s"}


def test_upsets_are_reported(hardware, planaria):
    process = planaria(
        *("run", "ring", "--rounds", 4, "--grid", "22x22", "--engine", "iss", "--fault", "upset:random:1@2"),
        *("--clock", "uniform"),
    )
    (line,) = (line for line in process.stdout.splitlines() if "upset:" in line and "," in line)
    assert sum(int(word.replace(",", "")) for word in line.split() if word[0].isdigit()) == 484


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("build", "ring", "--target", "z80", "-o", "o"), ["z80", "choose one of cortex-m0plus, rv32imc"]),
        (("verify", "ring", "--target", "z80"), ["z80", "choose one of cortex-m0plus, rv32imc"]),
        (("build", "ring", "--target", "rv32ec", "-o", "o", "--cc", "no-gcc"), ["no-gcc", "leave out --cc"]),
        (("build", "ring", "--target", "rv32ec", "-o", "/proc/no"), ["/proc/no", "cannot be written"]),
        (("build", "ring", "--target", "rv32ec", "-o", "o", "--mean-interval-us", 0), ["1 to 1,048,575"]),
        (("verify", "ring", "--target", "rv32ec", "--cases", 0), ["cases: 0", "at least 1"]),
        (("verify", "ring", "--target", "host", "--seed", -1), ["seed: -1", "at least 0"]),
        (("build", "ring", "--target", "wasm", "-o", "o", "--cc", "cc"), ["no gcc builds wasm", "--cc"]),
        (("verify", "ring", "--target", "host", "--elf", "x.elf"), ["host has no ELF file"]),
        (("verify", "ring", "--target", "rv32ec", "--elf", "x.elf"), ["x.elf", "No such file"]),
        (("run", "ring", "--engine", "iss", "--target", "wasm"), ["wasm", "it is no chip", "cortex-m0plus"]),
        (("run", "ring", "--target", "rv32imc"), ["rv32imc", "engine window has no chip", "--engine iss"]),
        (("run", "ring", "--engine", "native", "--check-genome"), ["engine native has no chip"]),
        (
            ("run", "ring", "--engine", "reference", "--check"),
            ["--check: reference", "choose another engine"],
        ),
        (
            ("run", "ring", "--fault", "upset:half:left@1"),
            ["upset:half:left@1", "machine code", "engine iss"],
        ),
        (("run", "ring", "--engine", "iss", "--fault", "rot:half:left@1+2"), ["rot takes no time"]),
    ],
)
def test_bad_input(hardware, refused, arguments, says):
    refused(*arguments, says=says)


@pytest.mark.parametrize(
    "arguments",
    [
        ["build", "ring", "--target", "rv32ec", "-o", "out"],
        ["verify", "ring", "--target", "host"],
        ["run", "ring", "--engine", "native"],
        ["run", "ring", "--engine", "iss"],
    ],
)
def test_no_toolchain(monkeypatch, capsys, tmp_path, arguments):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(toolchain, "find_spec", lambda name: None)
    assert main(arguments) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert (
        said.err == "planaria: toolchain: ziglang - it is not installed; pip install 'planaria[hardware]'\n"
    )
    assert list(tmp_path.iterdir()) == []


def test_a_failing_compile_leaves_nothing(hardware, change_source, capsys, tmp_path):
    change_source("neural.c", "static PHASE(sow)", "#error marmalade\nstatic PHASE(sow)")
    assert main(["build", "ring", "--target", "rv32imc", "-o", str(tmp_path / "out")]) == 2
    assert "marmalade" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
