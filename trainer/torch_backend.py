"""The torch backend: ``rollout.py``, all samples of a batch at once, on a processor or a GPU."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from firmware.errors import InputError
from trainer import rollout
from trainer.backend import Backend, Grade, Sample, World
from trainer.rollout import Noise, Sheet, roll
from trainer.rule import Float32, Gradient, Weights
from trainer.wakes import Sets, unpacked


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


class Torch(Backend):
    """Computes rollouts with torch, whole batches at once.

    Args:
        device: where to compute. On the CPU one thread is fastest: the tensors are small.
        rows: of the grids.
        cols: likewise.
    """

    def __init__(self, device: torch.device, rows: int, cols: int) -> None:
        if device.type == "cpu":
            torch.set_num_threads(1)
        self.name = "torch" if device.type == "cpu" else f"torch on {device.type}"
        self._device, self._rows, self._cols = device, rows, cols

    def learn(
        self, weights: tuple[Weights, Weights], samples: Sequence[Sample], grade: Grade, penalty: float
    ) -> tuple[list[Float32], Gradient]:
        ends: list[Float32] = [sample.states for sample in samples]
        total = Gradient(*(np.zeros_like(tensor) for tensor in weights[0][:3]))
        for quantised in (False, True):
            places = [place for place, sample in enumerate(samples) if sample.quantised == quantised]
            if not places:
                continue
            group = [samples[place] for place in places]
            found, gradient = self._learn(weights[quantised], group, grade, penalty)
            for place, states in zip(places, found, strict=True):
                ends[place] = states
            for part, added in zip(total, gradient, strict=True):
                part += added
        return ends, total

    def _learn(
        self, weights: Weights, samples: list[Sample], grade: Grade, penalty: float
    ) -> tuple[Float32, Gradient]:
        sheet = Sheet(len(samples), self._rows, self._cols)
        tensors = [self._on(tensor).requires_grad_() for tensor in weights[:3]]
        states, heard, hole = (self._on(np.stack(parts)) for parts in list(zip(*samples, strict=True))[:3])
        hears = heard[:, None, None].expand(hole.shape)
        world = rollout.World.begin(states, sheet).hear(sheet, hears).restart(sheet, hole)
        w1, b1, w2 = tensors
        given = weights._replace(w1=w1, b1=b1, w2=w2)
        penalties = torch.full((sheet.cells,), penalty, dtype=torch.float32, device=self._device)
        noise = self._noise(samples, sheet)._replace(babble=self._babble(samples, sheet))
        end = roll(world, given, noise, sheet, samples[0].quantised, penalties)
        grids = sheet.unpack(end.own)
        found = grids.detach().cpu().numpy().copy()
        graded = [grade(sample, grid) for sample, grid in zip(samples, found, strict=True)]
        toward = np.stack([np.zeros_like(found[0]) if one is None else one for one in graded])
        for place, one in enumerate(graded):
            if one is None:
                penalties.view(len(samples), -1)[place] = 0
        (grids * self._on(toward)).sum().backward()  # type: ignore[no-untyped-call]
        return found, Gradient(*(_gradient(tensor) for tensor in tensors))

    def _noise(self, samples: list[Sample], sheet: Sheet) -> Noise:
        """Of rollouts of several lengths: in the steps that a shorter one lacks nobody wakes."""
        steps = max(len(sample.fire) for sample in samples)
        fire = [_longer(sample.fire, steps) for sample in samples]
        lost = [None if sample.lost is None else _longer(sample.lost, steps) for sample in samples]
        if all(one is None for one in lost):
            return self._flat(np.stack(fire, 1), None, sheet)
        nothing = np.zeros((steps, 8, fire[0].shape[-1]), np.uint64)
        return self._flat(
            np.stack(fire, 1), np.stack([nothing if one is None else one for one in lost], 1), sheet
        )

    def _babble(self, samples: list[Sample], sheet: Sheet) -> rollout.Babble | None:
        """Of all samples in which cells babble."""
        some = [(place, sample.babble) for place, sample in enumerate(samples) if sample.babble is not None]
        if not some:
            return None
        masks = np.zeros((sheet.batch, self._rows, self._cols), np.bool_)
        for place, babble in some:
            masks[place] = babble.cells
        steps = max(len(babble.said) for _, babble in some)
        said = np.concatenate([_longer(babble.said, steps) for _, babble in some], 1)
        until = np.concatenate([np.full(babble.said.shape[1], len(babble.said)) for _, babble in some])
        cells = sheet.pack(torch.from_numpy(masks)).nonzero().squeeze(1)
        return rollout.Babble(cells.to(self._device), self._on(until), self._on(said))

    def _flat(self, fire: Sets, lost: Sets | None, sheet: Sheet) -> Noise:
        """uint64[steps, n, words] and uint64[steps, n, 8, words] as flat masks."""
        flat_fire = self._on(_flat(fire, sheet))
        return Noise(flat_fire, None if lost is None else self._on(_flat(lost.swapaxes(1, 2), sheet)))

    def _on(self, array: NDArray[np.generic]) -> Tensor:
        return torch.from_numpy(np.ascontiguousarray(array)).to(self._device)

    def world(self, weights: Weights, states: Float32) -> World:
        return _TorchWorld(self, weights, states)


class _TorchWorld(World):
    def __init__(self, backend: Torch, weights: Weights, states: Float32) -> None:
        self._backend = backend
        self._sheet = Sheet(*states.shape[:3])
        w1, b1, w2 = (backend._on(tensor) for tensor in weights[:3])
        self._weights = weights._replace(w1=w1, b1=b1, w2=w2)
        self._world = rollout.World.begin(backend._on(states), self._sheet)

    @property
    def states(self) -> Float32:
        found: Float32 = self._sheet.unpack(self._world.own).cpu().numpy()
        return found.copy()

    @torch.no_grad()
    def live(self, fire: Sets, lost: Sets | None) -> None:
        noise = self._backend._flat(fire, lost, self._sheet)
        self._world = roll(self._world, self._weights, noise, self._sheet, quantised=True)

    def restart(self, hole: NDArray[np.bool_]) -> None:
        self._world = self._world.restart(self._sheet, self._backend._on(hole))


def _longer(by_step: NDArray[Any], steps: int) -> NDArray[Any]:
    """The same with nothing in more steps."""
    return np.pad(by_step, [(0, steps - len(by_step)), *[(0, 0)] * (by_step.ndim - 1)])


def _flat(sets: Sets, sheet: Sheet) -> NDArray[np.bool_]:
    """uint64[..., n, words] -> bool[..., cells]."""
    masks = unpacked(sets, sheet.rows, sheet.cols)
    bordered = np.pad(masks, [*[(0, 0)] * (masks.ndim - 2), (1, 1), (1, 1)])
    return bordered.reshape(*bordered.shape[:-3], sheet.cells)


def _gradient(tensor: Tensor) -> Float32:
    assert tensor.grad is not None
    found: Float32 = tensor.grad.cpu().numpy()
    return found
