"""Command lines: words and options of all commands, right and wrong; the long work itself is left out."""

import io
import json
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, chdir, contextmanager, redirect_stderr, redirect_stdout
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from random import Random
from typing import Any
from unittest.mock import patch

from firmware.errors import InputError
from planaria.commands.main import _parser, main
from planaria.shipped import shipped_paths
from planaria.worth import CAMPAIGN_FILE
from tests.fuzz import campaign
from tests.fuzz.mutations import REAL, TEXTS, WHOLE, misspelt
from tests.fuzz.picture import pictures
from tests.fuzz.target import RefusedError, Target, scratch
from tests.fuzz.texts import REGIONS, WORDS

GRIDS = ("22x22", "24x24", "22x22", "2x2", "0x0", "12", "-1x5", "1000000x1000000", "22x22x22", "٣x٣")
ROUNDS = ("1", "2", "3", "0", "-1", "x", "1.5", "100000000000000000000")
FILES = (
    *(
        "ring.genome",
        "plan.toml",
        "results",
        "picture.png",
        "certificate.json",
        "missing",
        "missing/x",
        ".",
        "-",
    ),
    *("new.genome", "new.gif", "new.png", "new", "a.checkpoint"),
)
GENOMES = ("ring", "planarian", "ring.genome", "ring", *FILES)
VALUES: dict[str, tuple[object, ...]] = {
    "genome": GENOMES,
    "--grid": GRIDS,
    "--topology": (
        "square8",
        "square8",
        "hex6",
        "cube6",
        "graph:net",
        "graph:missing",
        "graph:ring",
        "torus",
    ),
    "--rounds": ROUNDS,
    "--engine": ("window", "reference", "window", "warp", ""),
    "--kernel": ("auto", "numpy", "f32", "quantum"),
    "--target": ("rv32ec", "host", "z80", "wasm", "all"),
    "--clock": ("exponential", "uniform", "sundial"),
    "--chip": ("rv32ec", "cortex-m0plus@48MHz", "z80", "rv32imc@0MHz"),
    "--side": ("16", "0", "-1", "x"),
    "--seconds": ("0.01", "0", "nan", "-1"),
    "--sample": ("1", "2", "0"),
    "--workers": ("1", "0", "-1", "1000000"),
    "--trial": ("0", "1", "2", "-1", "99"),
    "--point": ("0", "1", "2", "-1"),
    "--within": ("10", "0", "1e9", "nan"),
    "--confidence": ("0.9", "0", "1", "2", "nan"),
    "--yardstick": ("clean", "relative", "recognisable", "x"),
    "--device": ("cpu", "cuda", "x"),
    "--regime": ("growing", "x"),
    "--scheduler": ("", "x", "tcp://"),
    "folder": ("results", "results", *FILES),
    "plan": ("plan.toml", "five-cuts", *FILES),
    "kind": ("kill", "loss", "x"),
    "target": ("ring", "picture.png", "🦎", "x", ""),
}
WORK = (
    "planaria.train.train_and_appraise",
    "planaria.build.build",
    "planaria.verify.build",
    "planaria.verify.verify",
    "planaria.bench.bench.contenders",
    "planaria.demo.demo",
    "planaria.campaign.measure._local",
    "planaria.campaign.report.summarise",
)
"""What takes seconds: it is as if it refused, after all options were read."""


@cache
def home() -> Path:
    """A folder with a file of each kind."""
    database = campaign.database()
    if find_spec("safetensors"):
        import trainer.session  # noqa: F401 (takes a second)
    folder = scratch() / "home"
    folder.mkdir()
    (folder / "results").mkdir()
    (folder / "results" / CAMPAIGN_FILE).write_bytes(database)
    shutil.copy(shipped_paths()["ring"], folder / "ring.genome")
    (folder / "certificate.json").write_text(json.dumps(campaign.certificate()))
    (folder / "picture.png").write_bytes(pictures()["PNG"])
    (folder / "plan.toml").write_text(campaign.PLAN)
    (folder / "net").write_text("a b\n")
    return folder


