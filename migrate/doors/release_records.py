"""The door to what Helm recorded: files of ``helm get manifest`` and ``helm get hooks``, and exported release Secrets.

Layout, below one folder::

    <environment>/<namespace>--<name>.yaml          helm get manifest
    <environment>/<namespace>--<name>.hooks.yaml    helm get hooks
    <environment>/<any name>.yaml|json              kubectl get secret -l owner=helm -o yaml

A folder of a kube context may stand between. Nothing that is read here is ever part of a message: it holds secrets.
"""

from __future__ import annotations

import base64
import binascii
import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from migrate.doors.files import read_tree
from migrate.doors.yaml import YamlError, compose_yaml, plain_value
from migrate.model.deployed import ReleaseRecord
from migrate.model.json import as_object

MOST_UNPACKED = 64 * 1024 * 1024
"""What one record may unpack to; etcd holds about 1 MB of it, packed."""
_TYPE = "helm.sh/release.v1"
_DEPLOYED = "deployed"
_GZIP = b"\x1f\x8b\x08"
_HOOKS = ".hooks"
_ENDINGS = (".yaml", ".yml", ".json")


class _RecordError(Exception):
    """Why a record cannot be read, without a word of what it holds."""


@dataclass(frozen=True)
class Records:
    """Everything in a folder: one record a release, and what could not be read as (file, reason)."""

    releases: tuple[ReleaseRecord, ...] = ()
    faults: tuple[tuple[str, str], ...] = ()


@dataclass
class _Revisions:
    """The revisions of one release so far: only the texts of the one that counts are kept."""

    newest: int = -1
    newest_status: str = ""
    counting: ReleaseRecord | None = None


@dataclass
class _Reader:
    """What was found so far; the key of a release is its folders, namespace and name."""

    faults: list[tuple[str, str]] = field(default_factory=list)
    texts: dict[tuple[tuple[str, ...], str, str], ReleaseRecord] = field(default_factory=dict)
    hooks: dict[tuple[tuple[str, ...], str, str], tuple[str, str]] = field(default_factory=dict)
    revisions: dict[tuple[tuple[str, ...], str, str], _Revisions] = field(default_factory=dict)


def read_release_records(folder: str | Path) -> Records:
    """The record of every release below ``folder``: the newest deployed revision of each counts.

    Raises:
        EstateError: no such folder, or a file in it that cannot be read at all.
    """
    reader = _Reader()
    tree = read_tree(folder)
    for path in tree.paths():
        *folders, name = path.split("/")
        stem, ending = _stem(name)
        if name.startswith(".") or not ending:
            continue
        try:
            text = tree.text(path).removeprefix("\ufeff")
        except UnicodeDecodeError:
            reader.faults.append((path, "it is no UTF-8 text"))
            continue
        if _TYPE in text:
            _read_objects(reader, tuple(folders), path, text)
        elif "--" in stem:
            _take_text(reader, tuple(folders), path, stem, text)
        else:
            why = "it holds no release Secret, and its name is not <namespace>--<name>.yaml"
            reader.faults.append((path, why))
    return Records(tuple(_chosen(reader)), tuple(reader.faults))


def _stem(name: str) -> tuple[str, str]:
    for ending in _ENDINGS:
        if name.endswith(ending):
            return name.removesuffix(ending), ending
    return name, ""


def _take_text(reader: _Reader, folders: tuple[str, ...], path: str, stem: str, text: str) -> None:
    namespace, _, name = stem.removesuffix(_HOOKS).partition("--")
    key = (folders, namespace, name)
    if stem.endswith(_HOOKS):
        reader.hooks[key] = (path, text)
    else:
        reader.texts[key] = ReleaseRecord(folders, namespace, name, path, manifest=text)


def _chosen(reader: _Reader) -> Iterator[ReleaseRecord]:
    for key in sorted({*reader.texts, *reader.revisions, *reader.hooks}):
        _, namespace, name = key
        if key in reader.texts:
            found = reader.texts[key]
            yield replace(found, hooks=reader.hooks[key][1]) if key in reader.hooks else found
            if key in reader.revisions:
                reader.faults.append((found.where, "the release is recorded in a Secret as well; leave one out"))
        elif key in reader.revisions:
            yield _counting(reader.revisions[key])
        else:
            path = reader.hooks[key][0]
            reader.faults.append((path, f"there are hooks and no {namespace}--{name}.yaml beside them"))


