import pickle

import numpy as np
import pytest

from emulator.faults import Fault
from emulator.world.entropy import Entropy
from firmware.program import Failure, MachineError


def powered(engine):
    """Which cells have power: a metronome shows 1."""
    return engine.states[..., 0].ravel().tolist()


def test_the_strap_is_set_on_the_seed_at_first_power_on_only(tick):
    engine, program = tick(1, 3, faults=(Fault.parse("restart:half:right@1"),))
    engine.run(1)
    boots = [entry for entry in program.log if entry[0] == "boot"]
    assert boots == [
        ("boot", 0, False),
        ("boot", 1, True),
        ("boot", 2, False),
        ("boot", 1, False),
        ("boot", 2, False),
    ]


def test_entropy_is_drawn_by_cell_and_boot(tick):
    engine, program = tick(1, 2, seed=9, faults=(Fault.parse("restart:half:left@1"),))
    seen, original = [], program.boot

    def boot(ram, entropy, strap):
        seen.append(entropy)
        return original(ram, entropy, strap)

    program.boot = boot
    engine.run(1)
    assert seen == [Entropy(9, 2).draw(0, 1)]


def test_a_restart_blanks_all_256_bytes(tick):
    engine, program = tick(1, 2)
    engine.run(1)
    engine._memory[:] = 0x55
    engine.wound(Fault.parse("restart:half:left@1"))
    program.boot = lambda ram, entropy, strap: 10_000
    engine.run(1)
    assert not engine._memory[0].any()
    assert (engine._memory[1, 16:212] == 0x55).all()


def test_a_killed_cell_neither_wakes_nor_hears_until_its_time_is_over(tick):
    engine, program = tick(1, 2, latency_us=300, faults=(Fault.parse("kill:half:left@1.5+3"),))
    engine.run(4)
    after = program.log[6:]
    assert {entry[1] for entry in after} == {1}
    assert engine.result().unheard == 2  # what cell 1 said at 2000 and 3000
    assert powered(engine) == [0, 1]
    program.log.clear()
    engine.run(2)
    assert ("boot", 0, False) in program.log
    assert ("wake", 0, None) in program.log
    assert powered(engine) == [1, 1]


def received(program, cell):
    """What a metronome has received: (port, frame)."""
    return [detail for what, who, detail in program.log if (what, who) == ("receive", cell)]


@pytest.mark.parametrize(("moment", "whole"), [("2.499", False), ("2.5", False), ("2.501", True)])
def test_a_frame_is_cut_when_its_sender_loses_power_before_it_has_left(tick, moment, whole):
    engine, program = tick(1, 2, latency_us=1500, faults=(Fault.parse(f"kill:half:left@{moment}"),))
    result = engine.run(3)
    first = b"\x00\x01" if whole else b"\x00"
    assert received(program, 1) == [(6, first)]
    assert (result.delivered, result.cut) == (2 * whole, 2 - whole)  # what it said at 2000 is cut anyway


def test_what_a_fault_holds_back_belongs_to_the_link(tick):
    plan = ("delay:half:left,by_us=800@0+1.5", "kill:half:left@1.6")
    engine, program = tick(1, 2, latency_us=500, faults=tuple(map(Fault.parse, plan)))
    result = engine.run(3)  # sent at 1000, left at 1500, arrives at 2300
    assert received(program, 1) == [(6, b"\x00\x01")]
    assert (result.messages, result.cut) == (4, 0)
    plan = ("delay:half:left,by_us=800@0+1.5", "kill:half:left@1.4")
    engine, program = tick(1, 2, latency_us=500, faults=tuple(map(Fault.parse, plan)))
    assert engine.run(3).cut == 1


def test_a_copy_of_a_cut_frame_is_cut(tick):
    plan = ("duplicate:1@0+1.5", "kill:half:left@1.2")
    engine, program = tick(1, 2, latency_us=500, faults=tuple(map(Fault.parse, plan)))
    result = engine.run(4)
    assert received(program, 1) == [(6, b"\x00")] * 2
    assert result.cut == 2


