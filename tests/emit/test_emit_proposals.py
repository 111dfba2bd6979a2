"""A proposed ExternalSecret for every secret that a placeholder stands in for, where nobody syncs it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from migrate.model.estate import Placeholder, Release, ValuesKind
from migrate.model.finding import SourceLocation
from migrate.model.manifest import Manifest
from tests.emit.emit_nouns import document, emit, make_layer, make_manifest, make_release, make_rendered

PATH = "environments/dev/secrets/data/redis.yaml"
PLACE = SourceLocation("helmfiles/40-data-plane.yaml.gotmpl", 20)


def release(*wanted: tuple[str, str], **fields: Any) -> Release:
    found = tuple(Placeholder(path, reference, f"PLACEHOLDER-{n}", PLACE) for n, (path, reference) in enumerate(wanted))
    text = "".join(f"{p.path.replace('.', '_')}: {p.text}\n" for p in found)
    return make_release(values=(make_layer(text, "", ValuesKind.INLINE, placeholders=found),), **fields)


def store(name: str = "vault", mount: str = "secret") -> Manifest:
    made = make_manifest("ClusterSecretStore", name, namespace="", group="external-secrets.io")
    made.document["apiVersion"] = "external-secrets.io/v1beta1"
    made.document["spec"] = {"provider": {"vault": {"path": mount}}}
    return made


@pytest.mark.parametrize(
    ("path", "reference", "remote"),
    [
        ("auth.password", "ref+vault://secret/data/redis#/pass", {"key": "secret/data/redis", "property": "pass"}),
        ("auth.password", "secretref+awssecrets://team/redis", {"key": "team/redis"}),
        ("auth.password", "ref+awsssm://team/redis?region=eu-1#/pass", {"key": "team/redis", "property": "pass"}),
        ("auth.password", "ref+gcpsecrets://project/redis", {"key": "redis"}),
        ("auth.password", "secrets/redis.yaml", {"key": "data/redis", "property": "auth-password"}),
        ("auth.password", "env TOKEN", {"key": "data/redis", "property": "auth-password"}),
    ],
)
def test_a_secret_is_asked_for_where_it_lies(tmp_path: Path, path: str, reference: str, remote: dict[str, str]) -> None:
    found = document(emit(tmp_path, [release((path, reference))]), PATH)
    assert (found["kind"], found["metadata"]) == ("ExternalSecret", {"name": "redis-secrets", "namespace": "data"})
    assert found["spec"]["data"] == [{"secretKey": "auth-password", "remoteRef": remote}]
    assert found["spec"]["secretStoreRef"] == {"kind": "ClusterSecretStore", "name": "CHANGE-ME"}


def test_the_store_of_the_environment_is_named_and_its_mount_left_out(tmp_path: Path) -> None:
    tree = emit(
        tmp_path,
        [release(("a", "ref+vault://secret/redis#/a")), make_release("store")],
        rendered={"store": make_rendered(store())},
    )
    found = document(tree, PATH)
    assert found["apiVersion"] == "external-secrets.io/v1beta1"
    assert found["spec"]["secretStoreRef"]["name"] == "vault"
    assert found["spec"]["data"][0]["remoteRef"] == {"key": "redis", "property": "a"}


def test_of_several_stores_none_is_guessed(tmp_path: Path) -> None:
    tree = emit(
        tmp_path,
        [release(("a", "ref+vault://secret/redis#/a")), make_release("store")],
        rendered={"store": make_rendered(store("one"), store("two"))},
    )
    assert document(tree, PATH)["spec"]["secretStoreRef"]["name"] == "CHANGE-ME"


def test_a_whole_file_is_extracted(tmp_path: Path) -> None:
    found = document(emit(tmp_path, [release(("", "secrets/all.yaml"))]), PATH)
    assert "data" not in found["spec"]
    assert found["spec"]["dataFrom"] == [{"extract": {"key": "data/redis"}}]


def test_keys_of_a_secret_are_told_apart(tmp_path: Path) -> None:
    found = document(emit(tmp_path, [release(("a.b", "ref+vault://s/x#/1"), ("a-b", "ref+vault://s/x#/2"))]), PATH)
    assert [entry["secretKey"] for entry in found["spec"]["data"]] == ["a-b", "a-b-2"]


def test_the_file_says_why_nobody_syncs_it_and_what_else_there_is(tmp_path: Path) -> None:
    tree = emit(tmp_path, [release(("a", "ref+vault://secret/redis#/a"), ("b", "secrets/redis.yaml"))])
    text = tree.text(PATH)
    assert "nothing syncs this file" in text
    assert "a: <path:secret/data/redis#a>" in text
    assert "sops plugin" in text
    assert "secrets/redis.yaml" in text
    # What the root Application and the ApplicationSet read.
    assert not PATH.startswith(("environments/dev/argocd/", "environments/dev/components/"))
    assert str(tree.provenance[PATH][0].origin) == str(PLACE)


def test_who_has_no_secret_or_is_parked_gets_none(tmp_path: Path) -> None:
    tree = emit(tmp_path, [make_release("plain"), release(("a", "ref+vault://s/x#/1"), installed=False)])
    assert not [path for path in tree.files if "/secrets/" in path]
