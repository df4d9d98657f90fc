import re
from collections import Counter
from importlib.util import find_spec

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.world import graph_file
from emulator.world.graph import Graph
from emulator.world.graph_file import parse_graph, read_graph
from emulator.world.topologies import topology_of
from emulator.world.topology import Wire
from firmware.errors import InputError

needs_networkx = pytest.mark.skipif(find_spec("networkx") is None, reason="networkx is not installed")

STAR = b"""# one in the middle
hub a
hub b   # and so on
lone

c hub
"""

GRAPHML = """<?xml version='1.0' encoding='utf-8'?>
<graphml xmlns="http://graphml.graphdrawing.org/xmlns">
  <key id="w" for="edge" attr.name="weight" attr.type="double"/>
  <graph edgedefault="{edgedefault}">
    <node id="hub"/><node id="a"/><node id="b"/><node id="lone"/><node id="c"/>
    {edges}
  </graph>
</graphml>"""


def graphml(*edges, edgedefault="undirected"):
    lines = [f'<edge source="{one}" target="{other}"/>' for one, other in edges]
    return GRAPHML.format(edgedefault=edgedefault, edges="".join(lines)).encode()


EDGES = (("hub", "a"), ("hub", "b"), ("c", "hub"))


def test_a_list_of_edges():
    graph = parse_graph(STAR)
    assert graph == Graph(("hub", "a", "b", "lone", "c"), ((1, 2, 4), (0,), (0,), (), (0,)))
    assert (graph.cells, graph.shape, graph.size, graph.torus, graph.middle) == (5, (5,), "5", False, 0)


def test_slots_lead_to_the_port_that_it_is_at_the_far_end():
    graph = parse_graph(STAR)
    void = 8 * 5
    assert graph.slots().tolist() == [
        [8 * 1, 8 * 2, 8 * 4] + [void] * 5,
        [8 * 0 + 0] + [void] * 7,
        [8 * 0 + 1] + [void] * 7,
        [void] * 8,
        [8 * 0 + 2] + [void] * 7,
    ]
    assert graph.wires(4) == [Wire(4, 0, 0, 2)]
    assert graph.wires(3) == []
    out = np.zeros((5, 8), np.int32)
    assert graph.slots(out) is out


@needs_networkx
@pytest.mark.parametrize(
    "content",
    [
        graphml(*EDGES),
        graphml(*EDGES, ("a", "hub"), ("b", "hub"), ("hub", "c"), edgedefault="directed"),
        b"\xef\xbb\xbf\n" + graphml(*EDGES).removeprefix(b"<?xml version='1.0' encoding='utf-8'?>\n"),
        graphml(*EDGES).replace(b'target="a"/>', b'target="a" id="x"><data key="w">2.5</data></edge>'),
    ],
)
def test_the_same_as_graphml(content):
    assert parse_graph(content) == parse_graph(STAR)


def test_a_node_is_called_by_its_name_or_else_by_its_number():
    graph = parse_graph(b"4 3\n3 x\n")
    assert [graph.named(name) for name in ("4", "3", "x", "2", "0", "9", "y", "")] == [0, 1, 2, 2, 0] + [
        None
    ] * 3


def test_parts_of_a_graph_do_not_reach_each_other():
    graph = parse_graph(STAR)
    assert graph.within(1, 1).tolist() == [0, 1]
    assert graph.within(1, 2).tolist() == graph.within(1, 10**9).tolist() == [0, 1, 2, 4]
    assert graph.within(3, 5).tolist() == [3]


