"""How surely genomes heal, as a table: ``python -m benchmarks.healing A.genome B.genome --worlds 60``.

``planaria.healing`` says what the wounds are, and when an organism is clean. Messages are lost all the time:
5 %, or half where it is said. In brackets: the lower end of the exact interval of 95 %, in per cent.
*Not grown* are organisms that were not recognisable before one of the five cuts; they count like all others.
Genomes that were not trained to regenerate are not wounded.
"""

import argparse
from concurrent.futures import Future
from pathlib import Path
from statistics import fmean
from typing import Final, NamedTuple

from tqdm import tqdm

from emulator.config import RunConfig
from firmware.errors import InputError
from firmware.genome import Genome
from planaria import Grid
from planaria.appraisal import CUTS, room
from planaria.campaign.statistics import clopper_pearson
from planaria.healing import LOSS, MARGIN, Healed, Wound, cuts, harder, heal, in_own_worlds
from planaria.system.pool import Pool, result_of
from planaria.system.processes import usable_cores

HARD_LOSS: Final = 0.5
HARD_SHARE: Final = 5
"""With so many messages lost, cuts strike in a fifth of the worlds."""

LOOKS: Final = (200, 1_000, 10_000)
"""Rounds after which E of an undisturbed organism is taken, in a world with usual loss."""

COLUMNS: Final = (
    "genome",
    "px",
    "seed",
    "trained, s",
    *(f"E at {rounds:,}" for rounds in LOOKS),
    *CUTS,
    "5 cuts",
    f"5 cuts, {HARD_LOSS:.0%} lost",
    "half of all cells",
    "babble",
    "not grown",
    f"not grown, {HARD_LOSS:.0%} lost",
)


class Row(NamedTuple):
    """What is asked of one genome: the answers are on their way."""

    genome: Genome
    errors: "Future[list[float]]"
    cut: "list[Future[Healed]]"
    cut_hard: "list[Future[Healed]]"
    harder: "list[Future[Healed]]"

    def cells(self) -> list[str]:
        """Its cells of the table."""
        cut, cut_hard, harder = ([result_of(future) for future in part] for part in self[2:])
        facts, target = self.genome.facts, self.genome.target
        seconds = facts.get("train_seconds")
        wounds = [*([one] for one in cut), cut, cut_hard, *([one] for one in harder)]
        not_grown = [str(sum(healed.not_grown for healed in part)) for part in (cut, cut_hard)]
        return [
            self.genome.name,
            str(max(target.width, target.height)),
            str(facts.get("seed", "-")),
            f"{seconds:,.0f}" if isinstance(seconds, int | float) else "-",
            *(f"{error:.1f}" for error in result_of(self.errors)),
            *([count(healed) for healed in wounds] + not_grown if cut else ["-"] * (len(CUTS) + 6)),
        ]


def errors(genome: Genome) -> list[float]:
    """E of an organism in a world with usual loss, after each of ``LOOKS``."""
    grid = Grid(genome, config=RunConfig(room(genome, MARGIN), loss=LOSS), record=False)
    by_round = grid.run(LOOKS[-1]).error_by_round
    return [by_round[rounds] for rounds in LOOKS]


def count(healed: list[Healed]) -> str:
    """Such as ``299 of 300 (98.2)``."""
    clean, worlds = sum(one.clean for one in healed), sum(len(one.worst) for one in healed)
    low = clopper_pearson(clean, worlds).low
    assert low is not None
    return f"{clean} of {worlds} ({100 * low:.1f})"


def ask(pool: Pool, genome: Genome, worlds: int) -> Row:
    """Ask for all of a row."""
    few = max(1, worlds // HARD_SHARE)
    heals = genome.regime == "regenerating"
    five, two = (cuts(genome), harder(genome)) if heals else ([], [])

    def asked(wounds: list[Wound], worlds: int, loss: float, first_seed: int = 0) -> "list[Future[Healed]]":
        own = in_own_worlds(wounds, worlds, first_seed)
        return [pool.submit(heal, genome, wound, worlds, loss, seed) for wound, seed in own]

    return Row(
        genome,
        pool.submit(errors, genome),
        asked(five, worlds, LOSS),
        asked(five, few, HARD_LOSS),
        asked(two, worlds, LOSS, len(five) * worlds),
    )


def main() -> None:
    """Print a row for each genome as soon as it is known."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.healing", description=__doc__)
    parser.add_argument("genomes", type=Path, nargs="+")
    parser.add_argument("--worlds", type=int, default=12, help="for each wound")
    options = parser.parse_args()
    if options.worlds < 1:
        parser.error(f"--worlds: {options.worlds} - it must be at least 1; 12 are usual")
    try:
        genomes = [Genome.load(path) for path in options.genomes]
    except InputError as error:
        parser.error(str(error))
    with Pool(usable_cores()) as pool:
        rows = [ask(pool, genome, options.worlds) for genome in genomes]
        print(f"| {' | '.join(COLUMNS)} |\n|{'---|' * len(COLUMNS)}")
        for row in tqdm(rows, unit=" genomes", disable=None):
            tqdm.write(f"| {' | '.join(row.cells())} |")
        wounds = [[result_of(future) for future in row.cut] for row in rows if row.cut]
    shares = [fmean(healed.clean / len(healed.worst) for healed in cut) for cut in wounds]
    if shares:
        print(f"clean after a cut, on average: {fmean(shares):.2%}; of the worst genome: {min(shares):.2%}")


if __name__ == "__main__":
    main()
