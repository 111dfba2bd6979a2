from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from migrate.doors.helm import HelmError
from migrate.model.estate import Estate, Layer, Release, SetValue, ValuesKind, ValuesLayer
from migrate.model.finding import SourceLocation
from migrate.render import release_request, render_release
from tests.render.conftest import CHART, config_map, data_of

WriteFiles = Callable[[Mapping[str, str]], Path]
HERE = SourceLocation("helmfiles/10.yaml", 4)


def estate_at(root: Path) -> Estate:
    return Estate("helmfiles", str(root), ("dev",), (Layer("10", "helmfiles/10.yaml", 0),), ())


def layer(text: str, secret: str | None = None) -> ValuesLayer:
    return ValuesLayer(ValuesKind.FILE, "values/a.yaml", text, HERE, secret_text=secret)


RELEASE = Release("dev", "apps", "web", "", "10", HERE, True, True, "./chart", "chart", "")


def test_layers_and_flags_become_one_request(write_files: WriteFiles) -> None:
    root = write_files({f"chart/{p}": t for p, t in CHART.items()})
    release = replace(
        RELEASE,
        values=(layer("a: 1"), layer("a: PLACEHOLDER", "a: real")),
        sets=(SetValue("--set", "x", "1", HERE), SetValue("--set-file", "motd", "files/motd", HERE)),
        kube_version="1.30.0",
        api_versions=("example.org/v1",),
        skip_schema_validation=True,
        include_crds=False,
    )
    request = release_request(estate_at(root), release, kube_version="1.34.0", api_versions=("apps/v1",))
    assert request.values == ("a: 1", "a: PLACEHOLDER")
    assert request.sets == (("--set", "x=1"), ("--set-file", f"motd={root}/files/motd"))
    assert (request.kube_version, request.api_versions) == ("1.30.0", ("apps/v1", "example.org/v1"))
    assert (request.skip_schema_validation, request.include_crds) == (True, False)
    assert release_request(estate_at(root), release, secrets=True).values == ("a: 1", "a: real")


def test_a_chart_that_is_not_here_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(HelmError, match="repo/web is not on this disk"):
        release_request(estate_at(tmp_path), replace(RELEASE, chart="repo/web", chart_path=None))
    assert "not on this disk" in render_release(estate_at(tmp_path), replace(RELEASE, chart_path=None)).error


def test_namespaces_are_filled_in_where_the_kind_has_one(write_files: WriteFiles) -> None:
    role = "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: r, namespace: lost}\n"
    wide = "apiVersion: example.org/v1\nkind: Wide\nmetadata: {name: w}\n"
    crd = (
        "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: wides.example.org}\n"
        "spec: {group: example.org, scope: Cluster, names: {kind: Wide}}\n"
    )
    files = {**CHART, "templates/a.yaml": "---\n".join((config_map("a", "{}"), role, wide)), "crds/w.yaml": crd}
    root = write_files({f"chart/{p}": t for p, t in files.items()})
    keys = {str(m.key): m.document["metadata"] for m in render_release(estate_at(root), RELEASE).manifests}
    assert keys == {
        "CustomResourceDefinition.apiextensions.k8s.io wides.example.org": {"name": "wides.example.org"},
        "ConfigMap apps/a": {"name": "a", "namespace": "apps"},
        "ClusterRole.rbac.authorization.k8s.io r": {"name": "r", "namespace": "lost"},
        "Wide.example.org w": {"name": "w"},
    }


def test_scopes_of_definitions_elsewhere_count(write_files: WriteFiles) -> None:
    files = {**CHART, "templates/a.yaml": "apiVersion: example.org/v1\nkind: Wide\nmetadata: {name: w}\n"}
    root = write_files({f"chart/{p}": t for p, t in files.items()})
    (unknown,) = render_release(estate_at(root), RELEASE).manifests
    (known,) = render_release(estate_at(root), RELEASE, scopes={("example.org", "Wide"): True}).manifests
    assert (unknown.key.namespace, known.key.namespace) == ("apps", "")


def test_patches_change_objects_and_their_text(write_files: WriteFiles) -> None:
    root = write_files({f"chart/{p}": t for p, t in {**CHART, "templates/a.yaml": config_map("a", "{k: v}")}.items()})
    release = replace(
        RELEASE,
        json_patches=({"target": {"kind": "ConfigMap"}, "patch": [{"op": "add", "path": "/data/j", "value": "2"}]},),
        strategic_merge_patches=(
            {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": {"s": "1"}},
        ),
    )
    (manifest,) = render_release(estate_at(root), release).manifests
    assert data_of(manifest.document) == {"k": "v", "s": "1", "j": "2"}
    assert "j:" in manifest.text
    (plain,) = render_release(estate_at(root), RELEASE).manifests
    assert data_of(plain.document) == {"k": "v"}


def test_findings_name_the_template_in_the_estate(write_files: WriteFiles) -> None:
    files = {**CHART, "templates/a.yaml": config_map("a", "{id: '{{ uuidv4 }}'}")}
    root = write_files({f"chart/{p}": t for p, t in files.items()})
    rendered = render_release(estate_at(root), RELEASE)
    (finding,) = rendered.findings
    assert finding.source == SourceLocation("chart/templates/a.yaml", 4)
    assert (finding.release, finding.environment) == ("apps/web", "dev")
    assert rendered.unstable == ((rendered.manifests[0].key, "data.id"),)
