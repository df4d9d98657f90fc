"""The picture of a training as it goes."""

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("safetensors", reason="the train extra (safetensors) is not installed")

from firmware.errors import InputError
from planaria.course import Course
from planaria.pictures.colour import target_on_white
from planaria.shipped import open_genome
from planaria.train import Lesson, train
from tests.trainings import make_training
from trainer.recipe import Recipe

TINY = Recipe(hidden=4, steps=2, pool=8, margin=2)


@pytest.fixture
def training():
    return make_training(open_genome("ring").target, TINY)


@pytest.mark.parametrize("name", ["$x^$ y", "🦎"])
def test_it_shows_the_target_and_five_organisms(training, tmp_path, name):
    draw = Course(tmp_path / "a.png", name)
    draw(training)
    assert not (tmp_path / "a.png").exists()
    training.judge()
    draw(training)
    with Image.open(tmp_path / "a.png") as picture:
        shown = set(map(tuple, np.asarray(picture.convert("RGB")).reshape(-1, 3).tolist()))
    wanted = target_on_white(training.target.rgba)
    assert set(map(tuple, wanted[training.target.rgba[..., 3] == 255].tolist())) <= shown


def test_it_is_drawn_again_whenever_the_rule_is_judged(tmp_path, monkeypatch):
    monkeypatch.setattr("trainer.training.JUDGE_EVERY_STEPS", 1)
    steps = []
    monkeypatch.setattr(Course, "__call__", lambda self, training: steps.append(training.judgements))
    train(Lesson(target="heart", size=8, hidden=2, steps=3), tmp_path / "x.genome", figures=tmp_path / "new")
    assert len(steps) == len(set(steps)) == 3
    assert (tmp_path / "new").is_dir()


def test_a_folder_that_cannot_be(tmp_path):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(InputError):
        train(Lesson(target="heart", size=8, steps=1), tmp_path / "x.genome", figures=tmp_path / "file")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
