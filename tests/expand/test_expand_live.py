"""What a reconcile keeps of live Applications, where no recorded case says it; and a merge that has no one answer."""

from __future__ import annotations

from typing import Any

import pytest

from migrate.expand import expand_appset, load_appset, reconcile
from migrate.expand.live import LiveError
from migrate.model.application import Expansion, ExpansionError, GeneratedApplication


def application(name: str, **spec: Any) -> dict[str, Any]:
    return {"metadata": {"name": name}, "spec": {"project": "default", **spec}}


def generated(*names: str) -> Expansion:
    return Expansion(tuple(GeneratedApplication("", "one", name, application(name)) for name in names))


def appset(**spec: Any) -> dict[str, Any]:
    return {"metadata": {"name": "one"}, "spec": spec}


@pytest.mark.parametrize(
    ("policy", "left"), [("", ["a"]), ("sync", ["a"]), ("create-delete", ["a"]), ("create-only", ["a", "b"]),
                         ("create-update", ["a", "b"])],
)  # fmt: skip
def test_what_is_no_longer_generated_goes_unless_the_policy_keeps_it(policy: str, left: list[str]) -> None:
    live: dict[str, Any] = {name: application(name) for name in ("a", "b")}
    after = reconcile(appset(syncPolicy={"applicationsSync": policy}), generated("a"), live, frozenset("ab"))
    assert sorted(after) == left


def test_a_failed_generation_and_a_withheld_application_delete_nothing() -> None:
    live: dict[str, Any] = {name: application(name) for name in ("a", "b")}
    failed = Expansion((), (ExpansionError("", "no"),))
    assert reconcile(appset(), failed, live, frozenset("ab")) == live
    withheld = Expansion(generated("a").applications, (ExpansionError("b", "no"),))
    assert sorted(reconcile(appset(), withheld, live, frozenset("ab"))) == ["a", "b"]


def test_a_foreign_application_is_never_deleted_and_adopted_under_every_policy() -> None:
    live: dict[str, Any] = {"a": application("a", path="old"), "z": application("z")}
    after: Any = reconcile(appset(syncPolicy={"applicationsSync": "create-only"}), generated("a"), live)
    assert sorted(after) == ["a", "z"]
    assert "path" not in after["a"]["spec"]


def test_expressions_of_jq_are_refused_where_they_would_count() -> None:
    ignoring = appset(ignoreApplicationDifferences=[{"jqPathExpressions": [".spec"]}])
    assert sorted(reconcile(ignoring, generated("a"), {})) == ["a"]
    with pytest.raises(LiveError, match="jsonPointers"):
        reconcile(ignoring, generated("a"), {"a": application("a")}, frozenset("a"))


SHARED = """\
apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: {name: one}
spec:
  goTemplate: true
  generators:
    - merge:
        mergeKeys: [region]
        generators:
          - matrix:
              generators:
                - list: {elements: [{chart: {version: '1'}}]}
                - list: {elements: [{region: east}, {region: west}]}
          - list: {elements: [{region: east, chart: {version: '2'}}, {region: west, chart: {version: 'THIRD'}}]}
  template:
    metadata: {name: '{{ .region }}-{{ .chart.version }}'}
    spec:
      project: default
      source: {repoURL: here, path: .}
      destination: {server: 'https://kubernetes.default.svc'}
"""


def test_what_changes_from_run_to_run_in_the_controller_is_an_error() -> None:
    expansion = expand_appset(load_appset(SHARED.replace("THIRD", "3")), {})
    assert expansion.applications == ()
    assert "changes from run to run" in expansion.errors[0].message
    agreed = expand_appset(load_appset(SHARED.replace("THIRD", "2")), {})
    assert [one.name for one in agreed.applications] == ["east-2", "west-2"]
