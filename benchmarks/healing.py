"""How many cuts of a genome are clean again: ``python -m benchmarks.healing F.genome --worlds 12``.

An organism grows for 200 rounds on a grid with a margin of eight cells and loses a half, or a square in the
middle with half of its longer side. It is clean if E is at most 3 in each of the rounds 100 to 125 from then.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path

from firmware.genome import Genome
from planaria import Grid

MARGIN, GROWN_ROUNDS, HEALING_ROUNDS, DWELL_ROUNDS = 8, 200, 100, 25
CLEAN = 3.0


def cuts(genome: Genome) -> Iterator[str]:
    """The five cuts, as faults."""
    rows, cols = (side + 2 * MARGIN for side in genome.target.rgba.shape[:2])
    side = max(genome.target.rgba.shape[:2]) // 4 * 2
    yield from (f"restart:half:{half}@{GROWN_ROUNDS}" for half in ("left", "right", "top", "bottom"))
    yield f"restart:rect:{(rows - side) // 2},{(cols - side) // 2},{side},{side}@{GROWN_ROUNDS}"


def errors(genome: Genome, fault: str, seed: int, loss: float) -> list[float]:
    """E of each round after a cut in which an organism has to be clean."""
    rows, cols = (side + 2 * MARGIN for side in genome.target.rgba.shape[:2])
    grid = Grid(genome, rows=rows, cols=cols, seed=seed, loss=loss, faults=[fault], record=False)
    grid.run(GROWN_ROUNDS + HEALING_ROUNDS + DWELL_ROUNDS)
    return grid.result.error_by_round[GROWN_ROUNDS + HEALING_ROUNDS :]


def main() -> None:
    """Cut organisms in worlds with the seeds 0, 1, 2 and so on."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.healing", description=__doc__)
    parser.add_argument("genome", type=Path)
    parser.add_argument("--worlds", type=int, default=12, help="for each of the five cuts")
    parser.add_argument("--loss", type=float, default=0.05, help="share of messages lost, all the time")
    options = parser.parse_args()
    genome, clean, worst = Genome.load(options.genome), 0, []
    for fault in cuts(genome):
        for seed in range(options.worlds):
            largest = max(errors(genome, fault, seed, options.loss))
            clean += largest <= CLEAN
            worst.append((largest, fault, seed))
    print(f"{genome.name}: {clean} of {len(worst)} clean; the worst:")
    for largest, fault, seed in sorted(worst, reverse=True)[:3]:
        print(f"  E {largest:.1f} after {fault}, seed {seed}")


if __name__ == "__main__":
    main()
