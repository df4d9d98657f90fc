import pytest

from firmware.radiation import ORBIT_RATE_HZ, flips_per_cell_and_round, times_orbit


def test_flips_per_cell_and_round():
    assert flips_per_cell_and_round(0.002, 10_000) == pytest.approx(0.04096)  # 2,048 bits, 10 ms
    assert flips_per_cell_and_round(1.0, 1_000_000) == 2048
    assert flips_per_cell_and_round(0.0, 10_000) == 0


def test_times_orbit():
    assert pytest.approx(4.6759259e-12) == ORBIT_RATE_HZ  # 4.04e-7 a day
    assert times_orbit(4.04e-7 / 86_400) == 1
    assert times_orbit(0.002) == pytest.approx(427_722_772.3, rel=1e-9)
    assert times_orbit(0.0) == 0
