"""The house keeps its own rules: files that are short, docstrings that stand alone, paths that exist."""

import ast
import re
import statistics
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("firmware", "emulator", "trainer", "planaria")
SOURCES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
DOCUMENTS = sorted([*(ROOT / "docs").glob("*.md"), ROOT / "README.md", ROOT / "SECURITY.md"])

LEANING = {
    "It",
    "That",
    "As",
    "Likewise",
    "They",
    "Them",
    "Those",
    "These",
    "This",
    "Its",
    "Their",
    "Also",
    "Just",
}
"""First words that lean on something that an editor's hover does not show."""

WORDS_MIN = 4


def documented(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            text = ast.get_docstring(node)
            if text:
                yield node, text.splitlines()[0].split()


@pytest.mark.parametrize("package", PACKAGES)
def test_a_docstring_is_understood_by_one_who_sees_nothing_else(package):
    leaning = [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}: {' '.join(words)}"
        for path in SOURCES
        if path.is_relative_to(ROOT / package)
        for node, words in documented(path)
        if len(words) <= WORDS_MIN or words[0].strip(",.") in LEANING
    ]
    assert leaning == []


def test_files_are_short():
    lines = {path: len(path.read_text().splitlines()) for path in SOURCES}
    assert [str(path) for path, count in lines.items() if count > 400] == []
    assert statistics.median(lines.values()) <= 150


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_paths_in_documents_exist(document):
    """Whole, from the root of the repository, or the name of a file beside those that were named before."""
    named = re.findall(r"`((?:[\w-]+/)+[\w.-]*)`", document.read_text())
    rooted = [
        name for name in named if name.split("/")[0] in {*PACKAGES, "tests", "docs", "examples", "benchmarks"}
    ]
    assert [name for name in rooted if not (ROOT / name).exists()] == []
