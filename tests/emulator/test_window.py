"""The look-ahead engine gives what the reference engine gives, to the last bit and counter."""

import io
import subprocess
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from emulator.arrays.compiled.rule import available
from emulator.arrays.engine import WindowEngine
from emulator.config import RunConfig
from emulator.faults import Fault
from emulator.faults.robots import RobotFault
from emulator.goal import PictureGoal
from emulator.reference.engine import ReferenceEngine
from emulator.world.graph import Graph
from emulator.world.lattices import Square8
from firmware import image
from firmware.clock import Law, Timing
from firmware.errors import InputError
from firmware.hardware.machine import machine, rom_image
from tests.emulator.random_worlds import KINDS, Quiet, random_config

ROOT = Path(__file__).parents[2]
KERNELS_HERE = ["numpy", *available()]


def goal_of(config, genome):
    """The picture, where there are rows and columns for it to lie on."""
    return Quiet() if isinstance(config.topology, Graph) else PictureGoal(genome.target)


def engines(config, genome, kernels=KERNELS_HERE, library=None):
    """The reference, and the look-ahead engine with every kernel."""
    flash = image.build(genome, config.timing)
    goal = goal_of(config, genome)
    return ReferenceEngine(config, flash, goal, library=library), [
        WindowEngine(config, flash, goal, kernel=kernel, library=library) for kernel in kernels
    ]


def assert_all_the_same(
    config, genome, rounds, live=lambda engine, rounds: engine.run(rounds), kernels=KERNELS_HERE, library=None
):
    reference, others = engines(config, genome, kernels, library)
    expected = live(reference, rounds)
    for kernel, engine in zip(kernels, others, strict=True):
        assert live(engine, rounds) == expected, kernel
        assert (engine.states == reference.states).all(), kernel
    return expected


def test_random_configurations(make_genome, kind, world):
    """Numbers of ``worlds`` are given by ``pytest --worlds FROM:TO``; see tests/emulator/conftest.py."""
    config, genome = random_config(world, kind), make_genome(hidden=1 + world % 128, weights_seed=world)
    result = assert_all_the_same(config, genome, 8)
    print(f"world {world}: {config.topology}, {result.updates} updates, {result.trace_sha256[:16]}")


@pytest.mark.parametrize(
    ("seed", "kind", "target", "rounds"),
    [
        *((seed, "square8", "host", 8) for seed in range(6)),
        *((6, "square8", "cortex-m0plus", 2), (7, "square8", "rv32imc", 2)),
        *((8, "hex6", "host", 8), (9, "cube6", "host", 8), (10, "graph", "host", 8)),
    ],
)
def test_machine_code_in_random_configurations(built, make_genome, seed, kind, target, rounds):
    config, genome = random_config(seed, kind), make_genome(hidden=1 + seed % 128, weights_seed=seed)
    binary, _ = built(genome, target, config.timing)
    engine = ReferenceEngine(config, rom_image(binary), goal_of(config, genome), machine(binary))
    assert engine.run(rounds) == engines(config, genome, kernels=[])[0].run(rounds)


@pytest.mark.parametrize("seed", [5, 6])
def test_in_parts_and_with_wounds_on_the_way(genome, seed):
    def live(engine, rounds):
        engine.run(2)
        engine.wound(Fault.parse("kill:half:left@2+3"))
        engine.run(1)
        engine.wound(Fault.parse("restart:random:0.5@3.7"))
        return engine.run(rounds)

    assert_all_the_same(replace(random_config(seed), faults=()), genome, 5, live)


def test_trace_file(genome):
    config = random_config(2)
    flash = image.build(genome, config.timing)
    files = []
    for make in (ReferenceEngine, WindowEngine, partial(WindowEngine, kernel="numpy")):
        file = io.BytesIO()
        make(config, flash, PictureGoal(genome.target), trace_file=file).run(4)
        files.append(file.getvalue())
    assert files[0] == files[1] == files[2] != b""


@pytest.mark.parametrize("jitter_us", [0, 900])
def test_messages_that_are_long_on_their_way(genome, jitter_us, monkeypatch):
    """And batches of records that fill up many times."""
    monkeypatch.setattr("emulator.arrays.compiled.core.BATCH", 7)
    timing = Timing(Law.UNIFORM, 100)
    config = RunConfig(Square8(8, 8), seed=3, latency_us=2500, jitter_us=jitter_us, timing=timing)
    result = assert_all_the_same(config, genome, 60)
    assert result.messages - result.delivered > 20 * 7 * 64


