"""The page is whole in itself: by what is written in it, and by what a browser asks the network for."""

import json
import shutil
import subprocess
import tempfile
from html.parser import HTMLParser

import pytest

from emulator.record.recovery import Outcome
from planaria.campaign.page import page
from planaria.campaign.report import report

from .made_up import made_up_plan, made_up_results, made_up_trial

HOSTILE = '</title><script>alert(1)</script><img src=http://elsewhere.test/title.png> & "cuts" {{ 7 * 7 }}'


@pytest.fixture(scope="module")
def html(tmp_path_factory):
    """A page with every section."""
    folder = tmp_path_factory.mktemp("results")
    plan = made_up_plan(
        ("planarian", "<i>gecko</i>"),
        {"loss": [0, 0.1]},
        {"row": (0, 9), "col": (0, 9), "radius": (1, 3)},
        title=HOSTILE,
        trials=15,
    )
    report(plan, made_up_results(plan, lambda p, d: 0.8, lambda p, d: 30), folder)
    return (folder / "report.html").read_text()


class Parsed(HTMLParser):
    """What the page is made of."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.attributes, self.text = [], [], []
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.attributes += [(tag, *attribute) for attribute in attributes]

    def handle_data(self, data):
        self.text.append(data)


def test_everything_is_in_the_page(html):
    parsed = Parsed(html)
    links = [
        value for _, name, value in parsed.attributes if name in ("src", "href", "srcset", "action", "data")
    ]
    assert len([link for link in links if link.startswith("data:image/png;base64,")]) == 4
    assert all(link.startswith("data:") for link in links)
    for tag in ("script", "iframe", "object", "embed", "form", "base", "video", "audio"):
        assert tag not in parsed.tags
    assert not [attribute for attribute in parsed.attributes if attribute[1].startswith(("on", "style"))]
    style = html[html.index("<style>") : html.index("</style>")]
    assert "url(" not in style
    assert "@import" not in style


def test_policy_comes_before_everything_that_it_rules(html):
    policies = [value for tag, name, value in Parsed(html).attributes if tag == "meta" and name == "content"]
    assert policies[0].startswith("default-src 'none'; img-src data:; style-src 'sha256-")
    assert html.index("Content-Security-Policy") < html.index("<link")


def test_text_of_the_user_is_text(html):
    parsed = Parsed(html)
    assert parsed.text.count(HOSTILE) == 2, "as the title of the page and of the document"
    assert "&lt;/title&gt;&lt;script&gt;" in html
    assert "&lt;i&gt;gecko&lt;/i&gt;" in html
    assert "i" not in parsed.tags


def test_the_page_shows_the_numbers(tmp_path):
    plan = made_up_plan(sweep={"cut": ["half:left", "half:top"]}, trials=20)
    results = made_up_results(plan, lambda p, d: 0.8, lambda p, d: 30)
    content = report(plan, results, tmp_path)
    html = (tmp_path / "report.html").read_text()
    assert html == page(content, {name: (tmp_path / name).read_bytes() for name in content["figures"]})
    for point in content["points"]:
        for yardstick in ("clean", "recognisable", "relative"):
            share = point[yardstick]["outcomes"]["recovered"]
            cell = f"{share['value']:.1%} ({share['low']:.1%} to {share['high']:.1%})"
            first, _, last = cell.replace("%", " %").partition(" to ")
            assert f"{first.removesuffix(' %')} to {last}" in html
        assert f"{point['clean']['restricted_mean_rounds']['value']:.1f} (" in html
    (test,) = content["comparisons"]
    assert f"<td>{test['chi2']:.3f}</td>" in html
    for trial in content["worst"]:
        assert f"<code>{trial['replay']}</code>" in html
    assert content["plan_sha256"] in html
    assert content["version"] in html


def test_the_page_leads_with_clean_and_says_who_is_left_out(tmp_path):
    plan = made_up_plan(trials=6)
    results = [
        made_up_trial(0, 0, Outcome.RECOVERED, 9.0),
        made_up_trial(0, 1, Outcome.DISPLACED, None, outcome=Outcome.RECOVERED, rounds=7.0),
        made_up_trial(0, 2, Outcome.RELAPSED),
        made_up_trial(0, 3, Outcome.EXTINCT),
        made_up_trial(0, 4, Outcome.UNHARMED),
        made_up_trial(0, 5, Outcome.NOT_GROWN),
    ]
    report(plan, results, tmp_path)
    text = " ".join("".join(Parsed((tmp_path / "report.html").read_text()).text).split())
    assert "1 of 4 harmed trials were clean again: E at most 3 for 25 rounds, and at the end. " in text
    assert "1 of 4 were recognisable, 2 of 4 recovered by the relative yardstick." in text
    assert "Of those not clean 0 were not by the horizon, 1 stood displaced, 1 had relapsed," in text
    assert "1 more were not harmed and are left out. 1 of 6 had not grown when the fault struck" in text
    assert "Kaplan" not in text
    assert "Cumulative incidence of recovery (Aalen and Johansen)" in text


@pytest.fixture
def browse(tmp_path):
    """``browse(html)`` -> (the document that the browser made of the file, what it asked the network for).

    The browser's own log of its network has both its own requests, which carry other keys, and those on
    behalf of the file, whatever they are for: pictures, frames, connections made ahead, look-ups of names.
    No name can be resolved, so that nothing leaves this machine.
    """
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        pytest.skip("chromium is not installed")

    def call(html):
        profile = tempfile.mkdtemp(dir=tmp_path)  # a known one has learnt what to connect to
        file, log = tmp_path / "report.html", tmp_path / "network.json"
        file.write_text(html)
        process = subprocess.run(
            [
                chromium,
                *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
                *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
                "--host-resolver-rules=MAP * ~NOTFOUND",
                f"--user-data-dir={profile}",
                f"--log-net-log={log}",
                "--dump-dom",
                file.as_uri(),
            ],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert process.returncode == 0, process.stderr
        events = [event.get("params", {}) for event in json.loads(log.read_text())["events"]]
        keys = ("network_isolation_key", "network_anonymization_key")
        asked = [event for event in events if any(event.get(key, "").startswith("file:") for key in keys)]
        return process.stdout, {event.get("url") or event.get("host") for event in asked}

    return call


LEAKS = """
<img src="http://elsewhere.test/picture.png"><link rel="stylesheet" href="http://elsewhere.test/sheet.css">
<script src="http://elsewhere.test/script.js"></script><a href="http://elsewhere.test/">elsewhere</a>
"""


def test_a_browser_asks_nobody_for_anything(browse, html):
    document, requests = browse(html)
    assert "Worst trials first" in document
    assert document.count("data:image/png;base64,") == 4
    assert requests == set()


def test_what_leaves_another_page_is_seen_and_the_policy_stops_it_in_ours(browse, html):
    _, requests = browse(f"<!doctype html><title>leaks</title>{LEAKS}")
    names = ("picture.png", "sheet.css", "script.js")
    assert {f"http://elsewhere.test/{name}" for name in names} <= requests
    document, requests = browse(html.replace("</body>", f"{LEAKS}</body>"))
    assert "elsewhere.test/picture.png" in document
    assert requests == set()
