"""What looks like a plaintext secret in a text: well-known shapes, and random values under names that mean a secret.

Beside ``secret_shapes``, which knows a line, this reads YAML, JSON and base64. Only what a reader would take for one
is found: names of Secrets, references, placeholders and words are none.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

from migrate.doors.secret_shapes import HIDDEN, PRIVATE_KEY, entropy, shapes_in
from migrate.doors.yaml import YamlError, YamlNode, compose_yaml, load_yaml
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
# JSON inside JSON has its quotes behind backslashes.
_ENTRY = re.compile(
    r"""(?:^|[\s{,;])(?:-\s+)?\\*["']?([A-Za-z0-9_.\-/]+)\\*["']?\s*[:=]\s*\\*["']?([^\s"',;{}\[\]]+?)(?=\\*(?:[\s"',;{}\[\]]|$))"""
)
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
    text = _without(text, known)
    found: dict[int, Hit] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        for what, secret in (*shapes_in(line), *_encoded(line, by_name=by_name, known=known)):
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


def _without(text: str, known: frozenset[str]) -> str:
    for head, placeholders in _by_head(known):
        if head in text:
            for placeholder in placeholders:
                text = text.replace(placeholder, "")
    return text


def encoded_texts(line: str) -> Iterator[tuple[str, str]]:
    """What stands in a line in base64, as Secrets have it: ``(as it stands, its text)``; no text, no entry."""
    for match in _BASE64.finditer(line):
        try:
            yield match.group(), base64.b64decode(match.group(), validate=True).decode("utf-8")
        except (binascii.Error, UnicodeDecodeError):
            continue


def _encoded(line: str, *, by_name: bool, known: frozenset[str]) -> Iterator[tuple[str, str]]:
    """Base64 of something that looks like a secret: what it is, and the base64 as it stands."""
    for word, plain in encoded_texts(line):
        plain = _without(plain, known)
        for inner in plain.splitlines():
            for what, _ in shapes_in(inner):
                yield f"{what}, encoded", word
        for hit in _named(plain) if by_name else ():
            yield f"{hit.what}, encoded", word


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
        elif "=" in text or "\n" in text or text[:1] in ("{", "["):
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


def secrets_among(texts: Iterable[str]) -> frozenset[str]:
    """Everything that the scanner finds in files of values; a placeholder is no secret."""
    return frozenset(hit.text for text in set(texts) for hit in scan_text(text) if "PLACEHOLDER-" not in hit.text)


def text_of_set(name: str, value: str) -> str:
    """A ``--set`` flag as the text of a values file that the scanner reads."""
    return "".join(f"{name.rpartition('.')[2]}: {item}\n" for item in value.strip("{}").split(","))


def decrypted_texts(secret_text: str, shown_text: str) -> frozenset[str]:
    """The texts of a decrypted file of values that the one with placeholders does not hold."""
    try:
        texts = set(_leaves(load_yaml(secret_text)))
    except YamlError:
        texts = {line.strip() for line in secret_text.splitlines()}
    return frozenset(text for text in texts if text and text not in shown_text)


def _leaves(value: JsonValue) -> Iterator[str]:
    if isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _leaves(item)
    elif isinstance(value, str) and value.strip():
        yield value


LEAST_IN_A_MESSAGE = 4
"""A shorter text is in too many others by chance to be looked for in them."""


def sayable(message: str, secrets: Collection[str]) -> str:
    """A message without these secrets, nor any line of one that has several."""
    texts = {line.strip() for secret in secrets for line in (secret, *secret.splitlines())}
    for text in sorted(texts, key=lambda text: (-len(text), text)):
        if len(text) >= LEAST_IN_A_MESSAGE and not text.isdigit():
            message = message.replace(text, HIDDEN)
    return message
