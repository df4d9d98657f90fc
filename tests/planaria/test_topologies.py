"""Genomes on other topologies than squares, from the command line to the pictures."""

import json
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from emulator.world.graph_file import parse_graph
from emulator.world.lattices import Cube6, Hex6, Square4, Square8
from firmware.genome import Genome
from planaria import Grid, InputError, open_genome
from planaria.appraisal import room
from planaria.campaign.codes import files_of, open_codes
from planaria.campaign.plan import Plan
from planaria.commands.main import main
from planaria.pictures.canvas import canvas
from planaria.pictures.projection import projected

RING = open_genome("ring")


def trained_for(kind: str) -> Genome:
    """A genome that says so; what it grows there is not to be looked at."""
    return replace(RING, facts={**RING.facts, "topology": kind})


WORLDS = [("square4", "24x22"), ("hex6", "22x24"), ("cube6", "22x22x3")]


@pytest.mark.parametrize(("kind", "size"), WORLDS)
def test_a_grid_lives_and_is_drawn(tmp_path, kind, size):
    options = {
        "topology": kind,
        "grid": size,
        "seed": 2,
        "faults": ["cut:half:left@3+2", "kill:half:top@6+1"],
    }
    grid = Grid(trained_for(kind), **options)
    result = grid.run(9)
    assert (grid.picture[..., 3] >= 6).sum() > 8
    shape = tuple(map(int, reversed(size.split("x"))))
    assert (grid.picture.shape, grid.states.shape) == ((*shape, 4), (*shape, 16))
    assert Grid(trained_for(kind), **options, engine="reference", record=False).run(9) == result
    grid.save_film(tmp_path / "f.gif")
    grid.save_figure(tmp_path / "f.png")
    with Image.open(tmp_path / "f.gif") as film:
        assert film.n_frames >= 8
        assert max(film.size) in range(330, 400)


def test_other_wirings_are_other_runs():
    hashes = {
        Grid(trained_for(kind), topology=kind, rows=22, cols=22).run(4).trace_sha256 for kind, _ in WORLDS
    }
    assert len(hashes | {Grid(RING, rows=22, cols=22).run(4).trace_sha256}) == 4


def test_a_genome_that_was_trained_for_another_topology():
    with pytest.raises(InputError) as caught:
        Grid(RING, topology="hex6")
    says = "it was trained for square8, and this is hex6; choose topology square8, or another genome"
    assert str(caught.value) == f"genome: ring - {says}"
    with pytest.raises(InputError, match="it was trained for hex6, and this is square8"):
        Grid(trained_for("hex6"))


def test_a_version_of_a_shipped_genome_that_does_not_fit():
    with pytest.raises(
        InputError, match="genome: planarian - it was trained for square8, and this is square4"
    ):
        Grid(trained_for("square4"), topology="square4", faults=["version:all,genome=planarian@1"])


def test_a_picture_does_not_lie_on_a_graph(tmp_path):
    (tmp_path / "net").write_text("a b\n")
    with pytest.raises(InputError, match="px on a graph - it lies on rows and columns, and a graph has none"):
        Grid(trained_for("graph"), topology=f"graph:{tmp_path / 'net'}")


def test_the_picture_lies_in_the_middle_layer_and_the_others_should_be_empty():
    target, cube = RING.target, Cube6(24, 26, 5)
    placed = target.placed(*cube.shape)
    assert (placed[2] == target.placed(24, 26)).all()
    assert not placed[[0, 1, 3, 4]].any()
    assert target.seed_cell(*cube.shape) == (2, *target.seed_cell(24, 26))
    shown = np.zeros((*cube.shape, 4), np.int8)
    assert target.error(shown) == 1000
    shown[2] = np.round(target.placed(24, 26) * (64 / 255))
    alone = target.error(shown[2])
    assert target.error(shown) == alone < 0.1
    assert target.displacement(shown) == (0, 0, alone)
    shown[0, 0, 0, 3] = 64
    wanted = int((target.rgba.astype(np.int64) ** 2).sum())
    assert target.error(shown) == pytest.approx(alone + 1000 * 255**2 / wanted, rel=1e-12)


def test_the_room_of_an_appraisal():
    assert str(room(RING)) == "square8 28x28"
    assert str(room(trained_for("cube6"))) == "cube6 28x28x9"


