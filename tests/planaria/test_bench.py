import json
from argparse import Namespace

import numpy as np
import pytest
from PIL import Image

from emulator.kernels import available
from planaria import bench
from planaria.bench_report import save_report, table
from planaria.cli import main
from planaria.contenders import ALIVE, ORGANISM, make_scene, measure_growth, restless_genome

LIMITS = {"vnni": 40e6, "f32": 10e6}


def fake(name, side, scene, seconds):
    if name == "limits":
        return dict(LIMITS)
    if name == "growth":
        return {"cells": [(256, 90.0), (4096, 80.0)], "clock": [("uniform", 1.0), ("exponential", 2.0)]}
    if name == "torch.compile":
        return {"left_out": "no C++ compiler"}
    rates = {"reference": 1e4, "numpy": 6e5, "f32": 5e6, "vnni": 1e7, "torch": 5e5, "jax": 2e6}
    return {"updates_per_s": rates[name] / (1 + (scene == ORGANISM)), "bytes_per_cell": 300.0}


@pytest.fixture
def report(monkeypatch):
    monkeypatch.setattr(bench, "run_contender", fake)
    monkeypatch.setattr(bench, "find_spec", lambda name: True)
    monkeypatch.setattr(bench, "version", lambda name: "1.0")
    monkeypatch.setattr("emulator.kernels.available", lambda: ["vnni", "f32"])
    return bench.bench(Namespace(side=[256, 512], seconds=0.1))


def test_ratios(report):
    rows = {(row["name"], row["side"], row["scene"]): row for row in report["rows"]}
    best = rows["vnni", 256, ALIVE]
    assert best["times_reference"] == 1000
    assert best["times_best_dense"] == 5
    assert best["percent_of_limit"] == 25
    assert "bytes_per_cell" not in best
    assert rows["vnni", 512, ALIVE]["bytes_per_cell"] == 300
    assert rows["vnni", 256, ORGANISM]["times_best_dense"] == 2.5
    assert rows["vnni", 256, ORGANISM]["times_reference"] == 1000
    assert "times_best_dense" not in rows["jax", 256, ALIVE]
    assert ("reference", 512, ALIVE) not in rows
    assert ("jax", 256, ORGANISM) not in rows
    assert "percent_of_limit" not in rows["torch.compile", 256, ALIVE]


def test_page_and_figures(report, tmp_path):
    paths = save_report(tmp_path, report, "planaria bench -o docs")
    text = paths[0].read_text()
    assert "Written by `planaria bench -o docs`" in text
    assert "| 256x256 | alive | window, vnni kernel | 10,000,000 | 1,000.0 | 5.00 | 25.00 |  |" in text
    assert "dense torch, compiled | left out: no C++ compiler" in text
    for path in paths[1:]:
        assert f"]({path.relative_to(tmp_path)})" in text
        assert np.asarray(Image.open(path).convert("L")).std() > 10
    assert len({line.count("|") for line in table(report)}) == 1


def test_a_real_contender_in_its_own_process():
    result = bench.run_contender("numpy", 32, ALIVE, 0.05)
    assert result["updates_per_s"] > 10_000


def test_a_contender_that_fails_is_left_out():
    assert "warp" in bench.run_contender("warp", 32, ALIVE, 0.05)["left_out"]


def test_the_restless_stay_alive():
    engine = make_scene("numpy", 16, ALIVE, loss_probability=0.2)
    engine.run(30)
    assert (engine.states[..., 3] >= 7).all()
    assert restless_genome().hidden == 128


def test_growth(monkeypatch):
    """The real thing takes a minute; here every measurement is one round of a small grid."""
    monkeypatch.setattr("planaria.contenders.updates_per_s", lambda run, seconds: run() + 1e6)
    monkeypatch.setattr("planaria.contenders.TURN_UPDATES", 64)

    def small(name, scene, side, **world):
        return make_scene("numpy", 8, scene, **world)

    monkeypatch.setattr("planaria.contenders.make_scene", small)
    growth = measure_growth(0.01)
    assert list(growth) == ["cells", "latency in mean intervals", "jitter in mean intervals", "loss", "clock"]
    assert all(0 < cost < 1000 for points in growth.values() for _value, cost in points)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--side", "31"], "side: 31 - it must be 32 to 8192"),
        (["--side", "9000"], "side: 9000"),
        (["--seconds", "0"], "seconds: 0.0 - it must be above 0"),
        (["--seconds", "nan"], "seconds: nan"),
    ],
)
def test_bad_input(capsys, options, says):
    assert main(["bench", *options]) == 2
    assert says in capsys.readouterr().err


def test_json(monkeypatch, capsys):
    monkeypatch.setattr(bench, "run_contender", fake)
    assert main(["bench", "--side", "64", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["limits"] == LIMITS
    assert {row["name"] for row in report["rows"]} >= {"reference", "numpy", *available()}