def _counting(found: _Revisions) -> ReleaseRecord:
    record = found.counting
    if record is None:
        raise ValueError("a release has at least one revision")
    if record.status != _DEPLOYED:
        return replace(record, revision=found.newest, status=found.newest_status, manifest="", hooks=None)
    newer = f"revision {found.newest} is {found.newest_status}" if found.newest > record.revision else ""
    return replace(record, newer=newer)


# ---------------------------------------------------------------- release Secrets


def _read_objects(reader: _Reader, folders: tuple[str, ...], path: str, text: str) -> None:
    try:
        documents = _parsed(path, text)
    except (YamlError, ValueError, RecursionError):
        reader.faults.append((path, "it is no YAML or JSON"))
        return
    for item in _items(documents):
        metadata = as_object(item.get("metadata"))
        labels = as_object(metadata.get("labels"))
        in_config_map = item.get("kind") == "ConfigMap" and labels.get("owner") == "helm"
        if not in_config_map and item.get("type") != _TYPE:
            continue
        try:
            content = _unpacked(item, wrapped=not in_config_map)
            _take_revision(reader, folders, path, content, str(metadata.get("namespace") or ""))
        except _RecordError as error:
            reader.faults.append(
                (path, f"the release in {metadata.get('name') or 'a Secret'} is not readable: {error}")
            )


def _parsed(path: str, text: str) -> list[Any]:
    if path.endswith(".json"):
        return [json.loads(text)]
    return [plain_value(document) for document in compose_yaml(text)]


def _items(documents: list[Any]) -> Iterator[dict[str, Any]]:
    for document in documents:
        if isinstance(document, dict) and isinstance(document.get("items"), list):
            yield from (item for item in document["items"] if isinstance(item, dict))
        elif isinstance(document, dict):
            yield document


def _unpacked(item: dict[str, Any], *, wrapped: bool) -> dict[str, Any]:
    """The release of one object: base64 of gzip of JSON, in a Secret's ``data`` base64 once more.

    Raises:
        _RecordError: it is not.
    """
    if "release" in as_object(item.get("stringData")):
        text, wrapped = item["stringData"]["release"], False
    else:
        text = as_object(item.get("data")).get("release")
    if not isinstance(text, str):
        raise _RecordError("it has no data.release")
    try:
        packed = base64.b64decode("".join(text.split()), validate=True)
        packed = base64.b64decode(packed, validate=True) if wrapped else packed
    except (binascii.Error, ValueError) as error:
        raise _RecordError("data.release is not base64 as Helm writes it") from error
    content = _inflated(packed) if packed.startswith(_GZIP) else packed
    try:
        found = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise _RecordError("data.release holds no JSON") from error
    if not isinstance(found, dict):
        raise _RecordError("data.release holds no release")
    return found


def _inflated(packed: bytes) -> bytes:
    stream = zlib.decompressobj(zlib.MAX_WBITS | 16)
    try:
        content = stream.decompress(packed, MOST_UNPACKED)
    except zlib.error as error:
        raise _RecordError("data.release is damaged") from error
    if not stream.eof:
        large = len(content) >= MOST_UNPACKED
        raise _RecordError(f"it unpacks to more than {MOST_UNPACKED} bytes" if large else "data.release is cut off")
    return content


def _take_revision(
    reader: _Reader, folders: tuple[str, ...], path: str, content: dict[str, Any], namespace: str
) -> None:
    name, number = content.get("name"), content.get("version")
    status = as_object(content.get("info")).get("status")
    if not isinstance(name, str) or not isinstance(number, int) or not isinstance(status, str):
        raise _RecordError("it has no name, version or info.status")
    namespace = str(content.get("namespace") or namespace)
    found = reader.revisions.setdefault((folders, namespace, name), _Revisions())
    if number > found.newest:
        found.newest, found.newest_status = number, status
    kept = found.counting
    if kept is None or (status == _DEPLOYED, number) > (kept.status == _DEPLOYED, kept.revision):
        hooks = content.get("hooks")
        texts = [str(as_object(hook).get("manifest") or "") for hook in hooks] if isinstance(hooks, list) else []
        found.counting = ReleaseRecord(
            folders,
            namespace,
            name,
            path,
            number,
            status,
            manifest=str(content.get("manifest") or ""),
            hooks="".join(f"\n---\n{text}\n" for text in texts),
        )
