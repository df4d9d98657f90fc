"""Checkpoints of a training run as safetensors: tensors and text, nothing is ever unpickled."""

import json
import os
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from firmware.atomic import write_atomic
from firmware.errors import InputError
from firmware.reading import check_input

FORMAT = "planaria-checkpoint-2"

FILE_MAX_BYTES = 1 << 30
"""The largest target with the usual pool takes 90 MB."""


def save_checkpoint(path: Path, tensors: dict[str, Tensor], facts: dict[str, Any]) -> None:
    """Write tensors and JSON facts, whole or not at all.

    Raises:
        InputError: the file cannot be written.
    """
    content = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    write_atomic(path, save(content, {"format": FORMAT, "facts": json.dumps(facts)}))


def load_checkpoint(path: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Read what ``save_checkpoint`` wrote.

    Raises:
        InputError: no such file, or not a checkpoint of planaria.
    """
    if not os.path.lexists(path):
        raise InputError("checkpoint", path.absolute(), "there is no such file", "check the path")
    check_input("checkpoint", path, FILE_MAX_BYTES, "give the .checkpoint file that training left")
    try:
        with safe_open(path, "pt") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a dict)
    except SafetensorError as error:
        raise InputError(
            "checkpoint",
            path,
            f"it is not a safetensors file ({error})",
            "give the .checkpoint file that training left",
        ) from error
    if metadata.get("format") != FORMAT:
        raise InputError(
            "checkpoint",
            path,
            f"its format is {metadata.get('format')}, not {FORMAT}",
            "give the .checkpoint file that training left",
        )
    return tensors, json.loads(metadata["facts"])
