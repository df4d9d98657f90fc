"""``planaria train``: from a picture to a genome file."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from planaria.commands.command import add_command, print_json
from planaria.hint import paste, paste_here
from planaria.say import say, warn

if TYPE_CHECKING:
    from planaria.appraisal import Appraisal
    from planaria.train import Trained


def add(commands: Any) -> None:
    """Flags and help of the command."""
    parser = add_command(
        commands,
        "train",
        _train,
        "Learn an update rule that grows a target, and export it as an int8 genome.",
        "planaria train ring --size 20 --minutes 10 -o ring.genome",
    )
    parser.add_argument(
        "target",
        nargs="?",
        help="built-in name, PNG with alpha, or an emoji character (not needed with --from or --resume)",
    )
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="FILE.genome")
    parser.add_argument("--figures", type=Path, metavar="DIR", help="draw how it goes, again and again")
    parser.add_argument("--force", action="store_true", help="write over files that are there")
    parser.add_argument("--regime", help="growing, persistent or regenerating (default)")
    parser.add_argument("--size", type=int, metavar="PX", help="longer side of the target, 8 to 128 px")
    parser.add_argument(
        "--tile", type=int, metavar="N", help="tile N, from 0, of a PNG that is a row of square tiles"
    )
    parser.add_argument("--hidden", type=int, metavar="H", help="hidden units, 1 to 128 (default: 128)")
    parser.add_argument(
        "--steps",
        type=int,
        metavar="N",
        help="optimiser steps (default: by size); with --resume, so many in all instead",
    )
    parser.add_argument("--minutes", type=float, metavar="M", help="train by the clock instead")
    parser.add_argument(
        "--lost",
        type=int,
        metavar="N",
        help="up to N sixteenths of the messages are lost in training (default: 8)",
    )
    parser.add_argument("--optimiser", help="soap (default), muon or adam")
    parser.add_argument(
        "--backend",
        default="auto",
        help="compiled code where zig is installed, else torch; or which: amx, bf16, f32, portable, "
        "compiled for the fastest that the processor has, torch",
    )
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto", help="of torch")
    parser.add_argument(
        "--workers", type=int, default=1, metavar="N", help="organisms at once, of compiled code (default: 1)"
    )
    parser.add_argument(
        "--recipe",
        type=Path,
        metavar="FILE.toml",
        help="what should differ from trainer/recipe.toml, which explains each key",
    )
    parser.add_argument(
        "--from",
        dest="start",
        type=Path,
        metavar="FILE.genome",
        help="go on from a finished genome; its target and regime hold unless others are given",
    )
    parser.add_argument(
        "--resume", type=Path, metavar="CKPT", help="go on from a checkpoint, with its options"
    )
    parser.add_argument("--seed", type=int, metavar="S", help="of all random draws (default: 0)")


def _train(options: argparse.Namespace) -> None:
    from planaria.train import Computing, Lesson, train

    lesson = Lesson(
        target=options.target,
        regime=options.regime,
        size=options.size,
        tile=options.tile,
        hidden=options.hidden,
        steps=options.steps,
        minutes=options.minutes,
        optimiser=options.optimiser,
        lost=options.lost,
        seed=options.seed,
        start=options.start,
        recipe=options.recipe,
    )
    trained = train(
        lesson,
        options.output,
        resume=options.resume,
        figures=options.figures,
        computing=Computing(options.backend, options.device, options.workers),
        force=options.force,
        show_progress=not options.json,
    )
    if not options.json:
        print_result(trained)
    warn_if_bad(trained)
    if options.json:
        print_json(trained.facts())


def print_result(trained: "Trained") -> None:
    """Tell a person how well the organism does, and what to look at."""
    from emulator.record.predicate import RECOGNISABLE
    from planaria.appraisal import (
        CUTS,
        GROWN_ROUNDS,
        HEALING_ROUNDS,
        HELD_ROUNDS,
        MARGIN,
        describe_error,
        describe_look,
    )
    from planaria.healing import describe_endurance

    genome, appraisal, files = trained
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
    cuts = ", ".join(f"{cut} {describe_look(look)}" for cut, look in zip(CUTS, appraisal.healed, strict=True))
    say(f"E {HEALING_ROUNDS} rounds after a cut: {cuts}")
    if endured := describe_endurance(facts):
        say(endured)
    say(f"{facts['bytes_verified']:,} state bytes equal to the firmware's")
    say(f"look at: {paste(files.picture)}")
    grid = f"{genome.target.width + 2 * MARGIN}x{genome.target.height + 2 * MARGIN}"
    film = Path(f"{files.genome.stem}.film.gif")  # a GIF may be what it was trained on
    words = ("--grid", grid, "--fault", "restart:half:left@200", "--rounds", "300", "--film", film)
    say(f"next: {paste_here('run', files.genome, *words)}")


def _displaced(appraisal: "Appraisal") -> str:
    from planaria.appraisal import describe_error
    from planaria.displacement import describe_displacement

    worst = appraisal.worst
    where, there = describe_displacement(worst.best.rows, worst.best.cols), describe_error(worst.best.error)
    return f"displaced by {where}: E {describe_error(worst.error)} at its place, {there} there"


def warn_if_bad(trained: "Trained") -> None:
    """Say what to do about one that is not the picture, not at its place, or often does not heal."""
    if not (wrong := _wrong(trained)):
        return
    genome, _, files = trained
    longer = files.genome.with_name(f"{files.genome.stem}-longer{files.genome.suffix}")
    steps = max(1000, int(genome.facts["steps"]))
    more = paste_here("train", "--from", files.genome, "--steps", str(steps), "-o", longer)
    warn(f"{wrong}; train longer with: {more}; or take another --seed or a smaller target")


def _wrong(trained: "Trained") -> str:
    from emulator.record.predicate import RECOGNISABLE
    from planaria.appraisal import describe_error
    from planaria.healing import HEALING_SHARE, clean_by_cut

    genome, appraisal, _ = trained
    if appraisal.worst.error > RECOGNISABLE:
        what = (
            _displaced(appraisal)
            if appraisal.worst.displaced
            else f"E {describe_error(appraisal.worst.error)}"
        )
        if genome.regime == "growing":
            what += " (a rule of the regime growing is not asked to hold its form: see --regime persistent)"
        return f"it has not learned the picture: {what}, and above {RECOGNISABLE:g} is bad"
    if (worlds := genome.facts.get("healing_worlds")) is None:
        return ""
    clean = clean_by_cut(genome.facts)
    few = [f"{cut} {number}" for cut, number in clean.items() if number < HEALING_SHARE * int(worlds)]
    found = f"clean after the cut {', '.join(few)} of {worlds}"
    return f"it often does not heal: {found}, and below {HEALING_SHARE:.0%} is bad" if few else ""
