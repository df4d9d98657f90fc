"""Files that a command will write, looked at before its long work."""

import os
from collections.abc import Sequence
from pathlib import Path

from firmware.atomic import check_writable, unwritable
from firmware.errors import InputError


def make_folder(folder: Path) -> None:
    """Make a folder for results, unless it is there.

    Raises:
        InputError: it cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise unwritable(folder, error) from error


def check_outputs(outputs: Sequence[Path], inputs: Sequence[Path] = ()) -> None:
    """Refuse results that cannot be written, or as ``check_apart``.

    Args:
        outputs: files to be written.
        inputs: files that are read.

    Raises:
        InputError: one cannot be.
    """
    check_apart(outputs, inputs)
    for output in outputs:
        check_writable(output)


def check_apart(outputs: Sequence[Path], inputs: Sequence[Path]) -> None:
    """Refuse results that would overwrite each other, or what they are made from.

    Args:
        outputs: files to be written.
        inputs: files that are read; those that do not exist harm nobody.

    Raises:
        InputError: one would.
    """
    for place, output in enumerate(outputs):
        if any(_same(output, other) for other in outputs[:place]):
            raise InputError("output", output, "it is given for two results", "give each its own file")
        if any(_same(output, source) for source in inputs):
            raise InputError("output", output, "it would overwrite what is read", "choose another file")


def _same(one: Path, other: Path) -> bool:
    """Whether two paths lead to the same file, by whatever spelling or link."""
    if os.path.realpath(one) == os.path.realpath(other):
        return True
    return one.exists() and other.exists() and one.samefile(other)
