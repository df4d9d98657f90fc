"""``planaria faults``: the vocabulary of faults, as the classes themselves say it."""

import inspect
from dataclasses import fields
from typing import Any

from emulator.faults import Fault


def table() -> list[dict[str, Any]]:
    """A row for each kind: name, what it does, whether it lasts, and its parameters with their limits."""
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
        "engines": "iss" if kind.needs_machine_code else "all",
        "parameters": {
            name: {"limits": str(limits), "default": defaults[name]}
            for name, limits in kind.parameters().items()
        },
    }


def print_table() -> None:
    """The same for a person."""
    print("KIND:REGION[,NAME=VALUE...]@ROUND[+ROUNDS]; a number alone means everywhere: loss:0.5@100+50")
    part = None
    for row in table():
        if row["part"] != part:
            part = row["part"]
            print(f"\n{part}")
        takes = "takes no time" if row["instant"] else "for a time, or for ever without +ROUNDS"
        needs = ", needs --engine iss" if row["engines"] == "iss" else ""
        print(f"  {row['kind']}  ({takes}{needs})")
        for line in row["text"].splitlines():
            print(f"      {line}".rstrip())
        for name, about in row["parameters"].items():
            default = "required" if about["default"] is None else f"default {about['default']}"
            print(f"      {name}: {about['limits']} ({default})")
