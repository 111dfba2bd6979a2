"""``verify --deployed``: the estate against what Helm recorded; data/ holds release Secrets that a real Helm wrote."""

from __future__ import annotations

import base64
import gzip
import json
import os
import shutil
import subprocess
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as Xml

import pytest

from migrate.cli import checking
from migrate.doors import release_records
from migrate.doors.release_records import Records, read_release_records
from migrate.doors.yaml import compose_yaml, dump_yaml, plain_value
from migrate.model.hiding import hidden
from migrate.report.grid import Page
from tests.conftest import Migrate, Outcome, git, write_files

RECORDED = (Path(__file__).parent / "data/release-secrets.yaml").read_text("utf-8")
SECRET = "nothing-real"
"""The password in every recorded Secret: it may be shown nowhere."""

CHART = {
    "helmfiles/charts/shop/Chart.yaml": "apiVersion: v2\nname: shop\nversion: 1.0.0\n",
    "helmfiles/charts/shop/values.yaml": f"replicas: 1\ncolour: blue\npassword: {SECRET}\n",
    "helmfiles/charts/shop/templates/all.yaml": """\
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ .Release.Name }}
  labels: {colour: {{ .Values.colour | quote }}}
data:
  replicas: {{ .Values.replicas | quote }}
---
apiVersion: v1
kind: Secret
metadata: {name: {{ .Release.Name }}}
stringData: {password: {{ .Values.password | quote }}}
""",
    "helmfiles/charts/shop/templates/hook.yaml": """\
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ .Release.Name }}-migrated
  annotations: {helm.sh/hook: "post-install,post-upgrade"}
data: {colour: {{ .Values.colour | quote }}}
""",
}


def release(name: str, *lines: str, namespace: str = "d-recorded") -> str:
    return f"  - name: {name}\n    namespace: {namespace}\n    chart: ./charts/shop\n" + "".join(
        f"    {line}\n" for line in lines
    )


FRONT = release("front", "values: [values/front.yaml]")
VALUES = "# as deployed\nreplicas: 2\ncolour: red\n"


@pytest.fixture
def shop(tmp_path: Path, migrate: Migrate) -> Any:
    """``shop(releases, values, environments)``: a converted estate with these releases."""

    def make(releases: str = FRONT, values: str = VALUES, environments: str = "dev: {}", **more: str) -> Path:
        folder = write_files(
            tmp_path / "project",
            {
                **CHART,
                "helmfiles/10-shop.yaml": f"environments: {{{environments}}}\n---\nreleases:\n{releases}",
                "helmfiles/values/front.yaml": values,
                **more,
            },
        )
        git(folder, "init", "--quiet")
        outcome = migrate(folder, "convert", "--quiet")
        assert outcome.code == 0, outcome.err
        return folder

    return make


def verified(migrate: Migrate, folder: Path, *more: str) -> tuple[Outcome, dict[str, Any]]:
    """The outcome, and environment and id → row of ``deployed``."""
    outcome = migrate(folder, "verify", "--deployed", "recorded", "--output", "json", "--quiet", *more)
    assert SECRET not in outcome.out + outcome.err
    data = json.loads(outcome.out) if outcome.out else {}
    rows = data.get("deployed", {}).get("releases", [])
    return outcome, {f"{row['environment']} {row['id']}": row for row in rows}


def packed(content: Mapping[str, Any]) -> str:
    return base64.b64encode(gzip.compress(json.dumps(content).encode())).decode()


def secret(name: str = "front", number: int = 1, status: str = "deployed", **more: Any) -> dict[str, Any]:
    """A release Secret as Helm encodes it."""
    content = {"name": name, "namespace": "d-recorded", "version": number, "info": {"status": status}, "manifest": ""}
    return wrapped(packed({**content, **more}), f"sh.helm.release.v1.{name}.v{number}")


def wrapped(text: str, name: str = "sh.helm.release.v1.front.v1") -> dict[str, Any]:
    data = {"release": base64.b64encode(text.encode()).decode()}
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "type": "helm.sh/release.v1",
        "metadata": {"name": name},
        "data": data,
    }


