"""``crds: apart`` in migration.yaml: the definitions of an operator as a component of their own."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from migrate.doors.yaml import load_yaml
from tests.conftest import Migrate, git, write_files


def definition(kind: str) -> str:
    plural = f"{kind.lower()}s"
    return f"""\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {{name: {plural}.example.org}}
spec:
  group: example.org
  scope: Namespaced
  names: {{kind: {kind}, plural: {plural}, singular: {kind.lower()}}}
  versions: [{{name: v1, served: true, storage: true, schema: {{openAPIV3Schema: {{type: object}}}}}}]
"""


DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: {{ .Release.Name }}}
spec:
  selector: {matchLabels: {a: b}}
  template: {metadata: {labels: {a: b}}, spec: {containers: [{name: c, image: "example.org/c:1"}]}}
"""
FILES = {
    "charts/operator/Chart.yaml": "apiVersion: v2\nname: operator\nversion: 1.0.0\n",
    "charts/operator/values.yaml": "installCRDs: true\n",
    "charts/operator/crds/one.yaml": definition("One"),
    "charts/operator/templates/two.yaml": "{{- if .Values.installCRDs }}\n" + definition("Two") + "{{- end }}\n",
    "charts/operator/templates/deployment.yaml": DEPLOYMENT,
    "charts/user/Chart.yaml": "apiVersion: v2\nname: user\nversion: 1.0.0\n",
    "charts/user/templates/one.yaml": "apiVersion: example.org/v1\nkind: One\nmetadata: {name: one}\n",
    "10-base.yaml": """\
releases:
  - {name: operator, namespace: op, chart: ./charts/operator}
  - {name: user, namespace: op, chart: ./charts/user}
""",
}


@pytest.fixture
def estate(tmp_path: Path) -> Path:
    folder = write_files(tmp_path / "project", {f"helmfiles/{name}": text for name, text in FILES.items()})
    git(folder, "init", "--quiet")
    return folder


def decide(folder: Path, migrate: Migrate, *lines: str) -> None:
    assert migrate(folder, "plan").code == 0
    plan = folder / "migration.yaml"
    text = plan.read_text()
    assert "  op/operator:\n" in text
    plan.write_text(text.replace("  op/operator:\n", "  op/operator:\n" + "".join(f"    {line}\n" for line in lines)))
    assert migrate(folder, "plan").code == 0
    for line in lines:
        assert line.partition(":")[0] in plan.read_text()


def components(folder: Path) -> dict[str, Any]:
    found: list[Any] = [load_yaml(path.read_text()) for path in folder.glob("out/environments/**/component.yaml")]
    return {component["name"]: component for component in found}


def verdicts(migrate: Migrate, folder: Path) -> dict[str, str]:
    outcome = migrate(folder, "verify", "--output", "json")
    return {row["id"]: row["verdict"] for row in json.loads(outcome.out)["releases"]}


APART = ("crds: apart", "pins: {reason: its definitions are apart, values: {installCRDs: false}}")


def test_they_become_a_component_before_the_operator(estate: Path, migrate: Migrate) -> None:
    decide(estate, migrate, *APART)
    outcome = migrate(estate, "convert")
    assert outcome.code == 0, outcome.err
    found = components(estate)
    assert set(found) == {"operator", "operator-crds", "user"}
    own = found["operator-crds"]
    assert (own["componentType"], own["project"]) == ("crds", "platform")
    assert own["rolloutPhase"] < found["operator"]["rolloutPhase"]
    assert own["rolloutPhase"] < found["user"]["rolloutPhase"]
    assert found["operator"]["chart"]["skipCrds"] is True
    manifests = (estate / "out" / own["chart"]["path"] / "manifests/default.yaml").read_text()
    assert "ones.example.org" in manifests
    assert "twos.example.org" in manifests
    for name, text in FILES.items():
        if name.startswith("charts/operator"):
            (copy,) = estate.glob(f"out/sources/charts/**/operator/{name.removeprefix('charts/operator/')}")
            assert copy.read_text() == text, "a chart is never changed"


def test_both_are_proven(estate: Path, migrate: Migrate) -> None:
    decide(estate, migrate, *APART)
    assert migrate(estate, "convert").code == 0
    assert verdicts(migrate, estate) == {"op/operator-crds": "explained", "op/operator": "equal", "op/user": "equal"}
    assert migrate(estate, "lint").code == 0
    assert migrate(estate, "convert", "--check").code == 0


def test_definitions_that_the_chart_still_renders_are_a_difference(estate: Path, migrate: Migrate) -> None:
    decide(estate, migrate, "crds: apart")
    assert migrate(estate, "convert").code == 0
    assert verdicts(migrate, estate)["op/operator"] == "different"


def test_what_needs_the_kinds_waits_for_the_definitions_alone(estate: Path, migrate: Migrate) -> None:
    decide(estate, migrate, *APART)
    edges = json.loads(migrate(estate, "graph", "--output", "json").out)["edges"]
    kinds = {(edge["from"], edge["to"], edge["kind"]) for edge in edges}
    assert ("op/operator-crds", "op/user", "crd") in kinds
    assert ("op/operator", "op/user", "crd") not in kinds
    assert any(edge[:2] == ("op/operator-crds", "op/operator") for edge in kinds)


def test_without_it_nothing_is_split(estate: Path, migrate: Migrate) -> None:
    assert migrate(estate, "convert").code == 0
    assert set(components(estate)) == {"operator", "user"}
    assert verdicts(migrate, estate)["op/operator"] == "explained"


