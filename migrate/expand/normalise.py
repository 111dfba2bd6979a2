"""The form in which Argo CD stores an Application's spec (rule 2.21)."""

from __future__ import annotations

from typing import Any

from migrate.model.json import JsonObject

_HEAD = {"apiVersion": "argoproj.io/v1alpha1", "kind": "Application"}


def normalised(application: JsonObject) -> JsonObject:
    """The Application with its head, and without blocks that say nothing; ``automated: {}`` and ``retry: {}`` stay."""
    spec: Any = dict(application.get("spec", {}))  # type: ignore[arg-type]
    if not spec.get("syncPolicy"):
        spec.pop("syncPolicy", None)
    if "source" in spec:
        spec["source"] = _source(spec["source"])
    if "sources" in spec:
        spec["sources"] = [_source(source) for source in spec["sources"]]
    metadata: Any = {key: value for key, value in application["metadata"].items() if value}  # type: ignore[union-attr]
    rest = {key: value for key, value in application.items() if key not in ("metadata", "spec")}
    return {**_HEAD, "metadata": metadata, "spec": spec, **rest}


def _source(source: JsonObject) -> JsonObject:
    kept = dict(source)
    for block in ("helm", "kustomize", "directory"):
        if kept.get(block) in ({}, {"jsonnet": {}}):
            del kept[block]
    return kept