def listed(*items: dict[str, Any]) -> str:
    return dump_yaml({"apiVersion": "v1", "kind": "List", "items": list(items)})


# ---------------------------------------------------------------- reading records


def test_of_what_helm_recorded_the_newest_deployed_revision_counts(tmp_path: Path) -> None:
    write_files(tmp_path, {"dev/all.yaml": RECORDED})
    found = read_release_records(tmp_path)
    assert found.faults == ()
    assert {r.name: (r.revision, r.status, r.newer) for r in found.releases} == {
        "front": (2, "deployed", "revision 3 is failed"),
        "gone": (1, "uninstalled", ""),
        "never": (1, "failed", ""),
        "stray": (1, "deployed", ""),
    }
    front = found.releases[0]
    assert (front.folders, front.namespace, front.where) == (("dev",), "d-recorded", "dev/all.yaml")
    assert 'replicas: "2"' in front.manifest
    assert "post-install" in (front.hooks or "")
    assert SECRET not in repr(found)


def test_one_secret_a_file_and_json_read_the_same(tmp_path: Path) -> None:
    whole = plain_value(compose_yaml(RECORDED)[0])
    write_files(tmp_path / "yaml", {"dev/all.yaml": RECORDED})
    write_files(tmp_path / "json", {"dev/all.json": json.dumps(whole)})
    single = {f"dev/{n}.yaml": dump_yaml(item) for n, item in enumerate(whole["items"])}
    write_files(tmp_path / "single", single)
    stream = "".join(f"---\n{dump_yaml(item)}" for item in whole["items"])
    write_files(tmp_path / "stream", {"dev/all.yaml": stream})

    def told(folder: str) -> list[tuple[object, ...]]:
        found = read_release_records(tmp_path / folder)
        assert found.faults == ()
        return [(r.name, r.revision, r.status, r.manifest, r.hooks) for r in found.releases]

    assert told("yaml") == told("json") == told("single") == told("stream")


def test_other_ways_in_which_helm_stores_a_release(tmp_path: Path) -> None:
    content = {"name": "a", "namespace": "x", "version": 1, "info": {"status": "deployed"}, "manifest": "kind: A"}
    config_map = {"kind": "ConfigMap", "metadata": {"name": "a.v1", "labels": {"owner": "helm"}},
                  "data": {"release": packed(content)}}  # fmt: skip
    plain = base64.b64encode(json.dumps({**content, "name": "b"}).encode()).decode()
    other = {"kind": "Secret", "type": "Opaque", "data": {"password": "aGVsbQ=="}}
    text_form = {"kind": "Secret", "type": "helm.sh/release.v1", "metadata": {"name": "c"},
                 "stringData": {"release": packed({**content, "name": "c"})}}  # fmt: skip
    write_files(tmp_path, {"all.yaml": listed(config_map, wrapped(plain), text_form, other)})
    found = read_release_records(tmp_path)
    assert ([r.name for r in found.releases], found.faults) == (["a", "b", "c"], ())


@pytest.mark.parametrize(
    ("item", "why"),
    [
        (wrapped("%%%"), "not base64"),
        (wrapped(base64.b64encode(b"\x1f\x8b\x08 nothing").decode()), "damaged"),
        (wrapped(base64.b64encode(gzip.compress(b'{"a": 1}' * 99)[:-20]).decode()), "cut off"),
        (wrapped(base64.b64encode(gzip.compress(b"nothing-real")).decode()), "holds no JSON"),
        (wrapped(base64.b64encode(b"[" * 200_000).decode()), "holds no JSON"),
        (wrapped(base64.b64encode(b'["nothing-real"]').decode()), "holds no release"),
        (wrapped(packed({"name": "nothing-real"})), "no name, version or info.status"),
        ({"kind": "Secret", "type": "helm.sh/release.v1", "metadata": {"name": "s"}}, "no data.release"),
    ],
)
def test_a_record_that_is_none_says_why_and_nothing_of_what_it_holds(
    tmp_path: Path, item: dict[str, Any], why: str
) -> None:
    write_files(tmp_path, {"dev/all.yaml": listed(item, secret("good"))})
    found = read_release_records(tmp_path)
    assert [r.name for r in found.releases] == ["good"]
    [(where, said)] = found.faults
    assert (where, why in said, SECRET in said) == ("dev/all.yaml", True, False)


