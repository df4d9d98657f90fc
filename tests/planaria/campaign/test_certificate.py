import base64
import hashlib
import json
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from scipy.stats import beta

from emulator.record.recovery import Outcome
from firmware.errors import InputError
from planaria.campaign import claim
from planaria.campaign.certificate import certify, check
from planaria.campaign.measure import measure
from planaria.campaign.plan import Plan
from planaria.campaign.replay import replay
from planaria.campaign.store import Store
from planaria.campaign.yardstick import Yardstick
from planaria.commands.certify import print_certificate
from planaria.shipped import open_genome
from tests.planaria.campaign.tiny import PLAN


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A finished campaign of two points of 20 trials."""
    folder = tmp_path_factory.mktemp("results")
    measure(Plan.parse(PLAN, "tiny.toml"), folder, workers=2, quiet=True)
    return folder


@pytest.fixture
def certificate(folder, tmp_path):
    certify(folder, 16, 0.9, point=0, output=tmp_path / "c.json")
    return tmp_path / "c.json"


def change(path, **values):
    content = json.loads(path.read_text()) | values
    path.write_text(json.dumps(content))


def test_the_bound_is_clopper_and_pearsons_over_the_wounds_of_the_point(folder, certificate):
    with Store.open(folder) as store:
        rows = [r for r in store.results() if r.point == 0]
        genome, plan = store.genomes["ring"], store.plan
    wounds = [r for r in rows if r.clean_outcome != "unharmed"]
    healed = [r for r in wounds if r.clean_rounds is not None and r.clean_rounds <= 16]
    assert healed
    said = json.loads(certificate.read_text())
    assert (said["wounds"], said["healed"], said["unharmed"]) == (len(wounds), len(healed), 20 - len(wounds))
    assert (said["yardstick"], said["not_grown"]) == ("clean", 0)
    assert said["displaced"] == sum(r.clean_outcome == "displaced" for r in rows)
    bound = beta.ppf(0.1, len(healed), len(wounds) - len(healed) + 1)
    assert said["healed_share_at_least"] == pytest.approx(bound, abs=1e-12)
    assert said["plan_sha256"] == plan.sha256
    assert [row[0] for row in said["trials"]] == list(range(20))
    assert [row[4] for row in said["trials"]] == [r.trace_sha256 for r in rows]
    assert said["genome_base64"]
    assert genome.name in said["genome"]
    percent = float(said["statement"].partition("at least ")[2].partition("%")[0])
    assert bound - 1e-4 <= percent / 100 <= bound  # rounded down, never up
    assert said["statement"] == (
        f"With confidence 0.9, at least {percent:.2f}% of the wounds of this family are healed within 16 "
        f"rounds: E at most 3 for 3 rounds, and at the end ({len(healed)} of {len(wounds)} were; "
        f"{said['displaced']} stood displaced at the end; of further trials {said['unharmed']} did no harm "
        "and 0 had not grown)."
    )


@pytest.mark.parametrize("yardstick", Yardstick)
def test_every_yardstick_can_be_certified_and_checked(folder, tmp_path, yardstick):
    certify(folder, 16, 0.9, 0, tmp_path / "c.json", yardstick)
    said = json.loads((tmp_path / "c.json").read_text())
    with Store.open(folder) as store:
        rows = [r for r in store.results() if r.point == 0]
    assert [(row[2], row[3]) for row in said["trials"]] == [
        (r.outcome_by(yardstick), r.rounds_by(yardstick)) for r in rows
    ]
    meanings = {
        "clean": "E at most 3 for",
        "recognisable": "E at most 10 for",
        "relative": "95 % of the error",
    }
    assert meanings[yardstick] in said["statement"]
    assert check(tmp_path / "c.json", sample=20, seed=0)["differs"] == []


def test_a_check_runs_trials_again(certificate):
    result = check(certificate, sample=5, seed=3)
    said = json.loads(certificate.read_text())
    assert (result["run_again"], result["seed"], result["differs"]) == (5, 3, [])
    assert {name: result[name] for name in ("statement", "plan_sha256", "genome_sha256")} == {
        name: said[name] for name in ("statement", "plan_sha256", "genome_sha256")
    }
    assert check(certificate, 1, None)["seed"] != check(certificate, 1, None)["seed"]
    assert check(certificate, sample=99, seed=3)["run_again"] == 20


def forge(path, change):
    """As somebody would who makes the counts, the statement and the hash anew."""
    content = json.loads(path.read_text())
    change(content)
    with suppress(ValueError, TypeError, LookupError, InputError):
        outcomes = [(Outcome(row[2]), row[3]) for row in content["trials"]]
        content |= claim.count(outcomes, content["within_rounds"], content["confidence"])
        content["statement"] = claim.statement(content, Plan.parse(content["plan"], "forged"))
    content["sha256"] = claim.fingerprint(content)
    path.write_text(json.dumps(content))


def set_trial(place, value):
    def change(content):
        content["trials"][7][place] = value

    return change


@pytest.mark.parametrize("change", [set_trial(4, "0" * 64), set_trial(1, 5)])
def test_a_forged_trial_is_found(certificate, change):
    forge(certificate, change)
    assert check(certificate, sample=20, seed=0)["differs"] == [7]


def test_a_forged_seed_is_found_whatever_the_sample(certificate):
    forge(certificate, set_trial(1, 5))
    assert all(check(certificate, sample=1, seed=seed)["differs"] == [7] for seed in range(3))


@pytest.mark.parametrize(
    "change",
    [
        lambda content: content["trials"].pop(),
        lambda content: content["trials"].append(content["trials"][0]),
        lambda content: content.update(confidence=0),
        lambda content: content.update(confidence="x"),
        lambda content: content.update(within_rounds=1000),
        lambda content: content.update(genome="planarian"),
        lambda content: content.update(genome_base64="abc"),
        lambda content: content.update(trials=5),
        lambda content: content.update(trials=[[1, 2]]),
        lambda content: content.update(point=9),
        lambda content: content.pop("trials"),
        lambda content: content.update(plan="title = 1"),
        lambda content: content.update(yardstick="kind"),
        lambda content: content.update(plan=content["plan"].replace("trials", "seed = 1\ntrials")),
        set_trial(2, "healthy"),
        set_trial(3, "soon"),
        set_trial(0, 7.0),
        set_trial(3, -1.0),
        set_trial(3, True),
        set_trial(4, None),
        set_trial(4, "0"),
        set_trial(1, None),
        lambda content: content["trials"].__setitem__(0, [False, *content["trials"][0][1:]]),
        lambda content: content.update(point=False),
        lambda content: content.update(point=0.0),
    ],
)
def test_a_forged_certificate_does_not_add_up(certificate, change):
    forge(certificate, change)
    with pytest.raises(InputError):
        check(certificate, 1, 0)


def test_the_results_are_not_written_over(folder):
    before = (folder / "campaign.db").read_bytes()
    with pytest.raises(InputError, match="it would overwrite what is read"):
        certify(folder, 10, 0.9, 0, folder / "campaign.db")
    with pytest.raises(InputError, match="it would overwrite what is read"):
        replay(folder, 0, 0, film=folder / "campaign.db")
    with pytest.raises(InputError, match="two results"):
        replay(folder, 0, 0, film=folder / "x.gif", figure=folder / "x.gif")
    assert (folder / "campaign.db").read_bytes() == before


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"healed": 20}, "it was changed after it was made"),
        ({"statement": "All is well."}, "it was changed"),
        ({"planaria": "0.0.1"}, "it is of planaria 0.0.1"),
        ({"format": "diploma"}, "it is no planaria certificate 2"),
    ],
)
def test_a_changed_certificate_is_refused(certificate, values, says):
    change(certificate, **values)
    with pytest.raises(InputError, match=says):
        check(certificate, 1, 0)


def test_better_figures_with_a_new_hash_do_not_add_up(certificate):
    content = json.loads(certificate.read_text()) | {"healed_share_at_least": 0.9999}
    content["sha256"] = claim.fingerprint(content)
    certificate.write_text(json.dumps(content))
    with pytest.raises(InputError, match="it was changed"):
        check(certificate, 1, 0)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ((60, 0.9, 0), "--within: 60 - it must be above 0, and trials were watched for 17 rounds"),
        ((0, 0.9, 0), "--within: 0 - it must be above 0"),
        ((10, 1.0, 0), "confidence: 1.0 - it must be above 0 and below 1"),
        ((10, 0.9, 2), "point: 2 - the plan has 0 to 1"),
    ],
)
def test_bad_input(folder, tmp_path, options, says):
    with pytest.raises(InputError, match=says):
        certify(folder, *options, tmp_path / "c.json")
    assert not list(tmp_path.iterdir())


def test_unfinished_or_stopped_by_its_own_outcome(tmp_path):
    plan = Plan.parse(PLAN, "tiny.toml")
    measure(plan, tmp_path / "early", workers=1, until=0.9, quiet=True)
    with pytest.raises(InputError, match="they were stopped early by their own outcome"):
        certify(tmp_path / "early", 10, 0.9, 0, tmp_path / "c.json")
    with pytest.raises(InputError, match=r"it cannot be read|it is no JSON"):
        check(tmp_path / "nothing.json", 1, 0)
    with pytest.raises(InputError, match="sample: 0"):
        check(tmp_path / "nothing.json", 0, 0)


def test_the_hint_how_to_check_can_be_pasted(capsys):
    about = dict.fromkeys(("statement", "genome", "genome_sha256", "plan_sha256", "planaria"), "x")
    print_certificate(about, Path("-my c.json"))
    assert capsys.readouterr().out.endswith(" certify --check './-my c.json'\n")


def at_round(strikes, horizon, folder, recovery=""):
    """The two campaigns of the findings, smaller: the same wounds, two moments."""
    text = f"""
