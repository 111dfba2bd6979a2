"""The last look before anything is written: no plaintext secret may leave the estate.

A small scanner: well-known shapes of keys and tokens, and long random-looking values under names that mean a secret.
It masks what it reports, and knows the placeholders.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from migrate.emit.pieces import Piece
from migrate.model.finding import Finding, Severity, SourceLocation
from migrate.model.json import JsonValue
from migrate.model.tree import Provenance

CODE = "EM020"
EXTERNALISED = "externalised-secret"
"""The text that stands in for a secret where migration.yaml says ``externalise``."""

_SHAPES = (
    ("an AWS access key", re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b")),
    ("a private key", re.compile(r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY-----")),
    ("a JSON web token", re.compile(r"\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}")),
    ("a GitHub token", re.compile(r"\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{40,})\b")),
    ("a GitLab token", re.compile(r"\bglpat-[A-Za-z0-9_-]{20,}")),
    ("a Slack token", re.compile(r"\bxox[abprs]-[A-Za-z0-9-]{10,}")),
    ("a Google API key", re.compile(r"\bAIza[A-Za-z0-9_-]{35}\b")),
    ("a Stripe key", re.compile(r"\b[rs]k_live_[A-Za-z0-9]{16,}")),
    ("a Vault token", re.compile(r"\bhv[sb]\.[A-Za-z0-9_-]{24,}")),
)
_SECRET_NAME = re.compile(
    r"(?i)(password|passwd|passphrase|secret|token|api_?key|access_?key|private_?key|credential)s?$"
)
# `existingSecret: x` names a Secret; so do these endings of longer keys.
_NAME_OF_ONE = re.compile(
    r"(?i)(existing|image_?pull|name|ref|key_?name|store)s?_?-?(secret|password|token)s?$|secret_?name"
)
_ENTRY = re.compile(r"""^\s*(?:-\s+)?["']?([A-Za-z0-9_.\-/]+)["']?\s*:\s+["']?([^\s"'#,{}\[\]]+)["']?\s*(?:#.*)?$""")
_LEAST_LENGTH = 12
_LEAST_ENTROPY = 3.0  # bits a character; words and names lie below it, random text of this length above


@dataclass(frozen=True)
class Hit:
    """Something in a text that looks like a secret: where, what, and the text itself (never shown)."""

    line: int
    what: str
    text: str


def scan_text(text: str, *, by_name: bool = True, known: frozenset[str] = frozenset()) -> tuple[Hit, ...]:
    """What in a text looks like a plaintext secret; ``known`` are placeholders, which are none.

    ``by_name``: look at random values under secret-like names too, not only at well-known shapes.
    """
    return tuple(
        hit
        for number, line in enumerate(text.splitlines(), start=1)
        if not any(placeholder in line for placeholder in known)
        for hit in _scan_line(number, line, by_name=by_name)
    )


def _scan_line(number: int, line: str, *, by_name: bool) -> Iterator[Hit]:
    for what, shape in _SHAPES:
        found = shape.search(line)
        if found:
            yield Hit(number, what, found.group())
            return
    entry = _ENTRY.match(line) if by_name else None
    if entry and looks_secret(entry.group(1), entry.group(2)):
        yield Hit(number, f"a random value under {entry.group(1)}", entry.group(2))


def looks_secret(name: str, value: str) -> bool:
    """Whether a value under such a name is a plaintext secret rather than a name, a path or a reference."""
    if not _SECRET_NAME.search(name) or _NAME_OF_ONE.search(name) or len(value) < _LEAST_LENGTH:
        return False
    if re.search(r"[$<>{}]|://|^/|^ref\+|^!|^\*|^&", value) or EXTERNALISED in value:
        return False
    mixed = sum(bool(re.search(kind, value)) for kind in ("[a-z]", "[A-Z]", "[0-9]", r"[^A-Za-z0-9._-]")) >= 2
    words = re.fullmatch(r"[a-z0-9]{1,12}([-._][a-z0-9]{1,12})+", value)
    return mixed and not words and entropy(value) >= _LEAST_ENTROPY


def entropy(text: str) -> float:
    """Shannon's entropy of a text, in bits a character."""
    counts = Counter(text)
    return -sum(n / len(text) * math.log2(n / len(text)) for n in counts.values())


def masked(name: str, value: JsonValue) -> JsonValue:
    """A value as it may be shown: texts that look like a secret become ``***``."""
    if isinstance(value, dict):
        return {key: masked(key, item) for key, item in value.items()}
    if isinstance(value, list):
        return [masked(name, item) for item in value]
    if isinstance(value, str) and (looks_secret(name, value) or scan_text(value)):
        return "***"
    return value


def check_secrets(
    piece: Piece, policy: Mapping[str, str], *, placeholders: Iterable[str], real: Iterable[str]
) -> Piece:
    """The piece with a finding for every plaintext secret in it, and the externalised ones replaced.

    ``policy``: a path of the tree or of the estate, or its ``path:line`` → ``externalise`` or
    ``plaintext: accepted``. ``real`` are the secrets that a person let the tool see; none may be in the tree.
    """
    known = frozenset(text for text in placeholders if text)
    leaked = frozenset(text for text in real if len(text) >= _LEAST_LENGTH and entropy(text) >= _LEAST_ENTROPY)
    files: dict[str, bytes] = {}
    findings: list[Finding] = []
    for path in sorted(piece.files):
        files[path] = piece.files[path]
        text = _text(files[path])
        if text is None:
            continue
        hits = [*scan_text(text, by_name=_written_by_people(path), known=known), *_leaks(text, leaked)]
        for hit in hits:
            origin = origin_of(piece.provenance.get(path, ()), hit.line)
            verdict = _verdict(policy, path, origin, hit.line)
            findings.append(_finding(path, origin, hit, verdict))
            if verdict == "externalise":
                text = text.replace(hit.text, EXTERNALISED)
                files[path] = text.encode("utf-8")
    return Piece(files, piece.provenance, (*piece.findings, *findings))


def _written_by_people(path: str) -> bool:
    """Templates and schemas of charts name secrets without holding any: there only shapes count."""
    return not path.startswith("sources/charts/") or "/manifests/" in path


def _text(content: bytes) -> str | None:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return None


def _leaks(text: str, leaked: frozenset[str]) -> list[Hit]:
    if not any(secret in text for secret in leaked):
        return []
    return [
        Hit(number, "a decrypted secret of the estate", secret)
        for number, line in enumerate(text.splitlines(), start=1)
        for secret in sorted(leaked)
        if secret in line
    ]


def origin_of(provenance: tuple[Provenance, ...], line: int) -> str:
    """Where a line of an emitted file came from: the last entry at or before it."""
    best = ""
    for entry in provenance:
        if entry.line <= line:
            best = entry.origin
    return best


def _verdict(policy: Mapping[str, str], path: str, origin: str, line: int) -> str:
    for place in (f"{path}:{line}", path, origin, origin.partition(":")[0]):
        if place in policy:
            return policy[place]
    return ""


def _finding(path: str, origin: str, hit: Hit, verdict: str) -> Finding:
    place = SourceLocation(path, hit.line)
    came = f" (from {origin})" if origin else ""
    if verdict == "externalise":
        return Finding(
            CODE, Severity.WARNING, f"{path} held {hit.what}{came}; a placeholder stands in",
            "let the chart take it from a Secret of the cluster before it is synced", place,
        )  # fmt: skip
    if verdict.replace(" ", "") in ("plaintext:accepted", "accepted"):
        return Finding(CODE, Severity.INFO, f"{path} holds {hit.what}{came}, as migration.yaml accepts", "", place)
    return Finding(
        CODE, Severity.ERROR, f"{path} would hold {hit.what}{came} in plain text",
        f"say in migration.yaml, under secrets, `{origin.partition(':')[0] or path}: externalise` "
        "(or `plaintext: accepted`)", place,
    )  # fmt: skip
