"""Rules over what the Applications render: hooks, guarded kinds, shared and excluded objects."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from migrate.lint.applications import SYNC_OPTIONS
from migrate.lint.appsets import keeps_resources
from migrate.lint.charts import template_calls
from migrate.lint.rule import Hit, Rule, error, info, warning
from migrate.lint.sources import sources
from migrate.lint.subject import Subject, dig, listed
from migrate.model.application import GeneratedApplication
from migrate.model.guards import is_guarded
from migrate.model.manifest import Manifest, ObjectKey
from migrate.model.plugin import plugin_settings

_HELM_HOOK, _ARGO_HOOK = "helm.sh/hook", "argocd.argoproj.io/hook"
_IGNORED = "argocd.argoproj.io/ignore-healthcheck"
_ARGO_WAVE = "argocd.argoproj.io/sync-wave"
_PINS = re.compile(r"(^|[-/])pins\.ya?ml$")
_KEEP = "helm.sh/resource-policy"
_HOOK_KINDS = {"Job", "Pod", "Workflow"}
_EXCLUDED = {
    ("", "Endpoints"), ("discovery.k8s.io", "EndpointSlice"), ("coordination.k8s.io", "Lease"),
    ("certificates.k8s.io", "CertificateSigningRequest"), ("cert-manager.io", "CertificateRequest"),
    ("cilium.io", "CiliumIdentity"), ("cilium.io", "CiliumEndpoint"), ("cilium.io", "CiliumEndpointSlice"),
}  # fmt: skip


def check_hooks(subject: Subject) -> Iterator[Hit]:
    """L22: hooks that are deleted and made again at every sync, that run more often than in Helm, or never; and
    templates that ask a running release for something."""
    yield from template_calls(subject)
    for one, manifest in _manifests(subject):
        helm = {word.strip() for word in manifest.annotations.get(_HELM_HOOK, "").split(",") if word.strip()}
        if not is_hook(manifest):
            continue
        where = subject.place(one, "chart", "path")
        if manifest.key.kind not in _HOOK_KINDS:
            text = f"{manifest.key} is a hook: it is deleted and made again at every sync, and never compared"
            hint = "Make it a plain object of the chart, with a sync wave."
            yield warning(text, hint, where, one.environment)
        elif helm and not any(word.endswith("-install") for word in helm):
            text = f"{manifest.key} runs on upgrades only in Helm, and on every sync here, the first one too"
            yield info(text, "See that it does no harm on an empty installation.", where, one.environment)


def check_hooks_alone(subject: Subject) -> Iterator[Hit]:
    """L33: an Application of hooks alone is Synced and Healthy at birth, and never runs."""
    for one in subject.expansion.applications:
        manifests = subject.manifests(one)
        if manifests and all(is_hook(manifest) for manifest in manifests):
            text = f"Application {one.name} consists of hooks alone, and RollingSync passes it without running anything"
            hint = "Make its Jobs plain objects with the sync options Force=true,Replace=true."
            yield error(text, hint, subject.place(one, "chart", "path"), one.environment)


def is_hook(manifest: Manifest) -> bool:
    """Whether Argo CD takes the object for a hook, by its own annotation or Helm's."""
    words = manifest.annotations.get(_ARGO_HOOK) or manifest.annotations.get(_HELM_HOOK) or ""
    return any(word.strip() not in ("", "crd-install") for word in words.split(","))


def check_waiting(subject: Subject) -> Iterator[Hit]:
    """L32: what may never be Healthy holds up its step for ever."""
    for one in subject.expansion.applications:
        manifests = subject.manifests(one)
        where = subject.place(one, "chart", "path")
        used = {name for manifest in manifests if not is_hook(manifest) for name in _claims(manifest.document)}
        for manifest in manifests:
            if manifest.annotations.get(_IGNORED) == "true":
                continue
            key = (manifest.key.group, manifest.key.kind)
            if key == ("", "PersistentVolumeClaim") and manifest.key.name not in used and not is_hook(manifest):
                text = f"{manifest.key} is mounted by no workload of Application {one.name}"
                hint = "Where its storage class waits for a first consumer, it stays Pending, and the step waits."
                yield warning(text, hint, where, one.environment)
            if one.step is None or one.step < 1:
                continue
            balances = key == ("", "Service") and dig(manifest.document, "spec", "type") == "LoadBalancer"
            if balances or (key[1] == "Ingress" and key[0] in ("networking.k8s.io", "extensions")):
                text = f"{manifest.key} is Healthy only once a controller writes its address, and step {one.step} waits"
                hint = f"See that the cluster has one, or annotate it {_IGNORED}: 'true'."
                yield info(text, hint, where, one.environment)


