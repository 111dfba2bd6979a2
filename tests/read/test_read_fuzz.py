"""Damaged estates: whatever a file holds, reading answers with an estate or an error for people, never with a bug.

Real state files (the sample estate's and some small ones) are damaged by seeded edits, so that every run tries the
same texts. ``--fuzz-rounds N`` tries N more of them than the few that every run can afford.
"""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from migrate.errors import MigrateError
from migrate.model.estate import ReadRequest
from migrate.read import read_estate
from tests.conftest import CHART, ROOT, Migrate, write_files

READ_ROUNDS, COMMAND_ROUNDS = 240, 24

TOKENS = (
    "{{", "}}", "{{ end }}", "{{ .Values.a.b }}", "{{ range until 9 }}", "{{- with . -}}", "{{/*", "{{ tpl . . }}",
    "{{ readFile \"base.yaml\" }}", "{{ toYaml .Values | nindent 4 }}", "{{ include \"x\" . }}", "{{ .Environment }}",
    "&a ", "*a", "<<: ", "<<: *a", "<<: [*a, *a]", "? ", "- ", "---\n", "...\n", "%YAML 1.1\n", "!!int ", "!!binary ",
    "!!float ", "!!set ", "!x ", "|\n", ">-\n", "[", "]", "{", "}", ",", ": ", ":", "#", "\t", " ", " " * 300, "'", '"',
    "\\", "\x00", "\x07", "\x85", "\u2028", "\ufeff", "\r", "\r\n", "\ud7ff", "𝕏", "~", "null", "true", "0x1F", "0o17",
    "1e999", "-.inf", ".nan", "9" * 400, "9" * 5000, "1_0", "2020-01-01", "2020-99-99", "12:30:45", "../", "/", "*",
    "?",
    "[a", "**", "ref+vault://x#/y", "ref+", "git::https://example.org/x@y", "s3://x", "selector", "a=b,c!=d",
    "inherit:\n- template: x\n", "needs: [a/b/c/d]", "condition: a.enabled", "set:\n- name: a[0]\n  value: 1\n",
    "values:\n", "releases:\n", "bases:\n- base.yaml\n", "helmfiles:\n- base.yaml\n", "environments:\n  dev:\n",
    "missingFileHandler: X\n", "installed: {}\n", "labels: []\n", "namespace: 7\n", "chart: .\n", "name: [\n",
)  # fmt: skip

STATE = """\
environments:
  default:
    values:
      - env.yaml
      - inner: {deep: [1, {two: 2}]}
  dev:
    kubeContext: kind
    values: [env.yaml.gotmpl]
---
bases: [base.yaml]
---
templates:
  common: &common
    namespace: web
    labels: {tier: front}
    missingFileHandler: Warn
    values: [values.yaml.gotmpl, "values-{{`{{ .Release.Name }}`}}.yaml"]
releases:
  - name: front
    <<: *common
    chart: ./charts/web
    condition: front.enabled
    installedTemplate: "{{`{{ .Values.front.enabled }}`}}"
    set:
      - {name: "a.b[0]", value: "1"}
      - {name: c, values: [1, two]}
    jsonPatches:
      - target: {kind: Deployment, name: front}
        patch: [{op: remove, path: /spec/replicas}]
  - name: back
    inherit: [{template: common, except: [labels]}]
    chart: ./charts/web
    needs: [web/front]
    valuesTemplate:
      - who: "{{`{{ .Release.Name }}`}}"
    setTemplate: [{name: x, value: "{{`{{ .Release.Namespace }}`}}"}]
    secrets: [secret.yaml]
{{ range $i, $name := list "one" "two" }}
  - name: {{ $name }}
    chart: ./charts/web
    values: [{index: {{ $i }}, all: {{ $.Values | toJson }}}]
{{ end }}
helmfiles:
  - path: sub/*.yaml
    selectors: [tier=front]
    values: [{a: 1}]
"""

ESTATE = {
    **CHART,
    "helmfile.yaml.gotmpl": STATE,
    "base.yaml": "commonLabels: {team: a}\nhelmDefaults: {wait: true, timeout: 300}\n",
    "env.yaml": "name: none\nfront: {enabled: true}\nlist: [1, 2.5, null, 2020-01-01]\n",
    "env.yaml.gotmpl": 'front: {enabled: {{ get "front.enabled" true .Values }}}\nname: {{ .Environment.Name }}\n',
    "values.yaml.gotmpl": "colour: {{ .Values.name | quote }}\nrelease: {{ .Release.Name }}\n",
    "secret.yaml": "password: ENC[AES256_GCM,data:x]\nsops: {version: 3.7.1}\n",
    "sub/one.yaml": "releases:\n- name: low\n  chart: ../charts/web\n  labels: {tier: front}\n  values: [{a: b}]\n",
}
DAMAGED = tuple(name for name in ESTATE if "templates/" not in name)

Damage = Callable[[random.Random, str], str]


def some_lines(chance: random.Random, text: str) -> tuple[list[str], int]:
    lines = text.split("\n")
    return lines, chance.randrange(len(lines))


def drop_line(chance: random.Random, text: str) -> str:
    lines, at = some_lines(chance, text)
    return "\n".join(lines[:at] + lines[at + chance.randint(1, 3) :])


def double_line(chance: random.Random, text: str) -> str:
    lines, at = some_lines(chance, text)
    return "\n".join(lines[: at + 1] + lines[at:])


def swap_lines(chance: random.Random, text: str) -> str:
    lines, at = some_lines(chance, text)
    other = chance.randrange(len(lines))
    lines[at], lines[other] = lines[other], lines[at]
    return "\n".join(lines)


