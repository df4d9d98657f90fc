"""From a picture to a genome file."""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from tqdm import tqdm

from firmware.errors import InputError
from firmware.genome import Genome
from firmware.picture import Picture
from planaria.appraisal import Appraisal, appraise, world
from planaria.choice import choice_parts, choose
from planaria.compiling import announcement
from planaria.course import Course
from planaria.healing import endurance, endurance_parts
from planaria.hint import paste
from planaria.outputs import check_results, make_folder
from planaria.portrait import save_portrait
from planaria.say import say, warn
from planaria.shipped import open_genome
from planaria.system.ending import check_room
from planaria.toml_table import TomlTable
from planaria.training_files import TrainingFiles, check_files, same_file
from planaria.trim import TRIES_MAX, trim

if TYPE_CHECKING:
    from trainer.backend import Backend
    from trainer.training import Training

Watcher = Callable[["Training"], None]
"""Called with a training whenever its rule has been judged."""

PROLONGING = ("steps", "minutes")
"""Options that a resumed training may change."""

ROOM_MIN_BYTES = 3 << 29
"""Of addresses, without which torch, or what compiles, ends the process as it likes."""


@dataclass(frozen=True, kw_only=True)
class Lesson:
    """What is to be learned, and how; None leaves an option as it usually is.

    Attributes:
        target: built-in name, PNG with alpha, or an emoji character.
        regime: ``growing``, ``persistent`` or ``regenerating``.
        size: longer side of the target in pixels.
        tile: number, from 0, in a PNG that is a row of square tiles.
        hidden: hidden units.
        steps: of the optimiser.
        minutes: to train by the clock instead.
        optimiser: ``soap``, ``muon`` or ``adam``.
        lost: sixteenths of the messages that are lost in training, at most.
        seed: of all random draws.
        start: a finished genome to go on from; its target and regime hold unless others are given.
        recipe: a TOML file with what should differ from ``trainer/recipe.toml``.
    """

    target: str | None = None
    regime: str | None = None
    size: int | None = None
    tile: int | None = None
    hidden: int | None = None
    steps: int | None = None
    minutes: float | None = None
    optimiser: str | None = None
    lost: int | None = None
    seed: int | None = None
    start: Path | None = None
    recipe: Path | None = None

    def given(self) -> dict[str, Any]:
        """The options that are not left as they usually are."""
        return {name: value for name, value in vars(self).items() if value is not None}


class Computing(NamedTuple):
    """What computes a training, and where.

    Attributes:
        backend: ``compiled`` or one of its kernels, ``torch``, or ``auto`` for compiled code where there is
            a compiler.
        device: of torch: ``auto``, ``cpu`` or ``cuda``.
        workers: samples at once, of compiled code; the result does not depend on it.
    """

    backend: str = "auto"
    device: str = "auto"
    workers: int = 1

    def options(self) -> list[str]:
        """The words of the command that ask for it, where it is not what is usual."""
        given = zip(("--backend", "--device", "--workers"), self, USUAL, strict=True)
        return [word for flag, value, usual in given if value != usual for word in (flag, str(value))]

    def make(self, rows: int, cols: int) -> "Backend":
        """A backend for grids of this size; says so if it is not the one that was wished for."""
        from trainer.backends import make_backend

        return make_backend(self.backend, rows, cols, self.device, self.workers, tell=warn)

    def make_again(self, rows: int, cols: int, before: str) -> "Backend":
        """A backend for a training that another one may have begun, which is said then."""
        made = self.make(rows, cols)
        if made.name != before:
            warn(
                f"it was trained by {before} so far, and goes on by {made.name}: a little else may come of it"
            )
        return made


USUAL: Final = Computing()
"""Compiled code on one core."""


class Trained(NamedTuple):
    """A genome that was learned, how well it does, and the files in which both are."""

    genome: Genome
    appraisal: Appraisal
    files: TrainingFiles

    def facts(self) -> dict[str, Any]:
        """The facts that ``--json`` shows."""
        genome, files = self.genome, self.files
        return {"file": str(files.genome), "picture": str(files.picture), "name": genome.name, **genome.facts}


