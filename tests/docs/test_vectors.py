"""The recorded worlds of docs/vectors are what all engines give, and its reader finds every difference."""

import ast
import gzip
import json
import subprocess
import sys
from functools import partial
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.arrays.compiled.rule import available
from emulator.arrays.engine import WindowEngine
from emulator.faults import Fault
from emulator.faults.robots import RobotFault
from emulator.record.recovery import Outcome
from emulator.reference.engine import ReferenceEngine
from firmware.genome import Genome

FOLDER = Path(__file__).parents[2] / "docs/vectors"
READER = FOLDER / "read.py"


def module(path):
    spec = spec_from_file_location(path.stem, path)
    loaded = module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


record, read = module(Path(__file__).with_name("record_vectors.py")), module(READER)
WORLDS = read.load_worlds()
PARTS = {name: [fault.partition(":")[0] for fault in world["faults"]] for name, world in WORLDS.items()}
KERNELS = {kernel: partial(WindowEngine, kernel=kernel) for kernel in ("numpy", *available())}


@pytest.mark.parametrize("name", WORLDS)
def test_every_engine_gives_what_was_recorded(name):
    trace, result = read.load_trace(name), read.load_result(name)
    one_genome = "version" not in PARTS[name]
    kernels = KERNELS if one_genome else {"numpy": KERNELS["numpy"]}
    for engine, make in {"reference": ReferenceEngine, **kernels}.items():
        given_trace, given_result = record.run(WORLDS[name], make)
        assert read.trace_difference(given_trace, trace) is None, engine
        assert given_trace == trace
        assert read.result_difference(given_result, result) is None, engine
        assert given_result == result


def test_genomes_are_what_the_script_makes():
    made = {f"{name}.genome": genome.to_bytes() for name, genome in record.make_genomes().items()}
    assert {path.name: path.read_bytes() for path in FOLDER.glob("*.genome")} == made
    assert {f"{world['genome']}.genome" for world in WORLDS.values()} == made.keys()
    assert [Genome.from_bytes(made[f"{name}.genome"]).hidden for name in ("wild", "thread", "calm")] == [
        8,
        5,
        8,
    ]


