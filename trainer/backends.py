"""Which backend a training has: compiled code where that can be, else torch."""

import os
import tempfile
from typing import Final

from firmware.errors import InputError
from trainer.backend import Backend
from trainer.kernels import KERNELS

AUTO, COMPILED, TORCH = "auto", "compiled", "torch"
BACKENDS: Final = (AUTO, COMPILED, TORCH)


def make_backend(
    name: str, rows: int, cols: int, device: str = "auto", workers: int = 1, kernel: str | None = None
) -> Backend:
    """Make a backend for grids of this size.

    Args:
        name: ``compiled``, ``torch``, or ``auto`` for compiled code where there is a compiler, unless a GPU
            is asked for.
        rows: of the grids.
        cols: likewise.
        device: of torch: ``auto``, ``cpu`` or ``cuda``.
        workers: samples that compiled code computes at once.
        kernel: of compiled code; None is the fastest that this processor has.

    Raises:
        InputError: there is no compiler or no torch, or this processor lacks what the kernel needs.
    """
    if name == TORCH or (name == AUTO and device == "cuda"):
        return _torch(rows, cols, device)
    try:
        return _compiled(rows, cols, workers, kernel)
    except InputError:
        if name == COMPILED:
            raise
        return _torch(rows, cols, device)


def _compiled(rows: int, cols: int, workers: int, kernel: str | None) -> Backend:
    from trainer.compiled import Compiled

    if kernel is not None:
        return Compiled(kernel, rows, cols, workers)
    *better, last = KERNELS
    for one in better:
        try:
            return Compiled(one, rows, cols, workers)
        except InputError as error:
            if "this processor" not in str(error):
                raise
    return Compiled(last, rows, cols, workers)


def _torch(rows: int, cols: int, device: str) -> Backend:
    # Torch makes a folder of its own for compiled code, which training has none of, unless one is named.
    os.environ.setdefault("TORCHINDUCTOR_CACHE_DIR", tempfile.gettempdir())
    try:
        from trainer.torch_backend import Torch, choose_device
    except ModuleNotFoundError as error:
        raise InputError("torch", "torch", "it is not installed", "pip install 'planaria[torch]'") from error
    return Torch(choose_device(device), rows, cols)
