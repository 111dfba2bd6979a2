"""The fleet contract in the tree: where it stands, what it says, who goes without, and the bridge from old keys."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from migrate.doors.charts import ChartFiles
from migrate.doors.helm import HelmError, parse_values, render_chart
from migrate.emit import contract_texts
from migrate.emit.fleet import SCHEMA_PATH
from migrate.expand import expand_tree
from migrate.model.estate import Placeholder, ValuesKind
from migrate.model.finding import Severity, SourceLocation
from migrate.model.fleet import Fleet, FleetFacts, ImagePolicy
from migrate.model.json import JsonObject, as_object, merge_patched
from migrate.model.plan import Plan, PlannedEnvironment
from migrate.model.tree import FileTree
from tests.emit.emit_nouns import (
    codes,
    document,
    emit,
    make_estate,
    make_layer,
    make_manifest,
    make_plan,
    make_release,
    make_rendered,
    plan_release,
    write_chart,
)

NAMES = ("dev", "staging", "production")
FLEET = Fleet(
    "acme",
    FleetFacts(("amd64",), {"gpu": False, "objects": True}, ImagePolicy("mirror", "registry.example.com/mirror")),
    {"nonprod": FleetFacts(capabilities={"gpu": True})},
    {"production": FleetFacts(("amd64", "arm64"), {}, ImagePolicy("upstream"), "prod-eu")},
)


def plan_of(*releases: Any, fleet: Fleet = FLEET, names: Sequence[str] = NAMES, layout: str = "environments") -> Plan:
    kinds = {"dev": "nonprod", "staging": "nonprod"}
    planned = tuple(PlannedEnvironment(name, cluster_type=kinds.get(name, "")) for name in names)
    unique = {release.id: release for release in releases}
    plan = make_plan(*(plan_release(r) for r in unique.values()), layout=layout, fleet=fleet)
    return Plan(**{**vars(plan), "environments": planned})


def tree_of(root: Path, *releases: Any, **given: Any) -> FileTree:
    return emit(root, releases, plan=plan_of(*releases, **given), environments=NAMES)


def redis(**fields: Any) -> tuple[Any, ...]:
    return tuple(make_release(environment=name, values=(make_layer("a: 1\n"),), **fields) for name in NAMES)


def value_files(tree: FileTree, environment: str, name: str = "redis") -> list[str]:
    """The value files of an Application, as paths of the tree; what does not expand fails the test."""
    expansion = expand_tree(tree, (environment,))
    assert not expansion.errors
    (manifest,) = (a.manifest for a in expansion.applications if a.name == name)
    files: Any = manifest["spec"]
    return [path.lstrip("/") for path in files["source"]["helm"]["valueFiles"]]


def values_of(tree: FileTree, environment: str, name: str = "redis") -> Any:
    """What these files give together, in the order in which Helm merges them."""
    merged: Any = {}
    for path in value_files(tree, environment, name):
        merged = merge_patched(merged, parse_values(tree.text(path)))
    return merged


WANTED = {
    "dev": {
        "clusterType": "nonprod",
        "clusterName": "dev",
        "environment": "dev",
        "architectures": ["amd64"],
        "capabilities": {"gpu": True, "objects": True},
        "imagePolicy": {"source": "mirror", "mirror": "registry.example.com/mirror"},
    },
    "production": {
        "clusterType": "production",
        "clusterName": "prod-eu",
        "environment": "production",
        "architectures": ["amd64", "arm64"],
        "capabilities": {"gpu": False, "objects": True},
        "imagePolicy": {"source": "upstream", "mirror": "registry.example.com/mirror"},
    },
}


@pytest.mark.parametrize("layout", ["environments", "shared"])
def test_every_chart_reads_the_contract_below_all_other_values(layout: str, tmp_path: Path) -> None:
    tree = tree_of(tmp_path, *redis(), layout=layout)
    for name, wanted in WANTED.items():
        assert values_of(tree, name) == {"a": 1, "global": {"acme": wanted}}
    assert [path.rpartition("/")[2] for path in value_files(tree, "staging")] == [
        "base.yaml",
        "cluster-type.yaml",
        "environment.yaml",
        "10-redis.yaml",
    ]


def test_in_the_layout_shared_one_list_stands_for_all_clusters(tmp_path: Path) -> None:
    tree = tree_of(tmp_path, *redis(), layout="shared")
    assert document(tree, "environments/_shared/components/data/redis/component.yaml")["valueFiles"][:3] == [
        "sources/values/_shared/globals/fleet/base.yaml",
        "sources/values/{clusterType}/globals/fleet/cluster-type.yaml",
        "sources/values/{environment}/globals/fleet/environment.yaml",
    ]


@pytest.mark.parametrize("layout", ["environments", "shared", "kustomize", "plugin"])
def test_without_an_org_nothing_is_written(layout: str, tmp_path: Path) -> None:
    with_levels = Fleet("", FLEET.facts, FLEET.cluster_types, FLEET.environments, {"a": "clusterName"}, "soon")
    tree = tree_of(tmp_path, *redis(), fleet=with_levels, layout=layout)
    assert tree.files == tree_of(tmp_path, *redis(), fleet=Fleet(), layout=layout).files
    assert not [path for path in tree.paths() if "fleet" in path]


def test_a_cluster_that_argo_cd_knows_by_name_is_called_so(tmp_path: Path) -> None:
    plan = plan_of(*redis())
    planned = tuple(PlannedEnvironment(e.name, cluster=f"c-{e.name}") for e in plan.environments)
    tree = emit(tmp_path, redis(), plan=Plan(**{**vars(plan), "environments": planned}), environments=NAMES)
    assert values_of(tree, "dev")["global"]["acme"]["clusterName"] == "c-dev"
    assert values_of(tree, "production")["global"]["acme"]["clusterName"] == "prod-eu"


def test_the_levels_of_every_environment_together_keep_the_schema(tmp_path: Path) -> None:
    tree = tree_of(tmp_path, *redis())
    validator = Draft7Validator(json.loads(tree.text(SCHEMA_PATH)))
    for name in NAMES:
        assert not list(validator.iter_errors(values_of(tree, name)))


@pytest.mark.parametrize(
    ("broken", "told"),
    [
        ({"clusterTyp": "x"}, "clusterTyp"),
        ({"architectures": []}, "architectures"),
        ({"imagePolicy": {"source": "somewhere", "mirror": ""}}, "source"),
        ({"capabilities": {"gpu": "yes"}}, "gpu"),
    ],
)
def test_a_chart_with_the_schema_refuses_what_the_contract_does_not_have(
    broken: JsonObject, told: str, tmp_path: Path
) -> None:
    tree = tree_of(tmp_path, *redis())
    template = "kind: ConfigMap\napiVersion: v1\nmetadata: {name: {{ .Values.global.acme.clusterName }}}\n"
    files = {
        "Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n",
        "values.schema.json": tree.text(SCHEMA_PATH),
        "templates/a.yaml": template,
    }
    chart = ChartFiles({path: text.encode() for path, text in files.items()})
    good: JsonObject = {"global": {"acme": WANTED["dev"]}}  # type: ignore[dict-item]
    rendered = render_chart(chart, good, name="a", namespace="b")
    assert "name: dev" in str(rendered)
    bad = as_object(merge_patched(good, {"global": {"acme": broken}}))
    with pytest.raises(HelmError, match=told):
        render_chart(chart, bad, name="a", namespace="b")


CLOSED = '{"type": "object", "properties": {"a": {}}, "additionalProperties": false}'
CLOSED_GLOBAL = '{"properties": {"global": {"properties": {"x": {}}, "additionalProperties": false}}}'
OPEN = '{"patternProperties": {"^glo": {}}, "properties": {"a": {}}, "additionalProperties": false}'


@pytest.mark.parametrize(
    ("path", "schema", "taken"),
    [
        ("values.schema.json", CLOSED, False),
        ("values.schema.json", CLOSED_GLOBAL, False),
        ("charts/inner/values.schema.json", CLOSED, False),
        ("values.schema.json", OPEN, True),
        ("values.schema.json", "{}", True),
        ("values.schema.json", "no JSON", True),
        ("docs/values.schema.json", CLOSED, True),
    ],
)
def test_a_chart_whose_schema_is_closed_goes_without_and_it_is_said(
    path: str, schema: str, taken: bool, tmp_path: Path
) -> None:
    releases = redis()
    write_chart(tmp_path, "charts/own/redis", {path: schema})
    tree = emit(tmp_path, releases, plan=plan_of(*releases), environments=NAMES)
    assert ("global" in values_of(tree, "dev")) is taken
    found = [finding for finding in tree.findings if finding.code == "EM061"]
    assert [str(finding.source) for finding in found] == ([] if taken else [f"charts/own/redis/{path}:1"])


def test_a_closed_schema_that_is_not_looked_at_keeps_nothing_out(tmp_path: Path) -> None:
    releases = redis(skip_schema_validation=True)
    write_chart(tmp_path, "charts/own/redis", {"values.schema.json": CLOSED})
    tree = emit(tmp_path, releases, plan=plan_of(*releases), environments=NAMES)
    assert "global" in values_of(tree, "dev")


def test_a_release_that_the_plan_leaves_out_goes_without(tmp_path: Path) -> None:
    fleet = Fleet(**{**vars(FLEET), "without": ("data/redis",)})
    tree = tree_of(tmp_path, *redis(), fleet=fleet)
    assert values_of(tree, "dev") == {"a": 1}
    assert not [path for path in tree.paths() if "fleet" in path]


def test_a_chart_that_prints_manifests_needs_no_contract(tmp_path: Path) -> None:
    releases = tuple(make_release(environment=name) for name in NAMES)
    hook = make_manifest("Job", "migrate", group="batch", annotations={"helm.sh/hook": "pre-install"})
    rendered = {"redis": make_rendered(hook)}
    tree = emit(tmp_path, releases, plan=plan_of(*releases), environments=NAMES, rendered=rendered)
    assert not [path for path in tree.paths() if "fleet" in path]


@pytest.mark.parametrize("layout", ["kustomize", "plugin"])
def test_a_layout_without_values_says_that_it_does_not_apply(layout: str, tmp_path: Path) -> None:
    tree = tree_of(tmp_path, *redis(), layout=layout)
    (finding,) = (finding for finding in tree.findings if finding.code == "EM065")
    assert layout in finding.message
    assert not [path for path in tree.paths() if "fleet" in path]


# ---------------------------------------------------------------- the bridge

BRIDGED = Fleet("acme", bridge={"cluster.name": "clusterName", "cluster.gpu": "capabilities.gpu"}, until="2027-06-30")
OLD = "# ours\ncluster:\n  name: c-{0}\n  gpu: true\n"


def bridged(root: Path, *texts: str, fleet: Fleet = BRIDGED, layout: str = "environments") -> FileTree:
    """A release a text, all of which have it in every environment; ``{0}`` is the environment."""
    releases = [
        make_release(f"r{number}", name, values=(make_layer(text.replace("{0}", name), "values/all.yaml.gotmpl",
                     ValuesKind.TEMPLATE), make_layer("b: 1\n", f"values/r{number}.yaml")))
        for name in NAMES
        for number, text in enumerate(texts)
    ]  # fmt: skip
    return tree_of(root, *releases, fleet=fleet, layout=layout)


@pytest.mark.parametrize("layout", ["environments", "shared"])
def test_the_old_keys_stay_and_give_the_contract_its_values(layout: str, tmp_path: Path) -> None:
    tree = bridged(tmp_path, OLD, OLD, layout=layout)
    for name in NAMES:
        values: Any = values_of(tree, name, "r1")
        assert values["cluster"] == {"name": f"c-{name}", "gpu": True}
        assert values["global"]["acme"]["clusterName"] == f"c-{name}"
        assert values["global"]["acme"]["capabilities"] == {"gpu": True}
    assert not {"EM062", "EM063"} & set(codes(tree))


def test_a_file_that_sets_an_old_key_says_what_to_read_and_how_long(tmp_path: Path) -> None:
    tree = bridged(tmp_path, OLD)
    text = tree.text("sources/values/dev/data/r0/10-all.yaml")
    assert text.splitlines()[:4] == [
        "# Deprecated root keys, kept until: 2027-06-30 (migration.yaml: fleet.bridge)",
        "#   cluster.name: read .Values.global.acme.clusterName instead",
        "#   cluster.gpu: read .Values.global.acme.capabilities.gpu instead",
        "# Rendered from values/all.yaml.gotmpl.",
    ]
    assert parse_values(text) == parse_values(OLD.replace("{0}", "dev"))
    assert tree.text("sources/values/_shared/data/r0/20-r0.yaml") == "b: 1\n"
    moved = tree.provenance["sources/values/dev/data/r0/10-all.yaml"]
    assert [entry.line for entry in moved] == [1, 4, 5]


def test_a_plain_file_keeps_its_lines_behind_the_head(tmp_path: Path) -> None:
    release = make_release(values=(make_layer(OLD, "values/plain.yaml"),))
    tree = emit(tmp_path, [release], plan=plan_of(release, fleet=BRIDGED), environments=("dev",))
    path = "sources/values/_shared/data/redis/10-plain.yaml"
    assert tree.text(path).endswith(OLD)
    assert [(entry.line, entry.origin) for entry in tree.provenance[path]][1:] == [(4, "values/plain.yaml")]


def test_what_the_plan_says_goes_before_an_old_key_and_the_difference_is_told(tmp_path: Path) -> None:
    said = Fleet(**{**vars(BRIDGED), "environments": {"dev": FleetFacts(cluster_name="other")}})
    tree = bridged(tmp_path, OLD, fleet=said)
    assert values_of(tree, "dev", "r0")["global"]["acme"]["clusterName"] == "other"
    (finding,) = (finding for finding in tree.findings if finding.code == "EM062")
    assert finding.environment == "dev"
    assert all(text in finding.message for text in ("c-dev", "other"))


def test_a_key_that_releases_do_not_agree_on_is_no_fact_of_the_cluster(tmp_path: Path) -> None:
    tree = bridged(tmp_path, OLD, OLD.replace("c-{0}", "mine"))
    assert values_of(tree, "dev", "r0")["global"]["acme"]["clusterName"] == "dev"
    found = [finding for finding in tree.findings if finding.code == "EM063"]
    assert {finding.environment for finding in found} == set(NAMES)
    assert all("mine" in finding.message and "values/all.yaml.gotmpl:1" in finding.message for finding in found)


def test_a_value_that_the_contract_cannot_hold_is_told(tmp_path: Path) -> None:
    tree = bridged(tmp_path, OLD.replace("gpu: true", "gpu: often"))
    assert [f.code for f in tree.findings if "capabilities.gpu" in f.message] == ["EM063"] * 3


def test_a_secret_is_no_fact_of_the_fleet_and_not_shown(tmp_path: Path) -> None:
    fleet = Fleet("acme", bridge={"cluster.password": "clusterName"}, until="soon")
    tree = bridged(tmp_path, "cluster: {password: kT9vQ2xLm4Rz8Wp1}\n", fleet=fleet)
    found = [f for f in tree.findings if f.code == "EM063"]
    assert len(found) == 3
    assert not any("kT9vQ2xLm4Rz8Wp1" in f.message for f in found)
    assert values_of(tree, "dev", "r0")["global"]["acme"]["clusterName"] == "dev"


def test_what_stands_in_for_a_secret_is_no_value(tmp_path: Path) -> None:
    stand_in = Placeholder("cluster.name", "ref+vault://x", "PLACEHOLDER-x", SourceLocation("values/all.yaml", 2))
    layer = make_layer("cluster: {name: PLACEHOLDER-x, gpu: true}\n", "values/all.yaml", placeholders=(stand_in,))
    releases = [make_release(environment=name, values=(layer,)) for name in NAMES]
    tree = tree_of(tmp_path, *releases, fleet=BRIDGED)
    own = values_of(tree, "dev")["global"]["acme"]
    assert (own["clusterName"], own["capabilities"]) == ("dev", {"gpu": True})


def test_a_key_that_nothing_sets_any_more_can_go(tmp_path: Path) -> None:
    tree = bridged(tmp_path, "a: 1\n")
    assert [f.message for f in tree.findings if f.code == "EM064"] == [
        "no values of the estate set cluster.gpu any more",
        "no values of the estate set cluster.name any more",
    ]


def test_the_contract_of_a_proof_is_what_the_tree_holds(tmp_path: Path) -> None:
    releases = redis()
    write_chart(tmp_path, "charts/own/redis")
    plan = plan_of(*releases)
    texts = contract_texts(make_estate(tmp_path, *releases, environments=NAMES), plan)
    tree = emit(tmp_path, releases, plan=plan, environments=NAMES)
    for name in NAMES:
        assert {"a": 1, **parse_values(texts[name])} == values_of(tree, name)
    assert contract_texts(make_estate(tmp_path, *releases), plan_of(*releases, fleet=Fleet())) == {}


def test_a_cluster_type_called_as_another_environment_would_lie_in_its_folder(tmp_path: Path) -> None:
    plan = replace(plan_of(*redis()), environments=(PlannedEnvironment("dev", cluster_type="production"),))
    write_chart(tmp_path, "charts/own/redis")
    found = [f for f in emit(tmp_path, redis(), plan=plan, environments=NAMES).findings if f.code == "EM050"]
    assert [(f.environment, f.severity) for f in found] == [("dev", Severity.ERROR)]
