"""The door to detect-secrets: the shapes of well-known keys and tokens, in one line of text.

Its patterns alone are used: its checks against the services themselves, which need the network, never run. What it
does not know (Vault, Google, age …) stands beside it.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import cache, lru_cache

Find = Callable[[str], Iterator[str]]

_OWN = (
    ("a GitHub token", re.compile(r"\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{40,})\b")),
    ("a Google API key", re.compile(r"\bAIza[A-Za-z0-9_-]{35}\b")),
    ("a Vault token", re.compile(r"\bhv[sb]\.[A-Za-z0-9_-]{24,}")),
    ("a DigitalOcean token", re.compile(r"\bdo[opr]_v1_[a-f0-9]{64}\b")),
    ("a Hugging Face token", re.compile(r"\bhf_[A-Za-z]{34}\b")),
    ("an age key", re.compile(r"\bAGE-SECRET-KEY-1[0-9A-Z]{50,}")),
    ("a Stripe key", re.compile(r"\b[rs]k_live_[A-Za-z0-9]{16,}")),
    ("a Slack token", re.compile(r"\bxox[abeprs]-[A-Za-z0-9-]{10,}")),
    ("a JSON web token", re.compile(r"\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}")),
    ("a bcrypt hash", re.compile(r"\$2[aby]?\$[0-9]{2}\$[./A-Za-z0-9]{53}")),
    ("a registry's credentials", re.compile(r"\beyJhdXRocyI6[A-Za-z0-9+/=]{20,}")),  # base64 of {"auths":
)
PRIVATE_KEY = re.compile(
    r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----.*?-----END (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----",
    re.DOTALL,
)
"""A whole key, from its first line to its last."""
HIDDEN = "***"
_IN_QUERY = re.compile(r"(?i)[?&;](?:password|passwd|pwd|token|secret|api_?key)=([^&;\s\"']+)")
_REFERENCE = re.compile(r"[$<>{}*]")
_LEAST_IN_ADDRESS = 8
_LEAST_WORD = 16
"""No token is shorter, nor without a digit."""
_WORD = re.compile(r"[A-Za-z0-9+=!@#$%^&*~]{8,}")
_LEAST_RANDOM = 2.75
"""Bits a character: eight letters of which most differ."""


@lru_cache(maxsize=65_536)
def shapes_in(line: str) -> tuple[tuple[str, str], ...]:
    """What in a line has the shape of a secret: ``(what it is, its text)``, each text once."""
    if not _may_hold(line):
        return ()
    found: dict[str, str] = {}
    for what, shape in _OWN:
        for match in shape.finditer(line):
            found.setdefault(match.group(), what)
    for match in _IN_QUERY.finditer(line):
        if _is_drawn(match[1]):
            found.setdefault(match[1], "a password in an address")
    for what, find in _detectors():
        for text in find(line):
            if _counts(what, text) and not any(text in known for known in found):
                found[text] = what
    return tuple((what, text) for text, what in found.items())


def shown(text: str) -> str:
    """A text as it may be shown: whatever has the shape of a secret becomes ``***``."""
    text = PRIVATE_KEY.sub(HIDDEN, text)
    lines = text.splitlines(keepends=True)
    for place, line in enumerate(lines):
        for _, secret in shapes_in(line.rstrip("\n")):
            lines[place] = lines[place].replace(secret, HIDDEN)
    return "".join(lines)


def shown_trace(text: str) -> str:
    """A traceback as it may be shown: nobody knows what an exception quotes, so every random word becomes ``***``."""
    return _WORD.sub(lambda match: HIDDEN if _is_random(match.group()) else match.group(), shown(text))


def _is_random(word: str) -> bool:
    return all(re.search(kind, word) for kind in ("[a-z]", "[A-Z]", "[0-9]")) and entropy(word) >= _LEAST_RANDOM


def _may_hold(line: str) -> bool:
    """Whether a line is worth the patterns, which take ten times as long as this."""
    if "-----BEGIN" in line or "PuTTY-" in line:
        return True
    return any(len(word) >= _LEAST_WORD and any(map(str.isdigit, word)) for word in line.split())


def entropy(text: str) -> float:
    """Shannon's entropy of a text, in bits a character."""
    counts = Counter(text)
    return -sum(n / len(text) * math.log2(n / len(text)) for n in counts.values())


def _counts(what: str, text: str) -> bool:
    """Whether a hit of the library is one: some of its patterns take plain words and references, too."""
    if what == "a password in an address":
        return _is_drawn(text)
    return what == "a private key" or any(character.isdigit() for character in text)


def _is_drawn(text: str) -> bool:
    """Whether a password in an address is more than a word of an example."""
    kinds = sum(bool(re.search(kind, text)) for kind in ("[a-z]", "[A-Z]", "[0-9]", "[^A-Za-z0-9]"))
    return len(text) >= _LEAST_IN_ADDRESS and kinds >= 2 and entropy(text) >= 2.5 and not _REFERENCE.search(text)


@cache
def _detectors() -> tuple[tuple[str, Find], ...]:
    """The library's patterns, in the order of their names. Imported late: most commands look for no secret."""
    from detect_secrets.core.plugins.util import get_mapping_from_secret_type_to_class
    from detect_secrets.plugins.base import BasePlugin, RegexBasedDetector

    kinds: dict[str, type[BasePlugin]] = dict(get_mapping_from_secret_type_to_class())
    found: list[tuple[str, Find]] = []
    for name, kind in sorted(kinds.items()):
        if not issubclass(kind, RegexBasedDetector) or name in _LEFT_OUT:
            continue
        patterns: Iterable[re.Pattern[str]] = kind().denylist
        found.append((_NAMES.get(name, f"what looks like {name}"), _finder(tuple(patterns))))
    return tuple(found)


def _finder(patterns: Iterable[re.Pattern[str]]) -> Find:
    """All that the patterns find. The library's own search gives only what stands in a pattern's groups."""

    def find(line: str) -> Iterator[str]:
        for pattern in patterns:
            for match in pattern.finditer(line):
                groups = [text for text in match.groups() if text and len(text) >= _LEAST_IN_ADDRESS]
                yield (max(groups, key=len) if groups else match.group()).strip(" =:,;\"'")

    return find


_LEFT_OUT = {"Public IP (ipv4)", "Hex High Entropy String", "Base64 High Entropy String"}
"""An address is no secret, and random text is looked at under its name, where digests do not count."""
_NAMES = {
    "AWS Access Key": "an AWS access key",
    "Basic Auth Credentials": "a password in an address",
    "GitHub Token": "a GitHub token",
    "GitLab Token": "a GitLab token",
    "JSON Web Token": "a JSON web token",
    "Private Key": "a private key",
    "Slack Token": "a Slack token",
    "Stripe Access Key": "a Stripe key",
}
