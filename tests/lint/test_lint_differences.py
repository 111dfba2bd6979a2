"""What is not compared: Secrets, whole kinds, and what a sync leaves alone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from migrate.lint.good_tree import APPS, CM, WEB
from migrate.model.finding import Finding, Severity
from migrate.model.manifest import Manifest, Rendered
from tests.lint.trees import edited, good_files, good_rendered, linted, manifest

PATCH = ("      syncPolicy:\n        syncOptions", "      ignoreDifferences: {{ toJson .ignoreDifferences }}\n")
CA = ".webhooks[]?.clientConfig.caBundle"


def found(code: str, entries: str = "[]", *objects: Manifest, setting: str = "", **more: object) -> list[Finding]:
    """What a rule says of web, whose component.yaml has these entries, and of an argocd-cm with this setting."""
    options = str(more.get("options", ""))
    files = edited(
        good_files(),
        (
            (APPS, PATCH[0], PATCH[1] + PATCH[0]),
            (WEB, "ignoreDifferences: []", f"ignoreDifferences: {entries}"),
            (WEB, "  - ServerSideApply=true\n", f"  - ServerSideApply=true\n{options}"),
            (CM, "\ndata:\n", f"\ndata:\n{setting}"),
        ),
    )
    rendered = good_rendered()
    web = Rendered(objects or rendered["dev", "web"].manifests)
    unstable = more.get("unstable", ())
    rendered["dev", "web"] = replace(web, unstable=unstable) if isinstance(unstable, tuple) else web
    return [finding for finding in linted(files, rendered) if finding.code == code]


def cm(kind: str, *paths: str) -> str:
    lines = "".join(f"    - {path}\n" for path in paths)
    return f"  resource.customizations.ignoreDifferences.{kind}: |\n    jqPathExpressions:\n{lines}"


RESPECT = "  - RespectIgnoreDifferences=true\n"
SECRET = manifest("Secret", "session")


@pytest.mark.parametrize(
    ("entry", "severity"),
    [
        ("[{kind: Secret, name: tls, jsonPointers: [/data/tls.crt]}]", Severity.INFO),
        ("[{kind: Secret, name: tls, jsonPointers: [/data]}]", Severity.WARNING),
        ("[{kind: Secret, jqPathExpressions: ['.data.\"tls.crt\"']}]", Severity.WARNING),
        ("[{group: '*', kind: '*', jsonPointers: [/stringData]}]", Severity.WARNING),
        ("[{kind: Secret, jsonPointers: [/metadata/annotations/x]}]", None),
        ("[{kind: ConfigMap, jsonPointers: [/data]}]", None),
        ("[{group: example.com, kind: Secret, jsonPointers: [/data]}]", None),
    ],
)
def test_a_secret_that_is_not_compared_is_told(entry: str, severity: Severity | None) -> None:
    assert {finding.severity for finding in found("L90", entry)} == ({severity} if severity else set())


def test_a_drawn_secret_that_is_hidden_is_an_error() -> None:
    entry = "[{kind: Secret, name: session, jsonPointers: [/data]}]"
    (told,) = found("L90", entry, SECRET, unstable=((SECRET.key, "data.key"),), options=RESPECT)
    assert told.severity is Severity.ERROR
    assert "keeps what the cluster has" in told.message
    assert "migrate plan" in told.hint


@pytest.mark.parametrize("kind", ["Secret", "all"])
def test_secrets_of_a_whole_argocd_are_an_error(kind: str) -> None:
    (told,) = found("L90", setting=cm(kind, ".data"))
    assert (told.severity, told.source and told.source.file) == (Severity.ERROR, CM)


def test_what_argocd_cm_ignores_already_is_not_said_again() -> None:
    entry = f"[{{group: apps, kind: Deployment, jqPathExpressions: ['{CA}']}}]"
    (told,) = found("L91", entry, setting=cm("apps_Deployment", CA))
    assert "argocd-cm ignores them" in told.message
    assert found("L91", entry) == []


def webhook(bundle: str = "") -> Manifest:
    made = manifest("ValidatingWebhookConfiguration", "web", group="admissionregistration.k8s.io", namespace="")
    made.document["webhooks"] = [{"clientConfig": {"caBundle": bundle}}]
    return made


def test_what_controllers_write_into_a_whole_kind_may_have_one_user() -> None:
    setting = cm("admissionregistration.k8s.io_ValidatingWebhookConfiguration", CA)
    assert found("L92", "[]", webhook(), setting=setting) == []
    (told,) = found("L92", "[]", webhook("QUJD"), setting=setting)
    assert "web alone renders" in told.message
    (told,) = found("L92", setting=setting)
    assert "used by nobody" in told.message


def deployment(**spec: object) -> Manifest:
    made = manifest("Deployment", "web", group="apps")
    made.document["spec"] = spec  # type: ignore[assignment]
    return made


REPLICAS = "[{group: apps, kind: Deployment, jsonPointers: [/spec/replicas]}]"
WHOLE = "[{group: apps, kind: Deployment, jsonPointers: [/spec]}]"


def test_the_option_needs_something_to_respect() -> None:
    (told,) = found("L93", options=RESPECT)
    assert (told.severity, "none is ignored" in told.message) == (Severity.WARNING, True)
    assert found("L93", REPLICAS, deployment(), options=RESPECT) == []
    assert found("L93", "[]", deployment(), options=RESPECT, setting=cm("apps_Deployment", ".spec.replicas")) == []
    assert found("L93", WHOLE, deployment(selector={}, template={})) == []


def test_what_is_left_alone_and_needed_is_told() -> None:
    told = found("L93", WHOLE, deployment(selector={}), options=RESPECT)
    said = {(f.severity, "no change of it" in f.message, "lacks /spec/template" in f.message) for f in told}
    assert said == {(Severity.WARNING, True, False), (Severity.ERROR, False, True)}
