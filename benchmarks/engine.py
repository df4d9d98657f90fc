"""The reference engine: what a message costs beside an update, and memory per cell."""

import time
import tracemalloc

from firmware import image
from firmware.cell import NeuralProgram
from firmware.clock import Timing
from firmware.memory import Ram
from planaria.grid import Grid
from planaria.shipped import open_genome

GENOME = "ring"
GROWN_ROUNDS = 30
ROUNDS = 20
SIDE = 32


def measure() -> dict[str, float]:
    """Updates per second of a bare cell and of the whole engine, their ratio, and bytes per cell."""
    bare = _bare_updates_per_s()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    grid = _grid()
    grid.run(1)
    cell_bytes = (tracemalloc.get_traced_memory()[0] - before) / SIDE**2
    tracemalloc.stop()
    engine = _updates_per_s()
    return {
        "cell alone, live updates/s": bare,
        "reference engine, updates/s (5 % loss)": engine,
        "reference engine / cell alone": engine / bare,
        "reference engine, bytes per cell": cell_bytes,
    }


def _grid() -> Grid:
    return Grid(open_genome(GENOME), SIDE, SIDE, loss=0.05, record=False, engine="reference")


def _updates_per_s() -> float:
    """Of a grown organism."""
    grid = _grid()
    before = grid.run(GROWN_ROUNDS).updates
    started = time.perf_counter()
    updates = grid.run(ROUNDS).updates - before
    return updates / (time.perf_counter() - started)


def _bare_updates_per_s() -> float:
    program = NeuralProgram(image.build(open_genome(GENOME), Timing()))
    ram, count = Ram(), 4000
    program.boot(ram, 1, strap=True)
    started = time.perf_counter()
    for _ in range(count):
        ram.inbox[0, 3] = 64
        program.wake(ram)
    return count / (time.perf_counter() - started)
