"""Certificates of strangers, who can make all hashes anew: what does not follow is refused, at once."""

import base64
import hashlib
import json
import time
import tracemalloc
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.record.recovery import Outcome
from firmware.errors import InputError
from planaria.campaign import certificate as certificates
from planaria.campaign import claim
from planaria.campaign.certificate import FILE_MAX_BYTES, certify, check
from planaria.campaign.plan import Plan
from planaria.campaign.shape import parse
from planaria.campaign.store import Store
from planaria.shipped import open_genome
from tests.planaria.campaign.test_plan_limits import fill
from tests.planaria.campaign.test_store import FAILED, HEALED, SEEDED, fitting
from tests.planaria.campaign.tiny import PLAN


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """Twenty trials of which nobody knows whether they are so: none is simulated."""
    folder = tmp_path_factory.mktemp("results")
    plan, genomes = Plan.parse(PLAN, "p.toml"), {"ring": open_genome("ring")}
    with Store.create_or_open(folder, plan, genomes, None) as store:
        store.add([fitting(SEEDED, HEALED if i % 4 else FAILED, index=i) for i in range(20)])
    return folder


@pytest.fixture(scope="module")
def text(results):
    certify(results, 10, 0.9, 0, results / "c.json")
    return (results / "c.json").read_text()


@pytest.fixture(autouse=True)
def no_trial_is_run(monkeypatch):
    monkeypatch.setattr(certificates, "run_trial", lambda _genome, trial: _as_stored(trial))


def _as_stored(trial):
    return fitting(SEEDED, HEALED if trial.index % 4 else FAILED, index=trial.index)


def sign(content):
    content["sha256"] = claim.fingerprint(content)
    return json.dumps(content)


def refused(path, content, says="certificate: "):
    """Within a second."""
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    started_s = time.process_time()
    with pytest.raises(InputError) as caught:
        check(path, 20, 0)
    assert time.process_time() - started_s < 2  # of a machine that has more to do
    message = str(caught.value)
    assert says in message
    assert len(message) < 1000
    assert len(message.splitlines()) == 1


def test_what_nobody_has_changed_is_good(text, tmp_path):
    (tmp_path / "c.json").write_text(text)
    result = check(tmp_path / "c.json", 20, 0)
    assert (result["run_again"], result["differs"]) == (20, [])
    assert "(15 of 20 were; 5 stood displaced at the end;" in result["statement"]


