import time
from functools import partial

import pytest

from emulator import memory, reference, window
from emulator.config import RunConfig
from emulator.faults import Fault
from emulator.reference import ReferenceEngine
from emulator.window import WindowEngine
from firmware import image
from firmware.errors import InputError


def make(engine, config, genome):
    return engine(config, image.build(genome, config.timing), genome.target)


@pytest.mark.parametrize(("engine", "cell_bytes"), [(ReferenceEngine, 8000), (WindowEngine, 410)])
def test_a_grid_too_large_is_refused_at_once(genome, engine, cell_bytes):
    config = RunConfig(rows=40_000, cols=50_000)
    started = time.perf_counter()
    needed = f"{config.grid.cells * cell_bytes:,}"
    with pytest.raises(InputError, match=rf"grid: 50000x40000 - it would need {needed} bytes of memory and"):
        make(engine, config, genome)
    assert time.perf_counter() - started < 0.5


@pytest.mark.parametrize(
    ("engine", "cell_bytes"),
    [
        (ReferenceEngine, reference.CELL_BYTES),
        (WindowEngine, window.MEMORY.cell_bytes),
        (partial(WindowEngine, kernel="numpy"), window.MEMORY_NUMPY.cell_bytes),
    ],
)
def test_memory_is_compared_with_what_is_free(monkeypatch, genome, engine, cell_bytes):
    monkeypatch.setattr(memory, "free_memory_bytes", lambda: int(100 * 1.07 * cell_bytes))
    make(engine, RunConfig(rows=10, cols=10), genome)
    with pytest.raises(InputError, match=r"[\d,]+ are free; make it smaller"):
        make(engine, RunConfig(rows=10, cols=11), genome)


ENGINES = [ReferenceEngine, WindowEngine, partial(WindowEngine, kernel="numpy")]


@pytest.mark.parametrize("engine", ENGINES)
def test_messages_are_counted_that_the_run_can_send(monkeypatch, genome, engine):
    """A legal latency of 1,000 seconds in a run of 3 rounds: only those of 3 rounds are ever on their way."""
    patient = make(engine, RunConfig(rows=10, cols=10, latency_us=1_000_000_000), genome)
    patient.run(3)
    monkeypatch.setattr(memory, "free_memory_bytes", lambda: 1 << 20)
    with pytest.raises(InputError, match=r"latency_us: 1,000,000,000 - it would need [\d,]+ bytes of memory"):
        patient.run(1_000_000)
    held = RunConfig(rows=10, cols=10, faults=(Fault.parse("delay:1000000000@1"),))
    with pytest.raises(InputError, match=r"fault: delay:1000000000@1 - it would need"):
        make(engine, held, genome).run(1_000_000)
    few = RunConfig(rows=10, cols=10, faults=(Fault.parse("delay:rect:0,0,1,1,by_us=50000@1"),))
    make(engine, few, genome).run(3)


def test_free_memory_is_less_than_all():
    assert 0 < memory.free_memory_bytes() < 1 << 50


def test_systems_that_say_less(monkeypatch):
    """macOS has no /proc, Windows no sysconf either."""
    monkeypatch.setattr(memory.Path, "exists", lambda _path: False)
    assert memory.free_memory_bytes() > 0
    monkeypatch.delattr(memory.os, "sysconf")
    assert memory.free_memory_bytes() is None
    memory.check_memory("grid", "1000000x1000000", 1 << 60, "make it smaller")
