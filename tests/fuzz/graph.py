"""Files of graphs: lists of edges, and GraphML with elements that belong there, or do not."""

from random import Random

from emulator.world.graph import Graph
from emulator.world.graph_file import parse_graph
from firmware.budget import PORTS
from tests.fuzz.mutations import TEXTS, WHOLE, spoiled
from tests.fuzz.target import Target

NAMES = (*"abcdefgh", "n1", "n2", "3", "hub", "é", "a.b-c_d")

PARTS = (
    *("<node/>", '<node id="a"/>', '<edge source="a" target="b"/>', '<edge source="a"/>', "<port/>", "&a;"),
    *('<edge id="1" source="b" target="a"/>', '<edge source="a" target="b" directed="true"/>', "<graph>"),
    *(
        '<graph id="g" edgedefault="directed">',
        "</graph>",
        "<hyperedge/>",
        "</node>",
        '<data key="d0">x</data>',
    ),
    *('<key id="d0" for="node" attr.name="x" attr.type="int"/>', "<key/>", "<!-- a -->", "<![CDATA[x]]>"),
    *('<!DOCTYPE a [<!ENTITY a "b">]>', "<?xml version='1.1'?>", "<?a b?>", "<x:node xmlns:x='y' id='z'/>"),
    *('<data key="d1"><y:ShapeNode xmlns:y="http://www.yworks.com/xml/graphml"/></data>', "<a>" * 120),
)


def of_list(random: Random) -> bytes:
    """Lines of one or two names, few of which are anything else."""
    lines = []
    for _ in range(random.choice((1, 3, 10, 30))):
        names = random.choices(NAMES, k=random.choice((1, 2, 2, 2, 2)))
        if random.random() < 0.03:
            names.append(random.choice((*TEXTS, *map(str, WHOLE))))
        lines.append(random.choice((" ", "\t", "  ")).join(names) + random.choice(("", "", "", " # x", "\r")))
    content = "\n".join(lines).encode("utf-8", "surrogatepass")
    return spoiled(random, content, b"# \n\xff") if random.random() < 0.3 else content


def of_graphml(random: Random) -> bytes:
    """Nodes, links, and a few other elements in between, at the right or the wrong place."""
    directed = random.random() < 0.3
    names = random.sample(NAMES[:-2], random.choice((1, 2, 5, 8)))
    parts = [f'<node id="{name}"/>' for name in names]
    for _ in range(random.randrange(7) if len(names) > 1 else 0):
        one, other = random.sample(names, 2)
        parts.append(f'<edge source="{one}" target="{other}"/>')
        if directed and random.random() < 0.95:
            parts.append(f'<edge source="{other}" target="{one}"/>')
    parts = list(dict.fromkeys(parts))
    for _ in range(random.choice((0, 0, 1, 2))):
        parts.insert(random.randrange(len(parts) + 1), random.choice(PARTS))
    space = ' xmlns="http://graphml.graphdrawing.org/xmlns"' if random.random() < 0.95 else ""
    kind = "directed" if directed else "undirected"
    text = f'<graphml{space}><graph edgedefault="{kind}">{"".join(parts)}</graph></graphml>'
    content = text.encode()
    return spoiled(random, content, b"<>\"'&/ =") if random.random() < 0.3 else content


def read(content: bytes) -> None:
    """Every wire of a graph leads back, and the same bytes are the same graph."""
    graph = parse_graph(content)
    assert isinstance(graph, Graph)
    assert str(graph) == str(parse_graph(content))
    wires = {tuple(wire) for cell in range(graph.cells) for wire in graph.wires(cell)}
    assert {(r, rp, s, sp) for s, sp, r, rp in wires} == wires
    assert all(port < PORTS and sender != receiver for sender, port, receiver, _ in wires)
    assert [graph.named(name) for name in graph.names] == list(range(graph.cells))
    assert len(graph.within(0, graph.cells)) <= graph.cells


TARGETS = (
    Target("graph-list", of_list, read, 6_000),
    Target("graphml", of_graphml, read, 1_500, needs=("networkx",)),
)
