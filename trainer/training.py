"""The training loop: one ``step`` of it fits on a screen, the rest is keeping and resuming it."""

import time
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from firmware.budget import ONE
from firmware.errors import InputError
from firmware.genome import Genome, check_fact
from firmware.picture import Picture
from trainer.checkpoint import load_checkpoint, save_checkpoint, taken
from trainer.damage import wound
from trainer.evaluate import score
from trainer.facts import Facts
from trainer.pool import Pool, seed_grid
from trainer.recipe import OVERFLOW_FROM, PROLONGED_MAX, STEPS_MAX, Recipe, rollout_steps
from trainer.rollout import Noise, Sheet, roll
from trainer.rule import LIMITS, Parameters
from trainer.shortlist import Candidate, Shortlist

FIRE_RATE = 0.5
WOUNDED_PER_BATCH = 2
MOMENT_MAX = 1.01
"""Gradients have unit norm when the optimiser takes their mean and their mean square, but for rounding."""

JUDGE_EVERY_STEPS = 25
"""In the int8 phase the present rule is judged so often; it adds a fifth to that phase's time."""


def choose_device(name: str) -> torch.device:
    """``auto``, ``cpu`` or ``cuda``; ``auto`` takes the GPU when there is one.

    Raises:
        InputError: ``cuda`` without one.
    """
    if name == "cuda" and not torch.cuda.is_available():
        raise InputError("device", name, "torch finds no CUDA GPU here", "use --device cpu")
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    return torch.device(name)


