"""Training: rollouts by torch and by every compiled kernel, beside the most that this core can do."""

import time
from typing import Final

import numpy as np

from firmware.budget import CHANNELS, HIDDEN_MAX, ONE, PERCEPTION
from firmware.errors import InputError
from trainer.backend import Backend, Sample
from trainer.backends import make_backend
from trainer.kernels import KERNELS, peak_macs_per_s
from trainer.recipe import Recipe
from trainer.rule import Float32, Parameters
from trainer.wakes import draw_fire

SIZES_PX: Final = (16, 28, 40, 64)
BATCH, MARGIN, REPEATS = 4, 8, 3

UPDATE_MACS: Final = 3 * HIDDEN_MAX * (PERCEPTION + CHANNELS)
"""Multiply-adds of an update: forward once, back twice as many; computing again does not count."""


def measure() -> dict[str, float]:
    """Optimiser steps per second of each backend, in turns, with batches of four discs of each size."""
    peaks = {name: peak_macs_per_s(name) for name in KERNELS if _can(name)}
    found = {f"training, {name} peak, multiply-adds/s": peak for name, peak in peaks.items()}
    for px in SIZES_PX:
        side = px + 2 * MARGIN
        backends = {"torch": make_backend("torch", side, side, "cpu")}
        backends |= {name: make_backend(name, side, side) for name in peaks}
        samples = _samples(px)
        seconds = {name: float("inf") for name in backends}
        for _ in range(REPEATS):
            for name, backend in backends.items():
                seconds[name] = min(seconds[name], _seconds(backend, samples))
        macs = UPDATE_MACS * _updates(px, samples)
        for name, took in seconds.items():
            found[f"training at {px} px, {name}, steps/s"] = 1 / took
            if name != "torch":
                found[f"training at {px} px, {name} / torch"] = seconds["torch"] / took
                found[f"training at {px} px, {name}, % of its peak"] = 100 * macs / took / peaks[name]
    return found


def _can(kernel: str) -> bool:
    try:
        make_backend(kernel, 1, 1)
    except InputError:
        return False
    return True


def _disc(px: int) -> Float32:
    """A disc of living cells with random states: float32[side, side, 16]."""
    side = px + 2 * MARGIN
    axis = np.arange(side) - (side - 1) / 2
    inside = axis[:, None] ** 2 + axis**2 < (px / 2) ** 2
    states = np.random.default_rng(0).integers(-100, 100, (side, side, CHANNELS)).astype(np.float32)
    states[..., 3] = ONE
    return states * inside[..., None]


def rollout_steps(px: int) -> int:
    """The middle length of a rollout in which half of the cells wake."""
    return sum(Recipe().rollout("seed", px // 2)) // 2


def _samples(px: int) -> list[Sample]:
    """Four discs, all int8, over the middle length of a rollout in which half of the cells wake."""
    states, draws = _disc(px), np.random.default_rng(1)
    nobody = np.zeros(states.shape[:2], np.bool_)
    return [
        Sample(states, True, nobody, draw_fire(draws, rollout_steps(px), 1, *nobody.shape), None, True)
        for _ in range(BATCH)
    ]


def _updates(px: int, samples: list[Sample]) -> float:
    """Cell updates of a batch, on average: half of the disc in each step, for it stays as it is."""
    alive = np.count_nonzero(_disc(px)[..., 3])
    return float(alive * sum(len(sample.fire) for sample in samples) / 2)


def _seconds(backend: Backend, samples: list[Sample]) -> float:
    """CPU time of a batch, forward and back. The rule does nothing, so that the discs stay."""
    parameters = Parameters.initial(HIDDEN_MAX, np.random.default_rng(2))
    weights = parameters.weights(False), parameters.weights(True)
    started = time.process_time()
    backend.learn(weights, samples, lambda _, states: np.ones_like(states), 0)
    return time.process_time() - started
