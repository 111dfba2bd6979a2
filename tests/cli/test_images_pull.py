"""``images pull``: what a registry says of images, from a real one on loopback, and what ``lint`` makes of it."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest

from migrate.doors.yaml import load_yaml
from tests.charts.servers import Server, serving, sha256
from tests.conftest import Migrate, git, write_files

INDEX = "application/vnd.oci.image.index.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"


def push_index(server: Server, repository: str, tag: str, *platforms: str) -> str:
    """An image for several platforms (``linux/arm64``), with an attestation as builders add one; gives its digest."""
    entries = []
    for platform in (*platforms, "unknown/unknown"):
        system, name, *variant = platform.split("/")
        entries.append(
            {"platform": {"os": system, "architecture": name, **({"variant": variant[0]} if variant else {})}}
        )
    return _put(server, repository, tag, INDEX, {"schemaVersion": 2, "manifests": entries})


def push_single(server: Server, repository: str, tag: str, architecture: str) -> str:
    """An image for one platform, whose configuration alone names it."""
    config = json.dumps({"os": "linux", "architecture": architecture}).encode()
    digest = f"sha256:{sha256(config)}"
    server.answers[f"/v2/{repository}/blobs/{digest}"] = ("application/octet-stream", config)
    return _put(server, repository, tag, MANIFEST, {"schemaVersion": 2, "config": {"digest": digest}, "layers": []})


def _put(server: Server, repository: str, tag: str, kind: str, manifest: object) -> str:
    body = json.dumps(manifest).encode()
    digest = f"sha256:{sha256(body)}"
    for reference in (tag, digest):
        server.answers[f"/v2/{repository}/manifests/{reference}"] = (kind, body)
    return digest


def write_estate(folder: Path, *images: str, fleet: str = "") -> Path:
    """An estate of one Pod with these images, converted by the caller."""
    containers = ", ".join(f"{{name: c{n}, image: {image!r}}}" for n, image in enumerate(images))
    write_files(
        folder,
        {
            "helmfiles/10-base.yaml": "releases:\n  - {name: web, namespace: web, chart: ./web}\n",
            "helmfiles/web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n",
            "helmfiles/web/templates/pod.yaml": (
                f"apiVersion: v1\nkind: Pod\nmetadata: {{name: web}}\nspec: {{containers: [{containers}]}}\n"
            ),
            "migration.yaml": f"estate: helmfiles\n{fleet}",
        },
    )
    git(folder, "init", "--quiet")
    return folder


def table(folder: Path) -> object:
    found = load_yaml((folder / "images.yaml").read_text())
    return found["images"] if isinstance(found, dict) else None


def test_architectures_and_digests_are_written_and_not_asked_for_again(migrate: Migrate, tmp_path: Path) -> None:
    with serving() as server:
        digest = push_index(server, "acme/web", "1.0", "linux/amd64", "linux/arm/v7", "windows/amd64")
        single = push_single(server, "acme/side", "latest", "arm64")
        many, one = f"{server.host}/acme/web:1.0", f"{server.host}/acme/side"
        folder = write_estate(tmp_path, many, one)
        assert migrate(folder, "convert").code == 0
        assert migrate(folder, "images", "pull", "--check").code == 1
        assert server.asked == []
        outcome = migrate(folder, "images", "pull")
        assert outcome.code == 0, outcome.err
        assert table(folder) == {
            many: {"architectures": ["amd64", "arm/v7"], "digest": digest},
            one: {"architectures": ["arm64"], "digest": single},
        }
        asked = len(server.asked)
        assert migrate(folder, "images", "pull").code == 0
        assert len(server.asked) == asked
        assert migrate(folder, "images", "pull", "--check").code == 0


def test_an_arm64_cluster_is_told_which_images_fail_it(migrate: Migrate, tmp_path: Path) -> None:
    fleet = "fleet:\n  org: acme\n  environments: {default: {architectures: [arm64]}}\n"
    with serving() as server:
        push_index(server, "acme/good", "1", "linux/amd64", "linux/arm64")
        push_index(server, "acme/bad", "1", "linux/amd64")
        good, bad, gone = (f"{server.host}/acme/{name}:1" for name in ("good", "bad", "gone"))
        folder = write_estate(tmp_path, good, bad, gone, fleet=fleet)
        assert migrate(folder, "convert").code == 0
        outcome = migrate(folder, "images", "pull")
        assert outcome.code == 1
        assert f"{gone}: {server.host} answers 404 (not there)" in outcome.err
        assert migrate(folder, "convert").code == 0
    outcome = migrate(folder, "lint", "out", "--output", "json")
    found = {(f["severity"], f["message"]) for f in json.loads(outcome.out)["findings"] if f["code"] == "L83"}
    assert outcome.code == 1
    assert found == {
        ("error", f"{bad} (Pod web/web) is not there for arm64, only for amd64"),
        ("info", f"unknown whether there for arm64: {gone}"),
    }


def test_comments_of_a_person_stay(migrate: Migrate, tmp_path: Path) -> None:
    with serving() as server:
        push_index(server, "acme/web", "1.0", "linux/amd64")
        folder = write_estate(tmp_path, f"{server.host}/acme/web:1.0")
        migrate(folder, "convert")
        own = "images:\n  # we build it\n  quay.io/own/tool:2: {architectures: [amd64, arm64]}\n"
        (folder / "images.yaml").write_text(own)
        assert migrate(folder, "images", "pull").code == 0
    assert (folder / "images.yaml").read_text().startswith(own)
    found = table(folder)
    assert isinstance(found, dict)
    assert len(found) == 2


@pytest.mark.parametrize("token", ["", "t0k"])
def test_a_login_goes_to_its_registry_and_into_no_message(migrate: Migrate, tmp_path: Path, token: str) -> None:
    with serving(("ci", "hunter2-secret")) as server:
        server.token = token
        server.answers["/token"] = ("application/json", json.dumps({"token": token}).encode())
        push_index(server, "acme/web", "1.0", "linux/amd64")
        folder = write_estate(tmp_path, f"{server.host}/acme/web:1.0")
        migrate(folder, "convert")
        outcome = migrate(folder, "images", "pull")
        assert outcome.code == 1
        assert "login" in outcome.err or "token" in outcome.err
        entry = {"auth": base64.b64encode(b"ci:hunter2-secret").decode()}
        (folder / "config.json").write_text(json.dumps({"auths": {server.host: entry}}))
        outcome = migrate(folder, "images", "pull", "--login", "config.json")
        assert outcome.code == 0, outcome.err
        assert "hunter2" not in outcome.out + outcome.err + (folder / "images.yaml").read_text()


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (b"no json", "the answer is no JSON"),
        (b"{" + b" " * 5_000_000 + b"}", "the answer has more than"),
        (json.dumps({"config": {"digest": "sha256:" + "0" * 64}}).encode(), "answers 404"),
    ],
    ids=["no JSON", "too large", "no configuration"],
)
def test_an_answer_that_is_none_is_told(migrate: Migrate, tmp_path: Path, answer: bytes, reason: str) -> None:
    with serving() as server:
        server.answers["/v2/acme/web/manifests/1.0"] = (MANIFEST, answer)
        folder = write_estate(tmp_path, f"{server.host}/acme/web:1.0")
        migrate(folder, "convert")
        outcome = migrate(folder, "images", "pull")
    assert outcome.code == 1
    assert reason in " ".join(outcome.err.split())
    assert not (folder / "images.yaml").exists()


def test_a_digest_that_is_not_that_of_the_answer_is_refused(migrate: Migrate, tmp_path: Path) -> None:
    digest = "sha256:" + "0" * 64
    with serving() as server:
        server.answers[f"/v2/acme/web/manifests/{digest}"] = (INDEX, b'{"manifests": []}')
        folder = write_estate(tmp_path, f"{server.host}/acme/web@{digest}")
        migrate(folder, "convert")
        outcome = migrate(folder, "images", "pull")
    assert outcome.code == 1
    assert "not that of the digest" in outcome.err
