"""The header of a program in Python, for its twin in C."""

from pathlib import Path
from typing import Any

from firmware.errors import InputError
from firmware.header import c_header, written_by
from firmware.system.atomic import write_all
from planaria.outputs import check_outputs
from planaria.program import open_program


def write_header(program: Path, output: Path) -> dict[str, Any]:
    """Write what a program declares as a header; returns what ``--json`` shows.

    Args:
        program: its file.
        output: the header.

    Raises:
        InputError: it is no program, declares no variables, or has a name that C cannot have; or the header
            cannot be written.
    """
    opened = open_program(program)
    handlers = opened.handlers
    if handlers.source and opened.in_c.for_kilolib:
        limit = f"its functions are in {handlers.source}, which is for kilolib and has variables of its own"
        raise InputError("program", program, limit, "it needs no header")
    text = c_header(handlers, f"planaria header {program.name}")
    beside = opened.in_c.path if handlers.source else program.with_suffix(".c")
    check_outputs([output], [program, beside])
    write_all({output: text.encode()})
    assert handlers.declaration is not None
    return {
        "program": program.stem,
        "file": str(output),
        "own_bytes": handlers.declaration.layout.end,
        "functions": written_by(handlers),
    }
