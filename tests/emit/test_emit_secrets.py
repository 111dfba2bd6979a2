"""The scanner: what it takes for a secret, what it does not, and what the plan may say."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from migrate.doors.secret_shapes import shown
from migrate.emit.pieces import Piece
from migrate.emit.secrets import Known, check_secrets, masked, scan_text
from migrate.model.finding import Severity
from migrate.model.json import JsonObject
from migrate.model.tree import Provenance
from tests.emit.emit_nouns import component, document, emit, make_layer, make_plan, make_release, plan_release

# Put together here, so that no scanner takes this file for a leak.
AWS = "AKIA" + "Q3EGRZ7T5KXW2MVB"
GITHUB = "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"
TOKEN = ".".join(("eyJhbGciOiJIUzI1NiJ9", "eyJzdWIiOiIxMjM0NTY3ODkwIn0", "dozjgNryP4J3jVmNHl0w5N"))
RANDOM = "xK9vQ2mZ7pL4wT8n"


@pytest.mark.parametrize(
    "line",
    [
        f"accessKey: {AWS}",
        f"note: use {GITHUB} for now",
        f"header: Bearer {TOKEN}",
        "key: |\n  -----BEGIN RSA " + "PRIVATE KEY-----",
        f"password: {RANDOM}",
        f"- dbPassword: '{RANDOM}'",
        f"client_secret: {RANDOM}  # rotate",
        f"apiKey: {RANDOM}",
    ],
)
def test_secrets_are_found(line: str) -> None:
    assert len(scan_text(line)) == 1


@pytest.mark.parametrize(
    "line",
    [
        "existingSecret: redis-credentials-v1",
        "secretName: grafana-tls-2024-Prod",
        f"imagePullSecret: {RANDOM}",
        "password: changeme",
        "password: ${REDIS_PASSWORD_FROM_ENV}",
        "password: ref+vault://secret/redis#/password",
        "passwordKey: aB3dE6gH9jK2",
        "tokenReview: https://example.com/A1b2C3d4E5",
        "password: {{ .Values.password }}",
        "secret: platform-gateway-tls",
        "checksum: 5f4dcc3b5aa765d61d8327deb882cf99",
        "token: ",
    ],
)
def test_names_references_and_words_are_no_secrets(line: str) -> None:
    assert scan_text(line) == ()


def test_placeholders_are_known() -> None:
    line = f"password: PLACEHOLDER-{RANDOM}"
    assert scan_text(line)
    assert scan_text(line, known=frozenset({f"PLACEHOLDER-{RANDOM}"})) == ()


def test_a_plaintext_secret_stops_the_conversion_and_is_not_shown(tmp_path: Path) -> None:
    tree = emit(tmp_path, [make_release(values=(make_layer(f"a: 1\npassword: {RANDOM}\n"),))])
    (finding,) = tree.findings
    assert (finding.code, finding.severity) == ("EM020", Severity.ERROR)
    assert str(finding.source) == "sources/values/_shared/data/redis/10-redis.yaml:2"
    assert "values/redis.yaml: externalise" in finding.hint
    assert RANDOM not in finding.message + finding.hint


@pytest.mark.parametrize(
    "place",
    [
        "values/redis.yaml",
        "sources/values/_shared/data/redis/10-redis.yaml",
        "sources/values/_shared/data/redis/10-redis.yaml:1",
    ],
)
def test_migration_yaml_may_accept_or_externalise_it(tmp_path: Path, place: str) -> None:
    release = make_release(values=(make_layer(f"password: {RANDOM}\n"),))
    path = "sources/values/_shared/data/redis/10-redis.yaml"
    accepted = emit(
        tmp_path,
        [release],
        plan=make_plan(plan_release(release), secrets_policy={place: "plaintext: accepted"}),
    )
    assert [finding.severity for finding in accepted.findings] == [Severity.INFO]
    assert RANDOM in accepted.text(path)
    externalised = emit(
        tmp_path, [release], plan=make_plan(plan_release(release), secrets_policy={place: "externalise"})
    )
    assert [finding.severity for finding in externalised.findings] == [Severity.WARNING]
    assert document(externalised, path) == {"password": "externalised-secret"}


def test_a_secret_in_a_parameter_is_found(tmp_path: Path) -> None:
    from migrate.model.estate import SetValue
    from migrate.model.finding import SourceLocation

    release = make_release(sets=(SetValue("--set", "token", GITHUB, SourceLocation("x", 1)),))
    tree = emit(tmp_path, [release])
    assert component(tree)["parameters"][0]["name"] == "token"
    assert [finding.code for finding in tree.findings] == ["EM020"]


def test_what_is_shown_of_a_value_is_masked() -> None:
    value: JsonObject = {"auth": {"password": RANDOM, "user": "redis"}, "list": [AWS]}
    assert masked("values", value) == {"auth": {"password": "***", "user": "redis"}, "list": ["***"]}


# Put together here, too: each is found by the library or by what stands beside it.
SHAPES = {
    "what looks like SendGrid API Key": "SG." + "a1B2" * 5 + "cd." + "e3F4" * 10 + "abc",
    "what looks like PyPI Token": "pypi-" + "AgEIcHlwaS5vcmc" + "x" * 80,
    "what looks like NPM tokens": "//r.example.org/:_authToken=" + "npm_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8",
    "a GitLab token": "glpat-" + "x1y2z3A4B5C6D7E8F9G0",
    "a Google API key": "AIza" + "SyA1B2C3D4E5F6G7H8I9J0K1L2M3N4O5P6Q",
    "a Vault token": "hvs." + "CAESIJ1234567890abcdefghijklmnopqrs",
    "an age key": "AGE-SECRET-KEY-1" + "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L" * 2,
    "a bcrypt hash": "$2a$10$" + "rRyBsGSHK6.uc8fntPwVIuLVHgsAhAX7TcdrqW/RADU0uh7CaChLa",
    "a password in an address": f"postgres://app:{RANDOM}@db.example.org:5432/app",
}


@pytest.mark.parametrize("what", SHAPES)
def test_a_shape_is_named_and_hidden(what: str) -> None:
    line = f"anything: {SHAPES[what]}"
    (hit,) = scan_text(line, by_name=False)
    assert hit.what == what
    assert hit.text in line
    assert hit.text not in shown(line)
    assert shown(line).startswith("anything: ")


@pytest.mark.parametrize(
    "line",
    [
        "url: https://user:password@example.org",
        "url: https://$(USER):$(PASSWORD)@example.org",
        "url: https://{{ .user }}:{{ .password }}@example.org/a1b2c3d4",
        "image: registry.example.org/team/service-2:1.2.3@sha256:" + "0123456789abcdef" * 4,
        "checksum/config: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "key: -----BEGIN CERTIFICATE-----",
    ],
)
def test_what_only_looks_like_a_shape_is_none(line: str) -> None:
    assert scan_text(line) == ()
    assert shown(line) == line


@pytest.mark.parametrize(
    "text",
    [
        f"env:\n  - name: DB_PASSWORD\n    value: {RANDOM}\n",
        f"auth: {{user: a, password: {RANDOM}}}\n",
        f'{{"password": "{RANDOM}"}}\n',
        f"ini: |\n  user = a\n  password = {RANDOM}\n",
        f"args: [--admin-password={RANDOM}]\n",
        f"password: |-\n  {RANDOM}\n",
        f"password: {RANDOM}\n\tbroken: [\n",
        f"listed.token: '{{{RANDOM},other}}'\n",
    ],
)
def test_a_name_is_seen_wherever_it_stands(text: str) -> None:
    (hit,) = scan_text(text)
    assert hit.text == RANDOM
    assert RANDOM in "\n".join(text.splitlines()[hit.line - 1 : hit.line + 1])


def test_a_private_key_goes_as_a_whole() -> None:
    key = "-----BEGIN EC " + f"PRIVATE KEY-----\n  {RANDOM * 4}\n  -----END EC PRIVATE KEY-----"
    (hit,) = scan_text(f"tls: |\n  {key}\nafter: 1\n")
    assert hit.text == key
    assert RANDOM not in shown(f"tls: |\n  {key}\n")


def check(text: str, known: Known, policy: dict[str, str] | None = None, path: str = "sources/values/x.yaml") -> Piece:
    origin = (Provenance(0, "values/x.yaml"),)
    return check_secrets(Piece({path: text.encode()}, {path: origin}), policy or {}, known)


def test_several_secrets_on_one_line_all_go() -> None:
    piece = check(f"a: {AWS} {GITHUB} {TOKEN}\n", Known(), {"values/x.yaml": "externalise"})
    assert piece.files["sources/values/x.yaml"] == b"a: externalised-secret externalised-secret externalised-secret\n"
    assert [finding.severity for finding in piece.findings] == [Severity.WARNING] * 3


def test_however_many_stand_on_one_line_all_go() -> None:
    numbers = range(10, 60)
    line = " ".join(f"--token={number}{RANDOM}" for number in numbers)
    piece = check(f"a: {line}\n", Known(), {"values/x.yaml": "externalise"})
    there = " ".join("--token=externalised-secret" for _ in numbers)
    assert piece.files["sources/values/x.yaml"].decode() == f"a: {there}\n"
    assert {finding.severity for finding in piece.findings} == {Severity.WARNING}


@pytest.mark.parametrize(
    ("text", "known"),
    [
        (f'password: "{RANDOM[:8]}\\x{ord(RANDOM[8]):x}{RANDOM[9:]}"\n', Known()),
        ("a: is externalised\n", Known(real=frozenset({"externalised"}))),
    ],
    ids=["written otherwise than it reads", "part of what stands in"],
)
def test_where_nothing_can_stand_in_it_is_an_error(text: str, known: Known) -> None:
    piece = check(text, known, {"values/x.yaml": "externalise"})
    assert [finding.severity for finding in piece.findings][-1] == Severity.ERROR
    assert "nothing can stand in for it" in piece.findings[-1].message


def test_what_a_reference_gave_counts_wherever_it_is_long_and_only_as_a_value_where_it_is_short() -> None:
    known = Known(opened=(("hunter2", "values/x.yaml"), (RANDOM, "values/other.yaml"), ("true", "values/x.yaml")))
    text = f"a: hunter2\nhunter2x: b\nc: about hunter2s\nd: pre-{RANDOM}-post\ne: true\n"
    piece = check(text, known, {"values/x.yaml": "externalise"})
    assert piece.files["sources/values/x.yaml"].decode() == (
        "a: externalised-secret\nhunter2x: b\nc: about hunter2s\nd: pre-externalised-secret-post\ne: true\n"
    )
    assert [finding.code for finding in check(text, known).findings] == ["EM020", "EM020"]


def test_a_short_one_is_seen_in_what_a_chart_made_of_its_file_and_a_key_stays() -> None:
    known = Known(opened=(("hunter2", "values/x.yaml"),), rendered={"argocd/apps/web/": frozenset({"values/x.yaml"})})
    encoded = base64.b64encode(b"[database]\npassword = hunter2\n").decode()
    text = f'a: \'{{"hunter2":"hunter2","b":["hunter2"]}}\'\nhunter2: hunter2\nini: {encoded}\n'
    policy = {"values/x.yaml": "externalise"}
    piece = check(text, known, policy, "argocd/apps/web/base/a.yaml")
    assert piece.files["argocd/apps/web/base/a.yaml"].decode() == (
        'a: \'{"hunter2":"externalised-secret","b":["externalised-secret"]}\'\n'
        "hunter2: externalised-secret\nini: externalised-secret\n"
    )
    elsewhere = check("b: [hunter2]\n", known, policy, "argocd/apps/other/base/a.yaml")
    assert not elsewhere.findings


@pytest.mark.parametrize(
    "text",
    [
        f'a: \'{{"b":{{"password":"{RANDOM}"}}}}\'\n',
        f'a: "{{\\"b\\":\\"{{\\\\\\"password\\\\\\":\\\\\\"{RANDOM}\\\\\\"}}\\"}}"\n',
        "data:\n  ini: " + base64.b64encode(f"[db]\npassword = {RANDOM}\n".encode()).decode() + "\n",
    ],
    ids=["JSON", "JSON in JSON", "base64"],
)
def test_what_a_value_holds_is_read(text: str) -> None:
    (hit,) = scan_text(text)
    assert hit.text in text
    piece = check(text, Known(), {"values/x.yaml": "externalise"})
    assert not scan_text(piece.files["sources/values/x.yaml"].decode())


def test_what_is_known_is_found_in_the_midst_of_base64() -> None:
    encoded = base64.b64encode(f"about {RANDOM}, and more".encode()).decode()
    (finding,) = check(f"a: {encoded}\n", Known(real=frozenset({RANDOM}))).findings
    assert (finding.severity, "encoded" in finding.message) == (Severity.ERROR, True)


def test_a_chart_of_somebody_else_is_never_changed() -> None:
    path = "sources/charts/third_party/acme/x/values.yaml"
    piece = check(f"password: {RANDOM}\n", Known(), {path: "externalise"}, path)
    assert RANDOM.encode() in piece.files[path]
    assert [finding.severity for finding in piece.findings] == [Severity.ERROR]
    accepted = check(f"password: {RANDOM}\n", Known(), {path: "plaintext: accepted"}, path)
    assert [finding.severity for finding in accepted.findings] == [Severity.INFO]


def test_a_secret_in_the_name_of_a_file_is_an_error_and_not_shown() -> None:
    piece = check("a: 1\n", Known(), {}, f"sources/values/{AWS}.yaml")
    (finding,) = piece.findings
    assert (finding.code, finding.severity) == ("EM020", Severity.ERROR)
    assert AWS not in finding.message


def test_templates_of_charts_name_secrets_without_holding_any() -> None:
    assert not check(f"password: {RANDOM}\n", Known(), {}, "sources/charts/a/templates/x.yaml").findings
    assert check(f"password: {RANDOM}\n", Known(), {}, "sources/charts/a/values-dev.yaml").findings


def test_references_are_shown_without_what_they_hold() -> None:
    assert masked("values", "pre-ref+echo://hunter2+-post") == "pre-ref+echo://***+-post"
    assert masked("values", "ref+vault://secret/db#/password") == "ref+vault://secret/db#/password"
    assert masked("set", [{"name": "db.password", "value": "hunter2"}]) == [{"name": "db.password", "value": "***"}]
    assert masked("x", {"password": "hunter2"}, by_name=False) == {"password": "hunter2"}
