"""Programs of cells: the program core beside the reference engine, for Python and for C."""

import time
from pathlib import Path

from emulator.choose import make_engine
from emulator.config import RunConfig
from emulator.engine import Engine
from emulator.program_boards import ProgramBoards
from emulator.program_goal import ProgramGoal
from emulator.reference.engine import ReferenceEngine
from emulator.world.lattices import Square8
from examples import hop_count
from firmware.handlers import Handlers
from firmware.hardware.build import build
from firmware.hardware.chips import TARGETS
from firmware.hardware.machine import machine, rom_image
from firmware.image import build as build_image
from planaria.shipped import open_genome

SIDE = 32
GROWN_ROUNDS = 30
CONFIG = RunConfig(Square8(SIDE, SIDE), loss=0.05)
GOAL = ProgramGoal(ProgramBoards("benchmark"), lambda world: 0.0)


def measure() -> dict[str, float]:
    """Updates per second of hop count, interpreted and compiled, and their ratio, in turns."""
    program = Handlers.of(vars(hop_count), Path(hop_count.__file__).name)
    slow = make_engine(CONFIG, program, GOAL, engine="reference")
    fast = make_engine(CONFIG, program, GOAL, engine="window")
    return _compared("hop count", slow, fast, 1000)


def measure_native() -> dict[str, float]:
    """The same of the neural C cell, called by ctypes and by address."""
    image = build_image(open_genome("ring"), CONFIG.timing)
    binary = build(image, TARGETS["host"])
    slow = ReferenceEngine(CONFIG, rom_image(binary), GOAL, machine(binary))
    fast = make_engine(CONFIG, image, GOAL, engine="native")
    return _compared("native C cell", slow, fast, 50)


def _compared(what: str, slow: Engine, fast: Engine, rounds: int) -> dict[str, float]:
    for engine in (slow, fast):
        engine.run(GROWN_ROUNDS)
    reference = max(_updates_per_s(slow, 10) for _ in range(3))
    core = max(_updates_per_s(fast, rounds) for _ in range(3))
    return {
        f"{what}, reference engine, updates/s (5 % loss)": reference,
        f"{what}, program core, updates/s (5 % loss)": core,
        f"{what}, program core / reference engine": core / reference,
    }


def _updates_per_s(engine: Engine, rounds: int) -> float:
    """By the time of this process, so that others may run beside it."""
    before, started = engine.updates, time.process_time()
    return (engine.run(rounds).updates - before) / (time.process_time() - started)
