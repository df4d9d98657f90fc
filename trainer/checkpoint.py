"""Checkpoints of a training run as safetensors: tensors and text, nothing is ever unpickled."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import DTypeLike, NDArray
from safetensors.numpy import load, save

from firmware.errors import InputError
from firmware.strict import parse_json
from firmware.system.atomic import write_atomic
from firmware.system.reading import read_input

FORMAT: Final = "planaria-checkpoint-9"
FIX: Final = "give the .checkpoint file that training left"

FILE_MAX_BYTES: Final = 1 << 29
"""The largest has 430 MB: ``recipe.POOL_MAX`` samples of a target of 128 px, in five bytes a number."""

HEADER_MAX_BYTES: Final = 1 << 16
TENSORS_MAX: Final = 64
LENGTH_BYTES: Final = 8


def save_checkpoint(path: Path, tensors: dict[str, NDArray[Any]], facts: dict[str, Any]) -> None:
    """Write tensors and JSON facts, whole or not at all.

    Raises:
        InputError: the file cannot be written.
    """
    content = {name: np.ascontiguousarray(tensor) for name, tensor in tensors.items()}
    write_atomic(path, save(content, {"format": FORMAT, "facts": json.dumps(facts)}))


def load_checkpoint(path: Path) -> tuple[dict[str, NDArray[Any]], Any]:
    """Read what ``save_checkpoint`` wrote; takes three times the memory that the file has.

    Returns:
        The tensors, and the facts: what they are, nobody has looked at.

    Raises:
        InputError: no such file, or not a checkpoint of planaria.
    """
    content = read_input("checkpoint", path, FILE_MAX_BYTES, FIX)
    try:
        header = _header(content)
        if len(header) > TENSORS_MAX:
            raise ValueError(f"it has {len(header):,} tensors")
        tensors = load(content)
    except Exception as error:  # whatever a decoder makes of a foreign file
        raise InputError("checkpoint", path, f"it is not a safetensors file ({error})", FIX) from error
    metadata = header.get("__metadata__")
    if not isinstance(metadata, dict) or metadata.keys() != {"format", "facts"}:
        raise InputError("checkpoint", path, "it is no checkpoint of planaria", FIX)
    if metadata["format"] != FORMAT:
        found = str(metadata["format"])[: len(FORMAT)]
        raise InputError("checkpoint", path, f"its format is {found}, not {FORMAT}", FIX)
    try:
        return tensors, parse_json(metadata["facts"])
    except (TypeError, ValueError) as error:
        raise InputError("checkpoint", path, f"its facts are damaged ({error})", FIX) from error


def taken(
    tensors: dict[str, NDArray[Any]],
    name: str,
    dtype: DTypeLike,
    shape: Sequence[int] | None = None,
    low: float = 0,
    high: float = 255,
) -> NDArray[Any]:
    """Take a tensor out of those of a checkpoint.

    Args:
        tensors: name -> tensor.
        name: of the tensor.
        dtype: that it must have.
        shape: likewise; None is any.
        low: no number in it may be less.
        high: nor more; not-a-numbers may not be in it at all.

    Raises:
        ValueError: it is missing, or another.
    """
    tensor = tensors.pop(name, None)
    if tensor is None:
        raise ValueError(f"{name} is missing")
    if tensor.dtype != dtype or (shape is not None and tensor.shape != tuple(shape)):
        raise ValueError(f"{name} is {tensor.dtype}{list(tensor.shape)}")
    if not ((tensor >= low) & (tensor <= high)).all():
        raise ValueError(f"{name} has numbers that are not {low} to {high}")
    return tensor


def _header(content: bytes) -> dict[str, Any]:
    """Names of the tensors, and ``__metadata__``: what safetensors' own readers do not tell of bytes."""
    length = int.from_bytes(content[:LENGTH_BYTES], "little")
    if length > min(HEADER_MAX_BYTES, len(content) - LENGTH_BYTES):
        raise ValueError(f"its header has {length:,} bytes")
    header = parse_json(content[LENGTH_BYTES : LENGTH_BYTES + length])
    if not isinstance(header, dict):
        raise TypeError("its header is no map")
    return header