def test_what_identifies_a_graph_is_its_nodes_and_links(tmp_path):
    (tmp_path / "here").write_bytes(STAR)
    (tmp_path / "there.txt").write_bytes(STAR.replace(b"# one in the middle", b""))
    here, there = (topology_of(f"graph:{tmp_path / name}") for name in ("here", "there.txt"))
    assert str(here) == str(there) == f"graph 5 sha256 {here.sha256}"
    assert re.fullmatch("[0-9a-f]{64}", here.sha256)
    assert here == there
    assert hash(here) == hash(there)
    others = {parse_graph(other).sha256 for other in (b"hub a", b"hub b", b"hub\na", b"a hub", b"hub\na\nb")}
    assert len(others | {here.sha256}) == 6


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "0 nodes - it must have 1 to 1,048,576"),
        (b"# nothing\n\n", "0 nodes - it must have 1 to"),
        (b"a b\na a\n", "net, line 2: a a - it leads from a node to itself; leave it out"),
        (b"a b\nb c\nb a\n", "net, line 3: b a - this link is there twice; leave one out: a line is both"),
        (
            b"a b 2.5\n",
            "net, line 1: a b 2.5 - it is no link of two nodes; write NODE NODE, and nothing else",
        ),
        (b"\n".join(b"hub n%d" % n for n in range(9)), "net, line 9: hub n8 - it is the ninth link of hub"),
        (b"\n".join(b"n%d hub" % n for n in range(9)), "net, line 9: n8 hub - it is the ninth link of hub"),
        (b"a b\x00\n", "net, line 1: a b\\x00 - a name has 1 to 64 letters that can be seen"),
        (b"a " + b"b" * 65, "a name has 1 to 64 letters that can be seen, and no space; choose another name"),
        (b"a \xff\n", "net: its bytes - they are no text in UTF-8; save it as UTF-8"),
    ],
)
def test_lists_that_are_no_graph_of_cells(content, says):
    with pytest.raises(InputError) as caught:
        parse_graph(content, "net")
    assert says in str(caught.value)


BOMB = b"""<?xml version="1.0"?>
<!DOCTYPE graphml [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>
<graphml><graph edgedefault="undirected"><node id="&b;"/></graph></graphml>"""


@needs_networkx
@pytest.mark.parametrize(
    ("content", "says"),
    [
        (graphml(*EDGES, edgedefault="directed"), "it leads one way only; give its other direction too"),
        (graphml(*EDGES, ("a", "a")), "net: link a - a - it leads from a node to itself; leave it out"),
        (graphml(*EDGES, ("a", "hub")), "net: link hub - a - it is there twice; leave one out"),
        (graphml(*EDGES, ("a", "nobody")), "net: node nobody - a link leads to it, and it is not there"),
        (graphml(*EDGES, ("a", "")), "net: <edge> - it has no target; give it the id of a node"),
        (graphml(*EDGES).replace(b'id="lone"', b""), "net: <node> - it has no name; give it an id"),
        (graphml(*EDGES).replace(b'id="lone"', b'id="a"'), "net: node a - it is there twice; leave one out"),
        (graphml(*EDGES).replace(b'id="lone"', b'id="a b"'), "net: node a b - a name has 1 to 64 letters"),
        (graphml(*EDGES)[:-20], "net: GraphML - it is no XML (no element found"),
        (graphml(*EDGES, edgedefault="sideways"), "net: <graph> - its edgedefault must be directed or undir"),
        (
            graphml(*EDGES).replace(b'target="b"', b'target="b" directed="true"'),
            "net: GraphML - networkx cannot read it (NetworkXError: directed=true edge found in undirected",
        ),
        (graphml(*EDGES).replace(b"</graph>", b'</graph><graph edgedefault="directed"/>'), "more than one"),
        (graphml(*EDGES).replace(b"<edge", b"<hyperedge/><edge", 1), "net: <hyperedge> - a link joins two"),
        (
            graphml(*EDGES, ("a", 'b" id="7'), ("b", 'a" id="7')),
            "net: GraphML - of its 5 nodes and 5 edges networkx finds 5 and 4; use no namespaces of your own",
        ),
        (b"<" * 9, "net: GraphML - it is no XML"),
        (b"<graphml/>", "net: "),
        (b"<a>" * 200, "net: a - it lies within 100 others"),
        (BOMB, "net: <!DOCTYPE - entities can stand for any amount of text, so none are read; remove the"),
        (b"<graphml>\xff</graphml>", "net: its bytes - they are no text in UTF-8"),
    ],
)
def test_xml_that_is_no_graph_of_cells(content, says):
    with pytest.raises(InputError) as caught:
        parse_graph(content, "net")
    assert says in str(caught.value)