def test_a_frame_that_waits_for_the_one_before_it_waits_in_its_sender(tick):
    plan = ("delay:half:left,by_us=5000@0+1.5", "kill:half:left@4")
    engine, program = tick(1, 2, latency_us=500, faults=tuple(map(Fault.parse, plan)))
    result = engine.run(8)  # the first has left at 1500 and arrives at 6500; those of 2000 and 3000 wait
    assert received(program, 1) == [(6, b"\x00\x01"), (6, b"\x00"), (6, b"\x00")]
    assert result.cut == 2


@pytest.mark.parametrize(("moment", "hears"), [("1", True), ("1.001", False), ("1.4", False), ("1.5", False)])
def test_a_board_that_boots_while_a_frame_comes_in_does_not_hear_it(tick, moment, hears):
    """At 1.5 the last bit arrives: faults come first."""
    engine, program = tick(1, 2, latency_us=500, faults=(Fault.parse(f"restart:half:left@{moment}"),))
    program.wait_us = 1000
    result = engine.run(2)
    assert ((2, b"\x01\x01") in received(program, 0)) == hears
    assert result.unheard == (not hears)


def test_an_update_takes_its_time(tick):
    """Waits of 1000 and updates of 300: it ends, and its frame leaves, at 1300, 2600, 3900."""
    engine, _ = tick(1, 2, latency_us=200, compute_us=300)
    times = []
    engine._boards[0].on_update = lambda _cell: times.append(engine.time_us)
    result = engine.run(4)
    assert times == [1300, 2600, 3900]
    assert (result.messages, result.delivered) == (6, 4)


def test_what_arrives_during_an_update_waits_in_the_port_until_it_has_ended(tick):
    engine, program = tick(
        1, 2, latency_us=200, compute_us=300, faults=(Fault.parse("jump:half:left,by_us=500@0"),)
    )
    heard, receive = [], program.receive
    program.receive = lambda ram, port, wire: (receive(ram, port, wire), heard.append((engine.time_us, wire)))
    result = engine.run(2)
    # Cell 0 ends updates at 800 and 2100; what it says at 800 comes to cell 1 at 1000, as its update begins,
    # and what cell 1 says at 1300 comes to cell 0 at 1500, in its wait.
    assert heard == [(1000, b"\x00\x01"), (1500, b"\x01\x01")]
    engine, program = tick(
        1, 2, latency_us=201, compute_us=300, faults=(Fault.parse("jump:half:left,by_us=500@0"),)
    )
    heard, receive = [], program.receive
    program.receive = lambda ram, port, wire: (receive(ram, port, wire), heard.append((engine.time_us, wire)))
    result = engine.run(2)
    assert heard == [(1300, b"\x00\x01"), (1501, b"\x01\x01")]  # it was there at 1001
    assert (result.messages, result.delivered) == (2, 2)


def test_power_lost_during_an_update_loses_it_and_what_waits_in_the_ports(tick):
    plan = ("jump:half:left,by_us=500@0", "restart:half:right@1.2")
    engine, program = tick(1, 2, latency_us=201, compute_us=300, faults=tuple(map(Fault.parse, plan)))
    result = engine.run(2)
    assert [entry for entry in program.log if entry[:2] == ("wake", 1)] == []
    assert (result.messages, result.unheard) == (1, 1)


@pytest.mark.parametrize(
    ("pause", "moments"),
    [
        ("pause:half:right@1.2+0.5", [1200, 1510]),
        ("pause:half:left@0.9", [1300]),
    ],
)
def test_a_paused_cell_receives_at_once_also_in_the_middle_of_an_update(tick, pause, moments):
    """Its update has begun at 1000 and would end at 1300; frames arrive at 1010 and, if unpaused, 1510."""
    plan = ("jump:half:left,by_us=500@0", "jump:half:left,by_us=800@0.801", pause)
    engine, program = tick(1, 2, latency_us=210, compute_us=300, faults=tuple(map(Fault.parse, plan)))
    heard, receive = [], program.receive

    def listen(ram, port, wire):
        receive(ram, port, wire)
        if program.cell(ram) == 1:
            heard.append(engine.time_us)

    program.receive = listen
    engine.run(2)
    assert heard == moments


