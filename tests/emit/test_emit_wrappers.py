"""Wrapper charts: charts that helmfile brings in, a gate, manifests of one's own, and when there is no wrapper."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from migrate.doors.helm import parse_values
from migrate.doors.yaml import dump_yaml, load_yaml
from migrate.emit.charts import third_party_repository
from migrate.emit.nesting import AT_ROOT, nested_text, nested_values
from migrate.model.json import JsonObject
from tests.conftest import Migrate, Outcome
from tests.emit.wrapper_estate import ADDED_CHART, FILES, NOTE, SIDE, STATE, WEB, write_estate

WITH_CHART = {"helmfiles/10-base.yaml": STATE + ADDED_CHART}
GATED = "wrapper: {gate: true}"
ADDING = "wrapper: {gate: true, manifests: [extra/rules.yaml]}"
FOLDER = "wrapper: {manifests: [extra/rules.yaml]}"


def converted(migrate: Migrate, folder: Path, *options: str) -> Outcome:
    return migrate(folder, "convert", *options)


def verdicts(migrate: Migrate, folder: Path, *options: str) -> tuple[set[str], set[str]]:
    """The verdicts of all rows, and what explains them; ``verify`` has to prove everything."""
    outcome = migrate(folder, "verify", "--output", "json", *options)
    assert outcome.code == 0, outcome.err
    rows = json.loads(outcome.out)["releases"]
    return {row["verdict"] for row in rows}, {e["kind"] for row in rows for e in row["explanations"]}


def wrapper(folder: Path) -> Path:
    (found,) = (folder / "out").glob("sources/charts/*/web-wrapper")
    return found


def component(folder: Path, environment: str = "dev") -> Any:
    (found,) = (folder / "out/environments" / environment).rglob("component.yaml")
    return load_yaml(found.read_text())


def applied(migrate: Migrate, folder: Path) -> str:
    """What Argo CD renders for the Application ``web`` of dev."""
    applications = json.loads(migrate(folder, "expand", "-e", "dev", "--output", "json").out)["applications"]
    (manifest,) = applications
    (folder / "application.json").write_text(json.dumps(manifest))
    repository = f"{manifest['spec']['source']['repoURL']}=out"
    outcome = migrate(folder, "render", "--application", "application.json", "--repo", repository)
    assert outcome.code == 0, outcome.err
    return outcome.out


# ---------------------------------------------------------------- charts that helmfile brings into its own


def test_a_chart_that_helmfile_brings_in_stands_beside_the_own_one(migrate: Migrate, tmp_path: Path) -> None:
    folder = write_estate(tmp_path, WITH_CHART)
    assert converted(migrate, folder).code == 0
    assert load_yaml((wrapper(folder) / "Chart.yaml").read_text()) == {
        "apiVersion": "v2",
        "name": "web-wrapper",
        "version": "0.1.0",
        "description": "web with helper",
        "kubeVersion": ">=1.20.0",
        "dependencies": [
            {"name": "web", "version": "v1.4.0", "repository": "file://../../third_party/acme/web"},
            {
                "name": "side",
                "version": "0.3.1",
                "repository": "file://../../third_party/acme/side",
                "alias": "helper",
                "condition": "helper.enabled",
            },
        ],
    }
    third_party = folder / "out/sources/charts/third_party/acme"
    for path in ("web/templates/note.yaml", "web/Chart.yaml", "web/crds/webs.yaml", "side/templates/word.yaml"):
        assert (third_party / path).read_text() == (folder / "helmfiles/vendor/acme" / path).read_text()
    assert verdicts(migrate, folder) == ({"explained"}, {"crds-included", "hook-mapping"})


def test_values_stay_layers_with_their_comments_and_globals_stay_at_the_root(migrate: Migrate, tmp_path: Path) -> None:
    folder = write_estate(tmp_path, WITH_CHART)
    converted(migrate, folder)
    first, second = component(folder)["valueFiles"]
    assert (folder / "out" / first).read_text() == (
        "# From helmfiles/values/web.yaml, below the key of the chart that is wrapped.\n"
        "web:\n  # what web wants\n  image:\n    repository: acme/web   # ours\n  note: |\n    two\n\n    lines\n"
        "# for all charts\nglobal:\n  registry: r.example.com\nhelper:\n  word: hello\n"
    )
    assert load_yaml((folder / "out" / second).read_text()) == {"web": {"replicas": 3}}
    names = [parameter["name"] for parameter in component(folder)["parameters"]]
    assert names == ["web.image.tag", "global.region"]
    assert component(folder)["chart"]["path"].endswith("/web-wrapper")


def test_why_finds_the_line_of_a_layer_that_was_nested(migrate: Migrate, tmp_path: Path) -> None:
    folder = write_estate(tmp_path, WITH_CHART)
    converted(migrate, folder)
    layer = component(folder)["valueFiles"][0]
    for text in ("repository: acme/web", "lines", "word: hello", "# for all charts"):
        number = next(n for n, line in enumerate((folder / "out" / layer).read_text().split("\n"), 1) if text in line)
        source = next(n for n, line in enumerate(FILES["helmfiles/values/web.yaml"].split("\n"), 1) if text in line)
        assert f"helmfiles/values/web.yaml:{source}:" in migrate(folder, "why", f"out/{layer}:{number}").out


def test_the_ledger_says_that_a_wrapper_carries_the_key(migrate: Migrate, tmp_path: Path) -> None:
    folder = write_estate(tmp_path, WITH_CHART)
    converted(migrate, folder)
    ledger = json.loads((folder / "out/.migrate/ledger.json").read_text())
    (entry,) = [entry for entry in ledger["entries"] if entry["key"] == "dependencies"]
    assert entry["target"] == "component.yaml: chart.path (a wrapper chart depends on them)"


ASKING = NOTE.replace("-note", "-a").replace("{{ .Values.note | quote }}", '"{{ .Chart.IsRoot }}"')
PEEKING = NOTE.replace("-note", "-p").replace(".Values.note", ".Values.helper.word")


@pytest.mark.parametrize(
    ("files", "why"),
    [
        ({f"{WEB}/templates/root.yaml": ASKING}, "ConfigMap web/web-a"),
        ({f"{WEB}/templates/seen.yaml": PEEKING}, "nil pointer"),
    ],
    ids=["it asks whether it is the outermost", "it reads values of the other"],
)
def test_what_a_wrapper_would_render_otherwise_is_carried_by_manifests(
    migrate: Migrate, tmp_path: Path, files: dict[str, str], why: str
) -> None:
    folder = write_estate(tmp_path, {**WITH_CHART, **files})
    outcome = converted(migrate, folder)
    assert outcome.code == 0
    assert re.search(rf"EM072 .*carried by its manifests, .* does not do: .*{re.escape(why)}", outcome.err), outcome.err
    assert component(folder)["chart"]["path"].endswith("/web-rendered")
    assert verdicts(migrate, folder)[1] >= {"rendered-component"}
    assert not list((folder / "out/sources/charts").rglob("*-wrapper"))
    assert not (folder / "out/sources/charts/third_party").exists()


def test_what_is_carried_by_manifests_takes_more_of_them_without_a_wrapper(migrate: Migrate, tmp_path: Path) -> None:
    folder = write_estate(tmp_path, {**WITH_CHART, f"{WEB}/templates/root.yaml": ASKING}, FOLDER)
    outcome = converted(migrate, folder)
    assert (outcome.code, "EM072" in outcome.err) == (0, True)
    assert component(folder)["chart"]["path"].endswith("/web-rendered")
    assert verdicts(migrate, folder)[1] >= {"rendered-component", "added-object"}


def test_a_null_that_a_wrapper_would_lose_is_named(migrate: Migrate, tmp_path: Path) -> None:
    kept = NOTE.replace("-note", "-n").replace("{{ .Values.note | quote }}", '"{{ hasKey .Values `pull` }}"')
    files = {f"{WEB}/templates/null.yaml": kept, f"{WEB}/values.yaml": FILES[f"{WEB}/values.yaml"] + "pull: null\n"}
    folder = write_estate(tmp_path, files, GATED)
    outcome = converted(migrate, folder)
    assert outcome.code == 1
    assert (
        "EM070 migration.yaml:3: web/web cannot be wrapped: it renders otherwise: ConfigMap web/web-n; " in outcome.err
    )
    assert (
        "its nulls may be why, which Helm reads otherwise in a subchart: pull (of the chart's own values)"
        in outcome.err
    )


def test_environments_with_different_charts_have_a_wrapper_each(migrate: Migrate, tmp_path: Path) -> None:
    state = (STATE + ADDED_CHART).replace("  dev: {}\n", "  dev: {values: [{old: true}]}\n")
    state = state.replace("alias: helper", 'alias: {{ if eq .Environment.Name "dev" }}old{{ else }}helper{{ end }}')
    folder = write_estate(tmp_path, {"helmfiles/10-base.yaml.gotmpl": state})
    (folder / "helmfiles/10-base.yaml").unlink()
    assert converted(migrate, folder).code == 0
    paths = {name: component(folder, name)["chart"]["path"].rpartition("/")[2] for name in ("dev", "prod")}
    assert paths == {"dev": "web-wrapper", "prod": "web-wrapper-prod"}
    assert verdicts(migrate, folder)[0] == {"explained"}


# ---------------------------------------------------------------- what migration.yaml asks for


def test_a_gate_is_on_by_itself_and_switches_everything_off(migrate: Migrate, tmp_path: Path) -> None:
    folder = write_estate(tmp_path, WITH_CHART, ADDING)
    assert converted(migrate, folder).code == 0
    assert load_yaml((wrapper(folder) / "values.yaml").read_text()) == {"web": {"enabled": True}}
    chart: Any = load_yaml((wrapper(folder) / "Chart.yaml").read_text())
    conditions = [entry["condition"] for entry in chart["dependencies"]]
    assert conditions == ["web.enabled", "helper.enabled,web.enabled"]
    assert verdicts(migrate, folder) == ({"explained"}, {"added-object", "crds-included", "hook-mapping"})
    pins = "wrapper: {gate: true, manifests: [extra/rules.yaml]}, pins: {reason: off, values: {enabled: false}}"
    (folder / "migration.yaml").write_text(f"estate: helmfiles\nreleases:\n  web/web: {{{pins}}}\n")
    converted(migrate, folder)
    assert applied(migrate, folder).strip() == ""


@pytest.mark.parametrize("layout", ["environments", "shared"])
def test_manifests_come_as_they_are_braces_and_all(migrate: Migrate, tmp_path: Path, layout: str) -> None:
    folder = write_estate(tmp_path, plan=FOLDER)
    assert converted(migrate, folder, "--layout", layout).code == 0
    copy = wrapper(folder) / "manifests/10-rules.yaml"
    assert copy.read_text() == FILES["extra/rules.yaml"]
    assert verdicts(migrate, folder) == ({"explained"}, {"added-object", "crds-included"})
    assert "{{ $labels.instance }} is down" in applied(migrate, folder)
    projects = "".join(path.read_text() for path in (folder / "out/environments/dev/argocd/projects").iterdir())
    assert "NetworkPolicy" in projects
    assert "extra/rules.yaml" in migrate(folder, "why", str(copy)).out


def test_an_added_object_that_somebody_changes_is_different(migrate: Migrate, tmp_path: Path) -> None:
    folder = write_estate(tmp_path, plan=FOLDER)
    converted(migrate, folder)
    copy = wrapper(folder) / "manifests/10-rules.yaml"
    copy.write_text(copy.read_text().replace("Ingress", "Egress"))
    outcome = migrate(folder, "verify")
    assert (outcome.code, "NetworkPolicy" in outcome.out) == (1, True)


def test_a_kustomize_tree_has_the_manifests_and_says_that_it_has_no_gate(migrate: Migrate, tmp_path: Path) -> None:
    folder = write_estate(tmp_path, plan=ADDING)
    outcome = converted(migrate, folder, "--layout", "kustomize")
    assert outcome.code == 0
    assert "EM071 migration.yaml:3: web/web: the gate does not reach the layout kustomize" in outcome.err
    texts = [path.read_text() for path in (folder / "out/argocd").rglob("*.yaml")]
    assert any("{{ $labels.instance }} is down" in text for text in texts)


def test_the_plugin_gets_neither(migrate: Migrate, tmp_path: Path) -> None:
    folder = write_estate(tmp_path, plan=f"{ADDING}")
    (folder / "migration.yaml").write_text((folder / "migration.yaml").read_text() + "layout: plugin\n")
    outcome = converted(migrate, folder)
    assert outcome.code == 0
    assert "EM071 migration.yaml:3: web/web: gate and manifests do not reach the layout plugin" in outcome.err
    assert not list((folder / "out").rglob("*-wrapper"))


def test_a_plugin_tree_asked_for_by_option_is_held_to_helmfile_alone(migrate: Migrate, tmp_path: Path) -> None:
    folder = write_estate(tmp_path, plan=FOLDER)
    outcome = converted(migrate, folder, "--layout", "plugin")
    assert "EM071 migration.yaml:3: web/web: the manifests do not reach the layout plugin" in outcome.err
    assert verdicts(migrate, folder) == ({"explained"}, {"plugin"})
    outcome = migrate(folder, "verify", "--rollout")
    assert (outcome.code, "layers that a plugin renders have none" in outcome.err) == (2, True)


OF_PLAN = "PL030 migration.yaml:3: wrapper.manifests of web/web: "
PATCHED = (
    "    jsonPatches: [{target: {kind: ConfigMap, name: web-note}, patch: [{op: add, path: /data/x, value: y}]}]\n"
)
HOOKED = NOTE.replace("  labels:", "  annotations: {helm.sh/hook: post-install}\n  labels:")
FORBIDDING = '{"type": "object", "properties": {"enabled": false}}'


@pytest.mark.parametrize(
    ("files", "plan", "told"),
    [
        ({}, "wrapper: {manifests: [extra/none.yaml]}", f"{OF_PLAN}extra/none.yaml cannot be read: No such file"),
        ({}, "wrapper: {manifests: [../../etc/hosts]}", f"{OF_PLAN}../../etc/hosts lies outside"),
        ({"extra/rules.yaml": "a: [\n"}, FOLDER, f"{OF_PLAN}extra/rules.yaml cannot be read"),
        ({"extra/rules.yaml": "kind: A\n"}, FOLDER, f"{OF_PLAN}extra/rules.yaml:1 is no Kubernetes object"),
        (
            {f"{WEB}/Chart.yaml": "name: we.b\nversion: 1.0.0\napiVersion: v2\n"},
            GATED,
            "the dot in its name we.b splits",
        ),
        ({f"{WEB}/Chart.yaml": "name: global\nversion: 1.0.0\napiVersion: v2\n"}, GATED, "have the key global"),
        ({"helmfiles/10-base.yaml": STATE + PATCHED}, GATED, "helmfile changes what the chart renders (jsonPatches)"),
        (
            {f"{WEB}/templates/note.yaml": HOOKED, f"{WEB}/crds/webs.yaml": ""},
            GATED,
            "carried by its manifests (hooks)",
        ),
        ({f"{WEB}/values.schema.json": FORBIDDING}, GATED, "EM070 migration.yaml:3: web/web cannot be wrapped: "),
    ],
    ids=["no file", "outside", "no yaml", "no object", "a dot", "global", "patched", "hooks alone", "a schema"],
)
def test_what_cannot_be_wrapped_is_an_error_with_its_place(
    migrate: Migrate, tmp_path: Path, files: dict[str, str], plan: str, told: str
) -> None:
    folder = write_estate(tmp_path, files, plan)
    outcome = converted(migrate, folder)
    assert outcome.code == 1
    assert told in outcome.err, outcome.err
    assert not (folder / "out").exists()


def test_the_plugin_has_the_charts_that_helmfile_brings_in(migrate: Migrate, tmp_path: Path) -> None:
    folder = write_estate(tmp_path, WITH_CHART)
    (folder / "migration.yaml").write_text("estate: helmfiles\nlayout: plugin\n")
    assert converted(migrate, folder).code == 0
    copy = folder / "out/sources/helmfile/helmfiles/vendor/acme/side/values.yaml"
    assert copy.read_text() == FILES[f"{SIDE}/values.yaml"]
    assert verdicts(migrate, folder)[0] == {"explained"}
    copy.write_text("word: other\n")
    outcome = migrate(folder, "verify")
    assert (outcome.code, "helmfiles/vendor/acme/side differs" in outcome.out) == (1, True)


@pytest.mark.parametrize(
    ("plan", "told"),
    [
        ("wrapper: {gates: true}", "releases.web/web.wrapper has no key gates"),
        ("wrapper: {gate: maybe}", "releases.web/web.wrapper.gate cannot be 'maybe'"),
        ("wrapper: {manifests: a.yaml}", "releases.web/web.wrapper.manifests must be a list"),
    ],
)
def test_a_slip_in_the_plan_is_refused_with_its_line(migrate: Migrate, tmp_path: Path, plan: str, told: str) -> None:
    outcome = converted(migrate, write_estate(tmp_path, plan=plan))
    assert (outcome.code, told in outcome.err, "migration.yaml:3" in outcome.err) == (2, True, True), outcome.err


def test_the_plan_keeps_what_it_was_told(migrate: Migrate, tmp_path: Path) -> None:
    folder = write_estate(tmp_path, plan=ADDING)
    assert migrate(folder, "plan").code == 0
    text = (folder / "migration.yaml").read_text()
    assert f"    {ADDING}\n" in text
    assert migrate(folder, "plan").code == 0
    assert (folder / "migration.yaml").read_text() == text


def test_lint_names_each_file_of_a_vendored_chart_that_is_not_as_it_was(migrate: Migrate, tmp_path: Path) -> None:
    folder = write_estate(tmp_path, WITH_CHART)
    converted(migrate, folder)
    assert migrate(folder, "lint").code == 0
    vendored = folder / "out/sources/charts/third_party/acme"
    (vendored / "side/values.yaml").write_text("word: other\n")
    (vendored / "web/f.txt").unlink()
    (vendored / "web/templates/more.yaml").write_text("# nothing\n")
    outcome = migrate(folder, "lint", "--output", "json")
    found = json.loads(outcome.out)["findings"]
    named = {f["source"]["file"].rpartition("acme/")[2]: f["message"] for f in found if f["code"] == "L75"}
    assert named == {
        "side/values.yaml": "this file of a vendored chart was changed after vendoring",
        "web/f.txt": "this file of a vendored chart is gone",
        "web/templates/more.yaml": "this file was put into a vendored chart",
    }
    assert all("migration.yaml: releases.web/web.wrapper" in f["hint"] for f in found if f["code"] == "L75")
    assert outcome.code == 1
    assert not [f for f in found if f["code"] in ("L44", "L61")]


# ---------------------------------------------------------------- texts below a key

_KEYS = st.sampled_from(["a", "b c", "global", "tags", "yes", "x-y", "1", "größe", "a.b"])
_SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(-9, 9), st.text("ab #:\n-{}'\"", max_size=8), st.just("two\n\nlines\n")
)
_VALUES = st.recursive(
    _SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(_KEYS, inner, max_size=3)),
    max_leaves=8,
)


@settings(deadline=None)
@given(st.dictionaries(_KEYS, _VALUES, max_size=5))
def test_nested_text_says_what_nested_values_say(values: JsonObject) -> None:
    text = dump_yaml(values)
    assert parse_values(nested_text(text, "web", AT_ROOT)) == nested_values(parse_values(text), "web", AT_ROOT)


@pytest.mark.parametrize(
    ("text", "nested"),
    [
        ("# head\na: 1 # x\n\n# b\nb:\n- 1\n", "web:\n  # head\n  a: 1 # x\n\n  # b\n  b:\n  - 1\n"),
        ("a: 1\nglobal: {g: 1}\nb: 2", "web:\n  a: 1\n  b: 2\nglobal: {g: 1}\n"),
        ("a: &x {k: 1}\nglobal: *x\n", "web:\n  a: &x {k: 1}\nglobal: *x\n"),
        ("global: &x {k: 1}\na: *x\n", "global: &x {k: 1}\nweb:\n  a: *x\n"),
        ("---\na: 1\n", "---\nweb:\n  a: 1\n"),
        ("{a: 1}\n", "web:\n  {a: 1}\n"),
        ("{a: 1, global: {b: 2}}\n", "web:\n  a: 1\nglobal:\n  b: 2\n"),
        ("%YAML 1.1\n---\na: 1\n", "web:\n  a: 1\n"),
        ("a: 1\n---\nb: 2\n", "web:\n  a: 1\n"),
        ("'q': \"x\ny\"\n", "web:\n  'q': \"x\n  y\"\n"),
        ("# nothing\n", "# nothing\n"),
    ],
)
def test_a_text_keeps_its_lines_where_that_says_the_same(text: str, nested: str) -> None:
    assert nested_text(text, "web", AT_ROOT) == nested


def test_a_chart_that_was_pulled_belongs_to_its_repository() -> None:
    assert third_party_repository("stable/redis", "vendor/charts/stable/redis/18.6.1", version="~18") == "stable"
