"""The sample estate as its readers know it; the numbers come from `helmfile list` of the real program."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from migrate.model.estate import Estate, ReadRequest, ValuesKind
from migrate.read import read_estate

HELMFILES = Path(__file__).parents[2] / "helmfiles"
ENVIRONMENTS = ("local", "dev", "staging", "production")


@cache
def sample() -> Estate:
    return read_estate(ReadRequest(str(HELMFILES)))


def test_fourteen_layers_and_four_environments() -> None:
    assert len(sample().layers) == 14
    assert sample().layers[0].name == "00-argocd"
    assert sample().layers[-1].name == "60-qa"
    assert sample().environments == ENVIRONMENTS
    assert {len(sample().in_environment(name)) for name in ENVIRONMENTS} == {66}


def test_nothing_in_it_is_an_error() -> None:
    assert [f for f in sample().findings if f.severity == "error"] == []


def test_every_chart_is_on_disk_and_every_release_is_named_where_it_stands() -> None:
    for release in sample().releases:
        assert release.chart_path is not None
        assert (HELMFILES.parent / release.chart_path).exists()
        line = (HELMFILES.parent / release.source.file).read_text().splitlines()[release.source.line - 1]
        assert release.name in line or release.source.generated


def test_minio_is_deployed_in_local_only_and_neo4j_nowhere() -> None:
    by_id = sample().by_id()
    minio = next(found for id_, found in by_id.items() if id_.endswith("/minio"))
    neo4j = next(found for id_, found in by_id.items() if id_.endswith("/neo4j"))
    assert [name for name in ENVIRONMENTS if minio[name].deployed] == ["local"]
    assert [name for name in ENVIRONMENTS if neo4j[name].deployed] == []


def test_releases_of_the_nested_file_belong_to_its_root_layer() -> None:
    nested = [r for r in sample().in_environment("dev") if r.source.file.startswith("helmfiles/nested/")]
    assert nested
    assert {release.layer for release in nested} <= {layer.name for layer in sample().layers}


def test_secrets_are_placeholders_and_no_sops_data_is_left() -> None:
    closed = {r.name: {p.path for p in r.placeholders} for r in sample().in_environment("dev") if r.placeholders}
    assert closed["keycloak"] == {"admin.password"}
    assert closed["registry-pull-secret"] == {"registry.username", "registry.password"}
    assert "ENC[" not in "".join(layer.text for release in sample().releases for layer in release.values)


def test_patches_and_keys_are_there() -> None:
    assert any(release.json_patches for release in sample().releases)
    keys = {key.name for release in sample().releases for key in release.keys}
    assert {"createNamespace", "disableValidation", "hooks", "needs", "condition", "timeout"} <= keys


def test_values_of_all_kinds_keep_their_order() -> None:
    kinds = {layer.kind for release in sample().releases for layer in release.values}
    assert kinds == {ValuesKind.FILE, ValuesKind.TEMPLATE, ValuesKind.INLINE, ValuesKind.SECRET}
    argocd = next(r for r in sample().in_environment("local") if r.name == "argocd")
    assert [layer.path for layer in argocd.values] == [
        "helmfiles/values/argocd/values.yaml.gotmpl",
        "helmfiles/values/argocd/local.yaml",
    ]


@pytest.mark.parametrize("layer", ["22-control-plane", "40-data-plane"])
def test_needs_name_releases_of_the_same_layer(layer: str) -> None:
    releases = [r for r in sample().in_environment("staging") if r.layer == layer]
    ids = {release.id for release in releases}
    assert {need for release in releases for need in release.needs} <= ids
    assert any(release.needs for release in releases)


def test_reading_twice_gives_the_same() -> None:
    assert read_estate(ReadRequest(str(HELMFILES), environments=("dev",))).releases == sample().in_environment("dev")
