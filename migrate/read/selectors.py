"""Which releases are meant: ``--selector`` and the selectors of nested files (rule 11)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from migrate.errors import UsageError

_TERM = re.compile(r"([A-Za-z0-9_./+-]+)(!?=)([A-Za-z0-9_./+-]+)\Z")


@dataclass(frozen=True)
class Term:
    """``key=value`` or ``key!=value``."""

    key: str
    value: str
    negative: bool = False

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Whether the labels satisfy the term; ``!=`` also holds where the key is absent."""
        return (labels.get(self.key) != self.value) if self.negative else (labels.get(self.key) == self.value)


Selector: TypeAlias = "tuple[Term, ...]"


def parse_selector(text: str) -> Selector:
    """One ``-l`` argument: terms joined by commas, all of which must hold.

    >>> parse_selector("tier=data,stage!=qa")[1].negative
    True

    Raises:
        UsageError: a term that is none, blanks, or a trailing comma.
    """
    terms = []
    for part in text.split(","):
        match = _TERM.match(part)
        if match is None:
            raise UsageError(f"selector {text!r}: {part!r} is no KEY=VALUE", hint="write tier=data,stage!=qa")
        terms.append(Term(match[1], match[3], match[2] == "!="))
    return tuple(terms)


def selects(selectors: Sequence[Selector], labels: Mapping[str, str]) -> bool:
    """Whether any selector matches; no selectors select everything."""
    return not selectors or any(all(term.matches(labels) for term in terms) for terms in selectors)


def compatible(ours: Sequence[Selector], theirs: Sequence[Selector]) -> bool:
    """Whether some pair of selectors does not contradict itself on a positive key (rule 11.4)."""
    return not ours or not theirs or any(not _conflict(a, b) for a in ours for b in theirs)


def _conflict(ours: Selector, theirs: Selector) -> bool:
    wanted = {term.key: term.value for term in ours if not term.negative}
    return any(not term.negative and term.key in wanted and wanted[term.key] != term.value for term in theirs)
