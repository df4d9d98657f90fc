"""A training session as a user sees it: a progress bar, checkpoints, a clean stop, a genome at the end."""

import json
import sys
import time
from collections import deque
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from statistics import median
from typing import Any

from threadpoolctl import ThreadpoolController
from tqdm import tqdm

from firmware.arithmetic import Rule
from firmware.errors import InputError
from firmware.genome import Fact, Genome
from firmware.system.interrupts import held
from trainer.keeping import save
from trainer.shortlist import Candidate
from trainer.training import Training
from trainer.verify import compare

CHECKPOINT_EVERY_S = 30.0
LOSS_WINDOW_STEPS = 50
VERIFIED_STEPS = 64
JUDGED_ROUNDS = (200, 1000)


def train(
    training: Training,
    checkpoint: Path,
    show_progress: bool,
    watcher: Callable[[Training], None] = lambda training: None,
) -> None:
    """Train to the end of the recipe, leaving a checkpoint every half minute and at the end.

    Ctrl-C, SIGTERM and SIGHUP let the present step end, for half a step could not be resumed; then they
    save a checkpoint and go on to the caller as ``KeyboardInterrupt``. A checkpoint that cannot be
    written is no reason to lose a training: there is a warning, and another attempt the next time.

    Args:
        training: where it stands.
        checkpoint: the file.
        show_progress: with a bar on standard error.
        watcher: called whenever its rule has been judged.
    """
    recipe = training.recipe
    total = recipe.steps if recipe.steps is not None else round(60 * (recipe.minutes or 0))
    unit = " steps" if recipe.steps is not None else " s"
    every_s = 0.5 if sys.stderr.isatty() else 15
    recent: deque[float] = deque(maxlen=LOSS_WINDOW_STEPS)
    saved_at = time.monotonic()
    began, first = time.monotonic(), training.steps_done
    with (
        held(deadly=True) as came,
        _one_blas_thread(),
        tqdm(total=total, unit=unit, desc="training", disable=not show_progress, mininterval=every_s) as bar,
    ):
        bar.update(_position(training) - bar.n)
        try:
            while training.progress < 1:
                judged = training.judged
                recent.append(training.step())
                if training.judged is not judged:
                    watcher(training)
                said = f"loss {sum(recent) / len(recent):.5f}{_judged(training)}"
                if recipe.steps is None:
                    said += f", {(training.steps_done - first) / (time.monotonic() - began):.1f} steps/s"
                bar.set_postfix_str(said, refresh=False)
                bar.update(_position(training) - bar.n)
                if time.monotonic() - saved_at > CHECKPOINT_EVERY_S:
                    _save(training, checkpoint)
                    saved_at = time.monotonic()
                if came:
                    raise KeyboardInterrupt
        finally:
            _save(training, checkpoint)


def _one_blas_thread() -> AbstractContextManager[Any]:
    """NumPy's products are small: threads spin for each other, and starve beside another busy program."""
    limited: AbstractContextManager[Any] = (
        ThreadpoolController().select(internal_api="openblas").limit(limits=1)
    )
    return limited


def _save(training: Training, checkpoint: Path) -> None:
    try:
        save(training, checkpoint)
    except InputError as error:
        tqdm.write(f"planaria: warning: no new checkpoint: {error}", file=sys.stderr)


def _judged(training: Training) -> str:
    """E of the present rule's organisms, and how many are whole after a cut, in few words."""
    if training.judged is None:
        return ""
    grown, healed, _ = training.judged
    returns = training.watchdog.returns
    said = f", E {median(grown):.3g}" + (f", {returns} x exploded and back" if returns else "")
    return f"{said}, {training.judged.whole} of {len(healed)} whole" if healed else said


def _position(training: Training) -> int:
    """Where the progress bar stands, in steps or in seconds."""
    recipe = training.recipe
    if recipe.steps is not None:
        return training.steps_done
    return min(round(training.seconds), round(60 * (recipe.minutes or 0)))


def genome_of(training: Training, name: str, rule: Rule, facts: dict[str, Fact] | None = None) -> Genome:
    """A rule of this training as a genome, neither proven nor judged."""
    return Genome(
        name=name,
        w1=rule.w1.astype("int8"),
        b1=rule.b1.astype("int16"),
        w2=rule.w2.astype("int8"),
        shift1=rule.shift1,
        shift2=rule.shift2,
        regime=training.recipe.regime,
        target=training.target,
        facts=facts or {},
    )


def export(training: Training, name: str, candidate: Candidate | None = None) -> Genome:
    """A trained rule as a genome, proven equal to the firmware and judged.

    Args:
        training: at any point.
        name: of the genome.
        candidate: one of ``training.candidates()``; by default the first.

    Raises:
        RuntimeError: the trainer's forward pass differs from the firmware in any byte.
    """
    recipe, chosen = training.recipe, candidate or training.candidates()[0]
    size = training.rows, training.cols
    compared = compare(training.backend, chosen.rule, *size, VERIFIED_STEPS, recipe.seed)
    if compared.mismatches:
        raise RuntimeError(
            f"{compared.mismatches} of {compared.bytes_compared} state bytes differ from the firmware's"
        )
    judged = training.errors_after(chosen, JUDGED_ROUNDS)
    facts: dict[str, Fact] = {
        "command": training.command,
        "seed": recipe.seed,
        "steps": training.steps_done,
        "best_step": chosen.step,
        "train_seconds": round(training.seconds, 1),
        "lost": recipe.lost,
        "backend": training.backend.name,
        "bytes_verified": compared.bytes_compared,
    }
    if recipe.unusual:
        facts["recipe"] = json.dumps(recipe.unusual)
    if recipe.start_crc32:
        facts["start_crc32"] = recipe.start_crc32
    if training.prolonged_at:
        facts["prolonged_at"] = ", ".join(map(str, training.prolonged_at))
    facts |= {
        f"E_trained_{rounds}": round(error, 3) for rounds, error in zip(JUDGED_ROUNDS, judged, strict=True)
    }
    return genome_of(training, name, chosen.rule, facts)
