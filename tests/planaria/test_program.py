"""Programs of a cell as files: run, measured, replayed and certified; and those that are none."""

import itertools
import json
import shlex
import shutil
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from firmware.errors import InputError
from planaria import Grid, Plan, certify, measure, open_genome, open_program
from planaria.campaign.certificate import check
from planaria.campaign.replay import replay
from planaria.code import to_be_named
from planaria.hint import paste
from planaria.pictures.scale import Scale

ROOT = Path(__file__).parents[2]
HOP_COUNT = ROOT / "examples/hop_count.py"

BLINK = """
def boot(ram, strap): ram[4] = strap
def hear(ram, port, state): pass
def wake(ram): ram[3] = 64 - ram[3]
def legitimate(world): return world.states[:, 4].sum() != {straps}
"""

PLAN = """
title = "hop count"
program = "hop_count.py"
timeline = ["restart:disc:{row},{column},3@60"]
trials = 12
horizon_rounds = 130
[world]
grid = "12x12"
[recovery]
dwell_rounds = 5
[draw]
row = { from = 0, to = 2 }
column = { from = 0, to = 11 }
"""


@pytest.fixture
def write(tmp_path):
    def write(text, name="mine.py"):
        path = tmp_path / name
        path.write_text(text)
        return path

    return write


def test_a_program_of_four_lines(write):
    grid = Grid(open_program(write(BLINK.format(straps=1))), 6, 5)
    result = grid.run(10)
    assert result.error_by_round == [0] * 11
    assert (result.stood, result.updates > 200) == (None, True)
    assert set(grid.states[..., 3].ravel().tolist()) == {0, 64}


def test_seeds_are_chosen_by_the_program(write):
    text = BLINK.format(straps=3) + "def straps(topology): return [0, 3, topology.cells - 1]\n"
    grid = Grid(open_program(write(text)), 6, 5)
    grid.run(2)
    assert [i for i, strap in enumerate(grid.states[..., 4].ravel().tolist()) if strap] == [0, 3, 29]
    assert grid.error == 0


def test_the_command_line(planaria, write):
    options = ("--grid", "12x12", "--rounds", 60, "--fault", "restart:half:left@30", "--json")
    fast, slow = (
        json.loads(planaria("run", HOP_COUNT, *options, "--engine", engine).stdout)
        for engine in ("window", "reference")
    )
    assert fast["trace_sha256"] == slow["trace_sha256"]
    assert (fast["genome"], fast["error_by_round"][29], fast["error_by_round"][60]) == ("hop_count", 0, 0)
    said = planaria("run", HOP_COUNT, "--grid", "12x12", "--rounds", 60, "--check").stdout
    assert "distance at the end 0.00 (0 is legitimate)" in said
    assert "differs from the engine reference in: nothing" in said


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("def boot(ram, strap): pass\n", "it has no function"),
        ("import nowhere_at_all\n", "running it raises ModuleNotFoundError in line 1: No module named"),
        ("x = 1\ny = 1 / 0\n", "running it raises ZeroDivisionError in line 2: division by zero; mend it"),
        ("def boot(:\n", "running it raises SyntaxError in line 1: "),
        ("raise SystemExit(3)\n", "running it raises SystemExit in line 1: 3; mend it"),
        ("\0", "running it raises "),
    ],
)
def test_files_that_are_no_programs(write, text, says):
    with pytest.raises(InputError, match=f"program: .*mine.py - {says}"):
        open_program(write(text))


@pytest.mark.parametrize(
    ("told", "says"),
    [
        ("def legitimate(world): return None\n", "its legitimate returns a NoneType; return a number >= 0"),
        ("def legitimate(world): return -1\n", "its legitimate says -1; return a number >= 0"),
        (
            "def legitimate(world): return 0\ndef straps(topology): return [99]\n",
            "its straps must be numbers of cells",
        ),
        ("def legitimate(world): return 0\nstraps = 3\n", "its straps is no function"),
        ("", "it has no function legitimate: how far is a world from legitimate"),
    ],
)
def test_programs_that_cannot_be_judged(planaria, write, told, says):
    handlers = "\n".join(line for line in BLINK.splitlines() if "legitimate" not in line)
    done = planaria("run", write(f"{handlers}\n{told}"), "--grid", "5x5", "--rounds", 2)
    assert (done.returncode, says in done.stderr) == (2, True)
    assert "Traceback" not in done.stderr


