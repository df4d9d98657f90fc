"""What a cell executes: the Python reference, the C cell here, in wasm, and on simulated chips."""

import time
from collections.abc import Callable

import numpy as np

from firmware import frame, image
from firmware.build import build
from firmware.cell import NeuralProgram
from firmware.clock import Timing
from firmware.machine import load
from firmware.memory import Ram
from firmware.program import Program
from firmware.target import TARGETS
from planaria.shipped import open_genome

GENOME = "ring"
SECONDS = 0.5


def measure() -> dict[str, float]:
    """Live updates and receptions per second of each build, as a ratio to the Python reference."""
    flash = image.build(open_genome(GENOME), Timing())
    programs: dict[str, Program] = {"reference": NeuralProgram(flash)}
    for name, target in TARGETS.items():
        programs[name] = load(build(flash, target))
    results = {}
    updates, receptions = (
        {name: rate(program) for name, program in programs.items()}
        for rate in (_updates_per_s, _receptions_per_s)
    )
    for name in programs:
        results[f"{name}, live updates/s"] = updates[name]
        results[f"{name}, receptions/s"] = receptions[name]
        results[f"{name} / reference, updates"] = updates[name] / updates["reference"]
    return results


def _updates_per_s(program: Program) -> float:
    start = np.random.default_rng(0).bytes(256)
    ram = Ram()

    def update() -> None:
        ram.bytes[:] = start
        ram.state[3] = 100
        program.wake(ram)

    return _rate(update)


def _receptions_per_s(program: Program) -> float:
    ram, wire = Ram(), frame.encode(frame.Frame(1, bytes(range(16))))
    return _rate(lambda: program.receive(ram, 3, wire))


def _rate(act: Callable[[], None]) -> float:
    act()
    count, started = 0, time.perf_counter()
    while time.perf_counter() - started < SECONDS:
        act()
        count += 1
    return count / (time.perf_counter() - started)
