"""All options of a world. Nothing heavy is imported here, for ``planaria run --help`` is made of it."""

from dataclasses import dataclass, field
from typing import Final

from emulator.record.predicate import Predicate
from firmware.budget import COMPUTE_MAX_US
from firmware.clock import Timing
from firmware.limits import PROBABILITY, SEED_MAX, Limits
from firmware.option import Option, option, options_by_field

_LATENCY_MAX_US: Final = 1_000_000_000
"""About a quarter of an hour."""

TOPOLOGY: Final = Option(
    "square8",
    "who is wired to whom: square8 or square4 (cells with 8 or 4 neighbours), hex6, cube6, or graph:FILE (a "
    "list of edges, or GraphML); plane is robots that move and have a radio, e.g. plane:range_mm=70",
    "KIND",
    name="topology",
)
GRID: Final = Option("32x32", "size of the grid; of a cube COLSxROWSxLAYERS", "COLSxROWS", name="grid")
TORUS: Final = Option(False, "join opposite edges of the grid", name="torus")
CHIP: Final = Option(
    "",
    "an update takes as long as on this chip: cortex-m0plus, rv32imc or rv32ec, e.g. rv32ec@48MHz",
    "NAME[@CLOCK]",
    name="chip",
)
FAULTS: Final = Option(
    (),
    "KIND:REGION[,NAME=VALUE]@ROUND[+ROUNDS]; may be repeated. `planaria faults` lists the kinds. "
    "Regions: all, half:left|right|top|bottom, disc:ROW,COL,RADIUS, rect:ROW,COL,HEIGHT,WIDTH, "
    "frame:ROW,COL,HEIGHT,WIDTH (all but that rectangle), line:ROW,COL,TOROW,TOCOL, "
    "swipe:ROW,COL,TOROW,TOCOL,WIDTH, band:NUMBER,COUNT, ball:CELL,HOPS, random:FRACTION, "
    "near:X,Y,RADIUS (of robots, in mm), living:REGION; in "
    "a cube a LAYER stands before each ROW, and half:front|back too. "
    "E.g. restart:half:left@200, kill:disc:16,16,5@200+50, loss:0.5@100+50",
    "SPEC",
    name="faults",
)


@dataclass(frozen=True, kw_only=True)
class Conditions:
    """What a world is like, but for its shape and its faults.

    Each option says itself what it is.

    Attributes:
        timing: the cells' clock settings.
        predicate: what counts as recovered.
    """

    latency_us: int = option(500, "latency of every link", "L", Limits(1, _LATENCY_MAX_US, whole=True))
    jitter_us: int = option(
        0, "each message takes a uniform 0..J longer", "J", Limits(0, _LATENCY_MAX_US, whole=True)
    )
    compute_us: int = option(
        0,
        "how long an update takes; 0 is the ideal cell, chips need 300 to 9,000",
        "C",
        Limits(0, COMPUTE_MAX_US, whole=True),
    )
    loss: float = option(
        0.0,
        "probability that a message is lost",
        "P",
        PROBABILITY,
        says="a probability must be 0 to 1",
        fix="e.g. 0.05 for 5 % of messages",
    )
    seed: int = option(
        0,
        "seed of all random draws",
        "S",
        Limits(0, SEED_MAX, whole=True),
        fix="choose another",
    )
    timing: Timing = field(default_factory=Timing)
    predicate: Predicate = field(default_factory=Predicate)


def options_of(*holders: type) -> dict[str, Option]:
    """The options of some dataclasses: name -> option."""
    found = (option for holder in holders for option in options_by_field(holder).values())
    return {option.name: option for option in found}


CLOCK: Final = tuple(options_of(Timing).values())
"""Those of the cell's clock, which are flashed along with its genome."""

WORLD_OPTIONS: Final = {
    GRID.name: GRID,
    TORUS.name: TORUS,
    TOPOLOGY.name: TOPOLOGY,
    **options_of(Conditions),
    CHIP.name: CHIP,
    **options_of(Timing),
    **options_of(Predicate),
    FAULTS.name: FAULTS,
}
"""Every option of a world: name -> option."""
