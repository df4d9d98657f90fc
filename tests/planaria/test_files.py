"""Every command, every file: what is read is a file of bounded size, and what is of value is never lost."""

import json
import os
import shutil
import stat
from pathlib import Path

import pytest

from firmware.errors import InputError
from planaria import Genome, Grid, Plan, Store, certify, measure, open_genome, open_plan, report
from planaria.campaign.certificate import check
from planaria.campaign.replay import replay
from planaria.commands.main import main
from planaria.shipped import shipped_paths
from planaria.worth import CAMPAIGN_FILE
from tests.pipe_reader import reading

PLAN = """\
title = "small"
genomes = ["ring"]
timeline = ["restart:half:left@20"]
trials = 1
horizon_rounds = 24
[world]
grid = "22x22"
[recovery]
dwell_rounds = 2
grown_error = 1000
"""
RUN = ("run", "ring", "--grid", "22x22", "--rounds", "2")


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """A campaign of one trial."""
    folder = tmp_path_factory.mktemp("results")
    measure(Plan.parse(PLAN, "small.toml"), folder, workers=1, quiet=True)
    return folder


@pytest.fixture
def folder(tmp_path, monkeypatch, results):
    """The current folder: ``results``, ``plan.toml`` and ``own.genome``."""
    shutil.copytree(results, tmp_path / "results")
    (tmp_path / "plan.toml").write_text(PLAN)
    shutil.copy(shipped_paths()["ring"], tmp_path / "own.genome")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def refused(folder, capsys):
    """``refused("run", ...)``: status 2, one line, which is returned, and nothing has changed."""

    def content(path):
        if path.is_symlink():
            return path.readlink()
        return path.read_bytes() if path.is_file() else None

    def contents():
        return {path: content(path) for path in folder.rglob("*")}

    def call(*arguments):
        before = contents()
        capsys.readouterr()
        status = main([*map(str, arguments)])
        said = capsys.readouterr()
        assert (status, said.out) == (2, ""), said
        assert len(said.err.splitlines()) == 1, said.err
        assert contents() == before
        return said.err

    return call


def needed_by(command):
    if command[0] == "train":
        pytest.importorskip("safetensors", reason="the train extra (safetensors) is not installed")


READERS = [
    ("inspect",),
    ("run", "--rounds", 2),
    ("train", "-o", "a.genome", "--from"),
    ("train", "-o", "a.genome", "--resume"),
    ("train", "-o", "a.genome"),
    ("measure", "-o", "a"),
    ("report",),
    ("replay", "--trial", 0),
    ("certify", "--within", 9, "-o", "c.json"),
    ("certify", "--check"),
    ("build", "--target", "host", "-o", "a"),
    ("verify", "ring", "--target", "rv32ec", "--cases", 1, "--elf"),
]


@pytest.mark.parametrize("command", READERS, ids=lambda command: "-".join(map(str, command)))
def test_what_is_no_file_or_has_no_end(refused, folder, command):
    """A pipe that nobody writes to, a device, and a file of 50 GB that takes no room on disk."""
    needed_by(command)
    os.mkfifo(folder / "pipe")
    (folder / "link").symlink_to("pipe")
    (folder / "empty").mkdir()
    assert "Errno" not in refused(*command, "pipe")
    refused(*command, "link")
    refused(*command, "empty")
    for name in ("x" * 300, "./" + "x" * 300, f"{'x' * 300}.genome", "plan.toml/x"):
        assert "Errno" not in refused(*command, name)
    if command[0] in ("report", "replay") or "--within" in command:
        return
    assert "it is a device" in refused(*command, "/dev/zero")
    with (folder / "sparse").open("wb") as file:
        file.truncate(50 << 30)
    before = (folder / "sparse").stat()
    (folder / "sparse").rename(folder.parent / "sparse")  # not compared byte by byte
    assert "it has more than" in refused(*command, "../sparse")
    assert before.st_blocks == 0


