"""Compilers: zig from PyPI, or one that the system has."""

import os
import shutil
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from subprocess import TimeoutExpired
from typing import Final

from firmware.errors import InputError, visible
from firmware.system.current_folder import search_path
from firmware.system.leash import run_leashed

INSTALL = "pip install 'planaria[hardware]'"
"""What brings the toolchain and the simulators."""

MESSAGE_LINES_MAX = 30
LINE_MAX: Final = 400

COMPILE_MAX_S: Final = 180.0
"""A slow machine needs a minute when zig compiles its own libraries for the first time."""

ZIG_CACHE: Final = "ZIG_GLOBAL_CACHE_DIR"
"""Environment variable. zig waits for ever for a folder that cannot be made."""


class CompileError(InputError):
    """The compiler refused; ``output`` is what it said."""

    limit_max = MESSAGE_LINES_MAX * LINE_MAX

    def __init__(self, compiler: str, output: str, fix: str = "put the source right") -> None:
        lines = output.strip().splitlines()
        said = "\n".join(lines[:MESSAGE_LINES_MAX] + ["..."] * (len(lines) > MESSAGE_LINES_MAX))
        super().__init__("compiler", compiler, f"it failed and said\n{said}\n", fix)
        self.output = output

    def __str__(self) -> str:
        return "\n".join(visible(line, LINE_MAX) for line in self.text.split("\n"))


def compiler(command: str | None) -> list[str]:
    """The words that start a compiler.

    Args:
        command: of the system, e.g. ``arm-none-eabi-gcc``; None takes ``zig cc``.

    Raises:
        InputError: it is not installed.
    """
    if command is not None:
        program = find_program(command)
        if program is None:
            raise InputError("compiler", command, "it is not installed", "leave out --cc to use zig")
        return [program]
    found = find_spec("ziglang")
    if found is None or found.origin is None:
        raise InputError("toolchain", "ziglang", "it is not installed", INSTALL)
    _check_cache()
    return [str(Path(found.origin).parent / "zig"), "cc"]


def find_program(command: str) -> str | None:
    """Absolute path of a program of the system, or None.

    Args:
        command: a path, or a name that is looked for where ``PATH`` says; but not in its entries that
            mean the current folder, such as an empty one: there may be anybody's program of that name.
    """
    if Path(command).name == command:
        return shutil.which(command, path=search_path())
    program = shutil.which(command)
    return program and str(Path(program).absolute())


def _check_cache() -> None:
    if cache := os.environ.get(ZIG_CACHE):
        try:
            Path(cache).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            limit = f"it cannot be made ({error.strerror})"
            raise InputError(ZIG_CACHE, cache, limit, "let it name a folder that can be written") from error


def require(module: str, purpose: str) -> None:
    """Say what to install when a module of the extra ``hardware`` is missing.

    Raises:
        InputError: it is.
    """
    if find_spec(module) is None:
        raise InputError(purpose, module, "it is not installed", INSTALL)


def compile_in(folder: Path, command: Sequence[str], output: str) -> None:
    """Run a compiler with ``folder`` as its working directory.

    Args:
        folder: where it runs.
        command: its words, but for the output.
        output: the file that it is to write.

    Raises:
        CompileError: it failed.
        InputError: it cannot be run, does not end, or wrote nothing.
    """
    name = Path(command[0]).name
    try:
        temporary = os.environ | {
            "TMPDIR": str(folder)
        }  # what it leaves there when it is killed goes with it
        done = run_leashed([*command, "-o", output], COMPILE_MAX_S, folder, temporary)
    except TimeoutExpired as error:
        limit = f"it has not ended after {COMPILE_MAX_S:g} s"
        raise InputError("compiler", name, limit, "see whether it works alone, and give it room") from error
    except OSError as error:
        limit = f"it cannot be run ({error.strerror})"
        raise InputError("compiler", command[0], limit, "give a program that this machine can run") from error
    if done.returncode:
        raise CompileError(name, done.stderr or f"nothing; exit status {done.returncode}")
    if not (folder / output).is_file():
        raise InputError(
            "compiler", name, f"it wrote no {output}", "give a gcc, or leave out --cc to use zig"
        )
