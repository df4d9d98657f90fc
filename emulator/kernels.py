"""The two layers of the update rule for one cell, as compiled functions that agree in every bit.

Which of them runs is decided by the type of the weights. Each is straight-line vector code, written
in LLVM's own language, for compilers do not find the dot-product instructions by themselves.
"""

from collections.abc import Callable
from typing import Any, Final, NamedTuple

import llvmlite.binding as llvm
import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic
from numpy.typing import NDArray

from emulator.lanes import F32, I8, I32, LANES, V8, V32, VF32, Emitter
from emulator.population import in_lines
from firmware.arithmetic import Rule
from firmware.budget import CHANNELS, HIDDEN_MAX, PERCEPTION
from firmware.errors import InputError

BLOCKS: Final = HIDDEN_MAX // LANES
GROUP: Final = 4
"""Products that a dot-product instruction adds up in each lane."""

_BYTES = ir.VectorType(I8, 64)


class Kernel(NamedTuple):
    """Weights and bias as the kernel of this name wants them; ``hidden`` is its scratch, 512 bytes."""

    name: str
    weights: NDArray[Any]
    bias: NDArray[Any]
    hidden: NDArray[Any]


@intrinsic
def think(typing, weights, bias, seen, change, hidden, shift1):
    """Both layers, for one cell: from perception, int8[48], to ``change``, int32[16].

    The sums of the output layer, before they wrap to 16 bits. ``weights`` and ``bias`` are a
    ``Kernel``'s; ``hidden`` is scratch.
    """
    emit = _dot if weights.dtype == types.int8 else _fma
    return types.void(weights, bias, seen, change, hidden, shift1), emit


def _dot(context, builder, signature, arguments):
    """With ``vpdpbusd`` (AVX512-VNNI): unsigned by signed bytes, four products a lane."""
    e = Emitter(context, builder, signature, arguments)
    function = builder.module.declare_intrinsic(
        "llvm.x86.avx512.vpdpbusd.512", (), ir.FunctionType(V32, [V32, _BYTES, _BYTES])
    )
    sums = [e.load(1, V32, 64 * block) for block in range(BLOCKS)]
    for group in range(PERCEPTION // GROUP):
        word = builder.xor(e.load(2, I32, GROUP * group), I32(0x80808080))
        four = builder.bitcast(e.splat(word), _BYTES)
        for block in range(BLOCKS):
            weight = e.load(0, _BYTES, 64 * (group * BLOCKS + block))
            sums[block] = builder.call(function, [sums[block], four, weight])
    for block in range(BLOCKS):
        excited = builder.trunc(e.excite(sums[block], e.arguments[5]), V8)
        e.store(excited, 4, LANES * block)
    parts = [V32([0] * LANES) for _ in range(4)]
    for group in range(HIDDEN_MAX // GROUP):
        four = builder.bitcast(e.splat(e.load(4, I32, GROUP * group)), _BYTES)
        weight = e.load(0, _BYTES, PERCEPTION * HIDDEN_MAX + 64 * group)
        parts[group % 4] = builder.call(function, [parts[group % 4], four, weight])
    e.store(builder.add(builder.add(parts[0], parts[1]), builder.add(parts[2], parts[3])), 3, 0)
    return context.get_dummy_value()


def _fma(context, builder, signature, arguments):
    """In float32, which holds all these integers exactly."""
    e = Emitter(context, builder, signature, arguments)

    def add_product(total, a, b):
        return builder.fadd(total, builder.fmul(a, b, flags=("contract",)), flags=("contract",))

    sums = [e.load(1, VF32, 64 * block) for block in range(BLOCKS)]
    for i in range(PERCEPTION):
        x = e.splat(builder.sitofp(e.load(2, I8, i), F32))
        for block in range(BLOCKS):
            sums[block] = add_product(sums[block], e.load(0, VF32, 64 * (i * BLOCKS + block)), x)
    for block in range(BLOCKS):
        excited = e.excite(builder.fptosi(sums[block], V32), e.arguments[5])
        e.store(builder.sitofp(excited, VF32), 4, 64 * block)
    parts = [VF32([0.0] * LANES) for _ in range(4)]
    for unit in range(HIDDEN_MAX):
        h = e.splat(e.load(4, F32, 4 * unit))
        weight = e.load(0, VF32, 64 * (PERCEPTION * BLOCKS + unit))
        parts[unit % 4] = add_product(parts[unit % 4], weight, h)
    total = builder.fadd(builder.fadd(parts[0], parts[1]), builder.fadd(parts[2], parts[3]))
    e.store(builder.fptosi(total, V32), 3, 0)
    return context.get_dummy_value()


def _padded(rule: Rule) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """w1 [128, 48], b1 [128], w2 [128, 16]: units without weights stay silent."""
    pad = HIDDEN_MAX - len(rule.b1)
    return (
        np.pad(rule.w1, ((0, pad), (0, 0))),
        np.pad(rule.b1, (0, pad)),
        np.pad(rule.w2, ((0, pad), (0, 0))),
    )


def _kernel(name: str, weights: NDArray[Any], bias: NDArray[Any]) -> Kernel:
    return Kernel(name, in_lines(weights), in_lines(bias), in_lines(np.zeros(HIDDEN_MAX, bias.dtype)))


def _vnni(rule: Rule) -> Kernel:
    w1, b1, w2 = _padded(rule)
    # Perception goes in as unsigned bytes, 128 too large; the bias takes that back.
    bias = (b1 - 128 * w1.sum(axis=1)).astype(np.int32)
    first = w1.reshape(BLOCKS, LANES, PERCEPTION // GROUP, GROUP).transpose(2, 0, 1, 3)
    second = w2.reshape(HIDDEN_MAX // GROUP, GROUP, CHANNELS).transpose(0, 2, 1)
    weights = np.concatenate([first.ravel(), second.ravel()]).astype(np.int8)
    return _kernel("vnni", weights, bias)


def _f32(rule: Rule) -> Kernel:
    w1, b1, w2 = _padded(rule)
    weights = np.concatenate([w1.T.ravel(), w2.ravel()]).astype(np.float32)
    return _kernel("f32", weights, b1.astype(np.float32))


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
