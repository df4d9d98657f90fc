"""Reports of results that were made up, so that every number is known."""

import json
import shlex
import sys
from dataclasses import replace
from io import BytesIO

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from emulator.record.recovery import Outcome
from firmware.errors import InputError
from planaria.campaign.basin import draw_basin, has_place
from planaria.campaign.curves import draw_dose_response, draw_outcomes, draw_recovery
from planaria.campaign.incidence import Event
from planaria.campaign.lines import dose_name, lines
from planaria.campaign.report import report
from planaria.campaign.sequential import interval
from planaria.campaign.statistics import clopper_pearson, holm, log_rank
from planaria.campaign.summary import OUTCOMES, common_watch_rounds, compare, summarise, worst_first
from planaria.campaign.yardstick import Yardstick

from .made_up import made_up_plan, made_up_results, made_up_trial

RECOVERED, NOT, DISPLACED, RELAPSED, EXTINCT, EXPLODED, UNHARMED, NOT_GROWN = (
    Outcome.RECOVERED,
    Outcome.NOT_RECOVERED,
    Outcome.DISPLACED,
    Outcome.RELAPSED,
    Outcome.EXTINCT,
    Outcome.EXPLODED,
    Outcome.UNHARMED,
    Outcome.NOT_GROWN,
)


def clean_of(plan, results):
    return summarise(plan, results, Yardstick.CLEAN)


def judge_all(plan, results):
    return {yardstick: summarise(plan, results, yardstick) for yardstick in Yardstick}


@pytest.fixture
def plan():
    return made_up_plan(trials=6)


@pytest.fixture
def results():
    return [
        made_up_trial(0, 0, RECOVERED, 10.0),
        made_up_trial(0, 1, RECOVERED, 20.0),
        made_up_trial(0, 2, NOT, error_end=50.0),
        made_up_trial(0, 3, EXTINCT, error_end=900.0),
        made_up_trial(0, 4, UNHARMED),
        made_up_trial(0, 5, NOT_GROWN),
    ]


def test_who_enters_the_curve_and_until_when(plan, results):
    (summary,) = clean_of(plan, results)
    assert summary.count(UNHARMED) == 1
    assert summary.recovered == [True, True, False, False]
    assert summary.times == [10, 20, 150 - 25, 150 - 25], "all end before the dwell, censored or extinct"
    assert summary.events == [Event.RECOVERED, Event.RECOVERED, Event.CENSORED, Event.COMPETING]
    assert summary.curve.share.tolist() == [0, 0.25, 0.5, 0.5]
    assert summary.curve.at_risk.tolist() == [4, 4, 3, 2]
    assert summary.curve.competing.tolist() == [0, 0, 0, 1]


ANY_TRIAL = st.tuples(*[st.sampled_from(list(Outcome))] * 3, st.floats(0, 150), st.integers(26, 200))


@given(st.lists(ANY_TRIAL, min_size=1, max_size=30))
def test_outcomes_add_up_by_every_yardstick(trials):
    """To the trials, and those of the harmed to the harmed; nobody is counted twice or lost."""
    plan = made_up_plan(trials=len(trials))
    results = []
    for index, (clean, recognisable, relative, rounds, watched) in enumerate(trials):
        times = {
            f"{name}rounds": min(rounds, watched - 25) if outcome is RECOVERED else None
            for name, outcome in (("clean_", clean), ("recognisable_", recognisable), ("", relative))
        }
        outcomes = {"clean_outcome": clean, "recognisable_outcome": recognisable, "outcome": relative}
        results.append(made_up_trial(0, index, NOT, observed_rounds=watched, **outcomes, **times))
    for yardstick, (summary,) in judge_all(plan, results).items():
        assert sum(map(summary.count, Outcome)) == len(results)
        assert sum(map(summary.count, OUTCOMES)) == len(summary.harmed)
        apart = summary.count(UNHARMED) + summary.count(NOT_GROWN)
        assert len(summary.harmed) + apart == len(results)
        if summary.curve:
            ended = summary.curve.recovered.sum(), summary.curve.competing.sum()
            competing = sum(map(summary.count, (DISPLACED, RELAPSED, EXTINCT, EXPLODED)))
            assert ended == (summary.count(RECOVERED), competing)
            assert summary.share(RECOVERED).value == summary.count(RECOVERED) / len(summary.harmed)
        assert [summary.outcome(trial) for trial in results] == [t.outcome_by(yardstick) for t in results]


