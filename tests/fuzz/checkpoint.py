"""Checkpoints: tensors, facts and bytes of a safetensors file; what is resumed then trains one step."""

import json
import struct
from functools import cache
from math import prod
from pathlib import Path
from random import Random
from typing import Any

from tests.fuzz.mutations import REAL, TEXTS, WHOLE, altered, spoiled
from tests.fuzz.target import Target, scratch

SIZES = {"F64": 8, "I64": 8, "F32": 4, "I32": 4, "F16": 2, "BF16": 2, "I16": 2, "U8": 1, "I8": 1, "BOOL": 1}
OPTIONS = ("pool", "margin", "hidden", "steps", "minutes", "rate", "lost", "seed")
NUMBERS = (0.0, -0.0, 0.5, 2.0, -2.1, 127.0, 127.5, 129.0, -129.0, 1e-45, 3e38, float("inf"), float("nan"))


def backend(rows: int, cols: int, before: str = "") -> Any:
    from trainer.backends import make_backend

    return make_backend("compiled", rows, cols)


@cache
def folder() -> Path:
    """Of three checkpoints: of a fresh training, and of some steps by two optimisers."""
    import numpy as np

    from firmware.picture import Picture
    from trainer.keeping import save
    from trainer.recipe import Recipe
    from trainer.training import Training

    made = scratch()
    picture = np.zeros((4, 4, 4), np.uint8)
    picture[1:3, 1:3] = (200, 100, 50, 255)
    for optimiser, name in (("soap", "some"), ("muon", "others")):
        recipe = Recipe(hidden=2, steps=4, pool=8, margin=0, seed=4, optimiser=optimiser)
        training = Training(Picture.of(picture), recipe, backend(4, 4), "planaria train")
        if optimiser == "soap":
            save(training, made / "fresh.checkpoint")
        for _ in range(4):
            training.step()
        training.prolong(8, None)
        training.seconds = 1.0
        training.watchdog.recent = [True] * 5 + [False] * 5
        save(training, made / f"{name}.checkpoint")
    return made


@cache
def parts(name: str) -> tuple[str, bytes]:
    """The header, whose order safetensors leaves to chance, and the bytes of the tensors."""
    content = (folder() / f"{name}.checkpoint").read_bytes()
    (length,) = struct.unpack_from("<Q", content)
    return json.dumps(json.loads(content[8 : 8 + length]), sort_keys=True), content[8 + length :]


def joined(header: str, data: bytes) -> bytes:
    text = header.encode("utf-8", "surrogatepass")
    return struct.pack("<Q", len(text)) + text + data


def name(random: Random) -> str:
    return random.choice(("fresh", "some", "others"))


def of_bytes(random: Random) -> bytes:
    return spoiled(random, joined(*parts(name(random))))


def of_facts(random: Random) -> bytes:
    text, data = parts(name(random))
    header = json.loads(text)
    facts = json.loads(header["__metadata__"]["facts"])
    for _ in range(random.choice((1, 1, 2))):
        chance = random.random()
        if chance < 0.4:
            facts["recipe"] = altered(random, facts["recipe"])
        elif chance < 0.6 and isinstance(facts["recipe"], dict):
            facts["recipe"][random.choice(OPTIONS)] = random.choice((*WHOLE, *REAL))
        else:
            facts = {"recipe": {}} | changed if isinstance(changed := altered(random, facts), dict) else facts
    header["__metadata__"]["facts"] = json.dumps(facts)
    if random.random() < 0.1:
        header["__metadata__"] = altered(random, header["__metadata__"])
    return joined(json.dumps(header), data)


def of_tensors(random: Random) -> bytes:
    """Other names, types, shapes and places, which fit together; and other numbers in them."""
    text, data = parts(name(random))
    header: dict[str, Any] = json.loads(text)
    tensors = {
        key: (kind["dtype"], kind["shape"], data[slice(*kind["data_offsets"])])
        for key, kind in header.items()
        if key != "__metadata__"
    }
    for _ in range(random.choice((1, 1, 2, 3))):
        key = random.choice(sorted(tensors) or ["x"])
        kind, shape, content = tensors.get(key, ("U8", [1], b"x"))
        match random.randrange(6):
            case 0:
                tensors.pop(key, None)
            case 1:
                tensors[random.choice((*TEXTS, *tensors, f"{key}.mean"))] = kind, shape, content
            case 2:
                shape = random.choice(([], [0], [1], shape[::-1], [*shape, 1], [1, *shape], [len(content)]))
                tensors[key] = kind, shape, (content * 9)[: SIZES[kind] * prod(shape)]
            case 3:
                kind = random.choice(sorted(SIZES))
                tensors[key] = kind, shape, (content * 8 + bytes(64))[: SIZES[kind] * prod(shape)]
            case _:
                numbers = bytearray(content)
                at = random.randrange(max(1, len(content) // 4)) * 4
                numbers[at : at + 4] = struct.pack("<f", random.choice(NUMBERS))
                tensors[key] = kind, shape, bytes(numbers[: len(content)])
    made, tail = {"__metadata__": header["__metadata__"]}, b""
    for key, (kind, shape, content) in tensors.items():
        made[key] = {"dtype": kind, "shape": shape, "data_offsets": [len(tail), len(tail) + len(content)]}
        tail += content
    if random.random() < 0.1:
        made = altered(random, made)
    text = json.dumps(made)
    if random.random() < 0.05:
        twice = json.dumps(made.get("w1.mean") if isinstance(made, dict) else 1)
        text = f'{text[:-1]}, "w1.mean": {twice}}}'
    return joined(text, tail)


def resume(content: bytes) -> None:
    """What goes on has finite parameters, after a step too, and can be saved."""
    import numpy as np

    from trainer import keeping

    path = scratch() / "a.checkpoint"
    path.write_bytes(content)
    training = keeping.resume(path, backend)
    assert training.step() >= 0
    for tensor in training.parameters.tensors().values():
        assert np.isfinite(tensor).all()
    keeping.save(training, path)
    again = keeping.resume(path, backend)
    assert again.steps_done == training.steps_done


EXTRAS = ("safetensors", "ziglang")

TARGETS = (
    Target("checkpoint-bytes", of_bytes, resume, 70, EXTRAS),
    Target("checkpoint-facts", of_facts, resume, 180, EXTRAS),
    Target("checkpoint-tensors", of_tensors, resume, 160, EXTRAS),
)
