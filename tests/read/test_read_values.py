from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from migrate.doors.helm import parse_values
from migrate.errors import EstateError, UsageError
from migrate.model.estate import Estate, ValuesKind, ValuesLayer
from migrate.model.finding import Finding, Severity
from migrate.read.selectors import compatible, parse_selector, selects

Read = Callable[..., Estate]
Refused = Callable[..., EstateError]
Unread = Callable[..., Finding]


def state(values: str, more: str = "") -> dict[str, str]:
    return {
        "helmfile.yaml": "values: [{size: 3}]\n---\n"
        f"releases:\n  - name: web\n    namespace: x\n    chart: ./charts/app\n{more}    values:\n{values}"
    }


def layers(estate: Estate) -> tuple[ValuesLayer, ...]:
    return estate.releases[0].values


def test_a_plain_file_is_kept_byte_for_byte(read: Read) -> None:
    text = "# comment\r\na:   yes\nb: '1'\n"
    (layer,) = layers(read({**state("      - v.yaml\n"), "v.yaml": text}, path="helmfile.yaml"))
    assert (layer.kind, layer.path, str(layer.source)) == (ValuesKind.FILE, "v.yaml", "v.yaml:1")
    assert layer.text == text.replace("\r\n", "\r\n")


def test_a_template_is_rendered_with_the_release_and_the_state(read: Read) -> None:
    files = {**state("      - v.yaml.gotmpl\n"), "v.yaml.gotmpl": "n: {{ .Release.Name }}\ns: {{ .Values.size }}\n"}
    (layer,) = layers(read(files, path="helmfile.yaml"))
    assert (layer.kind, layer.text) == (ValuesKind.TEMPLATE, "n: web\ns: 3\n")


def test_an_inline_mapping_means_the_same_to_helm(read: Read) -> None:
    inline = "      - {yes: on, octal: 0644, day: 2024-05-06, deep: {8080: web}, none: null}\n"
    (layer,) = layers(read(state(inline)))
    assert layer.kind is ValuesKind.INLINE
    assert parse_values(layer.text) == {
        "yes": "on",
        "octal": 420,
        "day": "2024-05-06T00:00:00Z",
        "deep": {"8080": "web"},
        "none": None,
    }


def test_the_order_of_layers_is_values_then_secrets(read: Read) -> None:
    files = {
        **state("      - b.yaml\n      - {c: 1}\n      - a.yaml\n", "    secrets: [s.yaml]\n"),
        "a.yaml": "a: 1\n",
        "b.yaml": "b: 1\n",
        "s.yaml": "s: 1\n",
    }
    assert [layer.path for layer in layers(read(files, path="helmfile.yaml"))] == ["b.yaml", "", "a.yaml", "s.yaml"]


@pytest.mark.parametrize(("handler", "codes"), [("", ["HF011"]), ("    missingFileHandler: Warn\n", [])])
def test_a_missing_file_is_an_error_finding_unless_the_handler_allows_it(
    read: Read, handler: str, codes: list[str]
) -> None:
    estate = read(state("      - nope.yaml\n", handler))
    assert [f.code for f in estate.findings] == codes
    assert layers(estate) == ()


def test_a_broken_values_file_names_its_line(unread: Unread) -> None:
    error = unread({**state("      - v.yaml\n"), "v.yaml": "a: 1\nb: [\n"}, path="helmfile.yaml")
    assert error.source is not None
    assert error.source.file == "v.yaml"
    assert error.source.line > 1


def test_values_of_a_release_that_is_not_deployed_stop_nothing(read: Read) -> None:
    files = {**state("      - v.yaml.gotmpl\n", "    installed: false\n"), "v.yaml.gotmpl": "{{ .Values.nope }}\n"}
    estate = read(files, path="helmfile.yaml")
    assert [(f.code, f.severity) for f in estate.findings] == [("HF012", "info")]


def test_environment_values_lie_over_defaults_and_the_command_line_over_both(read: Read) -> None:
    text = (
        "environments:\n  dev:\n    values: [{a: env, b: env, list: [1, 2]}]\n---\n"
        "values: [{a: default, b: default, c: default}]\n---\n"
        "releases:\n  - name: web\n    chart: ./charts/app\n    labels:\n"
        "      seen: '{{ .Values.a }}-{{ .Values.b }}-{{ .Values.c }}-{{ .Values.list }}'\n"
    )
    estate = read({"helmfile.yaml": text}, state_values_set=("b=cli,list[1]=9",))
    assert estate.releases[0].labels["seen"] == "env-cli-default-[1 9]"


