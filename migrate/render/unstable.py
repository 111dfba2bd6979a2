"""What a chart draws anew each time: its templates name the functions, two renders show the fields."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from migrate.doors.charts import ChartFiles
from migrate.model.manifest import Manifest, ObjectKey
from migrate.model.structure import differences

_ACTION = re.compile(r"\{\{.*?\}\}", re.DOTALL)
_COMMENT = re.compile(r"^\{\{-?\s*/\*")
_STRING = re.compile(r'"(?:\\.|[^"\\\n])*"')
_RANDOM = re.compile(
    r"(?<![.\w$])(rand(?:AlphaNum|Alpha|Numeric|Ascii|Bytes|Int)|uuidv4|shuffle|htpasswd|bcrypt|encryptAES"
    r"|gen(?:PrivateKey|CAWithKey|CA|SelfSignedCertWithKey|SelfSignedCert|SignedCertWithKey|SignedCert))\b"
)
_CLOCK = re.compile(r"(?<![.\w$])(now|ago)\b")
_LOOKUP = re.compile(r"(?<![.\w$])(lookup)\b")
# Another moment: what depends on the clock differs between two renders, however fast they follow each other.
_OTHER_MOMENT = '(mustToDate "2006-01-02 15:04:05" "2001-02-03 04:05:06")'


@dataclass(frozen=True)
class Mention:
    """A place where a template calls a function whose result is not decided by its arguments."""

    template: str
    line: int
    function: str


def find_mentions(texts: Mapping[str, str], *, lookups: bool = False) -> tuple[Mention, ...]:
    """Every call of a random or clock function (or of ``lookup``) inside ``{{ }}``, in order of path and line."""
    return tuple(
        Mention(path, line, function) for path, text in texts.items() for line, function in _calls(text, lookups)
    )


@lru_cache(maxsize=8192)
def _calls(text: str, lookups: bool) -> tuple[tuple[int, str], ...]:
    """Line and function of each call; kept, since a chart is rendered for many releases and environments."""
    return tuple(sorted(_found_calls(text, (_LOOKUP,) if lookups else (_RANDOM, _CLOCK))))


def _found_calls(text: str, patterns: Sequence[re.Pattern[str]]) -> Iterator[tuple[int, str]]:
    for action in _ACTION.finditer(text):
        if _COMMENT.match(action[0]):
            continue
        code = _STRING.sub(lambda match: " " * len(match[0]), action[0])
        for pattern in patterns:
            for call in pattern.finditer(code):
                yield text.count("\n", 0, action.start() + call.start()) + 1, call[1]


def at_another_moment(chart: ChartFiles) -> ChartFiles:
    """The chart with every ``now`` in its templates set to a fixed moment in the past."""
    changed = {}
    for path, text in chart.templates.items():
        moved = _ACTION.sub(lambda action: re.sub(r"(?<![.\w$\"])now\b(?!\")", _OTHER_MOMENT, action[0]), text)
        if moved != text:
            changed[path] = moved.encode()
    return chart.with_files(changed) if changed else chart


def compare_renders(first: Sequence[Manifest], second: Sequence[Manifest]) -> tuple[tuple[ObjectKey, str], ...]:
    """``(object, path)`` of what differs; an empty path where the object itself is there only once."""
    there = {manifest.key: manifest for manifest in second}
    found: list[tuple[ObjectKey, str]] = []
    for manifest in first:
        twin = there.pop(manifest.key, None)
        if twin is None:
            found.append((manifest.key, ""))
        elif twin.text != manifest.text:
            found += [(manifest.key, path) for path, _, _ in differences(manifest.document, twin.document)]
    return (*found, *((key, "") for key in there))
