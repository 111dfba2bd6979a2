from __future__ import annotations

from dataclasses import replace

import pytest

from migrate.model.application import Expansion, ExpansionError, GeneratedApplication
from migrate.model.estate import Estate, Layer, Release
from migrate.model.finding import Severity, SourceLocation
from migrate.model.json import JsonObject
from migrate.model.manifest import Manifest, ObjectKey, Rendered
from migrate.model.plan import Decision, DecisionSource, Disposition, Plan, PlannedEnvironment, ReleasePlan
from migrate.model.report import Report, Verdict
from migrate.verify import verify_releases

HERE = SourceLocation("helmfiles/10.yaml", 4)
WEB = Release("dev", "apps", "web", "", "10", HERE, True, True, "./chart", "chart", "")
KEY = ObjectKey("", "ConfigMap", "apps", "a")
URL = "https://git.example.org/r.git"
LOCAL: JsonObject = {"name": "in-cluster", "namespace": "apps"}
SOURCE: JsonObject = {"repoURL": URL, "targetRevision": "main", "path": "chart"}
GOOD: JsonObject = {"spec": {"destination": LOCAL, "source": SOURCE}}
ONE = Rendered((Manifest(KEY, {"kind": "ConfigMap"}, "kind: ConfigMap"),))


def planned(
    name: str, component: str, disposition: Disposition = Disposition.COMPONENT, state: str = ""
) -> ReleasePlan:
    value = Decision(component, DecisionSource.DEFAULT)
    return ReleasePlan(
        f"apps/{name}", "10", disposition, value, value, value, value, value, value, value, value, state=state
    )


def verify(
    releases: tuple[Release, ...],
    entries: tuple[ReleasePlan, ...],
    applications: tuple[str, ...],
    errors: tuple[ExpansionError, ...] = (),
    manifest: JsonObject = GOOD,
    environments: tuple[PlannedEnvironment, ...] = (),
) -> Report:
    estate = Estate("helmfiles", "/x", ("dev",), (Layer("10", "10.yaml", 0),), releases)
    plan = Plan("helmfiles", URL, "main", environments, (), entries)
    expansion = Expansion(tuple(GeneratedApplication("dev", "all", name, manifest) for name in applications), errors)
    left = {(r.environment, r.id): ONE for r in releases}
    return verify_releases(estate, plan, left, expansion, {("dev", name): ONE for name in applications})


def test_a_release_pairs_with_the_application_of_its_component() -> None:
    report = verify((WEB,), (planned("web", "shop-web"),), ("shop-web",))
    (row,) = report.releases
    assert (row.id, row.application, row.verdict, row.layer) == ("apps/web", "shop-web", Verdict.EQUAL, "10")
    assert report.summary() == {"equal": 1, "explained": 0, "different": 0, "unrendered": 0}


def test_with_one_argocd_for_all_the_name_starts_with_the_environment() -> None:
    (row,) = verify((WEB,), (planned("web", "web"),), ("dev-web",)).releases
    assert (row.application, row.verdict) == ("dev-web", Verdict.EQUAL)


def test_a_release_without_application_is_different_and_says_why() -> None:
    errors = (ExpansionError("web", "no such project", "dev"),)
    (row,) = verify((WEB,), (planned("web", "web"),), (), errors).releases
    assert (row.verdict, row.application) == (Verdict.DIFFERENT, "")
    assert row.reason == "no Application deploys it: no such project"
    assert [d.object for d in row.differences] == ["ConfigMap apps/a"]


def test_a_release_that_the_plan_does_not_know_is_different() -> None:
    (row,) = verify((WEB,), (), ()).releases
    assert (row.verdict, row.reason) == (Verdict.DIFFERENT, "the plan does not know it")


def test_an_application_without_release_is_different() -> None:
    stray = verify((WEB,), (planned("web", "web"),), ("stray", "web")).releases
    assert [(r.id, r.application, r.verdict) for r in stray] == [
        ("apps/web", "web", Verdict.EQUAL),
        ("", "stray", Verdict.DIFFERENT),
    ]


def test_what_has_no_application_on_purpose_is_excluded_with_the_reason() -> None:
    releases = (
        WEB,
        replace(WEB, name="off", enabled=False),
        replace(WEB, name="gone", installed=False),
        replace(WEB, name="argocd"),
    )
    entries = (
        *(planned(name, name) for name in ("web", "off", "gone")),
        planned("argocd", "argocd", Disposition.BOOTSTRAP),
    )
    report = verify(releases, entries, ("web",))
    assert len(report.releases) == 1
    assert {e.id: e.reason for e in report.excluded} == {
        "apps/off": "parked: its condition is false here",
        "apps/gone": "parked: installed is false here",
        "apps/argocd": "the bootstrap brings it",
    }