NO_JSON = {
    "nothing": b"",
    "no JSON": b"results, believe me",
    "deep": b"[" * FILE_MAX_BYTES,
    "deep objects": b'{"a":' * (FILE_MAX_BYTES // 5),
    "an endless number": b'{"a": NaN}',
    "another": b"[-Infinity]",
    "many digits": b"[" + b"9" * 5000 + b"]",
    "a key twice": b'{"format": "planaria certificate 2", "format": "planaria certificate 2"}',
    "not UTF-8": b'"\xff"',
    "UTF-16": '{"format": 1}'.encode("utf-16"),
    "objects": b"[" + b"{}," * 1000 + b"1]",
}


@pytest.mark.parametrize("name", NO_JSON)
def test_no_json(tmp_path, name):
    refused(tmp_path / "c.json", NO_JSON[name], "it is no JSON; make one with 'planaria certify'")


@pytest.mark.parametrize(
    "unit", [b"[],", b"[[[]]],", b"[1.5,2.5,3.5],", b"1.5,", b"12,", b'"ab",', b'"\\u0041",']
)
def test_the_largest_file_needs_little_time_and_memory(tmp_path, unit):
    content = b"[" + unit * ((FILE_MAX_BYTES - 3) // len(unit) - 1) + b"1]"
    refused(tmp_path / "c.json", content, "it is no ")
    small = content[: 20_000 * len(unit) + 1] + b"1]"
    tracemalloc.start()
    with suppress(ValueError):
        parse(small)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak * (len(content) / len(small)) < 3e8


def test_a_larger_file_is_refused(tmp_path):
    refused(tmp_path / "c.json", b" " * (FILE_MAX_BYTES + 1), "it has more than 16,777,216 bytes")


def test_a_certificate_that_could_not_be_read_is_not_written(results, tmp_path, monkeypatch):
    monkeypatch.setattr(certificates, "FILE_MAX_BYTES", 3000)
    with pytest.raises(InputError, match=r"trials: 20 - with them a certificate has .* it can have 3,000"):
        certify(results, 10, 0.9, 0, tmp_path / "c.json")
    assert not (tmp_path / "c.json").exists()


@pytest.mark.parametrize("content", [b"7", b"[]", b"{}", b'"x"', b"null", b'{"format": []}'])
def test_other_json(tmp_path, content):
    refused(tmp_path / "c.json", content, "it is no planaria certificate 2")


def test_a_key_twice_in_a_good_one(text, tmp_path):
    refused(tmp_path / "c.json", text.replace('"wounds"', '"wounds": 1, "wounds"', 1), "it is no JSON")
    refused(tmp_path / "c.json", text.replace('"point": 0', '"point": {}', 1), "it is no JSON")


def put(**values):
    return lambda content: content.update(values)


def in_row(place, value, row=7):
    return lambda content: content["trials"][row].__setitem__(place, value)


def replan(old, new):
    def change(content):
        assert old in content["plan"]
        content["plan"] = content["plan"].replace(old, new)
        content["plan_sha256"] = hashlib.sha256(content["plan"].encode()).hexdigest()

    return change


HOSTILE = {
    "a key more": put(more=1),
    "a key less": lambda content: content.pop("yardstick"),
    "no statement": put(statement=None),
    "a list for a version": put(planaria=["0"]),
    "a version of a megabyte": put(planaria="9" * 1_000_000),
    "a version with commands": put(planaria="\x1b[2J"),
    "yes for a number": put(wounds=True),
    "a float for a count": put(healed=15.0),
    "a text for a count": put(displaced="5"),
    "a huge count": put(unharmed=10**400),
    "a huge confidence": put(confidence=10**400),
    "yes for a confidence": put(confidence=True),
    "yes for rounds": put(within_rounds=True),
    "another share": put(healed_share_at_least=0.99),
    "other counts": put(wounds=15),
    "no rows": put(trials=[]),
    "rows in an object": put(trials="x"),
    "a row more": lambda content: content["trials"].append(content["trials"][-1]),
    "a row less": lambda content: content["trials"].pop(),
    "a row that is longer": lambda content: content["trials"][3].append(1),
    "a row that is shorter": lambda content: content["trials"][3].pop(),
    "a text for a row": lambda content: content["trials"].__setitem__(3, "abcde"),
    "rows in another order": lambda content: content["trials"].reverse(),
    "a float for an index": in_row(0, 7.0),
    "yes for an index": in_row(0, True, row=1),
    "a negative seed": in_row(1, -1),
    "a seed of 65 bits": in_row(1, 1 << 64),
    "a huge seed": in_row(1, 10**4000),
    "a float for a seed": in_row(1, 5.0),
    "another outcome": in_row(2, "great"),
    "healed that is not": in_row(2, "extinct"),
    "not healed that is": in_row(2, "recovered", row=4),
    "rounds of one that is not healed": in_row(3, 3.0, row=4),
    "no rounds of one that is": in_row(3, None),
    "negative rounds": in_row(3, -1.0),
    "whole rounds": in_row(3, 7),
    "rounds beyond the watch": in_row(3, 77.5),
    "a trace that is none": in_row(4, "g" * 64),
    "a short trace": in_row(4, "a" * 63),
    "a trace with a line break": in_row(4, "a" * 64 + "\n"),
    "a trace in large letters": in_row(4, "A" * 64),
    "a point that is not there": put(point=2),
    "a negative point": put(point=-1),
    "another name of the genome": put(genome="frog"),
    "another hash of the genome": put(genome_sha256="0" * 64),
    "another hash of the plan": put(plan_sha256="0" * 64),
    "no genome": put(genome_base64=""),
    "a genome with spaces": lambda content: content.update(genome_base64=f" {content['genome_base64']}"),
    "letters that base64 does not have": put(genome_base64="é"),
    "no plan": put(plan=""),
    "half a surrogate pair": put(plan="\ud800"),
    "another yardstick": put(yardstick="relative"),
    "no yardstick": put(yardstick="x"),
    "within the horizon": put(within_rounds=78),
    "ten million trials": replan("trials = 20", "trials = 5_000_000"),
    "a chosen seed": replan("trials = 20", "trials = 20\nseed = 1"),
    "a huge grid": replan('"22x22"', '"46000x46000"'),
    "a key of half a megabyte": replan("title", fill("a.")[:200_000] + "a = 1\ntitle"),
    "many faults": replan("@60\"", "@60\"" + ', "mix:1000@2+9"' * 300),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_what_does_not_follow_is_refused_though_it_is_signed(text, tmp_path, name):
    content = json.loads(text)
    HOSTILE[name](content)
    signed = sign(content)
    refused(tmp_path / "c.json", signed)


def test_the_statement_is_made_anew_from_the_rows(text, tmp_path):
    """Counts and statement that follow from forged rows are found by running them again, if at all."""
    content = json.loads(text)
    for row in content["trials"]:
        row[2:4] = ["recovered", 1.0]
    outcomes = [(Outcome(row[2]), row[3]) for row in content["trials"]]
    content |= claim.count(outcomes, content["within_rounds"], content["confidence"])
    refused(tmp_path / "c.json", sign(content), "it was changed after it was made")
    content["statement"] = claim.statement(content, SEEDED)
    (tmp_path / "c.json").write_text(sign(content))
    assert check(tmp_path / "c.json", 20, 0)["differs"] == list(range(20))


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text("a0{\0\ud800é", max_size=4)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text("ab"), inner, max_size=3)),
    max_leaves=5,
)


