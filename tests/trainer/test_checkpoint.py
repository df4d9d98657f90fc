"""Checkpoints of strangers: what could not have been left by a training is refused before it begins."""

import json
import struct
import tracemalloc

import pytest

torch = pytest.importorskip("torch", reason="the train extra (torch) is not installed")

from safetensors.torch import load, save  # noqa: E402

from firmware.errors import InputError  # noqa: E402
from trainer.checkpoint import FILE_MAX_BYTES, HEADER_MAX_BYTES  # noqa: E402
from trainer.facts import Facts  # noqa: E402
from trainer.recipe import PROLONGED_MAX  # noqa: E402
from trainer.training import Training  # noqa: E402

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """Bytes of a checkpoint after three steps, with one candidate."""
    import numpy as np

    from firmware.picture import Picture
    from trainer.recipe import Recipe

    picture = np.zeros((4, 4, 4), np.uint8)
    picture[1:3, 1:3] = (200, 100, 50, 255)
    training = Training(Picture.of(picture), Recipe(hidden=2, steps=3, pool=2, batch=1, margin=1), CPU)
    for _ in range(3):
        training.step()
    training.shortlist.add(training._candidate())
    path = tmp_path_factory.mktemp("saved") / "x.checkpoint"
    training.save(path)
    return path.read_bytes()


def taken_apart(content):
    (length,) = struct.unpack_from("<Q", content)
    metadata = json.loads(content[8 : 8 + length])["__metadata__"]
    return load(content), json.loads(metadata["facts"])


@pytest.fixture
def refused(tmp_path):
    def call(content, says):
        path = tmp_path / "x.checkpoint"
        path.write_bytes(content)
        with pytest.raises(InputError) as caught:
            Training.resume(path, CPU)
        assert caught.value.what == "checkpoint"
        assert says in str(caught.value)
        assert len(str(caught.value)) < 500 + len(str(path))

    return call


def with_facts(tensors, facts, **metadata):
    """``facts`` as JSON, or a text."""
    text = facts if isinstance(facts, str) else json.dumps(facts)
    return save(tensors, {"format": "planaria-checkpoint-2", "facts": text} | metadata)


def test_what_was_saved_goes_on(saved, tmp_path):
    (tmp_path / "x.checkpoint").write_bytes(with_facts(*taken_apart(saved)))
    training = Training.resume(tmp_path / "x.checkpoint", CPU)
    training.save(tmp_path / "y.checkpoint")
    (tensors, facts), (again, facts_again) = map(
        taken_apart, (saved, (tmp_path / "y.checkpoint").read_bytes())
    )
    assert facts == facts_again
    assert tensors.keys() == again.keys()
    assert all(torch.equal(tensor, again[name]) for name, tensor in tensors.items())


