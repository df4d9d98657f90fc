"""Checkpoints of strangers: what could not have been left by a training is refused before it begins."""

import json
import struct
import tracemalloc

import numpy as np
import pytest

pytest.importorskip("safetensors", reason="the extra train is not installed")

from safetensors.numpy import load, save

from firmware.errors import InputError
from firmware.picture import TARGET_MAX_PX, Picture
from trainer import keeping
from trainer.checkpoint import FILE_MAX_BYTES, HEADER_MAX_BYTES
from trainer.facts import Facts
from trainer.practice import PRACTISED
from trainer.recipe import MARGIN_MAX, POOL_MAX, PROLONGED_MAX, Recipe

DRAWS = [1, 1, 0, 0]


@pytest.fixture(scope="module")
def saved(tmp_path_factory, begin):
    """Bytes of a checkpoint after three steps, with two candidates."""
    picture = np.zeros((4, 4, 4), np.uint8)
    picture[1:3, 1:3] = (200, 100, 50, 255)
    training = begin(Picture.of(picture), Recipe(hidden=2, steps=3, pool=8, margin=1), "planaria train")
    for _ in range(3):
        training.step()
    watchdog = training.watchdog
    watchdog.recent, watchdog.scale, watchdog.returns, watchdog.score = [True, False], 0.7, 1, 0.5
    path = tmp_path_factory.mktemp("saved") / "x.checkpoint"
    keeping.save(training, path)
    return path.read_bytes()


def taken_apart(content):
    (length,) = struct.unpack_from("<Q", content)
    metadata = json.loads(content[8 : 8 + length])["__metadata__"]
    return load(content), json.loads(metadata["facts"])


@pytest.fixture
def refused(tmp_path, go_on):
    def call(content, says):
        path = tmp_path / "x.checkpoint"
        path.write_bytes(content)
        with pytest.raises(InputError) as caught:
            go_on(path)
        assert caught.value.what == "checkpoint"
        assert says in str(caught.value)
        assert len(str(caught.value)) < 500 + len(str(path))

    return call


def with_facts(tensors, facts, **metadata):
    """``facts`` as JSON, or a text."""
    text = facts if isinstance(facts, str) else json.dumps(facts)
    return save(tensors, {"format": "planaria-checkpoint-9", "facts": text} | metadata)


def test_what_was_saved_goes_on(saved, go_on, tmp_path):
    (tmp_path / "x.checkpoint").write_bytes(with_facts(*taken_apart(saved)))
    training = go_on(tmp_path / "x.checkpoint")
    keeping.save(training, tmp_path / "y.checkpoint")
    (tensors, facts), (again, facts_again) = map(
        taken_apart, (saved, (tmp_path / "y.checkpoint").read_bytes())
    )
    assert facts == facts_again
    assert [facts[name] for name in ("exploded", "scale", "returns", "score")] == [[True, False], 0.7, 1, 0.5]
    assert tensors.keys() == again.keys()
    assert all(np.array_equal(tensor, again[name]) for name, tensor in tensors.items())


def full(shape, value, dtype=np.float32):
    return np.full(shape, value, dtype)


