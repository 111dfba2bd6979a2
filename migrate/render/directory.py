"""A source that is a folder of manifests (rule 6.16)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from migrate.doors.checkout import Checkout
from migrate.doors.helm import HelmError, parse_values
from migrate.model.json import JsonObject
from migrate.model.manifest import Manifest
from migrate.render.objects import object_key, split_plain_documents

_SKIP = "+argocd:skip-file-rendering"
_MARKS = ("apiVersion:", "kind:", "metadata:")
MOST_BYTES = 10_000_000
"""What the manifests of one folder may have together, as long as the repo-server is not told otherwise."""


def directory_manifests(checkout: Checkout, folder: str, options: JsonObject) -> Iterator[Manifest]:
    """The objects of a folder's files, in the order in which Argo CD walks them; lists are still whole.

    A symbolic link to nothing, or to a folder, is passed over.

    Raises:
        HelmError: a file that looks like a manifest is none, a file needs jsonnet, or there is too much.
    """
    include, exclude = (str(options.get(key) or "") for key in ("include", "exclude"))
    size = 0
    for path in sorted(checkout.files(folder, recurse=bool(options.get("recurse"))), key=lambda path: path.split("/")):
        place = f"{folder}/{path}"
        if not path.endswith((".yaml", ".yml", ".json", ".jsonnet")) or not checkout.is_file(place):
            continue
        if (exclude and _matches(exclude, path)) or (include and not _matches(include, path)):
            continue
        text = checkout.text(place)
        if _SKIP in text:
            continue
        if path.endswith(".jsonnet"):
            raise HelmError(
                f"{path}: jsonnet is not rendered by this tool; write what it makes into YAML, or leave it out with "
                "directory.exclude"
            )
        size += len(text.encode())
        if size > MOST_BYTES:
            raise HelmError(f"{folder}: its manifests have more than {MOST_BYTES} bytes, where Argo CD stops")
        yield from _json_manifest(path, text) if path.endswith(".json") else _yaml_manifests(path, text)


def _json_manifest(path: str, text: str) -> Iterator[Manifest]:
    """The single object of a JSON file."""
    try:
        document, end = json.JSONDecoder().raw_decode(text.lstrip())
    except ValueError as error:
        raise HelmError(f'Failed to unmarshal "{path}": {error}') from error
    if text.lstrip()[end:].strip():
        raise HelmError(f'Found multiple objects in "{path}". Only single objects are allowed in JSON files.')
    if not isinstance(document, dict) or not document.get("kind"):
        raise HelmError(f"Failed to unmarshal \"{path}\": Object 'Kind' is missing")
    yield Manifest(object_key(document), document, text, path)


def _yaml_manifests(path: str, text: str) -> Iterator[Manifest]:
    """The objects of a YAML file; one that cannot be read ends it.

    Before any object that is no fault, unless the file looks like a manifest: it may be something else.
    """
    found: list[Manifest] = []
    for document in split_plain_documents(text):
        try:
            parsed = parse_values(document)
            if not parsed:
                continue
            if not parsed.get("kind"):
                raise HelmError("Object 'Kind' is missing")
        except HelmError as error:
            if found or all(mark in text for mark in _MARKS):
                raise HelmError(f'Failed to unmarshal "{path}": {error}') from error
            return
        found.append(Manifest(object_key(parsed), parsed, document, path))
    yield from found


def _matches(pattern: str, path: str) -> bool:
    """Whether a glob fits; one that cannot be read fits nothing."""
    if re.sub(r"\\.", "", pattern).count("{") != re.sub(r"\\.", "", pattern).count("}"):
        return False
    return _glob(pattern).fullmatch(path) is not None


def _glob(pattern: str) -> re.Pattern[str]:
    """A glob that knows no path borders: ``*`` crosses slashes, ``{a,b}`` are alternatives."""
    pieces = []
    for piece in re.findall(r"\{[^}]*\}|\*+|\?|\[!?[^\]]+\]|\\.|.", pattern):
        if piece.startswith("{"):
            pieces.append("(?:" + "|".join(_glob(part).pattern for part in piece[1:-1].split(",")) + ")")
        elif piece.startswith("*"):
            pieces.append(".*")
        elif piece == "?":
            pieces.append(".")
        elif piece.startswith("["):
            pieces.append("[" + piece[1:].replace("!", "^", 1) if piece.startswith("[!") else piece)
        else:
            pieces.append(re.escape(piece[-1]))
    return re.compile("".join(pieces))