@pytest.mark.parametrize(
    ("name", "tensor", "says"),
    [
        ("w1", None, "w1 is missing"),
        ("pool", None, "pool is missing"),
        ("w2.exp_avg", None, "w2.exp_avg is missing"),
        ("candidate.0.b1", None, "candidate.0.b1 is missing"),
        ("x", torch.zeros(1), "a tensor is unknown: x"),
        ("w1.step", None, "a tensor is unknown: b1.exp_avg"),
        ("pool", torch.zeros(2, 6, 6, 15), "pool is torch.float32[2, 6, 6, 15]"),
        ("pool", torch.zeros(1, 6, 6, 16), "pool is torch.float32[1, 6, 6, 16]"),
        ("pool", torch.full((2, 6, 6, 16), 128.0), "pool has numbers that are not -128 to 127"),
        ("pool", torch.full((2, 6, 6, 16), float("nan")), "pool has numbers that are not -128 to 127"),
        ("w1", torch.zeros(2, 48).double(), "w1 is torch.float64[2, 48]"),
        ("w1", torch.full((2, 48), float("nan")), "w1 has numbers that are not -2.0 to 1.984375"),
        ("w2", torch.full((2, 16), float("inf")), "w2 has numbers that are not"),
        ("b1", torch.full((2,), 9.0), "b1 has numbers that are not -8.0 to"),
        ("w1.step", torch.tensor(-1.0), "w1.step has numbers that are not 0 to 10000000"),
        ("w1.step", torch.tensor([1.0]), "w1.step is torch.float32[1]"),
        ("w1.exp_avg", torch.full((2, 48), float("-inf")), "w1.exp_avg has numbers that"),
        ("w1.exp_avg_sq", torch.full((2, 48), -0.1), "w1.exp_avg_sq has numbers that are not 0 to 1.01"),
        ("generator", torch.zeros(16, dtype=torch.uint8), "generator is torch.uint8[16]"),
        ("generator", torch.full((5056,), 255, dtype=torch.uint8), "Invalid mt19937 state"),
        ("target", torch.zeros(4, 4, 4), "target is torch.float32[4, 4, 4]"),
        ("target", torch.zeros(4, 4, 3, dtype=torch.uint8), "it must be uint8[h, w, 4]"),
        ("target", torch.zeros(65, 4, 4, dtype=torch.uint8), "it must be 1 to 64 px"),
        ("target", torch.zeros(4, 4, 4, dtype=torch.uint8), "it must lie on an opaque pixel"),
        ("candidate.0.w1", torch.zeros(2, 48, dtype=torch.int64), "candidate.0.w1 is torch.int64"),
        ("candidate.0.w1", torch.full((2, 48), 128, dtype=torch.int32), "that are not -128 to 127"),
        ("candidate.0.b1", torch.zeros(3, dtype=torch.int32), "candidate.0.b1 is torch.int32[3]"),
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
        ({"x": 1}, "facts: something is missing or unknown"),
        ({"command": 7}, "command is int"),
        ({"command": "x" * 2049}, "it has 2,049 letters of 2,048"),
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
        ({"pool": 10**9}, "pool: 1000000000 - it must be 1 to 256"),
        ({"pool": 2.0}, "pool is float"),
        ({"batch": 3}, "batch: 3 - it must be 1 to 2"),
        ({"batch": 0}, "batch: 0 - it must be 1 to 2"),
        ({"margin": 9}, "margin: 9 - it must be 0 to 8"),
        ({"margin": -1}, "margin: -1 - it must be 0 to 8"),
        ({"hidden": 3}, "w1 is torch.float32[2, 48]"),
        ({"hidden": True}, "hidden is bool"),
        ({"regime": "healing"}, "regime: healing"),
        ({"steps": None}, "exactly one must be given"),
        ({"stale_steps": 17}, "stale_steps: 17"),
        ({"seed": -1}, "seed: -1"),
        ({"start_crc32": "ring"}, "start_crc32 is none"),
        ({"x": 1}, "recipe: something is missing or unknown"),
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
    refused(with_facts(tensors, "[" * 100_000), "its header has 101,")
    refused(with_facts(tensors, "[" * 20_000), "its facts are damaged")
    refused(with_facts(tensors, '{"command": 1, "command": 2}'), "a key is there twice")
    refused(with_facts(tensors, "[]"), "facts: something is missing or unknown")
    refused(save({str(number): torch.zeros(1) for number in range(65)}), "it has 65 tensors")


def test_headers(saved, refused):
    (length,) = struct.unpack_from("<Q", saved)
    header, data = saved[8 : 8 + length], saved[8 + length :]
    for size in (0, length - 1, length + 1, HEADER_MAX_BYTES + 1, 2**63):
        refused(struct.pack("<Q", size) + header + data, "it is not a safetensors file")
    for text in (b"{}", b"[]", b"null", b"[" * 50_000, b'{"a": NaN}', b'{"w1": 1, "w1": 1}'):
        refused(struct.pack("<Q", len(text)) + text + data, "it is not a safetensors file")
    for content in (b"", b"\0" * 8, saved[:-1], saved + b"\0"):
        refused(content, "it is not a safetensors file")


def test_a_file_without_an_end(tmp_path, saved):
    path = tmp_path / "x.checkpoint"
    with path.open("wb") as file:
        file.write(saved)
        file.truncate(1 << 40)
    tracemalloc.start()
    with pytest.raises(InputError, match="it has more than 134,217,728 bytes"):
        Training.resume(path, CPU)
    assert tracemalloc.get_traced_memory()[1] < FILE_MAX_BYTES + (1 << 20)
    tracemalloc.stop()


def test_the_largest_can_be_read():
    """256 samples of 64 px and 8 px of margin, each number in four bytes."""
    assert FILE_MAX_BYTES > 256 * (64 + 2 * 8) ** 2 * 16 * 4 + (1 << 20)


def test_very_many_ends(target, recipe):
    training = Training(target, recipe, CPU)
    for number in range(PROLONGED_MAX):
        training.prolong(10 + number, None)
    with pytest.raises(InputError, match="training: prolonged - it was so 128 times"):
        training.prolong(1000, None)


def test_facts_of_a_command_that_no_genome_can_hold(target, recipe):
    """It would be found out after the training."""
    for command in ("x" * 3000, "\udcff.png"):
        with pytest.raises(InputError, match="genome fact command"):
            Training(target, recipe, CPU, command)


def test_any_json_is_one_kind_of_error():
    for content in (None, 1, "x", [], {}, {"command": {}}):
        with pytest.raises(ValueError, match="facts: something is missing or unknown"):
            Facts.of(content)
