import pytest

from firmware.energy import SUPPLIES, update_uj
from firmware.hardware.chips import CHIPS


def test_update_uj():
    """4.9 mA at 48 MHz and 3.3 V are 16.17 mW, for 48 million cycles a second."""
    assert update_uj("cortex-m0plus", 48_000_000) == pytest.approx(16_170)
    assert update_uj("cortex-m0plus", 75_604) == pytest.approx(25.469, abs=1e-3)
    assert update_uj("rv32imc", 160_000_000) == pytest.approx(88_440)
    assert update_uj("cortex-m0plus", 0) == 0


def test_a_chip_without_a_figure_has_none():
    assert update_uj("rv32ec", 75_604) is None
    assert set(SUPPLIES) < set(CHIPS)
