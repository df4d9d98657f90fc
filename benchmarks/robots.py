"""Robots that move: how fast, and how surely they recover: ``python -m benchmarks.robots``.

Speed: robots that walk at random, wake and speak twice a second, hear who is within 70 mm and bump into each
other; a fifth of the floor is covered. Simulated seconds by seconds of one core. Beside it programs for
Kilobots: ``loop`` 31 times a second, a message twice a second.

Recovery: robots of an example as its file says, 60 worlds; they have their time, are hurt once, and have it
again. *Moved*: some are carried away, as there, with 5 and 30 % of all messages lost; *scrambled*: every
byte of their RAM is random; *weak*: they are moved, and in every third robot the motor that turns left has
half of its strength, all the time.
"""

import argparse
import time
from collections.abc import Mapping
from math import pi, sqrt
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from tqdm import tqdm

from benchmarks.gallery import EXAMPLES, Hurt, print_table
from emulator.record.recovery import Recovery
from planaria import Grid, open_program

ROOT: Final = Path(__file__).parents[1]
KILOBOTS: Final = ROOT / "tests/firmware/hardware/kilobots"

WALKER: Final = """
from planaria.swarm import Program, u8


class Walker(Program):
    shows = {"count": u8[8]}
    keeps = {"motors": u8[2]}

    def hear(me, port, said):
        me.count[port] += 1

    def wake(me):
        turn = me.entropy >> 24 & 3
        me.motors[0] = 255 if turn != 1 else 0
        me.motors[1] = 255 if turn != 2 else 0


def legitimate(world):
    return 0
"""

PITCH_MM: Final = int(sqrt(pi * 16.5**2 / 0.2))
"""Of robots that cover a fifth of the floor."""

SPEEDS: Final = ((32, 200), (100, 30), (316, 4))
"""Robots along a side, and simulated seconds."""

TICK_US: Final = 32_640


class Scene(NamedTuple):
    """Where the robots of an example are, and how long; how some of them are moved; and its parameters."""

    grid: str
    topology: str
    rounds: int
    moved: str
    given: Mapping[str, int] = MappingProxyType({})


SCENES: Final = {
    "disperse": Scene("6x5", "plane", 600, "move:half:left,right_mm=120"),
    "phototaxis": Scene("6x5", "plane", 1500, "move:half:top,down_mm=400"),
    "orbit": Scene("3x3", "plane:range_mm=250", 900, "move:half:left,down_mm=90"),
    "edge": Scene("6x5", "plane:range_mm=150,margin_mm=400", 900, "move:rect:0,0,1,3,down_mm=-80"),
    "shape": Scene(
        "6x6",
        "plane:range_mm=140,margin_mm=420",
        12_000,
        "move:near:605,330,80,right_mm=130",
        {"dot_mm": 19},
    ),
}
HURTS: Final = (
    Hurt("moved, 5 % lost", "", 0.05),
    Hurt("moved, 30 % lost", "", 0.3),
    Hurt("scrambled, 5 % lost", "scramble:all", 0.05),
    Hurt("moved, weak, 5 % lost", "", 0.05, ("motor:random:0.33,left=0.5,right=1@0",)),
)


def hurt(name: str, how: Hurt, trials: int) -> list[Recovery]:
    """What became of so many worlds of an example, with seeds from 0."""
    scene = SCENES[name]
    program = open_program(EXAMPLES / f"{name}.py").with_parameters(scene.given)
    world: dict[str, Any] = {
        "grid": scene.grid,
        "topology": scene.topology,
        "mean_interval_us": 200_000,
        "faults": [*how.besides, f"{how.fault or scene.moved}@{scene.rounds}"],
    }
    recoveries = []
    for seed in range(trials):
        grid = Grid(program, record=False, seed=seed, loss=how.loss, **world)
        recoveries.append(grid.run(2 * scene.rounds).recoveries[-1])
    return recoveries


def speed(path: Path, mean_us: int, side: int, seconds: int) -> float:
    """Simulated seconds by seconds of a core."""
    topology = f"plane:pitch_mm={PITCH_MM},margin_mm=40,range_mm=70"
    world: dict[str, Any] = {"grid": f"{side}x{side}", "topology": topology, "mean_interval_us": mean_us}
    grid = Grid(open_program(path), record=False, **world)
    grid.run(2)  # compiled, and in motion
    rounds = max(1, seconds * 1_000_000 // mean_us)
    started = time.process_time()
    grid.run(rounds)
    return rounds * mean_us / 1e6 / (time.process_time() - started)


def _kilobot(folder: Path, name: str) -> Path:
    """A file for a program for Kilobots."""
    source = (KILOBOTS / f"{name}.c").read_text()
    (folder / f"{name}.c").write_text(source)
    path = folder / f"{name}.py"
    shown = "class Kilobot(Program):\n    source = '{}.c'\n\n\ndef legitimate(world):\n    return 0\n"
    path.write_text("from planaria.swarm import Program\n\n\n" + shown.format(name))
    return path


def main() -> None:
    """Print both tables, each row as soon as it is known."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.robots", description=__doc__)
    parser.add_argument("--trials", type=int, default=60, help="for each cell of the second table")
    parser.add_argument(
        "--folder", type=Path, default=Path("build/robots"), help="for programs that are tried"
    )
    options = parser.parse_args()
    if options.trials < 1:
        parser.error(f"--trials: {options.trials} - it must be at least 1; 60 are usual")
    options.folder.mkdir(parents=True, exist_ok=True)
    random_walk = options.folder / "random_walk.py"
    random_walk.write_text(WALKER)
    print(f"| program | {' | '.join(f'{side * side:,} robots' for side, _ in SPEEDS)} |")
    print(f"|{'---|' * (1 + len(SPEEDS))}")
    for name, path, mean_us in (
        ("random walk", random_walk, 500_000),
        *((name, _kilobot(options.folder, name), TICK_US) for name in ("walker", "tally")),
    ):
        kind = "Python" if mean_us > TICK_US else "kilolib"
        speeds = [speed(path, mean_us, *how) for how in SPEEDS]
        tqdm.write(f"| {name} ({kind}) | {' | '.join(f'{one:.3g} x' for one in speeds)} |")
    print()
    print_table(
        options.trials, hurt, HURTS, {name: {"rounds": str(scene.rounds)} for name, scene in SCENES.items()}
    )


if __name__ == "__main__":
    main()
