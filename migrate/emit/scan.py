"""What looks like a plaintext secret in a text: well-known shapes, and random values under names that mean a secret.

Only what a reader would take for one: names of Secrets, references, placeholders and words are none.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

from migrate.doors.secret_shapes import HIDDEN, PRIVATE_KEY, entropy, shapes_in
from migrate.doors.yaml import YamlError, YamlNode, compose_yaml
from migrate.model.json import JsonValue
from migrate.model.tree import EXTERNALISED

LEAST_LENGTH = 12
LEAST_ENTROPY = 3.0  # bits a character; words and names lie below it, random text of this length above
_SECRET_NAME = re.compile(
    r"(?i)(passwords?|passwd|passphrase|pwd|(?:^|[_.-])pass|secrets?|tokens?|salt|credentials?"
    r"|(?:api|access|account|private|secret|signing|encryption|master|session|cookie|hmac|auth)[_-]?keys?|^auth)$"
)
# `existingSecret: x` names a Secret; so do these endings of longer keys.
_NAME_OF_ONE = re.compile(
    r"(?i)(existing|image_?pull|name|ref|key_?name|store)s?_?-?(secret|password|token)s?$|secret_?name"
    r"|^checksum/|from-secret$|k8s_secret_"
)
_ENTRY = re.compile(r"""(?:^|[\s{,;])(?:-\s+)?["']?([A-Za-z0-9_.\-/]+)["']?\s*[:=]\s*["']?([^\s"',;{}\[\]]+)""")
_FILE = re.compile(r"[\w./-]+\.(?:ya?ml|json|txt|pem|crt|key|tpl|gotmpl|enc)")
_LOOKED_UP = re.compile(r"((?:ref\+)(?:echo|file|envsubst)://)[^\s\"'+]+")
_BASE64 = re.compile(r"[A-Za-z0-9+/]{24,}={0,2}")


@dataclass(frozen=True)
class Hit:
    """Something in a text that looks like a secret: where, what, and the text itself (never shown)."""

    line: int
    what: str
    text: str


def scan_text(text: str, *, by_name: bool = True, known: frozenset[str] = frozenset()) -> tuple[Hit, ...]:
    """What in a text looks like a plaintext secret, a hit a line; ``known`` are placeholders, which are none.

    ``by_name``: look at random values under secret-like names too, not only at well-known shapes.
    """
    for head, placeholders in _by_head(known):
        if head in text:
            for placeholder in placeholders:
                text = text.replace(placeholder, "")
    found: dict[int, Hit] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        for what, secret in (*shapes_in(line), *_encoded(line)):
            if EXTERNALISED not in secret:
                found.setdefault(number, Hit(number, what, secret))
    if by_name:
        for hit in _named(text):
            found.setdefault(hit.line, hit)
    keys = {text[: match.start()].count("\n") + 1: match.group() for match in PRIVATE_KEY.finditer(text)}
    return tuple(
        replace(found[number], text=keys[number]) if number in keys else found[number] for number in sorted(found)
    )


@lru_cache(maxsize=4)
def _by_head(known: frozenset[str]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Placeholders, as they are and as a Secret has them, by how they begin: thousands of them begin alike."""
    encoded = {base64.b64encode(placeholder.encode("utf-8")).decode("ascii") for placeholder in known}
    found: dict[str, list[str]] = {}
    for placeholder in sorted(known | encoded, key=lambda text: (-len(text), text)):
        found.setdefault(placeholder[:8], []).append(placeholder)
    return tuple((head, tuple(found[head])) for head in found)


def _encoded(line: str) -> Iterator[tuple[str, str]]:
    """Base64, as Secrets have it, of something with the shape of a secret."""
    for match in _BASE64.finditer(line):
        try:
            plain = base64.b64decode(match.group(), validate=True).decode("utf-8")
        except (binascii.Error, UnicodeDecodeError):
            continue
        for inner in plain.splitlines():
            for what, _ in shapes_in(inner):
                yield f"{what}, encoded", match.group()


def _named(text: str) -> Iterator[Hit]:
    try:
        documents = compose_yaml(text)
    except YamlError:
        yield from _named_in_lines(text, 1)
        return
    for document in documents:
        yield from _named_in(document, "")


def _named_in(node: YamlNode, name: str) -> Iterator[Hit]:
    if node.kind == "mapping":
        # `{name: DB_PASSWORD, value: …}`: the name stands beside the value.
        named = next((str(value.value) for key, value, _ in node.entries() if key.value == "name"), "")
        for key, value, _ in node.entries():
            own = str(key.value)
            yield from _named_in(value, named if own == "value" and named else own)
    elif node.kind == "sequence":
        for item in node.value:
            yield from _named_in(item, name)
    elif isinstance(node.value, str):
        text = node.value.strip()
        # A list for --set is one text: `{a,b}`.
        listed = text.startswith("{") and text.endswith("}") and not text.startswith("{{")
        items = text[1:-1].split(",") if listed else [text]
        secret = next((item for item in items if looks_secret(name, item)), None)
        if secret is not None:
            yield Hit(node.line, f"a random value under {name}", secret)
        elif "=" in text or "\n" in text:
            yield from _named_in_lines(node.value, node.line + ("\n" in text))


def _named_in_lines(text: str, first: int) -> Iterator[Hit]:
    """Lines of ``key: value`` and ``key=value``: what is no YAML, and files inside a value."""
    for number, line in enumerate(text.splitlines(), start=first):
        for match in _ENTRY.finditer(line):
            if looks_secret(match[1], match[2]):
                yield Hit(number, f"a random value under {match[1]}", match[2])


def looks_secret(name: str, value: str) -> bool:
    """Whether a value under such a name is a plaintext secret rather than a name, a path or a reference."""
    if not _SECRET_NAME.search(name) or _NAME_OF_ONE.search(name) or len(value) < LEAST_LENGTH:
        return False
    if (
        _FILE.fullmatch(value)
        or re.search(r"^ENC\[|\$[({]|\{\{|[<>\n]|://|^/|^ref\+|^!|^\*|^&", value)
        or EXTERNALISED in value
    ):
        return False
    mixed = sum(bool(re.search(kind, value)) for kind in ("[a-z]", "[A-Z]", "[0-9]", r"[^A-Za-z0-9._\s-]")) >= 2
    words = re.fullmatch(r"[a-z0-9]{1,12}([-._][a-z0-9]{1,12})+", value)
    return mixed and not words and entropy(value) >= LEAST_ENTROPY


def masked(name: str, value: JsonValue, *, by_name: bool = True) -> JsonValue:
    """A value as it may be shown: texts that look like a secret become ``***``.

    ``by_name``: so do texts under the name of one, whatever they are.
    """
    if isinstance(value, dict):
        named = value.get("name")
        beside = named if isinstance(named, str) else ""
        return {
            key: masked(beside if key in ("value", "values") and beside else key, item, by_name=by_name)
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [masked(name, item, by_name=by_name) for item in value]
    if not isinstance(value, str) or not value:
        return value
    if "ref+" in value or value.startswith("PLACEHOLDER"):
        # What these name can stand in the reference itself.
        return _LOOKED_UP.sub(rf"\1{HIDDEN}", value)
    under = by_name and _SECRET_NAME.search(name) and not _NAME_OF_ONE.search(name) and name != "secrets"
    return HIDDEN if under or looks_secret(name, value) or scan_text(value) else value
