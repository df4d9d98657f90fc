"""How surely the programs of ``examples/`` become legitimate again: ``python -m benchmarks.gallery``.

Each begins with all cells booting, has its time to become legitimate, is hurt once, and has as long again; a
recovery has to last for 25 rounds (SPEC.md, "Recovery"). *Wiped*: the left half of the grid restarts; with
5 % of all messages lost, and in a column of its own with 30 %. *Scrambled*: every byte of every cell's RAM is
random, and no cell boots. In brackets: the median number of rounds until it was legitimate. Trials that were
not legitimate for 25 rounds before they were hurt are *not ready*, and are left out of the others.
"""

import argparse
from collections.abc import Callable, Mapping, Sequence
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
from planaria.system.pool import Pool, result_of
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
    """A column: what is done to the cells, the share of all messages that is lost, and other faults."""

    name: str
    fault: str
    loss: float
    besides: tuple[str, ...] = ()


Hurter = Callable[[str, Hurt, int], list[Recovery]]
"""Takes the name of an example, what is done to it, and in how many worlds."""

HURTS: Final = (
    Hurt("wiped, 5 % lost", "restart:half:left", 0.05),
    Hurt("wiped, 30 % lost", "restart:half:left", 0.3),
    Hurt("scrambled, 5 % lost", "scramble:all", 0.05),
)


def hurt(name: str, how: Hurt, trials: int) -> list[Recovery]:
    """What became of so many worlds of an example, with seeds from 0."""
    side, rounds = WORLDS[name]
    program = open_program(EXAMPLES / f"{name}.py")
    faults = tuple(map(Fault.parse, (*how.besides, f"{how.fault}@{rounds}")))
    recoveries = []
    for seed in range(trials):
        config = RunConfig(Square8(side, side), seed=seed, loss=how.loss, faults=faults)
        recoveries += Grid(program, config=config, record=False).run(2 * rounds).recoveries[-1:]
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


def print_table(
    trials: int, hurt: Hurter, hurts: Sequence[Hurt], rows: Mapping[str, Mapping[str, str]]
) -> None:
    """Print a row for each example as soon as it is known.

    Args:
        trials: for each cell of the table.
        hurt: hurts so many worlds of an example.
        hurts: the columns.
        rows: name of an example -> what stands before these, by column.
    """
    first = next(iter(rows.values()))
    with Pool(usable_cores()) as pool:
        asked: dict[str, list[Future[list[Recovery]]]] = {
            name: [pool.submit(hurt, name, how, trials) for how in hurts] for name in rows
        }
        print(f"| program | {' | '.join([*first, *(how.name for how in hurts)])} |")
        print(f"|{'---|' * (1 + len(first) + len(hurts))}")
        for name, futures in tqdm(asked.items(), unit=" programs", disable=None):
            cells = (cell(result_of(future)) for future in futures)
            tqdm.write(f"| {name} | {' | '.join([*rows[name].values(), *cells])} |")


def main() -> None:
    """Print the table of all examples."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gallery", description=__doc__)
    parser.add_argument("--trials", type=int, default=60, help="for each cell of the table")
    options = parser.parse_args()
    if options.trials < 1:
        parser.error(f"--trials: {options.trials} - it must be at least 1; 60 are usual")
    rows = {
        name: {"grid": f"{side}x{side}", "rounds": str(rounds)} for name, (side, rounds) in WORLDS.items()
    }
    print_table(options.trials, hurt, HURTS, rows)


if __name__ == "__main__":
    main()
