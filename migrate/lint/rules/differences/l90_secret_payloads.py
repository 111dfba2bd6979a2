"""L90: the contents of Secrets are compared."""

from __future__ import annotations

from collections.abc import Iterator

from migrate.lint.differences import Entry, entries_of, kind_wide_entries, respects
from migrate.lint.example import Example
from migrate.lint.rule import Hit, Rule, error, info, warning
from migrate.lint.subject import Subject
from migrate.model.application import GeneratedApplication
from migrate.model.finding import Severity
from migrate.model.manifest import ObjectKey

_ALL = {"/data", "/stringData", ".data", ".stringData"}
_SECRET = ObjectKey("", "Secret", "", "")


def check_secret_payloads(subject: Subject) -> Iterator[Hit]:
    """L90: a Secret whose content nobody compares is stale, changed or drawn anew without a word.

    An error for all Secrets of an Argo CD, and where a chart draws the value: what L63 would say is hidden then.
    A warning inside one Application, where a controller may well fill a Secret in; information where the Secret and the
    keys are named, as such a controller's are.
    """
    for entry in kind_wide_entries(subject):
        if entry.payload and entry.is_of_kind(_SECRET):
            text = f"{_listed(entry)} of every Secret is not compared, in any Application"
            hint = "Name the one Secret that a controller fills in, in its Application's ignoreDifferences."
            yield error(text, hint, entry.source, entry.environment)
    for one in subject.expansion.applications:
        for entry in entries_of(subject, one):
            if entry.payload and entry.is_of_kind(_SECRET):
                yield _hit(subject, one, entry)


def _hit(subject: Subject, one: GeneratedApplication, entry: Entry) -> Hit:
    what = f"Secret {entry.ignored.name}" if entry.ignored.name else "every Secret"
    text = f"{_listed(entry)} of {what} of Application {one.name} is not compared"
    if respects(one):
        text += ", and RespectIgnoreDifferences keeps what the cluster has, whatever Git says"
    found = subject.render_of(one)
    drawn = [key for key, _ in (found.unstable if found else ()) if key.group_kind == "Secret" and entry.is_of(key)]
    if drawn:
        hint = "Its chart draws it anew in each render, and this hides it. Pin the value (migrate plan says how)."
        return error(f"{text}: {drawn[0]} is drawn anew", hint, entry.source, one.environment)
    if entry.ignored.name and not set(entry.payload) & _ALL:
        return info(text, "Right where a controller writes these keys. Else drop it.", entry.source, one.environment)
    hint = "Drop it, unless a controller fills this Secret in; then name the Secret and the keys that it writes."
    return warning(text, hint, entry.source, one.environment)


def _listed(entry: Entry) -> str:
    return ", ".join(entry.payload)


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
_MANIFEST = """
    apiVersion: v1
    kind: Secret
    metadata:
      name: session
    stringData:
      key: a
"""

RULE = Rule(
    id="L90",
    title="the contents of Secrets are compared",
    reason="drift of a Secret stays unseen, and a value that a chart draws stays the first one for ever",
    pointer="AC 6.5, D 11",
    severity=Severity.ERROR,
    check=check_secret_payloads,
    example=Example(
        base={},
        bad={
            "apps/web.yaml": _APPLICATION
            + """\
      ignoreDifferences:
        - kind: Secret  # <- here
          jsonPointers: [/data]
""",
            "argocd/argocd-cm.yaml": """
                apiVersion: v1
                kind: ConfigMap
                metadata:
                  name: argocd-cm
                data:
                  resource.customizations.ignoreDifferences.Secret: |  # <- here
                    jsonPointers: [/data]
            """,
            "manifests/secret.yaml": _MANIFEST,
        },
        good={
            "apps/web.yaml": _APPLICATION
            + """\
      ignoreDifferences:
        - kind: Secret
          jsonPointers: [/metadata/labels/rotated]
""",
            "manifests/secret.yaml": _MANIFEST,
        },
    ),
)
