"""A fixed run as a script: ``fixed_run.py fork|spawn`` prints its trace hash, made in a child process."""

import multiprocessing
import sys

import numpy as np
from numpy.typing import NDArray

from emulator.config import RunConfig
from emulator.faults import Fault
from emulator.goal import PictureGoal
from emulator.reference.engine import ReferenceEngine
from emulator.world.draws import Stream, draw32, key
from emulator.world.lattices import Square8
from firmware import image
from firmware.genome import Genome
from firmware.picture import Picture

PLAN = ("restart:random:0.33@4", "kill:disc:3,3,2@6+3", "loss:0.4@2+5")


def scattered(count: int, limit: int) -> NDArray[np.int64]:
    """Whole numbers from -limit to limit that no library's version can change: int64[count]."""
    return np.array([draw32(key(7, Stream.REGION, limit), i) % (2 * limit + 1) - limit for i in range(count)])


def trace_sha256(seed: int) -> str:
    """The hash of a run with loss, jitter and overlapping faults."""
    genome = Genome(
        name="random",
        w1=scattered(8 * 48, 40).reshape(8, 48).astype(np.int8),
        b1=scattered(8, 200).astype(np.int16),
        w2=scattered(8 * 16, 40).reshape(8, 16).astype(np.int8),
        shift1=5,
        shift2=6,
        regime="growing",
        target=Picture.of(np.full((8, 8, 4), 255, np.uint8)),
    )
    faults = tuple(map(Fault.parse, PLAN))
    config = RunConfig(Square8(10, 9), seed=seed, jitter_us=900, loss=0.05, faults=faults)
    return (
        ReferenceEngine(config, image.build(genome, config.timing), PictureGoal(genome.target))
        .run(12)
        .trace_sha256
    )


if __name__ == "__main__":
    with multiprocessing.get_context(sys.argv[1]).Pool(1) as pool:
        print(pool.apply(trace_sha256, (5,)))
