"""The look-ahead engine gives what the reference engine gives, to the last bit and counter."""

import io
import random
from dataclasses import replace

import numpy as np
import pytest

from emulator import compiled, kernels
from emulator.config import RunConfig
from emulator.fault import Fault
from emulator.kernels import KERNELS, available, choose_kernel
from emulator.reference import ReferenceEngine
from emulator.window import WindowEngine
from firmware import arithmetic, image
from firmware.arithmetic import Rule
from firmware.clock import Law, Timing
from firmware.errors import InputError

REGIONS = ("half:left", "half:top", "disc:5,6,3", "rect:2,3,4,5", "random:0.3", "random:1", "rect:0,0,1,1")


def random_config(seed):
    """Anything that a user can ask for, small."""
    rng = random.Random(seed)
    mean_us = rng.choice([1, 3, 50, 1000, 10_000])
    faults = []
    for _ in range(rng.choice([0, 1, 2, 4])):
        start = f"{rng.uniform(0, 9):.3f}" if rng.random() < 0.7 else str(rng.randrange(10))
        what = rng.choice(["restart", "kill", "kill", "loss"])
        length = "" if what == "restart" or rng.random() < 0.3 else f"+{rng.uniform(0.1, 4):.2f}"
        where = f"{rng.uniform(0, 1):.2f}" if what == "loss" else rng.choice(REGIONS)
        faults.append(Fault.parse(f"{what}:{where}@{start}{length}"))
    return RunConfig(
        rows=rng.randint(8, 15),
        cols=rng.randint(8, 15),
        seed=rng.getrandbits(64),
        latency_us=rng.choice([1, 2, mean_us // 20 + 1, mean_us, 4 * mean_us]),
        jitter_us=rng.choice([0, 0, 1, mean_us // 2, 3 * mean_us]),
        loss_probability=rng.choice([0.0, 0.0, 0.05, 0.6, 1.0]),
        faults=tuple(faults),
        torus=rng.random() < 0.3,
        timing=Timing(rng.choice(list(Law)), mean_us, rng.choice([1, 2, 5, 16, 255])),
    )


def engines(config, genome, **options):
    flash = image.build(genome, config.timing)
    return ReferenceEngine(config, flash, genome.target), WindowEngine(
        config, flash, genome.target, **options
    )


@pytest.mark.parametrize("seed", range(60))
def test_random_configurations(genome, seed):
    reference, window = engines(random_config(seed), genome)
    assert window.run(10) == reference.run(10)
    assert (window.states == reference.states).all()


@pytest.mark.parametrize("kernel", available())
def test_every_kernel(genome, kernel):
    reference, window = engines(random_config(1), genome, kernel=kernel)
    assert window.run(10) == reference.run(10)


@pytest.mark.parametrize("seed", [5, 6])
def test_in_parts_and_with_wounds_on_the_way(genome, seed):
    both = engines(replace(random_config(seed), faults=()), genome)
    results = []
    for engine in both:
        engine.run(2)
        engine.wound(Fault.parse("kill:half:left@2+3"))
        engine.run(1)
        engine.wound(Fault.parse("restart:random:0.5@3.7"))
        results.append(engine.run(5))
    assert results[0] == results[1]


def test_trace_file(genome):
    config = random_config(2)
    flash = image.build(genome, config.timing)
    files = []
    for make in (ReferenceEngine, WindowEngine):
        file = io.BytesIO()
        make(config, flash, genome.target, trace_file=file).run(4)
        files.append(file.getvalue())
    assert files[0] == files[1] != b""


def test_history_and_records_grow(genome):
    """Messages that are long on their way, between events that are far apart."""
    timing = Timing(Law.UNIFORM, 100)
    config = RunConfig(8, 8, seed=3, latency_us=2500, jitter_us=900, timing=timing)
    reference, window = engines(config, genome)
    window._records = tuple(array[:7] for array in window._records)
    assert window.run(60) == reference.run(60)
    assert window._words.shape[1] - compiled.TIMES >= 32
    assert len(window._records[0]) > 7


def test_darkness(genome):
    """Nobody lives; then somebody does."""
    faults = tuple(map(Fault.parse, ("kill:random:1@2+3", "kill:half:top@4+1")))
    reference, window = engines(RunConfig(8, 8, seed=1, faults=faults), genome)
    assert window.run(9) == reference.run(9)


def test_no_machine_code(genome):
    with pytest.raises(InputError, match="only machine code"):
        engines(RunConfig(8, 8, faults=(Fault.parse("rot:half:left@1"),)), genome)[1]


@pytest.mark.parametrize("name", available())
@pytest.mark.parametrize("hidden", [1, 15, 16, 100, 128])
def test_kernels_are_the_arithmetic(name, hidden):
    rng = np.random.default_rng(hidden)
    for extreme in (False, True):
        low, high = (-128, 128)
        rule = Rule(
            rng.choice([-128, 127], (hidden, 48)) if extreme else rng.integers(low, high, (hidden, 48)),
            rng.choice([-32768, 32767], hidden) if extreme else rng.integers(-32768, 32768, hidden),
            rng.choice([-128, 127], (hidden, 16)) if extreme else rng.integers(low, high, (hidden, 16)),
            int(rng.integers(1, 16)),
            8,
        )
        kernel = choose_kernel(rule, name)
        for _ in range(100):
            seen = rng.integers(-128, 128, 48).astype(np.int8)
            change, scratch = np.empty(16, np.int32), np.empty(128, np.int32)
            kernel.think(kernel.weights, kernel.bias, seen, change, scratch, np.int32(rule.shift1))
            sums = seen.astype(np.int64) @ rule.w1.T + rule.b1
            hidden_units = np.clip(arithmetic.round_shift(sums, rule.shift1), 0, 127)
            assert (change == hidden_units @ rule.w2).all()


def test_kernels_that_cannot_be_had(monkeypatch, genome):
    rule = genome.rule
    with pytest.raises(InputError, match=r"kernel: quantum - it is unknown; choose one of auto, .*f32"):
        choose_kernel(rule, "quantum")
    monkeypatch.setattr(kernels.llvm, "get_host_cpu_features", dict)
    assert available() == ["f32"]
    assert choose_kernel(rule, "auto").name == "f32"
    with pytest.raises(
        InputError, match="kernel: vnni - this processor has no avx512vnni; choose one of auto, f32"
    ):
        choose_kernel(rule, "vnni")
    assert set(KERNELS) == {"vnni", "f32"}
