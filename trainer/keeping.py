"""A training on disk: all that it needs to go on as if there had been no pause."""

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from firmware.errors import InputError
from firmware.picture import Picture
from trainer.backend import Backend
from trainer.checkpoint import load_checkpoint, save_checkpoint, taken
from trainer.facts import Facts
from trainer.rule import LIMITS, Parameters
from trainer.shortlist import Shortlist
from trainer.training import Training, grid_size

MOMENT_MAX: Final = 1.01
"""Means of gradients that have unit length, or less, and of their products; and a bit for rounding."""

MakeBackend = Callable[[int, int, str], Backend]
"""Takes rows, columns and the name of what has computed so far."""

RULES: Final = ("parameters", "average", "best")


def save(training: Training, path: Path) -> None:
    """Write a checkpoint to go on from, whole or not at all.

    Raises:
        InputError: the file cannot be written.
    """
    tensors: dict[str, NDArray[Any]] = {
        "pool": training.pool.grids,
        "whole": training.pool.whole,
        "was_whole": training.pool.was_whole.astype(np.uint8),
        "target": training.target.rgba.copy(),
        **training.shortlist.tensors(),
    }
    for rule, parameters in zip(RULES, _rules(training), strict=True):
        tensors |= {f"{rule}.{name}": tensor for name, tensor in parameters.tensors().items()}
    for name, optimiser in training.optimisers.items():
        tensors |= {f"{name}.{key}": array for key, array in optimiser.state.items()}
    watchdog, drawn = training.watchdog, training.draws.bit_generator.state
    facts = {
        "command": training.command,
        "backend": training.backend.name,
        "recipe": asdict(training.recipe),
        "seed_pixel": training.target.seed,
        "steps_done": training.steps_done,
        "seconds": training.seconds,
        "judgements": training.judgements,
        "candidates": training.shortlist.facts(),
        "prolonged_at": training.prolonged_at,
        "draws": [drawn["state"]["state"], drawn["state"]["inc"], drawn["has_uint32"], drawn["uinteger"]],
        "failed": training.practice.failed,
        "exploded": watchdog.recent,
        "scale": watchdog.scale,
        "returns": watchdog.returns,
        "score": watchdog.score,
        "norms": {name: usual.norms for name, usual in training.usual.items()},
    }
    save_checkpoint(path, tensors, facts)
    training.checkpoint = path


def resume(path: Path, make_backend: MakeBackend) -> Training:
    """Go on from a checkpoint as if there had been no pause.

    Args:
        path: of the checkpoint.
        make_backend: takes the rows and columns of the grid, and the name of what has computed so far.

    Raises:
        InputError: not a checkpoint, or one that no training has left.
    """
    tensors, content = load_checkpoint(path)
    try:
        facts = Facts.of(content)
        picture = Picture(taken(tensors, "target", np.uint8), facts.seed_pixel)
    except (ValueError, RuntimeError) as error:
        raise _damaged(path, error) from error
    backend = make_backend(*grid_size(picture, facts.recipe), facts.backend)
    try:
        training = Training(picture, facts.recipe, backend, facts.command)
        _restore(training, tensors, facts)
    except (ValueError, RuntimeError) as error:
        raise _damaged(path, error) from error
    training.checkpoint = path
    return training


def _damaged(path: Path, error: Exception) -> InputError:
    return InputError("checkpoint", path, f"it is damaged ({error})", "start again without --resume")


def _rules(training: Training) -> tuple[Parameters, ...]:
    return training.parameters, training.average, training.watchdog.best


def _restore(training: Training, tensors: dict[str, NDArray[Any]], facts: Facts) -> None:
    """Take everything out of ``tensors``, which is empty then."""
    pool = training.pool
    pool.grids[...] = taken(tensors, "pool", np.float32, pool.grids.shape, -128, 127)
    pool.whole[...] = taken(tensors, "whole", np.int8, pool.whole.shape, -128, 127)
    pool.was_whole[...] = taken(tensors, "was_whole", np.uint8, pool.was_whole.shape, 0, 1)
    for rule, parameters in zip(RULES, _rules(training), strict=True):
        for name, tensor in parameters.tensors().items():
            tensor[...] = taken(tensors, f"{rule}.{name}", np.float32, tensor.shape, *LIMITS[name])
    for name, optimiser in training.optimisers.items():
        for key, array in optimiser.state.items():
            limits = 0 if key == "square" else -MOMENT_MAX, MOMENT_MAX
            array[...] = taken(tensors, f"{name}.{key}", np.float32, array.shape, *limits)
    training.shortlist = Shortlist.taken(tensors, facts.candidates, training.recipe.hidden)
    if tensors:
        raise ValueError(f"a tensor is unknown: {min(tensors)[:40]}")
    state, inc, has_word, word = facts.draws
    training.draws.bit_generator.state = {
        "bit_generator": "PCG64",
        "state": {"state": state, "inc": inc},
        "has_uint32": has_word,
        "uinteger": word,
    }
    training.practice.failed |= facts.failed
    for name, usual in training.usual.items():
        usual.norms = facts.norms[name]
    watchdog = training.watchdog
    watchdog.recent, watchdog.score = facts.exploded, facts.score
    watchdog.scale, watchdog.returns = facts.scale, facts.returns
    training.steps_done, training.seconds = facts.steps_done, facts.seconds
    training.judgements, training.prolonged_at = facts.judgements, facts.prolonged_at