def test_each_yardstick_has_its_own_denominator(plan):
    """While growing the relative one cannot judge; the absolute ones count every trial."""
    results = [made_up_trial(0, n, RECOVERED, 9.0, outcome=NOT_GROWN, rounds=None) for n in range(5)]
    judged = {yardstick: summaries[0] for yardstick, summaries in judge_all(plan, results).items()}
    assert [len(judged[yardstick].harmed) for yardstick in Yardstick] == [5, 5, 0]
    assert judged[Yardstick.RELATIVE].curve is None


def test_cumulative_incidence_is_the_share_of_all(plan):
    """With censoring by the clock alone, the extinct and the displaced counted."""
    results = made_up_results(made_up_plan(trials=200), lambda p, d: 0.7, lambda p, d: 30)
    (summary,) = clean_of(made_up_plan(trials=200), results)
    for rounds in (5, 17.5, 60, 125):
        by_then = sum(
            trial.clean_rounds is not None and trial.clean_rounds <= rounds for trial in summary.harmed
        )
        expected = by_then / len(summary.harmed)
        assert summary.curve.share_recovered(rounds).value == pytest.approx(expected, abs=1e-12)


def test_the_mean_is_not_that_of_the_successes(plan, results):
    (summary,) = clean_of(plan, results)
    assert common_watch_rounds([summary]) == 125
    assert summary.restricted_mean(125).value == (10 + 20 + 125 + 125) / 4


def test_cost_closure_and_containment(plan, tmp_path):
    """Cost is that of the recovered; closure and containment are those of all harmed trials."""
    results = [
        made_up_trial(0, 0, RECOVERED, 10.0, relapses=2, disturbed=0.25),
        made_up_trial(0, 1, RECOVERED, 20.0, disturbed=0.5),
        made_up_trial(0, 2, NOT, disturbed=0.0),
        made_up_trial(0, 3, NOT, relapses=1),
        made_up_trial(0, 4, UNHARMED, relapses=9, disturbed=0.9),
    ]
    (point,) = report(plan, results, tmp_path)["points"]
    assert point["found_back"] == {
        "median_updates": 7500.0,
        "most_updates": 10_000,
        "median_messages": 60_000.0,
        "most_messages": 80_000,
        "relapsed_worlds": 2,
        "relapses": 3,
        "median_disturbed": 0.25,
        "most_disturbed": 0.5,
    }
    row = ("7,500", "10,000", "60,000", "80,000", "2", "3", "25.0 %", "50.0 %")
    assert "".join(f"<td>{cell}</td>" for cell in row) in (tmp_path / "report.html").read_text()


def test_report_json(plan, results, tmp_path):
    content = report(plan, results, tmp_path)
    assert json.loads((tmp_path / "report.json").read_bytes()) == content
    (point,) = content["points"]
    assert (point["label"], point["trials"]) == ("planarian", 6)
    share = clopper_pearson(2, 4)
    for yardstick in Yardstick:
        judged = point[yardstick]
        assert (judged["harmed"], judged["unharmed"], judged["not_grown"]) == (4, 1, 1)
        assert judged["outcomes"]["recovered"] == {
            "trials": 2,
            "value": 0.5,
            "low": share.low,
            "high": share.high,
        }
        assert {name: of["trials"] for name, of in judged["outcomes"].items()} == {
            "recovered": 2,
            "not_recovered": 1,
            "displaced": 0,
            "relapsed": 0,
            "exploded": 0,
            "extinct": 1,
        }
        low, high = interval(2, 4, 0.05)
        assert judged["recovered_anytime"] == pytest.approx({"low": low, "high": high}, rel=1e-12)
        assert judged["median_rounds"]["value"] == 20
        assert judged["restricted_mean_rounds"]["value"] == 70
        curve = judged["cumulative_incidence"]
        assert (curve["share_recovered"], curve["competing"]) == ([0, 0.25, 0.5, 0.5], [0, 0, 0, 1])
        assert content["total"][yardstick] == {
            "recovered": 2,
            "not_recovered": 1,
            "displaced": 0,
            "relapsed": 0,
            "exploded": 0,
            "extinct": 1,
            "unharmed": 1,
            "not_grown": 1,
            "harmed": 4,
        }
    assert content["notes"][0].startswith("1 of 6 trials had not grown when the fault struck")
    assert content["seed"] == 0
    assert [(t["trial"], t["clean"]) for t in content["failed"]] == [(3, "extinct"), (2, "not_recovered")]
    assert content["comparisons"] == []