@given(st.data(), JSON)
def test_any_value_anywhere_is_refused_or_changes_nothing(text, tmp_path_factory, data, value):
    content = json.loads(text)
    before = json.loads(text)
    name = data.draw(st.sampled_from(sorted(content)))
    if name == "trials":
        row = data.draw(st.integers(0, 19))
        content[name][row][data.draw(st.integers(0, 4))] = value
    else:
        content[name] = value
    path = tmp_path_factory.getbasetemp() / "any.json"
    path.write_text(sign(content) if name != "sha256" else json.dumps(content))
    try:
        result = check(path, 20, 0)
    except InputError:
        return
    assert result["differs"] or content == before or _same_but_for_numbers(content, before)


def _same_but_for_numbers(content, before):
    """``16.0`` says what ``16`` does."""
    return all(content[name] == before[name] for name in before if name != "sha256")


@given(st.binary(max_size=60), st.integers(0, 4000))
def test_any_bytes_are_refused_or_change_nothing(text, tmp_path_factory, junk, place):
    content = text.encode()
    place %= len(content)
    path = tmp_path_factory.getbasetemp() / "bytes.json"
    path.write_bytes(content[:place] + junk + content[place + len(junk) :])
    try:
        check(path, 20, 0)
    except InputError:
        return
    assert json.loads(path.read_bytes()) == json.loads(text)


def test_a_genome_of_any_bytes_is_refused(text, tmp_path):
    for genome in (b"", b"x" * 100, bytes(1 << 20)):
        content = json.loads(text)
        content["genome_base64"] = base64.b64encode(genome).decode()
        content["genome_sha256"] = hashlib.sha256(genome).hexdigest()
        refused(tmp_path / "c.json", sign(content))
