from __future__ import annotations

from collections.abc import Callable

import pytest

from migrate.graph import build_graph
from migrate.model.graph import ReleaseGraph
from migrate.model.plan import Decision, DecisionSource, Plan
from migrate.plan import dump_plan, load_plan, propose_plan
from migrate.wizard import ScriptedAsker, run_wizard
from tests.small_estates import DEPLOYMENT, Small, small_estate

CONFIG = "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\n"
ESTATE = small_estate(
    [
        Small("argocd/argocd", DEPLOYMENT, "00-argocd", chart="argo/argo-cd"),
        Small("kube-system/coredns-settings-with-a-long-name", CONFIG, "18-coredns-config"),
        Small("web/front", DEPLOYMENT, "70-apps"),
        Small("web/back", DEPLOYMENT, "70-apps", needs=("web/front",)),
        Small("web/checks", DEPLOYMENT, "80-more-services"),
    ]
)
GRAPH: ReleaseGraph = build_graph(*ESTATE)[0]


def propose(decided: Plan | None) -> Plan:
    return propose_plan(ESTATE[0], GRAPH, decided)


class Sitting:
    """One run of the wizard with given answers, and everything that it saved."""

    def __init__(self, *answers: str, start: Plan | None = None) -> None:
        self.asker = ScriptedAsker(answers)
        self.saved: list[Plan] = []
        self.interrupted = False
        self.plan = start or propose(None)
        try:
            self.plan = run_wizard(self.plan, GRAPH, self.asker, self.saved.append, propose)
        except KeyboardInterrupt:
            self.interrupted = True

    @property
    def text(self) -> str:
        return "\n".join(self.asker.shown)


def phases(plan: Plan) -> dict[str, str]:
    return {release.component.value: release.rollout_phase.value for release in plan.releases}


def test_accepting_every_layer_makes_all_proposals_the_persons_and_changes_none() -> None:
    sitting = Sitting("accept", "accept", "accept", "")
    assert phases(sitting.plan) == phases(propose(None))
    decided = [r for r in sitting.plan.releases if r.id != "argocd/argocd"]
    assert {r.rollout_phase.source for r in decided} == {r.path.source for r in decided} == {DecisionSource.PERSON}
    assert all(release.domain.reason for release in decided)
    assert len(sitting.saved) == 3


def test_a_layer_without_applications_is_not_asked_about() -> None:
    assert not any("00-argocd" in question for question in Sitting("quit").asker.asked)


def test_what_was_decided_before_is_not_asked_again() -> None:
    first = Sitting("accept", "quit")
    written = load_plan(dump_plan(first.saved[-1], None), "migration.yaml")
    second = Sitting("accept", "accept", "", start=propose(written))
    assert second.asker.asked == ["70-apps:", "80-more-services:", "Done?"]


def test_ctrl_c_at_any_question_loses_no_answer() -> None:
    answers = ("accept", "each", "phase", "640", "take", "accept", "accept", "accept", "")
    whole = Sitting(*answers)
    assert not whole.interrupted
    for count in range(len(answers)):
        part = Sitting(*answers[:count])
        assert part.interrupted
        written = load_plan(dump_plan(part.saved[-1], None), "migration.yaml")
        decided = propose(written)
        if count >= 1:
            assert decided.by_id()["kube-system/coredns-settings-with-a-long-name"].domain.source == "person"
        if count >= 5:
            assert phases(decided)["front"] == "640"


def test_a_change_shows_what_follows_before_it_is_taken() -> None:
    sitting = Sitting("skip", "each", "phase", "653", "take", "accept", "quit")
    assert "web/front: phase 650 → 653" in sitting.text
    assert "and 1 more must move, since each comes after what it" in sitting.text
    assert "654  web/back (was 651)" in sitting.text
    assert "new steps of the ladder: 653, 654" in sitting.text
    assert phases(sitting.plan)["back"] == "654"
    assert sitting.plan.by_id()["web/front"].rollout_phase == Decision("653", DecisionSource.PERSON)


def test_a_change_that_breaks_an_edge_says_so_and_can_be_left() -> None:
    before = Sitting("skip", "accept", "quit").plan
    sitting = Sitting("skip", "skip", "70-apps", "each", "phase", "660", "leave", "quit", start=before)
    assert "breaks: web/back needs web/front first (needs in" in sitting.text
    assert phases(sitting.plan) == phases(before)


def test_going_back_shows_the_layer_before_again() -> None:
    sitting = Sitting("accept", "back", "accept", "accept", "accept", "")
    assert sitting.asker.asked[:3] == ["18-coredns-config:", "70-apps:", "18-coredns-config:"]


def test_going_back_among_releases() -> None:
    sitting = Sitting("skip", "each", "accept", "back", "accept", "accept", "quit")
    assert sitting.asker.asked[2:6] == ["web/front:", "web/back:", "web/front:", "web/back:"]


def test_going_back_from_the_first_release_shows_its_layer_again() -> None:
    sitting = Sitting("skip", "each", "back", "accept", "quit")
    assert sitting.asker.asked[1:] == ["70-apps:", "web/front:", "70-apps:", "80-more-services:"]


def test_the_first_layer_offers_no_way_back() -> None:
    with pytest.raises(ValueError, match="'back' is not offered"):
        Sitting("back")


def test_leaving_is_what_enter_does_where_an_edge_would_break() -> None:
    before = Sitting("skip", "accept", "quit").plan
    sitting = Sitting("skip", "skip", "70-apps", "each", "phase", "660", "", "quit", start=before)
    assert phases(sitting.plan) == phases(before)


