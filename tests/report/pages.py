"""Pages of a report out of a few lines, for tests of what is written and of what a browser makes of it."""

from __future__ import annotations

from migrate.model.finding import Finding, Severity, SourceLocation
from migrate.model.graph import Edge, ReleaseGraph, ReleaseNode
from migrate.model.page import ChecklistRow, LedgerLine, ReportPage, SourceLinks
from migrate.model.plan import Decision, DecisionSource, Disposition, Plan, PlannedEnvironment, ReleasePlan, Step
from migrate.model.report import Difference, Exclusion, Explanation, ReleaseVerdict, Report, Verdict
from migrate.model.tree_diff import Fate, FieldChange, ObjectChange
from migrate.proof.page import draw_page

ENVIRONMENTS = ("dev", "production")
ALARM = "<script>alert(1)</script>"
HOSTILE = f"{ALARM}<img src=x onerror=alert(1)>\"><b onclick='alert(1)'>&amp;]]>--><!--</style></title></details>"
TOKEN = "ghp_" + "aB3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0dF3hJ6"


def decision(value: str, reason: str = "") -> Decision:
    return Decision(value, DecisionSource.INFERRED if reason else DecisionSource.DEFAULT, reason)


def planned(name: str, layer: str, phase: str, tier: str = "data", word: str = "") -> ReleasePlan:
    short = name.rpartition("/")[2]
    return ReleasePlan(
        id=name,
        layer=layer,
        disposition=Disposition.COMPONENT,
        domain=decision("data", f"the chart says so {word}"),
        tier=decision(tier),
        component_type=decision("runtime"),
        rollout_phase=decision(phase, "the step of what runs"),
        wave=decision(phase),
        project=decision("data-services"),
        component=decision(f"{short}{word}"),
        path=decision(f"data/{short}"),
    )


def small_page(word: str = "", links: SourceLinks | None = None) -> ReportPage:
    """Four releases in two layers and two environments, one of every verdict; ``word`` is in every text."""
    layers = (f"10-base{word}", "40-data")
    ids = (f"web/front{word}", "data/store", "data/users", "data/broken")
    homes = (layers[0], layers[1], layers[1], layers[1])
    place = SourceLocation(f"helmfiles/40 data{word}.yaml", 12)
    edges = tuple(
        Edge(before, after, kind, f"{evidence} {word}", ENVIRONMENTS, place)
        for before, after, kind, evidence in (
            (ids[0], ids[1], "needs", "needs in helmfiles/40-data.yaml:31"),
            (ids[1], ids[2], "secret", "Deployment data/users → Secret data/store"),
        )
    )
    nodes = tuple(
        ReleaseNode(name, layer, place, ENVIRONMENTS if name != ids[3] else ())
        for name, layer in zip(ids, homes, strict=True)
    )
    graph = ReleaseGraph(nodes, edges, hints=((layers[0], layers[1]),))
    explained = Explanation("hook-mapping", 2, f"Argo CD runs Helm hooks in its own phases: Job data/store {word}")
    different = Difference(
        f"ConfigMap data/users {word}", f"data.a {word}", f'"1{word}"', f'"2{word}"', f"v.yaml {word}"
    )
    rows = (
        ReleaseVerdict("dev", ids[0], "front", Verdict.EQUAL, objects=2, layer=layers[0]),
        ReleaseVerdict("production", ids[0], "front", Verdict.EQUAL, objects=2, layer=layers[0]),
        ReleaseVerdict("dev", ids[1], "store", Verdict.EXPLAINED, explanations=(explained,), layer=layers[1]),
        ReleaseVerdict("production", ids[1], "store", Verdict.EXPLAINED, explanations=(explained,), layer=layers[1]),
        ReleaseVerdict("dev", ids[2], "users", Verdict.DIFFERENT, differences=(different,), layer=layers[1]),
        ReleaseVerdict("dev", ids[3], "broken", Verdict.UNRENDERED, reason=f"it fails {word}", layer=layers[1]),
        ReleaseVerdict("dev", "", f"stray{word}", Verdict.DIFFERENT, reason=f"helmfile deploys no such release {word}"),
    )
    changed = ObjectChange(
        f"Job.batch data/store {word}",
        Fate.CHANGED,
        (
            FieldChange(f"metadata.annotations[{word}]", f'"old {word}"', f'"new {word}"'),
            FieldChange(
                "data.text", '"…"', '"…"', ("@@ -1,2 +1,2 @@", f" same {word}", f"-left {word}", f"+right {word}")
            ),
            FieldChange("spec.token", "", f'"{TOKEN}"'),
        ),
    )
    added = ObjectChange(f"CustomResourceDefinition x {word}", Fate.ADDED, lines=("kind: X", f"name: {word}"))
    phases = ("130", "250", "260", "250")
    return ReportPage(
        environments=ENVIRONMENTS,
        report=Report(
            rows,
            excluded=(Exclusion("production", ids[2], f"parked: its condition is false here {word}"),),
            tree_hash="0123456789abcdef" * 4,
            kube_versions=dict.fromkeys(ENVIRONMENTS, "1.34.0"),
            timings={"read": 1.0},
        ),
        plan=Plan(
            estate=f"helmfiles{word}",
            repo_url="https://git.example.com/platform/gitops.git",
            revision="main",
            environments=tuple(PlannedEnvironment(name) for name in ENVIRONMENTS),
            ladder=(Step("130", "1"), Step("250"), Step("260", inserted=True), Step("300")),
            releases=tuple(
                planned(name, layer, phase, word=word) for name, layer, phase in zip(ids, homes, phases, strict=True)
            ),
        ),
        graph=graph,
        findings=(
            Finding("VF001", Severity.ERROR, f"it broke {word}", f"mend it {word}", place, ids[2], "dev"),
            Finding("HF020", Severity.WARNING, f"a placeholder stands in {word}", "", place),
            Finding("HF001", Severity.INFO, f"good to know {word}"),
        ),
        changes={(name, ids[1]): (changed, added) for name in ENVIRONMENTS},
        ledger=(
            LedgerLine(ids[0], ENVIRONMENTS, f"chart{word}", True, f"component.yaml: chart.path {word}", "", place),
            LedgerLine(
                ids[0], ("dev",), "wait", False, f"Argo CD waits for health {word}", f"nothing to do {word}", place
            ),
        ),
        checklist=(ChecklistRow(layers[0], 1, {"planned": "yes", "committed": "no", "adopted": "unknown"}),),
        drawings=draw_page(graph),
        links=links or SourceLinks(),
    )