@pytest.mark.parametrize(
    ("name", "tensor", "says"),
    [
        ("parameters.w1", None, "parameters.w1 is missing"),
        ("average.b1", None, "average.b1 is missing"),
        ("best.w2", None, "best.w2 is missing"),
        ("pool", None, "pool is missing"),
        ("whole", None, "whole is missing"),
        ("whole", full((8, 6, 6, 16), 0), "whole is float32[8, 6, 6, 16]"),
        ("was_whole", None, "was_whole is missing"),
        ("was_whole", full(8, 2, np.uint8), "was_whole has numbers that are not 0 to 1"),
        ("w2.mean", None, "w2.mean is missing"),
        ("w1.left_basis", None, "w1.left_basis is missing"),
        ("candidate.0.b1", None, "candidate.0.b1 is missing"),
        ("x", full(1, 0), "a tensor is unknown: x"),
        ("b1.left", full((2, 2), 0), "a tensor is unknown: b1.left"),
        ("pool", full((8, 6, 6, 15), 0), "pool is float32[8, 6, 6, 15]"),
        ("pool", full((7, 6, 6, 16), 0), "pool is float32[7, 6, 6, 16]"),
        ("pool", full((8, 6, 6, 16), 128), "pool has numbers that are not -128 to 127"),
        ("pool", full((8, 6, 6, 16), np.nan), "pool has numbers that are not -128 to 127"),
        ("parameters.w1", full((2, 48), 0, np.float64), "parameters.w1 is float64[2, 48]"),
        ("parameters.w1", full((2, 48), np.nan), "parameters.w1 has numbers that are not -2.0 to 1.984375"),
        ("average.w1", full((2, 48), 2), "average.w1 has numbers that are not -2.0 to 1.984375"),
        ("best.w2", full((2, 16), np.inf), "best.w2 has numbers that are not"),
        ("best.b1", full(2, 9), "best.b1 has numbers that are not -8.0 to"),
        ("b1.mean", full((2, 1), 0), "b1.mean is float32[2, 1]"),
        ("w1.mean", full((2, 48), -np.inf), "w1.mean has numbers that are not -1.01 to 1.01"),
        ("w1.left", full((2, 2), 1.1), "w1.left has numbers that are not -1.01 to 1.01"),
        ("w1.right_basis", full((48, 48), np.nan), "w1.right_basis has numbers that are not"),
        ("w1.square", full((2, 48), -0.1), "w1.square has numbers that are not 0 to 1.01"),
        ("b1.square", full(2, -0.1), "b1.square has numbers that are not 0 to 1.01"),
        ("target", full((4, 4, 4), 0), "target is float32[4, 4, 4]"),
        ("target", full((4, 4, 3), 0, np.uint8), "it must be uint8[h, w, 4]"),
        ("target", full((129, 4, 4), 0, np.uint8), "it must be 1 to 128 px"),
        ("target", full((4, 4, 4), 0, np.uint8), "it must lie on an opaque pixel"),
        ("candidate.0.w1", full((2, 48), 0, np.int64), "candidate.0.w1 is int64"),
        ("candidate.0.w1", full((2, 48), 128, np.int32), "that are not -128 to 127"),
        ("candidate.0.b1", full(3, 0, np.int32), "candidate.0.b1 is int32[3]"),
    ],
)  # fmt: skip
def test_tensors(saved, refused, name, tensor, says):
    tensors, facts = taken_apart(saved)
    tensors = {key: value for key, value in (tensors | {name: tensor}).items() if value is not None}
    refused(with_facts(tensors, facts), says)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"command": None}, "facts: something is missing or unknown"),
        ({"backend": None}, "facts: something is missing or unknown"),
        ({"x": 1}, "facts: something is missing or unknown"),
        ({"command": 7}, "command is int"),
        ({"command": "x" * 2049}, "it has 2,049 letters of 2,048"),
        ({"backend": 7}, "backend is int"),
        ({"recipe": []}, "recipe is list"),
        ({"seed_pixel": [1]}, "seed_pixel is no row and column"),
        ({"seed_pixel": [1.5, 1]}, "seed_pixel is no row and column"),
        ({"seed_pixel": [9, 9]}, "it must lie on an opaque pixel"),
        ({"steps_done": -1}, "steps_done is no number of steps"),
        ({"steps_done": 10**30}, "steps_done is no number of steps"),
        ({"steps_done": 3.0}, "steps_done is float"),
        ({"seconds": -1.0}, "seconds is no time"),
        ({"seconds": 10**400}, "seconds is int"),
        ({"seconds": 1e999}, "Infinity is no number"),
        ({"seconds": float("nan")}, "NaN is no number"),
        ({"judgements": -1}, "judgements is no number of times"),
        ({"judgements": 10**30}, "judgements is no number of times"),
        ({"judgements": True}, "judgements is bool"),
        ({"returns": -1}, "returns is no number of times"),
        ({"norms": {}}, "norms: something is missing or unknown"),
        ({"norms": {"w1": [], "b1": [], "w2": 1}}, "w2 is int"),
        ({"norms": {"w1": [], "b1": [], "w2": [-0.1]}}, "norms is no list of lengths"),
        ({"norms": {"w1": [1], "b1": [], "w2": []}}, "norms is no list of lengths"),
        ({"norms": {"w1": [0.5] * 51, "b1": [], "w2": []}}, "norms is no list of lengths"),
        ({"score": 1e999}, "Infinity is no number"),
        ({"score": 1}, "score is int"),
        ({"score": 1.0601}, "score is none to go back to"),
        ({"score": -0.1}, "score is none to go back to"),
        ({"returns": 0.5}, "returns is float"),
        ({"scale": 1.5}, "scale is no share"),
        ({"scale": -0.1}, "scale is no share"),
        ({"scale": 1}, "scale is int"),
        ({"scale": float("nan")}, "NaN is no number"),
        ({"failed": {"disc": 0.5}}, "failed: something is missing or unknown"),
        ({"failed": dict.fromkeys(PRACTISED, 1)}, "scatter is int"),
        ({"failed": dict.fromkeys(PRACTISED, 1.5)}, "failed has what is no share"),
        ({"failed": dict.fromkeys(PRACTISED, -0.5)}, "failed has what is no share"),
        ({"exploded": [False] * 21}, "exploded is no list of steps"),
        ({"exploded": [0]}, "exploded is no list of steps"),
        ({"exploded": {}}, "exploded is dict"),
        ({"draws": DRAWS[1:]}, "draws is no state of random numbers"),
        ({"draws": [*DRAWS, 0]}, "draws is no state of random numbers"),
        ({"draws": [1 << 128, 1, 0, 0]}, "draws is no state of random numbers"),
        ({"draws": [1, -1, 0, 0]}, "draws is no state of random numbers"),
        ({"draws": [1, 1, 2, 0]}, "draws is no state of random numbers"),
        ({"draws": [1, 1, 0, 1 << 32]}, "draws is no state of random numbers"),
        ({"draws": [1.0, 1, 0, 0]}, "draws is no state of random numbers"),
        ({"draws": [1, 1, False, 0]}, "draws is no state of random numbers"),
        ({"prolonged_at": [-1]}, "prolonged_at is no number of steps"),
        ({"prolonged_at": ["1"]}, "prolonged_at is no number of steps"),
        ({"prolonged_at": [1] * (PROLONGED_MAX + 1)}, "prolonged_at or candidates is too long"),
        ({"candidates": [{}]}, "candidate: something is missing or unknown"),
        ({"candidates": []}, "a tensor is unknown: candidate.0.b1"),
        ({"candidates": [{"step": 4, "score": 1.0, "shift1": 6, "shift2": 8}]}, "a candidate has no step"),
        ({"candidates": [{"step": 3, "score": 10**400, "shift1": 6, "shift2": 8}]}, "score is int"),
        ({"candidates": [{"step": 3, "score": 1.0, "shift1": 0, "shift2": 8}]}, "has other shifts"),
    ],
)  # fmt: skip
def test_facts(saved, refused, change, says):
    tensors, facts = taken_apart(saved)
    facts = {key: value for key, value in (facts | change).items() if value is not None}
    refused(with_facts(tensors, facts), says)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"pool": 10**9}, "pool: 1000000000 - it must be a whole number, 8 to 256"),
        ({"pool": 8.0}, "pool: 8.0 - it must be a whole number, 8 to 256"),
        ({"batch": 2}, "recipe: something is missing or unknown"),
        ({"optimiser": "sgd"}, "optimiser: sgd"),
        ({"optimiser": "adam"}, "a tensor is unknown: w1.left"),
        ({"optimiser": "muon"}, "a tensor is unknown: w1.left"),
        ({"rate": 0.0}, "rate: 0.0 - it must be 0.000001 to 1"),
        ({"lost": 16}, "lost: 16 - it must be a whole number, 0 to 15"),
        ({"margin": 9}, "margin: 9 - it must be a whole number, 0 to 8"),
        ({"margin": -1}, "margin: -1 - it must be a whole number, 0 to 8"),
        ({"hidden": 3}, "parameters.w1 is float32[2, 48]"),
        ({"hidden": True}, "hidden: True - it must be a whole number, 1 to 128"),
        ({"regime": "healing"}, "regime: healing"),
        ({"steps": None}, "exactly one must be given"),
        ({"seed": -1}, "seed: -1"),
        ({"start_crc32": "ring"}, "start_crc32: ring - it is none"),
        ({"x": 1}, "recipe: something is missing or unknown"),
        ({"batches": [[0, 1e9]]}, "batches: 1000000000.0 - it must be a whole number, 2 to 16"),
        ({"lengths": {"seed": [1, 1e9]}}, "there must be seed, wounded, held"),
        ({"fires": {"4": "x" * 10_000}}, "fires.4: xxx"),
    ],
)
def test_recipe(saved, refused, change, says):
    tensors, facts = taken_apart(saved)
    facts["recipe"] |= change
    refused(with_facts(tensors, facts), says)


