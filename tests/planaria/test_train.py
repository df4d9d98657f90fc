"""``planaria train`` from the command line: nothing is lost, hints can be pasted, it tells the truth."""

import json
import os
import resource
import shlex
import signal
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("safetensors", reason="the train extra (safetensors) is not installed")

import planaria.course
from firmware.errors import InputError
from firmware.genome import Genome
from planaria.appraisal import appraise
from planaria.commands.main import _parser, main
from planaria.hint import paste
from planaria.shipped import open_genome
from planaria.train import _best, train_to_genome
from planaria.training_files import TrainingFiles
from tests.trainings import make_training
from trainer.checkpoint import save_checkpoint
from trainer.recipe import USUAL, Recipe
from trainer.shortlist import Candidate
from trainer.training import Training

SMALL = ("--size", "8", "--hidden", "4")


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch, on_the_path):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def train(capsys):
    """``train("heart", ...)``: its status, standard output and standard error."""

    def call(*words):
        capsys.readouterr()
        status = main(["train", *map(str, words)])
        said = capsys.readouterr()
        return status, said.out, said.err

    return call


@pytest.fixture
def refused(train, folder):
    """The command says one line with these words, and changes nothing."""

    def contents():
        return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}

    def call(*words, says):
        before = contents()
        status, out, err = train(*words)
        assert (status, out) == (2, "")
        assert len(err.splitlines()) == 1, err
        for word in says:
            assert word in err
        assert contents() == before
        return err

    return call


def interrupted(monkeypatch, train, *words, at=2):
    """A training that Ctrl-C stops when so many steps are done."""
    step = Training.step

    def stopping(self):
        if self.steps_done == at:
            raise KeyboardInterrupt
        return step(self)

    with monkeypatch.context() as patched:
        patched.setattr(Training, "step", stopping)
        status, out, err = train(*words)
    assert (status, out) == (130, "")
    return err


def hint(text, begin, end=None):
    """The command that stands in a text after ``begin``, as the words that a shell makes of it."""
    command = text.partition(begin)[2].splitlines()[0]
    return shlex.split(command.partition(end)[0] if end else command)


