from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate.doors.yaml import load_yaml
from migrate.errors import UsageError
from migrate.graph import build_graph
from migrate.model.plan import Decision, DecisionSource, Plan, ProjectRole
from migrate.plan import dump_plan, load_plan, propose_plan
from migrate.plan.comments import keep_comments
from tests.small_estates import DEPLOYMENT, Small, crd, small_estate

RELEASES = (Small("w/a", DEPLOYMENT, "70-apps"), Small("w/b", DEPLOYMENT, "70-apps", needs=("w/a",)))


def rewritten(text: str, releases: tuple[Small, ...] = RELEASES) -> str:
    estate, rendered = small_estate(releases, ("dev", "prod"))
    graph, _ = build_graph(estate, rendered)
    decided = load_plan(text, "migration.yaml") if text else None
    return dump_plan(propose_plan(estate, graph, decided, rendered), text or None)


def test_a_new_file_is_read_back_and_written_the_same() -> None:
    text = rewritten("")
    assert rewritten(text) == text
    assert load_yaml(text)["releases"]["w/b"]["rolloutPhase"] == {  # type: ignore[index,call-overload]
        "value": "651",
        "source": "inferred",
        "reason": "after w/a (needs in helmfiles/70-apps.yaml:20)",
    }


def test_the_added_step_is_written_and_made_anew() -> None:
    text = rewritten("")
    assert 'insertedSteps: ["651"]' in text
    assert "insertedSteps" not in rewritten(text, (Small("w/a", DEPLOYMENT, "70-apps"),))


def test_a_bare_value_is_a_persons_and_stays_bare_with_its_comments() -> None:
    said = """\
# Ours.
releases:
  w/a:
    # asked Kim about it
    rolloutPhase: 640  # before the rest
"""
    text = rewritten(said)
    assert '    # asked Kim about it\n    rolloutPhase: "640"  # before the rest\n' in text
    assert "# Ours.\nreleases:\n" in text
    assert rewritten(text) == text
    assert load_plan(text, "x").by_id()["w/a"].rollout_phase == Decision("640", DecisionSource.PERSON)


def test_phases_keep_their_leading_zero() -> None:
    plan = load_plan("releases: {w/a: {rolloutPhase: 010}, w/b: {rolloutPhase: 20}}", "x")
    assert [release.rollout_phase.value for release in plan.releases] == ["010", "020"]


def test_answers_about_absent_releases_stay_in_the_file_and_inferred_values_go() -> None:
    both = rewritten('releases: {w/b: {rolloutPhase: {value: "660", source: person, reason: late}}}')
    less = rewritten(both, RELEASES[:1])
    assert 'rolloutPhase: {value: "660", source: person, reason: late}' in less
    assert "w/a" in less
    without = rewritten(rewritten(""), RELEASES[:1])
    assert "w/b" not in without


def test_everything_that_a_person_may_say_survives() -> None:
    said = """\
estate: helmfiles
target: {repoURL: "https://git.example.org/ops.git", revision: release}
layout: shared
appsets: per-project
steps: tier
handover: done
layerHandover: {70-apps: manual}
removal: delete
argocdVersion: 3.1
environments:
  prod: {cluster: east, server: "https://east.example.org", kubeVersion: 1.33.1, apiVersions: [a/v1, b/v1]}
secrets: {"values/x.yaml#token": externalise, y: "plaintext: accepted"}
ladder: [{phase: "100"}, {phase: "650", maxUpdate: 10%}, "699"]
releases:
  w/a:
    disposition: retired
    syncOptions: [Replace=true]
    ignoreDifferences: [{kind: Secret, jsonPointers: [/data]}]
    pins: {reason: random, values: {admin: {existingSecret: x}}}
    ask: [tier]
    state: fenced
"""
    first = load_plan(said, "x")
    text = rewritten(said)
    plan = load_plan(text, "x")
    assert rewritten(text) == text
    for name in ("repo_url", "revision", "layout", "appsets", "steps", "handover", "layer_handover", "removal"):
        assert getattr(plan, name) == getattr(first, name)
    assert (plan.argocd_version, plan.secrets_policy) == ("3.1", first.secrets_policy)
    assert [e.name for e in plan.environments] == ["prod", "dev"]
    assert plan.environments[0] == first.environments[0]
    assert [step for step in plan.ladder if not step.inserted] == list(first.ladder)
    release, before = plan.by_id()["w/a"], first.by_id()["w/a"]
    for name in ("disposition", "sync_options", "ignore_differences", "pins", "pin_reason", "ask", "state"):
        assert getattr(release, name) == getattr(before, name)
    assert release.pins == {"admin": {"existingSecret": "x"}}


