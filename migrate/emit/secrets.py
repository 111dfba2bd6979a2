"""The last look before anything is written: no plaintext secret may leave the estate (decision 25).

What ``scan`` finds, and what the estate itself calls a secret, is told without being shown, and stops the conversion
until migration.yaml says what becomes of it.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from migrate.doors.secret_scan import (
    LEAST_ENTROPY,
    LEAST_LENGTH,
    Hit,
    encoded_texts,
    masked,
    scan_text,
    text_of_set,
)
from migrate.doors.secret_shapes import HIDDEN, entropy, shapes_in
from migrate.emit.pieces import Piece
from migrate.model.estate import Release
from migrate.model.finding import Finding, Severity, SourceLocation
from migrate.model.json import JsonValue
from migrate.model.tree import EXTERNALISED, Provenance

__all__ = ["Known", "check_secrets", "masked", "origin_of", "scan_text", "secrets_in_values", "without_secrets"]

CODE = "EM020"


@dataclass(frozen=True)
class Known:
    """What the estate itself says of its secrets; none of them is ever shown."""

    placeholders: frozenset[str] = frozenset()
    """Texts that stand in for secrets, and are none."""
    real: frozenset[str] = frozenset()
    """Secrets that a person let the tool see: none may be in the tree."""
    opened: tuple[tuple[str, str], ...] = ()
    """What ``ref+`` references gave, each with the file that refers to it."""
    found: frozenset[str] = frozenset()
    """What the scanner takes for one among the values of the releases: it may stand elsewhere without its name."""
    rendered: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Folder of rendered manifests → the files of the estate that its values come from."""


def check_secrets(piece: Piece, policy: Mapping[str, str], known: Known) -> Piece:
    """The piece with a finding for every plaintext secret in it, and the externalised ones replaced.

    ``policy``: a path of the tree or of the estate, or its ``path:line`` → ``externalise`` or
    ``plaintext: accepted``.
    """
    leaked = {text: "a decrypted secret of the estate" for secret in known.real for text in _forms(secret)}
    leaked |= {text: _OPENED for secret, _ in known.opened for text in _forms(secret)}
    leaked |= {text: _FOUND for secret in known.found for text in _forms(secret) if text not in leaked}
    short = frozenset((text, file) for text, file in known.opened if not _is_long(text) and not _is_plain(text))
    files: dict[str, bytes] = {}
    findings: list[Finding] = []
    for path in sorted(piece.files):
        files[path] = piece.files[path]
        text = files[path].decode("utf-8", errors="replace")
        origins = piece.provenance.get(path, ())
        behind = {file for folder, sources in known.rendered.items() if path.startswith(folder) for file in sources}
        words = frozenset(secret for secret, file in short if file in behind)
        told = [_in_name(path)] if shapes_in(path) else []
        replaced: set[tuple[int, str]] = set()
        while True:
            found = [
                *scan_text(text, by_name=_written_by_people(path), known=known.placeholders),
                *_leaks(text, leaked),
                *_short_leaks(text, short, origins),
                *_words(text, words),
            ]
            hits = list({(hit.line, hit.text): hit for hit in reversed(found)}.values())[::-1]  # each once: the first
            places = [(hit, origin_of(origins, hit.line)) for hit in hits]
            verdicts = [_verdict(policy, path, origin, hit.line) for hit, origin in places]
            if path.startswith(_UPSTREAM):
                verdicts = [_NEVER if verdict == "externalise" else verdict for verdict in verdicts]
            told += [
                _finding(path, origin, hit, verdict) for (hit, origin), verdict in zip(places, verdicts, strict=True)
            ]
            away = [hit for hit, verdict in zip(hits, verdicts, strict=True) if verdict == "externalise"]
            if not away:
                break
            again = all((hit.line, hit.text) in replaced for hit in away)
            replaced |= {(hit.line, hit.text) for hit in away}
            before = text
            # What stands behind one on its line is seen the next time round. The longest go first: without a part of it
            # base64 can be read no more, and the rest of what it holds would stay.
            for hit in sorted(away, key=lambda hit: -len(hit.text)):
                text = _externalised(text, hit)
            files[path] = text.encode("utf-8")
            if text == before or again:  # it is written otherwise than it reads, or is part of what stands in for it
                told += [_finding(path, origin_of(origins, hit.line), hit, _CANNOT) for hit in away]
                break
        findings += dict.fromkeys(told)
    return Piece(files, piece.provenance, (*piece.findings, *findings))


def _externalised(text: str, hit: Hit) -> str:
    if _is_long(hit.text):
        return text.replace(hit.text, EXTERNALISED)
    lines = text.splitlines(keepends=True)
    line = lines[hit.line - 1]
    lines[hit.line - 1] = _word(hit.text).sub(EXTERNALISED, line)
    if lines[hit.line - 1] == line:
        lines[hit.line - 1] = EXTERNALISED.join(line.rsplit(hit.text, 1))
    return "".join(lines)


def without_secrets(known: Known) -> Callable[[JsonValue], JsonValue]:
    """What makes a value of the estate one that may be shown: what is known to be secret becomes ``***``."""
    texts = {text for text, _ in known.opened} | known.real
    long = sorted({form for text in texts for form in _forms(text)}, key=len, reverse=True)
    short = {text for text in texts if not _is_plain(text)}

    def shown(item: JsonValue) -> JsonValue:
        if isinstance(item, dict):
            return {key: shown(inner) for key, inner in item.items()}
        if isinstance(item, list):
            return [shown(inner) for inner in item]
        if not isinstance(item, str) or item in short:
            return HIDDEN if isinstance(item, str) else item
        for text in long:
            item = item.replace(text, HIDDEN)
        return item

    return shown


