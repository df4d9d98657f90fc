"""Texts of the command line: faults, regions, and the small ones, such as ``64x48`` and ``rv32ec@48MHz``."""

from contextlib import suppress
from random import Random

import numpy as np

from emulator.config import RunConfig
from emulator.faults import Fault
from emulator.world.graph import Graph
from emulator.world.lattices import Cube6, Hex6, Square4
from emulator.world.plane import Plane
from emulator.world.region import Now, check_inside
from emulator.world.region_text import parse_region
from emulator.world.robots import robots_of
from emulator.world.topologies import topology_of
from firmware.budget import COMPUTE_MAX_US, HIDDEN_MAX
from firmware.clock import Law
from firmware.errors import InputError
from firmware.hardware.chips import find_chip
from firmware.pace import update_us
from planaria.shipped import open_genome
from tests.fuzz.mutations import TEXTS, WHOLE, misspelt
from tests.fuzz.target import Target

REGIONS = (
    *(
        "all",
        "half:left",
        "half:bottom",
        "disc:16,16,5",
        "rect:8,8,4,6",
        "frame:8,8,16,16",
        "line:0,16,31,16",
    ),
    *("swipe:0,16,31,16,3", "random:0.33", "band:0,4", "living:half:left", "living:random:.5"),
    *("disc:1,5,5,2", "rect:0,1,2,1,3,4", "line:0,0,0,2,7,7", "half:back", "ball:3,2", "ball:lone,1"),
    *("near:300,200,80", "living:near:9,9,400"),
)
WORDS = (
    *REGIONS,
    *sorted(Fault.kinds),
    ":",
    "@",
    "+",
    ",",
    "=",
    "0.5",
    "1e3",
    "200",
    "99999999999",
    "mode=",
    "probability=",
)
MANY = 240
"""Cells that the largest of these has."""

TOPOLOGIES = (
    *(Hex6(12, 12), Square4(3, 20), Cube6(8, 10, 3)),
    Graph(("a", "b", "lone"), ((1,), (0,), ())),
    Plane(12, 20),
)
ROBOTS = robots_of(Plane(12, 20), 1)
PLANES = ("plane", "plane:range_mm=70", "plane:spread=0.1,air_us=4800", "plane:clear_mm=0,pitch_mm=34")
OTHERS = (
    "32x32",
    "64x48",
    "rv32ec@48MHz",
    "cortex-m0plus@7.5mhz",
    "rv32imc",
    "host",
    "exponential",
    "uniform",
    "ring",
)


def utf8(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def of_region(random: Random) -> bytes:
    text = random.choice(REGIONS)
    return utf8(text if random.random() < 0.05 else misspelt(random, text, WORDS))


def read_region(content: bytes) -> None:
    """``str`` of a region is read as the same region; a topology has it, and cells in it, or refuses it."""
    region = parse_region(content.decode("utf-8", "surrogatepass"))
    assert parse_region(str(region)) == region
    for topology in TOPOLOGIES:
        with suppress(InputError):
            check_inside(region, topology, "fault")
            cells = region.cells(topology, 1, 1, Now(lambda: np.ones(MANY, np.bool_), ROBOTS))
            assert ((cells >= 0) & (cells < topology.cells)).all()
    check_inside(region, RunConfig().topology, "fault")


def of_fault(random: Random) -> bytes:
    kind = random.choice(sorted(Fault.kinds))
    parts = [random.choice(REGIONS)]
    for name, limits in Fault.kinds[kind].parameters().items():
        if random.random() < 0.7:
            low, high = limits.low, limits.high
            usual = (
                random.choice(limits.words)
                if limits.words
                else random.choice(("a", "x-1"))
                if limits.name
                else ""
            )
            number = random.choice(
                (low, high, (low + high) / 2, int(low + high) // 2, high + 1, random.choice(WHOLE))
            )
            parts.append(f"{name}={usual or number}")
    text = f"{kind}:{','.join(parts)}@{random.choice((0, 1, 20, 20.5, 1e5, 10**8))}"
    text += random.choice(("", "", "+50", "+0.25", "+0"))
    return utf8(text if random.random() < 0.3 else misspelt(random, text, WORDS))


def read_fault(content: bytes) -> None:
    """``str`` of a fault is read as the same fault; a world takes or refuses it."""
    fault = Fault.parse(content.decode("utf-8", "surrogatepass"))
    assert Fault.parse(str(fault)) == fault
    config = RunConfig(faults=(fault,))
    config.check_horizon(1000)
    mean_interval_us = config.timing.mean_interval_us
    begin_us, end_us = fault.start_us(mean_interval_us), fault.end_us(mean_interval_us)
    assert begin_us >= 0
    assert end_us is None or end_us >= begin_us


def of_option(random: Random) -> bytes:
    text = random.choice((*OTHERS, *TEXTS))
    return utf8(text if random.random() < 0.2 else misspelt(random, text, OTHERS))


def read_options(content: bytes) -> None:
    """Each reader of a small text takes or refuses it; refused is what none of them takes."""
    text = content.decode("utf-8", "surrogatepass")
    refusals = []
    for read in (grid, chip, Law.named, find_chip, Fault.parse, genome):
        try:
            read(text)
        except ValueError as error:
            refusals.append(error)
    if len(refusals) == 6:
        raise refusals[0]


def grid(text: str) -> None:
    for kind in ("square8", "hex6", "cube6"):
        with suppress(InputError):
            topology_of(kind, text)
    RunConfig(topology_of(size=text))


def chip(text: str) -> None:
    assert 1 <= update_us(text, HIDDEN_MAX) <= COMPUTE_MAX_US


def genome(text: str) -> None:
    """A shipped one; whatever else is a path of this machine, and none of ours."""
    if "/" not in text and "\\" not in text and text not in (".", ".."):
        open_genome(text)


def of_plane(random: Random) -> bytes:
    text = random.choice(PLANES)
    return utf8(
        text if random.random() < 0.05 else misspelt(random, text, (*PLANES, "=", ",", "0.5", "-1", "nan"))
    )


def read_plane(content: bytes) -> None:
    """What a plane says of itself makes the same plane again."""
    topology = topology_of(content.decode("utf-8", "surrogatepass"), "5x4")
    if isinstance(topology, Plane):
        again = ":".join(["plane", *([",".join(topology.given)] if topology.given else [])])
        assert topology_of(again, "5x4") == topology
        assert (robots_of(topology, 1).places_um <= np.array(topology.walls_um)).all()


TARGETS = (
    Target("plane", of_plane, read_plane, 10_000),
    Target("region", of_region, read_region, 10_000),
    Target("fault", of_fault, read_fault, 8_000),
    Target("options", of_option, read_options, 4_500),
)