def require_training() -> None:
    """Training needs the extra ``train`` or ``torch``; nothing else does.

    Raises:
        InputError: what it needs is not installed, or would not fit into a limit on memory.
    """
    check_room(ROOM_MIN_BYTES)
    try:
        import trainer.session  # noqa: F401
    except ModuleNotFoundError as error:
        raise InputError(
            "training",
            f"module {error.name} is missing",
            "it is not installed",
            "run: pip install 'planaria[train]'",
        ) from error


def train(
    lesson: Lesson,
    output: Path,
    *,
    resume: Path | None = None,
    computing: Computing = USUAL,
    figures: Path | None = None,
    force: bool = False,
    show_progress: bool = False,
) -> Trained:
    """Learn a rule, and save it as a genome with a picture of what was learned.

    Args:
        lesson: what to learn; with ``resume`` it can only say for how long.
        output: the genome's file; the others are beside it.
        resume: a checkpoint to go on from, with its options.
        computing: what computes.
        figures: folder for a picture of the training as it goes.
        force: write over files that are there.
        show_progress: with bars on standard error.

    Raises:
        InputError: a bad option, target, checkpoint or output.
    """
    require_training()
    files = TrainingFiles.of(output)
    check_files(files, lesson.target, lesson.start, lesson.recipe, resume, force)
    training = _resumed(lesson, resume, computing) if resume else _fresh(lesson, output, computing)
    watcher = _watcher(figures, files)
    options: list[str | Path] = [*computing.options()]
    if figures is not None:
        options += ["--figures", figures]
    genome, appraisal = train_and_appraise(training, files, show_progress, force, watcher, options)
    return Trained(genome, appraisal, files)


def train_to_genome(training: "Training", output: Path, show_progress: bool) -> Genome:
    """Train to the end and save the genome and its picture, over what is there.

    Ctrl-C leaves a checkpoint beside them and says how to go on.
    """
    return train_and_appraise(training, TrainingFiles.of(output), show_progress, force=True)[0]


def _watcher(figures: Path | None, files: TrainingFiles) -> Watcher:
    if figures is None:
        return lambda training: None
    name = files.genome.stem
    check_results(figures, [f"{name}.training.png"], files)
    make_folder(figures)
    course = Course(figures / f"{name}.training.png", name)

    def watch(training: "Training") -> None:
        try:
            course(training)
        except InputError as error:
            warn(f"no new picture of the training: {error}")

    return watch


def train_and_appraise(
    training: "Training",
    files: TrainingFiles,
    show_progress: bool,
    force: bool,
    watcher: Watcher = lambda training: None,
    options: Sequence[str | Path] = (),
) -> tuple[Genome, Appraisal]:
    """Train to the end, save the best rule as a genome, and its picture; Ctrl-C leaves a checkpoint.

    Args:
        training: where it stands.
        files: what to write.
        show_progress: with bars on standard error.
        force: whether the command to go on with has to say ``--force``.
        watcher: called whenever the rule has been judged.
        options: likewise words of that command, of what computes and draws.
    """
    from trainer.session import train as run_session

    try:
        run_session(training, files.checkpoint, show_progress, watcher)
        genome, appraisal = _best(training, files.genome.stem, show_progress)
    except (KeyboardInterrupt, InputError, MemoryError):
        kept = same_file(files.checkpoint, training.checkpoint)
        go_on = (
            f"go on with: {files.resume_command(force, options)}" if kept else "nothing of it could be saved"
        )
        say(f"stopped at step {training.steps_done}; {go_on}", file=sys.stderr)
        raise
    genome.save(files.genome)
    save_portrait(files.picture, genome, appraisal)
    if same_file(files.checkpoint, training.checkpoint):
        try:
            files.checkpoint.unlink()
        except OSError as error:
            warn(f"{files.checkpoint}: it is no longer needed, but cannot be removed ({error.strerror})")
    return genome, appraisal


