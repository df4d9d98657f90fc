"""Files of graphs: a list of edges, or GraphML. Both may be anybody's."""

from functools import lru_cache
from pathlib import Path
from typing import Any, Final
from warnings import catch_warnings, simplefilter
from xml.parsers import expat

from emulator.world.graph import NODES_MAX, Graph, check_node_name
from firmware.budget import PORTS
from firmware.errors import InputError
from firmware.system.reading import read_input

FILE_MAX_BYTES: Final = 1 << 24

LINKS_MAX: Final = NODES_MAX * PORTS
DEPTH_MAX: Final = 100
"""Elements of XML within each other; GraphML needs about five."""

EDGE_DEFAULTS: Final = ("directed", "undirected")

BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
_MEND: Final = "mend the file"


def read_graph(path: Path) -> Graph:
    """The graph of a file, told apart by its content: XML is GraphML, all else a list of edges.

    A list of edges has a line for each link, ``NODE NODE``; one name alone is a node, which may have no
    link; ``#`` begins a comment. Cells are numbered as their names appear, and a node's ports are its
    neighbours as they appear.

    Raises:
        InputError: it cannot be read, or holds no graph of cells; the message has its name and, of a list,
            the line.
    """
    content = read_input("graph", path, FILE_MAX_BYTES, "give a list of edges, or GraphML")
    return parse_graph(content, str(path))


@lru_cache(maxsize=4)  # a campaign makes its world again for each trial
def parse_graph(content: bytes, source: str = "graph") -> Graph:
    """The graph in these bytes; ``source`` names them in an error.

    Raises:
        InputError: as ``read_graph``.
    """
    content = content.removeprefix(BYTE_ORDER_MARK)
    try:
        return _graphml(content) if content.lstrip().startswith(b"<") else _edge_list(content, source)
    except InputError as error:
        what = error.what if error.what.startswith(source) else source
        raise InputError(what, error.value, error.limit, error.fix) from error


def _edge_list(content: bytes, source: str) -> Graph:
    """Of lines; a link stands there once, for both directions."""
    try:
        lines = content.decode().split("\n")
    except UnicodeDecodeError as error:
        raise InputError(source, "its bytes", "they are no text in UTF-8", "save it as UTF-8") from error
    neighbours: dict[str, dict[str, None]] = {}
    for number, line in enumerate(lines, 1):
        names = line.partition("#")[0].split()
        try:
            _add(neighbours, names)
        except InputError as error:
            what = f"{source}, line {number}"
            raise InputError(what, line.strip(), error.limit, error.fix) from error
    numbers = {name: number for number, name in enumerate(neighbours)}
    return Graph(tuple(numbers), tuple(tuple(numbers[n] for n in near) for near in neighbours.values()))


def _add(neighbours: dict[str, dict[str, None]], names: list[str]) -> None:
    """Take in a line's names: none, a node, or a link."""
    if len(names) > 2:
        raise InputError("graph", names, "it is no link of two nodes", "write NODE NODE, and nothing else")
    for name in names:
        check_node_name(name)
        neighbours.setdefault(name, {})
    if len(neighbours) > NODES_MAX:
        raise InputError("graph", names, f"it is node {NODES_MAX + 1:,}", f"there can be {NODES_MAX:,}")
    if len(names) < 2:
        return
    one, other = names
    if one == other:
        raise InputError("graph", one, "it leads from a node to itself", "leave it out")
    if other in neighbours[one]:
        raise InputError("graph", one, "this link is there twice", "leave one out: a line is both directions")
    for name, far in ((one, other), (other, one)):
        if len(neighbours[name]) == PORTS:
            limit = f"it is the ninth link of {name}, and a cell has {PORTS} ports"
            raise InputError("graph", name, limit, "leave it out")
        neighbours[name][far] = None


