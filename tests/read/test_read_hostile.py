"""Hostile estates: an error that says what to do, in bounded time and memory; nothing is run, seen or read outside."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from migrate.doors.template_budget import BUDGET, MOST_UNITS, Allowance, RenderLimitError
from migrate.doors.yaml import load_yaml
from migrate.errors import EstateError
from migrate.model.estate import ReadRequest
from migrate.model.finding import Finding, Severity
from migrate.read import read_estate
from tests.read.conftest import CHART, ReadEstate

Refused = Callable[..., EstateError]
Unread = Callable[..., Finding]

STATE = "releases:\n- name: app\n  chart: ./charts/app\n"
ENVIRONMENT = "{default: {values: [env.yaml]}}"
TOO_MUCH = "the template does too much"
DOUBLING = '{{ $x := list "xxxx" }}{{ range until 60 }}{{ $x = list (GROW) }}{{ end }}{{ index $x 0 | len }}'
SHARED = '{{ $x := dict "a" 1 }}{{ range until 60 }}{{ $x = dict "a" $x "b" $x }}{{ end }}'
CYCLE = '{{ $x := dict "a" 1 }}{{ $_ := set $x "me" $x }}'

LAUGHS = "a: &a [x,x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{name}: &{name} [{','.join([f'*{before}'] * 10)}]\n" for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)


def grows(step: str) -> str:
    return DOUBLING.replace("GROW", step)


@pytest.mark.parametrize(
    "action",
    [
        '{{ repeat 1000000000 "x" }}',
        '{{ repeat 100000 (repeat 100000 "x") }}',
        "{{ until 1000000000 | len }}",
        "{{ untilStep 0 1000000000 1 | len }}",
        "{{ seq 1 1000000000 | len }}",
        '{{ printf "%1000000000d" 1 }}',
        '{{ printf "%*d" 1000000000 1 }}',
        '{{ indent 1000000000 "a" }}',
        "{{ randAlphaNum 1000000000 }}",
        "{{ randBytes 1000000000 }}",
        "{{ range until 1000000 }}x{{ end }}",
        grows("print (index $x 0) (index $x 0)"),
        grows('printf "%s%s" (index $x 0) (index $x 0)'),
        grows('replace "x" "xxx" (index $x 0)'),
        grows("cat (index $x 0) (index $x 0)"),
        grows("join (index $x 0) (list (index $x 0) (index $x 0) (index $x 0))"),
        grows("b64enc (print (index $x 0) (index $x 0))"),
        "{{ $x := list 1 2 3 }}{{ range until 60 }}{{ $x = concat $x $x }}{{ end }}",
        SHARED + "{{ toYaml $x }}",
        SHARED + "{{ toJson $x }}",
        SHARED + "{{ print $x }}",
        SHARED + "{{ deepCopy $x | len }}",
        CYCLE + "{{ toYaml $x }}",
        CYCLE + "{{ toJson $x }}",
        '{{ define "a" }}{{ template "a" . }}{{ end }}{{ template "a" . }}',
        '{{ regexMatch "((a{1,1000}){1,1000}){1,1000}" "b" }}',
        "{{ range until 10000 }}{{ tpl (print .) . }}{{ end }}",
        "{{ uniq (until 100000) | len }}",
        "{{ $x := list }}{{ range until 100000 }}{{ $x = append $x 1 }}{{ end }}",
    ],
)
def test_a_template_that_would_fill_the_machine_is_stopped_at_its_line(refused: Refused, action: str) -> None:
    error = refused({"helmfile.yaml.gotmpl": f"{STATE}\n# {action}\n"}, environments=("default",))
    assert TOO_MUCH in error.message
    assert "helmfile has no such limit" in error.hint
    assert error.source is not None
    assert error.source.file == "helmfile.yaml.gotmpl"


@pytest.mark.parametrize(
    ("action", "told"),
    [
        ('{{ define "a" }}{{ include "a" . }}{{ end }}{{ include "a" . }}', "recursion"),
        ('{{ $s := "{{ tpl .s . }}" }}{{ tpl $s (dict "s" $s) }}', "nests too deeply|recursion"),
        ('{{ tpl (readFile "helmfile.yaml.gotmpl") . }}', "nests too deeply|recursion"),
        ("{{ " + "(" * 5000 + "1" + ")" * 5000 + " }}", "nesting"),
        ("{{ if true }}" * 3000 + "{{ end }}" * 3000, "nesting"),
        ("{{ 1 }}" * 60_000, "more than 50000 actions"),
        ('{{ fromYaml (repeat 10000 "[") }}', "nested too deep"),
        ('{{ getHostByName "localhost" }}', "look up the host"),
        ('{{ readFile "/etc/hostname" }}', "outside the estate"),
        ('{{ readDir "/etc" }}', "outside the estate"),
        ('{{ isFile "../../../../../../etc/hostname" }}', "outside the estate"),
        ("{{ .Values.__class__ }}", "__class__"),
        ("{{ .Environment.as_dict }}", "as_dict"),
    ],
)
def test_a_template_that_nests_reaches_out_or_looks_inside_is_refused(refused: Refused, action: str, told: str) -> None:
    error = refused({"helmfile.yaml.gotmpl": f"{STATE}\n# {action}\n"}, environments=("default",))
    assert any(fact in error.message for fact in told.split("|")), error.message


def test_no_program_is_run(read: ReadEstate, tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    values = f"  values:\n  - a: '{{{{ exec `touch` (list `{mark}`) }}}}{{{{ requiredEnv `HOME` }}}}'\n"
    estate = read({"helmfile.yaml.gotmpl": STATE + values})
    assert not mark.exists()
    assert str(Path.home()) not in estate.releases[0].values[0].text


def test_no_variable_of_the_process_is_seen(read: ReadEstate, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A_SECRET_OF_MINE", "hush")
    values = '  values:\n  - a: "{{ env "A_SECRET_OF_MINE" }}{{ expandenv "$A_SECRET_OF_MINE${A_SECRET_OF_MINE}" }}"\n'
    estate = read({"helmfile.yaml.gotmpl": STATE + values})
    assert load_yaml(estate.releases[0].values[0].text) == {"a": ""}


@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|aa)+$", "(a*)*b", "^(([a-z])+.)+[A-Z]([a-z])+$"])
def test_a_regular_expression_takes_the_time_of_its_text(read: ReadEstate, pattern: str) -> None:
    action = f'{{{{ regexMatch "{pattern}" (print (repeat 200 "a") "!") }}}}'
    estate = read({"helmfile.yaml.gotmpl": f"{STATE}  values:\n  - found: {action}\n"})
    assert estate.releases[0].values[0].text == "found: false\n"


def test_what_cannot_be_counted_is_stopped_by_the_clock_of_the_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("migrate.doors.template_budget.MOST_SECONDS", 0.02)
    allowance = Allowance()

    def work() -> None:
        with allowance.render():
            while True:
                pass

    for _ in range(2):
        with pytest.raises(RenderLimitError, match="processor time"):
            work()


def test_renders_inside_a_render_share_its_units() -> None:
    allowance = Allowance()
    with allowance.render():
        allowance.charge(MOST_UNITS - 1)
        with allowance.render():
            assert allowance.left == 1
    with allowance.render():
        assert allowance.left == MOST_UNITS
    assert BUDGET.max_iterations is not None


# --- YAML


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (LAUGHS, "excessive aliasing"),
        ("x: &x {a: 1}\n" + "".join(f"y{i}: &y{i} {{<<: [{'*x, ' * 400}*x]}}\n" for i in range(1100)), "aliasing"),
        ("a: &a [*a]\n", "unknown anchor"),
        ("&a a: *a\nb: &b {<<: *b}\n", "unknown anchor"),
        ("a: " + "[" * 20_000, "nested too deep"),
        ("a:\n" + "- " * 20_000 + "x", "nested too deep"),
        ("".join("  " * depth + "a:\n" for depth in range(1200)), "nested too deep"),
        ("a: \x00\n", "character"),
        ("a: !!float x\n", "!!float"),
    ],
    ids=["laughs", "merges", "self", "self-merge", "flow", "dashes", "block", "nul", "tag"],
)
@pytest.mark.parametrize("file", ["helmfile.yaml", "env.yaml", "patch.yaml"])
def test_yaml_that_unfolds_or_nests_without_end_is_refused(
    refused: Refused, unread: Unread, text: str, told: str, file: str
) -> None:
    files = {
        "helmfile.yaml": f"environments: {ENVIRONMENT}\n---\n{STATE}  jsonPatches: [patch.yaml]\n",
        "env.yaml": "a: 1\n",
        "patch.yaml": "[]\n",
    }
    error = (unread if file == "patch.yaml" else refused)({**files, file: text})
    assert told in error.message
    assert error.source is not None
    assert error.source.file == file


@pytest.mark.parametrize("text", [LAUGHS, "[" * 20_000, "a: \x00\n", "a: b: c\n"])
def test_a_values_file_that_helm_refuses_is_refused(unread: Unread, text: str) -> None:
    error = unread({"helmfile.yaml": f"{STATE}  values: [v.yaml]\n", "v.yaml": text})
    assert error.source is not None
    assert error.source.file == "v.yaml"


@pytest.mark.parametrize(
    ("number", "kept"),
    [
        ("9" * 5000, "9" * 5000),
        ("0x" + "f" * 5000, "0x" + "f" * 5000),
        ("1e999", "1e999"),
        ("18446744073709551615", 18446744073709551615),
    ],
)
def test_numbers_beyond_go_are_text(read: ReadEstate, number: str, kept: object) -> None:
    estate = read(
        {
            "helmfile.yaml.gotmpl": "values:\n- n: "
            + number
            + "\n---\n"
            + STATE
            + "  values:\n  - kind: {{ kindOf .Values.n }}\n"
        }
    )
    kind = "string" if isinstance(kept, str) else "int"
    assert kind in estate.releases[0].values[0].text


@pytest.mark.parametrize("content", [b"\xff\xfe", b"releases: \xc3\x28\n", b"\xed\xa0\x80: 1\n"])
def test_bytes_that_are_no_text_are_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "helmfile.yaml").write_bytes(content)
    with pytest.raises(EstateError, match="is not UTF-8"):
        read_estate(ReadRequest(str(tmp_path)))


@pytest.mark.parametrize("text", [STATE.replace("\n", "\r\n"), STATE.replace("\n", "\r")])
def test_other_line_ends_are_read(read: ReadEstate, text: str) -> None:
    assert [release.name for release in read({"helmfile.yaml": text}).releases] == ["app"]


def test_a_mark_of_byte_order_is_refused_as_helmfile_refuses_it(refused: Refused) -> None:
    assert "top-level key" in refused({"helmfile.yaml": "\ufeff" + STATE}).message


@pytest.mark.parametrize("state", ["commonLabels: { {a: b}: c}\n", "? [a]\n: b\n", "releases:\n- ? {a: b}\n  : c\n"])
def test_a_key_that_is_no_text_is_refused(refused: Refused, state: str) -> None:
    assert "for a key" in refused({"helmfile.yaml": STATE + state if "releases" not in state else state}).message


@pytest.mark.parametrize("text", ["}", "a: [", "[true]", "maybe"])
def test_a_late_truth_that_is_none_is_refused(refused: Refused, text: str) -> None:
    error = refused({"helmfile.yaml": f"{STATE}  installedTemplate: '{text}'\n"})
    assert "installedTemplate gives" in error.message


# --- files


def test_a_file_larger_than_any_estate_is_refused(tmp_path: Path) -> None:
    (tmp_path / "helmfile.yaml").write_text(STATE)
    with (tmp_path / "helmfile.yaml").open("r+b") as file:
        file.truncate(17 * 1024 * 1024)
    with pytest.raises(EstateError, match="larger than 16 MiB"):
        read_estate(ReadRequest(str(tmp_path)))


@pytest.mark.parametrize("entry", ["values: [pipe]", "jsonPatches: [pipe]", "secrets: [pipe]"])
def test_a_pipe_is_not_waited_for(tmp_path: Path, read: ReadEstate, entry: str) -> None:
    os.mkfifo(tmp_path / "pipe")
    estate = read({"helmfile.yaml": f"{STATE}  {entry}\n"})
    assert [finding.code for finding in estate.findings] == ["HF011"]


def test_a_template_does_not_wait_for_a_pipe(tmp_path: Path, refused: Refused) -> None:
    os.mkfifo(tmp_path / "pipe")
    error = refused({"helmfile.yaml.gotmpl": STATE + '# {{ readFile "pipe" }}\n'}, environments=("default",))
    assert "no regular file" in error.message


def told_of(request: ReadRequest) -> EstateError | Finding:
    """The error that ends the reading, else its one finding of that severity."""
    try:
        findings = read_estate(request).findings
    except EstateError as error:
        return error
    (finding,) = (f for f in findings if f.severity is Severity.ERROR)
    return finding


@pytest.mark.parametrize(
    "state",
    [
        f"{STATE}  values: [link/secret.yaml]\n",
        f"{STATE}  values: [../outside/secret.yaml]\n",
        f"{STATE}  values: ['../outside/*.yaml']\n",
        f"{STATE}  values: ['link/*.yaml']\n",
        f"{STATE}  jsonPatches: [link/secret.yaml]\n",
        f"environments: {{default: {{values: [link/secret.yaml]}}}}\n---\n{STATE}",
        f"bases: [link/secret.yaml]\n---\n{STATE}",
        f"{STATE}helmfiles: [link/secret.yaml]\n",
        f"{STATE}helmfiles: ['../outside/*.yaml']\n",
    ],
)
def test_nothing_outside_the_root_is_read(tmp_path: Path, state: str) -> None:
    outside, estate = tmp_path / "outside", tmp_path / "estate"
    outside.mkdir()
    (estate / "charts/app").mkdir(parents=True)
    (estate / "charts/app/Chart.yaml").write_text(CHART)
    (outside / "secret.yaml").write_text("hush: of-mine\n")
    (estate / "link").symlink_to(outside)
    (estate / "helmfile.yaml").write_text(state)
    told = told_of(ReadRequest(str(estate)))
    assert "hush" not in told.message
    assert "outside" in told.message or "--allow-path" in told.hint
    if "helmfiles" not in state and "bases" not in state:
        read_estate(ReadRequest(str(estate), allow_paths=(str(outside),)))


def test_links_that_lead_back_do_not_multiply(tmp_path: Path, unread: Unread) -> None:
    for name in ("a", "b", "c"):
        (tmp_path / name).symlink_to(".")
    pattern = "*/" * 30 + "nothing.yaml"
    error = unread({"helmfile.yaml": f"{STATE}  values: ['{pattern}']\n"})
    assert "looks at more than" in error.message


@pytest.mark.parametrize("index", ["a[999999999]=1", "a[99999999999999999999]=1"])
def test_a_place_in_a_list_that_no_memory_holds_is_refused(refused: Refused, index: str) -> None:
    error = refused({"helmfile.yaml": STATE}, state_values_set=(index,))
    assert "a[9" in error.message
