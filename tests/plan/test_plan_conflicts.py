"""Where the plan's file, the estate and the edges do not agree: what is told, and that nothing is lost."""

from __future__ import annotations

import pytest

from migrate.graph import build_graph
from migrate.model.finding import Finding, Severity
from migrate.model.plan import Plan
from migrate.plan import check_plan, dump_plan, load_plan, propose_plan, settle_findings
from tests.small_estates import DEPLOYMENT, Small, crd, custom, small_estate

SAID = """\
schemaVersion: "1"
releases:
  web/shop:
    layer: 70-apps
    chart: own/shop
    rolloutPhase: "640"  # Kim
  web/gone:
    layer: 70-apps
    chart: own/gone
    tier: data
"""


def proposed(said: str, *releases: Small) -> tuple[Plan, tuple[Finding, ...]]:
    estate, rendered = small_estate(releases)
    graph, found = build_graph(estate, rendered)
    plan = propose_plan(estate, graph, load_plan(said, "migration.yaml") if said else None, rendered)
    findings = (*settle_findings(found, plan), *check_plan(plan, estate, graph))
    return plan, tuple(f for f in findings if f.code != "PL001")


def small(name: str, chart: str, layer: str = "70-apps") -> Small:
    return Small(name, DEPLOYMENT, layer, chart=chart)


def test_a_renamed_release_is_known_by_its_chart_and_its_answers_are_kept() -> None:
    plan, findings = proposed(SAID, small("web/store", "own/shop"), small("web/other", "own/other"))
    told = {f.code: f for f in findings}
    assert set(told) == {"PL002", "PL015", "PL016"}
    assert told["PL015"].message == (
        "the plan decides rolloutPhase of web/shop, which the estate does not have; not used. "
        "web/store of layer 70-apps is new and has the same chart own/shop: was it renamed?"
    )
    assert "write web/store in the place of web/shop" in told["PL015"].hint
    assert told["PL002"].release == "web/gone"
    assert told["PL016"].message == "1 release is new since the plan was written: web/other"
    text = dump_plan(plan, SAID)
    assert '    rolloutPhase: "640"  # Kim\n' in text.split("  web/shop:\n")[1]
    renamed = text.replace("  web/shop:\n", "  web/was:\n").replace("  web/store:\n", "  web/shop:\n")
    assert load_plan(renamed, "x").by_id()["web/was"].rollout_phase.value == "640"


def test_the_proposed_name_makes_the_answers_hold_again() -> None:
    mended = SAID.replace("  web/shop:\n", "  web/store:\n")
    plan, findings = proposed(mended, small("web/store", "own/shop"), small("web/gone", "own/gone"))
    assert plan.by_id()["web/store"].rollout_phase.value == "640"
    assert findings == ()


def test_of_several_with_the_chart_the_most_alike_is_proposed_or_none() -> None:
    _, findings = proposed(SAID, small("web/shops", "own/shop"), small("zoo/x", "own/shop"))
    assert [f.message.split(". ")[1][:9] for f in findings if f.code == "PL015"] == ["web/shops"]
    _, findings = proposed(SAID, small("q/qqqqqqq", "own/shop"), small("z/zzzzzz", "own/shop"))
    assert sorted(f.code for f in findings) == ["PL002", "PL002", "PL016"]


def test_what_cut_over_removed_and_what_has_no_answers_is_no_conflict() -> None:
    said = 'schemaVersion: "1"\nreleases: {w/done: {domain: apps, state: removed}, w/old: {layer: x}, web/a: {}}'
    plan, findings = proposed(said, small("web/a", "own/a"))
    assert not {f.code for f in findings} & {"PL002", "PL015", "PL016"}
    assert [release.id for release in plan.releases] == ["web/a", "w/done"]


READS = """\
---
apiVersion: batch/v1
kind: Job
metadata: {name: setup, namespace: w}
spec: {template: {spec: {containers: [{name: a, envFrom: [{secretRef: {name: made}}]}]}}}
"""
MADE = "---\napiVersion: v1\nkind: Secret\nmetadata: {name: made, namespace: w}\n"


@pytest.mark.parametrize(
    ("releases", "first"),
    [
        (
            (Small("w/a", crd("Thing", "c.io") + DEPLOYMENT, needs=("w/b",)), Small("w/b", custom("Thing", "c.io"))),
            "split the definitions out of w/a: a release of its own for them (a-crds, phase *10)",
        ),
        (
            (Small("w/a", READS + DEPLOYMENT), Small("w/b", MADE + DEPLOYMENT, needs=("w/a",))),
            "split Job w/setup out of w/a: a bootstrap of its own behind its runtime and behind w/b (phase *55)",
        ),
        (
            (
                Small("w/a", crd("Store", "c.io", "Cluster"), needs=("w/b",)),
                Small("w/b", DEPLOYMENT + custom("Store", "c.io")),
            ),
            "split Store some out of w/b: a release of its own behind its runtime b and behind w/a",
        ),
        (
            (Small("w/a", DEPLOYMENT, needs=("w/b",)), Small("w/b", DEPLOYMENT, needs=("w/a",))),
            "take w/a out of w/b's needs in helmfiles/10-base.yaml:20, if it can start without it",
        ),
    ],
)
def test_a_circle_is_told_once_with_both_ends_and_the_split_that_opens_it(
    releases: tuple[Small, ...], first: str
) -> None:
    _, findings = proposed("", *releases)
    (circle,) = [f for f in findings if f.severity is Severity.ERROR]
    assert circle.code == "PL013"
    assert circle.hint.startswith(first)
    for end in ("w/a (helmfiles/10-base.yaml:10)", "w/b (helmfiles/10-base.yaml:20)"):
        assert f"{end} needs " in circle.message


def test_what_hangs_on_a_circle_still_comes_after_it() -> None:
    plan, findings = proposed(
        "",
        Small("w/a", DEPLOYMENT, needs=("w/b",)),
        Small("w/b", DEPLOYMENT, needs=("w/a",)),
        Small("w/c", DEPLOYMENT, needs=("w/b",)),
    )
    phases = {r.id: r.rollout_phase.value for r in plan.releases}
    assert phases["w/c"] > max(phases["w/a"], phases["w/b"])
    assert [f.code for f in findings if f.severity is Severity.ERROR] == ["PL013"]


def test_an_edge_that_fixed_phases_break_shows_the_lines_that_fix_them() -> None:
    said = 'schemaVersion: "1"\nreleases:\n  w/a:\n    rolloutPhase: "650"\n  w/c:\n    rolloutPhase: "650"\n'
    chain = (Small("w/a", DEPLOYMENT), Small("w/b", DEPLOYMENT, needs=("w/a",)), Small("w/c", "", needs=("w/b",)))
    _, findings = proposed(said, *chain)
    (broken,) = [f for f in findings if f.severity is Severity.ERROR]
    assert broken.message == (
        "w/c (helmfiles/10-base.yaml:30; phase 650, decided at migration.yaml:6) needs "
        "w/b (helmfiles/10-base.yaml:20; phase 651, after w/a (needs in helmfiles/10-base.yaml:20)) to be there first: "
        "needs in helmfiles/10-base.yaml:30"
    )
    assert "leave rolloutPhase of w/c out of the plan" in broken.hint