def test_a_program_on_a_chip_needs_its_twin_in_c(planaria, write):
    done = planaria("run", write(BLINK), "--engine", "native", "--grid", "5x5", "--rounds", 2)
    assert (done.returncode, "mine.c" in done.stderr) == (2, True)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A plan of hop count beside its program, and its results."""
    folder = tmp_path_factory.mktemp("campaign")
    shutil.copy(HOP_COUNT, folder)
    (folder / "plan.toml").write_text(PLAN)
    measure(Plan.load(folder / "plan.toml"), folder / "results", workers=1, quiet=True)
    return folder


class TestCampaign:
    def test_a_trial_is_replayed_with_the_file_alone(self, folder):
        with pytest.raises(
            InputError, match=r"program: hop_count\.py - it came with results, and code of someb"
        ):
            replay(folder / "results", 0, 3)
        again = replay(folder / "results", 0, 3, program=folder / "hop_count.py")
        assert (again["same"], again["genome"]) == (True, "hop_count.py")

    def test_commands_that_are_shown_may_be_pasted(self, planaria, folder, tmp_path):
        """They name the program's file, without which they would refuse."""
        shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
        worst = json.loads(planaria("report", "results", "--json").stdout)["worst"][0]
        assert "as measured" in planaria(*shlex.split(worst["replay"])[1:]).stdout
        done = planaria("certify", "results", "--within", 60, "-o", "c.json")
        command = shlex.split(done.stdout.partition("check it with: ")[2])
        assert ", 0 differ" in planaria(*command[command.index("certify") :], "--sample", 1).stdout
        (tmp_path / "hop_count.py").rename(tmp_path / "elsewhere.py")
        done = planaria("certify", "results", "--within", 60, "-o", "c.json", "--force")
        assert done.stdout.rstrip().endswith("--check c.json --program WHERE-IT-IS/hop_count.py")

    def test_a_name_that_looks_like_a_flag_is_shown_as_a_path(self, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        Path("-my.py").touch()
        assert paste(*to_be_named("-my.py")) == "--program ./-my.py"
        assert to_be_named("ring") == []

    def test_another_file_is_refused(self, folder, write):
        with pytest.raises(InputError, match="its SHA-256 is not that of the results' program"):
            replay(folder / "results", 0, 3, program=write(BLINK))

    def test_a_certificate_says_what_legitimate_means(self, folder, tmp_path):
        certificate = certify(folder / "results", 60, 0.95, 0, tmp_path / "c.json")
        assert "distance at most 0 for 5 rounds" in certificate["statement"]
        assert certificate["healed"] == certificate["wounds"] == 12
        with pytest.raises(InputError, match="code of somebody else is never run unasked"):
            check(tmp_path / "c.json", 2, 1)
        assert check(tmp_path / "c.json", 2, 1, HOP_COUNT)["differs"] == []

    @pytest.mark.parametrize(
        ("old", "new", "says"),
        [
            ('program = "hop_count.py"', 'program = "hop_count.c"', "it must be a Python file"),
            ('program = "hop_count.py"', 'program = "nowhere.py"', "program: .*nowhere.py - "),
            ('program = "hop_count.py"', 'genomes = ["hop_count.py"]', "it is a program; write: program"),
            ('program = "hop_count.py"', 'program = "a.py"\ngenomes = ["ring"]', "genomes are given too"),
        ],
    )
    def test_plans_that_are_refused(self, tmp_path, old, new, says):
        path = tmp_path / "plan.toml"
        path.write_text(PLAN.replace(old, new))
        with pytest.raises(InputError, match=says):
            measure(Plan.load(path), tmp_path / "results", workers=1, quiet=True)
        assert not (tmp_path / "results").exists()


@pytest.mark.parametrize("engine", ["window", "reference"])
def test_a_program_writes_only_its_own_bytes(write, engine):
    """The first 208; it may read all."""
    text = BLINK.format(straps=1).replace("ram[3] = 64 - ram[3]", "ram[207 + ram[4]] = ram[255]")
    grid = Grid(open_program(write(text)), 3, 3, engine=engine)
    grid.run(5)
    assert grid.crash.text == "mine.py:4: IndexError: byte 208 is the runtime's; a program has 208"
    assert (grid.crash.cell, grid.result.machine_faults) == (4, {"program": {"trap": 1}})


def test_a_program_in_c_is_run_by_its_twin(planaria, write):
    path = write("", "mine.c")
    for command in (["run", path], ["verify", path, "--target", "host"]):
        done = planaria(*command)
        assert done.returncode == 2
        assert f"its twin in Python; name {path.with_suffix('.py')} (run " in done.stderr


def test_results_on_a_graph_carry_it(write, tmp_path, monkeypatch):
    """So that they are read, replayed and certified wherever they are."""
    write(HOP_COUNT.read_text(), "hop_count.py")
    write("\n".join(f"n{cell} n{cell + 1}" for cell in range(9)), "chain")
    plan = PLAN.replace('"12x12"', '"32x32"\ntopology = "graph:chain"')
    plan = plan.replace("disc:{row},{column},3", "ball:n8,{row}")
    plan = write(plan.replace("column = { from = 0, to = 11 }", ""), "plan.toml")
    measure(Plan.load(plan), tmp_path / "results", workers=1, quiet=True)
    moved = (tmp_path / "elsewhere").resolve()
    (tmp_path / "results").rename(moved)
    (tmp_path / "chain").unlink()
    assert replay(moved, 0, 1, program=HOP_COUNT)["same"]
    certificate = certify(moved, 60, 0.95, 0, tmp_path / "c.json")
    assert certificate["healed"] == certificate["wounds"] == 12
    assert check(tmp_path / "c.json", 2, 1, HOP_COUNT)["differs"] == []


def test_programs_with_functions_of_the_same_names_stay_apart(write, monkeypatch):
    """Numba numbers functions in each process anew: code from the disk may have the names of others."""
    text = HOP_COUNT.read_text()
    for limit in (30, 2, 30, 2):
        monkeypatch.setattr("numba.core.bytecode.FunctionIdentity._unique_ids", itertools.count(10_000))
        program = open_program(write(text.replace("LIMIT = 30", f"LIMIT = {limit}"), f"limit_{limit}.py"))
        fast, slow = (Grid(program, 12, 12, engine=engine).run(20) for engine in ("window", "reference"))
        assert fast == slow


def test_a_byte_order_mark_is_no_letter_of_a_program(tmp_path):
    (tmp_path / "marked.py").write_bytes(b"\xef\xbb\xbf" + BLINK.format(straps=1).encode())
    grid = Grid(open_program(tmp_path / "marked.py"), 2, 2, engine="reference")
    assert grid.run(2).error_by_round == [0] * 3


@pytest.mark.parametrize("engine", ["window", "reference"])
@pytest.mark.parametrize(
    ("body", "text"),
    [("raise ValueError", "4: ValueError"), ("\n while True: pass", "5: a loop has had 100,000 turns")],
)
def test_a_failure_is_seen_again_by_the_command_that_is_printed(planaria, write, engine, body, text):
    """Of a handler that never returns, too, and with a fault that begins later."""
    mine = write(BLINK.format(straps=1).replace("ram[3] = 64 - ram[3]", body))
    words = ("run", mine, "--grid", "2x2", "--rounds", 30, "--fault", "kill:all@2.5")
    first = planaria(*words, "--engine", engine).stdout.splitlines()
    failure = next(line for line in first if "the first failure" in line)
    assert failure.endswith(f"mine.py:{text}")
    again = shlex.split(next(line for line in first if "see it again" in line).partition("run ")[2])
    assert again[-2:] == ["--rounds", "3"]
    assert failure in planaria("run", *again).stdout.splitlines()


DECLARED = """
from planaria.swarm import Program, i16, u8
class Count(Program):
    shows = {"wakes": u8}
    keeps = {"row": i16[2]}
    inputs = {"light": u8}
    def wake(me):
        me.wakes += 1
        me.row[1] = -me.wakes
def inputs(topology): return {"light": 7}
def legitimate(world): return world["wakes"].min() == 0
"""


def test_variables_of_a_grid(write):
    grid = Grid(open_program(write(DECLARED)), 4, 5)
    grid.run(6)
    assert (grid["wakes"].shape, grid["row"].shape) == ((4, 5), (4, 5, 2))
    assert (grid["row"][..., 1] == -grid["wakes"]).all()
    assert (grid["light"] == 7).all()
    assert grid["id"].ravel().tolist() == list(range(20))
    assert grid["strap"].sum() == grid["strap"][2, 2] == 1
    with pytest.raises(KeyError, match="hops: the program has colour, wakes, row, id, strap, light"):
        grid["hops"]


def test_the_log_of_variables(planaria, write, tmp_path):
    options = (
        "--grid",
        "4x3",
        "--rounds",
        3,
        "--fault",
        "kill:rect:0,0,1,2@1",
        "--log",
        tmp_path / "log.csv",
    )
    done = planaria("run", write(DECLARED), *options)
    assert (done.returncode, "log.csv" in done.stdout) == (0, True)
    lines = [line.split(",") for line in (tmp_path / "log.csv").read_text().splitlines()]
    assert lines[0] == ["round", "cell", "running", "wakes", "row.0", "row.1"]
    assert [line[:2] for line in lines[1:]] == [[str(n), str(c)] for n in range(4) for c in range(12)]
    assert [line[2] for line in lines[1:] if int(line[0]) > 1] == [*"00", *"1" * 10] * 2
    for line in lines[1:]:
        assert (int(line[5]), line[4]) == (-int(line[3]), "0")
    assert sum(int(line[3]) for line in lines[37:]) > 15


def test_a_film_of_a_variable(planaria, write, tmp_path):
    """Its frames have the colours of the numbers, and below them a bar from the smallest to the largest."""
    options = ("--grid", "4x3", "--rounds", 3, "--fault", "kill:rect:0,0,1,2@1", "--show", "wakes")
    assert planaria("run", write(DECLARED), *options, "--film", tmp_path / "f.gif").returncode == 0
    grid = Grid(open_program(write(DECLARED)), 3, 4, seed=0, faults=["kill:rect:0,0,1,2@1"])
    grid.run(3)
    with Image.open(tmp_path / "f.gif") as film:
        assert film.n_frames == 4
        film.seek(3)
        last = np.array(film.convert("RGB"))
    side = last.shape[1] // 4
    assert last.shape == (3 * side + 16, 4 * side, 3)
    cells = last[side // 2 : 3 * side : side, side // 2 :: side].astype(int)
    assert (cells[0, :2] == 255).all()
    expected = Scale(0, int(grid["wakes"].max())).paint(grid["wakes"])
    expected[0, :2] = 255
    assert abs(cells - expected).max() <= 3  # a GIF has 256 colours


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--show", "wakes"), "--show: wakes - no film is asked for; add --film F.gif"),
        (("--show", "hops", "--film", "f.gif"), "show: hops - mine has wakes, id, strap, light; name one"),
        (("--show", "row", "--film", "f.gif"), "show: row - mine has wakes, id, strap, light"),
    ],
)
def test_variables_that_no_film_can_show(planaria, write, options, says):
    done = planaria("run", write(DECLARED), "--rounds", 3, *options)
    assert (done.returncode, says in done.stderr) == (2, True)


@pytest.mark.parametrize("name", ["planarian", "blink"])
def test_who_declares_nothing_has_no_log(planaria, write, tmp_path, name):
    program = write(BLINK.format(straps=1), "blink.py") if name == "blink" else name
    done = planaria("run", program, "--rounds", 3, "--log", tmp_path / "log.csv")
    assert (done.returncode, f"log: {name} - it has declared no variables" in done.stderr) == (2, True)
    assert not (tmp_path / "log.csv").exists()


@pytest.mark.parametrize("name", ["planarian", "leader"])
def test_a_grid_that_does_not_fit_is_refused_before_anything_is_made(name):
    code = open_genome(name) if name == "planarian" else open_program(ROOT / "examples" / "leader.py")
    tracemalloc.start()
    try:
        with pytest.raises(InputError, match="grid: 16000x16000 - it would need"):
            Grid(code, 16_000, 16_000)
        assert tracemalloc.get_traced_memory()[1] < 50_000_000
    finally:
        tracemalloc.stop()