def test_a_record_that_unpacks_to_too_much_is_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(release_records, "MOST_UNPACKED", 1000)
    items = (secret(name, manifest="x" * count) for name, count in (("small", 500), ("large", 5000)))
    write_files(tmp_path, {"all.yaml": listed(*items)})
    found = read_release_records(tmp_path)
    assert [r.name for r in found.releases] == ["small"]
    assert "unpacks to more than 1000 bytes" in found.faults[0][1]


def test_the_real_limit_holds_back_a_bomb(tmp_path: Path) -> None:
    packer = zlib.compressobj(9, wbits=31)
    bomb = b"".join(packer.compress(bytes(1024 * 1024)) for _ in range(80)) + packer.flush()
    write_files(tmp_path, {"all.yaml": listed(wrapped(base64.b64encode(bomb).decode()))})
    assert "unpacks to more than" in read_release_records(tmp_path).faults[0][1]


def test_files_of_get_manifest_and_get_hooks_go_by_their_names(tmp_path: Path) -> None:
    write_files(
        tmp_path,
        {
            "dev/web--front.yaml": "kind: A\n",
            "dev/web--front.hooks.yaml": "kind: B\n",
            "dev/web--alone.yaml": "kind: A\n",
            "dev/east/web--front.yaml": "kind: C\n",
            "dev/web--lost.hooks.yaml": "kind: B\n",
            "dev/notes.yaml": "kind: A\n",
            "dev/README.md": "what this is\n",
        },
    )
    found = read_release_records(tmp_path)
    assert [(r.folders, r.name, r.manifest, r.hooks) for r in found.releases] == [
        (("dev",), "alone", "kind: A\n", None),
        (("dev",), "front", "kind: A\n", "kind: B\n"),
        (("dev", "east"), "front", "kind: C\n", None),
    ]
    assert sorted(where for where, _ in found.faults) == ["dev/notes.yaml", "dev/web--lost.hooks.yaml"]


def test_a_release_in_two_forms_is_told(tmp_path: Path) -> None:
    write_files(tmp_path, {"d-recorded--front.yaml": "kind: A\n", "all.yaml": listed(secret())})
    found = read_release_records(tmp_path)
    assert [r.name for r in found.releases] == ["front"]
    assert "as well" in found.faults[0][1]


def test_a_file_that_is_no_text_or_no_yaml_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_bytes(b"\xff\xfe\x00")
    write_files(tmp_path, {"b.yaml": 'type: helm.sh/release.v1\nkind: "', "c.json": '{"type": "helm.sh/release.v1"'})
    faults = (("a.yaml", "it is no UTF-8 text"), *((name, "it is no YAML or JSON") for name in ("b.yaml", "c.json")))
    assert read_release_records(tmp_path) == Records((), faults)


# ---------------------------------------------------------------- the states


def test_what_a_real_helm_deployed_is_the_same(shop: Any, migrate: Migrate) -> None:
    folder = shop()
    whole = plain_value(compose_yaml(RECORDED)[0])["items"]
    fronts = [item for item in whole if item["metadata"]["labels"]["name"] == "front"]
    write_files(folder, {"recorded/dev/all.yaml": listed(*fronts)})
    outcome, rows = verified(migrate, folder)
    assert outcome.code == 0
    row = rows["dev d-recorded/front"]
    assert (row["state"], row["revision"], row["objects"], row["note"]) == ("same", 2, 3, "revision 3 is failed")
    data = json.loads(outcome.out)
    assert [r["deployed"] for r in data["releases"]] == ["same"]
    assert data["deployed"]["summary"]["same"] == 1


