from emulator.faults import Fault
from planaria.radiation import describe_rates


def test_rates_in_words():
    faults = [
        Fault.parse(text) for text in ("flips:0.002@1+2", "restart:all@1", "flips:half:left,rate_hz=0.002@3")
    ]
    assert describe_rates(faults, 10_000) == [
        "0.002 flips per bit and second are 0.041 per cell and round, 4.3e+08 times low Earth orbit "
        "(Alsat-1: 4.04e-07 per bit and day)"
    ]
    assert describe_rates([Fault.parse("flips:0@1")], 10_000) == []


def test_a_run_says_what_its_flips_and_its_updates_are(planaria):
    done = planaria(
        *("run", "ring", "--grid", "20x20", "--rounds", 30, "--chip", "rv32ec@96MHz"),
        *("--fault", "flips:0.001@1+2"),
    )
    assert "an update takes 5,465 us on rv32ec@96MHz, at most" in done.stdout
    assert "0.001 flips per bit and second are 0.0205 per cell and round" in done.stdout


def test_bad_chips(refused):
    refused("run", "ring", "--chip", "z80", says=["chip: z80", "choose one of cortex-m0plus, rv32imc"])
    refused("run", "ring", "--chip", "rv32ec@fast", says=["after @ stands no clock"])
    refused("run", "ring", "--chip", "rv32ec", "--compute-us", 5, says=["compute_us is given too"])
    refused("run", "ring", "--compute-us", -1, says=["compute_us: -1", "0 to 10,000,000"])
