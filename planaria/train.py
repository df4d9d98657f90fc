"""``planaria train``: from a picture to a genome file."""

import argparse
import os
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tqdm import tqdm

from firmware.errors import InputError
from firmware.genome import Genome
from firmware.picture import Picture
from planaria.appraisal import Appraisal, appraise, world
from planaria.compiling import announcement
from planaria.hint import paste
from planaria.portrait import save_portrait
from planaria.say import say
from planaria.shipped import open_genome
from planaria.system.ending import check_room
from planaria.train_report import print_result, warn, warn_if_bad
from planaria.training_files import TrainingFiles, check_files, same_file

if TYPE_CHECKING:
    from trainer.training import Training

OPTIONS = ("regime", "size", "tile", "hidden", "steps", "minutes", "stale_steps", "seed", "start")
"""Options that decide what is trained."""

PROLONGING = ("steps", "minutes")
"""Those of them that a resumed training may change."""

ROOM_MIN_BYTES = 3 << 29
"""Of addresses, without which torch or what compiles the engine beside it ends the process as it likes."""

CHOICE_SEED = 1000
"""Worlds in which the best of several rules is chosen; it is then judged in others."""


def require_torch() -> None:
    """Training needs the extra ``train``; nothing else does.

    Raises:
        InputError: torch is not installed, or would not fit into a limit on memory.
    """
    check_room(ROOM_MIN_BYTES)
    # Torch makes a folder of its own for compiled code, which training has none of, unless one is named.
    os.environ.setdefault("TORCHINDUCTOR_CACHE_DIR", tempfile.gettempdir())
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
    require_torch()
    files = TrainingFiles.of(options.output)
    check_files(files, options)
    training = _resumed(options) if options.resume else _fresh(options)
    genome, appraisal = train_and_appraise(training, files, not options.json, options.force)
    if not options.json:
        print_result(genome, appraisal, files)
    warn_if_bad(genome, appraisal, files)
    return {"file": str(files.genome), "picture": str(files.picture), "name": genome.name, **genome.facts}


def train_to_genome(training: "Training", output: Path, show_progress: bool) -> Genome:
    """Train to the end and save the genome and its picture, over what is there.

    Ctrl-C leaves a checkpoint beside them and says how to go on.
    """
    return train_and_appraise(training, TrainingFiles.of(output), show_progress, force=True)[0]


def train_and_appraise(
    training: "Training", files: TrainingFiles, show_progress: bool, force: bool
) -> tuple[Genome, Appraisal]:
    """Train to the end, save the best rule as a genome, and its picture; Ctrl-C leaves a checkpoint.

    Args:
        training: where it stands.
        files: what to write.
        show_progress: with bars on standard error.
        force: whether the command to go on with has to say ``--force``.
    """
    from trainer.session import train as run_session

    try:
        run_session(training, files.checkpoint, show_progress)
        genome, appraisal = _best(training, files.genome.stem, show_progress)
    except KeyboardInterrupt:
        kept = same_file(files.checkpoint, training.checkpoint)
        go_on = f"go on with: {files.resume_command(force)}" if kept else "nothing of it could be saved"
        say(f"stopped at step {training.steps_done}; {go_on}", file=sys.stderr)
        raise
    genome.save(files.genome)
    save_portrait(files.picture, genome, appraisal)
    if same_file(files.checkpoint, training.checkpoint):
        try:
            files.checkpoint.unlink()
        except OSError as error:
            warn(f"{files.checkpoint}: it is no longer needed, but cannot be removed ({error.strerror})")
    return genome, appraisal


def _best(training: "Training", name: str, show_progress: bool) -> tuple[Genome, Appraisal]:
    """Of the trainer's best rules the one that does best on the engine, judged in worlds of its own."""
    from trainer.session import export, genome_of

    candidates = training.candidates()
    if show_progress and world(genome_of(training, name, candidates[0].rule), 0).compiles:
        say(announcement(), file=sys.stderr)
    with tqdm(total=len(candidates) + 1, desc="judging", unit=" rules", disable=not show_progress) as bar:
        scores = []
        for candidate in candidates:
            scores.append(appraise(genome_of(training, name, candidate.rule), CHOICE_SEED).score)
            bar.update()
        genome = export(training, name, candidates[scores.index(min(scores))])
        appraisal = appraise(genome)
        bar.update()
    return replace(genome, facts={**genome.facts, **appraisal.facts()}), appraisal


def _fresh(options: argparse.Namespace) -> "Training":
    from trainer.recipe import Recipe
    from trainer.training import Training, choose_device

    start = open_genome(options.start) if options.start else None
    chosen: dict[str, Any] = {} if start is None else {"regime": start.regime, "hidden": start.hidden}
    if options.minutes is not None:
        chosen["steps"] = None
    given = {
        name: getattr(options, name)
        for name in ("regime", "hidden", "steps", "minutes", "stale_steps", "seed")
    }
    chosen |= {name: value for name, value in given.items() if value is not None}
    recipe, device = Recipe(**chosen), choose_device(options.device)
    return Training(_target(options, start), recipe, device, _command(options), start)


def _target(options: argparse.Namespace, start: Genome | None) -> Picture:
    """What the command names, or else the picture of the genome that it begins with."""
    from trainer.targets import load_target

    if options.target is not None:
        return load_target(options.target, options.size, options.tile, warn)
    if start is None:
        raise InputError(
            "target", "none", "there must be something to grow", "give a name, a PNG or an emoji"
        )
    for name in ("size", "tile"):
        if getattr(options, name) is not None:
            limit = f"the target of {start.name} is taken as it is"
            raise InputError(name, getattr(options, name), limit, "leave it out, or name a target")
    return start.target


def _resumed(options: argparse.Namespace) -> "Training":
    from trainer.training import Training, choose_device

    for name in ("target", *OPTIONS):
        if name not in PROLONGING and getattr(options, name) is not None:
            raise InputError(
                name if name == "target" else _flag(name),
                getattr(options, name),
                "a resumed training keeps the options of its checkpoint",
                "leave it out",
            )
    training = Training.resume(options.resume, choose_device(options.device))
    if options.steps is not None or options.minutes is not None:
        training.prolong(options.steps, options.minutes)
    return training


def _flag(name: str) -> str:
    return "--from" if name == "start" else f"--{name.replace('_', '-')}"


def _command(options: argparse.Namespace) -> str:
    """The command that would make this genome again."""
    words: list[str | Path] = ["planaria", "train"]
    if options.target is not None:
        words.append(Path(options.target) if options.target.startswith("-") else options.target)
    for name in OPTIONS:
        value = getattr(options, name)
        if value is not None:
            words += [_flag(name), value if isinstance(value, Path) else str(value)]
    return paste(*words, "-o", Path(options.output.name))
