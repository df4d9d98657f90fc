"""What power faults do, cell by cell, on the reference engine; test_window compares the others with it."""

import numpy as np
import pytest

from emulator.faults import Fault
from emulator.faults.memory import flip_masks
from emulator.world.draws import Stream, draw32, key, threshold
from emulator.world.rate import DARK
from firmware.memory import FIELD

ALL = np.arange(144)
KEPT = [i for i in range(256) if not FIELD["prng"].offset <= i < FIELD["prng"].end]
"""All RAM but the PRNG, which a boot sets."""


def grown(build, *faults):
    """A grid at 3.5 rounds, whose faults come after that."""
    engine = build(seed=3, faults=tuple(map(Fault.parse, faults)))
    engine.run(3)
    return engine


def dark(engine):
    return np.flatnonzero(engine.due_us(ALL) == DARK).tolist()


@pytest.mark.parametrize("what", ["restart:all{}@3.0001", "kill:all{}@3.0001+0.0002"])
def test_what_a_booting_cell_finds(build, what):
    before = grown(build, what.format(",ram=stale")).read_ram(ALL)
    assert before.any()
    for ram, expected in (("stale", before), ("blank", np.zeros_like(before))):
        engine = grown(build, what.format(f",ram={ram}"))
        engine.environment.run(until=30_004)
        assert (engine.read_ram(ALL)[:, KEPT] == expected[:, KEPT]).all()
    engine = grown(build, what.format(",ram=random"))
    engine.environment.run(until=30_004)
    words = [draw32(key(3, Stream.RAM, (1 << 32) | 77), word) for word in range(64)]
    random = np.array(words, "<u4").view(np.uint8)
    assert (engine.read_ram(ALL)[77, KEPT] == random[KEPT]).all()


def test_brownout_flips_some_of_what_was_there(build):
    before = grown(build).read_ram(ALL)
    engine = grown(build, "brownout:all,flipped=0.005@3.0001+0.0002")
    engine.environment.run(until=30_004)
    changed = before ^ engine.read_ram(ALL)
    expected = flip_masks(3, 1, 0, ALL, 2048 * 0.005)
    assert (changed[:, KEPT] == expected[:, KEPT]).all()
    assert 8 < np.unpackbits(expected, axis=1).sum(axis=1).mean() < 12.5


def test_stale_ram_is_kept_only_by_the_fault_that_took_the_power(build):
    """Power that a kill keeps away when the brownout ends comes back to a blank cell."""
    engine = grown(build, "brownout:all,flipped=0@3.1+0.3", "kill:half:left@3.2+0.5")
    before = engine.read_ram(ALL)
    engine.environment.run(until=34_001)
    left = ALL % 12 < 6
    assert dark(engine) == ALL[left].tolist()
    assert (engine.read_ram(ALL)[~left][:, :16] == before[~left][:, :16]).mean() > 0.5  # some have updated
    engine.environment.run(until=37_001)
    assert dark(engine) == []
    assert not engine.read_ram(ALL)[left][:, :16].any()


def test_flaky_cells_fail_and_are_repaired_by_draw(build):
    engine = build(seed=3, faults=(Fault.parse("flaky:half:top,mtbf_rounds=3,mttr_rounds=2@1+6"),))
    cells = range(72)
    down = set()
    for tick in range(6):
        draws = {cell: draw32(key(3, Stream.FLAKY, (1 << 32) | cell), tick) for cell in cells}
        mended = {cell for cell in down if draws[cell] < threshold(1 / 2)}
        failed = {cell for cell in cells if cell not in down and draws[cell] < threshold(1 / 3)}
        down = (down - mended) | failed
        engine.environment.run(until=10_001 + 10_000 * tick)
        assert dark(engine) == sorted(down)
        assert down
    engine.environment.run(until=70_001)
    assert dark(engine) == []


def test_a_rolling_blackout(build):
    engine = build(faults=(Fault.parse("rolling:3@1+6"),))
    for time_us, rows in (
        (9_999, []),
        (10_001, range(4)),
        (30_001, range(4, 8)),
        (50_001, range(8, 12)),
        (70_001, []),
    ):
        engine.environment.run(until=time_us)
        assert dark(engine) == [12 * row + col for row in rows for col in range(12)]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        (
            "rolling:3@0+0.0017",
            [
                "kill:band:0,3@0+0.000567",
                "kill:band:1,3@0.000567+0.000566",
                "kill:band:2,3@0.001133+0.000567",
            ],
        ),
        ("rolling:2@1.5+3", ["kill:band:0,2@1.5+1.5", "kill:band:1,2@3+1.5"]),
    ],
)
def test_the_stripes_of_a_rolling_blackout_meet(text, parts):
    """Each begins when the one before it ends, from exact values, however the division comes out."""
    assert [str(part) for part in Fault.parse(text).expand(0, 1)] == parts


def test_a_mix_that_begins_at_once():
    """1E-7 is no text of a fault."""
    parts = Fault.parse("mix:1000@0.0000001+1").expand(seed=0, number=1)
    assert str(min(part.start_rounds for part in parts)) == "1E-7"
    assert all(Fault.parse(str(part)) == part for part in parts)


def test_a_mix_is_drawn_by_the_seed():
    mix = Fault.parse("mix:40@10+20")
    parts = mix.expand(seed=5, number=1)
    assert parts == mix.expand(seed=5, number=1)
    assert parts != mix.expand(seed=6, number=1)
    assert len({part.kind for part in parts}) > 8
    assert all(10 <= part.start_rounds <= 30 for part in parts)
    assert all(part.is_instant or part.start_rounds + part.length_rounds <= 30 for part in parts)


def test_flips_are_poisson_and_hit_what_has_power(build):
    text = "flips:all,rate_hz=0.05@3.0001+0.0001"
    engine = grown(build, text)
    before = engine.read_ram(ALL)
    engine.environment.run(until=30_004)
    masks = flip_masks(3, 1, 0, ALL, 2048 * 0.05 * 0.01)
    assert ((before ^ engine.read_ram(ALL)) == masks).all()
    flips = np.unpackbits(masks, axis=1).sum(axis=1)
    assert abs(flips.mean() - 1.024) < 0.35
    assert 0.2 < (flips == 0).mean() < 0.55
    engine = grown(build, "kill:all@3.00005", text)
    engine.environment.run(until=30_004)
    assert not engine.read_ram(ALL).any()


def test_flips_by_hand():
    """Cell 7 under fault 2 at tick 3: the number from draw 192, the places from the draws after it."""
    chance = key(9, Stream.FLIP, (2 << 32) | 7)
    (mask,) = flip_masks(9, 2, 3, np.array([7]), 5.0)
    cumulative, term, count = 0.0, 2.718281828459045**-5.0, 0
    while draw32(chance, 192) >= (cumulative := cumulative + term) * 2**32:
        count += 1
        term *= 5.0 / count
    assert count >= 2
    expected = np.zeros(256, np.uint8)
    for flip in range(count):
        bit = draw32(chance, 193 + flip) * 2048 >> 32
        expected[bit // 8] ^= 1 << bit % 8
    assert (mask == expected).all()