def test_metadata(saved, refused):
    tensors, facts = taken_apart(saved)
    refused(save(tensors), "it is no checkpoint of planaria")
    refused(with_facts(tensors, facts, format="x" * 10_000), f"its format is {'x' * 21}, not planaria")
    refused(with_facts(tensors, facts, more="1"), "it is no checkpoint of planaria")
    refused(with_facts(tensors, "[" * 100_000), "its header has 102,")
    refused(with_facts(tensors, "[" * 20_000), "its facts are damaged")
    refused(with_facts(tensors, '{"command": 1, "command": 2}'), "a key is there twice")
    refused(with_facts(tensors, "[]"), "facts: something is missing or unknown")
    refused(save({str(number): full(1, 0) for number in range(65)}), "it has 65 tensors")


def test_headers(saved, refused):
    (length,) = struct.unpack_from("<Q", saved)
    header, data = saved[8 : 8 + length], saved[8 + length :]
    for size in (0, length - 1, length + 1, HEADER_MAX_BYTES + 1, 2**63):
        refused(struct.pack("<Q", size) + header + data, "it is not a safetensors file")
    for text in (b"{}", b"[]", b"null", b"[" * 50_000, b'{"a": NaN}', b'{"w1": 1, "w1": 1}'):
        refused(struct.pack("<Q", len(text)) + text + data, "it is not a safetensors file")
    for content in (b"", b"\0" * 8, saved[:-1], saved + b"\0"):
        refused(content, "it is not a safetensors file")


