"""The genomes that come with the package, and opening one by name or by file."""

from importlib.resources import files
from pathlib import Path

from firmware.errors import InputError
from firmware.genome import SUFFIX, Genome


def shipped_paths() -> dict[str, Path]:
    """Shipped genomes: name -> file, sorted by name."""
    folder = Path(str(files("planaria") / "genomes"))
    return {path.stem: path for path in sorted(folder.glob(f"*{SUFFIX}"))}


def open_genome(name_or_file: str | Path) -> Genome:
    """A shipped genome by its name, or any genome file.

    Raises:
        InputError: neither a shipped name nor a readable genome file.
    """
    shipped = shipped_paths()
    if str(name_or_file) in shipped:
        return Genome.load(shipped[str(name_or_file)])
    path = Path(name_or_file)
    if not path.exists() and path.suffix != SUFFIX and path.name == str(name_or_file):
        names = ", ".join(shipped)
        raise InputError(
            "genome", name_or_file, "it is neither a file nor a shipped genome", f"shipped are: {names}"
        )
    return Genome.load(path)
