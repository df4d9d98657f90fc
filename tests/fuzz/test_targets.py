"""Each fuzzer for about a second, always with the same inputs; ``make fuzz`` goes on for hours."""

import pytest

from tests.fuzz.target import tried
from tests.fuzz.targets import TARGETS

SEED = 1
SECONDS = 0.6


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_every_input_is_used_or_properly_refused(target, monkeypatch, tmp_path):
    for module in target.needs:
        pytest.importorskip(module, reason=f"{module} is not installed")
    monkeypatch.chdir(tmp_path)
    target.prepare()
    tally = tried(target, SEED, range(int(SECONDS * target.rate)))
    assert tally.findings == {}
    assert tally.accepted
    assert tally.refused or not target.refuses
