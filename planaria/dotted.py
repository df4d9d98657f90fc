"""Long dotted keys, found before tomllib meets them: what it needs grows with the square of their parts.

A key of half a megabyte, ``a.a.a...``, would take all memory of any machine.
"""

import re
from typing import Final

PARTS_MAX: Final = 8
"""Of a key; a plan's has three."""

_PART: Final = r"""(?:[\w-]++|"(?:[^"\\\n]|\\.)*+"|'[^'\n]*+')"""

_LEXEME: Final = re.compile(
    rf"""
      (?P<long> (?:{_PART}[ \t]*+\.[ \t]*+){{{PARTS_MAX}}} )
    | \"\"\" [^"\\]*+ (?: (?:\\.|"(?!"")) [^"\\]*+ )*+ \"\"\"
    | ''' [^']*+ (?: '(?!'') [^']*+ )*+ '''
    | {_PART}
    | \#[^\n]*+
    | (?P<open> ["'] )
    | [^"'\#\w-]++
    """,
    re.ASCII | re.DOTALL | re.VERBOSE,
)


def long_key(text: str) -> str | None:
    """The beginning of the first key of TOML with more than ``PARTS_MAX`` parts, if there is one.

    Where a text stops being TOML it is not read on, as tomllib does not.
    """
    for lexeme in _LEXEME.finditer(text):
        if lexeme["long"]:
            return lexeme["long"]
        if lexeme["open"]:
            break
    return None
