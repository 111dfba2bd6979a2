"""What verify says of a release that helmfile chartifies: rendered as helmfile does it, so no longer opaque."""

from __future__ import annotations

from dataclasses import replace

from migrate.model.json import JsonObject
from migrate.model.manifest import Manifest, ObjectKey, Rendered
from migrate.model.report import Verdict
from migrate.verify import compare_release
from tests.verify.test_verify_explain import PLAN, RELEASE

TRANSFORMER: JsonObject = {"kind": "LabelTransformer"}
ONE = Manifest(ObjectKey("", "ConfigMap", "apps", "a"), {"apiVersion": "v1", "kind": "ConfigMap"}, "")
REASONS = ("transformers", "forceNamespace", "dependencies", "a chart folder without Chart.yaml")


def test_what_was_rendered_as_helmfile_does_it_is_carried_and_named() -> None:
    release = replace(
        RELEASE,
        opaque=REASONS,
        transformers=(TRANSFORMER,),
        force_namespace="f",
        dependencies=({"chart": "sub"},),
    )
    left = Rendered((ONE,), chartified=("dependencies", "forceNamespace", "transformers"))
    row = compare_release(release, PLAN, "web", left, Rendered((ONE,)))
    assert row.verdict is Verdict.EXPLAINED
    (explanation,) = row.explanations
    assert (explanation.kind, explanation.count) == ("rendered-component", 3)
    assert explanation.note.endswith(": dependencies, forceNamespace, transformers")


def test_what_was_not_read_stays_unrendered() -> None:
    release = replace(RELEASE, opaque=REASONS, force_namespace="f")
    row = compare_release(release, PLAN, "web", Rendered((ONE,)), Rendered((ONE,)))
    assert row.verdict is Verdict.UNRENDERED
    assert row.reason.endswith(": transformers, dependencies")


def test_a_post_renderer_stays_unrendered_beside_them() -> None:
    release = replace(RELEASE, opaque=("postRenderer sed", "forceNamespace"), force_namespace="f")
    row = compare_release(release, PLAN, "web", Rendered((ONE,)), Rendered((ONE,)))
    assert row.verdict is Verdict.UNRENDERED
    assert row.reason.endswith(": postRenderer sed")
