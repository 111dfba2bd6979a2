"""JUnit for CI and markdown for a pull request: well formed, complete in verdicts, and within their limits."""

from __future__ import annotations

from xml.etree import ElementTree as Xml

import pytest

from migrate.model.finding import Finding, Severity
from migrate.model.report import Difference, Exclusion, Explanation, ReleaseVerdict, Report, Verdict
from migrate.report import report_markdown
from migrate.report.junit import report_junit
from migrate.report.markdown import MOST_CHARACTERS


def row(environment: str, name: str, verdict: Verdict, **more: object) -> ReleaseVerdict:
    return ReleaseVerdict(environment, f"data/{name}", name, verdict, layer="40-data", objects=3, **more)  # type: ignore[arg-type]


DIFFERENCE = Difference("Deployment.apps data/a", "spec.replicas", "2", '"<b>|`x`"', "values/dev.yaml: replicas")
REPORT = Report(
    (
        row("dev", "equal", Verdict.EQUAL),
        row("dev", "told", Verdict.EXPLAINED, explanations=(Explanation("crds-included", 2, "Helm | once: a"),)),
        row("dev", "a", Verdict.DIFFERENT, differences=(DIFFERENCE,)),
        row("production", "b", Verdict.UNRENDERED, reason="no chart\x1b[31m at <x>"),
        ReleaseVerdict("production", "", "stray", Verdict.DIFFERENT, reason="helmfile deploys no such release here"),
    ),
    excluded=(Exclusion("production", "data/off", "parked: its condition is false here"),),
    kube_versions={"dev": "1.34.0"},
    tree_hash="ab" * 32,
)
PROVEN = Report(REPORT.releases[:2])


def test_junit_has_a_suite_an_environment_and_a_case_a_release() -> None:
    root = Xml.fromstring(report_junit(REPORT))
    assert root.tag == "testsuites"
    counts = {s.get("name"): tuple(s.get(k) for k in ("tests", "failures", "errors", "skipped")) for s in root}
    assert counts == {"dev": ("3", "1", "0", "0"), "production": ("3", "1", "1", "1")}
    assert [root.get(k) for k in ("tests", "failures", "errors", "skipped")] == ["6", "2", "1", "1"]
    cases = {case.get("name"): case for case in root.iter("testcase")}
    assert cases["data/a"].get("classname") == "40-data"
    failure = cases["data/a"].find("failure")
    assert failure is not None
    assert failure.get("message") == "1 difference"
    assert failure.text == (
        'Deployment.apps data/a: spec.replicas\n  helmfile: 2\n  argo cd:  "<b>|`x`"\n'
        "  set by:   values/dev.yaml: replicas"
    )
    error, skipped = cases["data/b"].find("error"), cases["data/off"].find("skipped")
    assert error is not None
    assert error.get("message") == "no chart�[31m at <x>"
    assert skipped is not None
    assert skipped.get("message") == "parked: its condition is false here"
    assert list(cases["data/equal"]) == []
    assert "Application stray" in cases


def test_junit_of_a_run_that_is_not_whole_fails() -> None:
    finding = Finding("VF001", Severity.ERROR, "all in dev is not generated", "mend it")
    root = Xml.fromstring(report_junit(Report(PROVEN.releases, findings=(finding,), unjudged=4)))
    assert (root.get("failures"), root.get("errors")) == ("0", "2")
    assert [error.get("message") for error in root.iter("error")] == [
        "all in dev is not generated; mend it",
        "stopped early: 4 not judged",
    ]


def test_markdown_says_the_sentence_the_counts_and_what_is_wrong() -> None:
    text = report_markdown(REPORT, ("dev", "production"))
    assert "**Not proven:** of 5 releases, 2 are equal or explained." in text
    assert "| dev | 1 | 1 | 1 | 0 |\n| production | 0 | 0 | 1 | 1 |" in text
    assert "- ❌ different: `dev data/a`\n  - `Deployment.apps data/a` `spec.replicas`: Helmfile `2`" in text
    assert 'Argo CD `` "<b>|`x`" ``, set by `values/dev.yaml: replicas`' in text
    assert "- ⚠️ unrendered: `production data/b`" in text
    assert r"no chart" in text
    assert r"\<x\>" in text
    assert "- ❌ different: `production Application stray`" in text
    assert r"| crds-included | 1 | Helm \| once |" in text
    assert "- 1 × parked: its condition is false here" in text


def test_markdown_of_a_proof_is_short() -> None:
    text = report_markdown(PROVEN, ("dev",))
    assert "**Proven:** all 2 releases are what Helmfile applied." in text
    assert "**Not proven:**" in report_markdown(Report(PROVEN.releases, unjudged=2), ("dev",))
    assert "**Proven (shard 1/2):**" in report_markdown(Report(PROVEN.releases, shard="1/2"), ("dev",))
    assert "**Not proven:**" in report_markdown(Report(()), ())


@pytest.mark.parametrize(("bad", "listed"), [(30, True), (700, True), (5000, False)])
def test_markdown_drops_details_but_no_verdict(bad: int, listed: bool) -> None:
    many = tuple(Difference(f"ConfigMap data/{n}", "data.x", "y" * 400, "z" * 400) for n in range(60))
    rows = tuple(row("dev", f"release-{n}", Verdict.DIFFERENT, differences=many) for n in range(bad))
    text = report_markdown(Report((*rows, *REPORT.releases[:2])), ("dev",))
    assert len(text) <= MOST_CHARACTERS
    assert f"| dev | 1 | 1 | {bad} | 0 |" in text
    assert all(f"`dev data/release-{n}`" in text for n in range(bad)) is listed
    assert "`--output json` has them" in text
    assert ("more are different or unrendered" in text) is not listed
