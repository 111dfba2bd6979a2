"""No text is wider than its page, but for a word that cannot be broken; and nothing is lost on a narrow one."""

from __future__ import annotations

import io
import re
from types import SimpleNamespace

import pytest

from migrate.console import PlainConsole, TerminalConsole
from migrate.graph import build_graph
from migrate.model.application import Expansion, ExpansionError, GeneratedApplication
from migrate.model.finding import Finding, Severity, SourceLocation
from migrate.model.report import Difference, Exclusion, Explanation, ReleaseVerdict, Report, Verdict
from migrate.plan import propose_plan
from migrate.report import estate_table, expansion_table, folded, plan_table, report_text, status_table
from migrate.report.tables import Page
from tests.small_estates import DEPLOYMENT, Small, small_estate

FOUR = ("local", "development", "staging", "production")
TWELVE = tuple(f"cluster-{n}-of-a-region" for n in range(12))
LAYERS = ("15-secrets-and-certificates", "45-data-plane-extensions", "60-qa")
PATH = "sources/values/production/foundation/secrets/registry-pull-secret/30-registry.yaml"
WIDTHS = [60, 80, 100]


def report(environments: tuple[str, ...]) -> Report:
    rows = [
        ReleaseVerdict(e, f"{layer}/some-release", "some-release", Verdict.EQUAL, layer=layer, objects=3)
        for e in environments
        for layer in LAYERS
    ]
    note = "a hook became a plain object that each sync replaces, since an Application of hooks never runs: Job x"
    told = (Explanation("hook-to-resource", 3, note),)
    rows.append(ReleaseVerdict(environments[0], "data/told", "told", Verdict.EXPLAINED, explanations=told, layer="9"))
    return Report(
        tuple(rows),
        excluded=tuple(Exclusion("dev", f"observability/parked-{n}", "parked: off here") for n in range(5)),
        timings={"read": 1.0, "render": 2.0, "render applications": 3.0, "verify": 0.1},
        kube_versions=dict.fromkeys(environments, "1.34.0"),
    )


def broken_report() -> Report:
    differences = (
        Difference(
            "Deployment.apps observability/opentelemetry-collector", "spec.template.spec", '{"a":1}' * 30, "", PATH
        ),
        Difference("Deployment.apps observability/opentelemetry-collector", "", '{"kind":"Deployment"}', ""),
    )
    row = ReleaseVerdict(
        "production", "observability/opentelemetry", "otel", Verdict.DIFFERENT, differences=differences
    )
    reason = "templates/deployment.yaml:3: the function that this chart calls is none of Helm's"
    lost = ReleaseVerdict("production", "data/lost", "lost", Verdict.UNRENDERED, reason=reason)
    return Report((row, lost), timings={"read": 1.0})


ESTATE = small_estate(
    [Small(f"observability/opentelemetry-collector-{n}", DEPLOYMENT, LAYERS[0]) for n in range(6)]
    + [Small("web/front", DEPLOYMENT, LAYERS[1], only=FOUR[:1])],
    FOUR,
)
MANY = small_estate([Small("observability/opentelemetry-collector", DEPLOYMENT, LAYERS[0], only=TWELVE[:2])], TWELVE)
GRAPH = build_graph(*ESTATE)[0]
PLAN = propose_plan(ESTATE[0], GRAPH, None)


def expansion(environments: tuple[str, ...]) -> Expansion:
    made = tuple(
        GeneratedApplication(
            environment,
            "appset",
            name,
            {
                "metadata": {"name": name, "labels": {"rollout-phase": "550"}},
                "spec": {"project": "data-services", "destination": {"namespace": "envoy-gateway-system"}},
            },
        )
        for environment in environments
        for name in ("opentelemetry-collector-of-the-nodes", "x")
    )
    return Expansion(
        made, (ExpansionError("appset", "broken", "the template of this ApplicationSet names no key " * 3),)
    )


def status() -> list[SimpleNamespace]:
    steps = {
        "planned": True,
        "converted": True,
        "verified": True,
        "committed": True,
        "fenced": True,
        "removed": False,
        "adopted": None,
    }
    return [SimpleNamespace(layer=layer, releases=4, **steps) for layer in LAYERS]


