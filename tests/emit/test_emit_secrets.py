"""The scanner: what it takes for a secret, what it does not, and what the plan may say."""

from __future__ import annotations

from pathlib import Path

import pytest

from migrate.emit.secrets import masked, scan_text
from migrate.model.finding import Severity
from migrate.model.json import JsonObject
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
