"""Engines by name, and what each is. Nothing heavy is imported here, for ``planaria run --help`` shows it."""

from typing import Final, NamedTuple


class EngineKind(NamedTuple):
    """An engine, as people choose it.

    Attributes:
        text: what it is, in a few words.
        has_chip: whether ``target`` and ``check_genome`` mean something to it.
        has_kernels: whether ``kernel`` does.
    """

    text: str
    has_chip: bool = False
    has_kernels: bool = False


ENGINES: Final = {
    "window": EngineKind("compiled, for many cells", has_kernels=True),
    "reference": EngineKind("a process for each cell, to be read"),
    "native": EngineKind("every cell executes the C cell, built for this machine"),
    "iss": EngineKind("every cell executes the C cell on a simulated chip", has_chip=True),
}
"""All engines by name, the usual one first; they give the same result."""

MACHINE_CODE: Final = ("native", "iss")
"""Those whose cells execute machine code, so that a program has to be in C."""
