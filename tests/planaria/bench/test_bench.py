import json

import numpy as np
import pytest
from PIL import Image

from emulator.arrays.compiled.rule import available
from firmware.memory import Ram
from planaria.bench import bench
from planaria.bench.contenders import (
    ALIVE,
    DENSE,
    ORGANISM,
    computing_share,
    make_scene,
    measure_growth,
    restless_genome,
)
from planaria.bench.report import draw_rates, save_report, table
from planaria.commands.main import main

LIMITS = {"vnni": 40e6, "f32": 10e6}


def fake(name, side, scene, seconds):
    if name == "limits":
        return dict(LIMITS)
    if name == "growth":
        return {"cells": [(256, 90.0), (4096, 80.0)], "clock": [("uniform", 1.0), ("exponential", 2.0)]}
    if name == "torch.compile":
        return {"left_out": "no C++ compiler"}
    rates = {"reference": 1e4, "numpy": 6e5, "f32": 5e6, "vnni": 1e7, "torch": 5e5, "jax": 2e6, "cax": 4e5}
    updates_per_s = rates[name] / (1 + (scene == ORGANISM))
    share = 0.0725 if scene == ORGANISM else 1.0
    twice = 2 if name in DENSE else 1
    return {
        "updates_per_s": updates_per_s,
        "computing_share": share,
        "computed_per_s": updates_per_s * share * twice,
        "bytes_per_cell": 300.0,
    }


@pytest.fixture
def report(monkeypatch):
    monkeypatch.setattr(bench, "run_contender", fake)
    monkeypatch.setattr(bench, "find_spec", lambda name: True)
    monkeypatch.setattr(bench, "version", lambda name: "1.0")
    monkeypatch.setattr("emulator.arrays.compiled.rule.available", lambda: ["vnni", "f32"])
    return bench.bench([256, 512], 0.1)


def test_ratios(report):
    rows = {(row["name"], row["side"], row["scene"]): row for row in report["rows"]}
    best = rows["vnni", 256, ALIVE]
    assert best["times_reference"] == 1000
    assert best["times_best_dense_updated"] == 5
    assert best["times_best_dense_computed"] == 2.5
    assert best["percent_of_limit"] == 25
    assert rows["jax", 256, ALIVE]["percent_of_limit"] == 10  # twice as many computed as updated
    assert "bytes_per_cell" not in best
    assert rows["vnni", 512, ALIVE]["bytes_per_cell"] == 300
    assert rows["vnni", 256, ORGANISM]["times_best_dense_updated"] == 2.5
    assert rows["vnni", 256, ORGANISM]["times_reference"] == 1000
    assert "times_best_dense_updated" not in rows["jax", 256, ALIVE]
    assert ("reference", 512, ALIVE) not in rows
    assert ("jax", 256, ORGANISM) not in rows
    assert "percent_of_limit" not in rows["torch.compile", 256, ALIVE]
    assert rows["cax", 256, ALIVE]["updates_per_s"] == 4e5


def test_where_cells_skip_the_network_nothing_is_said_of_arithmetic(report):
    skipping = [row for row in report["rows"] if row["scene"] == ORGANISM]
    assert skipping
    for row in skipping:
        assert not {"percent_of_limit", "times_best_dense_computed"} & set(row)


def test_page_and_figures(report, tmp_path):
    paths = save_report(tmp_path, report, "planaria bench -o docs")
    text = paths[0].read_text()
    assert "Written by `planaria bench -o docs`" in text
    cells = "10,000,000 | 100 % | 10,000,000 | 1,000.0 | 5.00 | 2.50 | 25.00 |  |"
    assert f"| 256x256 | alive | window, vnni kernel | {cells}" in text
    cells = "5,000,000 | 7.25 % | 362,500 | 1,000.0 | 2.50 |  |  |  |"
    assert f"| 256x256 | organism | window, vnni kernel | {cells}" in text
    assert "| 256x256 | alive | dense CAX | 400,000 | 100 % | 800,000 | 40.0 |  |  | 2.00 |  |" in text
    assert "dense torch, compiled | left out: no C++ compiler" in text
    for path in paths[1:]:
        assert f"]({path.relative_to(tmp_path)})" in text
        assert np.asarray(Image.open(path).convert("L")).std() > 10
    assert len({line.count("|") for line in table(report)}) == 1


