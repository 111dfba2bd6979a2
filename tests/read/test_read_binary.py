"""The estate through a real helmfile, and both readers held against each other.

The refusals need no helmfile; everything else runs the real one, and is skipped where it is not there.
"""

from __future__ import annotations

import json
import os
import shutil
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest

from migrate.model.estate import Estate, ReadRequest
from migrate.read import read_estate
from tests.conftest import ROOT, SMALL, Migrate, write_files

rig = pytest.mark.rig
needs_helmfile = pytest.mark.skipif(
    not (shutil.which("helmfile") and shutil.which("helm")), reason="no helmfile or helm on PATH"
)

# Stands in for helm-secrets: prints what sops would decrypt, without its own section.
PLUGIN = {
    "secrets/plugin.yaml": "name: secrets\nversion: 4.6.5\ndescription: prints\ncommand: $HELM_PLUGIN_DIR/run.sh\n",
    "secrets/run.sh": '#!/bin/sh\n[ "$1" = -t ] && shift\nsed \'/^sops:/,$d\' "$2"\n',
}
MANY = {
    "charts/web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n",
    "charts/web/templates/configmap.yaml": (
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Release.Name }}\ndata: {{ .Values | toJson }}\n"
    ),
    "helmfile.yaml.gotmpl": """\
environments:
  dev:
    values:
      - {domain: dev.example.org, extra: {enabled: false}}
  prod:
    values:
      - {domain: example.org, extra: {enabled: true}}
---
helmfiles:
  - path: nested/child.yaml
commonLabels:
  stage: apps
releases:
  - name: web
    namespace: apps
    chart: ./charts/web
    labels: {tier: front}
    needs: [apps/api]
    values:
      - host: www.{{ .Values.domain }}
      - values/web.yaml.gotmpl
    set:
      - name: size
        value: "3"
  - name: api
    namespace: apps
    chart: ./charts/web
    condition: extra.enabled
  - name: old
    namespace: apps
    chart: ./charts/web
    installed: false
    values: [{a: 1}]
""",
    "values/web.yaml.gotmpl": "release: {{ .Release.Name }}\nlist: [1, 2]\n",
    "nested/child.yaml": """\
environments: {dev: {}, prod: {}}
---
releases:
  - name: store
    namespace: data
    chart: ../charts/web
    version: 1.0.0
    values: [{size: 10}]
""",
}
SECRET = "hunter2-and-more"


@pytest.fixture
def many(tmp_path: Path) -> Path:
    return write_files(tmp_path / "estate", MANY)


def script(folder: Path, text: str) -> str:
    """A tiny program in the place of helmfile."""
    path = write_files(folder, {"helmfile": f"#!/bin/sh\n{text}\n"}) / "helmfile"
    path.chmod(0o755)
    return str(path)


def through_binary(folder: Path, **more: Any) -> Estate:
    return read_estate(ReadRequest(str(folder), helmfile_binary="helmfile", allow_exec=True, **more))


