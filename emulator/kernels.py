"""The two layers of the update rule for one cell, as compiled functions that agree in every bit.

A kernel takes (weights, bias, perception int8[48], change int32[16], scratch int32[128], shift1) and
writes the sums of the output layer to ``change``, before they wrap to 16 bits. Each is straight-line
vector code, written in LLVM's own language, for compilers do not find the dot-product instructions by
themselves.
"""

from collections.abc import Callable
from typing import Any, Final, NamedTuple

import llvmlite.binding as llvm
import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic
from numpy.typing import NDArray

from firmware.arithmetic import HIDDEN_LIMIT, Rule
from firmware.budget import CHANNELS, HIDDEN_MAX, PERCEPTION, PORTS
from firmware.errors import InputError

LANES: Final = 16
BLOCKS: Final = HIDDEN_MAX // LANES
GROUP: Final = 4
"""Products that a dot-product instruction adds up in each lane."""

_I8, _I16, _I32, _F32 = ir.IntType(8), ir.IntType(16), ir.IntType(32), ir.FloatType()
_VI8, _VI16, _VI32, _VF32 = (ir.VectorType(kind, LANES) for kind in (_I8, _I16, _I32, _F32))
_BYTES = ir.VectorType(_I8, 64)


class Kernel(NamedTuple):
    """``think`` takes (weights, bias, perception, change, scratch, shift1); weights are as it wants them."""

    name: str
    think: Any
    weights: NDArray[Any]
    bias: NDArray[Any]


class _Emitter:
    """LLVM vector code on flat arrays."""

    def __init__(self, context: Any, builder: Any, signature: Any, arguments: Any) -> None:
        self.builder = builder
        self.pointers = [
            builder.bitcast(context.make_array(kind)(context, builder, value).data, _I8.as_pointer())
            if isinstance(kind, types.Array)
            else value
            for kind, value in zip(signature.args, arguments, strict=True)
        ]

    def _place(self, array: int, offset_bytes: int, base: int | None) -> Any:
        """``base``: the argument that says where in the array to count from."""
        start = self.pointers[array]
        if base is not None:
            start = self.builder.gep(start, [self.pointers[base]])
        return self.builder.gep(start, [_I32(offset_bytes)])

    def load(self, array: int, kind: Any, offset_bytes: int, base: int | None = None) -> Any:
        place = self._place(array, offset_bytes, base)
        loaded = self.builder.load(self.builder.bitcast(place, kind.as_pointer()))
        loaded.align = 1
        return loaded

    def store(self, value: Any, array: int, offset_bytes: int, base: int | None = None) -> None:
        place = self._place(array, offset_bytes, base)
        self.builder.store(value, self.builder.bitcast(place, value.type.as_pointer())).align = 1

    def clip(self, value: Any, low: int, high: int) -> Any:
        b, kind = self.builder, value.type
        bottom, top = kind([low] * LANES), kind([high] * LANES)
        value = b.select(b.icmp_signed(">", value, bottom), value, bottom)
        return b.select(b.icmp_signed("<", value, top), value, top)

    def splat(self, value: Any) -> Any:
        kind = ir.VectorType(value.type, LANES)
        one = self.builder.insert_element(ir.Constant(kind, ir.Undefined), value, _I32(0))
        return self.builder.shuffle_vector(
            one, ir.Constant(kind, ir.Undefined), ir.Constant(ir.VectorType(_I32, LANES), [0] * LANES)
        )

    def excite(self, sums: Any, shift: Any) -> Any:
        """Round, shift and clip the sums of 16 hidden units."""
        b = self.builder
        down = b.ashr(sums, self.splat(b.sub(shift, _I32(1))))
        value = b.ashr(b.add(down, _VI32([1] * LANES)), _VI32([1] * LANES))
        return self.clip(value, 0, HIDDEN_LIMIT)


@intrinsic
def copy16(typing, array, target, source):
    """Copy 16 bytes within a flat or row-contiguous int8 array; positions are in bytes from its start."""

    def emit(context, builder, signature, arguments):
        e = _Emitter(context, builder, signature, arguments)
        e.store(e.load(0, _VI8, 0, base=2), 0, 0, base=1)
        return context.get_dummy_value()

    return types.void(array, types.int64, types.int64), emit


@intrinsic
def perceive(typing, array, state, inbox, seen):
    """As firmware.arithmetic.perceive: from ``state`` and ``inbox``, positions in the array, to int8[48]."""

    def emit(context, builder, signature, arguments):
        e, b = _Emitter(context, builder, signature, arguments), builder
        port = [b.sext(e.load(0, _VI8, CHANNELS * p, base=2), _VI16) for p in range(PORTS)]
        falling, across, rising = b.sub(port[1], port[5]), b.sub(port[2], port[6]), b.sub(port[3], port[7])
        down = b.sub(port[4], port[0])
        two = _VI16([2] * LANES)

        def gradient(outer, middle):
            total = b.add(b.add(outer, b.mul(middle, two)), two)
            return b.trunc(e.clip(b.ashr(total, two), -128, 127), _VI8)

        e.store(e.load(0, _VI8, 0, base=1), 3, 0)
        e.store(gradient(b.add(falling, rising), across), 3, CHANNELS)
        e.store(gradient(b.sub(rising, falling), down), 3, 2 * CHANNELS)
        return context.get_dummy_value()

    return types.void(array, types.int64, types.int64, seen), emit


