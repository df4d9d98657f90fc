"""The two layers of the update rule for one cell, as compiled functions that agree in every bit.

Which of them runs is decided by the type of the weights. Each is straight-line vector code, written
in LLVM's own language, for compilers do not find the dot-product instructions by themselves.
"""

from collections.abc import Callable
from typing import Any, Final, NamedTuple

import llvmlite.binding as llvm
import numpy as np
from llvmlite import ir
from numpy.typing import NDArray

from emulator.arrays.compiled.jit import intrinsic, types
from emulator.arrays.compiled.simd import F32, I8, I16, I32, LANES, V32, VF32, Emitter
from emulator.arrays.rows import LINE_BYTES, in_lines
from firmware.arithmetic import HIDDEN_LIMIT, Rule
from firmware.budget import CHANNELS, HIDDEN_MAX, PERCEPTION
from firmware.errors import InputError

BLOCKS: Final = HIDDEN_MAX // LANES
GROUP: Final = 4
"""Products that a dot-product instruction adds up in each lane."""

PAIR: Final = 2
"""Cells that think at once at most."""

_BYTES, _WORDS = ir.VectorType(I8, 64), ir.VectorType(I16, 32)


def _packed(units: NDArray[Any]) -> NDArray[Any]:
    """Pack pairs of rows as the processor does: 16 bytes of each in turn, int[n, 64] -> int[n / 2, 64]."""
    parts = units.reshape(len(units) // 2, 2, 4, -1).swapaxes(1, 2)
    return parts.reshape(len(units) // 2, -1)


UNIT_ORDER: Final = _packed(_packed(np.arange(HIDDEN_MAX).reshape(BLOCKS, LANES))).ravel()
"""The hidden units as they come out of two rounds of packing."""


class Kernel(NamedTuple):
    """Weights and bias as the kernel of this name wants them; ``hidden`` is its scratch."""

    name: str
    weights: NDArray[Any]
    bias: NDArray[Any]
    hidden: NDArray[Any]


@intrinsic
def think(typing, weights, bias, seen, change, hidden, shift1, slot):
    """Both layers, for one cell: from perception, int8[PAIR, 64], to ``change``, int32[PAIR, 16].

    The sums of the output layer, before they wrap to 16 bits. ``weights`` and ``bias`` are a
    ``Kernel``'s; ``hidden`` is scratch; ``slot`` says which perception.
    """

    def emit(context, builder, signature, arguments):
        e = Emitter(context, builder, signature, arguments)
        e.arguments[6] = builder.mul(e.arguments[6], ir.IntType(64)(LINE_BYTES))
        _layers(signature)(e, [0], 6)
        return context.get_dummy_value()

    return types.void(weights, bias, seen, change, hidden, shift1, types.int64), emit


@intrinsic
def think_pair(typing, weights, bias, seen, change, hidden, shift1):
    """``think`` for both slots at once, in two thirds of the time of one after the other."""

    def emit(context, builder, signature, arguments):
        _layers(signature)(Emitter(context, builder, signature, arguments), range(PAIR), None)
        return context.get_dummy_value()

    return types.void(weights, bias, seen, change, hidden, shift1), emit


def _layers(signature: Any) -> Callable[[Emitter, Any, int | None], None]:
    """What emits the layers for some slots, counted from a base: by the type of the weights."""
    return _dot if signature.args[0].dtype == types.int8 else _fma


def dot_product(builder, total, unsigned, signed):
    """Products of 64 unsigned and signed bytes, added up by fours to 16 totals."""
    kind = ir.FunctionType(V32, [V32, _BYTES, _BYTES])
    function = builder.module.declare_intrinsic("llvm.x86.avx512.vpdpbusd.512", (), kind)
    return builder.call(function, [total, unsigned, signed])


def _dot(e, slots, base):
    """Both layers with ``vpdpbusd`` (AVX512-VNNI): unsigned by signed bytes, four products a lane."""
    builder = e.builder

    def four(array, place, flip=0, base=None):
        word = builder.xor(e.load(array, I32, place, base=base), I32(flip))
        return builder.bitcast(e.splat(word), _BYTES)

    # First layer: a register holds the sums of 16 hidden units, and eight registers (blocks) hold all 128.
    # Four inputs at a time are spread over all lanes, so that one instruction multiplies and adds 64 weights.
    # The instruction takes unsigned by signed bytes: flipping the upper bit makes an input x into x + 128,
    # and the bias has been lowered by 128 * the sum of the unit's weights.
    bias = [e.load(1, V32, 64 * block) for block in range(BLOCKS)]
    sums = [list(bias) for _ in slots]
    for group in range(PERCEPTION // GROUP):
        inputs = [four(2, GROUP * group + LINE_BYTES * slot, 0x80808080, base) for slot in slots]
        for block in range(BLOCKS):
            weight = e.load(0, _BYTES, 64 * (group * BLOCKS + block))
            for own, x in zip(sums, inputs, strict=True):
                own[block] = dot_product(builder, own[block], x, weight)
    # Round (half has been added to the bias), saturate to -128..127 by packing twice, and clear what is below
    # 0: the hidden units, as unsigned bytes. Packing leaves them in UNIT_ORDER, which the weights of the
    # second layer follow.
    shift = e.splat(e.arguments[5])
    for slot, own in zip(slots, sums, strict=True):
        words = _pack(builder, "llvm.x86.avx512.packssdw.512", _WORDS, [builder.ashr(a, shift) for a in own])
        for place, packed in enumerate(_pack(builder, "llvm.x86.avx512.packsswb.512", _BYTES, words)):
            e.store(e.maximum(packed, _BYTES([0] * 64)), 4, HIDDEN_MAX * slot + 64 * place)
    # Second layer: one register holds the 16 sums. Four of them, added up at the end, hide the latency of the
    # instruction, which would else wait for itself.
    parts = [[V32([0] * LANES) for _ in range(4)] for _ in slots]
    for group in range(HIDDEN_MAX // GROUP):
        weight = e.load(0, _BYTES, PERCEPTION * HIDDEN_MAX + 64 * group)
        for slot, own in zip(slots, parts, strict=True):
            x = four(4, HIDDEN_MAX * slot + GROUP * group)
            own[group % 4] = dot_product(builder, own[group % 4], x, weight)
    for slot, (a, b, c, d) in zip(slots, parts, strict=True):
        e.store(builder.add(builder.add(a, b), builder.add(c, d)), 3, LINE_BYTES * slot, base)


def _pack(builder, name, kind, vectors):
    """Pairs of vectors into vectors of numbers half as wide, saturated; UNIT_ORDER says where each goes."""
    function = builder.module.declare_intrinsic(name, (), ir.FunctionType(kind, [vectors[0].type] * 2))
    return [
        builder.call(function, [low, high]) for low, high in zip(vectors[::2], vectors[1::2], strict=True)
    ]


def _fma(e, slots, base):
    """Both layers in float32, which holds all these integers exactly."""
    builder = e.builder

    def add_product(total, a, b):
        return builder.fadd(total, builder.fmul(a, b, flags=("contract",)), flags=("contract",))

    # As _dot, an input at a time: a multiplication and an addition may be one instruction ("contract"), for
    # nothing is ever rounded: all sums are below 2^24.
    bias = [e.load(1, VF32, 64 * block) for block in range(BLOCKS)]
    sums = [list(bias) for _ in slots]
    for i in range(PERCEPTION):
        inputs = [
            e.splat(builder.sitofp(e.load(2, I8, i + LINE_BYTES * slot, base=base), F32)) for slot in slots
        ]
        for block in range(BLOCKS):
            weight = e.load(0, VF32, 64 * (i * BLOCKS + block))
            for own, x in zip(sums, inputs, strict=True):
                own[block] = add_product(own[block], weight, x)
    shift = e.splat(e.arguments[5])
    for slot, own in zip(slots, sums, strict=True):
        for block in range(BLOCKS):
            sums = builder.ashr(builder.fptosi(own[block], V32), shift)
            excited = e.clip(sums, 0, HIDDEN_LIMIT)
            e.store(builder.sitofp(excited, VF32), 4, 4 * HIDDEN_MAX * slot + 64 * block)
    parts = [[VF32([0.0] * LANES) for _ in range(4)] for _ in slots]
    for unit in range(HIDDEN_MAX):
        weight = e.load(0, VF32, 64 * (PERCEPTION * BLOCKS + unit))
        for slot, own in zip(slots, parts, strict=True):
            x = e.splat(e.load(4, F32, 4 * (HIDDEN_MAX * slot + unit)))
            own[unit % 4] = add_product(own[unit % 4], weight, x)
    for slot, (a, b, c, d) in zip(slots, parts, strict=True):
        total = builder.fadd(builder.fadd(a, b), builder.fadd(c, d))
        e.store(builder.fptosi(total, V32), 3, LINE_BYTES * slot, base)


def _padded(rule: Rule) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """w1 [128, 48], b1 [128], w2 [128, 16]: units without weights stay silent."""
    pad = HIDDEN_MAX - len(rule.b1)
    return (
        np.pad(rule.w1, ((0, pad), (0, 0))),
        np.pad(rule.b1, (0, pad)),
        np.pad(rule.w2, ((0, pad), (0, 0))),
    )


def _kernel(name: str, weights: NDArray[Any], bias: NDArray[Any]) -> Kernel:
    return Kernel(name, in_lines(weights), in_lines(bias), in_lines(np.zeros(PAIR * HIDDEN_MAX, bias.dtype)))


def _half(rule: Rule) -> int:
    """What makes a shift to the right round, when it is added before."""
    return 1 << rule.shift1 - 1


def _vnni(rule: Rule) -> Kernel:
    w1, b1, w2 = _padded(rule)
    # Perception goes in as unsigned bytes, 128 too large; the bias takes that back.
    bias = (b1 - 128 * w1.sum(axis=1) + _half(rule)).astype(np.int32)
    first = w1.reshape(BLOCKS, LANES, PERCEPTION // GROUP, GROUP).transpose(2, 0, 1, 3)
    second = w2[UNIT_ORDER].reshape(HIDDEN_MAX // GROUP, GROUP, CHANNELS).transpose(0, 2, 1)
    weights = np.concatenate([first.ravel(), second.ravel()]).astype(np.int8)
    return _kernel("vnni", weights, bias)


def _f32(rule: Rule) -> Kernel:
    w1, b1, w2 = _padded(rule)
    weights = np.concatenate([w1.T.ravel(), w2.ravel()]).astype(np.float32)
    return _kernel("f32", weights, (b1 + _half(rule)).astype(np.float32))


KERNELS: Final[dict[str, Callable[[Rule], Kernel]]] = {"vnni": _vnni, "f32": _f32}
NEEDS: Final = {"vnni": "avx512vnni"}
"""The feature of the processor, in LLVM's words."""


def available() -> list[str]:
    """Kernels that this processor can run, best first."""
    features = llvm.get_host_cpu_features()
    return [name for name in KERNELS if name not in NEEDS or features.get(NEEDS[name])]


def choose_kernel(rule: Rule, name: str) -> Kernel:
    """The kernel of this name, or the best for ``auto``.

    Raises:
        InputError: there is none, or the processor lacks what it needs.
    """
    can = available()
    if name == "auto":
        name = can[0]
    if name not in can:
        limit = f"this processor has no {NEEDS[name]}" if name in KERNELS else "it is unknown"
        raise InputError("kernel", name, limit, f"choose one of auto, numpy, {', '.join(can)}")
    return KERNELS[name](rule)
