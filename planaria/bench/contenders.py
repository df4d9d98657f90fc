"""One measurement of ``planaria bench``, in a process of its own, pinned to one core.

``python -m planaria.bench.contenders NAME SIDE SCENE SECONDS`` prints one JSON object.
"""

import json
import os
import resource
import statistics
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter

from emulator.choose import make_engine
from emulator.config import RunConfig
from emulator.engine import Engine
from emulator.goal import PictureGoal
from emulator.world.lattices import Square8
from firmware import image
from firmware.budget import ALIVE_MIN, ALPHA, CHANNELS, HIDDEN_MAX, ONE, PERCEPTION
from firmware.clock import Law, Timing
from firmware.errors import InputError
from firmware.genome import Genome
from firmware.picture import Picture
from planaria.shipped import open_genome

ALIVE, ORGANISM = "alive", "organism"
SCENES: Final = (ALIVE, ORGANISM)
"""All cells alive for ever, which is the worst case; one grown organism in the middle."""

ORGANISM_NAME: Final = "planarian"
NURSERY_SIDE: Final = 32
GROWN_ROUNDS: Final = 60

DENSE: Final = ("torch", "torch.compile", "jax", "cax")
"""Baselines that compute all cells at once (``trainer.dense``)."""

REPEATS: Final = 5
TURN_UPDATES: Final = 400_000
REFERENCE_TURN_UPDATES: Final = 4_000
"""Between two looks at the time."""


def restless_genome() -> Genome:
    """A genome of random weights, as many as fit, of which none lowers an alpha: who lives goes on living."""
    random = np.random.default_rng(0)
    w2 = random.integers(-30, 31, (HIDDEN_MAX, CHANNELS), np.int8)
    w2[:, ALPHA] = random.integers(0, 3, HIDDEN_MAX)  # so small that the sum does not wrap
    return Genome(
        name="restless",
        w1=random.integers(-60, 61, (HIDDEN_MAX, PERCEPTION), np.int8),
        b1=random.integers(-200, 201, HIDDEN_MAX, np.int16),
        w2=w2,
        shift1=7,
        shift2=8,
        regime="growing",
        target=Picture.of(np.full((8, 8, 4), 255, np.uint8)),
    )


def lively_states(side: int) -> NDArray[np.int8]:
    """Random states with alpha 1.0, int8[side, side, 16]."""
    states = np.random.default_rng(1).integers(-60, 61, (side, side, CHANNELS), np.int8)
    states[..., ALPHA] = ONE
    return states


def organism_states(side: int) -> NDArray[np.int8]:
    """A grown organism in the middle of a blank grid, int8[side, side, 16]."""
    nursery = make_engine_for(open_genome(ORGANISM_NAME), "auto", NURSERY_SIDE)
    nursery.run(GROWN_ROUNDS)
    before = (side - NURSERY_SIDE) // 2
    after = side - NURSERY_SIDE - before
    return np.pad(nursery.states, ((before, after), (before, after), (0, 0)))


def make_engine_for(genome: Genome, name: str, side: int, **world: Any) -> Engine:
    """The reference engine, or the window engine with the kernel of this name."""
    config = RunConfig(Square8(side, side), seed=1, **world)
    engine, kernel = ("reference", None) if name == "reference" else ("window", name)
    flash = image.build(genome, config.timing)
    return make_engine(config, flash, PictureGoal(genome.target), engine=engine, kernel=kernel)


def make_scene(name: str, side: int, scene: str, **world: Any) -> Engine:
    """An engine, by the name of the reference or of a kernel, ready to be measured."""
    if scene == ALIVE:
        engine, states = make_engine_for(restless_genome(), name, side, **world), lively_states(side)
    else:
        engine = make_engine_for(open_genome(ORGANISM_NAME), name, side, **world)
        states = organism_states(side)
    engine.place(states)
    return engine


def updates_per_s(run: Callable[[], float], seconds: float) -> float:
    """Median rate of a few repeats; ``run`` goes on a little and returns how many updates that were."""
    rates: list[float] = []
    begun = time.perf_counter()
    while not rates or (len(rates) < REPEATS and time.perf_counter() - begun < 2 * seconds):
        started, updates = time.perf_counter(), 0.0
        while (spent := time.perf_counter() - started) < seconds / REPEATS or not updates:
            updates += run()
        rates.append(updates / spent)
    return statistics.median(rates)