@pytest.mark.parametrize("name", ["a\0b", "x" * 300, "./" + "x" * 300, "\ud800"])
def test_names_that_python_gives(folder, name):
    grid = Grid(open_genome("ring"), rows=22, cols=22)
    grid.run(1)
    before = sorted(folder.rglob("*"))
    for use in (
        open_genome,
        open_plan,
        Genome.load,
        Plan.load,
        lambda name: Store.open(Path(name)),
        lambda name: measure(open_plan("five-cuts"), Path(name), quiet=True),
        lambda name: certify(Path(name), 9, 0.95, 0, Path("c.json")),
        lambda name: certify(Path("results"), 1, 0.95, 0, Path(name)),
        lambda name: replay(Path(name), 0, 0),
        lambda name: replay(Path("results"), 0, 0, film=Path(name)),
        lambda name: report(open_plan("five-cuts"), [None], Path("results"), output=Path(name)),
        lambda name: check(Path(name), 1, 0),
        grid.save_film,
        grid.save_figure,
        open_genome("ring").save,
    ):
        with pytest.raises(InputError):
            use(name)
    assert sorted(folder.rglob("*")) == before


WRITERS = [
    *(pytest.param((*RUN, option), "x", id=option) for option in ("--film", "--figure", "--trace")),
    pytest.param(("replay", "results", "--trial", "0", "--film"), "x", id="replay"),
    pytest.param(("certify", "results", "--within", "1", "-o"), "x", id="certify"),
    pytest.param(("report", "results", "-o"), "x/report.json", id="report"),
    pytest.param(("build", "ring", "--target", "host", "-o"), "x/ring-host.so", id="build"),
    pytest.param(("bench", "-o"), "x/bench.md", id="bench"),
    pytest.param(("demo", "--quick", "-o"), "x/report.json", id="demo --quick"),
    pytest.param(("demo", "--quick", "-o"), "x/left-half.gif", id="demo film"),
    pytest.param(("measure", "plan.toml", "-o"), "x/results.csv", id="measure"),
    pytest.param(("train", "heart", "--size", "8", "-o"), "x.genome", id="train"),
    pytest.param(("train", "heart", "--size", "8", "-o"), "x.checkpoint", id="train checkpoint"),
    pytest.param(("demo", "-o"), "x/planarian.genome", id="demo genome"),
    pytest.param(("demo", "-o"), "x/planarian.checkpoint", id="demo checkpoint"),
]


def option_of(output):
    """What is given after ``-o`` so that this file is written."""
    if output.startswith("x."):
        return "x.genome"
    return output.partition("/")[0]


def make(folder, output):
    path = folder / output
    path.parent.mkdir(exist_ok=True)
    return path


@pytest.mark.parametrize(("command", "output"), WRITERS)
def test_what_is_there_and_must_stay(refused, folder, command, output):
    """Told before the work, whatever it is called: of value, a link, write-protected, a folder, a socket."""
    needed_by(("train",) if output.startswith("x/planarian") else command)
    path = make(folder, output)
    arguments = (*command, option_of(output))
    for source in (folder / "own.genome", folder / "results" / CAMPAIGN_FILE):
        shutil.copy(source, path)
        refused(*arguments)
        path.unlink()
    path.write_text('{"format": "planaria certificate 2"}')
    refused(*arguments)
    path.write_bytes(b"mine")
    path.chmod(0o444)
    assert output in refused(*arguments)
    path.unlink()
    for target in (folder / "plan.toml", folder / "own.genome", folder / "nothing"):
        path.symlink_to(target)
        assert output in refused(*arguments)
        path.unlink()
    path.mkdir()
    assert "it is a folder" in refused(*arguments)


FORCED = [param for param in WRITERS if param.values[0][0] in ("train", "certify", "demo")]


@pytest.mark.parametrize(("command", "output"), FORCED)
def test_force_spares_results_and_links(refused, folder, command, output):
    needed_by(("train",) if output.startswith("x/planarian") else command)
    path = make(folder, output)
    shutil.copy(folder / "results" / CAMPAIGN_FILE, path)
    assert "it is a database" in refused(*command, option_of(output), "--force")
    path.unlink()
    path.symlink_to("/nowhere")
    assert "it is a link to /nowhere" in refused(*command, option_of(output), "--force")