def test_from_the_command_line(tmp_path, capsys):
    trained_for("hex6").save(tmp_path / "hex.genome")
    words = [
        str(tmp_path / "hex.genome"),
        "--topology",
        "hex6",
        "--grid",
        "22x22",
        "--torus",
        "--rounds",
        "3",
    ]
    assert main(["run", *words, "--json", "--check"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert (result["topology"], result["grid"], result["differences"]) == ("hex6 22x22 torus", [22, 22], [])
    assert main(["run", *words]) == 0
    assert "ring on hex6, 22x22 cells, 3 rounds, seed 0" in capsys.readouterr().out
    assert main(["run", "ring", "--topology", "hex6"]) == 2
    assert "it was trained for square8, and this is hex6" in capsys.readouterr().err


PLAN = """
title = "t"
genomes = ["hex.genome"]
timeline = ["restart:disc:11,11,4@2"]
trials = 2
horizon_rounds = 40
[world]
topology = "hex6"
grid = "22x22"
[recovery]
dwell_rounds = 5
"""


def test_a_plan_says_its_topology(tmp_path):
    trained_for("hex6").save(tmp_path / "hex.genome")
    source = str(tmp_path / "p.toml")
    plan = Plan.parse(PLAN, source)
    genomes = open_codes(plan)
    assert [str(world.topology) for world in plan.worlds()] == ["hex6 22x22"]
    trial = plan.seeded_by(genomes).trial(plan.points()[0], 0)
    assert trial.config.topology == Hex6(22, 22)
    with pytest.raises(
        InputError, match=r"genomes\[0\]: genome: ring - it was trained for hex6, and this is square8"
    ):
        open_codes(Plan.parse(PLAN.replace('topology = "hex6"', ""), source))
    assert '"topology":"hex6"' in plan.essence


def test_a_plan_is_the_same_wherever_its_graph_lies(tmp_path):
    def essence(name: str, content: str) -> str:
        (tmp_path / name).write_text(content)
        text = PLAN.replace('"hex6"\ngrid = "22x22"', f'"graph:{name}"').replace("disc:11,11,4", "ball:a,1")
        (tmp_path / "p.toml").write_text(text)
        plan = Plan.load(tmp_path / "p.toml")
        assert files_of(plan)[-1] == tmp_path / name
        return plan.essence

    assert essence("one", "a b\nb c\n") == essence("other", "a b # first\nb c\n") != essence("one", "a b\n")
    (tmp_path / "p.toml").write_text(PLAN.replace('"hex6"\ngrid = "22x22"', '"graph:none"'))
    with pytest.raises(InputError, match=r"graph: .*none - it cannot be read"):
        Plan.load(tmp_path / "p.toml")
    with pytest.raises(InputError, match="graph:none - the plan does not carry this graph"):
        Plan.parse((tmp_path / "p.toml").read_text(), "results")


def colours(topology):
    return np.arange(3 * topology.cells, dtype=np.uint8).reshape(*topology.shape, 3)


def seen(picture):
    return {tuple(colour) for colour in picture.reshape(-1, 3).tolist()}


@pytest.mark.parametrize(
    "topology",
    [
        *(Square8(3, 4), Square4(2, 2), Hex6(5, 4), Hex6(1, 1), Cube6(3, 4, 5), Cube6(1, 1, 1)),
        *(parse_graph(b"a b\nb c\nlone\n"), parse_graph(b"a\n")),
    ],
    ids=str,
)
@pytest.mark.parametrize("cell_px", [None, 4, 9])
def test_every_cell_is_painted(topology, cell_px):
    paper = canvas(topology, cell_px)
    painted = paper.paint(colours(topology))
    assert painted.shape == (paper.height, paper.width, 3)
    assert painted.dtype == np.uint8
    assert seen(colours(topology)) <= seen(painted)


def test_squares_are_painted_as_they_lie():
    grid = Square8(2, 3)
    assert (canvas(grid).paint(colours(grid)) == colours(grid)).all()
    assert (canvas(grid, 2).paint(colours(grid))[::2, 1::2] == colours(grid)).all()


def test_odd_rows_of_hexagons_are_painted_half_a_cell_to_the_right():
    grid = Hex6(2, 3)
    shown = np.zeros((2, 3, 3), np.uint8)
    shown[0, 0], shown[1, 0] = (255, 0, 0), (0, 255, 0)
    painted = canvas(grid, 10).paint(shown)
    assert painted.shape == (20, 35, 3)
    assert painted[5, 1:9].tolist() == [[255, 0, 0]] * 8
    assert painted[14, 6:14].tolist() == [[0, 255, 0]] * 8
    assert painted[14, :4].tolist() == [[255, 255, 255]] * 4


def test_the_front_layer_hides_what_is_behind_it():
    cube = np.zeros((2, 2, 2, 4), np.int8)
    cube[0, 1, 0] = (64, 0, 0, 64)
    cube[1, :, :] = (0, 0, 64, 64)
    painted = projected(cube)
    assert painted.shape == (20, 20, 3)
    # The front is 4 px lower and to the left; edges of the first and the last layer are grey.
    assert painted[13:19, 1:7].reshape(-1, 3).tolist() == [[255, 0, 0]] * 36
    assert painted[6:10, 9:15].reshape(-1, 3).tolist() == [[0, 0, 255]] * 24