def indent_line(chance: random.Random, text: str) -> str:
    lines, at = some_lines(chance, text)
    lines[at] = chance.choice((" ", "  ", "\t", " " * 200)) + lines[at]
    return "\n".join(lines)


def outdent_line(chance: random.Random, text: str) -> str:
    lines, at = some_lines(chance, text)
    lines[at] = lines[at].lstrip()
    return "\n".join(lines)


def move_block(chance: random.Random, text: str) -> str:
    lines, at = some_lines(chance, text)
    block = lines[at : at + chance.randint(1, 8)]
    del lines[at : at + len(block)]
    to = chance.randint(0, len(lines))
    return "\n".join(lines[:to] + block + lines[to:])


def splice_token(chance: random.Random, text: str) -> str:
    at = chance.randint(0, len(text))
    return text[:at] + chance.choice(TOKENS) + text[at:]


def replace_value(chance: random.Random, text: str) -> str:
    lines, at = some_lines(chance, text)
    key, colon, _ = lines[at].partition(": ")
    lines[at] = f"{key}{colon or ': '}{chance.choice(TOKENS)}"
    return "\n".join(lines)


def change_character(chance: random.Random, text: str) -> str:
    if not text:
        return "\x01"
    at = chance.randrange(len(text))
    return text[:at] + chr(chance.choice((chance.randint(0, 255), chance.randint(256, 0xD7FF)))) + text[at + 1 :]


def drop_characters(chance: random.Random, text: str) -> str:
    at = chance.randint(0, len(text))
    return text[:at] + text[at + chance.randint(1, 12) :]


def cut_off(chance: random.Random, text: str) -> str:
    return text[: chance.randint(0, len(text))]


DAMAGES: tuple[Damage, ...] = (
    drop_line, double_line, swap_lines, indent_line, outdent_line, move_block, splice_token, splice_token,
    replace_value, replace_value, change_character, drop_characters, cut_off,
)  # fmt: skip


def damaged(chance: random.Random, text: str) -> str:
    """The text after one to four edits."""
    for _ in range(chance.choice((1, 1, 1, 2, 2, 4))):
        text = chance.choice(DAMAGES)(chance, text)
    return text


def damages(rounds: int, texts: dict[str, str], seed: str) -> Iterator[tuple[int, str, str]]:
    """``(round, file, damaged text)``; a round's text hangs on its number alone."""
    names = sorted(texts)
    for number in range(rounds):
        chance = random.Random(f"{seed} {number}")
        name = chance.choice(names)
        yield number, name, damaged(chance, texts[name])


def assert_answers(folder: Path, name: str, text: str, arguments: Sequence[str] = ()) -> None:
    """Reading the estate with ``text`` for the file gives an estate or an error that says what to do."""
    file = folder / name
    before = file.read_bytes()
    file.write_bytes(text.encode("utf-8", "surrogatepass"))
    try:
        read_estate(ReadRequest(str(folder), environments=tuple(arguments)))
    except MigrateError as error:
        if not error.message.strip() or "\n" in error.hint:
            pytest.fail(f"an error that says nothing to a person: {error!r}")
    finally:
        file.write_bytes(before)


@pytest.fixture
def rounds(request: pytest.FixtureRequest) -> int:
    more: int = request.config.getoption("--fuzz-rounds")
    return more


def test_a_damaged_small_estate_is_answered(tmp_path: Path, rounds: int) -> None:
    write_files(tmp_path, ESTATE)
    whole = read_estate(ReadRequest(str(tmp_path)))
    assert {release.name for release in whole.releases} == {"front", "back", "one", "two", "low"}
    texts = {name: ESTATE[name] for name in DAMAGED}
    for number, name, text in damages(rounds or READ_ROUNDS, texts, "small"):
        try:
            assert_answers(tmp_path, name, text)
        except Exception as error:
            pytest.fail(f"round {number}: {name}: {error!r}\n{text[:3000]}")


def test_a_damaged_sample_estate_is_answered(tmp_path: Path, rounds: int) -> None:
    shutil.copytree(ROOT / "helmfiles", tmp_path / "helmfiles", symlinks=True)
    folder = tmp_path / "helmfiles"
    texts = {
        str(path.relative_to(folder)): path.read_text(encoding="utf-8")
        for pattern in ("*.gotmpl", "env/*", "nested/*", "values/*/*")
        for path in sorted(folder.glob(pattern))
        if path.is_file()
    }
    for number, name, text in damages(rounds // 10 or 6, texts, "sample"):
        try:
            assert_answers(folder, name, text, ["dev"])
        except Exception as error:
            pytest.fail(f"round {number}: {name}: {error!r}\n{text[:3000]}")


def test_the_command_line_answers_for_a_damaged_estate(tmp_path: Path, rounds: int, migrate: Migrate) -> None:
    estate = write_files(tmp_path / "project" / "helmfiles", ESTATE)
    project = estate.parent
    assert migrate(project, "inspect").code == 0
    for number, name, text in damages(rounds // 5 or COMMAND_ROUNDS, ESTATE, "commands"):
        before = (estate / name).read_bytes()
        (estate / name).write_bytes(text.encode("utf-8", "surrogatepass"))
        for command in ("inspect", "convert"):
            outcome = migrate(project, command)
            told = f"round {number}: {command}: {name}: {outcome.err}\n{text[:3000]}"
            assert outcome.code in (0, 1, 2, 3, 5), told
            assert "Traceback" not in outcome.err, told
            assert outcome.code == 0 or "→" in outcome.err, told
        shutil.rmtree(project / "out", ignore_errors=True)
        (estate / name).write_bytes(before)
