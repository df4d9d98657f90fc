"""The genomes that come with the package, and opening one by name or by file."""

from functools import cache
from importlib.resources import files
from pathlib import Path

from emulator.config import check_trained_for
from emulator.world.topology import Topology
from firmware import image
from firmware.clock import Timing
from firmware.errors import InputError
from firmware.genome import SUFFIX, Genome


@cache
def shipped_paths() -> dict[str, Path]:
    """Shipped genomes: name -> file, sorted by name."""
    folder = Path(str(files("planaria") / "genomes"))
    return {path.stem: path for path in sorted(folder.glob(f"*{SUFFIX}"), key=lambda path: path.stem)}


def genome_path(name_or_file: str | Path) -> Path:
    """The file of a shipped genome, or any file."""
    return shipped_paths().get(str(name_or_file), Path(name_or_file))


def open_genome(name_or_file: str | Path) -> Genome:
    """A shipped genome by its name, or any genome file.

    Raises:
        InputError: neither a shipped name nor a readable genome file.
    """
    shipped = shipped_paths()
    if str(name_or_file) in shipped:
        return Genome.load(shipped[str(name_or_file)])
    path = Path(name_or_file)
    if path.name == str(name_or_file) and path.suffix != SUFFIX and not (path.name and _exists(path)):
        names = ", ".join(shipped)
        raise InputError(
            "genome", name_or_file, "it is neither a file nor a shipped genome", f"shipped are: {names}"
        )
    return Genome.load(path)


def flash_image(timing: Timing, topology: Topology, name: str) -> bytes:
    """The flash image of a shipped genome, for faults that mix genomes.

    Raises:
        InputError: there is no shipped genome of this name, or it was trained for another topology.
    """
    if name not in shipped_paths():
        raise InputError("genome", name, "it is not shipped", f"shipped are: {', '.join(shipped_paths())}")
    genome = open_genome(name)
    check_trained_for(genome, topology)
    return image.build(genome, timing)


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # a name that is too long for any file
        return False
