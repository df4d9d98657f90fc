"""``planaria train``: from a picture to a genome file."""

import argparse
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from firmware.atomic import check_writable
from firmware.errors import InputError
from firmware.genome import SUFFIX, Genome

if TYPE_CHECKING:
    from trainer.training import Training

CHECKPOINT_SUFFIX = ".checkpoint"


def require_torch() -> None:
    """Training needs the extra ``train``; nothing else does.

    Raises:
        InputError: torch is not installed.
    """
    try:
        import trainer.session  # noqa: F401
    except ModuleNotFoundError as error:
        raise InputError(
            "training",
            f"module {error.name} is missing",
            "it needs torch",
            "run: pip install 'planaria[train]'",
        ) from error


def train(options: argparse.Namespace) -> dict[str, Any]:
    """Train as the command line says; returns the facts for ``--json``.

    Raises:
        InputError: a bad option, target, checkpoint or output.
    """
    output: Path = options.output
    if output.suffix != SUFFIX:
        raise InputError("output", output, f"a genome's name ends in {SUFFIX}", f"use {output.stem}{SUFFIX}")
    check_writable(output)
    require_torch()
    training = _resumed(options) if options.resume else _fresh(options)
    genome = train_to_genome(training, output, show_progress=not options.json)
    if not options.json:
        _print_result(genome, output)
    return {"file": str(output), "name": genome.name, **genome.facts}


def train_to_genome(training: "Training", output: Path, show_progress: bool) -> Genome:
    """Train to the end and save the genome; Ctrl-C leaves a checkpoint beside it and says so."""
    from trainer.session import export
    from trainer.session import train as run_session

    checkpoint = output.with_suffix(CHECKPOINT_SUFFIX)
    try:
        run_session(training, checkpoint, show_progress)
    except KeyboardInterrupt:
        resume = f"planaria train -o {output} --resume {checkpoint}"
        print(f"stopped at step {training.steps_done}; go on with: {resume}", file=sys.stderr)
        raise
    genome = export(training, output.stem)
    genome.save(output)
    checkpoint.unlink(missing_ok=True)
    return genome


def _fresh(options: argparse.Namespace) -> "Training":
    from trainer.recipe import Recipe
    from trainer.targets import load_target
    from trainer.training import Training, choose_device

    if options.target is None:
        raise InputError(
            "target", "none", "there must be something to grow", "give a name, a PNG or an emoji"
        )
    if options.minutes is not None and options.steps is None:
        chosen = {"steps": None, "minutes": options.minutes}
    else:
        chosen = {"steps": options.steps, "minutes": options.minutes}
    given = {name: getattr(options, name) for name in ("regime", "hidden", "seed", "stale_steps")}
    chosen |= {name: value for name, value in given.items() if value is not None}
    if options.steps is None and options.minutes is None:
        del chosen["steps"]
    recipe = Recipe(**chosen)
    target = load_target(options.target, options.size)
    return Training(target, recipe, choose_device(options.device), _command(options))


def _resumed(options: argparse.Namespace) -> "Training":
    from trainer.training import Training, choose_device

    for name in ("target", "regime", "size", "hidden", "steps", "minutes", "stale_steps", "seed"):
        if getattr(options, name) is not None:
            raise InputError(
                f"--{name.replace('_', '-')}" if name != "target" else name,
                getattr(options, name),
                "a resumed training keeps the options of its checkpoint",
                "leave it out",
            )
    return Training.resume(options.resume, choose_device(options.device))


def _command(options: argparse.Namespace) -> str:
    """The command that would make this genome again."""
    words = ["planaria", "train", options.target]
    for name in ("regime", "size", "hidden", "steps", "minutes", "stale_steps", "seed"):
        value = getattr(options, name)
        if value is not None:
            words += [f"--{name.replace('_', '-')}", str(value)]
    return shlex.join([*words, "-o", options.output.name])


def _print_result(genome: Genome, output: Path) -> None:
    facts = genome.facts
    print(f"{output}: {len(genome.to_bytes()):,} B, {facts['steps']} steps in {facts['train_seconds']} s")
    print(f"E after 200 rounds {facts['E_sync_200']}, after 1,000 {facts['E_sync_1000']} (1 looks perfect)")
    print(f"{facts['bytes_verified']:,} state bytes equal to the firmware's")
    print(f"next: planaria run {output} --fault restart:half:left@200 --rounds 300 --film {output.stem}.gif")