@pytest.mark.parametrize(
    ("text", "told", "line"),
    [
        ("estate: [", "", 1),
        ("releases:\n  w/a:\n    rolloutPhaze: 1\n", "has no key rolloutPhaze", 3),
        ("layout: round\n", "layout cannot be 'round'", 1),
        ("\nreleases: []\n", "releases must be a mapping", 2),
        ("releases:\n  w/a: {tier: {value: x, source: guessed}}\n", "source cannot be 'guessed'", 2),
        ("ladder: [{phase: 20}, {phase: 10}]\n", "must ascend", 1),
        ("ladder: [{phase: x1}]\n", "three digits", 1),
        ("schemaVersion: 7\n", "schemaVersion 7", 1),
        ("schemaVersion: soon\n", "schemaVersion soon", 1),
        ('schemaVersion: "1"\nreleases: {w/a: {phase: 650}}', "has no key phase", 2),
        ('schemaVersion: "1"\nrevision: main\n', "has no key revision", 2),
        ("handover: {value: done, source: guessed}", "source cannot be 'guessed'", 1),
        ("releases: {w/a: {syncOptions: Replace=true}}", "must be a list", 1),
        ("releases: {w/a: {ask: [colour]}}", "cannot be 'colour'", 1),
        ("releases: {w/a: {disposition: gone}}", "cannot be 'gone'", 1),
        ("handover: done\nhandover: manual\n", "already defined", 2),
    ],
)
def test_a_fault_in_the_file_is_told_with_its_line(text: str, told: str, line: int) -> None:
    with pytest.raises(UsageError) as caught:
        load_plan(text, "migration.yaml")
    assert told in caught.value.message
    assert caught.value.source is not None
    assert (caught.value.source.file, caught.value.source.line) == ("migration.yaml", line)


def test_a_near_miss_gets_a_suggestion() -> None:
    with pytest.raises(UsageError) as caught:
        load_plan("releases: {w/a: {rolloutPhaze: 1}}", "x")
    assert caught.value.hint == "did you mean rolloutPhase?"


def test_an_empty_file_is_a_plan_without_decisions() -> None:
    assert load_plan("", "x").releases == ()
    assert load_plan("# nothing yet\n", "x").releases == ()


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), min_size=1, max_size=30))
def test_any_reason_survives(reason: str) -> None:
    said = Plan("helmfiles", "u", "main", (), (), ())
    estate, rendered = small_estate(RELEASES)
    graph, _ = build_graph(estate, rendered)
    proposed = propose_plan(estate, graph, said)
    from dataclasses import replace

    decided = replace(proposed.releases[0], tier=Decision("infra", DecisionSource.PERSON, reason))
    text = dump_plan(replace(proposed, releases=(decided, *proposed.releases[1:])), None)
    assert load_plan(text, "x").by_id()["w/a"].tier == Decision("infra", DecisionSource.PERSON, reason)


def test_a_default_says_so_and_a_persons_word_for_the_same_stands() -> None:
    text = rewritten("")
    assert "handover: {value: manual, source: default}\n" in text
    assert '    kubeVersion: {value: "1.34.0", source: default}\n' in text
    said = "handover: manual\nenvironments: {dev: {cluster: {value: in-cluster, source: person}}}\n"
    mine = rewritten(said)
    assert "\nhandover: manual\n" in mine
    assert "\n    cluster: in-cluster\n" in mine
    assert "\nlayout: {value: environments, source: default}\n" in mine
    assert rewritten(mine) == mine
    assert load_plan("handover: {value: done, source: default}", "x").handover == "manual"


