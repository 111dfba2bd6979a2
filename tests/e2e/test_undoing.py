"""A run refuses a cluster that is in use, and leaves one that it used as it was."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from tests.e2e.claim import JOURNAL, TRACKING, Journal, plan_claim, read_journal, refusals, write_journal
from tests.e2e.cleanup import RESTARTED, Cleaning, Clock
from tests.e2e.kubectl import Key, KubectlError
from tests.e2e.memory import MemoryCluster
from tests.e2e.tree import LABEL, Foretold, labelled

RUN = "run-1"


def thing(kind: str, name: str, namespace: str = "", group: str = "", **more: Any) -> dict[str, Any]:
    metadata: dict[str, Any] = {"name": name, **more.pop("metadata", {})}
    if namespace:
        metadata["namespace"] = namespace
    return {"apiVersion": f"{group}/v1" if group else "v1", "kind": kind, "metadata": metadata, **more}


def argo(kind: str, name: str, *, run: str = RUN, **more: Any) -> dict[str, Any]:
    labels = {LABEL: run} if run else {}
    return thing(kind, name, "argocd", "argoproj.io", metadata={"labels": labels}, **more)


def tracked(document: dict[str, Any], application: str) -> dict[str, Any]:
    result = copy.deepcopy(document)
    result["metadata"].setdefault("annotations", {})[TRACKING] = f"{application}:x"
    return result


SPACE = thing("Namespace", "web", metadata={"labels": {"team": "web"}})
OLD_SPACE = thing("Namespace", "argocd", metadata={"labels": {"team": "argo"}, "annotations": {"guard": "yes"}})
FRONT = thing("Deployment", "front", "web", "apps")
BACK = thing("Service", "back", "web")
HOOK = thing("Service", "hook", "default")


def application(name: str) -> dict[str, Any]:
    return argo("Application", name, spec={"destination": {"namespace": "web"}})


FORETOLD = Foretold(
    {name: application(name) for name in ("spaces", "front", "back", "parked")},
    dict.fromkeys(("spaces", "front", "back", "parked"), "components"),
    {"spaces": 1, "front": 2, "back": 3, "parked": -1},
    {"spaces": (SPACE, OLD_SPACE), "front": (FRONT,), "back": (BACK,), "parked": (thing("Service", "parked", "web"),)},
    {"spaces": (), "front": (), "back": (HOOK,), "parked": ()},
)
DOCUMENTS = [argo("AppProject", "platform"), argo("ApplicationSet", "components")]
SETTINGS = [thing("ConfigMap", "argocd-cm", "argocd", data={"tracking": "annotation", "health": "lua"})]


def before() -> list[dict[str, Any]]:
    """A cluster with Argo CD in it."""
    return [
        thing("Namespace", "argocd", metadata={"labels": {"team": "platform", "own": "1"}}),
        thing("Namespace", "default"),
        thing("ConfigMap", "argocd-cm", "argocd", data={"tracking": "label", "url": "https://argocd.example.org"}),
        argo("Application", "stranger", run=""),
        argo("AppProject", "default", run=""),
        thing("Service", "kubernetes", "default"),
    ]


def reasons(*more: dict[str, Any], plays: bool = False) -> list[str]:
    return refusals(MemoryCluster(*before(), *more), FORETOLD, DOCUMENTS, plays=plays)


def test_a_cluster_with_nothing_of_ours_may_be_used() -> None:
    assert reasons() == []
    assert reasons(plays=True) == []
    assert reasons(thing("Node", "n")) == []


@pytest.mark.parametrize(
    ("there", "reason"),
    [
        (argo("Application", "parked", run=""), "applications.argoproj.io argocd/parked exists already"),
        (argo("ApplicationSet", "components", run=""), "applicationsets.argoproj.io argocd/components exists already"),
        (argo("AppProject", "platform", run=""), "appprojects.argoproj.io argocd/platform exists already"),
        (FRONT, "deployments.apps web/front would be taken over"),
    ],
)
def test_what_exists_already_is_named_and_the_cluster_refused(there: dict[str, Any], reason: str) -> None:
    assert reasons(there) == [reason]


def test_controllers_are_played_only_where_no_node_is() -> None:
    (reason,) = reasons(thing("Node", "n"), plays=True)
    assert "--play-controllers" in reason


def test_a_second_run_is_refused_and_cannot_claim() -> None:
    cluster = MemoryCluster(*before())
    write_journal(cluster, Journal("run-0", "b"))
    (reason,) = refusals(cluster, FORETOLD, DOCUMENTS, plays=False)
    assert "run-0" in reason
    with pytest.raises(KubectlError):
        write_journal(cluster, Journal(RUN, "b"))


def test_a_cluster_without_argo_cd_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    cluster = MemoryCluster()
    monkeypatch.setattr(cluster, "resources", dict)
    assert refusals(cluster, FORETOLD, DOCUMENTS, plays=False) == ["it has no Argo CD with ApplicationSets"]


class Used:
    """A cluster after a run, and time that passes when somebody waits."""

    def __init__(self) -> None:
        self.cluster = MemoryCluster(*before())
        self.start = copy.deepcopy(self.cluster.objects)
        self.journal = plan_claim(self.cluster, FORETOLD, SETTINGS, run=RUN, branch="b")
        write_journal(self.cluster, self.journal)
        key = Key("configmaps", "argocd", "argocd-cm")
        self.cluster.patch(key, {"data": SETTINGS[0]["data"]})
        spaces = [tracked(OLD_SPACE, "spaces"), tracked(SPACE, "spaces")]
        mine = [application(name) for name in FORETOLD.applications]
        for document in (
            *DOCUMENTS,
            *mine,
            *spaces,
            tracked(FRONT, "front"),
            tracked(BACK, "back"),
            tracked(HOOK, "back"),
        ):
            if document["metadata"]["name"] == "argocd":
                labels = {"team": "platform", "own": "1"}
                document["metadata"]["labels"] = labels | document["metadata"]["labels"]
            self.cluster.apply(document)
        self.cluster.done.clear()
        self.time = 0.0

    def sleep(self, seconds: float) -> None:
        self.time += seconds

    def undo(self) -> list[str]:
        journal = read_journal(self.cluster)
        assert journal is not None
        clock = Clock(lambda: self.time, self.sleep)
        return Cleaning(self.cluster, journal, clock, lambda text: None).undo()


def test_everything_is_as_it_was() -> None:
    used = Used()
    assert used.undo() == []
    for key, document in used.start.items():
        document["metadata"].setdefault("annotations", {})
        used.cluster.objects[key]["metadata"].setdefault("annotations", {})
    assert used.cluster.objects == used.start
    assert f"restart {RESTARTED}" in used.cluster.done


def test_what_makes_goes_before_what_is_made_and_later_steps_before_earlier_ones() -> None:
    used = Used()
    used.undo()
    deletions = [line.removeprefix("delete ") for line in used.cluster.done if line.startswith("delete")]
    assert deletions[0] == "applicationsets.argoproj.io argocd/components"
    assert deletions[1:5] == [f"applications.argoproj.io argocd/{n}" for n in ("back", "front", "parked", "spaces")]
    assert deletions[5:] == [
        "services default/hook",
        "services web/back",
        "deployments.apps web/front",
        "namespaces web",
        "appprojects.argoproj.io argocd/platform",
        str(JOURNAL),
    ]


def test_what_became_somebody_elses_meanwhile_stays() -> None:
    used = Used()
    key = Key("services", "web", "back")
    used.cluster.objects[key] = tracked(BACK, "stranger")
    used.undo()
    assert f"delete {key}" not in used.cluster.done


def test_what_is_older_than_the_run_stays() -> None:
    used = Used()
    key = Key("services", "web", "back")
    used.cluster.objects[JOURNAL]["metadata"]["creationTimestamp"] = "2026-01-01T00:00:05Z"
    used.cluster.objects[key]["metadata"]["creationTimestamp"] = "2026-01-01T00:00:04Z"
    used.undo()
    assert f"delete {key}" not in used.cluster.done


@pytest.mark.parametrize(("by", "deleted"), [("", True), ("kinds", True), ("stranger", False)])
def test_definitions_carry_no_tracking_id_and_go_unless_somebody_else_has_them(by: str, deleted: bool) -> None:
    definition = thing("CustomResourceDefinition", "cats.example.org", group="apiextensions.k8s.io")
    cluster = MemoryCluster(*before(), tracked(definition, by) if by else definition)
    key = Key("customresourcedefinitions.apiextensions.k8s.io", "", "cats.example.org")
    journal = Journal(RUN, "b", ("kinds",), ((key,),))
    assert Cleaning(cluster, journal, Clock(lambda: 0, lambda seconds: None), lambda text: None).undo() == []
    assert (cluster.get(key) is None) is deleted


def test_what_stays_is_told_and_the_journal_stays_with_it_so_that_it_can_be_tried_again() -> None:
    used = Used()
    used.cluster.stuck = {Key("deployments.apps", "web", "front")}
    assert used.undo() == ["deployments.apps web/front is still there"]
    assert used.cluster.get(JOURNAL)
    used.cluster.stuck = set()
    assert used.undo() == []
    assert used.cluster.get(JOURNAL) is None


def test_while_an_applicationset_stays_no_application_is_deleted() -> None:
    used = Used()
    used.cluster.stuck = {Key("applicationsets.argoproj.io", "argocd", "components")}
    assert "applicationsets.argoproj.io argocd/components is still there" in used.undo()
    assert Key("applications.argoproj.io", "argocd", "front") in used.cluster.objects


def test_the_label_reaches_the_applications_through_their_template() -> None:
    appset = {
        "kind": "ApplicationSet",
        "metadata": {"name": "x"},
        "spec": {"template": {"metadata": {"labels": {"a": "b"}}}},
    }
    result = labelled(appset, RUN)
    assert result["metadata"]["labels"] == {LABEL: RUN}
    assert result["spec"]["template"]["metadata"]["labels"] == {"a": "b", LABEL: RUN}
    assert LABEL not in appset["metadata"]
    assert labelled({"kind": "ConfigMap", "metadata": {}}, RUN) == {"kind": "ConfigMap", "metadata": {}}