def test_the_steps_of_the_band_are_shown_before_a_phase_is_typed() -> None:
    sitting = Sitting("skip", "each", "phase")
    assert "  Steps of this band: 610 620 630 640 650 651 655 699" in sitting.asker.shown


def test_a_first_sitting_says_how_it_works_and_a_second_one_how_far_it_is() -> None:
    first = Sitting("accept")
    assert "The plan of helmfiles: 4 releases, each with a proposal." in first.text
    assert "Without an Application: argocd/argocd (bootstrap)" in first.text
    second = Sitting(start=propose(first.saved[-1]))
    assert "Going on with the plan of helmfiles: 1 of 4 releases are\ndecided." in second.text
    assert "Without an Application" not in second.text


def test_releases_that_come_up_alike_stand_together_with_their_reason_once() -> None:
    sitting = Sitting("skip", "skip")
    assert sitting.text.count("it renders Deployment") == 3
    assert "  650  runtime, tier apps\n       it renders Deployment\n     * web/front  apps/front" in sitting.text


def test_what_only_a_person_may_decide_is_marked() -> None:
    asked = propose(load_plan("releases: {web/front: {ask: [rolloutPhase, tier]}}", "x"))
    sitting = Sitting("skip", "each", "skip", "skip", "skip", "", start=asked)
    assert "* web/front  (you must decide)" in sitting.text
    assert "  to decide phase, tier" in sitting.asker.shown
    assert "  convert waits for your decision about web/front" in sitting.asker.shown


def test_the_target_repository_is_asked_for_in_the_review_and_kept() -> None:
    url = "git@git.example.org:platform/target.git"
    sitting = Sitting("skip", "skip", "skip", "target:", url, "")
    assert sitting.saved[-1].repo_url == sitting.plan.repo_url == url
    assert f"  target: {url} at main" in sitting.text
    with pytest.raises(ValueError, match="such as https"):
        Sitting("skip", "skip", "skip", "target:", "nowhere")


def test_a_move_of_many_names_some_and_counts_the_rest() -> None:
    small = [Small("web/first", DEPLOYMENT, "10-web")]
    small += [Small(f"web/app-{n}", DEPLOYMENT, "10-web", needs=("web/first",)) for n in range(15)]
    estate, rendered = small_estate(small)
    graph = build_graph(estate, rendered)[0]
    asker = ScriptedAsker(["each", "phase", "660"])
    with pytest.raises(KeyboardInterrupt):
        run_wizard(
            propose_plan(estate, graph, None),
            graph,
            asker,
            lambda _: None,
            lambda plan: propose_plan(estate, graph, plan),
        )
    assert "    661  web/app-0 (was 651), web/app-1 (was 651), and 13" in asker.shown


def test_skipped_layers_stay_open_and_are_told_in_the_review() -> None:
    sitting = Sitting("skip", "skip", "skip", "")
    assert "proposed, not decided by you: 4 releases" in sitting.text
    assert {r.domain.source for r in sitting.plan.releases} == {DecisionSource.INFERRED}


def test_a_layer_can_be_looked_at_again_from_the_review() -> None:
    sitting = Sitting("accept", "accept", "accept", "70-apps", "accept", "")
    assert sitting.asker.asked[-3:] == ["Done?", "70-apps:", "Done?"]


@pytest.mark.parametrize(
    ("field", "value", "get"),
    [
        ("type", "config", lambda r: (r.component_type.value, r.rollout_phase.value)),
        ("domain", "data", lambda r: (r.domain.value, r.rollout_phase.value)),
        ("tier", "qa", lambda r: r.tier.value),
        ("project", "platform", lambda r: r.project.value),
        ("name", "shop", lambda r: (r.component.value, r.path.value)),
        ("folder", "apps/shop/front", lambda r: r.path.value),
        ("wave", "7", lambda r: r.wave.value),
    ],
)
def test_every_field_can_be_changed(field: str, value: str, get: Callable[..., object]) -> None:
    expected = {
        "type": ("config", "640"),
        "domain": ("data", "250"),
        "tier": "qa",
        "project": "platform",
        "name": ("shop", "apps/shop"),
        "folder": "apps/shop/front",
        "wave": "7",
    }
    sitting = Sitting("skip", "each", field, value, "take", "quit")
    assert get(sitting.plan.by_id()["web/front"]) == expected[field]


@pytest.mark.parametrize(("field", "value"), [("phase", "12"), ("name", "No_Name"), ("folder", "../x"), ("wave", "x")])
def test_a_value_that_cannot_be_is_not_taken(field: str, value: str) -> None:
    with pytest.raises(ValueError, match=field):
        Sitting("skip", "each", field, value)


def test_accepting_answers_what_was_marked_ask() -> None:
    asked = propose(load_plan("releases: {web/front: {ask: [rolloutPhase, tier]}}", "x"))
    assert [question.must_ask for question in asked.questions] == [True, True]
    sitting = Sitting("skip", "each", "accept", "quit", start=asked)
    assert sitting.plan.questions == ()
    assert sitting.plan.by_id()["web/front"].ask == ()


def test_nothing_that_is_shown_is_wider_than_sixty_columns() -> None:
    sitting = Sitting(
        "each", "domain", "data", "take", "skip", "each", "phase", "660", "take", "skip", "skip", "skip", ""
    )
    assert max(len(line) for line in sitting.asker.shown) <= 60
    assert "18-coredns-config  (1 release, layer 1 of 3)" in sitting.text


def test_without_proposals_an_answer_changes_that_field_alone() -> None:
    saved: list[Plan] = []
    asker = ScriptedAsker(["skip", "each", "phase", "640", "take", "quit"])
    plan = run_wizard(propose(None), GRAPH, asker, saved.append)
    assert phases(plan) == {**phases(propose(None)), "front": "640"}
