"""A run with a progress bar, and a word about the engine if it has to be compiled first."""

import sys

from tqdm import tqdm

from emulator.record.result import RunResult
from planaria.compiling import announcement
from planaria.grid import Grid
from planaria.say import before_bar, say


def run_with_progress(grid: Grid, rounds: int, name: str) -> RunResult:
    """Run a grid with a progress bar, where somebody can see one; returns what ``grid.run`` does.

    Args:
        grid: whose ``on_round`` is taken for the bar.
        rounds: how many.
        name: before the bar.

    Raises:
        InputError: as ``Grid.run``.
    """
    if grid.compiles and sys.stderr.isatty():
        say(announcement(), file=sys.stderr)
    with tqdm(total=rounds, unit=" rounds", desc=before_bar(name), disable=None, leave=False) as bar:

        def tick(round_number: int) -> None:
            bar.update(round_number - bar.n)
            bar.set_postfix_str(f"E {grid.error:.2f}", refresh=False)

        grid.on_round = tick
        return grid.run(rounds)