@intrinsic
def settle(typing, array, state, change, shift2):
    """Wrap and shift the sums of the output layer, and add them to the state at its position."""

    def emit(context, builder, signature, arguments):
        e, b = _Emitter(context, builder, signature, arguments), builder
        sums = b.sext(b.trunc(e.load(2, _VI32, 0), _VI16), _VI32)
        down = b.ashr(sums, e.splat(b.sub(e.pointers[3], _I32(1))))
        step = b.ashr(b.add(down, _VI32([1] * LANES)), _VI32([1] * LANES))
        total = b.add(b.sext(e.load(0, _VI8, 0, base=1), _VI32), step)
        e.store(b.trunc(e.clip(total, -128, 127), _VI8), 0, 0, base=1)
        return context.get_dummy_value()

    return types.void(array, types.int64, change, types.int32), emit


@intrinsic
def _dot(typing, weights, bias, seen, change, hidden, shift1):
    """With ``vpdpbusd`` (AVX512-VNNI): unsigned by signed bytes, four products a lane."""

    def emit(context, builder, signature, arguments):
        e = _Emitter(context, builder, signature, arguments)
        function = builder.module.declare_intrinsic(
            "llvm.x86.avx512.vpdpbusd.512", (), ir.FunctionType(_VI32, [_VI32, _BYTES, _BYTES])
        )
        sums = [e.load(1, _VI32, 64 * block) for block in range(BLOCKS)]
        for group in range(PERCEPTION // GROUP):
            word = builder.xor(e.load(2, _I32, GROUP * group), _I32(0x80808080))
            four = builder.bitcast(e.splat(word), _BYTES)
            for block in range(BLOCKS):
                weight = e.load(0, _BYTES, 64 * (group * BLOCKS + block))
                sums[block] = builder.call(function, [sums[block], four, weight])
        for block in range(BLOCKS):
            excited = builder.trunc(e.excite(sums[block], e.pointers[5]), ir.VectorType(_I8, LANES))
            e.store(excited, 4, LANES * block)
        parts = [_VI32([0] * LANES) for _ in range(4)]
        for group in range(HIDDEN_MAX // GROUP):
            four = builder.bitcast(e.splat(e.load(4, _I32, GROUP * group)), _BYTES)
            weight = e.load(0, _BYTES, PERCEPTION * HIDDEN_MAX + 64 * group)
            parts[group % 4] = builder.call(function, [parts[group % 4], four, weight])
        e.store(builder.add(builder.add(parts[0], parts[1]), builder.add(parts[2], parts[3])), 3, 0)
        return context.get_dummy_value()

    return types.void(weights, bias, seen, change, hidden, shift1), emit


@intrinsic
def _fma(typing, weights, bias, seen, change, hidden, shift1):
    """In float32, which holds all these integers exactly."""

    def emit(context, builder, signature, arguments):
        e = _Emitter(context, builder, signature, arguments)

        def add_product(total, a, b):
            return builder.fadd(total, builder.fmul(a, b, flags=("contract",)), flags=("contract",))

        sums = [e.load(1, _VF32, 64 * block) for block in range(BLOCKS)]
        for i in range(PERCEPTION):
            x = e.splat(builder.sitofp(e.load(2, _I8, i), _F32))
            for block in range(BLOCKS):
                sums[block] = add_product(sums[block], e.load(0, _VF32, 64 * (i * BLOCKS + block)), x)
        for block in range(BLOCKS):
            excited = e.excite(builder.fptosi(sums[block], _VI32), e.pointers[5])
            e.store(builder.sitofp(excited, _VF32), 4, 64 * block)
        parts = [_VF32([0.0] * LANES) for _ in range(4)]
        for unit in range(HIDDEN_MAX):
            h = e.splat(e.load(4, _F32, 4 * unit))
            weight = e.load(0, _VF32, 64 * (PERCEPTION * BLOCKS + unit))
            parts[unit % 4] = add_product(parts[unit % 4], weight, h)
        total = builder.fadd(builder.fadd(parts[0], parts[1]), builder.fadd(parts[2], parts[3]))
        e.store(builder.fptosi(total, _VI32), 3, 0)
        return context.get_dummy_value()

    return types.void(weights, bias, seen, change, hidden, shift1), emit


@njit
def think_vnni(weights, bias, seen, change, hidden, shift1):
    """AVX512-VNNI."""
    _dot(weights, bias, seen, change, hidden, shift1)


@njit
def think_f32(weights, bias, seen, change, hidden, shift1):
    """Any processor."""
    _fma(weights, bias, seen, change, hidden, shift1)


def _padded(rule: Rule) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """w1 [128, 48], b1 [128], w2 [128, 16]: units without weights stay silent."""
    pad = HIDDEN_MAX - len(rule.b1)
    return (
        np.pad(rule.w1, ((0, pad), (0, 0))),
        np.pad(rule.b1, (0, pad)),
        np.pad(rule.w2, ((0, pad), (0, 0))),
    )


def _vnni(rule: Rule) -> Kernel:
    w1, b1, w2 = _padded(rule)
    # Perception goes in as unsigned bytes, 128 too large; the bias takes that back.
    bias = (b1 - 128 * w1.sum(axis=1)).astype(np.int32)
    first = w1.reshape(BLOCKS, LANES, PERCEPTION // GROUP, GROUP).transpose(2, 0, 1, 3)
    second = w2.reshape(HIDDEN_MAX // GROUP, GROUP, CHANNELS).transpose(0, 2, 1)
    weights = np.concatenate([first.ravel(), second.ravel()]).astype(np.int8)
    return Kernel("vnni", think_vnni, weights, bias)


def _f32(rule: Rule) -> Kernel:
    w1, b1, w2 = _padded(rule)
    weights = np.concatenate([w1.T.ravel(), w2.ravel()]).astype(np.float32)
    return Kernel("f32", think_f32, weights, b1.astype(np.float32))


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
        raise InputError("kernel", name, limit, f"choose one of auto, {', '.join(can)}")
    return KERNELS[name](rule)
