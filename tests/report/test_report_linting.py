"""What ``lint`` says, in its four forms."""

from __future__ import annotations

import json
from typing import Any

from migrate.model.finding import Finding, Severity, SourceLocation
from migrate.model.linted import IgnoredFinding, Linted, RuleText
from migrate.report.grid import Page
from migrate.report.linting import lint_json, lint_markdown, lint_sarif, lint_table

RULES = (
    RuleText("L01", "words are quoted", "no becomes false", Severity.ERROR, "### L01\n\n```yaml\na: no\n```"),
    RuleText("L53", "projects are narrow", "a fence", Severity.WARNING, "### L53"),
)
FINDINGS = (
    Finding("L01", Severity.ERROR, "a: no is false", 'Write "no".', SourceLocation("a b/ü.yaml", 3), environment="dev"),
    Finding("LI01", Severity.INFO, "nothing is ignored", "Take it out.", None),
)
IGNORED = (
    IgnoredFinding(Finding("L53", Severity.WARNING, "any | kind", "", SourceLocation("p.yaml", 2)), "ok", "x:1"),
)
LINTED = Linted("out", 2, FINDINGS, IGNORED, RULES)


def test_the_table_has_a_row_a_finding_and_counts_what_is_ignored() -> None:
    text = lint_table(LINTED, Page())
    assert 'error  L01   a b/ü.yaml:3  a: no is false (dev) → Write "no".' in text
    assert "ignored: 1 × L53, ok (x:1)" in text
    assert text.endswith("out: 2 files, 1 error, 1 note (1 ignored)\n")


def test_the_json_is_that_of_the_contract() -> None:
    shape = json.loads(lint_json(LINTED))
    assert shape["schemaVersion"] == 1
    assert shape["findings"][0] == {
        "code": "L01",
        "severity": "error",
        "message": "a: no is false",
        "hint": 'Write "no".',
        "source": {"file": "a b/ü.yaml", "line": 3},
        "environment": "dev",
    }
    assert (shape["ignored"][0]["reason"], shape["ignored"][0]["ignoredBy"]) == ("ok", "x:1")


def test_sarif_has_the_parts_that_version_2_1_0_demands() -> None:
    log = json.loads(lint_sarif(LINTED, "0.1.0"))
    assert (log["version"], log["$schema"].rpartition("/")[2]) == ("2.1.0", "sarif-2.1.0.json")
    (run,) = log["runs"]
    rules: list[dict[str, Any]] = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == ["L01", "L53", "LI01"]
    assert all(rule["help"]["text"] and rule["help"]["markdown"] for rule in rules[:2])
    assert [rule["defaultConfiguration"]["level"] for rule in rules[:2]] == ["error", "warning"]
    for result in run["results"]:
        assert set(result) <= {"ruleId", "ruleIndex", "level", "message", "locations", "suppressions"}
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] in {"error", "warning", "note"}
        assert isinstance(result["message"]["text"], str)
        (location,) = result["locations"]
        artifact = location["physicalLocation"]["artifactLocation"]
        assert not artifact["uri"].startswith("/")
        assert artifact["uriBaseId"] == "%SRCROOT%"
        assert location["physicalLocation"]["region"]["startLine"] >= 1


def test_sarif_places_are_relative_and_encoded_and_what_is_ignored_is_suppressed() -> None:
    results = json.loads(lint_sarif(LINTED, "0.1.0"))["runs"][0]["results"]
    uris = [one["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for one in results]
    assert uris == ["out/a%20b/%C3%BC.yaml", "out", "out/p.yaml"]
    assert [one.get("suppressions") for one in results] == [
        None,
        None,
        [{"kind": "external", "justification": "ok (x:1)"}],
    ]


def test_a_tree_elsewhere_has_places_of_its_own() -> None:
    for folder in ("/srv/gitops", "../gitops", "."):
        log = json.loads(lint_sarif(Linted(folder, 2, FINDINGS[:1], (), RULES), "0.1.0"))
        artifact = log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]
        assert artifact["uri"] == "a%20b/%C3%BC.yaml"


def test_markdown_has_errors_first_and_escapes_what_others_wrote() -> None:
    text = lint_markdown(LINTED)
    assert text.startswith("**out: 2 files, 1 error, 1 note (1 ignored)**\n")
    assert '| error | L01 | `a b/ü.yaml:3` | a: no is false (dev) → Write "no". |' in text
    assert "- ignored: 1 × L53, ok (x:1)" in text


def test_markdown_fits_a_comment_and_counts_what_does_not() -> None:
    many = tuple(
        Finding("L01", Severity.ERROR, f"{n} " + "x" * 300, "", SourceLocation("a.yaml", n)) for n in range(900)
    )
    text = lint_markdown(Linted("out", 1, many, (), RULES))
    assert len(text) < 65_536
    kept = text.count("| error |")
    assert 0 < kept < 900
    assert f"{900 - kept} more do not fit here." in text
