"""Running the command as a user does: in a process of its own."""

import os
import shutil
import subprocess
import sys

import pytest


@pytest.fixture
def planaria(tmp_path):
    """``planaria("run", "planarian", ...)`` in an empty folder; returns the finished process."""

    def call(*arguments, encoding=None, **environment):
        return subprocess.run(
            [sys.executable, "-m", "planaria", *map(str, arguments)],
            capture_output=True,
            text=True,
            encoding=encoding,
            cwd=tmp_path,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)} | environment,
            timeout=300,
            check=False,
        )

    return call


@pytest.fixture
def bound(tmp_path):
    """``bound("run", ...)`` as ``planaria``, by one whom permissions bind, as they do not root."""
    prefix = []
    if os.geteuid() == 0:
        if shutil.which("setpriv") is None:
            pytest.skip("root may write everywhere, and there is no setpriv to give that up")
        prefix = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"]

    def call(*arguments, module="planaria", **environment):
        return subprocess.run(
            [*prefix, sys.executable, "-m", module, *map(str, arguments)],
            capture_output=True,
            text=True,
            cwd=tmp_path,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)} | environment,
            timeout=300,
            check=False,
        )

    return call


@pytest.fixture
def refused(planaria, tmp_path):
    """The command must exit with 2 and one message that holds these words, and leave nothing behind."""

    def call(*arguments, says):
        before = sorted(tmp_path.rglob("*"))
        process = planaria(*arguments)
        assert process.returncode == 2, process
        assert process.stdout == ""
        assert "Traceback" not in process.stderr
        assert len(process.stderr.splitlines()) == 1, process.stderr
        for words in says:
            assert words in process.stderr
        assert sorted(tmp_path.rglob("*")) == before

    return call


@pytest.fixture
def on_the_path(monkeypatch):
    """A shell finds ``planaria``, so that hints are the same wherever tests run."""
    monkeypatch.setattr("planaria.hint.shutil.which", lambda name: f"/bin/{name}")
