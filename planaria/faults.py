"""The vocabulary of faults, as the classes themselves say it."""

import inspect
from dataclasses import fields
from typing import Any

from emulator.faults import Fault


def table(name: str | None = None) -> list[dict[str, Any]]:
    """A row for each kind: name, what it does, how long it lasts, and its parameters with their limits.

    Args:
        name: of one kind; None is all.

    Raises:
        InputError: there is no such kind.
    """
    if name is not None:
        return [_row(Fault.kind_of(name, name))]
    return [
        _row(kind) for kind in sorted(Fault.kinds.values(), key=lambda kind: (kind.__module__, kind.kind))
    ]


def _row(kind: type[Fault]) -> dict[str, Any]:
    defaults = {field.name: field.default for field in fields(kind)}
    return {
        "kind": kind.kind,
        "part": kind.__module__.rpartition(".")[2],
        "text": inspect.cleandoc(kind.__doc__ or ""),
        "instant": kind.is_instant,
        "needs_length": kind.needs_length,
        "engines": "iss" if kind.needs_machine_code else "all",
        "parameters": {
            name: {"limits": str(limits), "default": defaults[name]}
            for name, limits in kind.parameters().items()
        },
    }