@needs_networkx
def test_the_ninth_link_in_graphml():
    nodes = b"".join(b'<node id="n%d"/>' % n for n in range(9))
    content = graphml(*(("hub", f"n{n}") for n in range(9))).replace(
        b'<node id="hub"/>', b'<node id="hub"/>' + nodes
    )
    with pytest.raises(InputError, match="node hub - it has 9 links, and a cell has 8 ports; leave 1 out"):
        parse_graph(content)


def test_files_that_are_refused_before_they_are_read(tmp_path, monkeypatch):
    monkeypatch.setattr(graph_file, "FILE_MAX_BYTES", 10)
    (tmp_path / "net").write_bytes(b"a b\n" * 3)
    for path, says in (
        ("net", "it has more than 10 bytes"),
        ("", "it is a folder"),
        ("none", "No such file"),
    ):
        with pytest.raises(InputError, match=f"graph: .* - .*{says}"):
            read_graph(tmp_path / path)


def test_too_many_nodes(monkeypatch):
    monkeypatch.setattr(graph_file, "NODES_MAX", 3)
    with pytest.raises(InputError, match="line 2: c d - it is node 4; there can be 3"):
        parse_graph(b"a b\nc d\n")


def test_without_networkx(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "networkx", None)
    with pytest.raises(
        InputError, match=r"GraphML - networkx is not installed; pip install 'planaria\[graph\]'"
    ):
        parse_graph(graphml(*EDGES))


LINKS = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=20)


@given(LINKS)
def test_every_link_leads_back(links):
    chosen = dict.fromkeys((min(pair), max(pair)) for pair in links if pair[0] != pair[1])
    text = "".join(f"n{one} n{other}\n" for one, other in chosen) + "n0\n"
    if max(Counter(end for link in chosen for end in link).values(), default=0) > 8:
        with pytest.raises(InputError, match="the ninth link"):
            parse_graph(text.encode())
        return
    graph = parse_graph(text.encode())
    wires = {tuple(wire) for cell in range(graph.cells) for wire in graph.wires(cell)}
    assert {(r, rp, s, sp) for s, sp, r, rp in wires} == wires
    named = {frozenset((graph.names[s], graph.names[r])) for s, _, r, _ in wires}
    assert named == {frozenset((f"n{one}", f"n{other}")) for one, other in chosen}


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: topology_of(), "square8 32x32"),
        (lambda: topology_of("square4", "3x4", True), "square4 3x4 torus"),
        (lambda: topology_of("hex6"), "hex6 32x32"),
        (lambda: topology_of("cube6"), "cube6 32x32x4"),
        (lambda: topology_of("cube6", "5x7"), "cube6 5x7x4"),
        (lambda: topology_of("cube6", "5x4x3", torus=True), "cube6 5x4x3 torus"),
    ],
)
def test_topologies_by_name(make, text):
    assert str(make()) == text


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (
            ("square5",),
            "topology: square5 - there is none of this name; choose one of square8, square4, hex6, cube6",
        ),
        (("graph",), "topology: graph - there is none of this name"),
        (("graph:",), "choose one of square8, square4, hex6, cube6, plane[:NAME=VALUE,...], graph:FILE"),
        (("graph:x", "3x3"), "grid: 3x3 - a graph has as many cells as its file has nodes; leave it out"),
        (("graph:x", "32x32", True), "torus: yes - a graph has no edges to be joined; leave it out"),
        (("square8", "3x3x3"), "grid: 3x3x3 - it must be COLSxROWS; e.g. 64x64"),
        (("cube6", "32x"), "grid: 32x - it must be COLSxROWSxLAYERS; e.g. 32x32x4"),
        (("hex6", "4x5", True), "grid: 4x5 - a hexagonal torus needs an even number of rows; e.g. 4x6"),
    ],
)
def test_what_no_topology_is(given, says):
    with pytest.raises(InputError) as caught:
        topology_of(*given)
    assert says in str(caught.value)
