"""The graph of a plan, which travels in the plan's own text: results and certificates need no other file."""

import json
import tomllib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from emulator.options import TOPOLOGY
from emulator.world.graph import Graph
from emulator.world.graph_file import parse_graph
from firmware.errors import InputError
from firmware.system.reading import read_input
from planaria.toml_table import LETTERS_MAX, TomlTable

KEY: Final = "graph"
"""Table at the end of a plan: name of the file -> its content."""


def graph_of(options: Mapping[str, Any]) -> str | None:
    """The file of the graph that a world lies on, beside the plan; None if it is no graph."""
    kind, _, file = str(options.get(TOPOLOGY.name, TOPOLOGY.default)).partition(":")
    return file if kind == Graph.kind and file else None


def with_graph(text: str, path: Path) -> str:
    """The text of a plan's file, and behind it the graph that it names.

    Args:
        text: of the file; what is no plan is left as it is, and refused when it is parsed.
        path: of the file, beside which the graph lies.

    Raises:
        InputError: the graph cannot be read, or is too large to travel.
    """
    try:
        content = tomllib.loads(text)
    except (ValueError, RecursionError):
        return text
    world = content.get("world")
    name = graph_of(world) if isinstance(world, dict) else None
    if name is None or KEY in content:
        return text
    file = path.parent / name
    try:
        graph = read_input("graph", file, LETTERS_MAX // 2, "give a smaller one").decode()
    except UnicodeDecodeError as error:
        raise InputError("graph", file, "it is no text in UTF-8", "save it as UTF-8") from error
    # JSON's texts are TOML's, but for one letter that JSON leaves as it is.
    named, quoted = (
        json.dumps(part, ensure_ascii=False).replace("\x7f", "\\u007f") for part in (name, graph)
    )
    return f"{text.rstrip()}\n\n[{KEY}]\n{named} = {quoted}\n"


def read_graphs(table: TomlTable) -> dict[str, str]:
    """The graphs that a plan carries: name of the file -> content.

    Raises:
        InputError: the table holds something else.
    """
    graphs = table.content.get(KEY, {})
    if not isinstance(graphs, dict) or not all(isinstance(graph, str) for graph in graphs.values()):
        raise table.error(KEY, "something else", "it is for what planaria puts there", "leave it out")
    return graphs


def find_graph(options: Mapping[str, Any], graphs: Mapping[str, str], table: TomlTable) -> Graph | None:
    """The graph on which a world lies; None if it lies on none.

    Raises:
        InputError: the plan does not carry it, or it is none.
    """
    name = graph_of(options)
    if name is None:
        return None
    if name not in graphs:
        limit = "the plan does not carry this graph"
        raise table.error(TOPOLOGY.name, f"{Graph.kind}:{name}", limit, "open the plan from its file")
    return _parsed(graphs[name], name)


@lru_cache(maxsize=8)
def _parsed(content: str, name: str) -> Graph:
    return parse_graph(content.encode(), name)
