"""What Python programs give to a grid: NumPy's numbers are numbers, and the rest is refused by name."""

import numpy as np
import pytest

from firmware.errors import InputError
from planaria import Grid, open_genome


@pytest.fixture(scope="module")
def ring():
    return open_genome("ring")


def test_numbers_of_numpy_are_the_same_world(ring):
    options = {"seed": 3, "latency_us": 500, "jitter_us": 100, "compute_us": 100, "mean_interval_us": 10000}
    options |= {"dwell_rounds": 3, "loss": 0.5, "gone_fraction": 0.75, "grown_error": 8}
    expected = Grid(ring, 22, 23, **options).run(3)
    for kind in (np.int16, np.uint16, np.int64):
        other = {
            name: kind(value) if type(value) is int else np.float32(value) for name, value in options.items()
        }
        grid = Grid(ring, np.uint8(22), np.int8(23), **other)
        grid.run(np.uint8(1))
        assert grid.run(np.int8(2)).as_dict() == expected.as_dict()
    assert Grid(ring, 22, 22, seed=np.uint64(1 << 63)).run(1).trace_sha256


@pytest.mark.parametrize(
    ("option", "says"),
    [
        ({"rows": 22.0}, r"^rows: 22.0 - it must be a whole number"),
        ({"cols": "22"}, r"^cols: '22' - it must be a whole number"),
        ({"seed": None}, r"^seed: None - it must be a whole number"),
        ({"latency_us": 1.5}, r"^latency_us: 1.5 - it must be a whole number"),
        ({"jitter_us": 0.5}, r"^jitter_us: 0.5"),
        ({"compute_us": 1.5}, r"^compute_us: 1.5"),
        ({"mean_interval_us": 1e4}, r"^mean_interval_us: 10000.0"),
        ({"dwell_rounds": 1.5}, r"^dwell_rounds: 1.5"),
        ({"loss": "0.1"}, r"^loss: '0.1' - it must be a number"),
        ({"gone_fraction": None}, r"^gone_fraction: None - it must be a number"),
        ({"grown_error": "x"}, r"^grown_error: 'x' - it must be a number"),
        ({"faults": "restart:all@1"}, r"list of texts; write \['restart:all@1'\]"),
        ({"faults": [3]}, r"^faults: 3 - it must be a text"),
        (
            {"genome": "ring"},
            r"^genome: 'ring' - it must be a Genome, or a program; e.g. open_genome",
        ),
    ],
)
def test_what_is_no_number(ring, option, says):
    with pytest.raises(InputError, match=says):
        Grid(**{"genome": ring, "rows": 22, "cols": 22} | option)


@pytest.mark.parametrize("rounds", [2.0, "3", None, float("nan"), np.array([2])])
def test_rounds_that_are_no_whole_number(ring, rounds):
    grid = Grid(ring, 22, 22)
    with pytest.raises(InputError, match=r"rounds: .* whole number"):
        grid.run(rounds)
    assert grid.rounds == 0


@pytest.mark.parametrize("spec", [None, 3, b"kill:all"])
def test_wounds_that_are_no_text(ring, spec):
    with pytest.raises(InputError, match="it must be a text"):
        Grid(ring, 22, 22).wound(spec)