def test_every_state_is_told_and_those_that_change_the_cluster_exit_1(shop: Any, migrate: Migrate) -> None:
    names = {"never": (), "gone": (), "missing": (), "off": ("installed: false",)}
    folder = shop(FRONT + "".join(release(name, *lines) for name, lines in names.items()))
    off = listed(secret("off"))
    write_files(folder, {"recorded/dev/all.yaml": RECORDED, "recorded/dev/off.yaml": off})
    outcome, rows = verified(migrate, folder)
    assert outcome.code == 1
    assert {name.rpartition("/")[2]: row["state"] for name, row in rows.items()} == {
        "front": "same",
        "never": "unsettled",
        "gone": "not deployed",
        "missing": "not deployed",
        "off": "parked",
        "stray": "undeclared",
    }
    assert "revision (1) is failed" in rows["dev d-recorded/never"]["note"]
    assert "helmfile would uninstall it" in rows["dev d-recorded/off"]["note"]
    assert rows["dev d-recorded/missing"]["source"]["file"] == "helmfiles/10-shop.yaml"


@pytest.mark.parametrize("apart", ["stray", "off"])
def test_what_the_helmfiles_do_not_deploy_is_told_and_no_failure(shop: Any, migrate: Migrate, apart: str) -> None:
    folder = shop(FRONT + release("off", "installed: false"))
    whole = plain_value(compose_yaml(RECORDED)[0])["items"]
    fronts = [item for item in whole if item["metadata"]["labels"]["name"] == "front"]
    write_files(folder, {"recorded/dev/all.yaml": listed(*fronts, secret(apart))})
    outcome, rows = verified(migrate, folder)
    assert (outcome.code, f"dev d-recorded/{apart}" in rows) == (0, True)


def test_drift_is_told_with_fields_lines_and_no_secret(shop: Any, migrate: Migrate) -> None:
    folder = shop(values="# newer than what is deployed\n\nreplicas: 4\npassword: changed-since\n")
    write_files(folder, {"recorded/dev/all.yaml": RECORDED})
    outcome, rows = verified(migrate, folder)
    assert outcome.code == 1
    row = rows["dev d-recorded/front"]
    assert (row["state"], row["added"], row["removed"], row["changed"]) == ("drifted", 0, 0, 3)
    found = {(d["object"], d["path"]): (d["left"], d["right"], d["cause"]) for d in row["differences"]}
    assert found == {
        ("ConfigMap d-recorded/front", "data.replicas"): ('"4"', '"2"', "helmfiles/values/front.yaml:3: replicas"),
        ("ConfigMap d-recorded/front", "metadata.labels.colour"): ('"blue"', '"red"', ""),
        ("ConfigMap d-recorded/front-migrated", "data.colour"): ('"blue"', '"red"', ""),
        ("Secret d-recorded/front", "stringData.password"): ('"***"', '"***"', ""),
    }
    assert "changed-since" not in outcome.out


def test_a_value_that_can_be_traced_has_its_file_and_line(shop: Any, migrate: Migrate) -> None:
    values = "# a comment\n\nreplicas: 2\ncolour: green\n"
    other = release("other", "values:", "  - colour: green")
    folder = shop(FRONT + other, values)
    manifest = {name: f"---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}, labels: {{colour: red}}}}\n"
                for name in ("front", "other")}  # fmt: skip
    write_files(folder, {f"recorded/dev/d-recorded--{name}.yaml": text for name, text in manifest.items()})
    _, rows = verified(migrate, folder)
    causes = {
        name: [d["cause"] for d in rows[f"dev d-recorded/{name}"]["differences"] if d["path"].endswith("colour")]
        for name in manifest
    }
    assert causes == {
        "front": ["helmfiles/values/front.yaml:4: colour"],
        "other": ["helmfiles/10-shop.yaml:12: colour"],
    }


def test_objects_on_one_side_are_added_and_removed(shop: Any, migrate: Migrate) -> None:
    folder = shop()
    extra = "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: old}\ndata: {key: nothing-real}\n"
    write_files(folder, {"recorded/dev/all.yaml": listed(secret(manifest=extra, hooks=[]))})
    _, rows = verified(migrate, folder)
    row = rows["dev d-recorded/front"]
    assert (row["added"], row["removed"], row["changed"]) == (3, 1, 0)
    text = migrate(folder, "verify", "--deployed", "recorded", "--quiet").out
    assert "ConfigMap d-recorded/old: deployed, and not in the estate" in text
    assert "ConfigMap d-recorded/front: not deployed" in text
    assert SECRET not in text


