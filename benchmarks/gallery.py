"""How surely the programs of ``examples/`` become legitimate again: ``python -m benchmarks.gallery``.

Each begins with all cells booting, has its time to become legitimate, is hurt once, and has as long again; a
recovery has to last for 25 rounds (SPEC.md, "Recovery"). *Wiped*: the left half of the grid restarts; with
5 % of all messages lost, and in a column of its own with 30 %. *Scrambled*: every byte of every cell's RAM is
random, and no cell boots. In brackets: the median number of rounds until it was legitimate. Trials that were
not legitimate for 25 rounds before they were hurt are *not ready*, and are left out of the others.
"""

import argparse
from concurrent.futures import Future
from pathlib import Path
from statistics import median
from typing import Final, NamedTuple

from tqdm import tqdm

from emulator.config import RunConfig
from emulator.faults import Fault
from emulator.record.recovery import Outcome, Recovery
from emulator.world.lattices import Square8
from planaria import Grid, open_program
from planaria.campaign.yardstick import APART
from planaria.system.pool import Pool
from planaria.system.processes import usable_cores

EXAMPLES: Final = Path(__file__).parents[1] / "examples"

WORLDS: Final = {
    "hop_count": (16, 100),
    "leader": (16, 400),
    "census": (16, 200),
    "majority": (16, 1000),
    "firefly": (12, 800),
    "broadcast": (17, 100),
    "localise": (16, 150),
    "damage": (16, 150),
    "spots": (24, 2000),
    "bitmap_vote": (24, 200),
}
"""Of each example the side of its grid, and the rounds in which it has to become legitimate."""


class Hurt(NamedTuple):
    """A column: what is done to the cells, and the share of messages that is lost all the time."""

    name: str
    fault: str
    loss: float


HURTS: Final = (
    Hurt("wiped, 5 % lost", "restart:half:left", 0.05),
    Hurt("wiped, 30 % lost", "restart:half:left", 0.3),
    Hurt("scrambled, 5 % lost", "scramble:all", 0.05),
)


def hurt(name: str, how: Hurt, trials: int) -> list[Recovery]:
    """What became of so many worlds of an example, with seeds from 0."""
    side, rounds = WORLDS[name]
    program = open_program(EXAMPLES / f"{name}.py")
    fault = Fault.parse(f"{how.fault}@{rounds}")
    recoveries = []
    for seed in range(trials):
        config = RunConfig(Square8(side, side), seed=seed, loss=how.loss, faults=(fault,))
        recoveries += Grid(program, config=config, record=False).run(2 * rounds).recoveries
    return recoveries


def cell(recoveries: list[Recovery]) -> str:
    """Such as ``59 of 60 (12)``."""
    judged = [recovery.clean for recovery in recoveries]
    ready = [one for one in judged if one.outcome not in APART]
    rounds = [one.rounds for one in ready if one.rounds is not None]
    said = f"{len(rounds)} of {len(ready)}" + (f" ({median(rounds):.0f})" if rounds else "")
    for outcome, words in ((Outcome.NOT_GROWN, "not ready"), (Outcome.UNHARMED, "unharmed")):
        count = sum(one.outcome is outcome for one in judged)
        said += f", {count} {words}" if count else ""
    return said


def main() -> None:
    """Print a row for each example as soon as it is known."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gallery", description=__doc__)
    parser.add_argument("--trials", type=int, default=60, help="for each cell of the table")
    options = parser.parse_args()
    if options.trials < 1:
        parser.error(f"--trials: {options.trials} - it must be at least 1; 60 are usual")
    with Pool(usable_cores()) as pool:
        asked: dict[str, list[Future[list[Recovery]]]] = {
            name: [pool.submit(hurt, name, how, options.trials) for how in HURTS] for name in WORLDS
        }
        print(f"| program | grid | rounds | {' | '.join(how.name for how in HURTS)} |")
        print(f"|{'---|' * (3 + len(HURTS))}")
        for name, futures in tqdm(asked.items(), unit=" programs", disable=None):
            side, rounds = WORLDS[name]
            cells = " | ".join(cell(future.result()) for future in futures)
            tqdm.write(f"| {name} | {side}x{side} | {rounds} | {cells} |")


if __name__ == "__main__":
    main()