def test_a_file_without_a_version_is_brought_up_and_says_how() -> None:
    said = """\
repoURL: https://git.example.org/ops.git
revision: release
releases:
  w/a:
    phase: 640  # Kim
    type: config
    folder: apps/ours
    name: ours
"""
    plan = load_plan(said, "migration.yaml")
    release = plan.by_id()["w/a"]
    assert (plan.repo_url, plan.revision) == ("https://git.example.org/ops.git", "release")
    assert (release.rollout_phase.value, release.component_type.value) == ("640", "config")
    assert (release.path.value, release.component.value) == ("apps/ours", "ours")
    (finding,) = plan.findings
    assert finding.code == "PL014"
    assert finding.message == (
        "migration.yaml is of version 0 and was read as version 1: repoURL → target.repoURL (line 1), "
        "revision → target.revision (line 2), phase → rolloutPhase (line 5), type → componentType (line 6), "
        "folder → path (line 7), name → component (line 8)"
    )
    text = rewritten(said)
    assert 'schemaVersion: "1"' in text
    assert "# Kim" in text
    again = load_plan(text, "migration.yaml")
    assert again.findings == ()
    assert again.by_id()["w/a"].path.value == "apps/ours"


@pytest.mark.parametrize("version", ['schemaVersion: "1"', "schemaVersion: 1"])
def test_version_one_needs_no_change(version: str) -> None:
    assert load_plan(f"{version}\nreleases: {{w/a: {{rolloutPhase: 640}}}}", "x").findings == ()


def test_sync_options_are_proposed_with_their_reason_and_a_person_may_say_otherwise() -> None:
    big = "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: big}\ndata: {}\n" + crd("A", "a.org")
    text = rewritten("", (Small("web/a", big, "20-operators"),))
    reason = "helmfile creates web, and no release renders it"
    assert f'      - {{value: "CreateNamespace=true", source: inferred, reason: "{reason}"}}' in text
    assert '      - {value: "ServerSideApply=true", source: inferred, reason: ' in text
    said = text.replace("    syncOptions:\n", '    syncOptions:\n      - "ServerSideApply=false"  # Kim\n')
    mine = rewritten(said, (Small("web/a", big, "20-operators"),))
    assert "ServerSideApply=true" not in mine
    assert load_plan(mine, "x").by_id()["web/a"].sync_options == ("ServerSideApply=false",)
    assert "# Kim" in mine
    assert rewritten(mine, (Small("web/a", big, "20-operators"),)) == mine


NAMES = st.sampled_from(["w/a", "w/b", "w/c", "x/gone", "ctx/w/d"])
ANSWERS = st.fixed_dictionaries(
    {},
    optional={
        "domain": st.sampled_from(["data", "apps", "platform"]),
        "tier": st.sampled_from(["infra", "data"]),
        "rolloutPhase": st.integers(100, 699).map(str),
        "path": st.sampled_from(["apps/x", "data/stores/y"]),
        "ask": st.just(["tier"]),
        "syncOptions": st.just(["Replace=true"]),
        "pins": st.just({"reason": "random", "values": {"a": {"b": 1}}}),
    },
)


@given(st.dictionaries(NAMES, ANSWERS, max_size=4))
def test_answers_survive_a_round_trip_and_the_same_input_gives_the_same_plan(answers: dict[str, Any]) -> None:
    said = json.dumps({"schemaVersion": "1", "releases": answers})
    before = load_plan(said, "x").by_id()
    text = rewritten(said)
    after = load_plan(text, "x").by_id()
    assert rewritten(text) == text
    assert rewritten(said) == text
    for name, given_ in answers.items():
        if name not in ("w/a", "w/b") and not given_:
            continue
        for field in ("domain", "tier", "rollout_phase", "path"):
            decision = getattr(before[name], field)
            if decision.value:
                assert getattr(after[name], field) == decision
        assert (after[name].pins, after[name].sync_options) == (before[name].pins, before[name].sync_options)
        if name in ("w/a", "w/b"):
            assert set(after[name].ask) == {n for n in before[name].ask if not getattr(before[name], n).value}
        else:
            assert after[name] == before[name]