def test_a_name_that_is_taken_is_told(estate: Path, migrate: Migrate) -> None:
    state = estate / "helmfiles/10-base.yaml"
    state.write_text(state.read_text() + "  - {name: operator-crds, namespace: op, chart: ./charts/user}\n")
    assert migrate(estate, "plan").code == 0
    plan = estate / "migration.yaml"
    plan.write_text(plan.read_text().replace("  op/operator:\n", "  op/operator:\n    crds: apart\n"))
    outcome = migrate(estate, "convert")
    assert outcome.code == 2
    assert "op/operator-crds" in outcome.err
    assert "helmfiles/10-base.yaml:2" in outcome.err


def test_a_circle_offers_it_and_it_opens_the_circle(estate: Path, migrate: Migrate) -> None:
    state = estate / "helmfiles/10-base.yaml"
    state.write_text(state.read_text().replace("./charts/operator}", "./charts/operator, needs: [op/user]}"))
    told = migrate(estate, "plan")
    assert told.code == 1
    assert "`crds: apart` for op/operator" in told.err
    plan = estate / "migration.yaml"
    plan.write_text(plan.read_text().replace("  op/operator:\n", f"  op/operator:\n    {APART[0]}\n    {APART[1]}\n"))
    outcome = migrate(estate, "convert")
    assert outcome.code == 0, outcome.err
    phases = {name: component["rolloutPhase"] for name, component in components(estate).items()}
    assert phases["operator-crds"] < phases["user"] < phases["operator"]


OF_LAYER = ("op/operator", "op/operator-crds", "op/user")


def use_layout(folder: Path, layout: str) -> None:
    plan = folder / "migration.yaml"
    text = plan.read_text()
    assert "layout: {value: environments, source: default}" in text
    plan.write_text(text.replace("layout: {value: environments, source: default}", f"layout: {layout}"))


def step(folder: Path, migrate: Migrate) -> Any:
    """The one layer's row of the checklist."""
    (row,) = json.loads(migrate(folder, "status", "--repo", "gitops", "--output", "json").out)["layers"]
    return row


@pytest.mark.parametrize(
    ("layout", "wanted"),
    [
        ("environments", ("equal", "explained", "equal")),
        ("shared", ("equal", "explained", "equal")),
        ("kustomize", ("equal", "explained", "explained")),
        ("plugin", ("explained", "explained", "explained")),
    ],
)
def test_every_layout_goes_all_the_way_with_them(
    estate: Path, migrate: Migrate, layout: str, wanted: tuple[str, ...]
) -> None:
    if layout == "kustomize" and not (shutil.which("kustomize") or shutil.which("kubectl")):
        pytest.skip("there is no kustomize on PATH")
    decide(estate, migrate, *APART)
    use_layout(estate, layout)
    outcome = migrate(estate, "convert", "--accept-lost-order")
    assert outcome.code == 0, outcome.err
    if layout == "plugin":
        assert "EM058" in outcome.err
        assert "`crds: apart` of operator cannot hold in the layout plugin" in outcome.err
    assert verdicts(migrate, estate) == dict(zip(OF_LAYER, wanted, strict=True))
    repository = estate / "gitops"
    repository.mkdir()
    git(repository, "init", "--quiet")
    git(repository, "commit", "--quiet", "--allow-empty", "--message", "empty")
    assert [step(estate, migrate)[key] for key in ("converted", "verified", "committed")] == [True, True, False]
    assert migrate(estate, "commit", "--repo", "gitops").code == 0
    message = git(repository, "log", "-1", "--format=%B", "migrate/10-base")
    assert "3 releases become components" in message
    assert all(f"- {name} -> " in message for name in OF_LAYER)
    row = step(estate, migrate)
    assert (row["releases"], row["committed"], row["fenced"]) == (3, True, False)


def test_they_are_cut_over_with_their_release(estate: Path, migrate: Migrate) -> None:
    decide(estate, migrate, *APART)
    assert migrate(estate, "convert").code == 0
    (estate / "gitops").mkdir()
    git(estate / "gitops", "init", "--quiet")
    assert migrate(estate, "verify").code == 0
    assert step(estate, migrate)["fenced"] is False
    for options, done in ((("--no-deployed",), "fenced"), (("--remove",), "removed")):
        outcome = migrate(estate, "cutover", "10-base", *options)
        assert outcome.code == 0, outcome.err
        assert step(estate, migrate)[done] is True
        before = components(estate)
        assert migrate(estate, "convert").code == 0
        assert components(estate) == before
        found = verdicts(migrate, estate)
        assert found == {"op/operator-crds": "explained", "op/operator": "equal", "op/user": "equal"}
    assert not (estate / "helmfiles/10-base.yaml").exists()


def test_definitions_that_migration_yaml_adds_stay_with_the_release(estate: Path, migrate: Migrate) -> None:
    (estate / "three.yaml").write_text(definition("Three"))
    decide(estate, migrate, *APART, "wrapper: {gate: true, manifests: [three.yaml]}")
    outcome = migrate(estate, "convert")
    assert outcome.code == 0, outcome.err
    found = verdicts(migrate, estate)
    assert found == {"op/operator-crds": "explained", "op/operator": "explained", "op/user": "equal"}


def test_in_kustomize_what_uses_the_kinds_skips_the_dry_run(estate: Path, migrate: Migrate) -> None:
    decide(estate, migrate, *APART)
    use_layout(estate, "kustomize")
    assert migrate(estate, "convert", "--accept-lost-order").code == 0
    assert sorted(path.name for path in (estate / "out/argocd/platform/operator-crds/base").iterdir()) == [
        "customresourcedefinition-ones.example.org.yaml",
        "customresourcedefinition-twos.example.org.yaml",
        "kustomization.yaml",
    ]
    assert not list((estate / "out/argocd").glob("*/operator/base/customresource*"))
    (one,) = (estate / "out/argocd").glob("*/user/base/one-one.yaml")
    assert "SkipDryRunOnMissingResource=true" in one.read_text()
