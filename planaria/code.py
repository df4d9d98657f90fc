"""What cells are flashed with: a genome, or a program in its place; the same questions for both."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any

from emulator.choose import engines_for, make_engine
from emulator.config import RunConfig, check_trained_for
from emulator.engine import Engine
from emulator.engines import ENGINES, MACHINE_CODE
from emulator.goal import PictureGoal
from emulator.world.plane import Plane
from emulator.world.topology import Topology
from firmware import image
from firmware.budget import HIDDEN_MAX
from firmware.errors import InputError
from firmware.genome import Genome
from firmware.variables import Layout
from planaria.program import SUFFIX, SourceProgram, confirmed, open_program
from planaria.shipped import flash_image, genome_path, open_genome

Code = Genome | SourceProgram
"""What every cell of a grid executes."""


def is_program(name_or_file: str | Path) -> bool:
    """Whether this names a program: by its suffix."""
    return Path(name_or_file).suffix == SUFFIX


def open_code(name_or_file: str | Path, parameters: Mapping[str, int] = MappingProxyType({})) -> Code:
    """A program's file, a shipped genome by its name, or any genome file.

    Args:
        name_or_file: of it.
        parameters: other values for some of a program's own, by name.

    Raises:
        InputError: it is none of them, cannot be read, or has no such parameter.
    """
    if is_program(name_or_file):
        return open_program(name_or_file, parameters)
    if Path(name_or_file).suffix == ".c":
        twin = Path(name_or_file).with_suffix(SUFFIX)
        fix = f"name {twin} (run has --engine native and iss), or build this one"
        raise InputError("program", name_or_file, "what it is judged by stands in its twin in Python", fix)
    check_no_parameters(name_or_file, parameters)
    return open_genome(name_or_file)


def check_no_parameters(name_or_file: str | Path, parameters: Mapping[str, int]) -> None:
    """Refuse parameters of a genome, which has none.

    Raises:
        InputError: there are some.
    """
    for name, value in parameters.items():
        limit = f"{name_or_file} is no program, and a genome has none"
        raise InputError(f"parameter {name}", value, limit, "leave it out")


def code_path(name_or_file: str | Path) -> Path:
    """The file of a program or a genome, shipped or not."""
    return Path(name_or_file) if is_program(name_or_file) else genome_path(name_or_file)


def stored_code(content: bytes, name: str) -> Code:
    """What results hold under this name; a program is not run.

    Raises:
        InputError: these are not the bytes of a genome, or of a program.
    """
    if is_program(name):
        return SourceProgram.stored(Path(name).stem, content)
    return Genome.from_bytes(content, name)


def own(code: Code, program: Path | None) -> Code:
    """What came with results, as it may be run: a program only as the file that a person names.

    Args:
        code: what came with results.
        program: the file of the program; None if the person has named none.

    Raises:
        InputError: the file is missing, another, or not wanted.
    """
    if program is None:
        return code
    if isinstance(code, Genome):
        raise InputError("--program", program, "the results are of a genome", "leave it out")
    return confirmed(code, program)


def to_be_named(name: str) -> list[str | Path]:
    """What a command on results of this code asks of a person besides: a program's file, as ``own`` does.

    Args:
        name: in a plan, and so relative to where that lies; where no file is, only its name is said.
    """
    if not is_program(name):
        return []
    here = Path(name).is_file()
    return ["--program", Path(name) if here else Path("WHERE-IT-IS", Path(name).name)]


def hidden_of(code: Code) -> int:
    """Hidden units of a rule, by which the pace of a chip goes; the most of all for a program."""
    return code.hidden if isinstance(code, Genome) else HIDDEN_MAX


def layout_of(code: Code) -> Layout | None:
    """Where the variables of a program lie; None where none are declared, as those of a genome."""
    return None if isinstance(code, Genome) else code.layout


def check_fits(code: Code, topology: Topology) -> None:
    """Refuse a topology for which a rule was not trained, or on which the goal cannot be reached.

    Raises:
        InputError: it is one.
    """
    if isinstance(code, Genome):
        check_trained_for(code, topology)
        code.target.seed_cell(*topology.shape)
    else:
        goal, any_seed = code.goal(), 0
        goal.boards(topology, any_seed)
        if isinstance(topology, Plane):
            goal.robots(topology, any_seed)
            goal.light_on(topology)


def check_in_python(code: Code, who: str) -> None:
    """Refuse a program that is written in C, where its functions in Python are needed.

    Args:
        code: what a person has named.
        who: needs them.

    Raises:
        InputError: it is one.
    """
    if isinstance(code, SourceProgram) and code.is_in_c:
        limit = f"its functions are written in C ({code.handlers.source}), and {who} needs them in Python"
        raise InputError("program", code.path, limit, "planaria test and run --check compare engines")


def usual_engine(code: Code) -> str:
    """The engine of whoever names none: the first of all, or of those for a program that is written in C."""
    return next(iter(ENGINES)) if isinstance(code, Genome) else engines_for(code.handlers)[0]


def engine_of(code: Code, config: RunConfig, engine: str | None = None, **choice: Any) -> Engine:
    """An engine whose cells run this.

    Args:
        code: a genome or a program.
        config: the world.
        engine: its name; None is the usual one.
        choice: trace_file, kernel, target and check_genome, as of ``make_engine``.

    Raises:
        InputError: as of ``make_engine``.
    """
    engine = engine or usual_engine(code)
    if isinstance(code, Genome):
        check_fits(code, config.topology)  # before anything is built; the engine asks a program itself
        flash = image.build(code, config.timing)
        library = partial(flash_image, config.timing, config.topology)
        return make_engine(config, flash, PictureGoal(code.target), library=library, engine=engine, **choice)
    # Engines that execute machine code want a program in C.
    program = code.in_c if engine in MACHINE_CODE else code.handlers
    return make_engine(config, program, code.goal(), engine=engine, **choice)
