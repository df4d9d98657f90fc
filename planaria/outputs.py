"""Files that a command will write, looked at before its long work."""

import os
import stat
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from firmware.errors import InputError
from firmware.system.atomic import check_creatable, check_writable, unwritable
from planaria.worth import CAMPAIGN_FILE, CAMPAIGN_TABLE, worth

OTHER_FILE = "choose another file"

STREAMS: Final = (1, 2)
"""Handles of standard output and standard error."""


def make_folder(folder: Path) -> None:
    """Make a folder for results, unless it is there.

    Raises:
        InputError: it cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise unwritable(folder, error) from error


def check_outputs(outputs: Sequence[Path], inputs: Iterable[Path] = (), force: bool | None = None) -> None:
    """Refuse results that cannot be written, or as ``check_apart`` and ``check_worth``.

    Args:
        outputs: files to be written.
        inputs: files that are read.
        force: as ``check_worth``.

    Raises:
        InputError: one cannot be.
    """
    _check(check_writable, outputs, inputs, force)


def check_results(
    folder: Path, names: Iterable[str], inputs: Iterable[Path] = (), force: bool | None = None
) -> None:
    """Check as ``check_outputs`` files in a folder that may still have to be made."""
    _check(check_creatable, [folder / name for name in names], inputs, force)


def _check(
    check: Callable[[Path], None], outputs: Sequence[Path], inputs: Iterable[Path], force: bool | None
) -> None:
    check_apart(outputs, inputs)
    for output in outputs:
        check(output)
        check_worth(output, force)


def check_worth(output: Path, force: bool | None = None) -> None:
    """Refuse to replace what took long to make.

    Args:
        output: the file.
        force: whether ``--force`` was given, which allows it; None for a command that has no such option.

    Raises:
        InputError: it holds something of value, or would become part of the results of a campaign.
    """
    if output.name.casefold() in (
        CAMPAIGN_FILE,
        *(f"{CAMPAIGN_FILE}-{part}" for part in ("wal", "shm", "journal")),
    ):
        raise InputError("output", output, "results of campaigns are called so", OTHER_FILE)
    if not force and (what := worth(output) or _table(output)):
        fix = OTHER_FILE if force is None else f"{OTHER_FILE}, or replace it with --force"
        raise InputError("output", output, f"it is {what}", fix)


def _table(output: Path) -> str | None:
    """What a table of trials is, beside the campaign whose trials they are."""
    is_one = output.name.casefold() == CAMPAIGN_TABLE and has_campaign(output.parent) and output.exists()
    return "the table of a campaign" if is_one else None


def has_campaign(folder: Path) -> bool:
    """Whether a folder holds results of a campaign, whatever they are."""
    return os.path.lexists(folder / CAMPAIGN_FILE)


def check_apart(outputs: Sequence[Path], inputs: Iterable[Path] = ()) -> None:
    """Refuse results that would overwrite each other, what they are made from, or what is said meanwhile.

    Args:
        outputs: files to be written.
        inputs: files that are read; those that do not exist harm nobody.

    Raises:
        InputError: one would.
    """
    read = {place(source) for source in inputs} - {None}
    said = set(_places_of_streams())
    written = set[object]()
    for output in outputs:
        where = place(output)
        if where in said:
            raise InputError("output", output, "what this command prints goes there", OTHER_FILE)
        if where in written:
            raise InputError("output", output, "it is given for two results", "give each its own file")
        if where in read:
            raise InputError("output", output, "it would overwrite what is read", OTHER_FILE)
        written |= {where} - {None}


def place(path: Path) -> object:
    """The same for all paths that lead to one file, by whatever spelling or link; None for no path at all.

    What is not there yet is told by the nearest folder that is, and by the names below it as a system would
    compare them that knows no upper case.
    """
    try:
        path = Path(os.path.realpath(path))
        names = []
        while not os.path.lexists(path):
            names.append(unicodedata.normalize("NFC", path.name.casefold()))
            path = path.parent
        status = path.lstat()
    except (OSError, ValueError):
        return None
    return status.st_dev, status.st_ino, *names


def _places_of_streams() -> Iterator[object]:
    """The files to which somebody has led standard output or standard error."""
    for handle in STREAMS:
        with suppress(OSError):
            status = os.fstat(handle)
            if stat.S_ISREG(status.st_mode):
                yield status.st_dev, status.st_ino
