from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path

import pytest

from migrate.doors.helm import parse_values
from migrate.model.estate import Estate, ValuesKind
from migrate.read.secrets import placeholder_text

Read = Callable[..., Estate]

SOPS = (
    "db:\n  user: app\n  password: ENC[AES256_GCM,data:eA==,iv:eA==,tag:eA==,type:str]\n"
    "keys:\n  - ENC[AES256_GCM,data:eQ==,iv:eA==,tag:eA==,type:str]\nsops:\n  mac: ENC[x]\n  version: 3.8.1\n"
)
STATE = "releases:\n  - name: web\n    namespace: x\n    chart: ./charts/app\n    secrets: [secret.yaml]\n"
TWIN = "db: {user: app, password: hunter2}\nkeys: [k1]\n"


def test_encrypted_leaves_become_placeholders_and_the_rest_stays(read: Read) -> None:
    estate = read({"helmfile.yaml": STATE, "secret.yaml": SOPS}, path="helmfile.yaml")
    (layer,) = estate.releases[0].values
    user, password = "app", placeholder_text("secret.yaml", "db.password")
    assert layer.kind is ValuesKind.SECRET
    assert parse_values(layer.text) == {
        "db": {"user": user, "password": password},
        "keys": [placeholder_text("secret.yaml", "keys.0")],
    }
    assert [p.path for p in layer.placeholders] == ["db.password", "keys.0"]
    assert layer.secret_text is None
    assert [f.code for f in estate.findings] == ["HF020"]


def test_a_file_that_is_not_encrypted_by_sops_is_one_placeholder(read: Read) -> None:
    estate = read({"helmfile.yaml": STATE, "secret.yaml": "token: s3cret\n"}, path="helmfile.yaml")
    (layer,) = estate.releases[0].values
    assert (parse_values(layer.text), [p.path for p in layer.placeholders]) == ({}, [""])
    assert "s3cret" not in repr(estate)


def test_a_decrypted_twin_stays_apart_from_the_text_that_may_be_shown(read: Read, tmp_path: Path) -> None:
    files = {"helmfile.yaml": STATE, "secret.yaml": SOPS, "open/secret.yaml": TWIN}
    estate = read(files, path="helmfile.yaml", secrets_dir=str(tmp_path / "open"))
    (layer,) = estate.releases[0].values
    assert layer.secret_text == TWIN
    assert "hunter2" not in layer.text
    assert "hunter2" not in repr(estate)
    assert {p.path for p in layer.placeholders} == {"db.user", "db.password", "keys.0"}


def test_environment_secrets_reach_values_only_as_placeholders(read: Read, tmp_path: Path) -> None:
    files = {
        "helmfile.yaml": "environments: {dev: {secrets: [secret.yaml]}}\n---\n"
        "releases:\n  - {name: web, chart: ./charts/app, values: [v.yaml.gotmpl]}\n",
        "secret.yaml": SOPS,
        "v.yaml.gotmpl": "url: postgres://{{ .Values.db.password }}@db\n",
        "open/secret.yaml": TWIN,
    }
    closed = read(files, path="helmfile.yaml")
    assert "PLACEHOLDER-secret-yaml-db-password@db" in closed.releases[0].values[0].text
    assert [p.path for p in closed.releases[0].placeholders] == ["url"]
    assert [f.code for f in closed.findings] == ["HF021", "HF020"]
    layer = read(files, path="helmfile.yaml", secrets_dir=str(tmp_path / "open")).releases[0].values[0]
    assert layer.secret_text == "url: postgres://hunter2@db\n"
    assert "hunter2" not in layer.text


def test_references_become_placeholders_wherever_they_stand(read: Read) -> None:
    files = {
        "helmfile.yaml": "releases:\n  - name: web\n    chart: ./charts/app\n    values:\n"
        "      - {a: {b: 'ref+vault://kv/db#/password'}, url: 'x://ref+awssm://k/u+@h'}\n      - v.yaml\n",
        "v.yaml": "plain: yes\nlist: [ref+gcpsecrets://p/s]\n",
    }
    inline, file = read(files, path="helmfile.yaml").releases[0].values
    assert parse_values(inline.text) == {
        "a": {"b": "PLACEHOLDER-vault-kv-db-password"},
        "url": "x://PLACEHOLDER-awssm-k-u@h",
    }
    assert [(p.path, p.reference) for p in inline.placeholders] == [
        ("a.b", "ref+vault://kv/db#/password"),
        ("url", "ref+awssm://k/u+"),
    ]
    # helmfile reads such a file itself, so its `yes` reaches Helm as text.
    assert parse_values(file.text) == {"plain": "yes", "list": ["PLACEHOLDER-gcpsecrets-p-s"]}


def test_a_secret_that_a_template_fetches_is_a_placeholder(read: Read) -> None:
    files = {
        "helmfile.yaml": "releases:\n  - {name: web, chart: ./charts/app, values: [v.yaml.gotmpl]}\n",
        "v.yaml.gotmpl": 'a: {{ fetchSecretValue "ref+vault://kv/x#/y" }}\n',
    }
    estate = read(files, path="helmfile.yaml")
    (layer,) = estate.releases[0].values
    assert layer.text == "a: PLACEHOLDER-vault-kv-x-y\n"
    assert [(p.path, p.reference) for p in layer.placeholders] == [("a", "ref+vault://kv/x#/y")]


@pytest.mark.parametrize("reference", ["ref+vault://kv/db#/password", "secrets/über geheim.yaml"])
def test_placeholder_text_is_stable_and_plain(reference: str) -> None:
    text = placeholder_text(reference, "a.0.b")
    assert text == placeholder_text(reference, "a.0.b")
    assert parse_values(f"x: {text}\n") == {"x": text}
    assert base64.b64decode(base64.b64encode(text.encode())).decode() == text
