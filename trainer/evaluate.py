"""How well a rule does in the trainer's own synchronous world: the error E after growing and holding."""

import numpy as np
import torch

from firmware.arithmetic import Rule
from firmware.pattern import Target
from trainer.pool import seed_grid
from trainer.rollout import Noise, Sheet, Weights, roll

_CHUNK_STEPS = 50


@torch.no_grad()
def errors(rule: Rule, target: Target, rounds: tuple[int, ...], margin: int, seed: int) -> list[float]:
    """E of the int8 rule after each number of rounds, from one seed, at fire rate 1/2.

    A round is two steps: every cell has then updated once on average.

    Args:
        rule: the quantised weights.
        target: what it should grow.
        rounds: ascending.
        margin: blank cells around the target.
        seed: of the random updates.
    """
    rows, cols = target.height + 2 * margin, target.width + 2 * margin
    sheet = Sheet(1, rows, cols)
    weights = Weights.of(rule)
    generator = torch.Generator().manual_seed(seed)
    flat = sheet.pack(seed_grid(rows, cols, target.seed_cell(rows, cols), torch.device("cpu"))[None])
    result, done = [], 0
    for end in rounds:
        while done < 2 * end:
            steps = min(_CHUNK_STEPS, 2 * end - done)
            fire = torch.rand(steps, sheet.cells, generator=generator) < 0.5
            flat = roll(flat, weights, Noise(fire, [0] * steps), sheet, quantised=True)
            done += steps
        rgba = sheet.unpack(flat)[0, ..., :4].numpy().astype(np.int8)
        result.append(target.error(rgba))
    return result
