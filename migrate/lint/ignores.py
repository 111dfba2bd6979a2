"""Findings that a person ignores: said on the command line or in the tree's own file, always with a reason."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from migrate.doors.yaml import YamlError, load_yaml
from migrate.errors import UsageError
from migrate.lint.data import line_of
from migrate.model.finding import Finding, Severity, SourceLocation, sort_findings
from migrate.model.globs import PatternError, doublestar_matches
from migrate.model.linted import IgnoredFinding

FILE = ".migrate-lint.yaml"
UNUSED = "LI01"
"""An ignore that no finding matches."""
_OPTION = re.compile(r"(?P<rule>[A-Za-z]+\d+)(?::(?P<path>[^=]+))?=(?P<reason>.*)", re.DOTALL)
_KEYS = {"rule", "path", "reason"}


@dataclass(frozen=True)
class Ignore:
    """Which findings are ignored, and why."""

    rule: str
    path: str
    """A pattern over the files of the tree, with ``**``; empty for all."""
    reason: str
    said: str
    """Where it is written: the option, or ``file:line``."""
    place: SourceLocation | None = None


def ignore_of(option: str) -> Ignore:
    """An ``--ignore ID[:PATH]=REASON``.

    Raises:
        UsageError: it is not of that form, or gives no reason.
    """
    found = _OPTION.fullmatch(option)
    if found is None or not found["reason"].strip():
        text = f"--ignore {option}: a rule and a reason are expected"
        raise UsageError(text, hint="for example --ignore 'L53=one team runs this cluster', or L53:clusters/**=…")
    return _checked(Ignore(found["rule"].upper(), found["path"] or "", found["reason"].strip(), "--ignore"))


def ignores_in(text: str, file: str) -> tuple[Ignore, ...]:
    """The ignores of a file: ``ignore: [{rule, path, reason}]``.

    Raises:
        UsageError: it is not of that form, with its line.
    """
    try:
        data: Any = load_yaml(text)
    except YamlError as error:
        raise UsageError(f"{file}:{error.line or 1}: {error}", hint="mend the YAML") from error
    entries = data.get("ignore") if isinstance(data, dict) else None
    unknown = set(data) - {"ignore"} if isinstance(data, dict) else set()
    if unknown or not isinstance(entries, list):
        told = f"{file}: a list below the key ignore is expected" + (f", not {min(unknown)}" if unknown else "")
        raise UsageError(told, hint="write: ignore: [{rule: L53, path: clusters/**, reason: why}]")
    return tuple(_entry(entry, file, line_of(text, 0, ("ignore", n))) for n, entry in enumerate(entries))


def _entry(entry: Any, file: str, line: int) -> Ignore:
    where = f"{file}:{line}"
    fields = entry if isinstance(entry, dict) else {}
    wrong = not fields or set(fields) - _KEYS or any(not isinstance(value, str) for value in fields.values())
    if wrong or not str(fields.get("rule") or "") or not str(fields.get("reason") or "").strip():
        raise UsageError(f"{where}: a rule and a reason are expected, and a path if you like", hint="all are texts")
    return _checked(
        Ignore(
            fields["rule"].upper(), fields.get("path", ""), fields["reason"].strip(), where, SourceLocation(file, line)
        )
    )


def _checked(one: Ignore) -> Ignore:
    try:
        doublestar_matches(one.path or "**", "a")
    except PatternError as error:
        raise UsageError(f"{one.said}: the path {one.path} is no pattern: {error}", hint="write e.g. a/**") from error
    return one


def check_known(ignores: Iterable[Ignore], ids: Iterable[str]) -> None:
    """Refuse ignores for rules that do not exist: they would ignore nothing for ever.

    Raises:
        UsageError: with the id.
    """
    known = set(ids)
    for one in ignores:
        if one.rule not in known:
            raise UsageError(f"{one.said}: there is no rule {one.rule}", hint="docs/reference/lint.md lists them")


def apply_ignores(
    findings: Sequence[Finding], ignores: Sequence[Ignore], ran: Iterable[str]
) -> tuple[tuple[Finding, ...], tuple[IgnoredFinding, ...]]:
    """What is left to look at, and what is ignored; an ignore of a rule that ran for nothing is told."""
    left: list[Finding] = []
    ignored: list[IgnoredFinding] = []
    used: set[Ignore] = set()
    for finding in findings:
        matching = [one for one in ignores if _matches(one, finding)]
        used.update(matching)
        if matching:
            ignored.append(IgnoredFinding(finding, matching[0].reason, matching[0].said))
        else:
            left.append(finding)
    rules = set(ran)
    left += [_unused(one) for one in ignores if one not in used and one.rule in rules]
    return sort_findings(tuple(left)), tuple(ignored)


def _matches(one: Ignore, finding: Finding) -> bool:
    if one.rule != finding.code:
        return False
    return not one.path or (finding.source is not None and doublestar_matches(one.path, finding.source.file))


def _unused(one: Ignore) -> Finding:
    path = f" in {one.path}" if one.path else ""
    text = f"nothing of {one.rule}{path} is found any more, and so nothing is ignored ({one.said})"
    return Finding(UNUSED, Severity.INFO, text, "Take the ignore out.", one.place)
