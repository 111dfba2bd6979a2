"""The walk, answered from a list: what is asked, what is shown, what each answer does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from migrate.model.plan import Decision, DecisionSource, Disposition, Plan
from migrate.plan import dump_plan, load_plan
from migrate.plan.fields import PROJECTS, TIERS
from migrate.plan.ladder import BANDS, STEPS
from migrate.wizard.questions import HELP_TEXTS, OFFERED
from tests.small_estates import DEPLOYMENT, Small
from tests.wizard.estate import RELEASES as SMALL_RELEASES
from tests.wizard.estate import SMALL, Asked, Sitting

propose = SMALL.propose


def phases(plan: Plan) -> dict[str, str]:
    return {release.component.value: release.rollout_phase.value for release in plan.releases}


def test_accepting_every_layer_makes_all_proposals_the_persons_and_changes_none() -> None:
    sitting = Sitting("accept", "accept", "accept", "")
    assert phases(sitting.plan) == phases(propose(None))
    decided = [r for r in sitting.plan.releases if r.id != "argocd/argocd"]
    assert {r.rollout_phase.source for r in decided} == {r.path.source for r in decided} == {DecisionSource.PERSON}
    assert all(release.domain.reason for release in decided)
    assert len(sitting.saved) == 4  # one an answer, and the end


def test_a_layer_without_applications_is_not_asked_about() -> None:
    assert not any("00-argocd" in question for question in Sitting("quit").asked)


def test_what_was_decided_before_is_not_asked_again() -> None:
    first = Sitting("accept", "quit")
    written = load_plan(dump_plan(first.saved[-1], None), "migration.yaml")
    second = Sitting("accept", "accept", "", start=propose(written))
    assert second.asked == ["70-apps", "80-more-services", "Done?"]


def test_ctrl_c_at_any_question_loses_no_answer() -> None:
    answers = ("accept", "each", "phase", "640", "take", "accept", "accept", "accept", "")
    whole = Sitting(*answers)
    assert not whole.interrupted
    for count in range(len(answers)):
        part = Sitting(*answers[:count])
        assert part.interrupted
        assert bool(part.saved) == (count >= 1)
        decided = propose(load_plan(dump_plan(part.plan, None), "migration.yaml"))
        if count >= 1:
            assert decided.by_id()["kube-system/coredns-settings-with-a-long-name"].domain.source == "person"
        if count >= 5:
            assert phases(decided)["front"] == "640"


def test_a_change_shows_what_follows_before_it_is_taken() -> None:
    sitting = Sitting("skip", "each", "phase", "653", "take", "accept", "quit")
    assert "web/front: phase 650 → 653" in sitting.text
    assert "and with it 1 more, since each comes after what it needs: phase 654: web/back (was 651)" in sitting.said
    assert "new steps of the ladder: 653, 654" in sitting.text
    assert phases(sitting.plan)["back"] == "654"
    assert sitting.plan.by_id()["web/front"].rollout_phase == Decision("653", DecisionSource.PERSON)


def test_going_back_shows_the_layer_before_again() -> None:
    sitting = Sitting("accept", "back", "accept", "accept", "accept", "")
    assert sitting.asked[:3] == ["18-coredns-config", "70-apps", "18-coredns-config"]


def test_going_back_among_releases() -> None:
    sitting = Sitting("skip", "each", "accept", "back", "accept", "accept", "quit")
    assert sitting.asked[2:6] == ["web/front", "web/back", "web/front", "web/back"]


def test_going_back_from_the_first_release_shows_its_layer_again() -> None:
    sitting = Sitting("skip", "each", "back", "accept", "quit")
    assert sitting.asked[1:] == ["70-apps", "web/front", "70-apps", "80-more-services"]


def test_the_first_layer_offers_no_way_back() -> None:
    with pytest.raises(ValueError, match="'back' is not offered"):
        Sitting("back")


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


def test_skipped_layers_stay_open_and_are_told_in_the_review() -> None:
    sitting = Sitting("skip", "skip", "skip", "")
    assert "proposed, not decided by you: 4 releases" in sitting.text
    assert {r.domain.source for r in sitting.plan.releases} == {DecisionSource.INFERRED}


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


MOVED = ("each", "phase", "660", "leave")


def test_what_an_answer_would_break_is_told_with_both_ends_before_it_is_taken() -> None:
    before = Sitting("skip", "accept", "quit").plan
    sitting = Sitting("skip", "skip", "find", "70-apps", "layer:1", *MOVED, "quit", start=before)
    told = sitting.said.partition("BREAKS: ")[2]
    for end in ("web/back", "phase 651", "helmfiles/70-apps.yaml:40", "web/front", "phase 660", "70-apps.yaml:30"):
        assert end in told
    assert phases(sitting.plan) == phases(before)


def test_leaving_is_what_enter_does_where_an_edge_would_break() -> None:
    before = Sitting("skip", "accept", "quit").plan
    sitting = Sitting("skip", "skip", "find", "70-apps", "layer:1", *MOVED[:3], "", "quit", start=before)
    assert phases(sitting.plan) == phases(before)


def test_a_broken_edge_stands_in_the_review_and_beside_its_answer() -> None:
    before = Sitting("skip", "accept", "quit").plan
    sitting = Sitting("find", "front", "web/front", "phase", "660", "take", "back", "skip", "skip", "", start=before)
    assert "BREAKS: web/back" in sitting.said.partition("Review:")[2]
    labels = [option.label for option in sitting.asker.offered[-1]]
    assert "save and finish, 1 broken" in labels


def test_two_releases_of_one_name_are_told_before_it_is_taken() -> None:
    sitting = Sitting("skip", "each", "name", "back", "leave", "quit")
    assert "BREAKS: web/front and web/back would share the Application back" in sitting.said


def test_releases_that_come_up_alike_stand_together_with_their_reasons_once() -> None:
    sitting = Sitting("skip", "skip")
    assert sitting.text.count("it renders Deployment") == 3
    assert (
        "  650  runtime, tier apps\n       it renders Deployment\n       apps: layer 70-apps says apps\n"
        "     * web/front  apps/front"
    ) in sitting.text


def test_the_evidence_stands_beside_a_release_and_all_of_it_on_request() -> None:
    needs = tuple(f"web/app-{n}" for n in range(6))
    asked = Asked((*(Small(name, DEPLOYMENT, "10-web") for name in needs), Small("web/last", "", "20-web", needs)))
    sitting = Sitting("skip", "each", "evidence", "quit", asked=asked)
    first, _, whole = sitting.text.partition("web/last: 1 of 1 in 20-web")[2].partition("web/last: 1 of 1 in 20-web")
    assert "evidence  stated at helmfiles/20-web.yaml:70" in first
    assert "chart ./charts/own/some" in first
    assert "web/app-0 (650): needs in helmfiles/20-web.yaml:70" in " ".join(first.split())
    assert "and 2 more" in first
    assert "and 2 more" not in whole
    assert all(name in whole for name in needs)


def test_a_guess_is_marked_and_can_be_looked_at_alone() -> None:
    asked = Asked((Small("web/known", DEPLOYMENT, "70-apps"), Small("web/unknown", "", "70-apps")))
    sitting = Sitting("look", "accept", "quit", asked=asked)
    assert "* web/unknown (a guess: type) apps/unknown" in sitting.said
    assert sitting.asked == ["70-apps", "web/unknown", "70-apps"]


MARKED = load_plan("releases: {web/front: {ask: [rolloutPhase, tier]}}", "migration.yaml")


def test_what_only_a_person_may_decide_is_marked() -> None:
    sitting = Sitting("skip", "each", "skip", "skip", "skip", "", on_disk=MARKED)
    assert "* web/front (you must decide: phase, tier)" in sitting.said
    assert "  to decide phase, tier" in sitting.asker.shown
    assert "convert waits for your decision about web/front (phase, tier)" in sitting.said
    assert "save and finish, 1 not decided" in [option.label for option in sitting.asker.offered[-1]]


def test_accepting_a_release_answers_what_was_marked_ask() -> None:
    asked = propose(MARKED)
    assert [question.must_ask for question in asked.questions] == [True, True]
    sitting = Sitting("skip", "each", "accept", "quit", start=asked)
    assert sitting.plan.questions == ()
    assert sitting.plan.by_id()["web/front"].ask == ()


def test_accepting_a_layer_asks_what_only_a_person_may_decide() -> None:
    sitting = Sitting("skip", "accept", "accept", "accept", "", on_disk=MARKED)
    assert sitting.asked == ["18-coredns-config", "70-apps", "web/front", "80-more-services", "Done?"]
    passed = Sitting("skip", "accept", "skip", "quit", on_disk=MARKED).plan.by_id()["web/front"]
    assert (passed.tier.source, passed.domain.source) == ("inferred", "person")
    assert passed.ask == ("rolloutPhase", "tier")


def test_one_answer_serves_all_of_a_layer() -> None:
    sitting = Sitting("skip", "several", "project", "all of 70-apps", "platform", "take", "quit")
    projects = {r.id: (r.project.value, r.project.source) for r in sitting.plan.releases if r.layer == "70-apps"}
    assert projects == {"web/front": ("platform", "person"), "web/back": ("platform", "person")}
    assert "project platform: web/front (was apps), web/back (was apps)" in sitting.said
    assert len(sitting.saved) == 2


def test_one_answer_serves_all_of_a_kind_of_the_estate() -> None:
    sitting = Sitting("skip", "several", "tier", "all runtime of the estate", "qa", "take", "quit")
    tiers = {r.id for r in sitting.plan.releases if r.tier == Decision("qa", DecisionSource.PERSON)}
    assert tiers == {"web/front", "web/back", "web/checks"}


def test_an_answer_for_several_that_breaks_an_edge_says_so_and_is_left() -> None:
    sitting = Sitting("skip", "several", "phase", "all of 70-apps", "650", "", "quit")
    assert "BREAKS: web/back (" in sitting.said
    assert phases(sitting.plan) == phases(propose(None))


def test_all_proposals_of_a_kind_are_accepted_at_once_but_for_those_that_must_be_asked() -> None:
    sitting = Sitting("several", "accept", "all releases of the estate", "quit", on_disk=MARKED)
    left = [release.id for release in sitting.plan.releases if release.tier.source == "inferred"]
    assert left == ["argocd/argocd", "web/front"]
    assert "accepted: all releases of the estate (4)" in sitting.said


@pytest.mark.parametrize("answers", [("several", "none"), ("several", "tier", "none"), ("find", "front", "none")])
def test_what_was_begun_can_be_left_again(answers: tuple[str, ...]) -> None:
    sitting = Sitting("skip", *answers, "quit")
    assert sitting.asked[-1] == "70-apps"
    assert sitting.plan == propose(None)


def test_a_release_is_found_and_asked_about_and_then_one_is_back() -> None:
    sitting = Sitting("find", "CHECKS", "web/checks", "accept", "quit")
    assert sitting.asked == [
        "18-coredns-config",
        "part of a name",
        "Go to",
        "web/checks",
        "18-coredns-config",
    ]
    assert sitting.plan.by_id()["web/checks"].tier.source == "person"


def test_a_layer_is_found_and_the_walk_goes_on_there() -> None:
    sitting = Sitting("find", "70", "layer:1", "accept", "accept", "")
    assert sitting.asked[3:] == ["70-apps", "80-more-services", "Done?"]


def test_a_name_that_nothing_has_is_told() -> None:
    assert "no release and no layer has nowhere in its name" in Sitting("find", "nowhere", "quit").said


def test_of_many_finds_the_first_are_offered_and_all_are_counted() -> None:
    asked = Asked(tuple(Small(f"web/app-{n:02}", DEPLOYMENT, "10-web") for n in range(20)))
    sitting = Sitting("find", "app", asked=asked)
    assert "20 releases have app; here are the first 12" in sitting.said
    assert [option.value for option in sitting.asker.offered[-1]][:2] == ["web/app-00", "web/app-01"]


def test_help_tells_about_the_question_and_asks_it_again() -> None:
    sitting = Sitting("help", "skip", "each", "help", "phase", "?", "653", "help", "leave", "quit")
    for kind in ("layer", "release", "phase", "take"):
        assert " ".join(HELP_TEXTS[kind].split()) in sitting.said
    assert sitting.asked.count("phase") == 2


def test_the_values_that_are_offered_are_those_that_a_plan_may_have() -> None:
    assert set(OFFERED["domain"]) == set(BANDS)
    assert set(OFFERED["type"]) == set(STEPS)
    assert set(OFFERED["tier"]) == set(TIERS)
    assert set(OFFERED["project"]) == set(PROJECTS)


def test_every_question_says_where_one_is_and_how_much_is_open() -> None:
    questions = Sitting("accept", "each", "accept", "quit").asker.asked
    assert questions == [
        "18-coredns-config (layer 1 of 3, 4 open):",
        "70-apps (layer 2 of 3, 3 open):",
        "web/front (1 of 2 in 70-apps, 3 open):",
        "web/back (2 of 2 in 70-apps, 2 open):",
    ]


def test_a_layer_that_is_half_done_goes_on_with_its_open_releases() -> None:
    first = Sitting("skip", "each", "accept", "quit")
    sitting = Sitting("skip", "", "accept", "quit", start=propose(first.plan))
    assert sitting.asked == ["18-coredns-config", "70-apps", "web/back", "80-more-services"]


def test_the_review_tells_what_is_not_as_proposed_and_what_follows() -> None:
    sitting = Sitting("skip", "each", "phase", "653", "take", "skip", "skip", "skip", "")
    told = sitting.said.partition("Review:")[2]
    assert "Not as proposed: 2 releases web/front: phase 650 → 653 web/back: phase 651 → 654 (follows)" in told
    assert "the file was not there when you began" in told
    assert "Not as proposed: nothing" in Sitting("accept", "accept", "accept", "").said


def test_the_review_tells_what_is_not_as_in_the_file() -> None:
    before = Sitting("skip", "each", "phase", "653", "take", "accept", "accept", "skip", "").plan
    on_disk = load_plan(dump_plan(before, None), "migration.yaml")
    same = Sitting("skip", "skip", "", on_disk=on_disk).said
    assert "Not as in the file when you began: no value; 0 releases decided since" in same
    sitting = Sitting("accept", "each", "tier", "qa", "take", "accept", "", on_disk=on_disk)
    told = sitting.said.rpartition("Review:")[2]
    assert "Not as in the file when you began: values of 1 release; 2 releases decided since web/checks:" in told
    assert "web/checks: tier apps → qa" in told


def test_a_sitting_can_be_undone_in_the_review() -> None:
    sitting = Sitting("accept", "skip", "skip", "undo", "leave", "undo", "undo", "")
    assert "This would leave 1 release open again" in sitting.said
    assert sitting.saved[0] != sitting.saved[-1] == propose(None)


def test_the_review_leads_to_what_is_open_and_back_to_the_last_layer() -> None:
    sitting = Sitting("accept", "skip", "accept", "open", "accept", "back", "accept", "")
    assert sitting.asked == [
        "18-coredns-config",
        "70-apps",
        "80-more-services",
        "Done?",
        "70-apps",
        "Done?",
        "80-more-services",
        "Done?",
    ]


def test_a_persons_answers_about_a_release_can_be_taken_back() -> None:
    sitting = Sitting("skip", "each", "phase", "653", "take", "propose", "take", "quit")
    assert "web/front: phase 653 → 650" in sitting.said
    assert sitting.plan == propose(None)


def test_the_target_repository_is_asked_for_in_the_review_and_kept() -> None:
    url = "git@git.example.org:platform/target.git"
    sitting = Sitting("skip", "skip", "skip", "target", url, "")
    assert sitting.saved[-1].repo_url == sitting.plan.repo_url == url
    assert f"target: {url} at main" in sitting.said
    with pytest.raises(ValueError, match="such as https"):
        Sitting("skip", "skip", "skip", "target", "nowhere")


def test_a_move_of_many_names_some_and_counts_the_rest() -> None:
    small = [Small("web/first", DEPLOYMENT, "10-web")]
    small += [Small(f"web/app-{n}", DEPLOYMENT, "10-web", needs=("web/first",)) for n in range(15)]
    sitting = Sitting("each", "phase", "660", asked=Asked(tuple(small)))
    assert "phase 661: web/app-0 (was 651), web/app-1 (was 651), web/app-2 (was 651), and 12 more" in sitting.said


LONG = "namespace-of-a-team/" + "-".join(f"part{n}" for n in range(12))


def test_nothing_that_is_shown_is_wider_than_sixty_columns_and_no_name_is_lost() -> None:
    asked = Asked((Small(LONG, DEPLOYMENT, "70-apps"), *SMALL_RELEASES))
    sitting = Sitting("each", "domain", "data", "take", "skip", "skip", "skip", "skip", "skip", "", asked=asked)
    assert max(len(line) for line in sitting.asker.shown) <= 60
    assert LONG in "".join(line.strip() for line in sitting.asker.shown)
    assert "…" not in sitting.text


def test_an_answer_is_saved_even_where_a_release_has_no_application() -> None:
    parked = propose(None).by_id()["web/checks"]
    plan = replace(propose(None), releases=(replace(parked, disposition=Disposition.RETIRED),))
    assert Sitting("", start=plan).asked == ["Done?"]