def computing_share(states: NDArray[np.int8]) -> float:
    """Share of the cells that would run the network now: they or a neighbour are mature.

    Args:
        states: int8[rows, cols, 16] of a grid with borders.
    """
    mature = states[..., ALPHA] >= ALIVE_MIN
    return float(maximum_filter(mature, 3, mode="constant", cval=False).mean())


def _live(engine: Engine) -> int:
    """Let an engine run for a turn; returns how many updates that took."""
    before = engine.updates
    turn = REFERENCE_TURN_UPDATES if engine.kernel is None else TURN_UPDATES
    engine.run(max(1, turn // engine.config.topology.cells))
    return engine.updates - before


def measure_engine(name: str, side: int, scene: str, seconds: float) -> dict[str, float]:
    """Updates per second, the share of them that ran the network, and bytes per cell of an event engine."""
    make_scene(name, 16, ALIVE).run(2)
    before_bytes = _resident_bytes()
    engine = make_scene(name, side, scene)
    engine.run(1)

    rate = updates_per_s(lambda: _live(engine), seconds)
    after_bytes = _resident_bytes()
    share = computing_share(engine.states)
    return {
        "updates_per_s": rate,
        "computing_share": share,
        "computed_per_s": rate * share,
        "bytes_per_cell": (after_bytes - before_bytes) / side**2,
    }


def measure_dense(name: str, side: int, seconds: float) -> dict[str, float]:
    """Of a dense baseline: all cells are computed, and only those that fire count as updated."""
    from trainer.dense import CHUNK, FIRE_RATE, cax_steps, jax_steps, torch_steps

    makers: dict[str, Callable[..., Any]] = {
        "torch": partial(torch_steps, compiled=False),
        "torch.compile": partial(torch_steps, compiled=True),
        "jax": jax_steps,
        "cax": cax_steps,
    }
    steps = makers[name](restless_genome().rule, lively_states(side))
    steps(CHUNK)

    def run() -> float:
        steps(CHUNK)
        return CHUNK * side**2

    rate = updates_per_s(run, seconds)
    return {"updates_per_s": rate * FIRE_RATE, "computing_share": 1.0, "computed_per_s": rate}


def measure_growth(seconds: float) -> dict[str, list[tuple[Any, float]]]:
    """What an update takes in ns, by number of cells, latency, loss and law of the clock."""
    alive = {"name": "auto", "scene": ALIVE}

    def cost_ns(side: int, **world: Any) -> float:
        engine = make_scene(**alive, side=side, **world)
        engine.run(2)

        return 1e9 / updates_per_s(lambda: _live(engine), seconds)

    mean_us = Timing().mean_interval_us
    return {
        "cells": [(side**2, cost_ns(side)) for side in (16, 32, 64, 128, 256, 512, 1024)],
        "latency in mean intervals": [
            (share, cost_ns(128, latency_us=max(1, round(share * mean_us))))
            for share in (1e-4, 1e-3, 0.01, 0.05, 0.2, 1, 4)
        ],
        "jitter in mean intervals": [
            (share, cost_ns(128, jitter_us=round(share * mean_us))) for share in (0, 0.01, 0.05, 0.2, 1, 4)
        ],
        "loss": [(loss, cost_ns(128, loss=loss)) for loss in (0.0, 0.01, 0.05, 0.2, 0.5, 1.0)],
        "clock": [(law.name.lower(), cost_ns(128, timing=Timing(law))) for law in Law],
    }


def _resident_bytes() -> int:
    """The most memory that this process has had."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def pin_to_one_core() -> None:
    """Everything measured has one core, where the system can say so."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})


def main(arguments: list[str]) -> None:
    """Measure one contender, as the module says."""
    name, side, scene, seconds = arguments[0], int(arguments[1]), arguments[2], float(arguments[3])
    pin_to_one_core()
    result: dict[str, Any]
    try:
        if name == "growth":
            result = measure_growth(seconds)
        elif name == "limits":
            from emulator.arrays.compiled.peak import updates_per_s as limits

            result = limits()
        elif name in DENSE:
            result = measure_dense(name, side, seconds)
        else:
            result = measure_engine(name, side, scene, seconds)
    except InputError as error:
        result = {"left_out": str(error)}
    print(json.dumps(result))


if __name__ == "__main__":
    main(sys.argv[1:])