def test_the_page_names_its_command(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(bench, "run_contender", fake)
    monkeypatch.chdir(tmp_path)
    assert main(["bench", "--side", "64", "--side", "32", "--seconds", "0.5", "-o", "new/my docs"]) == 0
    page = (tmp_path / "new/my docs/bench.md").read_text()
    assert "Written by `planaria bench --side 64 --side 32 --seconds 0.5 -o 'new/my docs'`" in page


def test_limits_are_drawn_where_all_cells_compute(report):
    computed, updated = draw_rates(report).axes
    assert sorted(line.get_ydata()[0] for line in computed.lines) == sorted(LIMITS.values())
    assert not updated.lines
    heights = {round(bar.get_height()) for bar in computed.patches}
    assert {4_000_000, 800_000, 10_000_000} <= heights


@pytest.mark.parametrize("name", ["bench.md", "images/bench.png", "images/bench_growth.png"])
def test_output_is_tried_before_the_work(monkeypatch, capsys, tmp_path, name):
    (tmp_path / "docs" / name).mkdir(parents=True)
    monkeypatch.setattr(bench, "run_contender", lambda *_: pytest.fail("it was measured"))
    assert main(["bench", "-o", str(tmp_path / "docs")]) == 2
    assert f"docs/{name} - it is a folder" in capsys.readouterr().err


def test_who_computes():
    """One mature cell, in the corner: itself and its three neighbours."""
    states = np.zeros((4, 5, 16), np.int8)
    states[1, 1, 3] = 6  # not mature
    assert computing_share(states) == 0
    states[0, 0, 3] = 7
    assert computing_share(states) == 4 / 20
    states[2, 3, 3] = 127
    assert computing_share(states) == 13 / 20
    states[...] = -1
    assert computing_share(states) == 0


def test_the_share_that_computes_is_what_the_cells_do():
    """Counted in the cells themselves: who is alive after a look at its own inbox, in a grown organism."""
    engine = make_scene("reference", 32, ORGANISM)
    engine.run(3)
    rams = [Ram(bytearray(row)) for row in engine.read_ram(np.arange(32 * 32))]
    computing = [max(ram.state[3], *ram.inbox[:, 3]) >= 7 for ram in rams]
    assert abs(computing_share(engine.states) - np.mean(computing)) < 0.01
    assert 0.2 < np.mean(computing) < 0.4


def test_a_real_contender_in_its_own_process():
    result = bench.run_contender("numpy", 32, ALIVE, 0.05)
    assert result["updates_per_s"] > 10_000
    assert result["computing_share"] == 1
    assert result["computed_per_s"] == result["updates_per_s"]


def test_a_real_contender_that_skips():
    result = bench.run_contender("numpy", 64, ORGANISM, 0.05)
    assert 0.06 < result["computing_share"] < 0.09  # about 297 of 4,096 cells
    assert result["computed_per_s"] == result["updates_per_s"] * result["computing_share"]


@pytest.mark.parametrize("name", ["torch", "jax", "cax"])
def test_a_real_dense_contender_computes_all_and_updates_half(name):
    pytest.importorskip(name)
    result = bench.run_contender(name, 32, ALIVE, 0.05)
    assert result["computing_share"] == 1
    assert result["computed_per_s"] == 2 * result["updates_per_s"] > 10_000


def test_a_contender_that_fails_is_left_out():
    assert "warp" in bench.run_contender("warp", 32, ALIVE, 0.05)["left_out"]


def test_the_restless_stay_alive():
    engine = make_scene("numpy", 16, ALIVE, loss=0.2)
    engine.run(30)
    assert (engine.states[..., 3] >= 7).all()
    assert restless_genome().hidden == 128


def test_growth(monkeypatch):
    """The real thing takes a minute; here every measurement is one round of a small grid."""
    monkeypatch.setattr("planaria.bench.contenders.updates_per_s", lambda run, seconds: run() + 1e6)
    monkeypatch.setattr("planaria.bench.contenders.TURN_UPDATES", 64)

    def small(name, scene, side, **world):
        return make_scene("numpy", 8, scene, **world)

    monkeypatch.setattr("planaria.bench.contenders.make_scene", small)
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