TEXTS = {
    "verify": lambda page: report_text(report(FOUR), FOUR, page),
    "verify of many": lambda page: report_text(report(TWELVE), TWELVE, page),
    "inspect": lambda page: estate_table(ESTATE[0], page),
    "inspect of many": lambda page: estate_table(MANY[0], page),
    "plan": lambda page: plan_table(PLAN, GRAPH, page),
    "expand": lambda page: expansion_table(expansion(FOUR[:1]), page),
    "expand of four": lambda page: expansion_table(expansion(FOUR), page),
    "status": lambda page: status_table(status(), page),
}


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", TEXTS)
def test_no_line_is_wider_than_the_page(name: str, width: int) -> None:
    lines = TEXTS[name](Page(width=width)).splitlines()
    assert max(len(line) for line in lines) <= width
    assert not [line for line in lines if line != line.rstrip()]


@pytest.mark.parametrize("width", WIDTHS)
def test_what_differs_is_folded_and_nothing_of_it_is_lost(width: int) -> None:
    lines = report_text(broken_report(), ("production",), Page(width=width)).splitlines()
    assert max(len(line) for line in lines) <= width
    joined = "".join(line.strip() for line in lines)
    assert '{"a":1}' * 30 in joined
    assert PATH in joined


@pytest.mark.parametrize("name", TEXTS)
def test_colour_changes_no_letter(name: str) -> None:
    plain, coloured = (TEXTS[name](Page(width=60, color=color)) for color in (False, True))
    assert "\x1b" not in plain
    assert "\x1b" in coloured
    assert [line.rstrip() for line in re.sub(r"\x1b\[[0-9;]*m", "", coloured).splitlines()] == plain.splitlines()


def test_what_a_narrow_page_leaves_out_is_named() -> None:
    assert "(a wider terminal also shows: chart, layer)" in estate_table(ESTATE[0], Page(width=60))
    assert "layer " in estate_table(ESTATE[0], Page(width=120))
    assert "(a wider terminal also shows: releases)" in status_table(status(), Page(width=60))
    assert "(a wider terminal also shows: layers)" in report_text(report(TWELVE), TWELVE, Page(width=60))


def test_many_environments_are_told_in_words() -> None:
    text = re.sub(r"\s+", " ", estate_table(MANY[0], Page(width=100)))
    assert "off: cluster-2-of-a-region" in text


def test_names_are_broken_at_dashes_and_slashes_only() -> None:
    lines = report_text(report(FOUR), FOUR, Page(width=60)).splitlines()
    assert [line.split()[0] for line in lines if line.startswith(("15-", "certificates"))] == [
        "15-secrets-and-",
        "certificates",
    ]


def test_a_done_checklist_on_a_narrow_page_says_every_step() -> None:
    joined = re.sub(r"\s+", " ", status_table(status()[:1], Page(width=60)))
    assert "planned, converted, verified, committed, fenced" in joined.replace("15-secrets-and- ", "").replace(
        "certificates ", ""
    )


def test_folding_keeps_words_whole_and_sets_the_rest_further_in() -> None:
    assert folded("step 1\n  after some/release because of this\n", 24) == (
        "step 1\n  after some/release\n      because of this\n"
    )
    assert folded(f"  {PATH}\n", 20) == f"  {PATH}\n"
    assert folded("", 20) == ""


FINDING = Finding(
    "HF020",
    Severity.WARNING,
    "operators/registry-pull-secret takes a secret from helmfiles/secrets/registry-pull-secret.yaml: "
    "a placeholder stands in",
    "supply it in the cluster, e.g. by an ExternalSecret; --secrets-dir shows it to values",
    SourceLocation("helmfiles/15-secrets-certificates.yaml.gotmpl", 45),
)


def test_a_finding_is_folded_between_words_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    stream = io.StringIO()
    TerminalConsole(stream, color=False).finding(FINDING)
    lines = re.sub(r"\x1b\[[0-9;]*m", "", stream.getvalue()).splitlines()
    assert max(len(line) for line in lines) <= 60
    assert "    helmfiles/secrets/registry-pull-secret.yaml: a" in lines
    assert "  → supply it in the cluster, e.g. by an ExternalSecret;" in lines


def test_a_finding_in_a_log_is_one_line_and_its_hint() -> None:
    stream = io.StringIO()
    PlainConsole(stream).finding(FINDING)
    assert len(stream.getvalue().splitlines()) == 2


def test_work_of_unknown_size_shows_no_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    stream = io.StringIO()
    with TerminalConsole(stream).progress("reading helmfiles", 0) as advance:
        advance()
    assert "0/?" not in stream.getvalue()
    assert "✓" in stream.getvalue().splitlines()[-1]
