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


def directory_manifests(checkout: Checkout, folder: str, options: JsonObject) -> Iterator[Manifest]:
    """The objects of a folder's files, in order of path.

    Raises:
        HelmError: a file that looks like a manifest is no YAML, or a file needs jsonnet.
    """
    include, exclude = (str(options.get(key) or "") for key in ("include", "exclude"))
    for path in checkout.files(folder, recurse=bool(options.get("recurse"))):
        if not path.endswith((".yaml", ".yml", ".json", ".jsonnet")):
            continue
        if (exclude and _glob(exclude).fullmatch(path)) or (include and not _glob(include).fullmatch(path)):
            continue
        text = checkout.text(f"{folder}/{path}")
        if _SKIP in text:
            continue
        if path.endswith(".jsonnet"):
            raise HelmError(f"{path}: jsonnet is not rendered by this tool")
        yield from _file_manifests(path, text)


def _file_manifests(path: str, text: str) -> Iterator[Manifest]:
    documents = [text] if path.endswith(".json") else split_plain_documents(text)
    for document in documents:
        try:
            parsed = json.loads(document) if path.endswith(".json") else parse_values(document)
        except (HelmError, ValueError) as error:
            if all(word in document for word in ("apiVersion:", "kind:", "metadata:")) or path.endswith(".json"):
                raise HelmError(f'Failed to unmarshal "{path}": {error}') from error
            continue
        if isinstance(parsed, dict) and parsed.get("kind") and parsed.get("apiVersion"):
            yield Manifest(object_key(parsed), parsed, document, path)


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
