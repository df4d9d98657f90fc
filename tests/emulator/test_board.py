import numpy as np

from emulator.draws import Stream, draw32, key
from emulator.faults import Fault


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
    assert seen == [draw32(key(9, Stream.ENTROPY, 0), 1)]


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


def test_messages_in_flight_arrive_though_their_sender_has_died(tick):
    engine, program = tick(1, 2, latency_us=1500, faults=(Fault.parse("kill:half:left@1.5"),))
    engine.run(4)
    assert ("receive", 1, (6, b"\x00\x01")) in program.log


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
