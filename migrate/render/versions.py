"""Kubernetes versions: the one a render assumes, and whether it satisfies a chart's ``kubeVersion``.

The constraints are those of Helm (Masterminds semver): ``||`` parts alternatives, commas and blanks join what must
all hold; ``= != > >= < <= ~ ^``, wildcards and ``1.2 - 1.4`` ranges. A version with a pre-release part satisfies
only a constraint that names one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_VERSION = re.compile(r"v?(\d+)(?:\.(\d+))?(?:\.(\d+))?(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?")
_PART = r"(?:\d+|[xX*])"
_COMPARATOR = re.compile(
    rf"\s*(=|==|!=|>=|=>|<=|=<|>|<|~>|~|\^)?\s*v?({_PART})(?:\.({_PART}))?(?:\.({_PART}))?"
    r"(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?\s*"
)
_RANGE = re.compile(r"(\S+)\s+-\s+(\S+)")
Numbers = tuple[int, int, int]


@dataclass(frozen=True)
class _Comparator:
    operator: str
    numbers: Numbers
    known: int
    """How many of the three numbers are given; the rest are wildcards."""
    prerelease: str


def full_version(version: str) -> str:
    """``1.34`` or ``v1.34.2-gke.1`` as Helm shows it to charts: three numbers and what follows."""
    match = _VERSION.fullmatch(version.strip())
    if match is None:
        return version
    suffix = f"-{match[4]}" if match[4] else ""
    return f"{match[1]}.{match[2] or 0}.{match[3] or 0}{suffix}"


def satisfies(version: str, constraint: str) -> bool:
    """Whether a Kubernetes version satisfies a chart's ``kubeVersion``.

    Raises:
        ValueError: one of them cannot be read.
    """
    match = _VERSION.fullmatch(version.strip())
    if match is None:
        raise ValueError(f"{version!r} is no version")
    numbers = (int(match[1]), int(match[2] or 0), int(match[3] or 0))
    return any(
        all(_holds(numbers, match[4] or "", comparator) for comparator in _comparators(alternative, constraint))
        for alternative in constraint.split("||")
    )


def _comparators(text: str, constraint: str) -> list[_Comparator]:
    text = _RANGE.sub(r">=\1 <=\2", text).replace(",", " ")
    found, at = [], 0
    text = text.strip() or "*"
    while at < len(text):
        match = _COMPARATOR.match(text, at)
        if match is None or match.end() == at:
            raise ValueError(f"kubeVersion {constraint!r} is no version constraint")
        parts = [None if p is None or p in "xX*" else int(p) for p in match.group(2, 3, 4)]
        known = next((i for i, p in enumerate(parts) if p is None), 3)
        numbers = (parts[0] or 0, parts[1] or 0, parts[2] or 0)
        found.append(_Comparator(match[1] or "=", numbers, known, match[5] or ""))
        at = match.end()
    return found


def _holds(version: Numbers, prerelease: str, wanted: _Comparator) -> bool:
    if prerelease and not wanted.prerelease:
        return False
    order = _order(version, prerelease, wanted)
    same = version[: wanted.known] == wanted.numbers[: wanted.known]
    partial = wanted.known < 3
    match wanted.operator:
        case "=" | "==":
            return same if partial else order == 0
        case "!=":
            return not same if partial else order != 0
        case ">":
            return order > 0 and not (partial and same)
        case ">=" | "=>":
            return order >= 0 or (partial and same)
        case "<":
            return order < 0 and not (partial and same)
        case "<=" | "=<":
            return order <= 0 or (partial and same)
        case "~" | "~>":
            keep = min(2, wanted.known)
        case _:
            nonzero = next((i for i in range(wanted.known) if wanted.numbers[i]), max(wanted.known - 1, 0))
            keep = min(nonzero + 1, wanted.known)
    return order >= 0 and version[:keep] == wanted.numbers[:keep]


def _order(version: Numbers, prerelease: str, wanted: _Comparator) -> int:
    left, right = (version, _rank(prerelease)), (wanted.numbers, _rank(wanted.prerelease))
    return (left > right) - (left < right)


def _rank(prerelease: str) -> tuple[tuple[int, int, str], ...]:
    """Sorts as semver says: no pre-release is the highest, numbers come before words."""
    if not prerelease:
        return ((2, 0, ""),)
    return tuple((0, int(p), "") if p.isdigit() else (1, 0, p) for p in prerelease.split("."))