def test_hooks_and_crds_that_nobody_recorded_are_not_compared_and_that_is_said(shop: Any, migrate: Migrate) -> None:
    crd = """\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: things.example.org}
spec: {group: example.org, scope: Namespaced, names: {kind: Thing, plural: things}, versions: []}
"""
    folder = shop(**{"helmfiles/charts/shop/crds/thing.yaml": crd})
    assert migrate(folder, "render", "--output-dir", "recorded").code == 0
    written = folder / "recorded/dev/d-recorded--front.yaml"
    outcome, rows = verified(migrate, folder)
    assert (outcome.code, rows["dev d-recorded/front"]["objects"], rows["dev d-recorded/front"]["note"]) == (0, 4, "")
    ordinary = [part for part in written.read_text().split("---\n") if "hook" not in part and "Definition" not in part]
    written.write_text("---\n".join(ordinary))
    outcome, rows = verified(migrate, folder)
    row = rows["dev d-recorded/front"]
    assert (outcome.code, row["state"], row["objects"]) == (0, "same", 2)
    assert "1 of crds/ not compared" in row["note"]
    assert "1 hooks not compared" in row["note"]
    (folder / "recorded/dev/d-recorded--front.hooks.yaml").write_text("")
    outcome, rows = verified(migrate, folder)
    assert (outcome.code, rows["dev d-recorded/front"]["added"]) == (1, 1)


def test_what_a_placeholder_stands_for_is_explained_and_nothing_beside_it(shop: Any, migrate: Migrate) -> None:
    template = """\
apiVersion: v1
kind: ConfigMap
metadata:
  name: address
  annotations: {checksum/address: {{ .Values.password | sha256sum | quote }}}
data:
  url: "https://shop:{{ .Values.password }}@{{ .Values.colour }}.example.org"
  encoded: {{ .Values.password | b64enc }}
"""
    chart = {"helmfiles/charts/shop/templates/all.yaml": template, "helmfiles/charts/shop/templates/hook.yaml": ""}
    folder = shop(values="colour: red\npassword: ref+vault://shop/password#/value\n", **chart)

    def record(colour: str) -> str:
        return (
            "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: address\n"
            f"  annotations: {{checksum/address: {'ab' * 32}}}\n"
            f"data:\n  url: https://shop:{SECRET}@{colour}.example.org\n"
            f"  encoded: {base64.b64encode(SECRET.encode()).decode()}\n"
        )

    write_files(folder, {"recorded/dev/d-recorded--front.yaml": record("red")})
    outcome, rows = verified(migrate, folder)
    row = rows["dev d-recorded/front"]
    assert (outcome.code, row["state"]) == (0, "same"), row
    assert {e["kind"]: e["count"] for e in row["explanations"]} == {"placeholder": 2, "placeholder-digest": 1}
    write_files(folder, {"recorded/dev/d-recorded--front.yaml": record("blue")})
    outcome, rows = verified(migrate, folder)
    [difference] = rows["dev d-recorded/front"]["differences"]
    assert (outcome.code, difference["path"]) == (1, "data.url")
    assert difference["right"] == '"https://shop:***@blue.example.org"'


def test_a_record_that_holds_no_yaml_is_unknown(shop: Any, migrate: Migrate) -> None:
    folder = shop()
    write_files(folder, {"recorded/dev/all.yaml": listed(secret(manifest=f"{SECRET}: [\n"))})
    outcome, rows = verified(migrate, folder)
    row = rows["dev d-recorded/front"]
    assert (outcome.code, row["state"], row["note"]) == (1, "unknown", "what is recorded in dev/all.yaml is no YAML")


