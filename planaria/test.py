"""A program of a cell, put to the test: every kind of fault on two engines, random RAM, and a small wound."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import numpy as np
from tqdm import tqdm

from emulator.choose import engines_for
from emulator.config import RunConfig
from emulator.faults import Fault
from emulator.world.graph import Graph
from emulator.world.lattices import Cube6, Sheet, Square8
from emulator.world.plane import Plane
from emulator.world.topology import Topology
from firmware.clock import Timing
from firmware.errors import InputError
from firmware.program_in_c import KILOLIB_TICK_US
from planaria.code import engine_of, open_code
from planaria.program import SourceProgram
from planaria.say import before_bar
from planaria.stabilisation import Return, convergence, find_back, found_back

FAULTS: Final = (
    "restart:half:left@10",
    "restart:half:left,ram=random@10",
    "kill:disc:4,4,2,ram=stale@10+5",
    "brownout:half:top,flipped=0.005@10+2",
    "flaky:all,mtbf_rounds=6,mttr_rounds=2@10+10",
    "pause:half:right@10+5",
    "slow:half:left,factor=3@10+10",
    "skew:all,spread=0.4@10+10",
    "drift:all,step=0.3@10+10",
    "jump:half:left,by_us=3000@10",
    "flips:all,rate_hz=0.05@10+5",
    "scramble:half:left@10",
    "carry:half:left,right=3@10",
    "loss:0.5@10+10",
    "burst:all,enter=0.2,leave=0.3@10+10",
    "corrupt:0.3@10+10",
    "delay:4000@10+10",
    "jitter:9000@10+10",
    "reorder:all,probability=0.3,by_us=15000@10+10",
    "duplicate:all,probability=0.3,after_us=7000@10+10",
    "replay:all,probability=0.3,after_us=50000@10+10",
    "limit:all,interval_us=12000@10+10",
    "mute:half:left@10+10",
    "deaf:half:left@10+10",
    "cut:half:left@10+10",
    "stick:disc:4,4,1@10+10",
    "babble:disc:4,4,1@10+10",
    "lie:disc:4,4,1@10+10",
    "rolling:3@10+9",
    "mix:4@10+10",
)
"""One of every kind that a program can suffer on a lattice of squares."""

OF_ROBOTS: Final = (
    "motor:half:left,right=0.5@10+10",
    "blind:half:top@10+10",
    "move:half:left,right_mm=60,down_mm=-20@10",
)
"""One of every kind that only robots suffer."""

SIDE_MIN: Final = 5
"""Rows and columns that these need."""

ROUNDS, LOSS = 30, 0.05
"""How long the worlds of the faults live, and how many messages are lost in all."""

ROUNDS_MIN: Final = 30
"""Of which to be legitimate for takes 25."""

KILOLIB_LONGER: Final = 5
"""A program for Kilobots speaks in each sixteenth tick: its worlds and faults last so many times as long."""

KILOLIB_LATER: Final = 50
"""Likewise, what is late is so many times as late."""

SCRAMBLED: Final = "scramble:all"
"""From any state a self-stabilising program must find back."""


def put_to_test(
    path: Path,
    *,
    parameters: Mapping[str, int] = MappingProxyType({}),
    grid: str = "12x12",
    topology: str = Square8.kind,
    mean_interval_us: int | None = None,
    worlds: int = 20,
    rounds: int = 300,
    seed: int = 0,
) -> dict[str, Any]:
    """Put a program to the test; returns what ``--json`` shows.

    Of a fault that one engine alone can do ``alike`` is None.

    Args:
        path: of the program.
        parameters: other values for some of its own, by name.
        grid: ``COLSxROWS`` of all worlds, at least 5x5.
        topology: of all worlds, likewise: a lattice of rows and columns, or a plane.
        mean_interval_us: of all clocks; None is what is usual, and for Kilobots a tick.
        worlds: in how many all RAM becomes random, and how many are wounded.
        rounds: they have to become legitimate and stay so before that, and again after it.
        seed: of the first; the others follow.

    Raises:
        InputError: it is no program, or an option is out of its limits.
    """
    code = open_code(path, parameters)
    if not isinstance(code, SourceProgram):
        raise InputError("program", path, "it is a genome", "see planaria measure")
    for name, value, least, most in (("worlds", worlds, 1, 10_000), ("rounds", rounds, ROUNDS_MIN, 100_000)):
        if not least <= value <= most:
            raise InputError(name, value, f"it must be {least} to {most:,}", "leave it out for what is usual")
    if mean_interval_us is None:
        mean_interval_us = KILOLIB_TICK_US if _is_for_kilolib(code) else Timing().mean_interval_us
    world: dict[str, Any] = {"grid": grid, "topology": topology, "mean_interval_us": mean_interval_us}
    if topology.partition(":")[0] in (Graph.kind, Cube6.kind):
        limit = "some faults strike a cell by its row and column, and it has not these alone"
        raise InputError("topology", topology, limit, f"e.g. {Square8.kind}, or {Plane.kind}")
    where = RunConfig.of(world).topology
    assert isinstance(where, Sheet)
    if min(where.shape) < SIDE_MIN:
        limit = f"some faults strike the cell in row and column {SIDE_MIN - 1}"
        raise InputError("grid", grid, limit, f"give at least {SIDE_MIN}x{SIDE_MIN}")
    texts = _suffered(code, where, mean_interval_us)
    for text in texts:
        RunConfig.of({**world, "seed": seed, "faults": [text]})
    with tqdm(total=len(texts) + 2 * worlds, desc=before_bar(code.name), disable=None, leave=False) as bar:
        faults = []
        for number, text in enumerate(texts):
            faults.append(_suffer(code, text, {**world, "seed": seed + number}))
            bar.update()
        wound = f"restart:{_disc(where)}"
        returns: dict[str, list[Return]] = {SCRAMBLED: [], wound: []}
        for fault, found in returns.items():
            engine = _engines(code, f"{fault}@{rounds}")[0]
            for number in range(worlds):
                own_world = {**world, "seed": seed + number, "loss": LOSS}
                found.append(find_back(code, fault, rounds, own_world, engine))
                bar.update()
    return {
        "program": code.name,
        "parameters": dict(parameters),
        "engines": engines_for(code.handlers),
        "faults": faults,
        "grid": grid,
        "topology": str(where),
        "worlds": worlds,
        "rounds": rounds,
        "loss": LOSS,
        "scrambled": {
            "fault": SCRAMBLED,
            **convergence(returns[SCRAMBLED]),
            **found_back(returns[SCRAMBLED]),
        },
        "wounded": {"fault": wound, **convergence(returns[wound]), **found_back(returns[wound])},
    }


def _suffered(program: SourceProgram, topology: Topology, mean_interval_us: int) -> list[str]:
    """Faults of every kind that cells there can suffer; about as many bits flip in a round at any pace."""
    pace = min(1.0, Timing().mean_interval_us / mean_interval_us)
    slowly = f"rate_hz={np.format_float_positional(0.05 * pace, trim='-')}"
    texts = [text.replace("rate_hz=0.05", slowly) for text in (*FAULTS, *OF_ROBOTS)]
    if _is_for_kilolib(program):
        texts = [str(_for_kilobots(Fault.parse(text))) for text in texts]
    return [text for text in texts if _is_of(topology, text)]


def _for_kilobots(fault: Fault) -> Fault:
    """The same fault, in force for some messages of theirs."""
    late_us = {
        name: KILOLIB_LATER * getattr(fault, name) for name in fault.parameters() if name.endswith("_us")
    }
    length = fault.length_rounds and KILOLIB_LONGER * fault.length_rounds
    return replace(fault, start_rounds=KILOLIB_LONGER * fault.start_rounds, length_rounds=length, **late_us)


def _is_of(topology: Topology, text: str) -> bool:
    """Whether cells there can suffer a fault of this kind."""
    try:
        Fault.parse(text).check_topology(topology)
    except InputError:
        return False
    return True


def _disc(topology: Sheet) -> str:
    """A disc of thirteen cells in the middle of a grid."""
    rows, cols = topology.shape
    return f"disc:{rows // 2},{cols // 2},2"


def _engines(program: SourceProgram, fault: str) -> tuple[str, ...]:
    """Engines that have to agree on a fault; or the chip alone, if it changes bits that only it has."""
    able = engines_for(program.handlers)
    return able[1:] if _is_for_kilolib(program) and Fault.parse(fault).may_change_ram else able


def _is_for_kilolib(program: SourceProgram) -> bool:
    return program.is_in_c and program.in_c.for_kilolib


def _suffer(program: SourceProgram, text: str, world: dict[str, Any]) -> dict[str, Any]:
    """A fault on both engines, or one: whether all is alike, and how often the program failed."""
    config = RunConfig.of({**world, "loss": LOSS, "faults": [text]})
    engines = [engine_of(program, config, engine=name) for name in _engines(program, text)]
    rounds = KILOLIB_LONGER * ROUNDS if _is_for_kilolib(program) else ROUNDS
    results = [engine.run(rounds) for engine in engines]
    lives = []
    for engine, run in zip(engines, results, strict=True):
        seen = [run, engine.states.tobytes(), *(array.tobytes() for array in engine.robots or ())]
        # Machine code has its stack in RAM as well, and fails in the words of a signal or of a chip.
        lives.append((seen, None if program.is_in_c else (engine.ram.tobytes(), engine.crash)))
    result, crash = results[0], engines[0].crash
    failures = {str(failure): count for failure, count in result.machine_faults.get("program", {}).items()}
    return {
        "fault": text,
        "alike": lives[0] == lives[1] if len(lives) > 1 else None,
        "failures": failures,
        "first_failure": crash.text if crash else None,
    }
