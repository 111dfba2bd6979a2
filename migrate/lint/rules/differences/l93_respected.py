"""L93: RespectIgnoreDifferences has something to respect, and nothing that an object cannot do without."""

from __future__ import annotations

from collections.abc import Iterator

from migrate.lint.differences import Entry, entries_of, kind_wide_entries, respects
from migrate.lint.example import Example
from migrate.lint.rule import Hit, Rule, error, info, warning
from migrate.lint.settings import settings_of
from migrate.lint.subject import Subject
from migrate.model.application import GeneratedApplication
from migrate.model.finding import Severity
from migrate.model.json import JsonValue
from migrate.model.manifest import Manifest

_POD_TEMPLATE = ("/spec/selector", "/spec/template")
_REQUIRED = {
    ("apps", "Deployment"): _POD_TEMPLATE,
    ("apps", "StatefulSet"): _POD_TEMPLATE,
    ("apps", "DaemonSet"): _POD_TEMPLATE,
    ("batch", "Job"): ("/spec/template",),
    ("batch", "CronJob"): ("/spec/schedule", "/spec/jobTemplate"),
    ("autoscaling", "HorizontalPodAutoscaler"): ("/spec/scaleTargetRef", "/spec/maxReplicas"),
    ("", "PersistentVolumeClaim"): ("/spec/accessModes", "/spec/resources"),
    ("rbac.authorization.k8s.io", "RoleBinding"): ("/roleRef",),
    ("rbac.authorization.k8s.io", "ClusterRoleBinding"): ("/roleRef",),
}
"""What Kubernetes makes no object without."""


def check_respected(subject: Subject) -> Iterator[Hit]:
    """L93: the option copies what is ignored from the live object, at each sync, and where there is one alone."""
    settings = list(kind_wide_entries(subject))
    for one in subject.expansion.applications:
        if not respects(one):
            continue
        own = list(entries_of(subject, one))
        shared = [entry for entry in settings if entry.environment == one.environment]
        if not own and not _speaks(subject, one, shared):
            text = f"Application {one.name} respects ignored differences, and none is ignored"
            hint = "Take RespectIgnoreDifferences=true out, or say what is to be ignored."
            # Of settings that lie elsewhere nobody knows what they ignore.
            known = subject.own or bool(settings_of(subject, "cm"))
            tell, rest = (warning, "") if known else (info, " in this tree, which has no argocd-cm")
            yield tell(f"{text}{rest}", hint, subject.place(one, "syncOptions"), one.environment)
        for entry in (*own, *shared):
            for manifest in subject.manifests(one):
                if entry.is_of(manifest.key):
                    yield from _of_object(subject, one, entry, manifest)


def _speaks(subject: Subject, one: GeneratedApplication, shared: list[Entry]) -> bool:
    """Whether argocd-cm ignores something of what an Application renders; of what was not rendered: anything."""
    if subject.render_of(one) is None:
        return bool(shared)
    return any(entry.is_of(manifest.key) for entry in shared for manifest in subject.manifests(one))


def _of_object(subject: Subject, one: GeneratedApplication, entry: Entry, manifest: Manifest) -> Iterator[Hit]:
    for needed in _REQUIRED.get((manifest.key.group, manifest.key.kind), ()):
        covered = [path for path in entry.ignored.pointers if needed == path or needed.startswith(f"{path}/")]
        if not covered:
            continue
        if _is_written(manifest.document, needed):
            text = f"{manifest.key}: {covered[0]} is ignored and respected, and so no change of it reaches the cluster"
            yield warning(text, "Ignore the field that another writes, and no more.", entry.source, one.environment)
        else:
            text = f"{manifest.key} lacks {needed}, which is ignored: where the object is not there yet, it is refused"
            hint = "Write the field: RespectIgnoreDifferences copies it from a live object, and the first has none."
            yield error(text, hint, entry.source, one.environment)


def _is_written(document: JsonValue, pointer: str) -> bool:
    for key in pointer.split("/")[1:]:
        document = document.get(key) if isinstance(document, dict) else None
    return document is not None


_APPLICATION = """
    apiVersion: argoproj.io/v1alpha1
    kind: Application
    metadata:
      name: web
      namespace: argocd
    spec:
      project: default
      source:
        repoURL: https://git.example.com/platform/gitops.git
        path: manifests
        targetRevision: main
      destination:
        name: in-cluster
        namespace: web
"""

RULE = Rule(
    id="L93",
    title="RespectIgnoreDifferences has something to respect, and nothing that an object needs",
    reason="it does nothing without an ignored field, and a new object gets nothing of what is ignored",
    pointer="AC 8.4",
    severity=Severity.ERROR,
    check=check_respected,
    example=Example(
        base={},
        bad={
            "apps/web.yaml": _APPLICATION
            + """\
      syncPolicy:
        syncOptions:  # <- here
          - RespectIgnoreDifferences=true
""",
        },
        good={
            "apps/web.yaml": _APPLICATION
            + """\
      syncPolicy:
        syncOptions:
          - RespectIgnoreDifferences=true
      ignoreDifferences:
        - group: apps
          kind: Deployment
          name: web
          jsonPointers: [/spec/replicas]
""",
        },
    ),
)
