"""Secrets that stay closed: ``secrets:`` files and ``ref+…`` values become named placeholders (decision 25)."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from migrate.doors.estate_files import absolute
from migrate.doors.secret_scan import decrypted_texts
from migrate.doors.yaml import YamlError, YamlNode, compose_yaml, plain_value
from migrate.errors import EstateError
from migrate.model.estate import Placeholder
from migrate.model.finding import SourceLocation
from migrate.read.session import Session

_REFERENCE = re.compile(r"(?:secret)?ref\+[A-Za-z0-9_-]+://[^\s\"'+]*\+?")


@dataclass(frozen=True)
class OpenedSecret:
    """A secrets file: its data, with placeholders for what must not or cannot be known."""

    path: str
    data: dict[str, Any]
    placeholders: tuple[Placeholder, ...]
    text: str = ""
    """The decrypted twin's text, where it may be shown; empty otherwise."""


def placeholder_text(reference: str, path: str = "") -> str:
    """The text that stands in for a secret: the same each time, valid wherever a text is.

    >>> placeholder_text("ref+vault://kv/db#/password")
    'PLACEHOLDER-vault-kv-db-password'
    """
    words = re.sub(r"[^A-Za-z0-9]+", "-", f"{re.sub(r'^(?:secret)?ref[+]', '', reference)}-{path}").strip("-")
    return f"PLACEHOLDER-{words}"


def open_secret(session: Session, name: str, base: str, place: SourceLocation) -> OpenedSecret | None:
    """The secrets file ``name``; None where neither it nor a decrypted twin is there.

    Raises:
        EstateError: the file or its twin is no YAML.
    """
    paths = session.files.glob(absolute(name, base))
    if len(paths) > 1:
        raise EstateError(f"{name} matches several files", source=place)
    path = paths[0] if paths else absolute(name, base)
    shown = session.files.shown(path)
    twin = _twin(session, path, base)
    if not paths and twin is None:
        return None
    text = session.read(twin or path, source=place)
    if path.endswith(".hcl"):
        return _opened_hcl(session, path, text if twin and session.reveal else "", place)
    node = _first_document(session, twin or path, text)
    if twin and session.reveal:
        session.opened |= {(secret, shown) for secret in decrypted_texts(text, "")}
        return OpenedSecret(path, _mapping(node, place, shown), (), text)
    shut = _closed(node, shown, place, everything=twin is not None)
    if shut is None:
        whole = Placeholder("", shown, placeholder_text(shown), place)
        return OpenedSecret(path, {}, (whole,))
    return OpenedSecret(path, *shut)


def _opened_hcl(session: Session, path: str, text: str, place: SourceLocation) -> OpenedSecret:
    """A secrets file in HCL, which cannot be closed leaf by leaf."""
    shown = session.files.shown(path)
    whole = () if text else (Placeholder("", shown, placeholder_text(shown), place),)
    return OpenedSecret(path, {}, whole, text)


def has_twin(session: Session, path: str, base: str) -> bool:
    """Whether a decrypted twin of the secrets file is given."""
    return _twin(session, path, base) is not None


def _twin(session: Session, path: str, base: str) -> str | None:
    folder = session.request.secrets_dir
    if folder is None:
        return None
    folder = absolute(folder)
    estate = absolute(session.request.path)
    estate = estate if session.files.is_dir(estate) else estate.rpartition("/")[0]
    for start in (session.files.root, estate, base):
        prefix = start.rstrip("/") + "/"
        if path.startswith(prefix):
            candidate = f"{folder}/{path[len(prefix) :]}"
            if session.files.is_file(candidate):
                return candidate
    return None


def _first_document(session: Session, path: str, text: str) -> YamlNode | None:
    try:
        documents = compose_yaml(text)
    except YamlError as error:
        raise EstateError(f"broken YAML: {error}", source=session.place(path, error.line or 1)) from error
    return documents[0] if documents else None


def _mapping(node: YamlNode | None, place: SourceLocation, shown: str) -> dict[str, Any]:
    value = plain_value(node) if node else None
    if value is not None and not isinstance(value, dict):
        raise EstateError(f"the secrets file {shown} holds no mapping at its top", source=place)
    return value or {}


def _closed(
    node: YamlNode | None, shown: str, place: SourceLocation, *, everything: bool
) -> tuple[dict[str, Any], tuple[Placeholder, ...]] | None:
    """The mapping with a placeholder for each secret leaf; None where the file is not encrypted by sops.

    ``everything``: the mapping is a decrypted twin, so every leaf is secret.
    """
    value = plain_value(node) if node else None
    if not isinstance(value, dict) or (not everything and not isinstance(value.get("sops"), dict)):
        return None
    value = {key: item for key, item in value.items() if key != "sops" or everything}
    found: list[Placeholder] = []

    def stand_in(path: str, leaf: Any) -> Any:
        secret = everything or (isinstance(leaf, str) and leaf.startswith("ENC["))
        if not secret or leaf is None or leaf == "" or isinstance(leaf, bool):
            return leaf
        found.append(Placeholder(path, shown, placeholder_text(shown, path), place))
        return found[-1].text

    return replace_leaves(value, stand_in), tuple(found)


def stand_ins_in(session: Session, value: Any, place: SourceLocation) -> tuple[Placeholder, ...]:
    """The placeholders that reached the data through a template: from state values or ``fetchSecretValue``."""
    found: list[Placeholder] = []

    longest_first = sorted(session.stand_ins, key=len, reverse=True)

    def look(path: str, leaf: Any) -> Any:
        rest = leaf if isinstance(leaf, str) else ""
        for text in longest_first:  # one may begin as another does
            if text in rest:
                found.append(Placeholder(path, session.stand_ins[text], text, place))
                rest = rest.replace(text, "")
        return leaf

    replace_leaves(value, look)
    return tuple(found)


def replace_leaves(value: Any, replace: Callable[[str, Any], Any], path: str = "") -> Any:
    """Plain data with each leaf replaced by ``replace(dotted path, leaf)``."""
    prefix = f"{path}." if path else ""
    if isinstance(value, dict):
        return {key: replace_leaves(item, replace, f"{prefix}{key}") for key, item in value.items()}
    if isinstance(value, list):
        return [replace_leaves(item, replace, f"{prefix}{index}") for index, item in enumerate(value)]
    return replace(path, value)