def test_set_flags_are_escaped_as_helmfile_escapes_them(read: Read) -> None:
    files = {
        "helmfile.yaml": "releases:\n  - name: web\n    chart: ./charts/app\n"
        "    set: [{name: a, value: 'x,{y}'}, {name: f, file: data.txt}, {name: l, values: [1, 'a,b']}]\n"
        "    setString: [{name: s, value: '1'}]\n    env: [{name: e, value: HOST}]\n",
    }
    estate = read(files, set_env={"HOST": "db"})
    assert [(s.flag, s.name, s.value) for s in estate.releases[0].sets] == [
        ("--set", "a", "x\\,\\{y\\}"),
        ("--set-file", "f", "data.txt"),
        ("--set", "l", "{1,a\\,b}"),
        ("--set-string", "s", "1"),
        ("--set", "e", "db"),
    ]


def test_json_patches_come_from_files_and_templates(read: Read) -> None:
    files = {
        "helmfile.yaml": "releases:\n  - name: web\n    chart: ./charts/app\n    values: [{tag: v7}]\n"
        "    jsonPatches: [patch.yaml.gotmpl]\n",
        "patch.yaml.gotmpl": "target: {kind: Deployment, name: web}\n"
        "patch:\n  - {op: add, path: /metadata/labels/v, value: '{{ .Values.tag }}'}\n",
    }
    (patch,) = read(files, path="helmfile.yaml").releases[0].json_patches
    assert patch == {
        "target": {"kind": "Deployment", "name": "web"},
        "patch": [{"op": "add", "path": "/metadata/labels/v", "value": "v7"}],
    }


# --- what templates may not do


@pytest.mark.parametrize(
    ("call", "flag"),
    [
        ('readFile "/etc/hostname"', "--allow-path /etc"),
        ('readFile "../../outside.yaml"', "--allow-path"),
    ],
)
def test_what_is_refused_names_the_flag_and_the_line(refused: Refused, call: str, flag: str) -> None:
    text = f"# head\nreleases:\n  - {{name: web, chart: ./charts/app, version: {{{{ {call} | quote }}}}}}\n"
    error = refused({"helmfile.yaml.gotmpl": text})
    assert (str(error.source), flag in error.hint) == ("helmfile.yaml.gotmpl:3", True)


@pytest.mark.parametrize(
    ("call", "reference", "flag"),
    [
        ('exec "id" (list "-u")', "exec id -u", "--allow-exec"),
        ('envExec (dict "A" "b") "id" (list)', "exec id", "--allow-exec"),
        ('requiredEnv "TOKEN"', "env TOKEN", "--set-env TOKEN="),
    ],
)
def test_what_a_template_may_not_ask_is_a_placeholder(read: Read, call: str, reference: str, flag: str) -> None:
    text = "releases:\n  - name: web\n    chart: ./charts/app\n    values:\n"
    estate = read({"helmfile.yaml.gotmpl": f"{text}      - {{a: {{b: {{{{ {call} | quote }}}}}}}}\n"})
    (layer,) = estate.releases[0].values
    (placeholder,) = layer.placeholders
    assert (placeholder.path, placeholder.reference) == ("a.b", reference)
    assert parse_values(layer.text) == {"a": {"b": placeholder.text}}
    told = {f.code: f for f in estate.findings}
    assert str(told["HF026"].source) == "helmfile.yaml.gotmpl:5"
    assert (told["HF026"].severity, flag in told["HF026"].hint) == (Severity.WARNING, True)


def test_a_placeholder_in_environment_values_reaches_the_releases(read: Read) -> None:
    files = {
        "helmfile.yaml.gotmpl": "environments:\n  default: {values: [env.yaml.gotmpl]}\n---\nreleases:\n"
        "  - {name: web, chart: ./charts/app, values: [{a: {{ .Values.zone | quote }}}]}\n",
        "env.yaml.gotmpl": "# where\nzone: {{ requiredEnv `ZONE` }}\n",
    }
    estate = read(files, path="helmfile.yaml.gotmpl")
    assert [p.reference for p in estate.releases[0].placeholders] == ["env ZONE"]
    assert [str(f.source) for f in estate.findings if f.code == "HF026"] == ["env.yaml.gotmpl:2"]


