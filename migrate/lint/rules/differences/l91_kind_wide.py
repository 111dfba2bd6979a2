"""L91: what holds for a whole kind stands once, in argocd-cm."""

from __future__ import annotations

from collections.abc import Iterator

from migrate.lint.differences import Entry, covers, entries_of, kind_wide_entries, paths_of
from migrate.lint.example import Example
from migrate.lint.rule import Hit, Rule, warning
from migrate.lint.subject import Subject
from migrate.model.differences import DIFFERENCES_KEY, Ignored
from migrate.model.finding import Severity
from migrate.model.words import few


def check_kind_wide(subject: Subject) -> Iterator[Hit]:
    """L91: an entry that names no object, and that several Applications write for themselves, is the kind's.

    What one ApplicationSet gives to all of its Applications stands once already.
    """
    known = list(kind_wide_entries(subject))
    found: dict[tuple[str, Ignored], dict[str, Entry]] = {}
    for one in subject.expansion.applications:
        for entry in entries_of(subject, one):
            if not entry.ignored.name and not entry.namespace and entry.ignored.fields():
                found.setdefault((subject.scope(one), entry.ignored), {})[one.name] = entry
    for (_, ignored), entries in found.items():
        first = min(entries.values(), key=lambda entry: entry.source)
        what = f"{ignored.kind}.{ignored.group}" if ignored.group else ignored.kind
        if any(wide.environment == first.environment and covers(wide.ignored, ignored) for wide in known):
            text = f"these fields of {what} are ignored here, and argocd-cm ignores them in every Application"
            yield warning(text, "Take it out of the Application.", first.source, first.environment)
        elif len({entry.source for entry in entries.values()}) > 1 and not _is_of_its_own(first):
            text = f"the same fields of every {what} are ignored by {few(sorted(entries))}, each for itself"
            where = " (ignoreDifferences of migration.yaml)" if subject.own else ""
            hint = f"Write it once: {DIFFERENCES_KEY}… in argocd-cm{where}, and take it out of them."
            yield warning(text, hint, first.source, first.environment)


def _is_of_its_own(entry: Entry) -> bool:
    """Whether it is not for all Applications to ignore: content (L90), and the replicas that an autoscaler sets."""
    is_content = entry.ignored.kind in ("Secret", "ConfigMap") and bool(entry.payload)
    return is_content or paths_of(entry.ignored) == {"/spec/replicas"}


def _application(name: str, ignored: str) -> str:
    return f"""
        apiVersion: argoproj.io/v1alpha1
        kind: Application
        metadata:
          name: {name}
          namespace: argocd
        spec:
          project: default
          source:
            repoURL: https://git.example.com/platform/gitops.git
            path: manifests/{name}
            targetRevision: main
          destination:
            name: in-cluster
            namespace: {name}
          ignoreDifferences:
{ignored}
"""


_WIDE = """\
            - group: admissionregistration.k8s.io{mark}
              kind: ValidatingWebhookConfiguration
              jqPathExpressions: [".webhooks[]?.clientConfig.caBundle"]
"""
_OWN = """\
            - group: apps
              kind: Deployment
              name: {name}
              jsonPointers: [/spec/replicas]
"""

RULE = Rule(
    id="L91",
    title="what is ignored for a whole kind stands once, in argocd-cm",
    reason="a controller that changes every object of a kind does so for the next component, too, which then differs",
    pointer="D 8",
    severity=Severity.WARNING,
    check=check_kind_wide,
    example=Example(
        base={},
        bad={
            "apps/one.yaml": _application("one", _WIDE.format(mark="  # <- here")),
            "apps/two.yaml": _application("two", _WIDE.format(mark="")),
        },
        good={
            "apps/one.yaml": _application("one", _OWN.format(name="one")),
            "apps/two.yaml": _application("two", _OWN.format(name="two")),
        },
    ),
)
