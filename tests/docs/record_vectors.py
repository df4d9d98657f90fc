"""Record the worlds of ``docs/vectors/worlds.json``: ``python tests/docs/record_vectors.py``.

Makes the genomes and ``recorded/`` anew; nothing else may make them. ``test_vectors.py`` compares.
"""

import gzip
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from emulator.config import RunConfig
from emulator.engine import Engine
from emulator.faults import Fault
from emulator.goal import PictureGoal
from emulator.record.predicate import Predicate
from emulator.reference.engine import ReferenceEngine
from emulator.world.draws import Stream, draw32, key
from emulator.world.lattices import Square8
from firmware import image
from firmware.clock import Law, Timing
from firmware.genome import Genome
from firmware.picture import Picture
from firmware.system.atomic import write_atomic

FOLDER = Path(__file__).parents[2] / "docs/vectors"
RECORDED = FOLDER / "recorded"

World = dict[str, Any]
"""One of the file."""


def load_worlds() -> dict[str, World]:
    """All worlds by name."""
    return {world["name"]: world for world in json.loads((FOLDER / "worlds.json").read_text())}


def make_genomes() -> dict[str, Genome]:
    """The genomes by name: nothing in them depends on the version of a library."""
    colours = drawn(4, 6 * 5 * 4, 0, 255).reshape(6, 5, 4)
    colours[..., 3] = np.minimum(colours[..., 3], drawn(5, 6 * 5, 0, 2).reshape(6, 5) * 114 + 27)
    colours[..., :3] = colours[..., :3] * colours[..., 3:] // 255
    row = np.repeat([255, 255, 28, 28, 28, 27], 4).reshape(1, 6, 4)  # the last is not mature
    return {
        "wild": random_genome("wild", 8, Picture(colours.astype(np.uint8), (3, 1)), number=50),
        "thread": random_genome("thread", 5, Picture(row.astype(np.uint8), (0, 1)), number=240),
        "calm": calm_genome(),
    }


def random_genome(name: str, hidden: int, target: Picture, number: int) -> Genome:
    """Weights of no sense, so that no operation of the cell is left out."""
    return Genome(
        name=name,
        w1=drawn(number, hidden * 48, -40, 40).reshape(hidden, 48).astype(np.int8),
        b1=drawn(number + 1, hidden, -200, 200).astype(np.int16),
        w2=drawn(number + 2, hidden * 16, -40, 40).reshape(hidden, 16).astype(np.int8),
        shift1=5,
        shift2=6,
        regime="growing",
        target=target,
    )


def calm_genome() -> Genome:
    """Every cell that has a mature neighbour takes on the colour of the target, half of the way each time."""
    target = Picture(np.full((4, 4, 4), (200, 100, 50, 255), np.uint8), (1, 2))
    w1, b1, w2 = np.zeros((8, 48), np.int8), np.zeros(8, np.int16), np.zeros((8, 16), np.int8)
    for channel, wanted in enumerate((50, 25, 13, 64)):
        for unit, sign in ((2 * channel, 1), (2 * channel + 1, -1)):
            w1[unit, channel], b1[unit], w2[unit, channel] = -32 * sign, 32 * sign * wanted, 32 * sign
    return Genome("calm", w1, b1, w2, 5, 6, "regenerating", target)


def drawn(number: int, count: int, low: int, high: int) -> NDArray[np.int64]:
    """Whole numbers from ``low`` to ``high``: int64[count], by the draws of SPEC.md, key(12, 4, number)."""
    drawer = key(12, Stream.REGION, number)
    return np.array([low + (draw32(drawer, place) * (high - low + 1) >> 32) for place in range(count)])


def run(world: World, make_engine: Callable[..., Engine] = ReferenceEngine) -> tuple[bytes, World]:
    """Trace and result of a world, by an engine that is made as the reference engine is."""
    genomes = make_genomes()
    genome = genomes[world["genome"]]
    config = RunConfig(
        faults=tuple(map(Fault.parse, world["faults"])),
        timing=Timing(Law.named(world["clock"]), world["mean_interval_us"], world["listening_wakes"]),
        predicate=Predicate(
            **{
                name: world[name]
                for name in ("gone_fraction", "dwell_rounds", "grown_error", "while_growing")
            }
        ),
        topology=Square8(world["rows"], world["cols"], world["torus"]),
        seed=world["seed"],
        **{name: world[name] for name in ("latency_us", "jitter_us", "compute_us")},
        loss=world["loss_probability"],
    )
    config.check_horizon(world["rounds"])
    trace = io.BytesIO()
    engine = make_engine(
        config,
        image.build(genome, config.timing),
        PictureGoal(genome.target),
        trace_file=trace,
        library=lambda name: image.build(genomes[name], config.timing),
    )
    result = engine.run(world["rounds"]).as_dict()
    return trace.getvalue(), json.loads(json.dumps(result))


def main() -> None:
    """Record everything."""
    for name, genome in make_genomes().items():
        genome.save(FOLDER / f"{name}.genome")
    for name, world in load_worlds().items():
        trace, result = run(world)
        write_atomic(RECORDED / f"{name}.trace.gz", gzip.compress(trace, mtime=0))
        write_atomic(RECORDED / f"{name}.json", f"{json.dumps(result, indent=1)}\n".encode())
        print(f"{name}: {result['updates']:,} updates, {result['trace_sha256']}")


if __name__ == "__main__":
    main()
