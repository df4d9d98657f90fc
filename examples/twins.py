"""Cut an organism in two and lay the pieces apart: both become wholes, in their own places.

Run it: ``python examples/twins.py``; it prints what is kept in ``twins.out``. The same as a film:

    planaria run two-headed --grid 72x40 --loss 0.05 --rounds 300 --film twins.film.gif \
        --fault carry:half:left,right=-18@200 --fault carry:half:right,right=18@200
"""

from planaria import Grid, open_genome

WORLDS, ROWS, COLS = 10, 40, 72
CUT_ROUND, ROUNDS = 200, 300
CLEAN = 3.0


def errors(genome, seed):
    """E of the organism in each half of the grid, at most four cells from the middle of its half."""
    apart = COLS // 4
    halves = (
        f"carry:half:left,right={-apart}@{CUT_ROUND}",
        f"carry:half:right,right={apart}@{CUT_ROUND}",
    )
    grid = Grid(genome, rows=ROWS, cols=COLS, seed=seed, loss=0.05, faults=halves, record=False)
    grid.run(ROUNDS)
    pictures = grid.picture[:, : COLS // 2], grid.picture[:, COLS // 2 :]
    return [genome.target.displacement(picture).error for picture in pictures]


def main():
    genome = open_genome("two-headed")
    wholes = 0
    for seed in range(WORLDS):
        left, right = errors(genome, seed)
        wholes += max(left, right) <= CLEAN
        print(f"world {seed}: E {left:.1f} and {right:.1f}")
    print(f"both pieces whole: {wholes} of {WORLDS}")


if __name__ == "__main__":
    main()