def files_of(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("output", ["$x^$ 'y'.genome", "./-x.genome"])
def test_what_it_writes_and_says(train, folder, output):
    status, out, err = train("heart", *SMALL, "--steps", "2", "--seed", "3", "-o", output)
    assert status == 0
    stem = output.removeprefix("./").removesuffix(".genome")
    assert files_of(folder) == sorted([f"{stem}.genome", f"{stem}.learned.png"])
    genome = Genome.load(output)
    assert genome.facts.items() >= appraise(genome).facts().items()
    assert shlex.split(genome.facts["command"])[-1] == ("./-x.genome" if "-x" in stem else f"{stem}.genome")
    assert "(1 looks perfect, above 10 is bad)" in out
    run = hint(out, "next: planaria ")
    assert run[:4] == ["run", output.removeprefix("./") if "-x" not in stem else output, "--grid", "16x16"]
    assert _parser().parse_args(run).rounds == 300
    assert hint(out, "look at: ") == [run[1].replace(".genome", ".learned.png")]
    assert "it has not learned the picture: " in err
    longer = _parser().parse_args(hint(err, "train longer with: planaria ", "; or"))
    assert longer.start.samefile(output)
    assert longer.steps == 1000
    assert longer.output.name == f"{stem}-longer.genome"


def test_json(train):
    status, out, _ = train("heart", *SMALL, "--steps", "1", "-o", "x.genome", "--json")
    facts = json.loads(out)
    assert status == 0
    assert (facts["file"], facts["picture"]) == ("x.genome", "x.learned.png")
    assert {"E_trained_200", "E_async_200", "E_async_1000", "E_displaced", "displaced_cols"} <= facts.keys()


@pytest.fixture
def hurried(monkeypatch):
    """The chosen rule is neither trimmed nor wounded, which takes long, and is tried elsewhere."""
    monkeypatch.setattr("planaria.train.trim", lambda genome, _over: genome)
    monkeypatch.setattr("planaria.train.endurance", lambda _genome, _over: {"clean_left": 7})


def test_the_last_judgement_is_the_engines(hurried):
    """The trainer's own scores say otherwise, and are overruled."""
    ring = open_genome("ring-16")
    training = make_training(ring.target, Recipe(steps=1), start=ring)
    idle = ring.rule._replace(w2=np.zeros_like(ring.rule.w2))
    training.steps_done = 1
    training.shortlist.candidates = [Candidate(0, 0.1, idle), Candidate(1, 0.2, ring.rule)]
    genome, appraisal = _best(training, "x", show_progress=False)
    assert genome.facts["best_step"] == 1
    assert np.array_equal(genome.w2, ring.w2)
    assert genome.facts["E_async_1000"] == appraisal.facts()["E_async_1000"] < 3
    assert genome.facts["clean_left"] == 7


def test_the_chosen_rule_is_trimmed(hurried, monkeypatch):
    """What is saved, proven and judged is the trimmed one."""
    ring = open_genome("ring-16")
    training = make_training(ring.target, Recipe(steps=1), start=ring)
    training.steps_done = 1
    training.shortlist.candidates = [Candidate(1, 0.2, ring.rule)]
    monkeypatch.setattr(
        "planaria.train.trim", lambda genome, _over: replace(genome, b1=genome.b1 + np.int16(1))
    )
    genome, appraisal = _best(training, "x", show_progress=False)
    assert np.array_equal(genome.b1, ring.b1 + 1)
    assert genome.facts.items() >= appraisal.facts().items() == appraise(genome).facts().items()


# Nothing is lost.


def test_interrupted_training_is_not_begun_anew(train, refused, monkeypatch, folder):
    """Field report F8: pressing arrow-up instead of pasting the hint lost ten hours."""
    words = ("heart", *SMALL, "--steps", "4", "-o", "my heart.genome")
    err = interrupted(monkeypatch, train, *words)
    go_on = hint(err, "stopped at step 2; go on with: planaria ")
    assert go_on == ["train", "-o", "my heart.genome", "--resume", "my heart.checkpoint"]
    said = refused(*words, "--seed", "2", says=["a training was interrupted at step 2", "--force"])
    assert hint(said, "go on with: planaria ", ", or begin") == go_on
    assert main(go_on) == 0
    assert files_of(folder) == ["my heart.genome", "my heart.learned.png"]
    assert train(*words[:-1], "whole.genome")[0] == 0
    whole, parts = Genome.load("whole.genome"), Genome.load("my heart.genome")
    assert np.array_equal(whole.w2, parts.w2)
    assert whole.facts["E_async_200"] == parts.facts["E_async_200"]


@pytest.mark.parametrize(
    "facts", [None, 7, [], {}, {"steps_done": "\x1b[2J"}, {"steps_done": [1] * 1000}, {"steps_done": 10**400}]
)
def test_a_checkpoint_that_no_training_has_left(refused, folder, facts):
    """It is somebody's file, and nothing in it is believed."""
    save_checkpoint(folder / "x.checkpoint", {"w1": np.zeros(1)}, facts)
    words = ("heart", *SMALL, "--steps", "2", "-o", "x.genome")
    said = refused(*words, says=["x.checkpoint", "it exists already", "--force"])
    assert len(said) < 500


def test_interrupted_while_it_is_judged(train, monkeypatch, folder):
    def interrupting(*_arguments):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("planaria.train.appraise", interrupting)
        status, _, err = train("heart", *SMALL, "--steps", "1", "-o", "x.genome")
    assert status == 130
    assert files_of(folder) == ["x.checkpoint"]
    assert main(hint(err, "stopped at step 1; go on with: planaria ")) == 0
    assert files_of(folder) == ["x.genome", "x.learned.png"]


def test_forced_over_an_interrupted_training(train, monkeypatch, folder):
    interrupted(monkeypatch, train, "heart", *SMALL, "--steps", "4", "-o", "x.genome")
    assert train("heart", *SMALL, "--steps", "1", "-o", "x.genome", "--force")[0] == 0
    assert files_of(folder) == ["x.genome", "x.learned.png"]


def test_hint_of_a_name_that_begins_with_a_dash(train, monkeypatch, folder):
    err = interrupted(monkeypatch, train, "heart", *SMALL, "--steps", "3", "-o", "./-x.genome")
    go_on = hint(err, "go on with: planaria ")
    assert go_on == ["train", "-o", "./-x.genome", "--resume", "./-x.checkpoint"]
    assert main(go_on) == 0
    assert files_of(folder) == ["-x.genome", "-x.learned.png"]


@pytest.mark.parametrize("name", ["x.genome", "x.learned.png", "x.checkpoint"])
def test_files_that_are_there(refused, folder, name):
    (folder / name).write_text("mine")
    refused("heart", *SMALL, "-o", "x.genome", says=[name, "it exists already", "--force"])


def test_links_that_lead_nowhere_are_there_too(refused, folder):
    (folder / "x.genome").symlink_to(folder / "elsewhere")
    refused("heart", *SMALL, "-o", "x.genome", says=["x.genome", "it is a link to"])


@pytest.mark.parametrize("name", ["x.genome", "x.learned.png", "x.checkpoint"])
def test_folders_in_the_way(refused, folder, name):
    (folder / name).mkdir()
    refused("heart", *SMALL, "-o", "x.genome", "--force", says=[name, "it is a folder"])


def test_resume_onto_a_finished_genome(train, refused, monkeypatch, folder):
    interrupted(monkeypatch, train, "heart", *SMALL, "--steps", "3", "-o", "x.genome")
    (folder / "x.genome").write_bytes(b"mine")
    resume = ("-o", "x.genome", "--resume", "x.checkpoint")
    refused(*resume, says=["x.genome", "it exists already", "--force"])
    err = interrupted(monkeypatch, train, *resume, "--force")
    go_on = hint(err, "go on with: planaria ")
    assert go_on == ["train", *resume, "--force"]
    assert main(go_on) == 0


def test_resume_beside_another_interrupted_training(train, refused, monkeypatch):
    for name in ("x.genome", "y.genome"):
        interrupted(monkeypatch, train, "heart", *SMALL, "--steps", "3", "-o", name)
    says = ["y.checkpoint", "interrupted at step 2"]
    refused("-o", "y.genome", "--resume", "x.checkpoint", says=says)


@pytest.mark.parametrize("link", ["symlink_to", "hardlink_to"])
@pytest.mark.parametrize("name", ["x.genome", "x.learned.png", "x.checkpoint"])
def test_an_input_is_never_written(refused, folder, link, name):
    """By whatever name, ``--force`` or not: mjml #1755 and its kind."""
    picture = np.zeros((10, 10, 4), np.uint8)
    picture[1:9, 1:9] = 255
    Image.fromarray(picture).save(folder / "in.png")
    getattr(folder / name, link)(folder / "in.png")
    refused("in.png", "-o", "x.genome", "--force", says=[name, "it would replace its input (target)"])


def test_a_target_of_the_same_stem_is_no_conflict(train, folder):
    picture = np.zeros((10, 10, 4), np.uint8)
    picture[1:9, 1:9] = 255
    Image.fromarray(picture).save(folder / "lizard.png")
    before = (folder / "lizard.png").read_bytes()
    assert train("lizard.png", "--hidden", "4", "--steps", "1", "-o", "lizard.genome")[0] == 0
    assert (folder / "lizard.png").read_bytes() == before
    assert files_of(folder) == ["lizard.genome", "lizard.learned.png", "lizard.png"]


def test_name_that_is_no_text(refused):
    """It would end in a genome that cannot be packed, after all the training."""
    refused("heart", "-o", os.fsdecode(b"\xff.genome"), says=["\\udcff", "files are called by it"])
    refused("heart", "-o", os.fsdecode(b"\xff/x.genome"), says=["\\udcff/x.genome", "it is not UTF-8"])
    refused(os.fsdecode(b"\xff.png"), "-o", "x.genome", says=["\\udcff.png", "it is not UTF-8"])


@pytest.fixture
def small_disk():
    """Genomes and pictures fit, checkpoints do not."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 18, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)
    signal.signal(signal.SIGXFSZ, ignored)


def test_a_full_disk_does_not_lose_the_training(train, small_disk, folder):
    """The genome is much smaller than the checkpoint."""
    status, _, err = train("heart", *SMALL, "--steps", "1", "-o", "x.genome")
    assert status == 0
    assert err.count("planaria: warning: no new checkpoint: output: ") == 1
    assert files_of(folder) == ["x.genome", "x.learned.png"]


def test_what_it_could_not_write_it_does_not_remove(train, monkeypatch, small_disk, folder):
    (folder / "x.checkpoint").write_text("of another training")
    words = ("heart", *SMALL, "--force", "-o", "x.genome")
    err = interrupted(monkeypatch, train, *words, "--steps", "3")
    assert "stopped at step 2; nothing of it could be saved" in err
    assert train(*words, "--steps", "1")[0] == 0
    assert files_of(folder) == ["x.checkpoint", "x.genome", "x.learned.png"]
    assert (folder / "x.checkpoint").read_text() == "of another training"


# Going on.


def test_prolonged(train, refused, monkeypatch):
    interrupted(monkeypatch, train, "heart", *SMALL, "--steps", "3", "-o", "x.genome")
    resume = ("-o", "x.genome", "--resume", "x.checkpoint")
    refused(*resume, "--steps", "1", says=["steps: 1 - 2 are done already"])
    refused(*resume, "--steps", "9", "--minutes", "9", says=["exactly one"])
    refused(*resume, "--seed", "9", says=["--seed: 9", "keeps the options of its checkpoint"])
    refused(*resume, "--from", "ring", says=["--from: ring", "keeps the options of its checkpoint"])
    assert train(*resume, "--steps", "6")[0] == 0
    facts = Genome.load("x.genome").facts
    assert (facts["steps"], facts["prolonged_at"]) == (6, "2")


@pytest.fixture
def start(folder):
    """A genome of 4 hidden units, 8 px, ``persistent``, in ``start.genome``."""
    ring = open_genome("ring")
    target = make_training(ring.target, Recipe(hidden=4, steps=1)).target
    genome = replace(
        ring, name="start", w1=ring.w1[:4].copy(), b1=ring.b1[:4].copy(), w2=ring.w2[:4] // 8, target=target,
        regime="persistent",
    )  # fmt: skip
    genome.save(folder / "start.genome")
    return genome


def test_goes_on_from_a_finished_genome(train, start):
    status, _, _ = train("--from", "start.genome", "--steps", "2", "--seed", "7", "-o", "x.genome")
    assert status == 0
    genome = Genome.load("x.genome")
    assert (genome.hidden, genome.regime) == (4, "persistent")
    assert np.array_equal(genome.target.rgba, start.target.rgba)
    assert genome.target.seed == start.target.seed
    assert genome.facts["start_crc32"] == f"{start.crc32():08x}"
    command = "planaria train --steps 2 --seed 7 --from start.genome -o x.genome"
    assert genome.facts["command"] == command
    assert train(*shlex.split(command)[2:], "--force")[0] == 0
    assert Genome.load("x.genome").w1.tolist() == genome.w1.tolist()


def test_goes_on_to_another_target_and_regime(train, start):
    words = ("heart", "--size", "8", "--regime", "growing", "--from", "start.genome", "--steps", "1")
    assert train(*words, "-o", "x.genome")[0] == 0
    genome = Genome.load("x.genome")
    assert genome.regime == "growing"
    assert genome.target.rgba.shape == (8, 8, 4)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--from", "start.genome", "--size", "8"], ["size: 8", "the target of start is taken as it is"]),
        (["--from", "start.genome", "--tile", "0"], ["tile: 0", "the target of start is taken as it is"]),
        (["--from", "start.genome", "--hidden", "8"], ["hidden: 8", "has 4 hidden units"]),
        (["--from", "missing.genome"], ["missing.genome", "cannot be read"]),
        (["--from", "nothing"], ["nothing", "neither a file nor a shipped genome"]),
        (["heart", "--tile", "0"], ["tile: 0", "heart is no sheet"]),
        ([""], ["target: ''", "it is empty"]),
        (["."], ["target: ", "it is a folder"]),
    ],
)
def test_refused_options(refused, start, words, says):
    refused(*words, "-o", "x.genome", says=says)


@pytest.mark.parametrize("link", ["symlink_to", "hardlink_to"])
def test_not_onto_the_genome_that_it_began_with(refused, start, folder, link):
    words = ("--from", "start.genome", "--force")
    refused(*words, "-o", "start.genome", says=["start.genome", "it would replace its input (--from)"])
    getattr(folder / "x.genome", link)(folder / "start.genome")
    refused(*words, "-o", "x.genome", says=["x.genome", "it would replace its input (--from)"])


# Recipes.

RECIPE = 'optimiser = "adam"\nlost = 3\n\n[wounds]\nbabbling = 0\n'


def test_a_recipe_changes_what_it_says_and_options_change_it_again(train, folder):
    (folder / "mine.toml").write_text(RECIPE, encoding="utf-8-sig")
    words = ("heart", *SMALL, "--steps", "1", "--recipe", "mine.toml", "--lost", "2", "-o", "x.genome")
    assert train(*words)[0] == 0
    facts = Genome.load("x.genome").facts
    assert json.loads(facts["recipe"]) == {
        "optimiser": "adam",
        "lost": 2,
        "wounds": USUAL["wounds"] | {"babbling": 0},
    }
    assert facts["lost"] == 2
    assert "--recipe mine.toml" in facts["command"]


@pytest.mark.parametrize(("asked", "rate"), [("", 0.0035), ("rate = 0.004", 0.004), ("lost = 2", 0.0035)])
def test_smaller_steps_for_what_reaches_far(monkeypatch, train, folder, asked, rate):
    """A ring of 32 px grows from its top: its farthest cell is 22 cells off."""
    (folder / "mine.toml").write_text(asked)
    rates = []

    def stopped(training):
        rates.append(training.recipe.rate)
        raise KeyboardInterrupt

    monkeypatch.setattr(Training, "step", stopped)
    assert train("ring", "--size", "32", "--recipe", "mine.toml", "-o", "x.genome")[0] == 130
    assert rates == [rate]


def test_a_kernel_that_was_asked_for_is_part_of_the_command(train):
    assert train("heart", *SMALL, "--steps", "1", "--backend", "portable", "-o", "x.genome")[0] == 0
    facts = Genome.load("x.genome").facts
    assert facts["backend"] == "portable"
    assert facts["command"].endswith(" --backend portable -o x.genome")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("rat = 1", ["mine.toml: rat: 1", "there is no such key", "did you mean 'rate'?"]),
        ("rate = ", ["mine.toml: end of document", "it is not TOML"]),
        ("rate = 2", ["mine.toml: rate: 2", "it must be 0.000001 to 1"]),
        ('rate = "' + "x" * 5000 + '"', ["rate: xxx", "it must be 0.000001 to 1"]),
        ("rate = 0x" + "f" * 5000, ["mine.toml: a number", "20,000 bits of 4,096"]),
        ("[wounds]\nburn = 1", ["mine.toml: wounds: burn", "there is no such kind", "scatter, disc"]),
        ("lengths = 2001-01-01", ["lengths: 2001-01-01", "there must be seed, wounded, held"]),
        ("batches = [[0, 9]]\npool = 8", ["batches: 9", "the pool has 8 samples"]),
        ("hope = 5e-324", ["hope: 5e-324", "it must be 0.000001 to 1,000"]),
        ("\0", ["recipe: mine.toml", "save it as UTF-8"]),
    ],
)
def test_recipes_that_cannot_be(refused, folder, text, says):
    (folder / "mine.toml").write_text(text)
    refused("heart", *SMALL, "--recipe", "mine.toml", "-o", "x.genome", says=says)


@pytest.mark.parametrize("name", ["x.genome", "x.learned.png", "x.checkpoint"])
def test_a_recipe_is_not_written_over(refused, folder, name):
    (folder / name).write_text(RECIPE)
    words = ("heart", *SMALL, "--recipe", name, "--force", "-o", "x.genome")
    refused(*words, says=[name, "it would replace its input (--recipe)"])


def test_a_recipe_that_is_not_there(refused):
    refused(
        "heart", "--recipe", "mine.toml", "-o", "x.genome", says=["recipe: ", "mine.toml", "cannot be read"]
    )


# Targets.


def test_islands_are_warned_of_on_standard_error(train, folder):
    """Field report F19, and the sheet's tile of which it was cut."""
    sheet = np.zeros((12, 24, 4), np.uint8)
    sheet[2:10, 13:16] = sheet[2:10, 20:23] = 255
    Image.fromarray(sheet).save(folder / "sheet.png")
    status, _, err = train("sheet.png", "--tile", "1", "--hidden", "4", "--steps", "1", "-o", "x.genome")
    assert status == 0
    first = err.splitlines()[0]
    assert first.startswith("planaria: warning: sheet.png: it has parts that lie 4 px or more apart")
    assert Genome.load("x.genome").target.rgba.shape == (8, 10, 4)
    assert " --tile 1 " in Genome.load("x.genome").facts["command"]


def test_the_command_to_go_on_has_what_computes_and_draws(monkeypatch, train, folder):
    more = ("--backend", "compiled", "--workers", "3", "--figures", "new folder")
    err = interrupted(monkeypatch, train, "heart", *SMALL, "--steps", "4", *more, "-o", "x.genome")
    words = hint(err, "stopped at step 2; go on with: planaria ")
    assert words == ["train", "-o", "x.genome", "--resume", "x.checkpoint", *more]
    assert main(words) == 0


def test_a_picture_that_cannot_be_drawn_is_no_reason_to_lose_a_training(monkeypatch, train, folder):
    monkeypatch.setattr("trainer.training.JUDGE_EVERY_STEPS", 1)

    def full(path):
        raise InputError("output", path, "it cannot be written (No space left on device)", "make room")

    monkeypatch.setattr(planaria.course, "atomic_file", full)
    status, _, err = train("heart", *SMALL, "--steps", "2", "--figures", "new", "-o", "x.genome")
    assert status == 0
    assert "planaria: warning: no new picture of the training: output: " in err
    assert files_of(folder) == ["new", "x.genome", "x.learned.png"]


# From Python.


def test_from_python(folder):
    training = make_training(open_genome("ring").target, Recipe(hidden=4, steps=1))
    genome = train_to_genome(training, folder / "x.genome", show_progress=False)
    assert Genome.load("x.genome").facts == genome.facts
    assert files_of(folder) == ["x.genome", "x.learned.png"]


def test_hints():
    files = TrainingFiles.of(Path("-a b.genome"))
    assert files.resume_command(False) == "planaria train -o './-a b.genome' --resume './-a b.checkpoint'"
    assert paste("planaria", "-o") == "planaria -o"
