"""Recipes of training: TOML with values that belong there, or do not; what is taken trains some steps."""

import json
from functools import cache
from random import Random
from typing import Any

from tests.fuzz.mutations import REAL, TEXTS, WHOLE, spoiled
from tests.fuzz.target import Target, scratch

NEAR = (0, 1, 2, 3, 4, 8, 9, 16, 17, 0.0, 0.1, 0.2, 0.5, 0.9, 1.0, 2.0, 5.25)
"""Numbers that many keys take."""


@cache
def usual() -> dict[str, Any]:
    from trainer.recipe import USUAL

    return USUAL


def written(value: object) -> str:
    """In TOML, whose inline tables and numbers are not those of JSON."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(key)} = {written(part)}" for key, part in value.items()) + "}"
    if isinstance(value, list):
        return f"[{', '.join(map(written, value))}]"
    if isinstance(value, int) and abs(value) >> 64:
        return hex(value)  # has no limit, as decimal ones have
    return json.dumps(value).replace("Infinity", "inf").replace("NaN", "nan")


def changed(random: Random, value: Any) -> Any:
    """The same with one number in it changed, or something else in its place."""
    if isinstance(value, dict) and value and random.random() < 0.9:
        key = random.choice([*value, "disc", "babbling", "16", "x"])
        return value | {key: changed(random, value.get(key, 0.5))}
    if isinstance(value, list) and value and random.random() < 0.9:
        place = random.randrange(len(value))
        return [*value[:place], changed(random, value[place]), *value[place + 1 :]]
    kind = random.random()
    if kind < 0.7:
        return random.choice(NEAR)
    return random.choice((*WHOLE, *REAL, *TEXTS, [], {}, [[0, 2]], True, 1 << 20_000, [0.5, 0.5]))


def of_recipe(random: Random) -> bytes:
    keys = random.sample([*usual(), "steps", "x"], random.choice((1, 1, 2, 3)))
    lines = [f"{key} = {written(changed(random, usual().get(key, 1)))}" for key in keys]
    content = "\n".join(lines).encode("utf-8", "surrogatepass")
    return spoiled(random, content, b"[]{}=\n") if random.random() < 0.2 else content


def train(content: bytes) -> None:
    """At its beginning and near its end, where everything has come in."""
    import numpy as np

    from firmware.picture import Picture
    from planaria.train import read_recipe
    from trainer.backends import make_backend
    from trainer.recipe import Recipe
    from trainer.training import Training, grid_size

    path = scratch() / "recipe.toml"
    path.write_bytes(content)
    recipe = Recipe(hidden=2, steps=100, **read_recipe(path))
    picture = Picture.of(np.full((3, 3, 4), 255, np.uint8))
    training = Training(picture, recipe, make_backend("compiled", *grid_size(picture, recipe)))
    training.judge = lambda: None  # type: ignore[method-assign]
    for training.steps_done in (0, 30, 95):
        training.step()


TARGETS = (Target("recipe", of_recipe, train, 25, needs=("ziglang", "safetensors")),)