def test_folder_is_whole_and_small():
    assert len(WORLDS) == 42
    files = [path for path in FOLDER.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    recorded = {path.name for path in files if path.parent.name == "recorded"}
    assert recorded == {f"{name}{suffix}" for name in WORLDS for suffix in (".json", ".trace.gz")}
    assert sum(path.stat().st_size for path in files) < 1_000_000


def test_recording_twice_gives_the_same_bytes(tmp_path, monkeypatch, capsys):
    """The command writes what is there, whenever it is run; packed bytes may depend on the zlib only."""
    monkeypatch.setattr(record, "FOLDER", tmp_path)
    monkeypatch.setattr(record, "RECORDED", tmp_path / "recorded")
    few = [WORLDS[name] for name in ("no-faults", "one-row")]
    (tmp_path / "worlds.json").write_text(json.dumps(few))
    (tmp_path / "recorded").mkdir()
    record.main()
    first = {path.name: path.read_bytes() for path in tmp_path.rglob("*.*")}
    record.main()
    assert {path.name: path.read_bytes() for path in tmp_path.rglob("*.*")} == first
    assert gzip.decompress(first["one-row.trace.gz"]) == read.load_trace("one-row")
    assert first["one-row.json"] == (FOLDER / "recorded/one-row.json").read_bytes()
    assert first["calm.genome"] == (FOLDER / "calm.genome").read_bytes()
    assert capsys.readouterr().out.count("one-row: ") == 2


def test_every_kind_of_fault_is_there_alone():
    alone = {kinds[0] for kinds in PARTS.values() if len(set(kinds)) == 1}
    of_cells = {name: kind for name, kind in Fault.kinds.items() if not issubclass(kind, RobotFault)}
    assert alone == {name for name, kind in of_cells.items() if not kind.needs_machine_code}


def test_worlds_are_of_all_sorts():
    worlds, results = WORLDS.values(), [read.load_result(name) for name in WORLDS]
    assert {world["clock"] for world in worlds} == {"exponential", "uniform"}
    assert {world["torus"] for world in worlds} == {True, False}
    assert {world["while_growing"] for world in worlds} == {True, False}
    assert any(world["jitter_us"] and world["loss_probability"] and world["torus"] for world in worlds)
    assert any(world["compute_us"] and world["latency_us"] > world["mean_interval_us"] for world in worlds)
    assert any("living:" in fault for world in worlds for fault in world["faults"])
    assert any(1 in (world["rows"], world["cols"]) for world in worlds)
    judged = [judgement for result in results for judgement in result["recoveries"]]
    assert {judgement["outcome"] for judgement in judged} == set(Outcome)
    for counter in ("lost", "corrupted", "cut", "unheard"):
        assert sum(result[counter] > 0 for result in results) >= 3
    gone = ("delivered", "lost", "corrupted", "cut", "unheard")
    under_way = [result["messages"] - sum(result[counter] for counter in gone) for result in results]
    assert min(under_way) > 0


def test_cells_are_alive():
    """To the end, but for two worlds that go dark."""
    for name in WORLDS.keys() - {"blackout", "outcomes"}:
        trace = read.load_trace(name)
        records = [read.RECORD.unpack(trace[at : at + 28]) for at in range(0, len(trace), 28)]
        last = {cell: state for _, cell, *state in records}
        assert any(state[3] >= 7 for state in last.values()), name


def test_reader_needs_nothing_of_ours():
    tree = ast.parse(READER.read_text())
    modules = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    modules |= {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert modules <= {*sys.stdlib_module_names, "collections.abc"}


def test_page_names_every_field():
    page = (FOLDER / "README.md").read_text()
    result = read.load_result("outcomes")
    for field in [*WORLDS["outcomes"], *result, *result["verdict"], *result["away"][0]]:
        assert f"`{field}`" in page, field


def call(*arguments):
    done = subprocess.run(
        [sys.executable, "-I", READER, *arguments], capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout, done.stderr


def test_reader_lists_and_shows():
    status, output, _ = call()
    assert status == 0
    assert [line.partition(": ")[0] for line in output.splitlines()] == list(WORLDS)
    status, output, _ = call("storm")
    assert status == 0
    assert json.loads(output) == [WORLDS["storm"], read.load_result("storm")]


def test_reader_compares_traces(tmp_path):
    candidate, trace = tmp_path / "mine.trace", bytearray(read.load_trace("one-row"))
    candidate.write_bytes(trace)
    assert call("one-row", candidate) == (0, "one-row: equal in all 248 records\n", "")
    trace[28 * 17 + 12 + 3] ^= 1
    candidate.write_bytes(trace)
    time_us, cell, *expected = read.RECORD.unpack(read.load_trace("one-row")[28 * 17 : 28 * 18])
    state = [*expected[:3], expected[3] ^ 1, *expected[4:]]
    words = f"time {time_us:,} us, cell {cell}: state {' '.join(map(str, state))}"
    line = f"record 17: {words}, expected {' '.join(map(str, expected))}\n"
    assert call("one-row", candidate) == (1, line, "")


def test_reader_compares_results(tmp_path):
    candidate, result = tmp_path / "mine.json", read.load_result("outcomes")
    candidate.write_text(json.dumps({"updates": result["updates"], "cut": result["cut"], "mine": 1}))
    assert call("outcomes", candidate) == (0, "outcomes: equal in updates, cut\n", "")
    result["recoveries"][3]["clean"]["updates"] += 1
    candidate.write_text(json.dumps(result))
    there = result["recoveries"][3]["clean"]["updates"]
    line = f"recoveries[3].clean.updates: {there}, expected {there - 1}\n"
    assert call("outcomes", candidate) == (1, line, "")


@pytest.mark.parametrize("content", [None, "", "[]", "{}", "3", '{"mine": 1}', "\xff"])
def test_reader_refuses_what_it_cannot_read(tmp_path, content):
    candidate = tmp_path / "mine.json"
    if content is not None:
        candidate.write_bytes(content.encode("latin-1"))
    status, output, error = call("outcomes", candidate)
    assert (status, output) == (2, "")
    assert "error: the candidate cannot be read: " in error
    assert "Traceback" not in error


def test_reader_refuses_an_unknown_world():
    status, output, error = call("nowhere")
    assert (status, output) == (2, "")
    assert "there is no world 'nowhere': no-faults, restart" in error


TRACE = read.load_trace("one-row")


@given(st.integers(0, len(TRACE) * 8 - 1))
def test_any_flipped_bit_is_found(bit):
    spoiled = bytearray(TRACE)
    spoiled[bit // 8] ^= 1 << bit % 8
    difference = read.trace_difference(bytes(spoiled), TRACE)
    assert difference.startswith(f"record {bit // 8 // 28}: ")
    assert ", expected " in difference


@given(st.integers(0, len(TRACE) - 1))
def test_a_trace_that_ends_early_is_found(length):
    difference = read.trace_difference(TRACE[:length], TRACE)
    found = f"{length % 28} bytes that are no record" if length % 28 else "the end"
    assert difference.startswith(f"record {length // 28}: {found}, expected time ")


@given(st.binary(min_size=1, max_size=60))
def test_a_trace_that_goes_on_is_found(more):
    difference = read.trace_difference(TRACE + more, TRACE)
    assert difference.startswith(f"record {len(TRACE) // 28}: ")
    assert difference.endswith(", expected the end")


@pytest.mark.parametrize(
    ("candidate", "expected", "difference"),
    [
        ({"a": 3}, {"a": 3.0}, None),
        ({"a": [1, 2]}, {"a": [1]}, "a[1]: 2, expected nothing"),
        ({"a": [1]}, {"a": [1, 2]}, "a[1]: nothing, expected 2"),
        ({"a": {"b": None}}, {"a": {"b": 0}}, "a.b: None, expected 0"),
        ({"a": {}}, {"a": {"b": 0}}, "a.b: nothing, expected 0"),
        ({"a": float("nan")}, {"a": 1.0}, "a: nan, expected 1.0"),
        ({"a": 0.1 + 0.2}, {"a": 0.3}, "a: 0.30000000000000004, expected 0.3"),
    ],
)
def test_differences_of_results(candidate, expected, difference):
    assert read.result_difference(candidate, expected) == difference
