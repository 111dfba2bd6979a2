"""What a chart draws, where a person reads it: a proposal that nobody syncs, the runbook, and where it came from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from migrate.doors.yaml import load_yaml
from migrate.model.json import JsonObject
from migrate.model.manifest import Drawn, ObjectKey
from migrate.model.tree import FileTree, Provenance
from tests.emit.emit_nouns import (
    document,
    emit,
    make_manifest,
    make_plan,
    make_release,
    make_rendered,
    plan_release,
)
from tests.emit.test_emit_proposals import release, store

PATH = "environments/dev/secrets/data/redis.yaml"
CALL = ("templates/_p.tpl", 12, "randAlphaNum")
OWN = ObjectKey("", "Secret", "data", "own")


def of_secret(**fields: Any) -> Drawn:
    given = {"pins": ("auth.pw",), "switch": "auth.existingSecret", "switch_to": "own", **fields}
    return Drawn(OWN, "data.pw", "templates/s.yaml", 6, (CALL,), **given)


def tree_of(root: Path, *drawn: Drawn, pins: JsonObject | None = None, kind: str = "") -> FileTree:
    secret = make_manifest("Secret", "own")
    secret.document.update({"data": {"pw": "YQ=="}, "stringData": {"user": "a"}, **({"type": kind} if kind else {})})
    one, other = make_release(), make_release("store")
    plan = make_plan(plan_release(one, pins=pins or {}, pin_reason="drawn"), plan_release(other))
    rendered = {"redis": make_rendered(secret, drawn=drawn), "store": make_rendered(store())}
    return emit(root, [one, other], plan=plan, rendered=rendered)


def comments(tree: FileTree) -> str:
    return "".join(line for line in tree.text(PATH).splitlines(keepends=True) if line.startswith("#"))


def test_a_drawn_secret_is_proposed_with_all_its_keys(tmp_path: Path) -> None:
    tree = tree_of(tmp_path, of_secret())
    found = document(tree, PATH)
    assert found["metadata"] == {"name": "own", "namespace": "data"}
    assert found["spec"]["target"] == {"name": "own", "creationPolicy": "Owner"}
    assert found["spec"]["secretStoreRef"]["name"] == "vault"
    keys = {entry["secretKey"]: entry["remoteRef"] for entry in found["spec"]["data"]}
    assert keys == {name: {"key": "data/own", "property": name} for name in ("pw", "user")}


def test_the_proposal_says_which_value_has_the_chart_make_none(tmp_path: Path) -> None:
    text = comments(tree_of(tmp_path, of_secret()))
    assert "data.pw, by randAlphaNum (templates/_p.tpl:12)" in text
    written = text[text.index("#        pins:") :].partition("#   3.")[0].replace("#        ", "")
    found: Any = load_yaml(written)
    assert found["pins"]["values"] == {"auth": {"existingSecret": "own"}}
    assert "before 250" in text


def test_a_pin_is_known_again_and_its_name_taken(tmp_path: Path) -> None:
    tree = tree_of(tmp_path, of_secret(), pins={"auth": {"existingSecret": "other"}})
    assert document(tree, PATH)["spec"]["target"]["name"] == "other"
    assert "migration.yaml pins auth.existingSecret" in comments(tree)
    assert "`auth.existingSecret`, pinned in migration.yaml" in tree.text("README.md")


def test_the_type_of_a_secret_stays(tmp_path: Path) -> None:
    found = document(tree_of(tmp_path, of_secret(), kind="kubernetes.io/tls"), PATH)
    assert found["spec"]["target"]["template"] == {"type": "kubernetes.io/tls"}


def test_nothing_is_proposed_beside_a_secret_that_somebody_else_makes(tmp_path: Path) -> None:
    """Neither where cert-manager makes it, nor where the chart goes on making it."""
    for one in (of_secret(switch="certManager.enabled", switch_to=True), of_secret(switch="", switch_to=None)):
        assert PATH not in tree_of(tmp_path, one).files


def test_the_runbook_lists_what_is_drawn(tmp_path: Path) -> None:
    pods = Drawn(ObjectKey("apps", "Deployment", "data", "web"), "spec.rollme", "templates/d.yaml", 3, (CALL,))
    text = tree_of(tmp_path, of_secret(), pods).text("README.md")
    assert (
        "| redis | Secret data/own | `data.pw` | `templates/_p.tpl:12` | "
        "**open**: `auth.existingSecret` or `auth.pw` | dev |" in text
    )
    assert (
        "| redis | Deployment.apps data/web | `spec.rollme` | `templates/_p.tpl:12` | "
        "**open**: no value of the chart | dev |" in text
    )
    assert "Values that charts draw" not in tree_of(tmp_path).text("README.md")


def test_why_leads_to_the_line_that_draws(tmp_path: Path) -> None:
    tree = tree_of(tmp_path, of_secret())
    assert tree.provenance[PATH] == (
        Provenance(0, "charts/own/redis/templates/_p.tpl:12", "randAlphaNum gives data.pw"),
    )


def test_placeholders_and_what_is_drawn_share_a_file(tmp_path: Path) -> None:
    one = release(("auth.token", "ref+vault://secret/redis#/token"))
    secret = make_manifest("Secret", "own")
    secret.document["data"] = {"pw": "YQ=="}
    tree = emit(tmp_path, [one], rendered={"redis": make_rendered(secret, drawn=(of_secret(),))})
    found: list[Any] = [load_yaml(text) for text in tree.text(PATH).split("---\n")]
    assert [one["metadata"]["name"] for one in found] == ["redis-secrets", "own"]
