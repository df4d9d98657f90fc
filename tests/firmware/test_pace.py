"""How long an update takes on a chip: the parser, the sums, and the cycles measured again."""

from fractions import Fraction
from math import ceil

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.clock import Timing
from firmware.errors import InputError
from firmware.genome import Genome
from firmware.hardware.chips import CHIPS
from firmware.hardware.sizes import measure
from firmware.pace import PACES, update_cycles, update_us
from firmware.picture import Picture

UNITS_HZ = {"Hz": 1, "kHz": 1_000, "MHz": 1_000_000}


@pytest.mark.parametrize(
    ("chip", "hidden", "us"),
    [
        ("cortex-m0plus@48MHz", 128, 2073),  # 99,464 cycles: 2,072.2 us
        ("cortex-m0plus", 128, 2073),
        ("cortex-m0plus@16MHz", 128, 6217),  # 6,216.5
        ("cortex-m0plus@99464000Hz", 128, 1000),  # exactly 1,000: nothing to round up
        ("cortex-m0plus@99463999hz", 128, 1001),
        ("rv32imc", 128, 450),  # 71,895 cycles at 160 MHz: 449.3
        ("rv32ec@48mhz", 128, 10929),  # 524,556 cycles: 10,928.3
        ("rv32ec@7.5MHz", 1, 1090),  # 8,174 cycles: 1,089.9
        ("rv32ec@32.768kHz", 1, 249451),  # 249,450.7
        ("rv32ec@1kHz", 1, 8174000),
        ("rv32ec@1000MHz", 1, 9),
    ],
)
def test_update_us(chip, hidden, us):
    assert update_us(chip, hidden) == us


@given(
    st.sampled_from(CHIPS),
    st.integers(1, 128),
    st.decimals(1, 1000, places=3),
    st.sampled_from(list(UNITS_HZ)),
)
def test_any_clock(name, hidden, number, unit):
    clock_hz = Fraction(number) * UNITS_HZ[unit]
    if clock_hz < 1000:
        with pytest.raises(InputError, match="1 kHz to 1,000 MHz"):
            update_us(f"{name}@{number}{unit}", hidden)
        return
    exact = Fraction(update_cycles(name, hidden) * 1_000_000) / clock_hz
    if exact > 10_000_000:
        with pytest.raises(InputError, match="us, and may 10,000,000; give a faster clock"):
            update_us(f"{name}@{number}{unit}", hidden)
        return
    assert update_us(f"{name}@{number}{unit}", hidden) == ceil(exact)


def test_too_slow_for_any_world():
    """The last that a run takes, and the first that it does not."""
    assert update_us("rv32imc@7189.5Hz", 128) == 10_000_000
    with pytest.raises(InputError) as caught:
        update_us("rv32imc@7189.4Hz", 128)
    assert str(caught.value) == (
        "chip: rv32imc@7189.4Hz - an update of 128 hidden units would take 10,000,140 us, "
        "and may 10,000,000; give a faster clock"
    )


@pytest.mark.parametrize(
    ("chip", "says"),
    [
        ("", "it is unknown; choose one of cortex-m0plus, rv32imc, rv32ec"),
        ("z80@4MHz", "chip: z80 - it is unknown"),
        ("host@48MHz", "chip: host - it is no chip"),
        ("wasm", "chip: wasm - it is no chip"),
        ("@48MHz", "it is unknown"),
        ("RV32EC", "it is unknown"),
        *(
            (f"rv32ec@{clock}", "after @ stands no clock; write NAME@48MHz")
            for clock in (
                *("", "48", "MHz", "-48MHz", "+48MHz", "4e7Hz", "48 MHz", " 48MHz", "48MHz ", "48MHz\n"),
                *("48GHz", "inf MHz", "infMHz", "nanHz", "1/2MHz", ".5MHz", "5.MHz", "1_000Hz", "٤٨MHz"),
                *("4" * 13 + "Hz", "48MHz@48MHz"),
            )
        ),
        *(
            (f"rv32ec@{clock}", "the clock must be 1 kHz to 1,000 MHz")
            for clock in ("0MHz", "0Hz", "0.000000000001Hz", "999.999Hz", "1000.000001MHz", "999999999999MHz")
        ),
    ],
)
def test_not_a_chip(chip, says):
    with pytest.raises(InputError) as caught:
        update_us(chip, 128)
    assert says in str(caught.value)


@given(st.text() | st.from_regex(r"rv32ec(@[0-9.]*[kM]?Hz)?"))
def test_any_text_is_a_chip_or_explained(text):
    try:
        us = update_us(text, 128)
    except InputError:
        return
    assert us > 0


@pytest.mark.parametrize("hidden", [0, 129, -1])
def test_no_such_rule(hidden):
    with pytest.raises(InputError, match=r"hidden units: .* 1 to 128"):
        update_us("rv32ec", hidden)


def test_every_chip_has_a_pace():
    assert set(PACES) == set(CHIPS)


def wakeful(hidden):
    """A rule whose every unit is awake, and as excited as it can be, whatever the inputs."""
    return Genome(
        name="wakeful",
        w1=np.full((hidden, 48), -1, np.int8),
        b1=np.full(hidden, 32_767, np.int16),
        w2=np.full((hidden, 16), -1, np.int8),
        shift1=7,
        shift2=8,
        regime="growing",
        target=Picture.of(np.full((8, 8, 4), 255, np.uint8)),
    )


@pytest.mark.parametrize("hidden", [1, 64, 128])
@pytest.mark.parametrize("chip", ["cortex-m0plus", "rv32imc"])
def test_measured_again(built, chip, hidden):
    binary, _ = built(wakeful(hidden), chip, Timing())
    assert measure(binary)["cycles_per_update"] == update_cycles(chip, hidden)


@pytest.mark.parametrize("hidden", [1, 128])
def test_measured_again_without_a_multiplier(built, hidden):
    binary, _ = built(wakeful(hidden), "rv32ec", Timing())
    bound = update_cycles("rv32ec", hidden)
    assert 0.99 * bound <= measure(binary)["cycles_per_update"] <= bound


@pytest.mark.parametrize("chip", CHIPS)
def test_no_genome_is_slower(built, genome, chip):
    binary, _ = built(genome, chip, Timing())
    assert measure(binary)["cycles_per_update"] < update_cycles(chip, genome.hidden)


def test_slower_code_is_noticed(built, change_source):
    """A no-operation more for each hidden unit."""
    change_source("neural.c", "        unit++;\n", '        unit++;\n        __asm__ volatile("nop");\n')
    binary, _ = built(wakeful(1), "cortex-m0plus", Timing())
    assert measure(binary)["cycles_per_update"] == update_cycles("cortex-m0plus", 1) + 1
