"""The most that this core can do: multiply-adds per second from registers, nothing else.

An update of a cell with 128 hidden units takes 8,192 multiply-adds, so that this is a limit for every
engine, reached by none: one must also fetch, perceive, draw, send and observe.
"""

import time
from typing import Any, Final

import numpy as np
from llvmlite import ir

from emulator.arrays.compiled.jit import intrinsic, njit, types
from emulator.arrays.compiled.rule import available, dot_product
from emulator.arrays.compiled.simd import I8, LANES, V32, VF32
from firmware.budget import CHANNELS, HIDDEN_MAX, PERCEPTION

UPDATE_MACS: Final = HIDDEN_MAX * (PERCEPTION + CHANNELS)

CHAINS: Final = 16
"""Sums that grow side by side, more than the latency of an instruction needs."""

TURNS: Final = 400_000
REPEATS: Final = 7
BYTES_PER_LANE: Final = 4


def _loop(kind: Any, step: Any) -> Any:
    """A compiled function of (an int64, an array of 64 bytes) that adds up ``kind`` CHAINS times a turn."""

    @intrinsic
    def turns(typing, count, result):
        def emit(context, builder, signature, arguments):
            count, result = arguments
            data = context.make_array(signature.args[1])(context, builder, result).data
            place = builder.bitcast(data, kind.as_pointer())
            start = builder.load(place)
            start.align = 1
            # Different from each other, or the compiler would see that one sum is enough.
            starts = [kind([chain] * LANES) for chain in range(CHAINS)]
            before = builder.block
            body, after = builder.append_basic_block("turn"), builder.append_basic_block("done")
            builder.branch(body)
            builder.position_at_end(body)
            turn = builder.phi(ir.IntType(64))
            sums = [builder.phi(kind) for _ in range(CHAINS)]
            following = [step(builder, total, start) for total in sums]
            left = builder.sub(turn, ir.IntType(64)(1))
            turn.add_incoming(count, before)
            turn.add_incoming(left, body)
            for total, first, more in zip(sums, starts, following, strict=True):
                total.add_incoming(first, before)
                total.add_incoming(more, body)
            builder.cbranch(builder.icmp_signed(">", left, ir.IntType(64)(0)), body, after)
            builder.position_at_end(after)
            add = builder.fadd if kind is VF32 else builder.add
            total = following[0]
            for other in following[1:]:
                total = add(total, other)
            builder.store(total, place).align = 1
            return context.get_dummy_value()

        return types.void(count, result), emit

    @njit
    def run(count, result):
        turns(count, result)

    return run


def _dot_product(builder: Any, total: Any, start: Any) -> Any:
    factor = builder.bitcast(start, ir.VectorType(I8, BYTES_PER_LANE * LANES))
    return dot_product(builder, total, factor, factor)


def _multiply_add(builder: Any, total: Any, start: Any) -> Any:
    return builder.fadd(builder.fmul(total, start, flags=("contract",)), start, flags=("contract",))


def updates_per_s() -> dict[str, float]:
    """Updates per second that the arithmetic alone would allow, for each kernel this processor has."""
    limits = {}
    for name in available():
        kind, step, macs = (V32, _dot_product, BYTES_PER_LANE) if name == "vnni" else (VF32, _multiply_add, 1)
        run, result = _loop(kind, step), np.zeros(LANES, np.float32 if kind is VF32 else np.int32)
        run(1, result)
        seconds = []
        for _ in range(REPEATS):
            started = time.perf_counter()
            run(TURNS, result)
            seconds.append(time.perf_counter() - started)
        limits[name] = TURNS * CHAINS * LANES * macs / min(seconds) / UPDATE_MACS
    return limits
