"""``ref+BACKEND://…`` texts (rules 10.10, 12.5): what can be known offline is computed, all else becomes a placeholder.

Offline backends are ``echo``, ``file`` (inside the folders that may be read) and ``envsubst`` (given variables only).
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote

from migrate.doors.estate_files import FileFaultError, OutsideError, absolute
from migrate.doors.yaml import YamlError, compose_yaml, plain_value
from migrate.errors import EstateError
from migrate.model.estate import Placeholder
from migrate.model.finding import Severity, SourceLocation
from migrate.read.secrets import placeholder_text, replace_leaves
from migrate.read.session import Session

_REFERENCE = re.compile(r'((secret)?ref)\+([^+:]*://[^+\n ]+[^+\n ",])\+?')
_PREFIX = re.compile(r"(?:secret)?ref\+")
_SEPARATOR = re.compile(r'[ \n\r\t",]')
_URI = re.compile(r"([^:/?#]*)://([^/?#]*)([^?#]*)(?:\?([^#]*))?(?:#(.*))?", re.DOTALL)
_BAD_HOST = re.compile(r"[^A-Za-z0-9\-_.~!$&'()*+,;=:\[\]<>\"\x80-\U0010ffff%]")
_VARIABLE = re.compile(r"\$(?:\{([A-Za-z_][A-Za-z0-9_]*)(?::?-([^}$]*))?\}|([A-Za-z_][A-Za-z0-9_]*))")
_NESTING = 10


class _UnknownError(Exception):
    """A reference that cannot be resolved here; the message says why, where that is not plain."""


@dataclass
class References:
    """Resolves the references of one text or mapping; what stays closed is collected as ``placeholders``."""

    session: Session
    place: SourceLocation
    placeholders: list[Placeholder] = field(default_factory=list)

    def expanded(self, value: Any, path: str = "") -> Any:
        """Plain data with every reference in its texts resolved; a text that is one reference keeps its type.

        Raises:
            EstateError: a reference that helmfile refuses, too.
        """
        prefix = f"{path}." if path else ""
        if isinstance(value, dict):
            return self._mapping(value, prefix)
        if isinstance(value, list):
            return [self.expanded(item, f"{prefix}{index}") for index, item in enumerate(value)]
        if isinstance(value, str) and "ref+" in value:
            return self._text(value, path)
        return value

    def _mapping(self, value: dict[Any, Any], prefix: str) -> dict[str, Any]:
        """A key that is a reference over a mapping stands for the mapping that it resolves to."""
        found: dict[str, Any] = {}
        extended: dict[str, Any] = {}
        for name, item in value.items():
            key = str(name)
            if isinstance(item, dict) and "ref+" in key:
                text = self._text(key, f"{prefix}{key}")
                if isinstance(text, str) and text != key:
                    extended |= _mapping_of(text, self.place)
                    continue
            found[key] = self.expanded(item, f"{prefix}{key}")
        return found | extended

    def _text(self, text: str, path: str) -> Any:
        text = self._inner(text, path)
        match = _REFERENCE.search(text)
        if match is not None and match[0] == text:
            return self._looked_up(match, path)
        written = ""
        while match is not None:
            written += text[: match.start()] + go_text(self._looked_up(match, path))
            text = text[match.end() :]
            match = _REFERENCE.search(text)
        return written + text

    def _inner(self, text: str, path: str) -> str:
        """References inside references, from the inside out."""
        for _ in range(_NESTING):
            starts = list(_PREFIX.finditer(text))
            for before, start in zip(reversed(starts[:-1]), reversed(starts[1:]), strict=True):
                match = _REFERENCE.match(text, start.start())
                if match is None or _SEPARATOR.search(text[before.end() : start.start()]):
                    continue
                value = self._looked_up(match, path)
                if value is None or isinstance(value, (dict, list)):
                    raise EstateError(f"the reference {match[0]} inside another gives no text", source=self.place)
                text = text[: match.start()] + go_text(value) + text[match.end() :]
                break
            else:
                return text
        raise EstateError(f"references nest deeper than {_NESTING}", source=self.place)

    def _looked_up(self, match: re.Match[str], path: str) -> Any:
        try:
            value = _lookup(self.session, match[3], self.place)
        except _UnknownError as error:
            if str(error):
                self.session.tell(
                    "HF023",
                    Severity.WARNING,
                    f"{match[0]} stays closed: {error}",
                    hint="a placeholder stands in",
                    source=self.place,
                )
            self.placeholders.append(Placeholder(path, match[0], placeholder_text(match[0]), self.place))
            return self.placeholders[-1].text
        replace_leaves(value, lambda _, leaf: self.session.opened.add((go_text(leaf), self.place.file)))
        return value


def go_text(value: Any) -> str:
    """A value as Go prints it inside a text."""
    if value is None:
        return "<nil>"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return f"map[{' '.join(f'{key}:{go_text(value[key])}' for key in sorted(value))}]"
    return f"[{' '.join(map(go_text, value))}]" if isinstance(value, list) else str(value)


def _lookup(session: Session, key: str, place: SourceLocation) -> Any:
    parts = _URI.fullmatch(key)
    backend = key.partition("://")[0]
    if backend not in ("echo", "file", "envsubst"):
        raise _UnknownError
    if parts is None:
        raise EstateError(f"the reference ref+{key} is no address", source=place)
    host = unquote(parts[2].rpartition("@")[2])
    if _BAD_HOST.search(host) or re.search(r"(?<!\])(?<=.):(?!\d*$)", host):
        raise EstateError(
            f"the reference ref+{key} is no address: helmfile refuses {host!r} behind `://`",
            hint="letters, digits, dots and dashes may stand there",
            source=place,
        )
    path, fragment = unquote(parts[3]), unquote(parts[5] or "").removeprefix("#").removeprefix("/")
    text = "/".join(filter(None, (host, path.removeprefix("/") if host else path)))
    options = parse_qs(parts[4] or "")
    if backend == "echo":
        return _echo(key, text, fragment, place)
    if backend == "envsubst":
        substituted = _substituted(session, text.removesuffix("/").strip())
    else:
        substituted = _file(session, text.removesuffix("/"), options, place, encoded=not fragment)
    return _walk(_mapping_of(substituted, place), fragment, place) if fragment else substituted


def _echo(key: str, text: str, fragment: str, place: SourceLocation) -> Any:
    if not fragment:
        return text.rstrip("/")
    *way, last = text.split("/")
    if not way:
        raise EstateError(f"ref+{key}: what is echoed must have two parts or more", source=place)
    found: Any = last
    for name in reversed(way):
        found = {name: found}
    return _walk(found, fragment, place)


def _file(session: Session, path: str, options: dict[str, list[str]], place: SourceLocation, *, encoded: bool) -> str:
    found = absolute(path, session.directory or None)
    try:
        text = session.files.read(found)
    except OutsideError as error:
        raise _UnknownError(f"{error}; allow it with --allow-path {found.rpartition('/')[0]}") from error
    except FileFaultError as error:
        raise EstateError(f"ref+file://{path}: {error}", hint="add the file, or mend the path", source=place) from error
    encoding = options.get("encode", ["raw"])[0]
    if not encoded or encoding == "raw":
        return text
    if encoding != "base64":
        raise EstateError(f"ref+file://{path}: unknown encode={encoding}", hint="raw or base64", source=place)
    return base64.b64encode(text.encode()).decode()


def _substituted(session: Session, text: str) -> str:
    known = session.request.set_env
    rest = _VARIABLE.sub("", text)
    if "$" in rest:
        raise _UnknownError(f"{text!r} is more than plain variables")

    def value(match: re.Match[str]) -> str:
        name = match[1] or match[3]
        if name in known and (known[name] or match[2] is None):
            return known[name]
        if match[2] is not None:
            return match[2]
        raise _UnknownError(f"the variable {name} is not given; give it with --set-env {name}=VALUE")

    return _VARIABLE.sub(value, text)


def _walk(value: Any, fragment: str, place: SourceLocation) -> Any:
    """The value at ``a/b``; None where a key is missing, as helmfile has it."""
    *way, last = fragment.split("/")
    for name in way:
        if name not in value:
            return None
        value = value[name]
        if not isinstance(value, dict):
            raise EstateError(f"a reference goes through {name!r}, which is no mapping", source=place)
    return value.get(last)


def _mapping_of(text: str, place: SourceLocation) -> dict[str, Any]:
    try:
        documents = compose_yaml(text)
    except YamlError as error:
        raise EstateError(f"what a reference gives is broken YAML: {error}", source=place) from error
    value = plain_value(documents[0]) if documents else None
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise EstateError("what a reference gives is no mapping", hint="leave out the part behind `#`", source=place)
    return value


def expand(session: Session, value: Any, place: SourceLocation) -> tuple[Any, tuple[Placeholder, ...]]:
    """The data with its references resolved, and what stays closed.

    Raises:
        EstateError: a reference that helmfile refuses, too.
    """
    references = References(session, place)
    return references.expanded(value), tuple(references.placeholders)
