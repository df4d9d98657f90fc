"""What a cell executes: the Python reference, the C cell here, in wasm, and on simulated chips."""

import time
from collections.abc import Callable

import numpy as np

from emulator.config import RunConfig
from emulator.goal import PictureGoal
from emulator.reference.engine import ReferenceEngine
from emulator.world.lattices import Square8
from firmware import frame, image
from firmware.budget import ALIVE_MIN, ALPHA
from firmware.cell import NeuralProgram
from firmware.clock import Timing
from firmware.hardware.build import build
from firmware.hardware.chips import CHIPS, TARGETS
from firmware.hardware.machine import load
from firmware.hardware.simulator import Event, SimulatedChip
from firmware.hardware.sizes import cycles
from firmware.memory import Ram
from firmware.program import Program
from planaria.shipped import open_genome

GENOME = "ring"
SECONDS = 0.5
ORGANISM, GROWN_ROUNDS = "planarian", 60


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
    return results | _cycles_in_life()


def _cycles_in_life() -> dict[str, float]:
    """Of an update of a cell in a grown organism: the least and the most of a few; and of a dead cell."""
    genome = open_genome(ORGANISM)
    flash = image.build(genome, Timing())
    engine = ReferenceEngine(RunConfig(Square8(32, 32), seed=1, loss=0.05), flash, PictureGoal(genome.target))
    engine.run(GROWN_ROUNDS)
    rams = [Ram(bytearray(row)) for row in engine.read_ram(np.arange(engine.config.topology.cells))]
    living = [ram for ram in rams if ram.state[ALPHA] >= ALIVE_MIN][::16]
    dead = next(ram for ram in rams if max(ram.state[ALPHA], *ram.inbox[:, ALPHA]) < ALIVE_MIN)
    results: dict[str, float] = {}
    for name in CHIPS:
        chip = SimulatedChip(build(flash, TARGETS[name]))
        costs = [cycles(chip.cost(ram.bytes, Event.TIMER)) for ram in (*living, dead)]
        results[f"{name}, cycles of a living cell, least"] = min(costs[:-1])
        results[f"{name}, cycles of a living cell, most"] = max(costs[:-1])
        results[f"{name}, cycles of a dead cell"] = costs[-1]
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
