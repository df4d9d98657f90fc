"""The demo: the whole line, from a picture to a measured recovery, in a few minutes."""

import json
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import BrokenExecutor, Future
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from tqdm import tqdm

from emulator.config import RunConfig
from emulator.record.recovery import Outcome
from firmware.errors import InputError, visible
from firmware.genome import SUFFIX, Genome
from firmware.system.atomic import write_atomic
from firmware.system.scratch import remove_dead
from planaria.compiling import compile_first
from planaria.grid import Grid
from planaria.outputs import check_results, check_worth, make_folder
from planaria.shipped import genome_path, open_genome
from planaria.system.pool import Pool, first_done
from planaria.system.processes import MAIN_GUARD, check_main_guard, usable_cores
from planaria.train import USUAL, require_training, train_to_genome
from planaria.training_files import TrainingFiles, refuse_interrupted
from planaria.version import __version__

TARGET = "planarian"
TARGET_PX = 24
TRAINING_STEPS = 6000
SIDE = 40
LOSS = 0.05
GROWN_ROUNDS = 200
PERSIST_ROUNDS = 1000
HEALING_ROUNDS = 150
WOUNDS = {
    "left half": "restart:half:left",
    "right half": "restart:half:right",
    "top half": "restart:half:top",
    "bottom half": "restart:half:bottom",
    "centre square": f"restart:rect:{SIDE // 2 - 6},{SIDE // 2 - 6},12,12",
    "random third": "restart:random:0.33",
}
PERSISTING = "grow and hold"
SHOWN_FIRST = "left half"
REPORT = "report.json"


@dataclass(frozen=True)
class Trial:
    """One run of the demo: a name, a plan, a length, and where its pictures go."""

    name: str
    faults: list[str]
    rounds: int
    seed: int
    folder: Path

    @property
    def stem(self) -> Path:
        """Pictures are called this, with a suffix."""
        return stem_of(self.folder, self.name)


def stem_of(folder: Path, trial: str) -> Path:
    """Where the pictures of a trial lie, without their suffix."""
    return folder / trial.replace(" ", "-")


def demo(folder: Path, quick: bool, seed: int, quiet: bool, force: bool = False) -> dict[str, Any]:
    """Train (or open a shipped genome), grow, hold, wound, measure, draw; returns the report.

    Args:
        folder: where films, figures, genome and ``report.json`` go.
        quick: use a shipped genome instead of training.
        seed: of training and of all runs.
        quiet: print nothing but progress.
        force: train over a genome that another training has made, and over an interrupted training.

    Raises:
        InputError: the folder cannot be written, the seed is bad, what trains or the main guard of the
            program that calls is missing, a worker has died, or without ``force`` something would be lost.
    """
    check_main_guard()
    started = time.monotonic()
    trials = _trials(folder, seed)
    _check(folder, trials)
    genome = open_genome(TARGET) if quick else _train(folder, seed, force)
    make_folder(folder)
    _say(quiet, f"{genome.name}: int8 rule 48 -> {genome.hidden} -> 16, flashing {SIDE}x{SIDE} cells")
    results = _run_all(genome, trials, quiet)
    report = _report(genome, results, seed, round(time.monotonic() - started, 1))
    write_atomic(folder / REPORT, (json.dumps(report, indent=2) + "\n").encode())
    return report


def _check(folder: Path, trials: list[Trial]) -> None:
    """Refuse a bad seed or folder before the work."""
    for trial in trials:
        RunConfig(seed=trial.seed)
    pictures = [trial.stem.with_suffix(suffix).name for trial in trials for suffix in (".gif", ".png")]
    check_results(folder, [REPORT, *pictures], [genome_path(TARGET)])


def _train(folder: Path, seed: int, force: bool) -> Genome:
    """Train and save a genome; one that the same training has made before is no loss."""
    require_training()
    from trainer.recipe import Recipe
    from trainer.targets import load_target
    from trainer.training import Training, grid_size

    files = TrainingFiles.of(folder / f"{TARGET}{SUFFIX}")
    command = (
        f"planaria train {TARGET} --size {TARGET_PX} --steps {TRAINING_STEPS} --seed {seed} "
        f"-o {files.genome.name}"
    )
    check_results(folder, [path.name for path in files], force=True)
    if not force:
        refuse_interrupted(files)
        if not _made_by(command, files.genome):
            check_worth(files.genome, force)
    make_folder(folder)
    recipe = Recipe(steps=TRAINING_STEPS, seed=seed)
    target = load_target(TARGET, TARGET_PX)
    training = Training(target, recipe, USUAL.make(*grid_size(target, recipe)), command)
    return train_to_genome(training, files.genome, show_progress=True)