def _best(training: "Training", name: str, show_progress: bool) -> tuple[Genome, Appraisal]:
    """Of the trainer's best rules the one that does best on the engine, trimmed; judged in other worlds."""
    from trainer.session import export, genome_of

    candidates = training.candidates()
    rules = [genome_of(training, name, candidate.rule) for candidate in candidates]
    if show_progress and world(rules[0], 0).compiles:
        say(announcement(), file=sys.stderr)
    parts = choice_parts(rules) + 1
    with tqdm(total=parts, desc="judging", unit=" looks", disable=not show_progress) as bar:
        chosen = candidates[choose(rules, bar.update)]
        genome = export(training, name, chosen)
        appraisal = appraise(genome)
        bar.update()
    if appraisal.holds:
        with tqdm(total=TRIES_MAX, desc="trimming", unit=" tries", disable=not show_progress) as bar:
            trimmed = trim(genome, bar.update)
        if trimmed is not genome:
            rule = chosen.rule._replace(b1=trimmed.b1.astype(chosen.rule.b1.dtype))
            genome = export(training, name, chosen._replace(rule=rule))
            appraisal = appraise(genome)
    facts = {**genome.facts, **appraisal.facts()}
    if appraisal.holds:
        parts = endurance_parts(genome.regime)
        with tqdm(total=parts, desc="wounding", unit=" wounds", disable=not show_progress) as bar:
            facts |= endurance(genome, bar.update)
    return replace(genome, facts=facts), appraisal


def _fresh(lesson: Lesson, output: Path, computing: Computing) -> "Training":
    from trainer.recipe import Recipe, usual_rate, usual_steps
    from trainer.training import Training, grid_size

    start = open_genome(lesson.start) if lesson.start else None
    chosen: dict[str, Any] = {} if start is None else {"regime": start.regime, "hidden": start.hidden}
    target = _target(lesson, start)
    chosen["steps"] = usual_steps(target.reach) if lesson.minutes is None else None
    chosen["rate"] = usual_rate(target.reach)
    if lesson.recipe is not None:
        chosen |= read_recipe(lesson.recipe)
    names = ("regime", "hidden", "steps", "minutes", "optimiser", "lost", "seed")
    recipe = Recipe(**chosen | {name: value for name, value in lesson.given().items() if name in names})
    backend = computing.make(*grid_size(target, recipe))
    return Training(target, recipe, backend, _command(lesson, computing, output), start)


def read_recipe(path: Path) -> dict[str, Any]:
    """What a file has of a recipe; its tables change the usual ones in what they have.

    Raises:
        InputError: it cannot be read, or has what no recipe has, or a value that cannot be.
    """
    from trainer.recipe import USUAL, Recipe

    table = TomlTable.load("recipe", path, "see trainer/recipe.toml")
    table.check_keys(*USUAL)
    content = {
        name: USUAL[name] | value if isinstance(USUAL[name], dict) and isinstance(value, dict) else value
        for name, value in table.content.items()
    }
    with table.naming():
        Recipe(**content)
    return content


def _target(lesson: Lesson, start: Genome | None) -> Picture:
    """What the lesson names, or else the picture of the genome that it begins with."""
    from trainer.targets import load_target

    if lesson.target is not None:
        return load_target(lesson.target, lesson.size, lesson.tile, warn)
    if start is None:
        raise InputError(
            "target", "none", "there must be something to grow", "give a name, a PNG or an emoji"
        )
    for name, value in (("size", lesson.size), ("tile", lesson.tile)):
        if value is not None:
            limit = f"the target of {start.name} is taken as it is"
            raise InputError(name, value, limit, "leave it out, or name a target")
    return start.target


def _resumed(lesson: Lesson, checkpoint: Path, computing: Computing) -> "Training":
    from trainer.keeping import resume

    for name, value in lesson.given().items():
        if name not in PROLONGING:
            raise InputError(
                name if name == "target" else _flag(name),
                value,
                "a resumed training keeps the options of its checkpoint",
                "leave it out",
            )
    training = resume(checkpoint, computing.make_again)
    if lesson.steps is not None or lesson.minutes is not None:
        training.prolong(lesson.steps, lesson.minutes)
    return training


def _flag(name: str) -> str:
    return "--from" if name == "start" else f"--{name.replace('_', '-')}"


def _command(lesson: Lesson, computing: Computing, output: Path) -> str:
    """The command that would make this genome again, on the same kernel of the same processor."""
    words: list[str | Path] = ["planaria", "train"]
    for name, value in lesson.given().items():
        if name == "target":
            words.append(Path(value) if value.startswith("-") else value)
        else:
            words += [_flag(name), value if isinstance(value, Path) else str(value)]
    if computing.backend != USUAL.backend:
        words += ["--backend", computing.backend]
    return paste(*words, "-o", Path(output.name))
