"""After every RAM of the grid was blank, nothing comes back: no memory is left in the wires."""

import pytest

from planaria import Grid, open_genome

SEEDS = range(15)


@pytest.mark.parametrize("latency_us", [1, 500, 2_000, 50_000])
def test_nothing_outlives_a_restart_of_all_cells(latency_us):
    """60 worlds; wires as long as five rounds hold what every cell has said in all that time."""
    for seed in SEEDS:
        grid = Grid(
            open_genome("ring"),
            24,
            24,
            seed=seed,
            latency_us=latency_us,
            faults=["restart:all@40"],
            record=False,
        )
        result = grid.run(70)
        assert not grid.states.any(), f"seed {seed}"
        assert result.cut > 0 or latency_us == 1
        assert result.verdict.recovered is False


def test_nor_with_jitter_and_slow_updates():
    grid = Grid(
        open_genome("ring"),
        24,
        24,
        latency_us=5_000,
        jitter_us=20_000,
        compute_us=2_000,
        faults=["restart:all@40"],
        record=False,
    )
    grid.run(80)
    assert not grid.states.any()


def test_what_links_hold_back_does():
    """A fault keeps frames on their way for three rounds: they are the link's, and the organism lives on."""
    faults = ["delay:30000@30+9", "restart:all@40"]
    grid = Grid(open_genome("ring"), 24, 24, seed=3, faults=faults, record=False)
    grid.run(60)
    assert grid.states.any()
