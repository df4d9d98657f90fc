"""Worlds that are drawn by their number: every topology, every kind of fault, any clock and any link."""

import random

import numpy as np

from emulator.config import RunConfig
from emulator.faults import Fault
from emulator.goal import Goal
from emulator.record.recovery import BY_ERROR
from emulator.world.boards import make_boards
from emulator.world.graph import Graph
from emulator.world.lattices import Cube6, Hex6, Square4, Square8
from firmware.clock import Law, Timing

SHEET = (
    "half:left",
    "half:top",
    "disc:5,6,3",
    "rect:2,3,4,5",
    "random:0.3",
    "random:1",
    "rect:0,0,1,1",
    "living:all",
    "living:half:right",
    "swipe:0,3,7,5,3",
    "band:1,3",
    "all",
)
CUBE = (
    *("half:left", "half:top", "half:back", "disc:1,5,6,3", "rect:0,2,3,2,4,5", "frame:0,1,1,1,6,6"),
    *("random:0.3", "random:1", "rect:0,0,0,1,1,1", "living:all", "living:half:front", "ball:77,2"),
    *("swipe:0,0,3,1,7,5,3", "line:0,0,0,1,7,7", "band:1,3", "all"),
)
NET = (
    *("random:0.3", "random:1", "living:all", "living:ball:3,2", "ball:0,0", "ball:node-5,1", "ball:7,3"),
    *("band:1,3", "all"),
)
REGIONS = {
    "square8": SHEET,
    "square4": (*SHEET, "ball:20,3"),
    "hex6": (*SHEET, "ball:20,3", "disc:3,3,2", "frame:1,1,5,6"),
    "cube6": CUBE,
    "graph": NET,
}


KINDS = (
    "restart:{region}",
    "restart:{region},ram=stale",
    "restart:{region},ram=random",
    "kill:{region}",
    "kill:{region},ram=stale",
    "kill:{region},ram=random",
    "brownout:{region}",
    "flaky:{region},mtbf_rounds=3,mttr_rounds=2",
    "rolling:3",
    "mix:4",
    "pause:{region}",
    "slow:{region},factor=3.3",
    "skew:{region},spread=0.4",
    "drift:{region},step=0.3",
    "jump:{region},by_us={us}",
    "jump:{region},by_us=-{us}",
    "flips:{region},rate_hz={rate}",
    "scramble:{region}",
    "loss:{p}",
    "loss:{region},probability={p}",
    "burst:{region},enter=0.2,leave=0.3,loss={p}",
    "corrupt:{region},probability={p}",
    "delay:{region},by_us={us}",
    "jitter:{region},to_us={us}",
    "reorder:{region},probability={p},by_us={us}",
    "duplicate:{region},probability={p},after_us={us}",
    "replay:{region},probability={p},after_us={us}",
    "limit:{region},interval_us={us}",
    "mute:{region}",
    "deaf:{region}",
    "cut:{region}",
    "cut:{region},way=in",
    "cut:{region},way=out",
    "stick:{region}",
    "babble:{region}",
    "lie:{region}",
    "carry:{region},down={steps},right=-2",
)


def kinds_on(topology):
    """Some kinds need rows and columns of squares."""
    return [kind for kind in KINDS if topology.startswith("square") or not kind.startswith("carry")]


def random_fault(rng, mean_us, topology):
    """Any kind that can be on a topology, anywhere, at any time."""
    kinds, regions = kinds_on(topology), REGIONS[topology]
    start = f"{rng.uniform(0, 9):.3f}" if rng.random() < 0.7 else str(rng.randrange(10))
    what = rng.choice(kinds).format(
        region=rng.choice(regions),
        p=f"{rng.uniform(0, 1):.2f}",
        us=rng.choice([0, 1, mean_us // 3, 2 * mean_us]),
        steps=rng.randint(-9, 9),
        rate=f"{min(1, 500 / mean_us * rng.random()):.5f}",
    )
    kind = Fault.kinds[what.partition(":")[0]]
    forever = kind.is_instant or (rng.random() < 0.3 and kind.kind not in ("rolling", "mix"))
    length = rng.uniform(0.1, 4) + (kind.kind == "mix")
    return Fault.parse(f"{what}@{start}" + ("" if forever else f"+{length:.2f}"))


def random_config(seed, kind="square8"):
    """Anything that a user can ask for, small."""
    rng = random.Random(seed)
    mean_us = rng.choice([1, 3, 50, 1000, 10_000])
    faults = [random_fault(rng, mean_us, kind) for _ in range(rng.choice([0, 1, 2, 4, 6]))]
    shape = rng.randint(8, 15), rng.randint(8, 15)
    chances = {
        "seed": rng.getrandbits(64),
        "latency_us": rng.choice([1, 2, mean_us // 20 + 1, mean_us, 4 * mean_us]),
        "jitter_us": rng.choice([0, 0, 1, mean_us // 2, 3 * mean_us]),
        "compute_us": rng.choice([0, 0, 1, mean_us // 6, mean_us, 3 * mean_us]),
        "loss": rng.choice([0.0, 0.0, 0.05, 0.6, 1.0]),
    }
    return RunConfig(
        random_topology(rng, kind, *shape, torus=rng.random() < 0.3),
        faults=tuple(faults),
        timing=Timing(rng.choice(list(Law)), mean_us, rng.choice([1, 2, 5, 16, 255])),
        **chances,
    )


def random_topology(rng, kind, rows, cols, torus):
    """Of this kind, and about this size."""
    if kind == "graph":
        return random_graph(rng, rows * cols)
    if kind == "cube6":
        return Cube6(min(rows, 11), min(cols, 11), rng.randint(3 if torus else 2, 4), torus)
    rows += kind == "hex6" and torus and rows % 2
    return {sheet.kind: sheet for sheet in (Square8, Square4, Hex6)}[kind](rows, cols, torus)


def random_graph(rng, nodes):
    """Links between any two nodes, in any order of their ports; some nodes have none, some have eight."""
    neighbours = [[] for _ in range(nodes)]
    for _ in range(rng.randrange(6 * nodes)):
        one, other = rng.sample(range(nodes), 2)
        if max(len(neighbours[one]), len(neighbours[other])) < 8 and other not in neighbours[one]:
            neighbours[one].append(other)
            neighbours[other].append(one)
    for near in neighbours:
        rng.shuffle(near)
    return Graph(tuple(f"node-{n}" for n in range(nodes)), tuple(map(tuple, neighbours)))


class Quiet(Goal):
    """Every fifth cell is a seed, and nobody should show anything: for cells that lie nowhere.

    Args:
        roles: of the program; boards have one number more, which none has.
    """

    yardsticks = BY_ERROR

    def __init__(self, roles=1):
        self._roles = roles

    def boards(self, topology, seed):
        codes = np.zeros(topology.cells, np.uint8)
        codes[::5] = 1
        boards = make_boards(codes)
        boards[:, 5:] = 17 * boards[:, :1] + np.arange(11, dtype=np.uint8)
        if self._roles > 1:
            boards[:, 5] %= self._roles + 1
        return boards

    def distance(self, world):
        return float(np.abs(world.picture.astype(np.int64)).mean())
