"""Pieces of rendered objects that several rules look at: hooks and sync options."""

from __future__ import annotations

from collections.abc import Iterator

from migrate.lint.subject import Subject
from migrate.model.application import GeneratedApplication
from migrate.model.manifest import Manifest

SYNC_OPTIONS = "argocd.argoproj.io/sync-options"
HELM_HOOK, ARGO_HOOK = "helm.sh/hook", "argocd.argoproj.io/hook"


def is_hook(manifest: Manifest) -> bool:
    """Whether Argo CD takes the object for a hook, by its own annotation or Helm's."""
    words = manifest.annotations.get(ARGO_HOOK) or manifest.annotations.get(HELM_HOOK) or ""
    return any(word.strip() not in ("", "crd-install") for word in words.split(","))


def object_options(manifest: Manifest) -> set[str]:
    """The sync options in an object's annotation."""
    return {part.strip() for part in manifest.annotations.get(SYNC_OPTIONS, "").split(",")}


def rendered_objects(subject: Subject) -> Iterator[tuple[GeneratedApplication, Manifest]]:
    """Every rendered object with its Application."""
    for one in subject.expansion.applications:
        for manifest in subject.manifests(one):
            yield one, manifest