def _graphml(content: bytes) -> Graph:
    """Of XML, once it is known to be harmless; a directed graph needs both directions of each link."""
    expected = _Guard().check(content)
    try:
        import networkx
    except ImportError as error:
        fix = "pip install 'planaria[graph]', or write a list of edges"
        raise InputError("graph", "GraphML", "networkx is not installed", fix) from error
    try:
        with catch_warnings():
            simplefilter("ignore")  # of attributes that mean nothing to a cell
            graph: Any = networkx.parse_graphml(content.decode(), force_multigraph=True)
    except Exception as error:  # it says what it does not understand in many ways
        reason = f"networkx cannot read it ({type(error).__name__}: {error})"
        raise InputError("graph", "GraphML", reason, _MEND) from error
    found = graph.number_of_nodes(), graph.number_of_edges()
    if found != expected:  # e.g. two edges of the same nodes and the same id are one to it
        limit = "of its {} nodes and {} edges networkx finds {} and {}".format(*expected, *found)
        raise InputError("graph", "GraphML", limit, "use no namespaces of your own, and each id once")
    numbers = {name: number for number, name in enumerate(graph)}
    near = (
        tuple(numbers[other] for other, links in graph.adj[name].items() for _ in links) for name in numbers
    )
    return Graph(tuple(numbers), tuple(near))


class _Guard:
    """Reads XML before anybody else does, and refuses what could harm him or be misunderstood.

    Entities are refused with all document types, for a few lines of them stand for gigabytes.
    """

    def __init__(self) -> None:
        self._nodes: set[str] = set()
        self._ends: list[str] = []
        self._depth = self._graphs = 0

    def check(self, content: bytes) -> tuple[int, int]:
        """How many nodes and edges it has, if it is one flat graph of named nodes and links between these.

        Raises:
            InputError: it is not.
        """
        parser = expat.ParserCreate("utf-8")
        parser.StartDoctypeDeclHandler = self._refuse_doctype
        parser.StartElementHandler = self._begin
        parser.EndElementHandler = self._end
        try:
            content.decode()
            parser.Parse(content, True)
        except UnicodeDecodeError as error:
            raise InputError("graph", "its bytes", "they are no text in UTF-8", "save it as UTF-8") from error
        except (expat.ExpatError, ValueError, LookupError) as error:
            if isinstance(error, InputError):
                raise
            raise InputError("graph", "GraphML", f"it is no XML ({error})", _MEND) from error
        stranger = next((name for name in self._ends if name not in self._nodes), None)
        if stranger is not None:
            raise InputError("graph", f"node {stranger}", "a link leads to it, and it is not there", _MEND)
        return len(self._nodes), len(self._ends) // 2

    @staticmethod
    def _refuse_doctype(*_declaration: object) -> None:
        limit = "entities can stand for any amount of text, so none are read"
        raise InputError("graph", "<!DOCTYPE", limit, "remove the document type")

    def _begin(self, tag: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > DEPTH_MAX:
            raise InputError("graph", tag, f"it lies within {DEPTH_MAX} others", _MEND)
        kind = tag.rpartition(":")[2]
        if kind == "graph":
            self._graphs += 1
            if self._graphs > 1:
                raise InputError("graph", "<graph>", "there is more than one", "leave one")
            if attributes.get("edgedefault") not in EDGE_DEFAULTS:
                limit = f"its edgedefault must be {' or '.join(EDGE_DEFAULTS)}"
                raise InputError("graph", "<graph>", limit, "say what an edge is")
        elif kind == "node":
            self._add_node(attributes.get("id", ""))
        elif kind == "edge":
            self._add_edge(attributes)
        elif kind in ("hyperedge", "port"):
            raise InputError("graph", f"<{kind}>", "a link joins two nodes", "use edges")

    def _end(self, _tag: str) -> None:
        self._depth -= 1

    def _add_node(self, name: str) -> None:
        if not name:
            raise InputError("graph", "<node>", "it has no name", "give it an id")
        check_node_name(name)
        if name in self._nodes:
            raise InputError("graph", f"node {name}", "it is there twice", "leave one out")
        self._nodes.add(name)
        if len(self._nodes) > NODES_MAX:
            raise InputError("graph", f"node {name}", f"it is node {NODES_MAX + 1:,}", "leave some out")

    def _add_edge(self, attributes: dict[str, str]) -> None:
        for end in ("source", "target"):
            if not attributes.get(end):
                raise InputError("graph", "<edge>", f"it has no {end}", "give it the id of a node")
            self._ends.append(attributes[end])