def _made_by(command: str, genome: Path) -> bool:
    try:
        return Genome.load(genome).facts.get("command") == command
    except InputError:
        return False


def _trials(folder: Path, seed: int) -> list[Trial]:
    """The longest first, so that no core is left waiting at the end."""
    healing = GROWN_ROUNDS + HEALING_ROUNDS
    trials = [Trial(PERSISTING, [], PERSIST_ROUNDS, seed, folder)]
    for number, (name, what) in enumerate(WOUNDS.items(), 1):
        trials.append(Trial(name, [f"{what}@{GROWN_ROUNDS}"], healing, seed + number, folder))
    return trials


def _run_all(genome: Genome, trials: list[Trial], quiet: bool) -> dict[str, dict[str, Any]]:
    """Run the trials on all cores; the results do not depend on how many there are."""
    compile_first(genome, partial(_say, quiet))
    workers = min(len(trials), usable_cores())
    _say(quiet, f"{len(trials)} runs, {workers} at a time:")
    rounds = sum(trial.rounds for trial in trials)
    results = {}
    with (
        _swept(trials[0].folder),
        Pool(workers) as pool,
        tqdm(total=rounds, unit=" rounds", desc="running", disable=None, leave=False, file=sys.stderr) as bar,
    ):
        futures = {pool.submit(run_trial, genome.to_bytes(), trial): trial for trial in trials}
        while futures:
            done = first_done(futures)
            for future in [one for one in futures if one in done]:
                trial = futures.pop(future)
                results[trial.name] = _result(future, trial)
                bar.update(trial.rounds)
                _say(quiet, f"  {trial.name}: {results[trial.name]['wall_s']} s")
    return results


def _result(future: Future[dict[str, Any]], trial: Trial) -> dict[str, Any]:
    try:
        return future.result()
    except BrokenExecutor as error:
        raise InputError(
            "run",
            trial.name,
            "its process has died",
            f"put the program that called below {MAIN_GUARD} or see whether memory runs out",
        ) from error


@contextmanager
def _swept(folder: Path) -> Iterator[None]:
    """What processes were about to write when they were ended is removed."""
    try:
        yield
    finally:
        for place in (folder, Path(tempfile.gettempdir())):
            remove_dead(place)


def run_trial(genome_bytes: bytes, trial: Trial) -> dict[str, Any]:
    """Run one trial and write its film and figure."""
    started = time.monotonic()
    genome = Genome.from_bytes(genome_bytes)
    grid = Grid(genome, SIDE, SIDE, seed=trial.seed, loss=LOSS, faults=trial.faults)
    result = grid.run(trial.rounds)
    grid.save_film(trial.stem.with_suffix(".gif"))
    grid.save_figure(trial.stem.with_suffix(".png"))
    return {"seed": trial.seed, "wall_s": round(time.monotonic() - started, 1), **result.as_dict()}


def _report(genome: Genome, results: dict[str, dict[str, Any]], seed: int, wall_s: float) -> dict[str, Any]:
    hold = results[PERSISTING]
    wounds = [{"name": name, **results[name]["recoveries"][0]} for name in WOUNDS]
    return {
        "planaria": __version__,
        "genome": genome.name,
        "genome_crc32": f"{genome.crc32():08x}",
        "facts": dict(genome.facts),
        "grid": [SIDE, SIDE],
        "loss": LOSS,
        "seed": seed,
        "E_grown_200": hold["error_by_round"][GROWN_ROUNDS],
        "E_persist_1000": hold["error_by_round"][PERSIST_ROUNDS],
        "clean": sum(wound["clean"]["outcome"] == Outcome.RECOVERED for wound in wounds),
        "recognisable": sum(wound["recognisable"]["outcome"] == Outcome.RECOVERED for wound in wounds),
        "recovered": sum(wound["recovered"] for wound in wounds),
        "wounds": wounds,
        "traces": {name: result["trace_sha256"] for name, result in results.items()},
        "wall_s": wall_s,
    }


def _say(quiet: bool, text: str) -> None:
    if not quiet:
        tqdm.write(visible(text), file=sys.stdout)
