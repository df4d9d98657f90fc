from emulator.faults import Fault
from emulator.world.draws import Stream, draw32, key, threshold


def receptions(engine, program, rounds):
    """(time, cell, port, frame) of everything heard."""
    heard = []
    original = program.receive

    def receive(ram, port, wire):
        original(ram, port, wire)
        heard.append((engine.time_us, program.cell(ram), port, wire))

    program.receive = receive
    engine.run(rounds)
    return heard


def test_latency(tick):
    engine, program = tick(1, 2, latency_us=300)
    assert receptions(engine, program, 2) == [
        (1300, 1, 6, b"\x00\x01"),
        (1300, 0, 2, b"\x01\x01"),
    ]


def test_jitter_is_drawn_by_link_and_broadcast_and_a_wire_keeps_order(tick):
    jitter_us, seed = 5000, 11
    engine, program = tick(1, 2, latency_us=300, jitter_us=jitter_us, seed=seed)
    heard = [entry for entry in receptions(engine, program, 60) if entry[1] == 1]
    chance = key(seed, Stream.JITTER, 2)  # cell 0, port 2
    free = [1000 * (i + 1) + 300 + (draw32(chance, i) * (jitter_us + 1) >> 32) for i in range(60)]
    in_order = [max(free[: i + 1]) for i in range(60)]
    assert free != in_order
    expected = [(t, 1, 6, bytes([0, i + 1])) for i, t in enumerate(in_order) if t <= 60_000]
    assert heard == expected


def test_loss_is_drawn_by_link_and_broadcast(tick):
    engine, program = tick(1, 2, latency_us=300, loss=0.3, seed=4)
    heard = [entry[3][1] for entry in receptions(engine, program, 51) if entry[1] == 1]
    chance = key(4, Stream.LOSS, 2)
    assert heard == [i + 1 for i in range(50) if draw32(chance, i) >= threshold(0.3)]
    result = engine.result()
    assert result.messages == 102
    assert result.messages == result.delivered + result.lost + 2 - sum(
        draw32(key(4, Stream.LOSS, link), 50) < threshold(0.3) for link in (2, 14)
    )


def test_losing_all_and_nothing(tick):
    engine, _ = tick(2, 2, loss=1.0)
    result = engine.run(3)
    assert (result.messages, result.lost, result.delivered) == (36, 36, 0)
    engine, _ = tick(2, 2)
    result = engine.run(3)
    assert (result.messages, result.lost, result.delivered) == (36, 0, 24)


def test_a_window_of_loss(tick):
    engine, program = tick(1, 2, latency_us=300, faults=(Fault.parse("loss:1@2.5+2"),))
    heard = [t for t, cell, _, _ in receptions(engine, program, 7) if cell == 1]
    assert heard == [1300, 2300, 5300, 6300]
