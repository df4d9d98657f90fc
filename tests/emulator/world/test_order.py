from simpy import Environment

from emulator.faults import Fault
from emulator.world.order import Kind, Moment, cells_may_live_until
from emulator.world.rate import NEVER


def test_kinds_come_before_numbers_and_numbers_before_the_order_of_asking():
    happened = []
    environment = Environment(0)
    places = [
        (Kind.PROBE, 0),
        (Kind.WAKE, 9),
        (Kind.WAKE, 2),
        (Kind.DELIVERY, 79),
        (Kind.FAULT, 3),
        (Kind.FAULT, 1),
    ]
    for kind, number in places:
        Moment(environment, kind, number, 5, lambda event: happened.append(event.value), (kind, number))
    Moment(environment, Kind.PROBE, 7, 4, lambda event: happened.append("earlier"))
    environment.run()
    assert happened == ["earlier", *sorted(places)]


def test_fault_then_delivery_then_wake_then_probe_at_one_microsecond(tick):
    # All cells wake at 1000 and 2000; what they say at 1000 arrives at 2000, when cell 0 restarts: what it
    # said is cut, and what it hears begins to come in before it boots.
    engine, program = tick(1, 3, latency_us=1000, faults=(Fault.parse("restart:rect:0,0,1,1@2"),))
    engine.on_round = lambda number: program.log.append(("probe", number, None))
    engine.run(1)
    program.log.clear()
    engine.run(1)
    assert program.log == [
        ("boot", 0, False),
        ("receive", 1, (6, b"\x00")),  # link 2: cell 0, port E
        ("receive", 2, (6, b"\x01\x01")),  # link 10: cell 1, port E
        ("receive", 1, (2, b"\x02\x01")),
        ("wake", 1, None),
        ("wake", 2, None),
        ("probe", 2, None),
    ]


def test_faults_of_the_same_moment_go_by_their_place_in_the_plan(tick):
    plan = ("kill:rect:0,0,1,1@1", "restart:rect:0,0,1,2@1")
    engine, program = tick(1, 2, faults=tuple(map(Fault.parse, plan)))
    result = engine.run(1)
    assert [recovery.wound for recovery in result.recoveries] == list(plan)
    assert [entry for entry in program.log if entry[0] == "boot"][2:] == [("boot", 1, False)]


def test_time_stays_a_whole_number(tick):
    engine, _ = tick(2, 2, jitter_us=700)
    engine.run(3)
    assert type(engine.environment.now) is int


def test_cells_live_through_the_time_of_a_probe_and_up_to_that_of_a_fault():
    environment = Environment(0)
    assert cells_may_live_until(environment) == NEVER
    Moment(environment, Kind.PROBE, 0, 9)
    assert cells_may_live_until(environment) == 10
    Moment(environment, Kind.FAULT, 1, 9)
    assert cells_may_live_until(environment) == 9
    Moment(environment, Kind.WAKE, 0, 0)  # when the first of them woke, before a fault made it another time
    assert cells_may_live_until(environment) == 1
