"""Where the estate declares an environment: state files may be templates, so their text is searched, not read."""

from __future__ import annotations

import re
from collections.abc import Iterable

from migrate.doors.estate_files import absolute
from migrate.doors.files import read_bytes
from migrate.errors import EstateError
from migrate.model.estate import Estate
from migrate.model.finding import SourceLocation


def declared_at(estate: Estate, environment: str) -> SourceLocation | None:
    """The first line below an ``environments:`` that has the name as its key; None where no file shows it."""
    for path in estate.files:
        try:
            text = read_bytes(absolute(path, estate.root)).decode("utf-8", errors="replace")
        except EstateError:
            continue
        line = _line_of(environment, text.splitlines())
        if line:
            return SourceLocation(path, line)
    return None


def _line_of(environment: str, lines: Iterable[str]) -> int:
    key = re.compile(rf"""\s+(["']?){re.escape(environment)}\1\s*:(\s|$)""")
    inside = False
    for number, line in enumerate(lines, start=1):
        if re.match(r"\S", line) and not line.startswith(("#", "{{")):
            inside = line.startswith("environments:")
        elif inside and key.match(line):
            return number
    return 0