def test_inputs_and_results_are_spared(refused, folder):
    """By any spelling and through any link."""
    (folder / "door").symlink_to("results")
    (folder / "hard.gif").hardlink_to(folder / "own.genome")
    for place in ("results", "door", "./results/../door"):
        for name in (CAMPAIGN_FILE, f"{CAMPAIGN_FILE}-wal", f"{CAMPAIGN_FILE}-journal", "CAMPAIGN.DB"):
            refused(*RUN, "--trace", f"{place}/{name}")
            refused("replay", "results", "--trial", 0, "--film", f"{place}/{name}")
            refused("certify", "results", "--within", 1, "-o", f"{place}/{name}", "--force")
        assert "the table of a campaign" in refused(*RUN, "--trace", f"{place}/results.csv")
    assert "overwrite what is read" in refused("run", "own.genome", "--film", "hard.gif")
    (folder / "m").mkdir()
    (folder / "m" / "results.csv").hardlink_to(folder / "plan.toml")
    assert "overwrite what is read" in refused("measure", "plan.toml", "-o", "m")


def test_python_spares_results(folder):
    grid = Grid(open_genome("ring"), rows=22, cols=22)
    grid.run(1)
    before = (folder / "results" / CAMPAIGN_FILE).read_bytes()
    shutil.copy(folder / "results" / CAMPAIGN_FILE, folder / "copy")
    for path in (folder / "results" / CAMPAIGN_FILE, folder / "copy"):
        for save in (grid.save_film, grid.save_figure, open_genome("ring").save):
            with pytest.raises(InputError, match=r"database|results of campaigns"):
                save(path)
        assert path.read_bytes() == before
    with pytest.raises(InputError, match="it is a genome"):
        grid.save_film(folder / "own.genome")
    open_genome("planarian").save(folder / "own.genome")
    assert Genome.load(folder / "own.genome").name == "planarian"


def test_a_certificate_is_replaced_by_force_alone(refused, folder, capsys):
    words = ("certify", "results", "--within", "1", "-o", "c.json")
    assert main([*words]) == 0
    assert "it is a certificate" in refused(*words)
    assert main([*words, "--force"]) == 0
    assert "it is a certificate" in refused(*RUN, "--trace", "c.json")
    assert json.loads((folder / "c.json").read_text())["within_rounds"] == 1
    with pytest.raises(InputError, match="it is a certificate"):
        certify(Path("results"), 1, 0.95, 0, Path("c.json"))


def test_a_certificate_replaces_nothing_else(refused, folder):
    words = ("certify", "results", "--within", "1", "-o", "own.genome", "--force")
    assert "it is a genome; choose another file" in refused(*words)
    assert Genome.load(folder / "own.genome").name == "ring"


def test_films_figures_and_traces_through_pipes_and_devices(folder, capsys):
    os.mkfifo(folder / "pipe")
    for option, head in (("--film", b"GIF89a"), ("--figure", b"\x89PNG"), ("--trace", b"")):
        reader, read = reading(folder / "pipe")
        assert main([*RUN, option, "pipe"]) == 0, capsys.readouterr()
        reader.join()
        assert main([*RUN, option, "file"]) == 0
        assert (folder / "pipe").is_fifo()
        assert read.startswith(head)
        assert read == (folder / "file").read_bytes()
        (folder / "file").unlink()
    try:
        os.mknod(folder / "null", 0o666 | stat.S_IFCHR, os.makedev(1, 3))
    except PermissionError:
        pytest.skip("nobody but root makes devices, or not here")
    assert main([*RUN, "--film", "null"]) == 0
    assert stat.S_ISCHR((folder / "null").stat().st_mode)


def test_a_pipe_that_nobody_reads_makes_nobody_wait(refused, folder):
    os.mkfifo(folder / "pipe")
    assert "nobody reads from it" in refused(*RUN, "--trace", "pipe")


def test_a_refused_demo_leaves_nothing(refused):
    assert "seed: -1" in refused("demo", "--quick", "--seed", "-1", "-o", "new")
    assert "seed: " in refused("demo", "--quick", "--seed", 2**64 - 3, "-o", "new")


def test_a_training_spares_the_shipped_genome_with_which_it_begins(refused):
    needed_by(("train",))
    words = ("train", "--from", "ring", "--steps", 1, "--force", "-o", shipped_paths()["ring"])
    assert "it would replace its input (--from)" in refused(*words)


@pytest.mark.parametrize("name", [".", "..", "a\\b", "a\nb", "a\u202eb", " ", "x" * 65])
def test_names_of_genomes_are_known_before_training(refused, name):
    needed_by(("train",))
    assert "files are called by it" in refused("train", "heart", "-o", f"{name}.genome")