@cache
def commands() -> dict[str, list[Any]]:
    """Name of each command -> its arguments, as argparse has them."""
    (choices,) = (action.choices for action in _parser()._actions if action.choices)
    return {name: parser._actions for name, parser in choices.items()}


def of_words(random: Random) -> bytes:
    name = random.choice((*commands(), "run", "inspect"))
    words = [name if random.random() < 0.99 else random.choice(TEXTS)]
    for action in commands()[name]:
        usual = not action.option_strings or action.required
        if random.random() < (0.97 if usual else 0.12):
            flag = max(action.option_strings, key=len, default="")
            words += [flag] if flag else []
            if action.nargs != 0:
                words.append(value(random, flag or action.dest, action))
    if name == "run" and "--rounds" not in words:
        words += ["--rounds", "2"]  # the usual 200 take the reference engine a minute
    for _ in range(random.choice((0, 0, 0, 1, 2))):
        at = random.randrange(1, len(words) + 1)
        words[at:at] = [
            random.choice((*TEXTS, *FILES, "--json", "--help", "-x", "--", "-1", *map(str, WHOLE)))
        ]
    return "\0".join(word.replace("\0", "") for word in words).encode("utf-8", "surrogatepass")


def within(word: str) -> str:
    """A word that names nothing outside of the folder where it is tried: some of them are written."""
    word = word.replace("..", "._")
    return word if word == "missing/x" else word.replace("/", "_")


def value(random: Random, name: str, action: Any) -> str:
    if random.random() < 0.1 and name not in ("--grid", "--rounds", "--side", "--seconds"):
        return random.choice((*TEXTS, *map(str, (*WHOLE, *REAL))))
    if name in VALUES:
        return str(random.choice(VALUES[name]))
    if name == "--fault":
        text = (
            f"{random.choice(('kill', 'restart', 'loss'))}:{random.choice(REGIONS)}@{random.choice('0123')}"
        )
        return text if random.random() < 0.5 else misspelt(random, text, WORDS)
    if action.type is int:
        return str(random.choice((0, 1, 2, 20, random.choice(WHOLE))))
    if action.type is float:
        return str(random.choice((0, 0.05, 0.5, 1, random.choice(REAL))))
    return random.choice(FILES)


@contextmanager
def without_work() -> Iterator[None]:
    with ExitStack() as stack:
        for name in WORK:
            refusal = InputError("fuzzer", name, "it takes too long", "leave it out")
            stack.enter_context(patch(name, side_effect=refusal))
        yield


def run(content: bytes) -> None:
    """It ends with 0 or 2, says nothing of a traceback, and leaves what was there as it was."""
    arguments = list(map(within, content.decode("utf-8", "surrogatepass").split("\0")))
    folder = scratch() / "here"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(home(), folder)
    before = files(folder)
    out, err = io.StringIO(), io.StringIO()
    try:
        with chdir(folder), without_work(), redirect_stdout(out), redirect_stderr(err):
            status = main(arguments)
    except SystemExit as error:  # of argparse
        status = error.code if isinstance(error.code, int) else 70
    assert status in (0, 2), f"status {status}: {arguments}: {err.getvalue()[-300:]}"
    assert "Traceback" not in err.getvalue(), err.getvalue()
    if "--force" not in arguments:
        after = files(folder)
        changed = [name for name in before if before[name] != after.get(name)]
        assert not changed, f"{changed} are gone, or others: {arguments}"
    if status == 2:
        raise RefusedError


def files(folder: Path) -> dict[str, bytes]:
    """What must stay as it is; results may be added to."""
    return {path.name: path.read_bytes() for path in folder.glob("*.*") if path.is_file()}


TARGETS = (Target("command-line", of_words, run, 40),)
