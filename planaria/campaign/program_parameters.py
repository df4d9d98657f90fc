"""The table [parameters] of a plan: numbers for a program's ROM, in place of those that its file has."""

from collections.abc import Iterator, Mapping
from itertools import product
from math import prod
from typing import Any, Final

from planaria.campaign.parameters import Choice, names_in
from planaria.campaign.trial import Value
from planaria.toml_table import TomlTable

PARAMETERS: Final = "parameters"

PROGRAMS_MAX: Final = 100
"""So many times may a program be compiled, each time with other parameters: half a second, and 4 MB."""


def read_parameters(table: TomlTable) -> dict[str, Any]:
    """What a plan says of its program's parameters, as it is written.

    Raises:
        InputError: there are too many, or its cells run genomes.
    """
    parameters = table.table(PARAMETERS)
    parameters.names()
    if PARAMETERS in table.content and "program" not in table.content:
        raise table.error(PARAMETERS, "a table", "genomes have no parameters", "leave it out")
    return parameters.content


def check_programs(
    table: TomlTable,
    parameters: Mapping[str, Any],
    sweep: Mapping[str, tuple[Value, ...]],
    draw: Mapping[str, Choice],
) -> None:
    """Refuse parameters of which there are very many combinations.

    Raises:
        InputError: each would be compiled, for hours.
    """
    programs = prod(
        len(sweep[name]) if name in sweep else draw[name].count for name in _names_used(parameters)
    )
    if programs > PROGRAMS_MAX:
        limit = f"there can be {PROGRAMS_MAX}, for each is compiled by itself"
        raise table.error(PARAMETERS, f"{programs:,} programs", limit, "sweep or draw fewer values")


def values_of(
    parameters: Mapping[str, Any],
    sweep: Mapping[str, tuple[Value, ...]],
    draw: Mapping[str, Choice],
) -> Iterator[dict[str, Value]]:
    """Combinations of swept values and ends of draws that parameters mention: an empty one if they do not."""
    ends = {name: sweep.get(name) or draw[name].extremes for name in _names_used(parameters)}
    return (dict(zip(ends, values, strict=True)) for values in product(*ends.values()))


def _names_used(parameters: Mapping[str, Any]) -> list[str]:
    """What is put into parameters, each name once."""
    return list(dict.fromkeys(name for given in parameters.values() for name in names_in(given)))
