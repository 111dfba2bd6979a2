"""Rules over the fields of Argo CD's objects: one that they do not have is dropped by the API server without a word."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from typing import Any

from migrate.lint.patches import patch_keys
from migrate.lint.rule import Hit, Rule, error
from migrate.lint.subject import Document, Key, Subject

# The fields of Argo CD's resource definitions, as far down as a tree of ApplicationSets goes; `*` is every list item.
_SOURCE = "chart directory helm kustomize name path plugin ref repoURL tagPrefix targetRevision"
_HELM = (
    "apiVersions fileParameters ignoreMissingValueFiles kubeVersion namespace parameters passCredentials releaseName"
    " skipCrds skipSchemaValidation skipTests valueFiles values valuesObject version"
)
_APPLICATION: Mapping[tuple[str, ...], str] = {
    (): "destination ignoreDifferences info project revisionHistoryLimit source sourceHydrator sources syncPolicy",
    ("source",): _SOURCE,
    ("source", "helm"): _HELM,
    ("source", "directory"): "disableExtensionFilter exclude include jsonnet recurse",
    ("source", "helm", "parameters", "*"): "forceString name value",
    ("sources", "*"): _SOURCE,
    ("sources", "*", "helm"): _HELM,
    ("destination",): "name namespace server",
    ("syncPolicy",): "automated managedNamespaceMetadata retry syncOptions",
    ("syncPolicy", "automated"): "allowEmpty enabled prune selfHeal",
    ("syncPolicy", "retry"): "backoff limit refresh",
    ("ignoreDifferences", "*"): "group jqPathExpressions jsonPointers kind managedFieldsManagers name namespace",
}
_APPSET: Mapping[tuple[str, ...], str] = {
    (): (
        "applyNestedSelectors generators goTemplate goTemplateOptions ignoreApplicationDifferences preservedFields"
        " strategy syncPolicy template templatePatch"
    ),
    ("syncPolicy",): "applicationsSync preserveResourcesOnDeletion",
    ("strategy",): "deletionOrder rollingSync type",
    ("strategy", "rollingSync"): "steps",
    ("strategy", "rollingSync", "steps", "*"): "matchExpressions maxUpdate",
    ("strategy", "rollingSync", "steps", "*", "matchExpressions", "*"): "key operator values",
    ("generators", "*"): (
        "clusterDecisionResource clusters git list matrix merge plugin pullRequest scmProvider selector"
    ),
    ("generators", "*", "git"): (
        "directories files pathParamPrefix repoURL requeueAfterSeconds revision template values"
    ),
    ("generators", "*", "git", "files", "*"): "exclude path",
    ("generators", "*", "git", "directories", "*"): "exclude path",
    ("template",): "metadata spec",
    ("template", "metadata"): "annotations finalizers labels name namespace",
    **{("template", "spec", *path): names for path, names in _APPLICATION.items()},
}
_PROJECT: Mapping[tuple[str, ...], str] = {
    (): (
        "clusterResourceBlacklist clusterResourceWhitelist description destinationServiceAccounts destinations"
        " namespaceResourceBlacklist namespaceResourceWhitelist orphanedResources permitOnlyProjectScopedClusters"
        " roles signatureKeys sourceIntegrity sourceNamespaces sourceRepos syncWindows"
    ),
    ("destinations", "*"): "name namespace server",
    ("clusterResourceWhitelist", "*"): "group kind name",
    ("clusterResourceBlacklist", "*"): "group kind name",
    ("namespaceResourceWhitelist", "*"): "group kind",
    ("namespaceResourceBlacklist", "*"): "group kind",
}


def check_fields(subject: Subject) -> Iterator[Hit]:
    """L57: every field of an ApplicationSet, AppProject or Application is one that Argo CD knows."""
    for documents, known in (
        (subject.appsets, _APPSET),
        (subject.projects, _PROJECT),
        (subject.roots, _APPLICATION),
    ):
        for document in documents:
            for path, names in known.items():
                for keys, value in _below(document.get("spec"), path, ("spec",)):
                    yield from _unknown(subject, document, keys, value, names.split())
    for appset in subject.appsets:
        yield from _patched(subject, appset)


def _patched(subject: Subject, appset: Document) -> Iterator[Hit]:
    """Keys of templatePatch, as far as its lines show them: an unknown one vanishes in the merge (rule 2.11)."""
    patch = str(appset.get("spec", "templatePatch") or "")
    for path in patch_keys(patch):
        if path[0] != "spec" or len(path) < 2:
            continue
        names = _APPLICATION.get(tuple("*" if key == "-" else key for key in path[1:-1]), "").split()
        if names and path[-1] not in names:
            close = difflib.get_close_matches(path[-1], names, 1)
            text = f"{'.'.join(path)} of templatePatch is no field of Application, and is dropped without a word"
            where = subject.line(appset, "spec", "templatePatch")
            yield error(text, f"Did you mean {close[0]}?" if close else "Remove it.", where, appset.environment)


def _below(value: Any, path: tuple[str, ...], keys: tuple[Key, ...]) -> Iterator[tuple[tuple[Key, ...], Any]]:
    """Every value at ``path``, with its place."""
    if not path:
        yield keys, value
    elif path[0] == "*":
        for index, item in enumerate(value if isinstance(value, list) else []):
            yield from _below(item, path[1:], (*keys, index))
    elif isinstance(value, dict) and path[0] in value:
        yield from _below(value[path[0]], path[1:], (*keys, path[0]))


def _unknown(
    subject: Subject, document: Document, keys: tuple[Key, ...], value: Any, names: list[str]
) -> Iterator[Hit]:
    for name in value if isinstance(value, dict) else ():
        if name not in names:
            close = difflib.get_close_matches(name, names, 1)
            shown = ".".join(str(key) for key in (*keys, name) if isinstance(key, str))
            text = f"{shown} is no field of {document.get('kind')}, and is dropped without a word"
            hint = f"Did you mean {close[0]}?" if close else "Remove it."
            yield error(text, hint, subject.line(document, *keys, name), document.environment)


RULES = (
    Rule(
        "L57",
        "every field is one that Argo CD has",
        "the API server drops an unknown field, and with goTemplateOption strictness goes too",
        "AC 2.4, 11.1",
        check_fields,
    ),
)