def test_a_parked_release_must_not_have_an_application() -> None:
    report = verify((replace(WEB, enabled=False),), (planned("web", "web"),), ("web",))
    assert [(r.application, r.verdict) for r in report.releases] == [("web", Verdict.DIFFERENT)]


def test_components_of_releases_that_the_cut_over_removed_are_no_difference() -> None:
    report = verify((WEB,), (planned("web", "web"), planned("old", "old", state="removed")), ("old", "web"))
    assert [r.id for r in report.releases] == ["apps/web"]
    assert [(e.id, e.reason) for e in report.excluded] == [("apps/old", "removed from the helmfiles by the cut-over")]


def test_rows_follow_the_estate() -> None:
    releases = (replace(WEB, name="z"), replace(WEB, name="a"))
    report = verify(releases, (planned("a", "a"), planned("z", "z")), ("a", "z"))
    assert [row.id for row in report.releases] == ["apps/z", "apps/a"]


@pytest.mark.parametrize(
    ("spec", "path", "found"),
    [
        ({"destination": {"name": "other"}, "source": SOURCE}, "spec.destination.name", "other"),
        (
            {"destination": {"server": "https://10.0.0.1"}, "source": SOURCE},
            "spec.destination.server",
            "https://10.0.0.1",
        ),
        ({"destination": {}, "source": SOURCE}, "spec.destination.server", ""),
        ({"destination": LOCAL, "source": {**SOURCE, "repoURL": URL + "x"}}, "spec.source.repoURL", URL + "x"),
        ({"destination": LOCAL, "source": {**SOURCE, "targetRevision": "old"}}, "spec.source.targetRevision", "old"),
        ({"destination": LOCAL, "sources": [SOURCE, {"repoURL": "oci://x"}]}, "spec.sources[1].repoURL", "oci://x"),
        ({"destination": LOCAL}, "spec.source.repoURL", ""),
    ],
)
def test_the_same_manifests_from_or_to_elsewhere_are_different(spec: JsonObject, path: str, found: str) -> None:
    (row,) = verify((WEB,), (planned("web", "web"),), ("web",), manifest={"spec": spec}).releases
    assert row.verdict is Verdict.DIFFERENT
    (difference,) = row.differences
    assert (difference.object, difference.path, difference.right) == ("Application web", path, found)


@pytest.mark.parametrize("destination", [{"name": "in-cluster"}, {"server": "https://kubernetes.default.svc"}])
def test_the_local_cluster_has_two_names(destination: JsonObject) -> None:
    spec: JsonObject = {"destination": destination, "source": {**SOURCE, "repoURL": URL.removesuffix(".git")}}
    (row,) = verify((WEB,), (planned("web", "web"),), ("web",), manifest={"spec": spec}).releases
    assert row.verdict is Verdict.EQUAL


@pytest.mark.parametrize(
    ("context", "name", "verdict"),
    [
        ("", "blue", Verdict.EQUAL),
        ("ctx", "green", Verdict.EQUAL),
        ("ctx", "blue", Verdict.DIFFERENT),
        ("", "green", Verdict.DIFFERENT),
        ("", "in-cluster", Verdict.DIFFERENT),
    ],
)
def test_the_kube_context_of_a_release_decides_the_cluster(context: str, name: str, verdict: Verdict) -> None:
    release = replace(WEB, kube_context=context)
    entry = replace(planned("web", "web"), id=release.id)
    blue = PlannedEnvironment("dev", server="https://blue", cluster="blue", contexts={"ctx": "green"})
    spec: JsonObject = {"destination": {"name": name}, "source": SOURCE}
    (row,) = verify((release,), (entry,), ("web",), manifest={"spec": spec}, environments=(blue,)).releases
    assert row.verdict is verdict


def test_an_applicationset_that_fails_is_an_error_even_where_nothing_is_missing() -> None:
    errors = (ExpansionError("", "no such function", "dev", "extra"),)
    report = verify((WEB,), (planned("web", "web"),), ("web",), errors)
    assert [row.verdict for row in report.releases] == [Verdict.EQUAL]
    (finding,) = report.findings
    assert (finding.code, finding.severity) == ("VF001", Severity.ERROR)
    assert finding.message == "extra in dev is not generated: no such function"


def test_the_whole_applicationset_failing_is_told_on_each_release() -> None:
    errors = (ExpansionError("", "no such function", "dev", "all"),)
    releases = (WEB, replace(WEB, name="b"))
    report = verify(releases, (planned("web", "web"), planned("b", "b")), (), errors)
    assert [(row.verdict, row.reason) for row in report.releases] == [
        (Verdict.DIFFERENT, "no Application deploys it: no such function")
    ] * 2