def _claims(value: Any) -> Iterator[str]:
    """Names of the claims that a workload mounts, at any depth."""
    if isinstance(value, dict):
        name = dig(value, "persistentVolumeClaim", "claimName")
        if isinstance(name, str):
            yield name
        for item in value.values():
            yield from _claims(item)
    elif isinstance(value, list):
        for item in value:
            yield from _claims(item)


def check_stable(subject: Subject) -> Iterator[Hit]:
    """L63: an Application renders the same objects each time; a value that the plan pins is worth a look."""
    for one in subject.expansion.applications:
        found = (subject.rendered or {}).get((one.environment, one.name))
        for key, path in found.unstable if found else ():
            text = f"{key}: {path or 'the object'} is drawn anew in each render"
            hint = "It is OutOfSync for ever, and every sync changes it. Pin the value (migrate plan says how)."
            yield error(text, hint, subject.place(one, "chart", "path"), one.environment)
        for source in sources(one):
            for index, entry in enumerate(listed(source, "helm", "valueFiles")):
                if _PINS.search(str(entry)):
                    text = (
                        f"{one.name} draws values anew, and only the pins in {str(entry).lstrip('/')} hold them still"
                    )
                    hint = "Give it a Secret that exists (existingSecret and the like), then drop the pin."
                    where = subject.place(one, "valueFiles", index)
                    yield warning(text, hint, where, one.environment)


def check_jobs(subject: Subject) -> Iterator[Hit]:
    """L62: a Job that is a plain object can be applied again, though Kubernetes lets nobody change its template."""
    for one, manifest in _manifests(subject):
        if (manifest.key.group, manifest.key.kind) != ("batch", "Job") or is_hook(manifest):
            continue
        options = _options(manifest) | {str(o) for o in listed(one.manifest, "spec", "syncPolicy", "syncOptions")}
        lacking = [option for option in ("Force=true", "Replace=true") if option not in options]
        if lacking and _ARGO_WAVE in manifest.annotations:
            text = f"{manifest.key} lacks the sync options {', '.join(lacking)}, and so its next change fails"
            hint = f"Add {SYNC_OPTIONS}: Force=true,Replace=true to it."
            yield warning(text, hint, subject.place(one, "chart", "path"), one.environment)


def check_excluded(subject: Subject) -> Iterator[Hit]:
    """L23: kinds that Argo CD never applies, as it is delivered."""
    for one, manifest in _manifests(subject):
        if (manifest.key.group, manifest.key.kind) in _EXCLUDED:
            hint = "Argo CD leaves this kind out (resource.exclusions). Apply it elsewhere, or change the setting."
            text = f"{manifest.key} is never applied"
            yield error(text, hint, subject.place(one, "chart", "path"), one.environment)


def check_keep(subject: Subject) -> Iterator[Hit]:
    """L24: Helm's keep policy protects from deletion, not from pruning."""
    for one, manifest in _manifests(subject):
        kept = manifest.annotations.get(_KEEP) == "keep"
        is_crd = manifest.key.kind == "CustomResourceDefinition"
        if kept and not is_crd and "Prune=false" not in _options(manifest):
            hint = f"Add {SYNC_OPTIONS}: Prune=false to it."
            text = f"{manifest.key} is to be kept, but a sync would prune it once it leaves the chart"
            yield info(text, hint, subject.place(one, "chart", "path"), one.environment)


def _options(manifest: Manifest) -> set[str]:
    return {part.strip() for part in manifest.annotations.get(SYNC_OPTIONS, "").split(",")}


def check_shared(subject: Subject) -> Iterator[Hit]:
    """L27: one object in two Applications, or twice in one."""
    for application in subject.expansion.applications:
        found = (subject.rendered or {}).get((application.environment, application.name))
        for finding in found.findings if found else ():
            if finding.code == "RN006":
                where = subject.place(application, "chart", "path")
                yield warning(finding.message, finding.hint, where, application.environment)
    owners: dict[tuple[str, ObjectKey], GeneratedApplication] = {}
    for one, manifest in _manifests(subject):
        if is_hook(manifest):
            continue
        owner = owners.setdefault((one.environment, manifest.key), one)
        if owner.name != one.name:
            text = f"{manifest.key} is also part of Application {owner.name}"
            hint = "They would overwrite each other. Leave it in one of them."
            yield error(text, hint, subject.place(one, "chart", "path"), one.environment)