def test_a_file_without_an_end(tmp_path, saved, go_on):
    path = tmp_path / "x.checkpoint"
    with path.open("wb") as file:
        file.write(saved)
        file.truncate(1 << 40)
    tracemalloc.start()
    with pytest.raises(InputError, match="it has more than 536,870,912 bytes"):
        go_on(path)
    assert tracemalloc.get_traced_memory()[1] < FILE_MAX_BYTES + (1 << 20)
    tracemalloc.stop()


def test_the_largest_can_be_read():
    """A pool of the largest target with the widest margin, in four bytes a number, and one when whole."""
    assert FILE_MAX_BYTES > POOL_MAX * (TARGET_MAX_PX + 2 * MARGIN_MAX) ** 2 * 16 * 5 + (1 << 20)


def test_very_many_ends(target, recipe, begin):
    training = begin(target, recipe)
    for number in range(PROLONGED_MAX):
        training.prolong(10 + number, None)
    with pytest.raises(InputError, match="training: prolonged - it was so 128 times"):
        training.prolong(1000, None)


def test_facts_of_a_command_that_no_genome_can_hold(target, recipe, begin):
    """It would be found out after the training."""
    for command in ("x" * 3000, "\udcff.png"):
        with pytest.raises(InputError, match="genome fact command"):
            begin(target, recipe, command)


def test_any_json_is_one_kind_of_error():
    for content in (None, 1, "x", [], {}, {"command": {}}):
        with pytest.raises(ValueError, match="facts: something is missing or unknown"):
            Facts.of(content)