def test_a_jump_does_not_shorten_an_update_that_has_begun(tick):
    plan = ("jump:all,by_us=700@0.5", "jump:all,by_us=5@0.6")
    engine, _ = tick(1, 1, compute_us=300, faults=tuple(map(Fault.parse, plan)))
    times = []
    engine._boards[0].on_update = lambda _cell: times.append(engine.time_us)
    engine.run(1)
    assert times == [800]  # begun at 500


def test_a_cell_may_keep_silent(tick):
    engine, program = tick(1, 2, latency_us=300)
    wake = program.wake
    program.wake = lambda ram: wake(ram)._replace(frame=b"")
    result = engine.run(3)
    assert (result.updates, result.messages) == (6, 0)
    assert [board.broadcasts for board in engine._boards] == [0, 0]
    assert received(program, 0) == received(program, 1) == []


@pytest.mark.parametrize("entry", ["wake", "receive"])
def test_a_program_that_fails_is_restarted_by_the_watchdog(tick, entry):
    engine, program = tick(1, 2, latency_us=300)
    original, failures = getattr(program, entry), []

    def fails_once(ram, *arguments):
        if program.cell(ram) == 0 and not failures:
            failures.append(engine.time_us)
            raise MachineError(Failure.TRAP, "division by zero")
        return original(ram, *arguments)

    setattr(program, entry, fails_once)
    result = engine.run(4)
    assert result.machine_faults == {"program": {"trap": 1}}
    assert [what for what, cell, _ in program.log if cell == 0].count("boot") == 2
    assert result.updates == 7


def test_a_failure_keeps_its_words_when_it_is_made_again():
    failure = MachineError(Failure.HANG, "4,000,000 instructions")
    again = type(failure)(*failure.args)
    assert (str(again), again.failure) == ("hang: 4,000,000 instructions", Failure.HANG)
    assert str(pickle.loads(pickle.dumps(failure))) == str(failure)


def test_a_restart_does_not_wake_the_old_life(tick):
    engine, program = tick(1, 1, faults=(Fault.parse("restart:rect:0,0,1,1@1.4"),))
    engine.run(3)
    assert [entry[0] for entry in program.log] == ["boot", "wake", "boot", "wake"]  # at 0, 1000, 1400, 2400


def test_overlapping_kills_stack_and_unwind(tick):
    plan = ("kill:rect:0,0,1,2@1+4", "kill:rect:0,1,1,2@2+5", "restart:rect:0,0,1,3@3", "kill:rect:0,3,1,1@1")
    engine, _ = tick(1, 4, wait_us=100_000, faults=tuple(map(Fault.parse, plan)))
    history = []
    engine.on_round = lambda _round: history.append(powered(engine))
    engine.run(8)
    assert history == [
        [1, 1, 1, 1],
        [0, 0, 1, 0],
        [0, 0, 0, 0],
        [0, 0, 0, 0],
        [0, 0, 0, 0],
        [1, 0, 0, 0],
        [1, 0, 0, 0],
        [1, 1, 1, 0],
        [1, 1, 1, 0],
    ]


def test_each_cell_has_its_own_memory(build):
    engine = build()
    engine.run(5)
    memories = [np.frombuffer(board.ram.bytes, np.uint8) for board in engine._boards]
    assert not np.shares_memory(memories[0], memories[1])
    assert all(np.shares_memory(memory, engine._memory) for memory in memories)


def test_broadcast_numbers_outlive_a_restart(tick):
    engine, _ = tick(1, 2, faults=(Fault.parse("restart:half:left@2.5"),))
    engine.run(5)
    assert [board.broadcasts for board in engine._boards] == [4, 5]
