"""Which backend a training has: compiled code where that can be, else torch."""

import os
import tempfile
from collections.abc import Callable
from importlib.util import find_spec
from typing import Final

from firmware.errors import InputError
from trainer.backend import Backend
from trainer.kernels import KERNELS, NotHereError

AUTO, COMPILED, TORCH = "auto", "compiled", "torch"
WORKERS_MAX: Final = 64


def make_backend(
    name: str,
    rows: int,
    cols: int,
    device: str = "auto",
    workers: int = 1,
    tell: Callable[[str], None] = lambda text: None,
) -> Backend:
    """Make a backend for grids of this size.

    Args:
        name: ``compiled`` for the fastest of ``KERNELS`` that this processor has, one of them, ``torch``, or
            ``auto`` for compiled code where there is a compiler, unless a GPU is asked for.
        rows: of the grids.
        cols: likewise.
        device: of torch: ``auto``, ``cpu`` or ``cuda``.
        workers: samples that compiled code computes at once.
        tell: called with the reason why it is torch, where compiled code would have been better.

    Raises:
        InputError: there is no compiler or no torch, this processor lacks what the kernel needs, or a name or
            number of workers that cannot be.
    """
    known = (AUTO, COMPILED, *KERNELS, TORCH)
    if name not in known:
        raise InputError("backend", name, f"it must be one of {', '.join(known)}", "leave it out")
    if name not in (AUTO, TORCH) and device == "cuda":
        raise InputError("device", device, "compiled code runs on the processor", "choose --backend torch")
    if not 1 <= workers <= WORKERS_MAX:
        raise InputError("workers", workers, f"it must be 1 to {WORKERS_MAX}", "1 for each core helps most")
    if name == TORCH or (name == AUTO and device == "cuda"):
        return _torch(rows, cols, device)
    try:
        return _compiled(name, rows, cols, workers)
    except InputError as error:
        if name != AUTO or find_spec("torch") is None:
            raise
        tell(f"torch will train, which takes ten times as long, for it cannot be compiled: {error}")
        return _torch(rows, cols, device)


def _compiled(name: str, rows: int, cols: int, workers: int) -> Backend:
    from trainer.compiled import Compiled

    if name in KERNELS:
        return Compiled(name, rows, cols, workers)
    *better, last = KERNELS
    for one in better:
        try:
            return Compiled(one, rows, cols, workers)
        except NotHereError:
            continue
    return Compiled(last, rows, cols, workers)


def _torch(rows: int, cols: int, device: str) -> Backend:
    # Torch makes a folder of its own for compiled code, which training has none of, unless one is named.
    os.environ.setdefault("TORCHINDUCTOR_CACHE_DIR", tempfile.gettempdir())
    try:
        from trainer.torch_backend import Torch, choose_device
    except ModuleNotFoundError as error:
        raise InputError("torch", "torch", "it is not installed", "pip install 'planaria[torch]'") from error
    return Torch(choose_device(device), rows, cols)
