"""What plain YAML scalars mean to Go's yaml packages: shared by the two writers, ``go_yaml`` and ``appset_yaml``.

A writer puts a text into quotes where it would be read as a number or a time, or where a sign has a meaning of its own.
"""

from __future__ import annotations

import re
from datetime import date

LONGEST_SIMPLE_KEY = 128
"""Bytes; a longer key is written with ``?``."""
UNPRINTABLE = re.compile("[^\n\x20-\x7e\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd]")
NEVER_FIRST = re.compile(r"[#,\[\]{}&*!|>'\"%@`]|[-?:](?:[ \t]|\Z)|---|\.\.\.")
INDICATOR = re.compile(r":(?:[ \t]|\Z)|[ \t\n]#")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_BASE_60 = re.compile(r"[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?")
_INTEGER = re.compile(r"[-+]?(?:0|[1-9][0-9]*|0[oO]?[0-7]+|0[xX][0-9a-fA-F]+|0[bB][01]+)")


def reads_as_number_or_time(text: str, timestamp: re.Pattern[str]) -> bool:
    """Whether a bare, non-empty text is read as a number, or as a time of the form that this package knows.

    ``timestamp`` has the date's three numbers as its first groups, and the groups ``t`` and ``zone``.
    """
    if text[0] == ".":
        return _FLOAT.fullmatch(text) is not None
    if text[0] not in "+-0123456789":
        return False
    digits = text.replace("_", "")
    if _INTEGER.fullmatch(digits) or _FLOAT.fullmatch(digits) or _BASE_60.fullmatch(text):
        return True
    return _is_time(timestamp.fullmatch(text))


def _is_time(match: re.Match[str] | None) -> bool:
    if match is None or (match["t"] in ("T", "t")) != (match["zone"] is not None):
        return False
    try:
        date(int(match[1]) or 4, int(match[2]), int(match[3]))
    except ValueError:
        return False
    return True


def code_point_escape(sign: str) -> str:
    r"""``\x07``, ``\u200B`` or ``\U0001F600``, whichever is long enough."""
    code = ord(sign)
    return f"\\x{code:02X}" if code <= 0xFF else f"\\u{code:04X}" if code <= 0xFFFF else f"\\U{code:08X}"