def test_files(plan, results, tmp_path):
    content = report(plan, results, tmp_path)
    assert content["figures"] == ["recovery.png", "outcomes.png"]
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "outcomes.png",
        "recovery.png",
        "report.html",
        "report.json",
        *(["results.parquet"] if "pyarrow" in sys.modules else []),
    ]
    first = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    report(plan, results, tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == first


def test_worst_first(tmp_path):
    plan = made_up_plan(sweep={"cut": ["half:left", "half:top"]}, trials=7)
    results = [
        made_up_trial(0, 0, RECOVERED, 10.0),
        made_up_trial(0, 1, NOT, error_end=30.0),
        made_up_trial(0, 2, EXPLODED, error_end=99.0),
        made_up_trial(0, 3, RECOVERED, 90.0),
        made_up_trial(1, 0, NOT, error_end=80.0),
        made_up_trial(1, 1, EXTINCT, error_end=20.0),
        made_up_trial(1, 2, UNHARMED),
        made_up_trial(1, 3, EXTINCT, error_end=70.0),
        made_up_trial(1, 4, DISPLACED, error_end=300.0),
        made_up_trial(1, 5, RELAPSED, error_end=40.0),
        made_up_trial(1, 6, NOT_GROWN),
    ]
    order = [(1, 3), (1, 1), (0, 2), (1, 5), (1, 0), (0, 1), (1, 4), (0, 3), (0, 0)]
    assert [(trial.point, trial.index) for trial in worst_first(clean_of(plan, results))] == order
    folder = tmp_path / "a folder"
    folder.mkdir()
    worst = report(plan, results, folder)["worst"]
    assert [(trial["point"], trial["trial"]) for trial in worst] == order
    expected = ["planaria", "replay", str(folder), "--point", "1", "--trial", "3", "--film", "worst-1-3.gif"]
    assert shlex.split(worst[0]["replay"]) == expected


def test_only_twenty_are_listed_and_all_failures_are_kept(tmp_path):
    plan = made_up_plan(trials=30)
    results = [made_up_trial(0, index, NOT, error_end=100.0 + index) for index in range(30)]
    content = report(plan, results, tmp_path)
    assert [trial["trial"] for trial in content["worst"]] == list(range(29, 9, -1))
    assert len(content["failed"]) == 30
    assert content["points"][0]["clean"]["median_rounds"] == {"value": None, "low": None, "high": None}


def test_genomes_are_compared_under_the_same_faults():
    plan = made_up_plan(("planarian", "gecko"), {"cut": ["half:left", "half:top"]}, trials=20)
    results = made_up_results(plan, lambda p, d: 0.9, lambda p, d: 20 + 10 * p.number)
    summaries = clean_of(plan, results)
    comparisons = compare(plan, summaries)
    assert [(c.name, [s.point.number for s in c.summaries]) for c in comparisons] == [
        ("genomes, cut half:left", [0, 2]),
        ("genomes, cut half:top", [1, 3]),
    ]
    groups = [(summaries[n].times, summaries[n].recovered) for n in (0, 2)]
    assert comparisons[0].test == log_rank(groups)
    assert [c.p_holm for c in comparisons] == holm([c.test.p for c in comparisons])
    assert [s.label for s in summaries][:2] == ["planarian, half:left", "planarian, half:top"]


def test_points_of_one_genome_are_compared_at_once():
    plan = made_up_plan(sweep={"loss": [0, 0.1, 0.2]}, trials=20)
    summaries = clean_of(plan, made_up_results(plan, lambda p, d: 0.9, lambda p, d: 20 + 10 * p.number))
    (comparison,) = compare(plan, summaries)
    assert comparison.name == "all points (loss)"
    assert comparison.test == log_rank([(s.times, s.recovered) for s in summaries])
    assert comparison.test.freedom == 2
    assert comparison.p_holm == comparison.test.p


def test_an_unfinished_campaign_says_so(plan, results, tmp_path):
    assert any("4 of 6 planned" in note for note in report(plan, results[:4], tmp_path)["notes"])
    assert not any("planned" in note for note in report(plan, results, tmp_path)["notes"])


def test_nobody_harmed(plan, tmp_path):
    content = report(plan, [made_up_trial(0, 0, UNHARMED)], tmp_path)
    assert content["figures"] == []
    clean = content["points"][0]["clean"]
    assert clean["cumulative_incidence"] is None
    assert clean["outcomes"]["recovered"] == {
        "trials": 0,
        "value": None,
        "low": 0,
        "high": 1,
    }
    assert content["worst"] == []


def test_never_watched(plan, tmp_path):
    """A fault that lasts to the horizon leaves no time to recover in."""
    content = report(plan, [made_up_trial(0, 0, NOT, observed_rounds=0.0)], tmp_path)
    assert content["mean_horizon_rounds"] is None
    clean = content["points"][0]["clean"]
    assert clean["restricted_mean_rounds"] == {
        "value": None,
        "low": None,
        "high": None,
    }


def test_parquet_has_the_trials_and_the_parameters(tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet")
    plan = made_up_plan(sweep={"cut": ["half:left", 5]}, draw={"row": (4, 27)}, trials=2)
    results = [
        made_up_trial(0, 0, RECOVERED, 10.0, {"row": 4}),
        made_up_trial(0, 1, NOT, None, {"row": 5}),
        made_up_trial(1, 0, EXTINCT, None, {"row": 6}),
    ]
    report(plan, results, tmp_path)
    table = parquet.read_table(tmp_path / "results.parquet").to_pydict()
    names = ["point", "index", "seed", "genome", "cut", "row", "clean_outcome", "clean_rounds"]
    assert list(table)[:8] == names
    assert table["point"] == [0, 0, 1]
    assert table["seed"] == [2**64 - 1, 2**64 - 2, 2**64 - 1]
    assert table["cut"] == ["half:left", "half:left", "5"]
    assert table["row"] == [4, 5, 6]
    assert table["rounds"] == [10, None, None]
    assert table["outcome"] == ["recovered", "not_recovered", "extinct"]


def test_without_pyarrow_it_says_so(plan, results, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    content = report(plan, results, tmp_path)
    assert any("planaria[table]" in note for note in content["notes"])
    assert not (tmp_path / "results.parquet").exists()


def test_refused(plan, results, tmp_path):
    with pytest.raises(InputError, match="there is no trial in them"):
        report(plan, [], tmp_path)
    with pytest.raises(InputError, match="cannot be written"):
        report(plan, results, tmp_path / "missing")
    assert list(tmp_path.iterdir()) == []


def test_recovery_figure_is_the_curve(plan, results):
    results = [
        replace(result, clean_outcome=NOT, clean_rounds=None) if result.index == 1 else result
        for result in results
    ]
    panels = draw_recovery(plan, judge_all(plan, results)).axes
    assert [axes.get_title() for axes in panels] == [
        "clean: E at most 3",
        "recognisable: E at most 10",
        "relative",
    ]
    for axes, shares in zip(panels, ([0, 0.25, 0.25, 0.25], *[[0, 0.25, 0.5, 0.5, 0.5]] * 2), strict=True):
        (line,) = axes.get_lines()
        assert line.get_xdata().tolist() == [0, 10, *[20] * (len(shares) == 5), 125, 125]
        assert line.get_ydata().tolist() == shares
        assert axes.get_xlim() == (0, 125)


def test_legend_up_to_twelve_then_a_scale():
    for points, legends, axes in ((1, 0, 3), (12, 1, 3), (13, 0, 4)):
        plan = made_up_plan(sweep={"cut": [f"disc:16,16,{n}" for n in range(points)]}, trials=5)
        results = made_up_results(plan, lambda p, d: 0.8, lambda p, d: 20)
        figure = draw_recovery(plan, judge_all(plan, results))
        assert (len(figure.legends), len(figure.axes)) == (legends, axes)
    assert len(figure.axes[0].get_lines()) == 13


@pytest.mark.parametrize(
    ("genomes", "sweep"),
    [
        (["ring"], {"radius": [1, 3, 5, 7, 9], "ram": ["blank", "stale", "random"]}),
        (["ring"], {"radius": [1, 3], "ram": ["blank", "stale", "random"]}),
        (["ring"], {"loss": [0, 0.1, 0.2, 0.3], "latency_us": [1, 2, 3, 4, 5, 6]}),
        (["ring", "gecko", "heart"], {"cut": ["left", "right", "top", "bottom", "all"]}),
        (["ring", "gecko"], {"loss": [0, 0.1, 0.2], "cut": ["left", "right", "top"]}),
        (["ring"], {"a": list("abcdefg"), "b": list("abcdefg")}),
    ],
)
def test_no_two_lines_of_a_figure_look_alike(genomes, sweep):
    """And what is not told by name is told by the scale and the legend of dashes."""
    plan = made_up_plan(genomes, sweep, trials=3)
    results = made_up_results(plan, lambda p, d: 0.8, lambda p, d: 20)
    summaries = clean_of(plan, results)
    looks = lines(plan, summaries)
    assert len(set(looks.looks)) == len(summaries) == len(plan.points())
    figure = draw_recovery(plan, judge_all(plan, results))
    (legend,) = figure.legends
    named = [text.get_text() for text in legend.get_texts()]
    if len(summaries) <= 12:
        assert sorted(named) == sorted(summary.label for summary in summaries)
    else:
        others = [
            len(values) for name, values in {"genome": genomes, **sweep}.items() if name != looks.by_colour
        ]
        assert named == list(looks.patterns)
        assert len(named) == len({look.dashes + look.mark for look in looks.patterns.values()})
        assert len(named) == np.prod([count for count in others if count > 1])
        assert figure.axes[-1].get_ylabel() == looks.by_colour


def test_outcome_bars_add_up():
    plan = made_up_plan(sweep={"cut": ["half:left", "half:top"]}, trials=50)
    summaries = clean_of(plan, made_up_results(plan, lambda p, d: 0.5, lambda p, d: 20))
    bars = draw_outcomes(summaries).axes[0].patches
    assert sum(bar.get_width() for bar in bars) == pytest.approx(2)
    recovered = summaries[0].count(RECOVERED) / len(summaries[0].harmed)
    assert bars[0].get_width() == pytest.approx(recovered)


def test_of_many_points_the_outcomes_of_the_worst_are_shown():
    plan = made_up_plan(sweep={"loss": [n / 100 for n in range(70)]}, trials=2)
    results = [
        made_up_trial(point, index, RECOVERED, 9.0) if point < 10 else made_up_trial(point, index, NOT)
        for point in range(70)
        for index in range(2)
    ]
    labels = [label.get_text() for label in draw_outcomes(clean_of(plan, results)).axes[0].get_yticklabels()]
    assert (len(labels), labels[0], labels[-1]) == (60, "loss 0.1", "loss 0.69")


def test_dose_response():
    doses = [0, 0.01, 0.4]
    plan = made_up_plan(("planarian", "gecko"), {"cut": ["half:left"], "loss": doses}, trials=20)
    assert dose_name(plan) == "loss"
    results = made_up_results(plan, lambda p, d: 0.9 - p.swept["loss"], lambda p, d: 20)
    results = [
        replace(result, recognisable_outcome=NOT, outcome=EXTINCT) if result.index < 5 else result
        for result in results
    ]
    judged = judge_all(plan, results)
    share, mean, *laxer = draw_dose_response(plan, judged, 125).axes
    assert share.get_xscale() == mean.get_xscale() == "symlog"
    for axes, yardstick in zip((share, *laxer), Yardstick, strict=True):
        first, second = (container.lines[0] for container in axes.containers)
        assert first.get_xdata().tolist() == second.get_xdata().tolist() == doses
        assert first.get_ydata().tolist() == [s.share(RECOVERED).value for s in judged[yardstick][:3]]
    assert mean.containers[1].lines[0].get_ydata().tolist() == [
        s.restricted_mean(125).value for s in judged[Yardstick.CLEAN][3:]
    ]


@pytest.mark.parametrize(
    ("sweep", "name"),
    [
        ({}, None),
        ({"cut": ["half:left", "half:top"]}, None),
        ({"loss": [0.1]}, None),
        ({"loss": [0.1, 0.2], "latency_us": [1, 2]}, None),
        ({"loss": [0.1, 0.2], "cut": ["half:left", "half:top"]}, "loss"),
    ],
)
def test_what_is_a_dose(sweep, name):
    assert dose_name(made_up_plan(sweep=sweep)) == name


def test_scale_of_a_dose():
    for doses, scale in (([1, 30], "linear"), ([1, 31], "log"), ([-1, 100], "linear"), ([0, 0], "linear")):
        plan = made_up_plan(sweep={"x": doses}, trials=3)
        judged = judge_all(plan, made_up_results(plan, lambda p, d: 1, lambda p, d: 20))
        assert draw_dose_response(plan, judged, None).axes[0].get_xscale() == scale


def test_basin_counts_every_harmed_trial_once_where_it_is():
    plan = made_up_plan(draw={"row": (0, 9), "col": (0, 9), "radius": (1, 6)}, trials=300)
    results = made_up_results(plan, lambda p, d: d["row"] < 5, lambda p, d: 10)
    figure = draw_basin(plan, clean_of(plan, results))
    maps = [axes for axes in figure.axes if axes.get_title().startswith("radius")]
    assert [axes.get_title() for axes in maps] == ["radius 1 to 2", "radius 3 to 4", "radius 5 to 6"]
    texts = [text for axes in maps for text in axes.texts]
    assert sum(int(text.get_text().split("n ")[1]) for text in texts) == sum(
        trial.outcome is not UNHARMED for trial in results
    )
    for text in texts:
        if text.xy[1] > 5 and "%" in text.get_text():
            assert text.get_text().startswith("0%"), "rows below the middle never heal"
    assert maps[0].get_ylim() == (9.5, -0.5), "row 0 on top"


def test_a_place_with_few_trials_shows_no_chance():
    plan = made_up_plan(draw={"row": (0, 3), "col": (0, 3)}, trials=9)
    results = [made_up_trial(0, n, RECOVERED, 9.0, {"row": 0, "col": 3 * (n < 4)}) for n in range(9)]
    axes = draw_basin(plan, clean_of(plan, results)).axes[0]
    shown = {(text.xy[1], text.xy[0]): text.get_text() for text in axes.texts}
    assert shown == {(0.5, 0.5): "100%\nn 5", (0.5, 2.5): "n 4", (2.5, 0.5): "n 0", (2.5, 2.5): "n 0"}
    assert [bool(patch.get_hatch()) for patch in axes.patches] == [False, True, True, True]


def test_has_place():
    assert has_place(made_up_plan(draw={"row": (0, 3), "col": (0, 3)}))
    assert not has_place(made_up_plan(draw={"row": (0, 3)}))


def test_all_figures_are_drawn_whatever_the_names(tmp_path):
    """Dollars are no formulas, underscores hide no line, and long names leave room for curves."""
    names = ("_hidden.genome", "a$b$c^{.genome", "x" * 200)
    plan = made_up_plan(
        names, {"loss": [0.1, 0.2]}, {"row": (0, 9), "col": (0, 9), "radius": (2, 2)}, trials=9
    )
    results = made_up_results(plan, lambda p, d: 0.7, lambda p, d: 20)
    content = report(plan, results, tmp_path)
    assert content["figures"] == ["recovery.png", "outcomes.png", "dose_response.png", "basin.png"]
    for name in content["figures"]:
        pixels = np.asarray(Image.open(BytesIO((tmp_path / name).read_bytes())).convert("L"))
        assert pixels.min() < 100 < 250 < pixels.max()
