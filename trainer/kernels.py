"""Compiled rollouts: C that is compiled on the machine on which it runs, and called through ctypes."""

import ctypes
import time
from ctypes import c_float, c_int, c_int64, c_size_t, c_void_p
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import DTypeLike

from firmware.budget import CHANNELS
from firmware.errors import InputError
from firmware.hardware.toolchain import CompileError, compile_in, compiler
from firmware.system.scratch import scratch_folder

LINE_BYTES: Final = 64
TURNS, REPEATS = 1_000_000, 5

SOURCES: Final = Path(__file__).parent / "c"
LIBRARY: Final = "rollout.so"

_FLAGS: Final = (
    *("-O3", "-std=c11", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC"),
    *("-fno-math-errno", "-fno-sanitize=all", "-fvisibility=default"),
)


class Kernel(NamedTuple):
    """A way to compute rollouts.

    Attributes:
        flags: of the compiler.
        text: what it needs and does.
    """

    flags: tuple[str, ...]
    text: str


KERNELS: Final = {
    "amx": Kernel(
        ("-mcpu=native", "-DPLANARIA_AMX", "-D_GNU_SOURCE", "-ffp-contract=fast"),
        "tiles of bfloat16 and of bytes; needs AMX-BF16 and AMX-INT8 under Linux",
    ),
    "bf16": Kernel(
        ("-mcpu=native", "-DPLANARIA_BF16", "-ffp-contract=fast"),
        "pairs of bfloat16 and quartets of bytes; needs AVX512-BF16 and AVX512-VNNI",
    ),
    "f32": Kernel(
        ("-mcpu=native", "-DPLANARIA_FMA", "-ffp-contract=fast"),
        "float32; needs fused multiply-add (AVX2, AVX-512, NEON)",
    ),
    "portable": Kernel(("-mcpu=baseline", "-ffp-contract=off"), "float32 on any processor"),
}
"""The fastest first. Sums have the same order in the last two; the others multiply rounded numbers."""


class NotHereError(InputError):
    """The processor lacks what a kernel needs; another kernel may do."""


@cache
def library(kernel: str) -> Any:
    """The compiled rollouts of a kernel; compiled once in a process, and by zig once on a machine.

    Raises:
        InputError: there is no compiler.
        NotHereError: this processor lacks what the kernel needs.
    """
    if find_spec("ziglang") is None:
        raise InputError("training", "ziglang", "it is not installed", "pip install 'planaria[train]'")
    with scratch_folder() as folder:
        command = [
            *compiler(None),
            *KERNELS[kernel].flags,
            *_FLAGS,
            *(str(SOURCES / name) for name in ("rollout.c", "peak.c")),
        ]
        try:
            compile_in(folder, command, LIBRARY)
        except CompileError as error:
            if "PLANARIA_PROCESSOR" not in error.output:
                raise
            what = KERNELS[kernel].text.partition("needs ")[2]
            raise NotHereError("backend", kernel, f"this processor lacks {what}", "leave it out") from error
        try:
            compiled = _declared(ctypes.CDLL(str(folder / LIBRARY)))
        except OSError as error:
            limit = f"what was compiled cannot be loaded ({error})"
            raise InputError(
                "backend", kernel, limit, "let TMPDIR name a folder that may hold programs"
            ) from error
    if not compiled.ready():
        raise NotHereError("backend", kernel, "the system does not lend it to this process", "leave it out")
    return compiled


def peak_macs_per_s(kernel: str) -> float:
    """Multiply-adds per second of this core, from registers, with what a kernel multiplies with."""
    compiled, start = library(kernel), aligned((CHANNELS,))
    start[...] = 1e-3
    seconds = []
    for _ in range(REPEATS):
        started = time.process_time()
        compiled.peak(TURNS, start.ctypes.data)
        seconds.append(time.process_time() - started)
    return float(TURNS * compiled.peak_macs() / min(seconds))


def aligned(shape: tuple[int, ...], dtype: DTypeLike = np.float32) -> Any:
    """Zeroes that begin where a cache line begins, as compiled code wants them."""
    size = int(np.prod(shape)) * np.dtype(dtype).itemsize
    room = np.zeros(size + LINE_BYTES, np.uint8)
    start = -room.ctypes.data % LINE_BYTES
    return room[start : start + size].view(dtype).reshape(shape)


def _declared(found: Any) -> Any:
    place, number = c_void_p, c_int
    for name, result, arguments in (
        ("ready", number, ()),
        ("peak", c_float, (c_int64, place)),
        ("peak_macs", number, ()),
        ("rollout_new", place, (number, number)),
        ("rollout_free", None, (place,)),
        ("weights_bytes", c_size_t, ()),
        ("sums_bytes", c_size_t, ()),
        ("weights_pack", None, (place, place, place, place, number, number)),
        ("sums_unpack", None, (place,) * 5),
        ("world_begin", None, (place,) * 2),
        ("world_hear", None, (place,) * 3),
        ("world_restart", None, (place,) * 4),
        ("rollout_forward", c_int64, (*(place,) * 7, number, number, place, number, number, number)),
        ("rollout_backward", None, (*(place,) * 4, c_float, number, place)),
    ):
        function = getattr(found, name)
        function.restype, function.argtypes = result, arguments
    return found
