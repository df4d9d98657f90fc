"""The files of a training: what it writes, and what it must not write over."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from firmware.errors import InputError
from firmware.genome import SUFFIX, check_name
from firmware.system.atomic import check_writable
from planaria.hint import paste_here
from planaria.outputs import check_apart
from planaria.shipped import genome_path

CHECKPOINT_SUFFIX = ".checkpoint"
PICTURE_SUFFIX = ".learned.png"
"""Not ``.png``: ``lizard.png`` is what ``lizard.genome`` was trained on."""


class TrainingFiles(NamedTuple):
    """A genome, and beside it the picture of what was learned, and the checkpoint while it is trained."""

    genome: Path
    picture: Path
    checkpoint: Path

    @classmethod
    def of(cls, output: Path) -> "TrainingFiles":
        """The files that belong to ``-o``.

        Raises:
            InputError: not a genome's name.
        """
        if output.suffix != SUFFIX:
            raise InputError(
                "output", output, f"a genome's name ends in {SUFFIX}", f"use {output.stem}{SUFFIX}"
            )
        check_name(output.stem)
        return cls(output, output.with_suffix(PICTURE_SUFFIX), output.with_suffix(CHECKPOINT_SUFFIX))

    def resume_command(self, force: bool, options: Sequence[str | Path] = ()) -> str:
        """What goes on with an interrupted training; ``options`` are further words of it."""
        words = ("train", "-o", self.genome, "--resume", self.checkpoint)
        return paste_here(*words, *options, *(["--force"] if force else []))


def check_files(
    files: TrainingFiles,
    target: str | None,
    start: Path | None,
    recipe: Path | None,
    resume: Path | None,
    force: bool,
) -> None:
    """Find out before long work that the files can be written, and that nothing is lost by it.

    Args:
        files: what will be written.
        target: what will be learned; may be a file.
        start: the genome that will be read, or the name of a shipped one.
        recipe: the recipe that will be read.
        resume: the checkpoint that will be read.
        force: write over what is there, but never over what is read.

    Raises:
        InputError: they cannot be, or they would replace an input, a result, or the checkpoint of a
            training that was interrupted.
    """
    for name in (str(files.genome), target or ""):
        _check_text(name)
    given = {
        "target": target,
        "--from": start and genome_path(start),
        "--recipe": recipe,
        "--resume": resume,
    }
    _refuse_inputs(files, given)
    check_apart(files)
    for path in files:
        check_writable(path)
    if force:
        return
    for path in (files.genome, files.picture):
        if path.exists():
            raise InputError(
                "output", path, "it exists already", "choose another -o, or replace it with --force"
            )
    if not same_file(files.checkpoint, resume):
        refuse_interrupted(files)


def refuse_interrupted(files: TrainingFiles) -> None:
    """Refuse to lose the checkpoint of a training that was interrupted.

    Raises:
        InputError: there is one, or another file of its name.
    """
    if files.checkpoint.exists():
        raise _interrupted(files)


def _check_text(name: str) -> None:
    """The genome file holds names and commands as UTF-8."""
    try:
        name.encode()
    except UnicodeEncodeError as error:
        raise InputError("file name", ascii(name), "it is not UTF-8", "rename the file") from error


def _refuse_inputs(files: TrainingFiles, given: Mapping[str, str | Path | None]) -> None:
    """``--force`` or not, what is read is never written; the checkpoint that goes on is both."""
    for path in files:
        for what, source in given.items():
            goes_on = what == "--resume" and path == files.checkpoint
            if source is not None and not goes_on and same_file(path, source):
                raise InputError("output", path, f"it would replace its input ({what})", "choose another -o")


def same_file(path: Path, source: str | Path | None) -> bool:
    """Whether both are one existing file, links followed."""
    try:
        return source is not None and path.samefile(source)
    except (OSError, ValueError):
        return False


def _interrupted(files: TrainingFiles) -> InputError:
    """The refusal to lose a checkpoint, or a file of that name that is none."""
    from trainer.checkpoint import load_checkpoint
    from trainer.facts import Facts

    try:
        _tensors, facts = load_checkpoint(files.checkpoint)
        steps = Facts.of(facts).steps_done
    except ValueError:
        return InputError(
            "checkpoint",
            files.checkpoint,
            "it exists already",
            "choose another -o, or replace it with --force",
        )
    return InputError(
        "checkpoint",
        files.checkpoint,
        f"a training was interrupted at step {steps}",
        f"go on with: {files.resume_command(force=False)}, or begin anew with --force",
    )