@pytest.mark.rig
@pytest.mark.skipif(not shutil.which("helm"), reason="no helm on PATH")
def test_what_the_real_helm_prints_is_the_same(shop: Any, migrate: Migrate, tmp_path: Path) -> None:
    folder = shop()
    home = {f"HELM_{kind}_HOME": str(tmp_path / kind) for kind in ("CACHE", "CONFIG", "DATA")}
    done = subprocess.run(
        ["helm", "template", "front", "charts/shop", "-n", "d-recorded", "-f", "values/front.yaml"],
        cwd=folder / "helmfiles",
        env={"PATH": os.environ["PATH"], **home},
        check=True,
        capture_output=True,
        text=True,
    )
    write_files(folder, {"recorded/dev/d-recorded--front.yaml": done.stdout})
    outcome, rows = verified(migrate, folder)
    row = rows["dev d-recorded/front"]
    assert (outcome.code, row["state"], row["objects"]) == (0, "same", 3)


# ---------------------------------------------------------------- whose a record is


TWO = "dev: {}, prod: {}"


def test_an_environment_without_records_is_told_and_no_failure(shop: Any, migrate: Migrate) -> None:
    folder = shop(environments=TWO)
    assert migrate(folder, "render", "--output-dir", "recorded", "-e", "dev").code == 0
    outcome, rows = verified(migrate, folder)
    assert (outcome.code, {name: row["state"] for name, row in rows.items()}) == (
        0,
        {"dev d-recorded/front": "same", "prod d-recorded/front": "unrecorded"},
    )
    text = migrate(folder, "verify", "--deployed", "recorded", "--quiet").out
    assert "nothing was recorded of: prod" in text


def test_without_a_folder_a_record_goes_where_it_can_only_belong(shop: Any, migrate: Migrate) -> None:
    only = release("only", 'installed: {{ eq .Environment.Name "prod" }}')
    folder = shop(environments=TWO)
    (folder / "helmfiles/10-shop.yaml").rename(folder / "helmfiles/10-shop.yaml.gotmpl")
    text = (folder / "helmfiles/10-shop.yaml.gotmpl").read_text()
    (folder / "helmfiles/10-shop.yaml.gotmpl").write_text(text + only)
    assert migrate(folder, "convert", "--quiet").code == 0
    write_files(folder, {"recorded/all.yaml": listed(secret("only"), secret("front"))})
    outcome, rows = verified(migrate, folder)
    assert rows["prod d-recorded/only"]["state"] == "drifted"
    assert rows["dev d-recorded/front"]["state"] == "unrecorded"
    [found] = [f for f in json.loads(outcome.out)["findings"] if f["code"] == "VF011"]
    assert (outcome.code, "d-recorded/front" in found["message"]) == (1, True)
    outcome, rows = verified(migrate, folder, "-e", "dev")
    assert rows["dev d-recorded/front"]["state"] == "drifted"


def test_records_of_none_of_the_environments_are_wrong_usage(shop: Any, migrate: Migrate) -> None:
    folder = shop(environments=TWO)
    write_files(folder, {"recorded/staging/all.yaml": RECORDED})
    outcome, _ = verified(migrate, folder)
    assert (outcome.code, "has no record of dev, prod" in outcome.err) == (2, True)
    for name in ("empty", "nowhere"):
        if name == "empty":
            (folder / name).mkdir()
        assert migrate(folder, "verify", "--deployed", name).code == 2


def test_a_folder_of_a_kube_context_tells_twins_apart(shop: Any, migrate: Migrate) -> None:
    twins = release("front", "kubeContext: east") + release("front", "kubeContext: west")
    decisions = "schemaVersion: '1'\nestate: helmfiles\nenvironments: {dev: {contexts: {east: e, west: w}}}\n"
    folder = shop(twins, **{"migration.yaml": decisions})
    assert migrate(folder, "render", "--output-dir", "both").code == 0
    text = (folder / "both/dev/d-recorded--front.yaml").read_text()
    write_files(folder, {"recorded/dev/east/d-recorded--front.yaml": text})
    outcome, rows = verified(migrate, folder)
    assert {name: row["state"] for name, row in rows.items()} == {
        "dev east/d-recorded/front": "same",
        "dev west/d-recorded/front": "not deployed",
    }
    (folder / "recorded/dev/east/d-recorded--front.yaml").rename(folder / "recorded/dev/d-recorded--front.yaml")
    outcome, rows = verified(migrate, folder)
    assert [f["code"] for f in json.loads(outcome.out)["findings"] if f["code"] == "VF012"] == ["VF012"]


