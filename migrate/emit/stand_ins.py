"""Values of rendered Secrets that stand in for what is kept elsewhere: placeholders, as a chart encodes them."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Collection, Iterable, Iterator

from migrate.doors.secret_scan import scan_text
from migrate.model.manifest import Manifest

_BASE64 = re.compile(r"[A-Za-z0-9+/]{16,}={0,2}")


def encoded_stand_ins(manifests: Iterable[Manifest], placeholders: Collection[str]) -> Iterator[str]:
    """Each value of a Secret that holds a placeholder, and beside it nothing that looks like a secret."""
    known = sorted(placeholders, key=len, reverse=True)
    for manifest in manifests:
        data = manifest.document.get("data")
        if manifest.key.kind != "Secret" or not isinstance(data, dict) or not known:
            continue
        for value in data.values():
            if isinstance(value, str) and _stands_in(value, known):
                yield value


def _stands_in(value: str, known: Collection[str]) -> bool:
    plain = _decoded(value)
    rest = _without(plain, known)
    return rest != plain and not scan_text(rest)


def _without(text: str, known: Collection[str]) -> str:
    """The text without placeholders, also without those that are encoded inside it once more."""
    for placeholder in known:
        text = text.replace(placeholder, "")
    inner = [match.group() for match in _BASE64.finditer(text)]
    for word in inner:
        if any(placeholder in _decoded(word) for placeholder in known):
            text = text.replace(word, "")
    return text


def _decoded(value: str) -> str:
    try:
        return base64.b64decode(value, validate=True).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError):
        return ""
