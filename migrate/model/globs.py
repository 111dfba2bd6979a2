"""The four ways in which Argo CD matches paths, each as a regular expression.

git's pathspec for ``files`` (rule 1.8), doublestar for ``files`` with the new globbing (1.9), Go's ``path.Match``
for ``directories`` (1.19), and the borderless glob of a directory source (6.16).
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass

_POSIX_CLASSES = {
    "alnum": "0-9A-Za-z",
    "alpha": "A-Za-z",
    "blank": " \\t",
    "digit": "0-9",
    "lower": "a-z",
    "punct": "!-/:-@\\[-`{-~",
    "space": "\\s",
    "upper": "A-Z",
    "xdigit": "0-9A-Fa-f",
}


class PatternError(ValueError):
    """A pattern that is malformed, or that git refuses."""


@dataclass(frozen=True)
class _Dialect:
    slash_in_star: bool
    """Whether ``*`` and ``?`` cross a slash."""
    double_star: bool
    """Whether ``**`` as a whole segment means any number of folders."""
    braces: bool = False
    negations: str = "!^"


_PATHSPEC = _Dialect(slash_in_star=True, double_star=False)
_PATHSPEC_GLOB = _Dialect(slash_in_star=False, double_star=True)
_DOUBLESTAR = _Dialect(slash_in_star=False, double_star=True, braces=True)
_DIRECTORY = _Dialect(slash_in_star=True, double_star=False, braces=True)
_GO_MATCH = _Dialect(slash_in_star=False, double_star=False, negations="^")


def pathspec_matches(pattern: str, path: str) -> bool:
    """Whether ``git ls-files -- pattern`` lists ``path``; ``pattern`` is relative to the root.

    Raises:
        PatternError: git refuses the pattern.
    """
    magic, body = _pathspec_magic(pattern)
    if body.startswith("/"):
        raise PatternError(f"unable to list files, pattern {pattern}: git takes no path that starts with a slash")
    if "icase" in magic:
        body, path = body.lower(), path.lower()
    prefix = body.rstrip("/")
    if prefix in ("", "."):
        return True
    if path == body or path.startswith(prefix + "/"):
        return True
    if "literal" in magic:
        return False
    dialect = _PATHSPEC_GLOB if "glob" in magic else _PATHSPEC
    try:
        return _compile(body, dialect).fullmatch(path) is not None
    except PatternError:
        return False


def _pathspec_magic(pattern: str) -> tuple[frozenset[str], str]:
    if not pattern.startswith(":"):
        return frozenset(), pattern
    if pattern.startswith(":("):
        words, closing, body = pattern[2:].partition(")")
        magic = frozenset(word.strip() for word in words.split(",") if word.strip())
        unknown = magic - {"glob", "icase", "literal", "top"}
        if not closing or unknown:
            raise PatternError(f"unable to list files, pattern {pattern}: unsupported pathspec magic")
        return magic, body
    if pattern.startswith(":/"):
        return frozenset({"top"}), pattern[2:]
    if pattern[1:2] in "!^" and pattern[1:2]:
        raise PatternError(f"unable to list files, pattern {pattern}: unsupported pathspec magic")
    return frozenset(), pattern[1:]


def doublestar_matches(pattern: str, path: str) -> bool:
    """Whether the new globbing's pattern matches; a leading slash says nothing.

    Raises:
        PatternError: the pattern is malformed.
    """
    try:
        return _compile(pattern.lstrip("/"), _DOUBLESTAR).fullmatch(path) is not None
    except PatternError as error:
        raise PatternError(f"pattern {pattern}: {error}") from error


def directory_glob_matches(pattern: str, path: str) -> bool:
    """``include`` and ``exclude`` of a directory source, which know no path borders (6.16); malformed: nothing."""
    try:
        return _compile(pattern, _DIRECTORY).fullmatch(path) is not None
    except PatternError:
        return False


def go_path_matches(pattern: str, path: str) -> bool:
    """Go's ``path.Match``; a malformed pattern matches nothing (the controller logs it and goes on)."""
    try:
        return _compile(pattern, _GO_MATCH).fullmatch(path) is not None
    except PatternError:
        return False


@functools.lru_cache(maxsize=1024)
def _compile(pattern: str, dialect: _Dialect) -> re.Pattern[str]:
    expression, position = "", 0
    depth = 0
    while position < len(pattern):
        piece, position, depth = _translate(pattern, position, dialect, depth)
        expression += piece
    if depth:
        raise PatternError("a brace is not closed")
    try:
        return re.compile(expression, re.DOTALL)
    except re.error as error:
        raise PatternError(str(error)) from error


def _translate(pattern: str, at: int, dialect: _Dialect, depth: int) -> tuple[str, int, int]:
    character = pattern[at]
    anything = "." if dialect.slash_in_star else "[^/]"
    if character == "*":
        piece, position = _translate_stars(pattern, at, dialect, anything)
        return piece, position, depth
    if character == "?":
        return anything, at + 1, depth
    if character == "[":
        piece, position = _translate_class(pattern, at, dialect)
        return piece, position, depth
    if character == "\\":
        if at + 1 == len(pattern):
            raise PatternError("it ends with a backslash")
        return re.escape(pattern[at + 1]), at + 2, depth
    if dialect.braces and character in "{},":
        return _translate_brace(character, at, depth)
    return re.escape(character), at + 1, depth


def _translate_brace(character: str, at: int, depth: int) -> tuple[str, int, int]:
    if character == "{":
        return "(?:", at + 1, depth + 1
    if not depth:
        return re.escape(character), at + 1, depth
    return ("|", at + 1, depth) if character == "," else (")", at + 1, depth - 1)


def _translate_stars(pattern: str, at: int, dialect: _Dialect, anything: str) -> tuple[str, int]:
    end = at
    while end < len(pattern) and pattern[end] == "*":
        end += 1
    starts_segment = at == 0 or pattern[at - 1] in "/{,"
    ends_segment = end == len(pattern) or pattern[end] in "/},"
    if not (dialect.double_star and end - at == 2 and starts_segment and ends_segment):
        return f"{anything}*", end
    if end < len(pattern) and pattern[end] == "/":
        return "(?:.*/)?", end + 1
    return ".*", end


def _translate_class(pattern: str, at: int, dialect: _Dialect) -> tuple[str, int]:
    position = at + 1
    negated = position < len(pattern) and pattern[position] in dialect.negations
    position += negated
    members, first = "", True
    while position < len(pattern) and (first or pattern[position] != "]"):
        first = False
        if pattern.startswith("[:", position) and ":]" in pattern[position:]:
            end = pattern.index(":]", position)
            members += _POSIX_CLASSES.get(pattern[position + 2 : end], "")
            position = end + 2
            continue
        if pattern[position] == "\\" and position + 1 < len(pattern):
            position += 1
            members += "\\" + pattern[position]
        elif pattern[position] == "-" and members and pattern[position + 1 : position + 2] not in ("]", ""):
            members += "-"
        else:
            members += re.escape(pattern[position])
        position += 1
    if position >= len(pattern):
        raise PatternError("a bracket is not closed")
    slash = "" if dialect.slash_in_star else "(?!/)"
    return f"{slash}[{'^' if negated else ''}{members}]", position + 1