_UPSTREAM = "sources/charts/third_party/"
_NEVER = "externalise, which a chart of somebody else cannot"
_CANNOT = "externalise, which cannot be done where it stands"
_FOUND = "what looks like a secret among a release's values"
_OPENED = "what a ref+ reference gives"
"""A reference that can be looked up here holds a plain text, and Argo CD cannot look it up again."""


def secrets_in_values(releases: Iterable[Release], defaults: Iterable[str]) -> frozenset[str]:
    """What the scanner finds in the values of releases and in the ``defaults`` of their charts, each a text."""
    texts, stand_ins = set(defaults), set()
    for release in releases:
        texts |= {layer.text for layer in release.values}
        texts |= {text_of_set(flag.name, flag.value) for flag in release.sets}
        stand_ins |= {placeholder.text for placeholder in release.placeholders if placeholder.text}
    known = frozenset(stand_ins)
    return frozenset(hit.text for text in texts for hit in scan_text(text, known=known))


def _forms(secret: str) -> Iterator[str]:
    """The lines of a secret that are long enough to be no word, as they are and as a Secret's data has them."""
    lines = [line.strip() for line in secret.splitlines()]
    for text in (*lines, base64.b64encode(secret.encode("utf-8")).decode("ascii")):
        if _is_long(text) and not text.startswith("-----"):  # every key begins and ends alike
            yield text


def _is_long(text: str) -> bool:
    return len(text) >= LEAST_LENGTH and entropy(text) >= LEAST_ENTROPY


def _is_plain(text: str) -> bool:
    """Whether a text says nothing: a switch, a small number, nothing at all."""
    return text in ("", "true", "false", "<nil>") or (text.isdigit() and len(text) < LEAST_LENGTH // 2)


def _written_by_people(path: str) -> bool:
    """Templates and schemas of charts name secrets without holding any: there only shapes count."""
    if not path.startswith("sources/charts/") or "/manifests/" in path:
        return True
    return re.fullmatch(r"values[^/]*\.ya?ml", path.rpartition("/")[2]) is not None


def _leaks(text: str, leaked: Mapping[str, str]) -> list[Hit]:
    """Known secrets in a text, also inside what stands there in base64."""
    lines = text.splitlines()
    present = sorted(secret for secret in leaked if secret in text)
    hits = [
        Hit(number, leaked[secret], secret)
        for number, line in enumerate(lines, start=1)
        for secret in present
        if secret in line
    ]
    for number, line in enumerate(lines, start=1) if leaked else ():
        for word, plain in encoded_texts(line):
            inside = next((what for secret, what in leaked.items() if secret in plain), None)
            hits += [Hit(number, f"{inside}, encoded", word)] if inside else []
    return hits


def _short_leaks(text: str, short: Collection[tuple[str, str]], origins: tuple[Provenance, ...]) -> list[Hit]:
    """A short one is a word that stands anywhere: it counts as a whole value, in what came from the same file."""
    if not any(secret in text for secret, _ in short):
        return []
    return [
        Hit(number, _OPENED, secret)
        for number, line in enumerate(text.splitlines(), start=1)
        for secret, file in sorted(short)
        if re.search(rf"""[:\s/-]["']?{re.escape(secret)}\+?["']?\s*$""", line)
        and f"{origin_of(origins, number)}:".startswith(f"{file}:")
    ]


def _words(text: str, short: Collection[str]) -> Iterator[Hit]:
    """Short ones in what a chart made of them, where no line says its file: as a whole word, in base64 too."""
    patterns = {secret: _word(secret) for secret in sorted(short)}
    for number, line in enumerate(text.splitlines(), start=1) if patterns else ():
        yield from (Hit(number, _OPENED, secret) for secret, word in patterns.items() if word.search(line))
        for encoded, plain in encoded_texts(line):
            if any(word.search(plain) for word in patterns.values()):
                yield Hit(number, f"{_OPENED}, encoded", encoded)


def _word(secret: str) -> re.Pattern[str]:
    """The secret as a value or a part of one between blanks, quotes and brackets; a key is none."""
    ends = r"""\s"'\\,"""
    return re.compile(rf"""(?<![^{ends}:=\[({{]){re.escape(secret)}(?![^{ends}\])}}])(?!\\*["']?\s*[:=])""")


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


def _in_name(path: str) -> Finding:
    """A secret in the name of a file: only its owner can rename it."""
    for _, secret in shapes_in(path):
        path = path.replace(secret, "***")
    return Finding(
        CODE, Severity.ERROR, f"the path {path} would hold a secret in plain text", "rename the file or the release",
        SourceLocation(path, 1),
    )  # fmt: skip


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
    if verdict == _NEVER:
        return Finding(
            CODE, Severity.ERROR, f"{path} holds {hit.what}{came}, and a chart of somebody else is never changed",
            f"say in migration.yaml, under secrets, `{path}: plaintext: accepted`, or take another chart", place,
        )  # fmt: skip
    if verdict == _CANNOT:
        message = f"{path} holds {hit.what}{came}, and as it is written there nothing can stand in for it"
        hint = "take it out of the estate, or choose the layout `environments`, which carries values and no manifests"
        return Finding(CODE, Severity.ERROR, message, hint, place)
    return Finding(
        CODE, Severity.ERROR, f"{path} would hold {hit.what}{came} in plain text",
        f"say in migration.yaml, under secrets, `{origin.partition(':')[0] or path}: externalise` "
        "(or `plaintext: accepted`)", place,
    )  # fmt: skip