def test_darkness(genome):
    """Nobody lives; then somebody does."""
    faults = tuple(map(Fault.parse, ("kill:random:1@2+3", "kill:half:top@4+1")))
    assert_all_the_same(RunConfig(Square8(8, 8), seed=1, faults=faults), genome, 9)


def test_no_machine_code(genome):
    with pytest.raises(InputError, match="only machine code"):
        engines(RunConfig(Square8(8, 8), faults=(Fault.parse("rot:half:left@1"),)), genome)


def test_without_a_compiler(genome, monkeypatch):
    """The NumPy version always works."""
    monkeypatch.setattr("emulator.arrays.engine.find_spec", lambda name: None)
    config = RunConfig(Square8(8, 8))
    flash = image.build(genome, config.timing)
    assert WindowEngine(config, flash, PictureGoal(genome.target)).kernel == "numpy"
    with pytest.raises(InputError, match="kernel: f32 - numba is not installed; choose numpy"):
        WindowEngine(config, flash, PictureGoal(genome.target), kernel="f32")


def test_numpy_does_without_numba():
    code = "import sys, emulator.arrays.engine; print(sorted({'numba', 'llvmlite'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_of_fault(make_genome, kind):
    """Alone, in the middle of a life; and it has an effect."""
    what = kind.format(region="disc:5,5,3", p="0.7", us=4000, rate="0.05", steps=2)
    instant = Fault.kinds[what.partition(":")[0]].is_instant
    fault = Fault.parse(f"{what}@3.3" + ("" if instant else "+3"))
    config = RunConfig(Square8(10, 11), seed=4, faults=(fault,))
    result = assert_all_the_same(config, make_genome(), 9)
    unhurt = engines(replace(config, faults=()), make_genome())[0].run(9)
    assert result.trace_sha256 != unhurt.trace_sha256


def test_every_kind_is_here():
    assert {kind.partition(":")[0] for kind in KINDS} | {"version"} == {
        kind.kind
        for kind in Fault.kinds.values()
        if not kind.needs_machine_code and not issubclass(kind, RobotFault)
    }


def test_mixed_genome_versions(make_genome):
    """Two that overlap, and unwind; the cells run what the last of the plan says."""
    genome, others = (
        make_genome(),
        {name: make_genome(hidden=5 + i, weights_seed=i) for i, name in enumerate("ab")},
    )
    faults = tuple(map(Fault.parse, ("version:half:left,genome=a@2+5", "version:half:top,genome=b@3+2")))
    config = RunConfig(Square8(10, 11), seed=4, faults=faults)

    def library(name):
        return image.build(others[name], config.timing)

    result = assert_all_the_same(config, genome, 9, kernels=["numpy", "auto"], library=library)
    assert result.trace_sha256 != engines(replace(config, faults=()), genome)[0].run(9).trace_sha256
    flash = image.build(genome, config.timing)
    reference = ReferenceEngine(config, flash, PictureGoal(genome.target), library=library)
    expected = {
        1: ("-", "-", "-", "-"),
        2: ("a", "a", "-", "-"),
        4: ("b", "a", "b", "-"),
        6: ("a", "a", "-", "-"),
    }
    expected[8] = expected[1]
    widths = {5: "a", 6: "b", 8: "-"}
    for round_number, runs in expected.items():
        reference.environment.run(until=10_000 * round_number + 1)
        corners = [reference._boards[cell].program.rule for cell in (0, 99, 10, 109)]
        assert tuple(widths[len(rule.b1)] for rule in corners) == runs


def test_a_kernel_with_one_genome_says_so(genome):
    config = RunConfig(Square8(8, 8))
    engine = WindowEngine(
        config, image.build(genome, config.timing), PictureGoal(genome.target), kernel=available()[0]
    )
    with pytest.raises(InputError, match="has one genome for all cells; choose --kernel numpy"):
        engine.wound(Fault.parse("version:all,genome=a@1"))
    config = replace(config, faults=(Fault.parse("version:all,genome=nobody@1"),))
    with pytest.raises(InputError, match="genome: nobody - this engine has no library"):
        engines(config, genome)
