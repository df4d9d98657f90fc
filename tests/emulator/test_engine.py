import hashlib
import io
import struct

import numpy as np
import pytest

from emulator.faults import Fault
from emulator.record.predicate import Predicate
from firmware.errors import InputError

WORLD = {
    "seed": 2,
    "jitter_us": 900,
    "loss": 0.05,
    "faults": (Fault.parse("restart:half:left@6"), Fault.parse("kill:disc:6,6,2@9.5+3")),
}


def test_a_run_in_parts_is_a_run_at_once(build):
    whole, parts = build(**WORLD), build(**WORLD)
    for rounds in (1, 5, 4, 6):
        parts.run(rounds)
    assert whole.run(16) == parts.result()
    assert (whole.states == parts.states).all()


def test_the_same_seed_gives_the_same_result_and_another_seed_another(build):
    assert build(**WORLD).run(8) == build(**WORLD).run(8)
    assert build(**WORLD).run(8).trace_sha256 != build(**{**WORLD, "seed": 3}).run(8).trace_sha256


def test_the_trace_file_has_the_hash_and_one_record_an_update_in_order(build):
    file = io.BytesIO()
    result = build(trace_file=file, **WORLD).run(8)
    content = file.getvalue()
    assert hashlib.sha256(content).hexdigest() == result.trace_sha256
    records = [record[:2] for record in struct.iter_unpack("<QI16s", content)]
    assert len(records) == result.updates
    assert records == sorted(records)


def test_one_error_a_round_and_the_first_just_after_boot(build):
    engine = build()
    seen = []
    engine.on_round = lambda number: seen.append((number, engine.time_us, engine.error))
    result = engine.run(5)
    assert [number for number, _, _ in seen] == [0, 1, 2, 3, 4, 5]
    assert [time_us for _, time_us, _ in seen] == [0, 10_000, 20_000, 30_000, 40_000, 50_000]
    assert result.error_by_round == [error for _, _, error in seen]
    assert engine.rounds == 5
    engine.run(1)
    assert len(engine.result().error_by_round) == 7


def test_at_boot_only_the_seed_shows(build, genome):
    engine = build()
    row, col = genome.target.seed_cell(12, 12)
    assert engine.states[row, col].tolist() == [0, 0, 0] + [64] * 13
    assert np.argwhere(engine.states.any(axis=-1)).tolist() == [[row, col]]


def test_pictures_are_copies_of_the_visible_channels(build, genome):
    engine = build()
    engine.run(6)
    picture, states = engine.picture, engine.states
    assert (picture.shape, picture.dtype) == ((12, 12, 4), np.int8)
    assert (states.shape, states.dtype) == ((12, 12, 16), np.int8)
    assert (picture == states[..., :4]).all()
    assert engine.error == genome.target.error(picture)
    before = picture.copy()
    engine.run(6)
    assert (picture == before).all()
    assert (engine.picture != before).any()


def test_messages_are_accounted_for(build):
    result = build(**WORLD).run(20)
    on_the_way = result.messages - result.delivered - result.lost - result.unheard
    assert 0 <= on_the_way < 8 * 144
    assert result.lost / result.messages == pytest.approx(0.05, abs=0.01)
    assert result.unheard > 0
    assert result.updates == pytest.approx(20 * 144, rel=0.1)


def test_a_wound_between_runs(build):
    engine = build()
    engine.run(8)
    engine.wound(Fault.parse("restart:half:left@8"))
    assert engine.picture[:, :6].any()
    result = engine.run(4)
    (recovery,) = result.recoveries
    assert recovery.error_before == result.error_by_round[8]
    assert recovery.error_after != recovery.error_before
    assert recovery.end_rounds == 8.0001


def test_a_planned_wound_blanks_before_anything_else_of_its_microsecond(build):
    engine = build(faults=(Fault.parse("kill:rect:0,0,12,12@8"),))
    result = engine.run(8)
    assert not engine.states.any()
    assert result.error_by_round[8] == result.recoveries[0].error_after == 1000.0


def test_what_a_kill_for_ever_leaves_is_watched_from_its_strike(build):
    engine = build(faults=(Fault.parse("kill:half:left@8"),))
    (recovery,) = engine.run(20).recoveries
    assert (recovery.end_rounds, recovery.observed_rounds) == (8.0, 12.0)


def test_a_fault_at_the_very_start(build):
    engine = build(faults=(Fault.parse("restart:rect:0,0,12,12@0"),))
    assert engine.run(3).error_by_round == [1000.0] * 4  # the strap is read at first power-on only


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("restart:half:left@2", "round 3 has come already; begin it now or later"),
        ("kill:disc:12,0,1@5", "its region is outside the grid of 12x12 cells"),
    ],
)
def test_wounds_that_cannot_be(build, spec, message):
    engine = build()
    engine.run(3)
    with pytest.raises(InputError, match=message):
        engine.wound(Fault.parse(spec))


@pytest.mark.parametrize("rounds", [0, -1, 10**9])
def test_a_run_goes_forward(build, rounds):
    engine = build()
    with pytest.raises(InputError, match=f"rounds: {rounds} - it must be 1 to 100,000,000"):
        engine.run(rounds)
    assert engine.time_us == 0


def test_the_target_must_fit(build):
    with pytest.raises(InputError, match="8x8 px on a grid of 7x8 cells - it must fit into the grid"):
        build(rows=8, cols=7)


def test_recovery_of_a_program_that_heals_at_once(tick):
    faults = (Fault.parse("kill:rect:0,0,1,1@3+2"),)
    engine, program = tick(1, 1, faults=faults, predicate=Predicate(dwell_rounds=1))
    wake = program.wake

    def show_white(ram):
        ram.state[:4] = 64
        return wake(ram)

    program.wake = show_white
    (recovery,) = engine.run(40).recoveries
    assert (recovery.outcome, recovery.end_rounds, recovery.rounds) == ("recovered", 5.0, 1.0)
    assert (recovery.time_ms, recovery.updates, recovery.async_rounds) == (1.0, 1, 1)
    assert (recovery.clean.outcome, recovery.clean.rounds) == ("recovered", 1.0)
