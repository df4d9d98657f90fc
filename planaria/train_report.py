"""What ``planaria train`` says at its end: how well the organism does, and what to do if it does not."""

import sys
from pathlib import Path

from emulator.record.recovery import RECOGNISABLE
from firmware.genome import Genome
from planaria.appraisal import (
    GROWN_ROUNDS,
    HALVES,
    HEALING_ROUNDS,
    HELD_ROUNDS,
    MARGIN,
    Appraisal,
    describe_error,
    describe_look,
)
from planaria.displacement import describe_displacement
from planaria.hint import paste, paste_here
from planaria.say import say
from planaria.training_files import TrainingFiles


def warn(text: str) -> None:
    """One line on standard error."""
    say(f"planaria: warning: {' '.join(text.splitlines())}", file=sys.stderr)


def print_result(genome: Genome, appraisal: Appraisal, files: TrainingFiles) -> None:
    """The result for a person."""
    facts = genome.facts
    say(
        f"{files.genome}: {len(genome.to_bytes()):,} B, {facts['steps']} steps in "
        f"{facts['train_seconds']} s; best after {facts['best_step']}"
    )
    grown, held = (
        describe_error(max(look.error for look in looks)) for looks in (appraisal.grown, appraisal.held)
    )
    say(
        f"E on the engine, the worst of {len(appraisal.grown)}: after {GROWN_ROUNDS} rounds {grown}, "
        f"after {HELD_ROUNDS:,} {held} (1 looks perfect, above {RECOGNISABLE:g} is bad)"
    )
    if appraisal.worst.displaced:
        say(_displaced(appraisal))
    halves = ", ".join(
        f"{half} {describe_look(look)}" for half, look in zip(HALVES, appraisal.healed, strict=True)
    )
    say(f"E {HEALING_ROUNDS} rounds after a half was lost: {halves}")
    say(f"{facts['bytes_verified']:,} state bytes equal to the firmware's")
    say(f"look at: {paste(files.picture)}")
    grid = f"{genome.target.width + 2 * MARGIN}x{genome.target.height + 2 * MARGIN}"
    film = Path(f"{files.genome.stem}.film.gif")  # a GIF may be what it was trained on
    words = ("--grid", grid, "--fault", "restart:half:left@200", "--rounds", "300", "--film", film)
    say(f"next: {paste_here('run', files.genome, *words)}")


def _displaced(appraisal: Appraisal) -> str:
    worst = appraisal.worst
    where, there = describe_displacement(worst.best.rows, worst.best.cols), describe_error(worst.best.error)
    return f"displaced by {where}: E {describe_error(worst.error)} at its place, {there} there"


def warn_if_bad(genome: Genome, appraisal: Appraisal, files: TrainingFiles) -> None:
    """Say what to do about an organism that is not the picture, or not where it should be."""
    if appraisal.worst.error <= RECOGNISABLE:
        return
    longer = files.genome.with_name(f"{files.genome.stem}-longer{files.genome.suffix}")
    steps = max(1000, int(genome.facts["steps"]))
    more = paste_here("train", "--from", files.genome, "--steps", str(steps), "-o", longer)
    what = (
        _displaced(appraisal) if appraisal.worst.displaced else f"E {describe_error(appraisal.worst.error)}"
    )
    if genome.regime == "growing":
        what += " (a rule of the regime growing is not asked to hold its form: see --regime persistent)"
    warn(
        f"it has not learned the picture: {what}, and above {RECOGNISABLE:g} is bad; "
        f"train longer with: {more}; or take another --seed or a smaller target"
    )
