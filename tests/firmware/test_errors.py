"""A refusal is one line, whatever the value."""

import errno
import pickle

import pytest

from firmware.errors import InputError, explained, visible


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("a\nb", r"a\nb"),
        ("a\x1b[31mb", r"a\x1b[31mb"),
        ("a\0\r\t\x85", r"a\x00\r\t\x85"),
        ("a\u2028b\u2029", r"a\u2028b\u2029"),
        ("é 🦎 👨\u200d👩 $%{}", "é 🦎 👨\u200d👩 $%{}"),
        ("a\u202eb\u2066c\u200ed\ufeff", r"a\u202eb\u2066c\u200ed\ufeff"),
        ("a\udcff\ud800\x7f\x9b", r"a\udcff\ud800\x7f\x9b"),
        ("", "''"),
        (3, "3"),
        ("a" * 150 + "b" * 150, "a" * 100 + "..." + "b" * 100),
    ],
)
def test_one_line(value, shown):
    error = InputError("file", value, "it is wrong", "mend it")
    assert str(error) == f"file: {shown} - it is wrong; mend it"
    assert str(pickle.loads(pickle.dumps(error))) == str(error)
    assert len(str(error).splitlines()) == 1


@pytest.mark.parametrize("sign", [1, -1])
def test_a_number_with_more_digits_than_python_writes(sign):
    """In tens; a recipe may have one in hexadecimal."""
    error = InputError("rate", sign << 20_000, "it is wrong", "mend it")
    shown = hex(sign << 20_000)
    assert str(error) == f"rate: {shown[:100]}...{'0' * 100} - it is wrong; mend it"
    assert str(pickle.loads(pickle.dumps(error))) == str(error)


def test_a_text_is_shown_without_end_only_where_it_may_be():
    assert visible("a" * 10, 10) == "a" * 10
    assert visible("a" * 6 + "b" * 6, 4) == "aa...bb"
    assert visible("\0" * 9, 4) == r"\x...00"
    assert len(visible("\u202e" * 10_000_000)) < 5000
    error = InputError("a" * 9000, "b" * 9000, "c" * 9000, "d" * 9000)
    assert len(str(error)) < 5100


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (
            OSError(errno.ENAMETOOLONG, "File name too long", "a" * 300),
            f"file: {'a' * 100}...{'a' * 100} - File name too long; choose a shorter name",
        ),
        (
            OSError(errno.EMFILE, "Too many open files"),
            "system: EMFILE - Too many open files; raise the limit on open files (ulimit -n)",
        ),
        (
            OSError(errno.EXDEV, "Invalid cross-device link", "a", None, "b"),
            "file: a - Invalid cross-device link; see what the system says about it",
        ),
        (TimeoutError("late"), "system: TimeoutError - late; see what the system says about it"),
    ],
)
def test_what_the_system_refuses_in_three_parts(error, says):
    assert str(explained(error)) == says
