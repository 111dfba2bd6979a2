"""The wizard's question about component sets: once a cluster type, kept at once, and never where there is none."""

from __future__ import annotations

from pathlib import Path

import pytest

from migrate.graph import build_graph
from migrate.model.plan import DecisionSource, Plan
from migrate.plan import dump_plan, load_plan
from migrate.wizard import ScriptedAsker
from tests.small_estates import DEPLOYMENT, Small, small_estate
from tests.wizard.estate import Asked, Sitting

NAMES = ("dev", "edge1", "edge2")
TYPES = "environments: {dev: {clusterType: core}, edge1: {clusterType: edge}, edge2: {clusterType: edge}}\n"
RELEASES = (
    Small("web/front", DEPLOYMENT, "70-apps"),
    *(Small(f"web/back-{n:02}", DEPLOYMENT, "70-apps", only=("dev",)) for n in range(12)),
    Small("web/tiny", DEPLOYMENT, "70-apps", only=("edge1",)),
)


class Typed(Asked):
    """An estate of three environments, two of which are of the type edge."""

    def __init__(self) -> None:
        self.estate, rendered = small_estate(RELEASES, NAMES)
        self.graph = build_graph(self.estate, rendered)[0]


TYPED = Typed()


def decided(extra: str = "") -> Plan:
    return load_plan(TYPES + extra, "migration.yaml")


def sit(*answers: str, extra: str = "") -> Sitting:
    return Sitting(*answers, asked=TYPED, on_disk=decided(extra))


def sets(plan: Plan) -> dict[str, tuple[str, DecisionSource]]:
    return {kind: (decision.value, decision.source) for kind, decision in plan.component_sets.items()}


INFERRED, PERSON = DecisionSource.INFERRED, DecisionSource.PERSON
PROPOSED = {"core": ("whole", INFERRED), "edge": ("curated", INFERRED)}


def test_each_type_that_goes_without_something_is_asked_about_before_the_layers() -> None:
    sitting = sit("", "", "accept", "")
    assert sitting.asked == ["core is to have", "edge is to have", "70-apps", "Done?"]
    assert sets(sitting.plan) == {"core": ("whole", PERSON), "edge": ("curated", PERSON)}
    assert sitting.plan.component_sets["edge"].reason
    assert not sitting.plan.questions


def test_the_proposal_is_shown_with_its_reason_and_what_is_missing() -> None:
    sitting = sit("skip")
    assert "The cluster type core: dev" in sitting.said
    assert "* web/tiny: its condition or installed is false in dev" in sitting.said
    sitting = sit("skip", "skip")
    assert "proposed curated: 12 of 14 components in none of edge1, edge2: web/back-00" in sitting.said
    assert "and 4 more" in sitting.said
    assert all(len(line) <= 60 for line in sitting.asker.shown)


def test_another_answer_than_the_proposal_is_kept() -> None:
    sitting = sit("curated", "whole", "quit")
    assert sets(sitting.plan) == {"core": ("curated", PERSON), "edge": ("whole", PERSON)}
    written = dump_plan(sitting.plan, None)
    assert "componentSets:\n  core: curated\n  edge: whole\n" in written


def test_skipping_leaves_the_proposal_and_asks_again_the_next_time() -> None:
    sitting = sit("skip", "skip", "accept", "")
    assert sets(sitting.plan) == PROPOSED
    again = Sitting("", asked=TYPED, on_disk=load_plan(dump_plan(sitting.plan, None), "migration.yaml"))
    assert again.asked[0] == "core is to have"


def test_what_was_decided_is_not_asked_again() -> None:
    sitting = sit("accept", extra="componentSets: {core: whole, edge: curated}\n")
    assert sitting.asked[0] == "70-apps"


def test_ctrl_c_at_any_question_loses_no_answer(tmp_path: Path) -> None:
    answers = ("curated", "whole", "accept", "")
    for count in range(len(answers)):
        file = tmp_path / f"{count}.yaml"
        file.write_text(TYPES)
        with pytest.raises(KeyboardInterrupt):
            TYPED.sit(ScriptedAsker(answers[:count]), file)
        kept = load_plan(file.read_text(), "m").component_sets
        wanted = dict(zip(("core", "edge"), answers[: min(count, 2)], strict=False))
        assert {kind: d.value for kind, d in kept.items() if d.source is PERSON} == wanted
    TYPED.sit(ScriptedAsker(answers), tmp_path / "0.yaml")
    assert TYPED.sit(ScriptedAsker([""]), tmp_path / "0.yaml").component_sets["core"].source is PERSON


def test_help_is_given_and_the_same_asked_again() -> None:
    sitting = sit("help", "whole", "skip", "quit")
    assert sitting.asked[:3] == ["core is to have", "core is to have", "edge is to have"]
    assert "component.disabled.yaml" in sitting.said


def test_save_and_quit_keeps_what_was_answered() -> None:
    sitting = sit("curated", "quit")
    assert not sitting.interrupted
    assert sets(sitting.saved[-1])["core"] == ("curated", PERSON)


def test_the_review_shows_the_sets_and_undoing_takes_them_back() -> None:
    sitting = sit("curated", "skip", "accept", "undo", "undo", "finish")
    assert "cluster type core: curated (yours)" in sitting.said
    assert sets(sitting.plan) == PROPOSED


def test_an_estate_without_named_types_is_asked_nothing_of_it() -> None:
    sitting = Sitting("accept", "", asked=TYPED)
    assert sitting.asked == ["70-apps", "Done?"]
