import warnings
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.figure import Figure

from planaria.pictures.labels import LABEL_MAX, in_figure


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("planarian", "planarian"),
        ("$x^$ y", r"\$x^\$ y"),
        ("Ba$$in", r"Ba\$\$in"),
        ("_hidden", " _hidden"),
        ("two\nlines\tand\r\n", "two lines and  "),
        ("<b>&amp;", "<b>&amp;"),
        ("lizard 🦎", "lizard □"),
        ("\x1b[31mred\x00", "□[31mred□"),
        ("\udcff", "□"),
        ("a" * 36, "a" * 36),
        ("a" * 20 + "b" * 20, "a" * 17 + "…" + "b" * 17),
        ("_" + "a" * 40, " _" + "a" * 16 + "…" + "a" * 17),
        ("", ""),
    ],
)
def test_by_hand(text, shown):
    assert in_figure(text) == shown


@settings(deadline=None, max_examples=40)
@given(st.text(st.characters(), min_size=1, max_size=60) | st.text("$_\\{}^a\n🦎", min_size=1, max_size=12))
def test_matplotlib_draws_any_text_without_a_word(text):
    label = in_figure(text)
    assert len(label.replace(r"\$", "$").strip()) <= LABEL_MAX
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figure = Figure(figsize=(2, 1))
        axes = figure.add_subplot()
        axes.plot([0, 1], [0, 1], label=label)
        axes.set_title(label)
        shown = [entry.get_text() for entry in axes.legend().get_texts()]
        figure.savefig(BytesIO(), format="png", dpi=20)
    assert shown == [label]
