"""A refusal is one line, whatever the value."""

import pickle

import pytest

from firmware.errors import InputError


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("a\nb", r"a\nb"),
        ("a\x1b[31mb", r"a\x1b[31mb"),
        ("a\0\r\t\x85", r"a\x00\r\t\x85"),
        ("a\u2028b\u2029", r"a\u2028b\u2029"),
        ("é 🦎 👨\u200d👩 $%{}", "é 🦎 👨\u200d👩 $%{}"),
        ("", "''"),
        (3, "3"),
    ],
)
def test_one_line(value, shown):
    error = InputError("file", value, "it is wrong", "mend it")
    assert str(error) == f"file: {shown} - it is wrong; mend it"
    assert str(pickle.loads(pickle.dumps(error))) == str(error)
    assert len(str(error).splitlines()) == 1
