"""Whichever call to a disk fails, and however: what lies there afterwards is old or new, and nothing is lost.

Every command is first run undisturbed, to count its calls; then once for each of them, which fails. `make
fuzz` does that for all errors, before and after the call's work; `make test` draws one of them for each call.
"""

import os
import random
import re
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from firmware.errors import InputError
from firmware.system.atomic import write_all, write_atomic
from planaria import Genome, Plan, measure, open_genome
from planaria.campaign import workers
from planaria.campaign.store import Store
from planaria.campaign.trial import run_trial
from planaria.worth import CAMPAIGN_FILE, CAMPAIGN_TABLE
from tests.failing_disk import ERRORS, FailingDisk
from tests.trainings import backend, make_training

WAYS = [(error, late) for late, error in product((False, True), ERRORS)]

CLEANING = ("unlink", "close", "rmdir")
"""What fails while one cleans up may leave something to whoever comes next."""


@pytest.fixture
def quick_disk(tmp_path):
    """A folder in memory, where there is one: it syncs at once."""
    if not os.access("/dev/shm", os.W_OK):
        yield tmp_path
        return
    with TemporaryDirectory(dir="/dev/shm") as folder:
        yield Path(folder)


def disks(folder, calls, every_way):
    """A disk for each call, and for each way in which it can fail, or for one of them."""
    chance = random.Random(1)
    for at in range(1, calls + 1):
        for error, late in WAYS if every_way else [chance.choice(WAYS)]:
            yield FailingDisk(folder, at, ERRORS[error], late)


def run(disk, action):
    """Whether it went well: some errors can be got over. Those that cannot have the right kind."""
    with disk.inserted():
        try:
            action()
        except (InputError, KeyboardInterrupt, MemoryError) as error:
            raised = error
        else:
            return True
    kind = InputError if isinstance(disk.error(), OSError) else type(disk.error())
    assert type(raised) is kind, disk.failed
    assert kind is not InputError or re.search("No space left|Input/output error|disk", str(raised))
    return False


def counted(folder, action):
    """How many calls an undisturbed action takes."""
    disk = FailingDisk(folder)
    assert run(disk, action)
    assert disk.calls > 0
    return disk.calls


def names(folder):
    return sorted(path.name for path in folder.iterdir())


both = pytest.mark.parametrize("every_way", [False, pytest.param(True, marks=pytest.mark.fuzz)])


@pytest.mark.parametrize("old", [b"old", None])
def test_write_atomic(quick_disk, old):
    folder = quick_disk / "folder"
    folder.mkdir()
    path, new = folder / "a", b"new" * 10_000

    def write():
        write_atomic(path, new)

    def begin():
        path.unlink(missing_ok=True)
        if old is not None:
            write_atomic(path, old)

    begin()
    calls = counted(folder, write)
    assert calls > 10
    for disk in disks(folder, calls + 1, every_way=True):
        begin()
        well = run(disk, write)
        content = path.read_bytes() if path.exists() else None
        assert content in ((new,) if well else (old, new)), disk.failed
        if disk.failed not in CLEANING:
            assert set(names(folder)) <= {"a"}, disk.failed
        write()
        assert names(folder) == ["a"], disk.failed
    assert disk.failed is None  # there was no such call


@both
def test_write_all(quick_disk, every_way):
    paths = [quick_disk / name for name in "abc"]

    def write(content):
        write_all(dict.fromkeys(paths, content))

    write(b"old")
    for disk in disks(quick_disk, counted(quick_disk, lambda: write(b"new")), every_way):
        write(b"old")
        run(disk, lambda: write(b"new"))
        contents = [path.read_bytes() for path in paths]
        assert set(contents) <= {b"old", b"new"}, disk.failed
        if disk.failed == "write":
            assert contents == [b"old"] * 3
    write(b"old")
    assert names(quick_disk) == ["a", "b", "c"]


@both
def test_export(quick_disk, every_way):
    path = quick_disk / "x.genome"
    old, new = open_genome("ring"), open_genome("planarian")
    old.save(path)
    for disk in disks(quick_disk, counted(quick_disk, lambda: new.save(path)), every_way):
        old.save(path)
        well = run(disk, lambda: new.save(path))
        assert Genome.load(path).name in ((new.name,) if well else (old.name, new.name)), disk.failed
    old.save(path)
    assert names(quick_disk) == ["x.genome"]


PLAN = """\
title = "tiny"
genomes = ["ring"]
timeline = ["restart:half:{half}@20"]
trials = 2
horizon_rounds = 24
[world]
grid = "22x22"
[recovery]
dwell_rounds = 2
grown_error = 1000
[sweep]
half = ["left", "top"]
"""


@pytest.fixture(scope="module")
def trials():
    """Results of all trials, by point and index."""
    genomes = {"ring": open_genome("ring")}
    plan = Plan.parse(PLAN, "tiny.toml").seeded_by(genomes)
    wanted = [plan.trial(point, index) for point in plan.points() for index in range(plan.trials)]
    return {(trial.point, trial.index): run_trial(genomes["ring"], trial) for trial in wanted}