def check_guards(subject: Subject) -> Iterator[Hit]:
    """L34: what holds data is kept, whatever happens to the files."""
    for one in subject.expansion.applications:
        guarded = sorted({m.key.group_kind for m in subject.manifests(one) if is_guarded(m.key)})
        if guarded and one.appset and not keeps_resources(subject.appset_of(one)) and not _leaves_objects(subject, one):
            text = f"Application {one.name} holds {', '.join(guarded)}, and its ApplicationSet may delete them"
            hint = "Use an ApplicationSet with preserveResourcesOnDeletion: true and applicationsSync: create-update."
            yield error(text, hint, subject.place(one), one.environment)
        for manifest in subject.manifests(one):
            if manifest.key.kind == "Namespace" and not manifest.key.group:
                lacking = [option for option in ("Prune=false", "Delete=false") if option not in _options(manifest)]
                if lacking:
                    text = f"{manifest.key} lacks the sync options {', '.join(lacking)}"
                    hint = f"Add {SYNC_OPTIONS}: Prune=false,Delete=false: a Namespace takes all in it along."
                    yield error(text, hint, subject.place(one, "chart", "path"), one.environment)


def _leaves_objects(subject: Subject, one: GeneratedApplication) -> bool:
    """Whether the Application goes without its objects: its ApplicationSet says of each which go, and not of this."""
    appset = subject.appset_of(one)
    if appset is None or appset.get("spec", "syncPolicy", "preserveResourcesOnDeletion") is not True:
        return False
    chosen = "finalizers:" in str(appset.get("spec", "templatePatch") or "")
    return chosen and not listed(one.manifest, "metadata", "finalizers")


def check_renders(subject: Subject) -> Iterator[Hit]:
    """L47: every Application renders, and renders something."""
    for one in subject.expansion.applications:
        found = (subject.rendered or {}).get((one.environment, one.name))
        where = subject.place(one, "chart", "path")
        if plugin_settings(one.manifest) is not None:
            hint = "migrate verify says whether the plugin finds the estate's own files."
            yield info(
                f"Application {one.name} is rendered by a plugin, which is not run here", hint, where, one.environment
            )
        elif found is not None and found.error:
            text = f"Application {one.name} does not render: {found.error}"
            yield error(text, "Argo CD would report a ComparisonError.", where, one.environment)
        elif found is not None and not found.manifests:
            hint = "An empty Application is Healthy at once; park the component if that is not meant."
            yield info(f"Application {one.name} renders nothing", hint, where, one.environment)


def _manifests(subject: Subject) -> Iterator[tuple[GeneratedApplication, Manifest]]:
    for one in subject.expansion.applications:
        for manifest in subject.manifests(one):
            yield one, manifest


RULES = (
    Rule(
        "L22",
        "hooks are Jobs, and may run at every sync",
        "Argo CD runs install and upgrade hooks at every sync, and recreates other kinds",
        "AC 6.10, 6.11",
        check_hooks,
        needs_render=True,
    ),
    Rule(
        "L23",
        "no kind that Argo CD leaves out",
        "the default exclusions are never applied",
        "AC 6.20",
        check_excluded,
        needs_render=True,
    ),
    Rule(
        "L24",
        "keep comes with Prune=false",
        "Helm's policy protects from deletion, not from pruning",
        "AC 6.13",
        check_keep,
        needs_render=True,
    ),
    Rule(
        "L27",
        "no object in two Applications, or twice in one",
        "two overwrite each other for ever; of what is twice in one, Argo CD warns and applies the last",
        "AC 5.26, 7.9",
        check_shared,
        needs_render=True,
    ),
    Rule(
        "L33",
        "no Application of hooks alone",
        "it is Synced at birth, and RollingSync passes it without running anything",
        "D 2",
        check_hooks_alone,
        needs_render=True,
    ),
    Rule(
        "L34",
        "what holds data is guarded against deletion",
        "Namespaces, CRDs, claims, StatefulSets and databases must survive a mistake in Git",
        "D 7",
        check_guards,
        needs_render=True,
    ),
    Rule(
        "L47",
        "every Application renders something",
        "a failing render is a ComparisonError, an empty one is Healthy at once",
        "AC 6.6",
        check_renders,
        needs_render=True,
    ),
    Rule(
        "L32",
        "nothing waits for what can never be Healthy",
        "a step has no end of its own: a claim that nobody mounts or an address that nobody writes holds it for ever",
        "AC 3.14, 8.10",
        check_waiting,
        needs_render=True,
    ),
    Rule(
        "L62",
        "Jobs among plain objects can be applied again",
        "a Job's template cannot be changed, only replaced",
        "D 2",
        check_jobs,
        needs_render=True,
    ),
    Rule(
        "L63",
        "an Application renders the same each time",
        "a value drawn anew is OutOfSync for ever, and changes with every sync",
        "AC 6.5, D 11",
        check_stable,
        needs_render=True,
    ),
)