def test_two_records_of_one_release_are_told(shop: Any, migrate: Migrate) -> None:
    folder = shop()
    write_files(folder, {"recorded/dev/all.yaml": RECORDED, "recorded/all.yaml": listed(secret())})
    outcome, _ = verified(migrate, folder)
    assert outcome.code == 1
    assert [f["code"] for f in json.loads(outcome.out)["findings"] if f["code"].startswith("VF")] == ["VF013"]


def test_with_a_selector_nothing_is_called_undeclared(shop: Any, migrate: Migrate) -> None:
    folder = shop(FRONT + release("stray"))
    write_files(folder, {"recorded/dev/all.yaml": RECORDED})
    _, rows = verified(migrate, folder, "-l", "name=front")
    assert set(rows) == {"dev d-recorded/front"}


def test_shards_have_every_row_once(shop: Any, migrate: Migrate) -> None:
    folder = shop(FRONT + "".join(release(f"more-{number}") for number in range(5)))
    assert migrate(folder, "plan", "--quiet").code == 0
    write_files(folder, {"recorded/dev/all.yaml": RECORDED})
    _, whole = verified(migrate, folder)
    parts = [verified(migrate, folder, "--shard", f"{number}/3")[1] for number in (1, 2, 3)]
    assert sorted(name for part in parts for name in part) == sorted(whole)
    assert {name: row for part in parts for name, row in part.items()} == whole


# ---------------------------------------------------------------- what is shown


def test_every_form_shows_the_states_and_no_secret(
    shop: Any, migrate: Migrate, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = shop(FRONT + release("never"), "replicas: 5\ncolour: red\n")
    write_files(folder, {"recorded/dev/all.yaml": RECORDED})
    monkeypatch.setattr(checking, "page", lambda settings: Page(60))
    shown = {kind: migrate(folder, "verify", "--deployed", "recorded", "--output", kind, "--quiet")
             for kind in ("table", "junit", "markdown")}  # fmt: skip
    assert all(outcome.code == 1 and SECRET not in outcome.out for outcome in shown.values())
    text = shown["table"].out
    assert max(map(len, text.splitlines())) <= 60
    assert "The estate is not what is deployed: 1 drifted, 1" in text
    assert "data.replicas" in text
    suites = {s.get("name"): (s.get("tests"), s.get("failures"), s.get("skipped"))
              for s in Xml.fromstring(shown["junit"].out)}  # fmt: skip
    assert suites["dev: deployed"] == ("3", "2", "1")
    assert "| dev | 0 | 1 | 0 | 1 | 1 |" in shown["markdown"].out
    assert "❌ drifted: dev d-recorded/front" in shown["markdown"].out


def test_the_stored_verdict_on_the_tree_knows_nothing_of_clusters(shop: Any, migrate: Migrate) -> None:
    folder = shop()
    write_files(folder, {"recorded/dev/all.yaml": RECORDED})
    verified(migrate, folder)
    [stored] = (folder / ".migrate/verdicts").iterdir()
    assert json.loads(stored.read_text())["deployed"] == []
    assert migrate(folder, "status", "--output", "json").code == 0


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("password", "hunter2", "***"),
        ("DB_PASSWORD", 1234, "***"),
        ("secretName", "db-login", "db-login"),
        ("tls", {"privateKey": "x", "secret": True}, {"privateKey": "***", "secret": True}),
        ("env", [{"name": "API_TOKEN", "value": "x"}, {"name": "COLOUR", "value": "red"}],
         [{"name": "API_TOKEN", "value": "***"}, {"name": "COLOUR", "value": "red"}]),
        ("app.yaml", "port: 80\ndb_password: hunter2\n", "port: 80\ndb_password: ***\n"),
        ("url", "postgres://shop:hunter2@db/shop", "postgres://shop:***@db/shop"),
        ("colour", "red", "red"),
        ("anything", "shaped", "***"),
    ],
)  # fmt: skip
def test_what_is_deployed_is_shown_without_secrets(name: str, value: Any, shown: Any) -> None:
    assert hidden(name, value, lambda text: text == "shaped") == shown