@both
def test_store(quick_disk, every_way, trials):
    """What add has returned from is there; of what it has not, all or nothing."""
    genomes = {"ring": open_genome("ring")}
    plan = Plan.parse(PLAN, "tiny.toml").seeded_by(genomes)
    first, second = [[trials[point, index] for index in (0, 1)] for point in (0, 1)]
    safe = []

    def add(folder):
        safe.clear()
        with Store.create_or_open(folder, plan, genomes, None) as store:
            for batch in (first, second):
                store.add(batch)
                safe.extend(batch)

    calls = counted(quick_disk, lambda: add(quick_disk / "0"))
    for number, disk in enumerate(disks(quick_disk, calls, every_way), 1):
        folder = quick_disk / str(number)
        run(disk, lambda folder=folder: add(folder))
        kept = list(safe)
        with Store.create_or_open(folder, plan, genomes, None) as store:
            found = store.results()
            assert found in ([], first, first + second), disk.failed
            assert found[: len(kept)] == kept, disk.failed
            store.add([trial for trial in first + second if trial not in found])
        with Store.open(folder) as store:
            assert store.results() == first + second
        assert names(folder) == [CAMPAIGN_FILE]


@both
def test_measure(quick_disk, every_way, trials, monkeypatch):
    """The same command ends with the same table, and runs nothing again that was reported."""
    ran, safe = [], []

    def run_again(_genome, trial):
        ran.append((trial.point, trial.index))
        return trials[ran[-1]]

    add = Store.add

    def noted(store, results):
        add(store, results)
        safe.extend((result.point, result.index) for result in results)

    monkeypatch.setattr(workers, "run_trial", run_again)
    monkeypatch.setattr(Store, "add", noted)
    plan = Plan.parse(PLAN, "tiny.toml")

    def begin_or_go_on(folder):
        measure(plan, folder, workers=1, quiet=True)

    calls = counted(quick_disk, lambda: begin_or_go_on(quick_disk / "0"))
    table = (quick_disk / "0" / CAMPAIGN_TABLE).read_bytes()
    assert len(table.splitlines()) == 5
    for number, disk in enumerate(disks(quick_disk, calls, every_way), 1):
        folder = quick_disk / str(number)
        safe.clear()
        well = run(disk, lambda folder=folder: begin_or_go_on(folder))
        assert not well or (folder / CAMPAIGN_TABLE).read_bytes() == table
        reported = set(safe)
        ran.clear()
        begin_or_go_on(folder)
        assert not reported & set(ran), disk.failed
        assert (folder / CAMPAIGN_TABLE).read_bytes() == table, disk.failed
        assert names(folder) == [CAMPAIGN_FILE, CAMPAIGN_TABLE]


@both
def test_train(quick_disk, every_way, monkeypatch, capsys):
    """The genome is written whatever becomes of the checkpoint; if not, the training can be gone on with."""
    pytest.importorskip("safetensors", reason="the train extra (safetensors) is not installed")
    from planaria import train
    from planaria.training_files import TrainingFiles
    from trainer import session
    from trainer.keeping import resume
    from trainer.recipe import Recipe
    from trainer.training import Training

    target = open_genome("ring").target
    rule = make_training(target, Recipe(hidden=2, steps=1, pool=8)).parameters.rule()

    class Short(Training):
        """Two steps that take no time."""

        def step(self):
            self.steps_done += 1
            return 0.5

    best = lambda training, name, _: (session.genome_of(training, name, rule), None)  # noqa: E731
    monkeypatch.setattr(train, "_best", best)
    monkeypatch.setattr(train, "save_portrait", lambda path, *_: write_atomic(path, b"picture"))
    monkeypatch.setattr(session, "CHECKPOINT_EVERY_S", -1)

    def begin(folder):
        folder.mkdir()
        files = TrainingFiles.of(folder / "x.genome")
        return files, make_training(target, Recipe(hidden=2, steps=2, pool=8), Short)

    def finish(files, training):
        train.train_and_appraise(training, files, False, False)

    calls = counted(quick_disk, lambda: finish(*begin(quick_disk / "0")))
    for number, disk in enumerate(disks(quick_disk, calls, every_way), 1):
        files, training = begin(quick_disk / str(number))
        well = run(disk, lambda files=files, training=training: finish(files, training))
        left = {name for name in names(files.genome.parent) if not name.startswith(".planaria-")}
        if well:
            assert {"x.genome", "x.learned.png"} <= left, disk.failed
        if "x.genome" in left:
            assert Genome.load(files.genome).hidden == 2
        if "x.learned.png" in left:
            assert files.picture.read_bytes() == b"picture"
        if "x.checkpoint" in left:
            training = resume(files.checkpoint, backend)
            assert 1 <= training.steps_done <= 2
            training.__class__ = Short
        finish(files, training)
        assert names(files.genome.parent) == ["x.genome", "x.learned.png"]
