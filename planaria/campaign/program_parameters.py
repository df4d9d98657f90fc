"""The table [parameters] of a plan: numbers for a program's ROM, in place of those that its file has."""

from collections.abc import Mapping
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
    used = {name for given in parameters.values() for name in names_in(given)}
    programs = prod(choice.count for name, choice in draw.items() if name in used)
    programs *= prod(len(values) for name, values in sweep.items() if name in used)
    if programs > PROGRAMS_MAX:
        limit = f"there can be {PROGRAMS_MAX}, for each is compiled by itself"
        raise table.error(PARAMETERS, f"{programs:,} programs", limit, "sweep or draw fewer values")
