"""The training loop: one ``step`` of it fits on a screen; ``keeping`` saves and resumes it."""

import json
import math
import time
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from firmware.budget import ONE, VISIBLE
from firmware.errors import InputError
from firmware.genome import Genome, check_fact
from firmware.picture import Picture
from trainer.backend import Backend, Sample
from trainer.damage import Damage, Wound, struck
from trainer.evaluate import Judge, Judgement
from trainer.optimiser import make_optimiser
from trainer.pool import Pool, seed_grid
from trainer.practice import Practice
from trainer.recipe import PROLONGED_MAX, Recipe
from trainer.rule import Float32, Gradient, Parameters
from trainer.shortlist import Candidate, Shortlist
from trainer.usual import Usual, norm_of
from trainer.wakes import draw_fire, draw_lost
from trainer.watchdog import Watchdog

JUDGEMENTS, JUDGE_EVERY_STEPS = 40, 50
"""So often in a training is the present rule judged, but not after fewer steps."""

BLANK_ERROR: Final = 1000.0
"""E of an empty grid."""

HELD_SHARE: Final = 1 / 3
"""Of batches of two, in which the sample beside the seed is not wounded."""


class Training:
    """A training run that can be stepped, saved and resumed to the same result.

    Args:
        target: what to grow.
        recipe: the options.
        backend: what computes, for grids of ``grid_size(target, recipe)``.
        command: that asked for this training; it goes into the checkpoint and the genome's facts.
        start: the genome whose rule it goes on from, instead of one that knows nothing.

    Raises:
        InputError: ``start`` has another number of hidden units than the recipe, or ``command`` does not
            fit into a genome, nor what is unusual about the recipe.
    """

    def __init__(
        self,
        target: Picture,
        recipe: Recipe,
        backend: Backend,
        command: str = "",
        start: Genome | None = None,
    ) -> None:
        check_fact("command", command)
        if start is not None:
            recipe = _going_on(recipe, start)
        check_fact("recipe", json.dumps(recipe.unusual))
        self.target, self.recipe, self.backend, self.command = target, recipe, backend, command
        self.rows, self.cols = rows, cols = grid_size(target, recipe)
        self.draws = np.random.Generator(np.random.PCG64(recipe.seed))
        initial = Parameters.initial(recipe.hidden, self.draws)
        self.parameters = Parameters.of(start.rule) if start else initial
        self.average = self.parameters.copy()
        shapes = {name: tensor.shape for name, tensor in self.parameters.tensors().items()}
        self.optimisers = {name: make_optimiser(recipe.optimiser, shape) for name, shape in shapes.items()}
        self.usual = {name: Usual() for name in shapes}
        self.pool = Pool(seed_grid(rows, cols, target.seed_cell(rows, cols)), recipe.pool)
        self.practice = Practice(recipe.evenness)
        self.watchdog = Watchdog(self.parameters)
        self.shortlist = Shortlist()
        self.judged: Judgement | None = None
        self.judgements = 0
        self._judged_at = -1
        self.steps_done = 0
        self.prolonged_at: list[int] = []
        self.checkpoint: Path | None = None
        """The file that it was saved to last, or resumed from."""
        self.seconds = 0.0
        """Wall time spent up to the end of the last step, earlier runs included."""
        self._wanted: Float32 = target.placed(rows, cols).astype(np.float32) / np.float32(255)
        self._blank = max(float((self._wanted**2).mean()), self._error(self.pool.seed))
        self._damage = Damage(rows, cols, max(target.height, target.width))
        self._judge = Judge(backend, target, recipe.margin, recipe.seed)
        self._clock = time.monotonic()

    @property
    def progress(self) -> float:
        """Share of the work that is done, 0..1."""
        if self.recipe.steps is not None:
            return self.steps_done / self.recipe.steps
        assert self.recipe.minutes is not None
        return min(1.0, self.seconds / (60 * self.recipe.minutes))

    def step(self) -> float:
        """One optimiser step; returns the mean squared RGBA error of the batch."""
        progress = self.progress
        if self.steps_done % JUDGE_EVERY_STEPS == 0 and progress * JUDGEMENTS >= self.judgements:
            self.judge()
        chosen, samples, wounds = self._samples(progress)
        weights = self.parameters.weights(False), self.parameters.weights(True)
        penalty = self.recipe.accumulator_penalty / (ONE * self._wanted.size * len(samples))
        hope = self.recipe.hope_at(progress) * self._blank
        ends, gradient = self.backend.learn(
            weights, samples, lambda sample, states: self._toward(sample, states, len(samples), hope), penalty
        )
        errors = [self._error(states) for states in ends]
        exploded = [self._has_exploded(error) for error in errors]
        for kind, error in zip(wounds, errors, strict=True):
            if kind is not None:
                self.practice.note(kind, self._has_healed(error))
        moved = self._apply(gradient, progress)
        self.pool.grids[chosen] = ends
        self.pool.reseed(chosen[exploded])
        self._watch(sum(exploded) / len(ends) if moved else 1)
        self.steps_done += 1
        now = time.monotonic()
        self.seconds, self._clock = self.seconds + now - self._clock, now
        return float(np.mean(errors))

    def judge(self) -> None:
        """Judge the present rule and the running mean, by worlds that are the same in all of the training."""
        judged = {}
        for parameters in (self.parameters, self.average):
            judgement = self._judge.judge(parameters.weights(True), self.recipe.regime)
            judged[judgement.score] = judgement
            self.watchdog.keep(judgement.score, parameters)
            self.shortlist.add(Candidate(self.steps_done, judgement.score, parameters.rule()))
        self.judged, self._judged_at = judged[min(judged)], self.steps_done
        self.judgements = int(self.progress * JUDGEMENTS) + 1

    def candidates(self) -> list[Candidate]:
        """The best int8 rules so far, the present one considered too; the best first."""
        if self._judged_at != self.steps_done:
            self.judge()
        return self.shortlist.candidates

    def errors_after(self, candidate: Candidate, rounds: tuple[int, ...]) -> list[float]:
        """E of an organism of a rule after so many rounds, in the trainer's own world."""
        return self._judge.errors_after(candidate.rule, rounds)

    def prolong(self, steps: int | None, minutes: float | None) -> None:
        """Train to another end: so many steps or minutes in all, what is done included.

        Raises:
            InputError: more is done already, the number is out of its limits, or it was prolonged very often.
        """
        if len(self.prolonged_at) == PROLONGED_MAX:
            raise InputError("training", "prolonged", f"it was so {PROLONGED_MAX} times", "export its genome")
        if steps is not None and steps < self.steps_done:
            raise InputError("steps", steps, f"{self.steps_done} are done already", "give more")
        if minutes is not None and 60 * minutes < self.seconds:
            done = f"{self.seconds / 60:.1f} are spent already"
            raise InputError("minutes", minutes, done, "give more")
        self.recipe = replace(self.recipe, steps=steps, minutes=minutes)
        self.prolonged_at.append(self.steps_done)
        self.judgements = int(self.progress * JUDGEMENTS) + 1

    def _samples(self, progress: float) -> tuple[NDArray[np.integer], list[Sample], list[str | None]]:
        """A batch, of which one begins again and the best are wounded.

        What stands whole beside its place begins again, too: from there nothing tells it to come back.

        Returns:
            Their places in the pool, the samples, and the kind of wound that each has, if any.
        """
        recipe, draws = self.recipe, self.draws
        size = recipe.batch(progress)
        chosen = draws.choice(recipe.pool, size, replace=False)
        if recipe.regime == "growing":
            self.pool.reseed(chosen)
        self.pool.reseed(np.array([place for place in chosen if self._stands_beside(place)], np.intp))
        errors = np.array([self._error(self.pool.grids[place]) for place in chosen])
        order = self._order(errors)
        chosen, errors = chosen[order], errors[order]
        self.pool.reseed(chosen[:1])
        wounded = size // 2 if size > 2 else int(draws.random() >= HELD_SHARE)
        samples, wounds = [], []
        for number, place in enumerate(chosen):
            role = "seed" if number == 0 or recipe.regime == "growing" else "held"
            if recipe.damages(progress) and number >= max(1, size - wounded):
                role = "wounded"
            states, healed = self.pool.grids[place], self._has_healed(errors[number])
            if healed and role != "seed":
                self.pool.note_whole(place)
            known = self.pool.was_whole[place]
            wound = None
            if role == "wounded":
                wound = self._damage.draw(draws, self.practice.shares(recipe.damage(progress)))
            elif role == "held" and not healed:
                role = "wounded"
            sample = self._sample(states, role, wound, progress)
            samples.append(sample._replace(whole=self.pool.whole[place]) if known else sample)
            wounds.append(wound.kind if wound else None)
        return chosen, samples, wounds

    def _order(self, errors: NDArray[np.float64]) -> NDArray[np.integer]:
        """Samples of a batch by their errors: first the one that begins again, then from bad to good.

        One that nothing can mend begins again; else any, for what has healed badly has to be mended.
        """
        order = np.argsort(-errors, kind="stable")
        if errors[order[0]] > self.recipe.hopeless * self._blank:
            return order
        first = self.draws.integers(len(order))
        return np.append(order[first], np.delete(order, first))

    def _sample(self, states: Float32, role: str, wound: Wound | None, progress: float) -> Sample:
        draws, size = self.draws, (self.rows, self.cols)
        fires = self.recipe.halvings()
        halvings = int(draws.choice(list(fires), p=list(fires.values())))
        shortest, longest = self.recipe.rollout(role, self.target.reach)
        steps = int(draws.integers(shortest, longest + 1)) << halvings - 1
        quantised = bool(draws.random() < self.recipe.quantised_share(progress))
        fire = draw_fire(draws, steps, halvings, *size)
        lost = draw_lost(draws, steps, int(draws.integers(self.recipe.lost_most(progress) + 1)), *size)
        start = np.floor(states + np.float32(0.5)) if quantised else states
        heard = not np.array_equal(start, self.pool.seed)
        sample = Sample(start, heard, np.zeros(size, np.bool_), fire, lost, quantised)
        return sample if wound is None else struck(sample, wound, draws)

    def _error(self, states: Float32) -> float:
        """Mean squared RGBA error of a grid."""
        return float(((states[..., :VISIBLE] * np.float32(1 / ONE) - self._wanted) ** 2).mean())

    def _stands_beside(self, place: int) -> bool:
        """Whether a sample that was whole once is so again, but some cells beside its place."""
        states = self.pool.grids[place]
        if not self.pool.was_whole[place] or self._has_healed(self._error(states)):
            return False
        colour = np.floor(states[..., :VISIBLE] + np.float32(0.5)).clip(-128, 127).astype(np.int8)
        stood = self.target.displacement(colour)
        return bool(stood.rows or stood.cols) and stood.error <= BLANK_ERROR * self.recipe.unhealed

    def _has_healed(self, error: float) -> bool:
        return error <= self.recipe.unhealed * self._blank

    def _has_exploded(self, error: float) -> bool:
        return not error < self.recipe.exploded * self._blank  # not a number, too

    def _toward(self, sample: Sample, states: Float32, batch: int, hope: float) -> Float32 | None:
        """Gradient of the batch's loss with respect to one sample's states; None if it has exploded.

        What was whole once shall have the hidden channels that it had then, too: where a picture is of one
        colour they alone tell a cell of its place.
        """
        if self._has_exploded(self._error(states)):
            return None
        beyond = np.sign(states) * (abs(states) > self.recipe.overflow_from * ONE)
        toward: Float32 = beyond * np.float32(1 / (ONE * states.size * batch))
        unit, share = np.float32(1 / ONE), np.float32(1 / batch)
        toward[..., :VISIBLE] += share * self._pull(states[..., :VISIBLE] * unit - self._wanted, hope)
        if sample.whole is not None:
            away = (states[..., VISIBLE:] - sample.whole[..., VISIBLE:]) * unit
            toward[..., VISIBLE:] += share * np.float32(self.recipe.remembered) * self._pull(away, hope)
        return toward

    def _pull(self, away: Float32, hope: float) -> Float32:
        """Gradient of a loss that grows with the logarithm of the mean square of these differences.

        One that grew with the square itself would let what is beyond hope drown what the others teach. Where
        the mean square is ``hope`` it is half as long as that one's.
        """
        error = float((away**2).mean())
        teaches = 1 / (1 + error / hope)
        return away * np.float32(2 * teaches / (ONE * self._wanted.size))

    def _apply(self, gradient: Gradient, progress: float) -> bool:
        """Move the parameters; gradients have unit length, or less. Not if one is beyond all numbers."""
        natural = gradient.natural()
        norms = {name: norm_of(g) for name, g in natural.items()}
        if not all(map(math.isfinite, norms.values())):
            return False
        rate = np.float32(self.recipe.learning_rate(self.steps_done, progress) * self.watchdog.scale)
        for name, g in natural.items():
            direction = self.optimisers[name].direction(
                self.usual[name].shortened(g, norms[name]), self.steps_done
            )
            self.parameters.tensors()[name][...] -= rate * direction
        self.parameters.clamp()
        self.average.approach(self.parameters, 1 / min(self.recipe.average_steps, 2 + self.steps_done // 8))
        return True

    def _watch(self, exploded: float) -> None:
        """Go back if too much explodes, of this step 0..1; what is not whole in the pool begins again."""
        sound = self.watchdog.watch(exploded)
        if sound is not None:
            self.parameters, self.average = sound, sound.copy()
            whole = [self._has_healed(self._error(states)) for states in self.pool.grids]
            self.pool.reseed(np.flatnonzero(np.logical_not(whole)))
            for name, optimiser in self.optimisers.items():
                optimiser.state["mean"][...] = 0
                self.usual[name].norms = []


def grid_size(target: Picture, recipe: Recipe) -> tuple[int, int]:
    """Rows and columns of the grid on which a target is learned."""
    return target.height + 2 * recipe.margin, target.width + 2 * recipe.margin


def _going_on(recipe: Recipe, start: Genome) -> Recipe:
    if start.hidden != recipe.hidden:
        raise InputError(
            "hidden",
            recipe.hidden,
            f"the rule of {start.name} has {start.hidden} hidden units",
            "leave it out",
        )
    return replace(recipe, start_crc32=f"{start.crc32():08x}")
