"""Objects out of rendered text: documents split and parsed as Helm does, hooks told apart, in Helm's order."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from migrate.doors.helm import HelmError, HelmOutput, parse_values
from migrate.model.json import JsonObject
from migrate.model.manifest import Manifest, ObjectKey

_SEPARATOR = re.compile(r"\n---\s*")
_MARKER_LINE = re.compile(r"^---(?:[ \t][^\n]*)?(?:\n|\Z)", re.MULTILINE)
HOOK = "helm.sh/hook"
TEST_EVENTS = frozenset({"test", "test-success"})
# What Helm knows; an object with any other word in its annotation is dropped without a trace.
_EVENTS = TEST_EVENTS | {
    f"{when}-{what}" for when in ("pre", "post") for what in ("install", "upgrade", "delete", "rollback")
}
_INSTALL_ORDER = """
    PriorityClass Namespace NetworkPolicy ResourceQuota LimitRange PodSecurityPolicy PodDisruptionBudget
    ServiceAccount Secret SecretList ConfigMap StorageClass PersistentVolume PersistentVolumeClaim
    CustomResourceDefinition ClusterRole ClusterRoleList ClusterRoleBinding ClusterRoleBindingList Role
    RoleList RoleBinding RoleBindingList Service DaemonSet Pod ReplicationController ReplicaSet Deployment
    HorizontalPodAutoscaler StatefulSet Job CronJob IngressClass Ingress APIService
    MutatingWebhookConfiguration ValidatingWebhookConfiguration
"""
_RANK = {kind: position for position, kind in enumerate(_INSTALL_ORDER.split())}


def split_documents(text: str) -> Iterator[str]:
    """The documents of a rendered template, cut where Helm cuts them; blank ones left out.

    Helm takes the blanks around a document away and prints it with one newline, which decides how a block of text
    at its end reads.
    """
    for document in _SEPARATOR.split(f"\n{text.strip()}"):
        if kept := document.strip():
            yield kept + "\n"


def split_plain_documents(text: str) -> Iterator[str]:
    """The documents of a YAML file, as Kubernetes' own tools cut them: nothing but the ``---`` lines goes."""
    for document in _MARKER_LINE.split(text):
        if document.strip():
            yield document


def parse_documents(text: str, template: str) -> Iterator[tuple[JsonObject, str]]:
    """Each object of a stream with its text; documents of comments or null are no objects.

    Raises:
        HelmError: a document is no YAML mapping, with the template's name.
    """
    for document in split_documents(text):
        try:
            parsed = parse_values(document)
        except HelmError as error:
            raise HelmError(f"{template}: {error.message}") from error
        if parsed:
            yield parsed, document


def object_key(document: JsonObject) -> ObjectKey:
    """The object's key with the namespace as written."""
    metadata = document.get("metadata")
    names = metadata if isinstance(metadata, dict) else {}
    group, slash, _ = str(document.get("apiVersion") or "").rpartition("/")
    return ObjectKey(
        group if slash else "",
        str(document.get("kind") or ""),
        str(names.get("namespace") or ""),
        str(names.get("name") or names.get("generateName") or ""),
    )


def hook_events(manifest: Manifest) -> tuple[str, ...] | None:
    """The Helm events of a hook as written, in lower case; None for an ordinary object."""
    text = manifest.annotations.get(HOOK)
    return None if text is None else tuple(word.strip().lower() for word in text.split(","))


def helm_manifests(output: HelmOutput, *, include_crds: bool, skip_tests: bool) -> tuple[Manifest, ...]:
    """What ``helm template`` prints: crds/ first, then objects, then hooks, each in install order.

    Raises:
        HelmError: a template does not give YAML.
    """
    crds = _crd_manifests(output) if include_crds else ()
    return arranged((*crds, *_template_manifests(output.templates)), skip_tests=skip_tests)


def arranged(
    manifests: Iterable[Manifest], *, include_crds: bool = True, skip_tests: bool = False, hooks: bool = True
) -> tuple[Manifest, ...]:
    """Objects in the order that Helm prints them, without hooks of events that it does not know."""
    crds, objects, hooked = [], [], []
    for manifest in manifests:
        events = hook_events(manifest)
        if manifest.crd_file:
            crds += [manifest] if include_crds else []
        elif events is None:
            objects.append(manifest)
        elif hooks and set(events) <= _EVENTS and not (skip_tests and TEST_EVENTS.intersection(events)):
            hooked.append(manifest)
    return (*crds, *sorted(objects, key=_install_rank), *sorted(hooked, key=_install_rank))


def _crd_manifests(output: HelmOutput) -> Iterator[Manifest]:
    for path, text in output.crds:
        for document, source in parse_documents(text, path):
            yield Manifest(object_key(document), document, source, path, crd_file=True)


def _template_manifests(templates: Mapping[str, str]) -> Iterator[Manifest]:
    for path in sorted(templates):
        name = path.rpartition("/")[2]
        if name.startswith("_") or name.endswith("NOTES.txt"):
            continue
        for document, source in parse_documents(templates[path], path):
            if not document.get("kind") or not document.get("apiVersion"):
                raise HelmError(f"{path}: an object without kind or apiVersion")
            yield Manifest(object_key(document), document, source, path)


def _install_rank(manifest: Manifest) -> tuple[int, str]:
    kind = manifest.key.kind
    return (_RANK[kind], "") if kind in _RANK else (len(_RANK), kind)
