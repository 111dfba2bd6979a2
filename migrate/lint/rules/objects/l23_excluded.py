"""L23: no kind that Argo CD leaves out."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterator
from typing import Any

from migrate.doors.yaml import YamlError, load_yaml
from migrate.lint.example import Example
from migrate.lint.good_tree import TEMPLATE, WEB
from migrate.lint.objects import rendered_objects
from migrate.lint.rule import Hit, Rule, error
from migrate.lint.settings import settings_of
from migrate.lint.subject import Subject, listed
from migrate.model.finding import Severity
from migrate.model.manifest import ObjectKey

_EXCLUDED = """
- {apiGroups: ["", discovery.k8s.io], kinds: [Endpoints, EndpointSlice]}
- {apiGroups: [coordination.k8s.io], kinds: [Lease]}
- apiGroups: [authentication.k8s.io, authorization.k8s.io]
  kinds: [SelfSubjectReview, TokenReview, LocalSubjectAccessReview, SelfSubjectAccessReview, SelfSubjectRulesReview,
    SubjectAccessReview]
- {apiGroups: [certificates.k8s.io], kinds: [CertificateSigningRequest]}
- {apiGroups: [cert-manager.io], kinds: [CertificateRequest]}
- {apiGroups: [cilium.io], kinds: [CiliumIdentity, CiliumEndpoint, CiliumEndpointSlice]}
- apiGroups: [kyverno.io, reports.kyverno.io, wgpolicyk8s.io]
  kinds: [PolicyReport, ClusterPolicyReport, EphemeralReport, ClusterEphemeralReport, AdmissionReport,
    ClusterAdmissionReport, BackgroundScanReport, ClusterBackgroundScanReport, UpdateRequest]
"""
"""resource.exclusions as Argo CD is delivered since 3.0."""


def check_excluded(subject: Subject) -> Iterator[Hit]:
    """L23: kinds that Argo CD never applies, as it is delivered or as the tree's own settings say."""
    entries: dict[str, list[Any]] = {}
    known: dict[tuple[str, str, str], bool] = {}
    for one, manifest in rendered_objects(subject):
        if one.environment not in entries:
            entries[one.environment] = _exclusions(subject, one.environment)
        kind = (one.environment, manifest.key.group, manifest.key.kind)
        if kind not in known:
            known[kind] = any(_excludes(entry, manifest.key) for entry in entries[one.environment])
        if known[kind]:
            hint = "Argo CD leaves this kind out (resource.exclusions). Apply it elsewhere, or change the setting."
            text = f"{manifest.key} is never applied"
            yield error(text, hint, subject.place(one, "chart", "path"), one.environment)


def _exclusions(subject: Subject, environment: str) -> list[Any]:
    """The entries that hold; the tree's own setting takes the place of all that Argo CD brings."""
    own = (setting.data.get("resource.exclusions") for setting in settings_of(subject, "cm", environment))
    text = next((value for value in own if isinstance(value, str)), _EXCLUDED)
    try:
        entries = load_yaml(text)
    except YamlError:
        return []
    return entries if isinstance(entries, list) else []


def _excludes(entry: Any, key: ObjectKey) -> bool:
    """Whether an entry means an object on any cluster; one for some clusters is not taken into account."""
    if listed(entry, "clusters") not in ([], ["*"]):
        return False
    return all(
        any(fnmatch.fnmatchcase(value, str(pattern)) for pattern in listed(entry, name) or ["*"])
        for name, value in (("apiGroups", key.group), ("kinds", key.kind))
    )


RULE = Rule(
    id="L23",
    title="no kind that Argo CD leaves out",
    reason="the default exclusions are never applied",
    pointer="AC 6.20",
    severity=Severity.ERROR,
    check=check_excluded,
    needs_render=True,
    example=Example(
        bad={
            TEMPLATE: """
                apiVersion: v1
                kind: Endpoints
                metadata:
                  name: database
            """,
            WEB: """
                chart:
                  path: sources/charts/own/web  # <- here
            """,
        },
        good={
            TEMPLATE: """
                apiVersion: v1
                kind: Service
                metadata:
                  name: database
                spec:
                  type: ExternalName
                  externalName: db.example.com
            """,
        },
    ),
)