@pytest.mark.parametrize("field", ["name", "namespace", "chart", "version"])
def test_a_release_that_is_not_known_is_an_error(read: Read, field: str) -> None:
    fields = {"name": "web", "chart": "./charts/app", field: '{{ requiredEnv "X" }}'}
    text = "releases:\n  - name: {name}\n    chart: {chart}\n".format(**fields)
    text += f"    {field}: '{fields[field]}'\n" if field in ("namespace", "version") else ""
    estate = read({"helmfile.yaml.gotmpl": text})
    (found,) = (f for f in estate.findings if f.code == "HF027")
    assert (found.severity, f"the {field} of" in found.message) == (Severity.ERROR, True)


def test_what_decides_is_an_error_and_the_rest_is_read(read: Read) -> None:
    text = "releases:\n  - {name: web, chart: ./charts/app}\n{{ if eq (exec `id` (list)) `0` }}\n  - {name: a}\n"
    estate = read({"helmfile.yaml.gotmpl": f"{text}{{{{ end }}}}\n"})
    assert [r.name for r in estate.releases] == ["web"]
    (finding,) = estate.findings
    assert (finding.code, finding.severity, str(finding.source)) == ("HF026", Severity.ERROR, "helmfile.yaml.gotmpl:3")
    assert "decides" in finding.message


def test_a_template_that_fails_over_a_placeholder_says_so(refused: Refused) -> None:
    text = 'releases:\n  - {name: web, chart: ./charts/app, version: {{ (exec "v" (list) | fromYaml).v }}}\n'
    error = refused({"helmfile.yaml.gotmpl": text})
    assert "placeholder" in error.message
    assert "--allow-exec" in error.hint


def test_templates_see_no_variable_that_was_not_given(read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STAGE", "leaked")
    text = "releases:\n  - {name: 'web{{ env `STAGE` }}{{ env `GIVEN` }}', chart: ./charts/app}\n"
    estate = read({"helmfile.yaml.gotmpl": text}, set_env={"GIVEN": "-1"})
    assert estate.releases[0].name == "web-1"


def test_exec_runs_where_it_is_allowed(read: Read) -> None:
    text = "releases:\n  - {name: '{{ exec `echo` (list `web`) | trim }}', chart: ./charts/app}\n"
    assert read({"helmfile.yaml.gotmpl": text}, allow_exec=True).releases[0].name == "web"


def test_a_random_value_is_told(read: Read) -> None:
    text = "releases:\n  - {name: web, chart: ./charts/app, description: '{{ randAlphaNum 5 }}'}\n"
    (finding,) = read({"helmfile.yaml.gotmpl": text}).findings
    assert (finding.code, "randAlphaNum" in finding.message) == ("HF060", True)


def test_a_link_out_of_the_estate_is_refused(unread: Unread, tmp_path: Path) -> None:
    outside = tmp_path.parent / f"{tmp_path.name}-outside.yaml"
    outside.write_text("a: 1\n", encoding="utf-8")
    (tmp_path / "v.yaml").symlink_to(outside)
    assert "lies outside" in unread(state("      - v.yaml\n"), path="helmfile.yaml").message


# --- selectors


def test_selectors_are_or_between_and_and_within() -> None:
    groups = (parse_selector("tier=web,stage!=qa"), parse_selector("name=db"))
    assert selects(groups, {"tier": "web"})
    assert not selects(groups, {"tier": "web", "stage": "qa"})
    assert selects(groups, {"name": "db", "stage": "qa"})
    assert selects((), {})


@pytest.mark.parametrize("text", ["tier", "tier=web,", "tier = web", "a=b=c", ""])
def test_a_malformed_selector_is_wrong_usage(text: str) -> None:
    with pytest.raises(UsageError):
        parse_selector(text)


def test_selectors_that_contradict_on_a_key_are_incompatible() -> None:
    assert not compatible((parse_selector("tier=a"),), (parse_selector("tier=b"),))
    assert compatible((parse_selector("tier=a"),), (parse_selector("tier!=a"),))
    assert compatible((parse_selector("name=x"),), (parse_selector("tier=b"),))