class Training:
    """A training run that can be stepped, saved and resumed to the same result.

    Args:
        target: what to grow.
        recipe: the options.
        device: where to compute. On the CPU one thread is fastest: the tensors are small.
        command: that asked for this training; it goes into the checkpoint and the genome's facts.
        start: the genome whose rule it goes on from, instead of one that knows nothing.

    Raises:
        InputError: ``start`` has another number of hidden units than the recipe, or ``command`` does not
            fit into a genome.
    """

    def __init__(
        self,
        target: Picture,
        recipe: Recipe,
        device: torch.device,
        command: str = "",
        start: Genome | None = None,
    ) -> None:
        if device.type == "cpu":
            torch.set_num_threads(1)
        check_fact("command", command)
        if start is not None:
            recipe = _going_on(recipe, start)
        self.target, self.recipe, self.device, self.command = target, recipe, device, command
        rows, cols = target.height + 2 * recipe.margin, target.width + 2 * recipe.margin
        self.sheet = Sheet(recipe.batch, rows, cols)
        self.generator = torch.Generator(device).manual_seed(recipe.seed)
        initial = Parameters.initial(recipe.hidden, self.generator, device)
        self.parameters = (Parameters.of(start.rule, device) if start else initial).requires_grad()
        self.optimiser = torch.optim.Adam(list(self.parameters.tensors().values()))
        self.pool = Pool(seed_grid(rows, cols, target.seed_cell(rows, cols), device), recipe.pool)
        self.wanted = torch.from_numpy(target.placed(rows, cols).astype(np.float32) / 255).to(device)
        self.shortlist = Shortlist()
        self.steps_done = 0
        self.prolonged_at: list[int] = []
        self.checkpoint: Path | None = None
        """The file that it was saved to last, or resumed from."""
        self.seconds = 0.0
        """Wall time spent up to the end of the last step, earlier runs included."""
        self._clock = time.monotonic()

    @property
    def progress(self) -> float:
        """Share of the work that is done, 0..1."""
        if self.recipe.steps is not None:
            return self.steps_done / self.recipe.steps
        assert self.recipe.minutes is not None
        return min(1.0, self.seconds / (60 * self.recipe.minutes))

    @property
    def phase(self) -> str:
        """``float`` or ``int8``, whichever arithmetic the next step uses."""
        return "int8" if self.recipe.quantised(self.progress) else "float"

    def step(self) -> float:
        """One optimiser step; returns the mean squared RGBA error of the batch."""
        progress = self.progress
        quantised = self.recipe.quantised(progress)
        if self._is_worth_judging(quantised):
            self.shortlist.add(self._candidate())
        chosen = self.pool.draw(self.recipe.batch, self.generator)
        before = self._prepare(self.pool.grids[chosen], self.recipe.damages(progress))
        if quantised:
            before = (before + 0.5).floor()
        weights = self.parameters.weights(quantised)
        after = self.sheet.unpack(
            roll(self.sheet.pack(before), weights, self._noise(), self.sheet, quantised)
        )
        loss = self._losses(after).mean()
        self.optimiser.zero_grad()
        (loss + _overflow(after)).backward()  # type: ignore[no-untyped-call]
        self._apply_gradients(self.recipe.rate(self.steps_done, progress))
        if self.recipe.regime != "growing":
            self.pool.grids[chosen] = after.detach()
        self.steps_done += 1
        now = time.monotonic()
        self.seconds, self._clock = self.seconds + now - self._clock, now
        return loss.item()

    def _is_worth_judging(self, quantised: bool) -> bool:
        """In the int8 phase now and then; and what it began with, so that it cannot end with less."""
        begins = self.steps_done == 0 and self.recipe.start_crc32 != ""
        return begins or (quantised and self.steps_done % JUDGE_EVERY_STEPS == 0)

    def _candidate(self) -> Candidate:
        """The present rule, judged by worlds that are the same for all rules of this training."""
        rule, recipe = self.parameters.rule(), self.recipe
        judged = score(rule, self.target, recipe.regime, recipe.margin, recipe.seed)
        return Candidate(self.steps_done, judged, rule)

    def candidates(self) -> list[Candidate]:
        """The best int8 rules so far, the present one considered too; the best first."""
        shortlist = Shortlist(self.shortlist.candidates)
        if all(candidate.step != self.steps_done for candidate in shortlist.candidates):
            shortlist.add(self._candidate())
        return shortlist.candidates

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

    def _prepare(self, grids: Tensor, damages: bool) -> Tensor:
        """Sort a batch by loss, reseed the worst sample, and wound the best ones. [batch, rows, cols, 16]."""
        grids = grids[self._losses(grids).argsort(descending=True, stable=True)]
        grids[0] = self.pool.seed_grid
        if damages:
            for sample in range(max(1, len(grids) - WOUNDED_PER_BATCH), len(grids)):
                hit = wound(self.sheet.rows, self.sheet.cols, self.generator)
                grids[sample] = grids[sample].masked_fill(hit.unsqueeze(-1), 0)
        return grids

    def _losses(self, grids: Tensor) -> Tensor:
        """Mean squared RGBA error of each grid, float32[batch]."""
        return ((grids[..., :4] / ONE - self.wanted) ** 2).mean((1, 2, 3))

    def _noise(self) -> Noise:
        """Random wakes and staleness for one rollout of random length."""
        shortest, longest = rollout_steps(self.target.reach)
        steps = int(self._integers(shortest, longest, 1))
        fire = torch.rand(steps, self.sheet.cells, generator=self.generator, device=self.device) < FIRE_RATE
        return Noise(fire, self._integers(0, self.recipe.stale_steps, steps).tolist())

    def _integers(self, low: int, high: int, count: int) -> Tensor:
        return torch.randint(low, high + 1, (count,), generator=self.generator, device=self.device)

    def _apply_gradients(self, rate: float) -> None:
        """Adam on gradients of unit norm, per tensor (without the norm it does not converge)."""
        for tensor in self.parameters.tensors().values():
            assert tensor.grad is not None
            tensor.grad /= tensor.grad.norm() + 1e-8
        self.optimiser.param_groups[0]["lr"] = rate
        self.optimiser.step()
        self.parameters.clamp()

    def save(self, path: Path) -> None:
        """Write a checkpoint to go on from."""
        tensors = {
            "pool": self.pool.grids,
            "generator": self.generator.get_state(),
            "target": torch.from_numpy(self.target.rgba.copy()),
            **self.parameters.tensors(),
            **self.shortlist.tensors(),
        }
        for name, tensor in self.parameters.tensors().items():
            for key, moment in self.optimiser.state[tensor].items():
                tensors[f"{name}.{key}"] = moment
        facts = {
            "command": self.command,
            "recipe": asdict(self.recipe),
            "seed_pixel": self.target.seed,
            "steps_done": self.steps_done,
            "seconds": self.seconds,
            "candidates": self.shortlist.facts(),
            "prolonged_at": self.prolonged_at,
        }
        save_checkpoint(path, tensors, facts)
        self.checkpoint = path

    @classmethod
    def resume(cls, path: Path, device: torch.device) -> "Training":
        """Go on from a checkpoint as if there had been no pause.

        Raises:
            InputError: not a checkpoint, or one that no training has left.
        """
        tensors, content = load_checkpoint(path)
        try:
            facts = Facts.of(content)
            picture = taken(tensors, "target", torch.uint8).numpy()
            training = cls(Picture(picture, facts.seed_pixel), facts.recipe, device, facts.command)
            training._restore(tensors, facts)
            training.checkpoint = path
        except (ValueError, RuntimeError) as error:
            raise InputError(
                "checkpoint", path, f"it is damaged ({error})", "start again without --resume"
            ) from error
        return training

    @torch.no_grad()
    def _restore(self, tensors: dict[str, Tensor], facts: Facts) -> None:
        """Take everything out of ``tensors``, which is empty then."""
        self.pool.grids.copy_(taken(tensors, "pool", torch.float32, self.pool.grids.shape, -128, 127))
        self.generator.set_state(taken(tensors, "generator", torch.uint8, self.generator.get_state().shape))
        has_moments = "w1.step" in tensors
        for name, tensor in self.parameters.tensors().items():
            tensor.copy_(taken(tensors, name, torch.float32, tensor.shape, *LIMITS[name]))
            if has_moments:
                step = taken(tensors, f"{name}.step", torch.float32, (), 0, STEPS_MAX)
                mean = taken(tensors, f"{name}.exp_avg", torch.float32, tensor.shape, -MOMENT_MAX, MOMENT_MAX)
                square = taken(tensors, f"{name}.exp_avg_sq", torch.float32, tensor.shape, 0, MOMENT_MAX)
                moments = {"exp_avg": mean.to(self.device), "exp_avg_sq": square.to(self.device)}
                self.optimiser.state[tensor] = {"step": step, **moments}
        self.shortlist = Shortlist.taken(tensors, facts.candidates, self.recipe.hidden)
        if tensors:
            raise ValueError(f"a tensor is unknown: {min(tensors)[:40]}")
        self.steps_done, self.seconds, self.prolonged_at = facts.steps_done, facts.seconds, facts.prolonged_at


def _going_on(recipe: Recipe, start: Genome) -> Recipe:
    if start.hidden != recipe.hidden:
        raise InputError(
            "hidden",
            recipe.hidden,
            f"the rule of {start.name} has {start.hidden} hidden units",
            "leave it out",
        )
    return replace(recipe, start_crc32=f"{start.crc32():08x}")


def _overflow(grids: Tensor) -> Tensor:
    """How far states are beyond the range in which they should stay, on average."""
    return (grids.abs() / ONE - OVERFLOW_FROM).clamp_min(0).mean()
