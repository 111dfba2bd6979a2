"""The objects of an environment's ``argocd`` folder, which configure Argo CD itself."""

from __future__ import annotations

from migrate.model.json import JsonObject, JsonValue, as_object
from migrate.model.manifest import Manifest, ObjectKey


def settings_manifest(path: str, position: int, document: JsonValue, text: str) -> Manifest:
    """One document of a file as an object; one without a kind (Helm values, a merge patch) is known by its file."""
    content: JsonObject = as_object(document)
    metadata = as_object(content.get("metadata"))
    group, slash, _ = str(content.get("apiVersion") or "").rpartition("/")
    if content.get("kind") and metadata.get("name"):
        key = ObjectKey(
            group if slash else "", str(content["kind"]), str(metadata.get("namespace") or ""), str(metadata["name"])
        )
    else:
        key = ObjectKey("", "file", "", f"{path}#{position}" if position else path)
        content = content or {"content": document}
    return Manifest(key, content, text, path)