title = "half at round {strikes}"
genomes = ["ring"]
timeline = ["restart:{{side}}@{strikes}"]
trials = 12
horizon_rounds = {horizon}
[world]
grid = "24x24"
loss = 0.05
[recovery]
{recovery}
[draw]
side = {{ of = ["half:left", "half:right", "half:top", "half:bottom"] }}
"""
    measure(Plan.parse(text, "half.toml"), folder, workers=1, quiet=True)
    return folder


def test_growth_is_not_taken_for_healing(tmp_path):
    """At round 40 all "recovered" once, by the E of the growing organism, and a certificate said so."""
    folder = at_round(40, 120, tmp_path / "early")
    for yardstick in Yardstick:
        with pytest.raises(InputError) as caught:
            certify(folder, 8, 0.95, 0, tmp_path / "c.json", yardstick)
        said = str(caught.value)
        assert "half at round 40 - 12 of 12 trials had not grown when the fault struck, more than 2%" in said
        assert "strike later" in said
    assert not (tmp_path / "c.json").exists()


def test_what_has_grown_is_certified_for_what_it_does(tmp_path):
    folder = at_round(150, 230, tmp_path / "late", "grown_error = 100")
    said = certify(folder, 8, 0.95, 0, tmp_path / "c.json")
    assert (said["healed"], said["healed_share_at_least"]) == (0, 0.0), "nobody is clean after 8 rounds"
    later = certify(folder, 55, 0.95, 0, tmp_path / "c.json", force=True)
    assert later["healed"] > 0
    assert later["wounds"] + later["unharmed"] + later["not_grown"] == 12


def test_wounds_while_growing_are_a_family_of_their_own(tmp_path):
    text = PLAN.replace("@60", "@12").replace("grown_error = 1000", "while_growing = true")
    measure(Plan.parse(text, "g.toml"), tmp_path / "g", workers=2, quiet=True)
    said = certify(tmp_path / "g", 60, 0.9, 0, tmp_path / "c.json")
    assert (said["wounds"], said["unharmed"], said["not_grown"]) == (20, 0, 0)
    assert "of the wounds of this family of organisms wounded while growing are healed" in said["statement"]
    assert check(tmp_path / "c.json", 3, 0)["differs"] == []
    with pytest.raises(InputError, match="20 of 20 trials had not grown"):
        certify(tmp_path / "g", 60, 0.9, 0, tmp_path / "r.json", Yardstick.RELATIVE)


def test_nobody_has_chosen_the_seed_nor_the_number_after_looking(tmp_path):
    few = PLAN.replace("trials = 20", "trials = 2")
    measure(
        Plan.parse(few.replace("trials", "seed = 3\ntrials"), "s.toml"), tmp_path / "s", workers=1, quiet=True
    )
    with pytest.raises(InputError, match=r"plan: seed = 3 - somebody has chosen it.*leave it out"):
        certify(tmp_path / "s", 10, 0.9, 0, tmp_path / "c.json")
    for trials in ("trials = 2", "trials = 3"):
        plan = Plan.parse(PLAN.replace("trials = 20", trials), "n.toml")
        measure(plan, tmp_path / "n", workers=1, quiet=True)
    with pytest.raises(InputError, match="trials were added after the first could be seen"):
        certify(tmp_path / "n", 10, 0.9, 0, tmp_path / "c.json")


def test_a_certificate_of_another_genome_has_other_seeds(certificate):
    """Whoever swaps the genome under the trials is found without running any."""
    content = json.loads(certificate.read_text())
    ring = open_genome("ring")
    other = replace(ring, shift1=1 + ring.shift1 % 15).to_bytes()
    content["genome_base64"] = base64.b64encode(other).decode()
    content["genome_sha256"] = hashlib.sha256(other).hexdigest()
    content["sha256"] = claim.fingerprint(content)
    certificate.write_text(json.dumps(content))
    assert check(certificate, 1, 0)["differs"] == list(range(20))