def compared(outcome: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(outcome.out)
    return found


# --- refusals


@pytest.mark.parametrize("arguments", [("--helmfile-binary", "helmfile"), ("--compare-with-helmfile",)])
def test_nothing_runs_unless_executing_is_allowed(
    arguments: tuple[str, ...], small: Path, tmp_path: Path, migrate: Migrate, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = script(tmp_path / "bin", f"touch {tmp_path}/ran")
    monkeypatch.setenv("PATH", f"{Path(program).parent}{os.pathsep}{os.environ['PATH']}")
    outcome = migrate(small, "inspect", *arguments)
    assert outcome.code == 2
    assert "runs the hooks" in outcome.err
    assert "--allow-exec" in outcome.err
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("command", ["inspect", "render", "plan", "graph"])
def test_every_command_refuses_the_same(command: str, small: Path, migrate: Migrate) -> None:
    assert migrate(small, command, "--helmfile-binary", "helmfile").code == 2


@pytest.mark.parametrize("path", ["./not-there", "no-such-helmfile"])
def test_a_missing_binary_is_told(path: str, small: Path, migrate: Migrate) -> None:
    outcome = migrate(small, "inspect", "--allow-exec", "--helmfile-binary", path)
    assert outcome.code == 2
    assert f"there is no helmfile to run at {path}" in outcome.err


def test_a_file_that_is_no_program_is_told(small: Path, tmp_path: Path, migrate: Migrate) -> None:
    file = tmp_path / "helmfile"
    file.write_text("just text")
    file.chmod(0o755)
    outcome = migrate(small, "inspect", "--allow-exec", "--helmfile-binary", str(file))
    assert outcome.code == 2
    assert "cannot be started" in outcome.err


def test_what_helmfile_says_when_it_fails_is_passed_on(small: Path, tmp_path: Path, migrate: Migrate) -> None:
    program = script(
        tmp_path, "printf '\\033[31mAdding repo x\\033[0m\\n' >&2; echo 'in 10-base.yaml: no way' >&2; exit 1"
    )
    outcome = migrate(small, "inspect", "--allow-exec", "--helmfile-binary", program)
    assert outcome.code == 3
    assert "helmfile refuses: in 10-base.yaml: no way" in outcome.err
    assert "Adding repo" not in outcome.err


def test_a_crash_is_told_in_one_line(small: Path, tmp_path: Path, migrate: Migrate) -> None:
    program = script(tmp_path, "echo 'panic: nil pointer' >&2; echo 'goroutine 1' >&2; echo 'main.go:1' >&2; exit 2")
    outcome = migrate(small, "inspect", "--allow-exec", "--helmfile-binary", program)
    assert outcome.code == 3
    assert "it crashed: nil pointer" in outcome.err
    assert "goroutine" not in outcome.err


@pytest.mark.parametrize("answer", ["echo not-json", "echo '[]'; echo '}'"])
def test_an_answer_that_is_none_is_told(answer: str, small: Path, tmp_path: Path, migrate: Migrate) -> None:
    outcome = migrate(small, "inspect", "--allow-exec", "--helmfile-binary", script(tmp_path, answer))
    assert outcome.code == 3
    assert "is no JSON" in outcome.err


def test_the_program_sees_nothing_of_this_process(
    small: Path, tmp_path: Path, migrate: Migrate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOKEN_OF_MINE", "do-not-show")
    program = script(tmp_path, f"env > {tmp_path}/seen; echo gone >&2; exit 1")
    arguments = ("inspect", "--allow-exec", "--helmfile-binary", program, "--set-env", "GIVEN=yes")
    migrate(small, *arguments)
    seen = (tmp_path / "seen").read_text()
    home = next(line for line in seen.splitlines() if line.startswith("HOME=")).removeprefix("HOME=")
    assert "GIVEN=yes" in seen
    assert "TOKEN_OF_MINE" not in seen
    assert home != os.environ.get("HOME")
    assert not Path(home).exists()
    migrate(small, *arguments, "--allow-environment")
    assert "TOKEN_OF_MINE=do-not-show" in (tmp_path / "seen").read_text()


def test_a_refusal_of_helmfile_alone_is_a_difference(small: Path, tmp_path: Path, migrate: Migrate) -> None:
    program = script(tmp_path, "echo 'no way' >&2; exit 1")
    outcome = migrate(
        small, "inspect", "--compare-with-helmfile", "--allow-exec", "--helmfile-binary", program, "--output", "json"
    )
    assert outcome.code == 1
    assert [(d["environment"], d["field"], d["ours"]) for d in compared(outcome)["differences"]] == [
        ("dev", "reading", "reads it"),
        ("prod", "reading", "reads it"),
    ]


def test_where_both_refuse_the_estate_is_unreadable(tmp_path: Path, migrate: Migrate) -> None:
    write_files(tmp_path, {"helmfile.yaml": "releases: {}\n"})
    program = script(tmp_path / "bin", "echo 'no way' >&2; exit 1")
    outcome = migrate(tmp_path, "inspect", ".", "--compare-with-helmfile", "--allow-exec", "--helmfile-binary", program)
    assert outcome.code == 3
    assert "helmfile refuses it, too" in outcome.err


# --- the real one


@rig
@needs_helmfile
def test_the_noun_is_the_same_but_for_its_values(many: Path) -> None:
    ours, theirs = read_estate(ReadRequest(str(many))), through_binary(many)
    assert theirs.environments == ours.environments == ("dev", "prod")
    assert theirs.layers == ours.layers
    assert [r.id for r in theirs.releases] == [r.id for r in ours.releases]
    for own, other in zip(ours.releases, theirs.releases, strict=True):
        for field in ("layer", "source", "enabled", "installed", "chart", "chart_path", "version", "labels", "needs",
                      "sets", "kube_version", "opaque"):  # fmt: skip
            assert getattr(other, field) == getattr(own, field), field
        assert not other.deployed or len(other.values) == 1
    web = theirs.in_environment("prod")[1]
    assert web.values[0].text == "host: www.example.org\nlist:\n  - 1\n  - 2\nrelease: web\n"


@rig
@needs_helmfile
def test_values_and_manifests_come_out_the_same(many: Path, migrate: Migrate) -> None:
    binary = ("--helmfile-binary", "helmfile", "--allow-exec", "-e", "prod")
    assert migrate(many, "render", ".", *binary).out == migrate(many, "render", ".", "-e", "prod").out != ""
    merged = json.loads(migrate(many, "values", "apps/web", "--estate", ".", *binary, "--output", "json").out)
    assert merged == {"host": "www.example.org", "list": [1, 2], "release": "web", "size": 3}


@rig
@needs_helmfile
@pytest.mark.parametrize("selector", ["tier=front", "name=store", "stage=apps,name!=old", "name=nobody"])
def test_selectors_select_the_same(selector: str, many: Path) -> None:
    ours = read_estate(ReadRequest(str(many), selectors=(selector,)))
    theirs = through_binary(many, selectors=(selector,))
    assert [(r.id, r.environment, r.layer) for r in theirs.releases] == [
        (r.id, r.environment, r.layer) for r in ours.releases
    ]


@rig
@needs_helmfile
def test_a_folder_of_helmfiles_keeps_its_layers(tmp_path: Path) -> None:
    child = {"helmfiles/nested/child.yaml": MANY["nested/child.yaml"].replace("../charts", "../charts")}
    parent = "environments: {dev: {}, prod: {}}\n---\nhelmfiles: [nested/child.yaml]\n"
    folder = write_files(tmp_path, {**SMALL, **child, "helmfiles/20-more.yaml": parent}) / "helmfiles"
    estate = through_binary(folder, environments=("dev",))
    assert [(r.id, r.layer, str(r.source)) for r in estate.releases] == [
        ("web/front", "10-base", "10-base.yaml:6"),
        ("web/back", "10-base", "10-base.yaml:11"),
        ("data/store", "20-more", "nested/child.yaml:4"),
    ]
    selected = through_binary(folder, environments=("dev",), selectors=("name=store",))
    assert [(r.id, r.layer) for r in selected.releases] == [("data/store", "20-more")]


@rig
@needs_helmfile
def test_an_unknown_environment_is_refused(many: Path, migrate: Migrate) -> None:
    outcome = migrate(many, "inspect", ".", "-e", "qa", "--helmfile-binary", "helmfile", "--allow-exec")
    assert outcome.code == 3
    assert "qa" in outcome.err


@rig
@needs_helmfile
def test_both_readers_agree_on_a_good_estate(many: Path, migrate: Migrate) -> None:
    outcome = migrate(many, "inspect", ".", "--compare-with-helmfile", "--allow-exec", "--output", "json")
    assert outcome.code == 0, outcome.out
    assert compared(outcome) == {
        "schemaVersion": 1,
        "differences": [],
        "unknown": [],
        "compared": {"environments": 2, "releases": 8, "values": 5, "refused": 0},
    }
    table = migrate(many, "inspect", ".", "--compare-with-helmfile", "--allow-exec")
    assert "0 differences and 0 unknown values" in table.out.replace("\n", " ")


ALTERED = {
    "version": ("s/^    version: 1.0.0/    version: 9.9.9/", ("data/store", "version", "1.0.0", "9.9.9")),
    "needs": ("s,^      - apps/api$,      - apps/other,", ("apps/web", "needs", ["apps/api"], ["apps/other"])),
    "enabled": ('s/"enabled":true/"enabled":false/', ("apps/api", "enabled", True, False)),
    "installed": ("s/^    installed: false/    installed: true/", ("apps/old", "installed", False, True)),
    "name": ("s/^    name: store/    name: shop/", ("data/store", "release", "present", "absent")),
}


@rig
@needs_helmfile
@pytest.mark.parametrize("what", ALTERED)
def test_a_helmfile_that_says_otherwise_is_found_out(what: str, many: Path, tmp_path: Path, migrate: Migrate) -> None:
    change, (identity, field, ours, theirs) = ALTERED[what]
    program = script(tmp_path / "bin", f"{shutil.which('helmfile')} \"$@\" | sed '{change}'")
    arguments = ("--compare-with-helmfile", "--allow-exec", "--helmfile-binary", program, "-e", "prod")
    outcome = migrate(many, "inspect", ".", *arguments, "--output", "json")
    assert outcome.code == 1
    expected = {"environment": "prod", "id": identity, "field": field, "ours": ours, "helmfile": theirs}
    assert expected in compared(outcome)["differences"]


@rig
@needs_helmfile
def test_values_that_differ_are_shown_unless_they_may_be_secret(many: Path, tmp_path: Path, migrate: Migrate) -> None:
    write_files(many, {"nested/child.yaml": MANY["nested/child.yaml"].replace("{size: 10}", "{size: 10, password: a}")})
    # The template of the values' paths is the last argument: the script changes what helmfile wrote there.
    program = script(
        tmp_path / "bin",
        f'{shutil.which("helmfile")} "$@" || exit\n'
        'for last; do :; done\ncase "$last" in */*yaml) d="${last%%/{{*}";; *) exit 0;; esac\n'
        '[ -d "$d" ] || exit 0\n'
        'for f in "$d"/*/*--store.yaml; do sed -i "s/10/11/; s/password: a/password: b/" "$f"; done',
    )
    arguments = ("--compare-with-helmfile", "--allow-exec", "--helmfile-binary", program, "-e", "dev")
    found = compared(migrate(many, "inspect", ".", *arguments, "--output", "json"))["differences"]
    by_field = {d["field"]: (d["ours"], d["helmfile"]) for d in found}
    assert by_field["values.size"] == (10, 11)
    assert [side.partition(":")[0] for side in by_field["values.password"]] == ["sha256", "sha256"]
    assert by_field["values.password"][0] != by_field["values.password"][1]


@rig
@needs_helmfile
def test_what_only_helmfile_can_read_is_a_difference_and_an_estate(
    many: Path, tmp_path: Path, migrate: Migrate
) -> None:
    write_files(tmp_path, {"outside/base.yaml": "commonLabels: {far: away}\n"})
    child = MANY["nested/child.yaml"]
    write_files(many, {"nested/child.yaml": f"bases: [../../outside/base.yaml]\n---\n{child}"})
    arguments = ("inspect", ".", "--allow-exec", "-e", "dev", "--output", "json")
    outcome = migrate(many, *arguments, "--compare-with-helmfile")
    assert outcome.code == 1
    assert compared(outcome)["differences"][0]["field"] == "reading"
    listed = migrate(many, *arguments, "--helmfile-binary", "helmfile")
    assert listed.code == 0, listed.err
    sources = {r["name"]: r["source"] for r in compared(listed)["releases"]}
    assert (sources["store"]["file"], sources["store"]["line"]) == ("nested/child.yaml", 6)


# --- secrets


LOOKED_UP = "ref+tfstate://state.json/output.password"
SECRETIVE = {
    **{name: text for name, text in MANY.items() if name.startswith("charts/")},
    "state.json": json.dumps(
        {
            "version": 4,
            "terraform_version": "1.5.0",
            "outputs": {"password": {"value": SECRET, "type": "string"}},
            "resources": [],
        }
    ),
    "helmfile.yaml": f"""\
environments: {{dev: {{}}}}
---
releases:
  - name: known
    namespace: n
    chart: ./charts/web
    values:
      - password: {LOOKED_UP}
        url: db://user:{LOOKED_UP}+@host
        size: 3
    set:
      - name: token
        value: {LOOKED_UP}
  - name: open
    namespace: n
    chart: ./charts/web
    values: [{{size: 4}}]
  - name: shut
    namespace: n
    chart: ./charts/web
    values: [{{password: "ref+sops://not-there.yaml#/password"}}]
""",
}


@pytest.fixture
def secretive(tmp_path: Path) -> Path:
    """An estate with a secret that helmfile can look up offline, and one that nobody can."""
    return write_files(tmp_path / "estate", SECRETIVE)


@rig
@needs_helmfile
def test_a_secret_that_helmfile_looks_up_is_masked(secretive: Path) -> None:
    releases = {r.name: r for r in through_binary(secretive, environments=("dev",)).releases}
    known = releases["known"]
    assert SECRET not in known.values[0].text
    assert SECRET in (known.values[0].secret_text or "")
    assert [p.path for p in known.values[0].placeholders] == ["password", "url"]
    assert "size: 3" in known.values[0].text
    assert SECRET not in repr(known)
    assert releases["open"].values[0].text == "size: 4\n"
    (whole,) = releases["shut"].values[0].placeholders
    assert whole.path == ""


@rig
@needs_helmfile
def test_what_helmfile_cannot_write_is_a_finding_and_the_others_are_there(secretive: Path, migrate: Migrate) -> None:
    arguments = ("inspect", ".", "--allow-exec", "-e", "dev", "--output", "json")
    outcome = migrate(secretive, *arguments, "--helmfile-binary", "helmfile")
    assert outcome.code == 1
    found = compared(outcome)
    assert [r["name"] for r in found["releases"]] == ["known", "open", "shut"]
    assert [(f["release"], f["source"]["line"]) for f in found["findings"] if f["code"] == "HF080"] == [("n/shut", 18)]
    unlike = migrate(secretive, *arguments, "--compare-with-helmfile")
    assert unlike.code == 0, unlike.out
    unknown = {(u["id"], u["field"]) for u in compared(unlike)["unknown"]}
    assert unknown == {("n/known", "values.password"), ("n/known", "values.url"), ("n/shut", "values")}
    assert SECRET not in outcome.out + outcome.err + unlike.out + unlike.err


@rig
@needs_helmfile
def test_where_our_own_reading_fails_everything_that_may_be_secret_is_masked(secretive: Path, tmp_path: Path) -> None:
    write_files(tmp_path, {"outside.yaml": "environments: {dev: {}}\n"})
    file = secretive / "helmfile.yaml"
    file.write_text(file.read_text().replace("environments: {dev: {}}", "bases: [../outside.yaml]"))
    estate = through_binary(secretive, environments=("dev",), allow_paths=())
    known = next(r for r in estate.releases if r.name == "known")
    assert [p.path for p in known.values[0].placeholders] == [""]
    assert SECRET in (known.values[0].secret_text or "")
    assert SECRET not in repr(estate)


@rig
@needs_helmfile
def test_a_secrets_file_is_masked_leaf_by_leaf(tmp_path: Path) -> None:
    plugins = write_files(tmp_path / "plugins", PLUGIN)
    (plugins / "secrets/run.sh").chmod(0o755)
    files = {
        "helmfile.yaml": "environments: {dev: {}}\n---\nreleases:\n- name: a\n  namespace: n\n  chart: ./charts/web\n"
        "  values: [{size: 1}]\n  secrets: [shut.yaml]\n",
        "shut.yaml": "db:\n  password: ENC[abc]\n  user: ENC[def]\nsops: {version: 3}\n",
        **{name: body for name, body in MANY.items() if name.startswith("charts/")},
    }
    folder = write_files(tmp_path / "estate", files)
    (release,) = through_binary(folder, environments=("dev",), set_env={"HELM_PLUGINS": str(plugins)}).releases
    assert sorted(p.path for p in release.placeholders) == ["db.password", "db.user"]
    assert "ENC[" not in release.values[0].text
    assert "size: 1" in release.values[0].text


@rig
@needs_helmfile
def test_a_secret_of_the_state_values_is_masked_however_a_template_writes_it(tmp_path: Path) -> None:
    plugins = write_files(tmp_path / "plugins", PLUGIN)
    (plugins / "secrets/run.sh").chmod(0o755)
    text = (
        "environments: {dev: {secrets: [shut.yaml]}}\n---\nreleases:\n- name: a\n  namespace: n\n"
        "  chart: ./charts/web\n  values:\n  - plain: '{{ .Values.password }}'\n"
        "    encoded: {{ .Values.password | b64enc }}\n    size: 1\n"
        "  set:\n  - name: token\n    value: '{{ .Values.password }}'\n"
    )
    files = {
        "helmfile.yaml.gotmpl": text,
        "shut.yaml": f"password: ENC[{SECRET}]\nsops: {{version: 3}}\n",
        **{name: body for name, body in MANY.items() if name.startswith("charts/")},
    }
    folder = write_files(tmp_path / "estate", files)
    (release,) = through_binary(folder, environments=("dev",), set_env={"HELM_PLUGINS": str(plugins)}).releases
    shown = release.values[0].text
    assert "size: 1" in shown
    assert SECRET not in repr(release)
    assert b64encode(f"ENC[{SECRET}]".encode()).decode() not in repr(release)
    assert {p.path for p in release.values[0].placeholders} == {"plain", "encoded"}


@rig
@needs_helmfile
def test_neither_output_nor_a_converted_tree_holds_a_secret_that_helmfile_looked_up(
    secretive: Path, migrate: Migrate
) -> None:
    file = secretive / "helmfile.yaml"
    file.write_text(file.read_text().partition("  - name: shut")[0])
    binary = (".", "--helmfile-binary", "helmfile", "--allow-exec")
    for command in ("inspect", "graph"):
        outcome = migrate(secretive, command, *binary, "--output", "json")
        assert SECRET not in outcome.out + outcome.err
    migrate(secretive, "plan", *binary)
    outcome = migrate(secretive, "convert", *binary, "--repo-url", "https://git.example.org/x.git")
    assert outcome.code == 0, outcome.err
    written = [p for p in (*secretive.glob("out/**/*"), secretive / "migration.yaml") if p.is_file()]
    assert any("size: 3" in p.read_text() for p in written)
    assert not [p for p in written if SECRET in p.read_text()]
    assert SECRET in migrate(secretive, "values", "known", "--estate", *binary).out


@rig
@pytest.mark.slow
@needs_helmfile
def test_the_sample_estate_reads_the_same_in_both(tmp_path: Path, migrate: Migrate) -> None:
    plugins = write_files(tmp_path / "plugins", PLUGIN)
    (plugins / "secrets/run.sh").chmod(0o755)
    arguments = ("--compare-with-helmfile", "--allow-exec", "--set-env", f"HELM_PLUGINS={plugins}", "-e", "dev")
    outcome = migrate(ROOT, "inspect", *arguments, "--output", "json")
    found = compared(outcome)
    assert found["differences"] == []
    assert {u["id"] for u in found["unknown"]} == {"keycloak/keycloak", "operators/registry-pull-secret"}
    assert found["compared"]["releases"] == 66
