"""Two readers of one estate held against each other: our own, and a real helmfile.

``inspect --compare-with-helmfile`` shows what comes out. Values are compared as data; what our own reading had to
leave open is unknown, not different; nothing that could be secret is shown but by a digest.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from migrate.errors import EstateError
from migrate.model.estate import Estate, ReadRequest, Release
from migrate.model.finding import Severity
from migrate.model.json import JsonValue
from migrate.read import read_estate
from migrate.read.binary_values import UNWRITTEN
from migrate.read.masking import ValuePath, data_of, folded_layers, leaves
from migrate.read.values import jsonable

_FIELDS = ("enabled", "installed", "namespace", "chart", "version", "labels", "needs")
_SECRET_NAME = re.compile(r"pass|secret|token|key|cred|auth|cert|private|salt|dsn", re.IGNORECASE)
UNREAD = "HF012"
"""The finding that our own reading cannot read the values of a release."""
_PLACEHOLDER = "PLACEHOLDER-"
_ABSENT = object()

Side: TypeAlias = "tuple[Release, ...] | EstateError"


@dataclass(frozen=True)
class ReadingDifference:
    """One place where the two readers disagree; values as they may be shown, None for absent."""

    environment: str
    id: str
    """The release; empty where the whole environment is meant."""
    field: str
    """A field, ``values.<path>``, ``release`` (one side lacks it) or ``reading`` (one side refuses)."""
    ours: JsonValue
    helmfile: JsonValue


@dataclass(frozen=True)
class UnknownValue:
    """A value that cannot be compared, and why."""

    environment: str
    id: str
    field: str
    reason: str


@dataclass(frozen=True)
class Comparison:
    """What the two readers agree on and what not."""

    differences: tuple[ReadingDifference, ...]
    unknown: tuple[UnknownValue, ...]
    environments: int
    releases: int
    values: int
    """Releases whose merged values were compared."""
    refused: int
    """Environments that both refuse."""


def compare_with_helmfile(request: ReadRequest) -> Comparison:
    """The estate read by both, environment by environment; ``request.helmfile_binary`` is the other reader.

    Raises:
        UsageError: the binary is missing, or executing is not allowed.
        EstateError: both refuse every environment.
    """
    own = replace(request, helmfile_binary=None, secrets_dir=None)
    ours, theirs = _attempt(own), _attempt(request)
    known = next((side.environments for side in (ours, theirs) if isinstance(side, Estate)), ("default",))
    names = request.environments or known
    if isinstance(ours, Estate) and isinstance(theirs, Estate):
        names = request.environments or tuple(dict.fromkeys((*ours.environments, *theirs.environments)))
    found: list[ReadingDifference] = []
    unknown: list[UnknownValue] = []
    counts = {"releases": 0, "values": 0, "refused": 0}
    for name in names:
        pair = _side(own, ours, name, alone=len(names) == 1), _side(request, theirs, name, alone=len(names) == 1)
        if isinstance(pair[0], EstateError) and isinstance(pair[1], EstateError):
            counts["refused"] += 1
        elif isinstance(pair[0], EstateError) or isinstance(pair[1], EstateError):
            said = [side.message if isinstance(side, EstateError) else "reads it" for side in pair]
            if isinstance(pair[1], EstateError) and isinstance(ours, Estate):
                said[0] = _reads(ours, name)
            found.append(ReadingDifference(name, "", "reading", *said))
        else:
            reasons = {**_reasons(ours, name, UNREAD), **_reasons(theirs, name, UNWRITTEN)}
            _compare_environment(name, pair[0], pair[1], reasons, found, unknown, counts)
    if counts["refused"] == len(names) and isinstance(ours, EstateError):
        raise EstateError(
            ours.message, hint=f"helmfile refuses it, too. {ours.hint}", source=ours.source, findings=ours.findings
        )
    return Comparison(tuple(found), tuple(unknown), len(names), **counts)


def _attempt(request: ReadRequest) -> Estate | EstateError:
    try:
        return read_estate(request)
    except EstateError as error:
        return error


def _side(request: ReadRequest, side: Estate | EstateError, name: str, *, alone: bool) -> Side:
    """One environment of one reader; where it refuses all of them together, each is tried by itself."""
    if isinstance(side, EstateError) and not alone:
        side = _attempt(replace(request, environments=(name,)))
    return side.in_environment(name) if isinstance(side, Estate) else side


def _reads(estate: Estate, name: str) -> str:
    """That our own reading goes through, and which errors it told on the way."""
    errors = [f.message for f in estate.findings if f.severity is Severity.ERROR and f.environment in ("", name)]
    return "; ".join(["reads it", *(f"tells: {message}" for message in errors)])


def _reasons(estate: Estate | EstateError, name: str, code: str) -> dict[str, str]:
    """Release → why its values could not be read."""
    findings = estate.findings if isinstance(estate, Estate) else ()
    return {f.release: f.message for f in findings if f.code == code and f.environment in ("", name)}


def _compare_environment(
    name: str,
    ours: Sequence[Release],
    theirs: Sequence[Release],
    reasons: dict[str, str],
    found: list[ReadingDifference],
    unknown: list[UnknownValue],
    counts: dict[str, int],
) -> None:
    hidden = any(release.placeholders for release in (*ours, *theirs))
    for identity, own, other in _pairs(ours, theirs):
        if own is None or other is None:
            sides = ("absent" if own is None else "present", "absent" if other is None else "present")
            found.append(ReadingDifference(name, identity, "release", *sides))
            continue
        counts["releases"] += 1
        for field in _FIELDS:
            pair = _field(own, field), _field(other, field)
            if pair[0] != pair[1]:
                found.append(ReadingDifference(name, identity, field, *pair))
        if not (own.deployed and other.deployed):
            continue
        real = _real_values(other)
        if real is None or identity in reasons:
            unknown.append(UnknownValue(name, identity, "values", reasons.get(identity, "helmfile did not write them")))
            continue
        counts["values"] += 1
        _compare_values(own, real, hidden=hidden, found=found, unknown=unknown)


def _pairs(ours: Sequence[Release], theirs: Sequence[Release]) -> Iterator[tuple[str, Release | None, Release | None]]:
    """Releases of one id, in their order, beside each other."""
    sides: tuple[dict[str, list[Release]], ...] = ({}, {})
    for side, releases in zip(sides, (ours, theirs), strict=True):
        for release in releases:
            side.setdefault(release.id, []).append(release)
    for identity in sorted({*sides[0], *sides[1]}):
        own, other = sides[0].get(identity, []), sides[1].get(identity, [])
        for index in range(max(len(own), len(other))):
            yield identity, *(side[index] if index < len(side) else None for side in (own, other))  # type: ignore[misc]


def _field(release: Release, name: str) -> JsonValue:
    value = getattr(release, name)
    if name == "labels":
        return dict(sorted(value.items()))
    return sorted(value) if name == "needs" else value


def _real_values(release: Release) -> dict[str, Any] | None:
    """What ``write-values`` wrote; None where it could not."""
    (layer,) = release.values
    if any(p.path == "" for p in layer.placeholders) and layer.secret_text is None:
        return None
    return data_of(layer.secret_text if layer.secret_text is not None else layer.text)


def _compare_values(
    own: Release,
    real: dict[str, Any],
    *,
    hidden: bool,
    found: list[ReadingDifference],
    unknown: list[UnknownValue],
) -> None:
    ours, theirs = dict(leaves(jsonable(folded_layers(own)))), dict(leaves(jsonable(real)))
    whole = next((p.reference for layer in own.values for p in layer.placeholders if p.path == ""), "")
    reasons = {p.text: p.reference for p in own.placeholders if p.text}
    for path in sorted({*ours, *theirs}, key=lambda p: [str(step) for step in p]):
        left, right = ours.get(path, _ABSENT), theirs.get(path, _ABSENT)
        if left is not _ABSENT and right is not _ABSENT and left == right and type(left) is type(right):
            continue
        field = ".".join(map(str, ("values", *path)))
        reason = next((said for text, said in reasons.items() if _holds(left, text)), "") or whole
        if reason or _holds(left, _PLACEHOLDER) or _above(path, ours):
            told = reason or "our own reading has a placeholder there"
            unknown.append(UnknownValue(own.environment, own.id, field, told))
        else:
            shown = (_shown(path, left, hidden=hidden), _shown(path, right, hidden=hidden))
            found.append(ReadingDifference(own.environment, own.id, field, *shown))


def _above(path: ValuePath, ours: dict[ValuePath, Any]) -> bool:
    """Whether a placeholder of ours stands where helmfile has a whole mapping or list."""
    return any(_holds(ours.get(path[:depth], _ABSENT), _PLACEHOLDER) for depth in range(1, len(path)))


def _holds(value: Any, text: str) -> bool:
    """Whether the text stands in a value, also where a template has encoded it."""
    if not isinstance(value, str):
        return False
    if text in value:
        return True
    try:
        return text in base64.b64decode(value, validate=True).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return False


def _shown(path: ValuePath, value: Any, *, hidden: bool) -> JsonValue:
    """The value, or its short digest where its name is that of a secret or the estate has secrets at all."""
    if value is _ABSENT:
        return None
    secret = hidden or any(_SECRET_NAME.search(str(step)) for step in path)
    if not secret or value is None or isinstance(value, bool) or value in ("", [], {}):
        return value  # type: ignore[no-any-return]
    digest = hashlib.sha256(json.dumps(value, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
    return f"sha256:{digest[:8]} ({type(value).__name__})"
