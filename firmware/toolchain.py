"""Compilers: zig from PyPI, or one that the system has."""

import shutil
import subprocess
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from firmware.current_folder import search_path
from firmware.errors import InputError, visible

INSTALL = "pip install 'planaria[hardware]'"
"""What brings the toolchain and the simulators."""

MESSAGE_LINES_MAX = 30


class CompileError(InputError):
    """The compiler refused; ``output`` is what it said."""

    def __init__(self, compiler: str, output: str) -> None:
        lines = output.strip().splitlines()
        said = "\n".join(lines[:MESSAGE_LINES_MAX] + ["..."] * (len(lines) > MESSAGE_LINES_MAX))
        super().__init__("compiler", compiler, f"it failed and said\n{said}\n", "put the source right")
        self.output = output

    def __str__(self) -> str:
        return "\n".join(map(visible, self.text.split("\n")))


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


def require(module: str, purpose: str) -> None:
    """Say what to install when a module of the extra ``hardware`` is missing.

    Raises:
        InputError: it is.
    """
    if find_spec(module) is None:
        raise InputError(purpose, module, "it is not installed", INSTALL)


def compile_in(folder: Path, command: Sequence[str]) -> None:
    """Run a compiler with ``folder`` as its working directory.

    Raises:
        CompileError: it failed.
    """
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise CompileError(Path(command[0]).name, done.stderr)
