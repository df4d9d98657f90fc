"""The training loop: one ``step`` of it fits on a screen, the rest is keeping and resuming it."""

import time
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from firmware.budget import ONE
from firmware.errors import InputError
from firmware.pattern import Target
from trainer.checkpoint import load_checkpoint, save_checkpoint
from trainer.damage import wound
from trainer.pool import Pool, seed_grid
from trainer.recipe import OVERFLOW_FROM, Recipe, rollout_steps
from trainer.rollout import Noise, Sheet, roll
from trainer.rule import Parameters

FIRE_RATE = 0.5
WOUNDED_PER_BATCH = 2


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
    """

    def __init__(self, target: Target, recipe: Recipe, device: torch.device, command: str = "") -> None:
        if device.type == "cpu":
            torch.set_num_threads(1)
        self.target, self.recipe, self.device, self.command = target, recipe, device, command
        rows, cols = target.height + 2 * recipe.margin, target.width + 2 * recipe.margin
        self.sheet = Sheet(recipe.batch, rows, cols)
        self.generator = torch.Generator(device).manual_seed(recipe.seed)
        self.parameters = Parameters.initial(recipe.hidden, self.generator, device).requires_grad()
        self.optimiser = torch.optim.Adam(list(self.parameters.tensors().values()))
        self.pool = Pool(seed_grid(rows, cols, target.seed_cell(rows, cols), device), recipe.pool)
        self.wanted = torch.from_numpy(target.placed(rows, cols).astype(np.float32) / 255).to(device)
        self.steps_done = 0
        self.seconds_before = 0.0
        self.started = time.monotonic()

    @property
    def seconds(self) -> float:
        """Wall time spent, earlier runs included."""
        return self.seconds_before + time.monotonic() - self.started

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
        return loss.item()

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
        """Write a checkpoint."""
        tensors = {
            "pool": self.pool.grids,
            "generator": self.generator.get_state(),
            "target": torch.from_numpy(self.target.rgba.copy()),
        }
        for name, tensor in self.parameters.tensors().items():
            tensors[name] = tensor
            for key, moment in self.optimiser.state[tensor].items():
                tensors[f"{name}.{key}"] = moment
        facts = {
            "command": self.command,
            "recipe": asdict(self.recipe),
            "seed_pixel": self.target.seed,
            "steps_done": self.steps_done,
            "seconds": self.seconds,
        }
        save_checkpoint(path, tensors, facts)

    @classmethod
    def resume(cls, path: Path, device: torch.device) -> "Training":
        """Go on from a checkpoint as if there had been no pause.

        Raises:
            InputError: not a checkpoint.
        """
        tensors, facts = load_checkpoint(path)
        try:
            row, col = facts["seed_pixel"]
            target = Target(tensors["target"].numpy(), (row, col))
            training = cls(target, Recipe(**facts["recipe"]), device, facts["command"])
            training._restore(tensors)
            training.steps_done = int(facts["steps_done"])
            training.seconds_before = float(facts["seconds"])
        except (KeyError, TypeError, RuntimeError) as error:
            raise InputError(
                "checkpoint", path, f"it is incomplete ({error})", "start again without --resume"
            ) from error
        return training

    @torch.no_grad()
    def _restore(self, tensors: dict[str, Tensor]) -> None:
        self.pool.grids.copy_(tensors["pool"])
        self.generator.set_state(tensors["generator"])
        for name, tensor in self.parameters.tensors().items():
            tensor.copy_(tensors[name])
            moments = {
                key.split(".")[1]: value for key, value in tensors.items() if key.startswith(name + ".")
            }
            if moments:
                self.optimiser.state[tensor] = {
                    key: value if key == "step" else value.to(self.device) for key, value in moments.items()
                }


def _overflow(grids: Tensor) -> Tensor:
    """How far states are beyond the range in which they should stay, on average."""
    return (grids.abs() / ONE - OVERFLOW_FROM).clamp_min(0).mean()