def test_comments_follow_their_keys() -> None:
    old = "# top\na: 1  # one\n# on b\nb:\n  # on c\n  c: 'x # y'\n  gone: 2  # lost\n# end\n"
    new = "b:\n  c: z\n  d: 1\na: 2\n"
    assert keep_comments(new, old) == ("# on b\n# lost\nb:\n  # on c\n  c: z\n  d: 1\n# top\na: 2  # one\n# end\n")


def test_comments_between_releases_in_lists_and_at_the_top_stay_where_they_are() -> None:
    said = """\
# This plan is ours.
# Ask Kim.

# the form
schemaVersion: "1"
rules:
  # first
  - match: {name: a}
    set: {tier: data}
    # second
  - match: {name: b}  # by name
    set: {tier: data}
releases:
  # the first
  w/a:
    ask: [
      tier,  # nobody knows
    ]
  # between them

  # the second
  w/b:
    rolloutPhase: "660"  # late
# that is all
"""
    text = rewritten(said)
    head, rest = text.split("schemaVersion", 1)
    assert "# This plan is ours.\n# Ask Kim.\n\n# the form\n" in head
    assert "  # first\n  - match: {name: a}\n" in rest
    assert "  # second\n  - match: {name: b}  # by name\n" in rest
    assert "  # the first\n  w/a:\n" in rest
    assert "    # nobody knows\n    ask: [tier]\n" in rest
    assert "  # between them\n  # the second\n  w/b:\n" in rest
    assert '    rolloutPhase: "660"  # late\n' in rest
    assert text.endswith("# that is all\n")
    assert rewritten(text) == text


def test_a_comment_whose_place_is_gone_is_not_lost() -> None:
    text = rewritten(
        "releases:\n  w/x:\n    # why\n    wave: {value: 3, source: inferred}  # late\nsecrets: {}  # none\n"
    )
    assert [line.strip() for line in text.splitlines() if line.strip() in ("# why", "# late", "# none")] == [
        "# why",
        "# late",
        "# none",
    ]


def test_text_that_looks_like_a_comment_is_none() -> None:
    old = 'a: "x # y"\nb: |\n  # text\n  more\nc: z#z\n'
    assert keep_comments("a: 1\nb: 2\nc: 3\n", old) == "a: 1\nb: 2\nc: 3\n"


ROLES = """\
projects:
  platform:
    roles:
      deployer: {description: may roll out, groups: ["org:platform"], may: [get, sync, "action/*"]}
      reader: {may: [get, logs]}
"""


def test_roles_of_projects_are_read_and_survive() -> None:
    text = rewritten(ROLES)
    plan = load_plan(text, "x")
    assert plan.projects == {
        "platform": (
            ProjectRole("deployer", ("get", "sync", "action/*"), ("org:platform",), "may roll out"),
            ProjectRole("reader", ("get", "logs")),
        )
    }
    assert rewritten(text) == text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("projects: {platform: {role: {}}}", "projects.platform has no key role"),
        ("projects: {Platform: {}}", "no name of a project"),
        ("projects: {platform: {roles: {a b: {may: [get]}}}}", "no name of a role"),
        ("projects: {platform: {roles: {a: {groups: [x]}}}}", "may do nothing"),
        ("projects: {platform: {roles: {a: {may: [fly]}}}}", "cannot hold 'fly'"),
        ("projects: {platform: {roles: {a: {may: [get], groups: ['a, b']}}}}", "groups cannot hold"),
    ],
)
def test_a_role_that_argo_cd_would_refuse_is_told(text: str, said: str) -> None:
    with pytest.raises(UsageError, match=re.escape(said)):
        load_plan(text, "x")
