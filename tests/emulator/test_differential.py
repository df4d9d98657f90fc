"""The engine against an event loop that shares no code with it but the firmware and SPEC.md."""

import hashlib
import heapq
import struct
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from emulator.config import RunConfig
from emulator.faults import Fault
from emulator.goal import PictureGoal
from emulator.reference.engine import ReferenceEngine
from emulator.world.lattices import Square8
from firmware import image
from firmware.cell import NeuralProgram
from firmware.clock import Law, Timing
from firmware.memory import Ram
from firmware.picture import Picture

M32, M64 = 2**32 - 1, 2**64 - 1
FAULT, DELIVERY, WAKE = 0, 1, 2
PORT = {(-1, 0): 0, (-1, 1): 1, (0, 1): 2, (1, 1): 3, (1, 0): 4, (1, -1): 5, (0, -1): 6, (-1, -1): 7}


def scramble(x):
    x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9 & M64
    x = (x ^ x >> 27) * 0x94D049BB133111EB & M64
    return x ^ x >> 31


def draw(seed, stream, entity, index):
    entity_key = scramble(scramble(scramble(seed) + stream & M64) + entity & M64)
    return scramble(entity_key + (index + 1) * 0x9E3779B97F4A7C15 & M64) >> 32


def entropy(seed, cells, cell, boots):
    keys = [draw(seed, 1, 0, index) for index in range(4)]

    def permuted(word):
        for before, after in (keys[:2], keys[2:]):
            word ^= before
            word = (word ^ word >> 16) * 0x7FEB352D & M32
            word = (word ^ word >> 15) * 0x846CA68B & M32
            word = (word ^ word >> 16) + after & M32
        return word

    return permuted(1 + cell + cells * (boots % (M32 // cells))) or permuted(0)


def brute_force(rom, side, seed, latency_us, jitter_us, compute_us, loss, kills, end_us):
    """Trace hash of a square grid and what became of its messages; ``kills`` are (start, end, cells)."""
    cells = range(side * side)
    strapped = side // 2 * side + side // 2
    program, rams = NeuralProgram(rom), [Ram() for _ in cells]
    boots, lives, held, said = [0] * len(cells), [0] * len(cells), [0] * len(cells), [0] * len(cells)
    booted, begins, failures, ports = (
        [0] * len(cells),
        [0] * len(cells),
        [[] for _ in cells],
        [[] for _ in cells],
    )
    last_arrival, queue, trace, counts = {}, [], hashlib.sha256(), Counter()

    def next_update(cell, now, wait):
        begins[cell] = now + wait
        when = now + wait + compute_us
        heapq.heappush(queue, (when, WAKE, cell, len(trace_order), ("wake", cell, lives[cell])))

    def boot(cell, now):
        word = entropy(seed, len(cells), cell, boots[cell])
        wait = program.boot(rams[cell], word, cell == strapped and now < 0)
        boots[cell] += 1
        booted[cell] = max(now, 0)
        next_update(cell, max(now, 0), wait)

    def receive(cell):
        for port, frame in ports[cell]:
            program.receive(rams[cell], port, frame)
        counts["delivered"] += len(ports[cell])
        ports[cell] = []

    trace_order = []
    for cell in cells:
        boot(cell, -1)
    for number, (start, end, hit) in enumerate(kills, 1):
        heapq.heappush(queue, (start, FAULT, number, 0, ("down", hit, end == start)))
        if end is not None and end != start:
            heapq.heappush(queue, (end, FAULT, number, 1, ("up", hit, None)))
    while queue and queue[0][0] <= end_us:
        now, _, _, _, (what, where, detail) = heapq.heappop(queue)
        if what in ("down", "up"):
            for cell in where:
                if what == "down":
                    held[cell] += 1
                    lives[cell] += 1
                    failures[cell].append(now)
                    rams[cell].clear()
                    counts["unheard"] += len(ports[cell])
                    ports[cell] = []
            for cell in where:
                if what == "up" or detail:
                    held[cell] -= 1
                    if not held[cell]:
                        boot(cell, now)
        elif what == "deliver":
            cell, port, sender, sent, left = where
            if any(sent < failure <= left for failure in failures[sender]):
                counts["cut"] += 1
            elif held[cell] or booted[cell] > now - latency_us:
                counts["unheard"] += 1
            else:
                ports[cell].append((port, detail))
                if now <= begins[cell]:
                    receive(cell)
        elif detail == lives[where] and not held[where]:
            done = program.wake(rams[where])
            trace.update(struct.pack("<QI", now, where) + bytes(rams[where].bytes[:16]))
            for (down, right), port in PORT.items():
                row, col = where // side + down, where % side + right
                if not (0 <= row < side and 0 <= col < side):
                    continue
                link = where * 8 + port
                if draw(seed, 2, link, said[where]) < round(loss * 2**32):
                    continue
                arrival = now + latency_us + (draw(seed, 3, link, said[where]) * (jitter_us + 1) >> 32)
                last_arrival[link] = max(arrival, last_arrival.get(link, 0))
                target = (row * side + col, (port + 4) % 8, where, now, last_arrival[link])
                trace_order.append(link)
                heapq.heappush(
                    queue,
                    (last_arrival[link], DELIVERY, link, len(trace_order), ("deliver", target, done.frame)),
                )
            said[where] += 1
            next_update(where, now, done.wait_us)
            receive(where)
    return trace.hexdigest(), counts


@pytest.mark.parametrize("law", list(Law))
@pytest.mark.parametrize(
    ("latency_us", "jitter_us", "loss"), [(1, 0, 0.0), (40, 0, 0.05), (150, 400, 0.2), (1000, 3000, 0.5)]
)
@pytest.mark.parametrize("compute_us", [0, 1, 30, 250])
@pytest.mark.parametrize("side", [2, 4])
def test_the_engine_agrees_with_brute_force(genome, law, latency_us, jitter_us, compute_us, loss, side):
    # 100 us rounds: many events fall on the same microsecond.
    genome = replace(genome, target=Picture.of(np.full((side, side, 4), 255, np.uint8)))
    timing = Timing(law, mean_interval_us=100, listening_wakes=4)
    plan = ("restart:half:left@10.5", "kill:rect:0,0,1,2@15+8", "kill:half:left@18+9", "kill:rect:1,1,1,1@40")
    left = [cell for cell in range(side * side) if cell % side < side // 2]
    kills = [(1050, 1050, left), (1500, 2300, [0, 1]), (1800, 2700, left), (4000, None, [side + 1])]
    config = RunConfig(
        Square8(side, side),
        seed=31,
        latency_us=latency_us,
        jitter_us=jitter_us,
        compute_us=compute_us,
        loss=loss,
        faults=tuple(map(Fault.parse, plan)),
        timing=timing,
    )
    rom = image.build(genome, timing)
    result = ReferenceEngine(config, rom, PictureGoal(genome.target)).run(60)
    assert result.updates > 60 * side * side * 0.6 * 100 / (100 + compute_us)
    expected, counts = brute_force(rom, side, 31, latency_us, jitter_us, compute_us, loss, kills, 6000)
    assert result.trace_sha256 == expected
    assert (result.delivered, result.unheard) == (counts["delivered"], counts["unheard"])
    assert result.cut >= counts["cut"]  # which counts a frame when it arrives
    assert counts["cut"] > 0 or latency_us < 150
