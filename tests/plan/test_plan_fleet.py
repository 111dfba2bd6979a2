"""``fleet:`` and ``componentSets:`` of migration.yaml: read, written again, refused where wrong, and proposed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from migrate.doors.yaml import load_yaml
from migrate.errors import UsageError
from migrate.graph import build_graph
from migrate.model.estate import Estate
from migrate.model.fleet import Fleet, FleetFacts, ImagePolicy
from migrate.model.json import from_json, to_json
from migrate.model.plan import Decision, DecisionSource, Plan, PlannedEnvironment
from migrate.plan import check_plan, dump_plan, load_plan, plan_schema, propose_plan
from tests.small_estates import DEPLOYMENT, Small, small_estate

WHOLE_FLEET = """\
fleet:
  org: acme
  architectures: [amd64, arm64]
  capabilities: {gpu: false, objects: true}
  imagePolicy: {source: mirror, mirror: "registry.example.com:5000/mirror"}
  clusterTypes:
    edge:
      architectures: [arm64]
    core: {}
  environments:
    dev:
      clusterName: laptop
      imagePolicy: {source: upstream}
  bridge:
    until: "2027-06-30"
    keys: {cluster.name: clusterName, gpu: capabilities.gpu}
  without: [data/minio]
"""


def test_a_contract_is_read_as_it_is_meant() -> None:
    assert load_plan(WHOLE_FLEET, "m").fleet == Fleet(
        "acme",
        FleetFacts(
            ("amd64", "arm64"),
            {"gpu": False, "objects": True},
            ImagePolicy("mirror", "registry.example.com:5000/mirror"),
        ),
        {"edge": FleetFacts(("arm64",)), "core": FleetFacts()},
        {"dev": FleetFacts(image_policy=ImagePolicy("upstream"), cluster_name="laptop")},
        {"cluster.name": "clusterName", "gpu": "capabilities.gpu"},
        "2027-06-30",
        ("data/minio",),
    )


def test_a_contract_is_written_as_it_was_read() -> None:
    plan = load_plan(WHOLE_FLEET, "m")
    written = dump_plan(plan, None)
    assert load_plan(written, "m").fleet == plan.fleet
    assert dump_plan(load_plan(written, "m"), written) == written


def test_a_plan_with_a_contract_is_json_and_comes_back() -> None:
    plan = load_plan(f"{WHOLE_FLEET}componentSets: {{edge: curated}}\n", "m")
    assert from_json(Plan, to_json(plan)) == plan


@pytest.mark.parametrize("text", ["", "fleet:\n", "fleet: {}\n"])
def test_without_a_contract_nothing_is_written_of_it(text: str) -> None:
    plan = load_plan(text, "m")
    assert not plan.fleet.is_on
    assert "fleet" not in dump_plan(plan, None)


BAD = (
    ("fleet: {org: a-b}", "letters and digits"),
    ("fleet: {architectures: [amd64]}", "org"),
    ("fleet: {org: a, colour: x}", "no key colour"),
    ("fleet: {org: a, architectures: [AMD 64]}", "architectures"),
    ("fleet: {org: a, capabilities: {a-b: true}}", "capability"),
    ("fleet: {org: a, capabilities: {gpu: 'often'}}", "gpu"),
    ("fleet: {org: a, imagePolicy: {source: elsewhere}}", "source"),
    ("fleet: {org: a, imagePolicy: {mirror: 'https://x y'}}", "mirror"),
    ("fleet: {org: a, bridge: {until: x, keys: {cluster.name: title}}}", "title"),
    ("fleet: {org: a, bridge: {until: x, keys: {cluster..name: clusterName}}}", "cluster..name"),
    ("fleet: {org: a, bridge: {keys: {name: clusterName}}}", "how long"),
    ("fleet: {org: a, clusterTypes: {edge: {clusterName: x}}}", "clusterName"),
    ("componentSets: {edge: half}", "half"),
    ("componentSets: {Edge: whole}", "Edge"),
    ("releases: {a/b: {elsewhere: {edge: gone}}}", "gone"),
)


@pytest.mark.parametrize(("text", "told"), BAD)
def test_what_cannot_be_is_refused_with_its_line(text: str, told: str) -> None:
    with pytest.raises(UsageError) as refused:
        load_plan(f"estate: x\n{text}\n", "m.yaml")
    assert told in f"{refused.value} {refused.value.hint}"
    assert str(refused.value.source) == "m.yaml:2"


@pytest.mark.parametrize("text", [text for text, _ in BAD])
def test_the_schema_refuses_it_too(text: str) -> None:
    assert list(Draft202012Validator(plan_schema()).iter_errors(load_yaml(text)))


@pytest.mark.parametrize(
    "text",
    [
        WHOLE_FLEET,
        "fleet:",
        "fleet: {}",
        "componentSets: {edge: {value: curated, source: inferred, reason: so}, a: whole}",
        "releases: {a/b: {elsewhere: {edge: parked, core: absent}}}",
    ],
)
def test_the_schema_takes_what_is_read(text: str) -> None:
    load_plan(text, "m")
    assert not list(Draft202012Validator(plan_schema()).iter_errors(load_yaml(text)))


# ---------------------------------------------------------------- component sets

NAMES = ("dev", "staging", "edge1", "edge2")
CORE = ("dev", "staging")
KINDS = {"dev": "core", "staging": "core", "edge1": "edge", "edge2": "edge"}


def propose(
    only: Sequence[tuple[str, ...]], kinds: dict[str, str], *, sets: dict[str, Decision] | None = None,
    names: tuple[str, ...] = NAMES, gone: frozenset[tuple[str, str]] = frozenset(),
) -> tuple[Plan, Estate]:  # fmt: skip
    """The plan of web/r0, web/r1 …, each deployed in the environments given; ``gone`` is not even declared there."""
    estate, rendered = small_estate([Small(f"web/r{n}", DEPLOYMENT, only=on) for n, on in enumerate(only)], names)
    estate = replace(estate, releases=tuple(r for r in estate.releases if (r.environment, r.id) not in gone))
    planned = tuple(PlannedEnvironment(name, cluster_type=kinds.get(name, "")) for name in names)
    decided = replace(load_plan("", "m"), environments=planned, component_sets=sets or {})
    return propose_plan(estate, build_graph(estate, rendered)[0], decided), estate


def said(plan: Plan) -> dict[str, str]:
    return {kind: decision.value for kind, decision in plan.component_sets.items()}


def test_a_type_that_deploys_little_is_proposed_a_set_of_its_own() -> None:
    plan, _ = propose([(), CORE, CORE], KINDS)
    assert said(plan) == {"edge": "curated"}
    reason = plan.component_sets["edge"].reason
    assert reason == "2 of 3 components in none of edge1, edge2: web/r1, web/r2"
    (question,) = plan.questions
    assert (question.key, question.proposal, question.must_ask) == ("componentSets/edge", "curated", False)
    assert question.evidence == (
        "web/r1: its condition or installed is false in edge1, edge2",
        "web/r2: its condition or installed is false in edge1, edge2",
    )


def test_a_type_that_lacks_a_few_is_proposed_the_whole_set() -> None:
    plan, _ = propose([*[()] * 8, CORE], KINDS)
    assert said(plan) == {"edge": "whole"}
    assert plan.component_sets["edge"].reason == "only 1 of 9 components in none of edge1, edge2: web/r8"


def test_a_condition_that_is_false_in_one_environment_switches_off() -> None:
    plan, _ = propose([(), ("dev", "staging"), ("dev", "staging")], {"dev": "core", "staging": "core", "edge1": "edge"},
                      names=("dev", "staging", "edge1"))  # fmt: skip
    assert said(plan) == {"edge": "whole"}
    assert plan.component_sets["edge"].reason == "off by conditions of edge1 alone: web/r1, web/r2"


def test_what_one_environment_does_not_even_have_is_not_off_there() -> None:
    plan, _ = propose([(), ("dev",)], {"dev": "core", "edge1": "edge"}, names=("dev", "edge1"),
                      gone=frozenset({("edge1", "web/r1")}))  # fmt: skip
    assert said(plan) == {"edge": "curated"}
    assert plan.questions[0].evidence == ("web/r1: the estate does not have it in edge1",)


def test_what_some_environment_of_the_type_deploys_is_no_question() -> None:
    plan, _ = propose([(), ("dev", "staging", "edge1"), ("dev",)], {**KINDS, "staging": "", "edge2": "edge"})
    assert "web/r1" not in " ".join(question.reason for question in plan.questions)


def test_without_named_types_nothing_is_asked() -> None:
    plan, _ = propose([(), CORE], {})
    assert (said(plan), plan.questions) == ({}, ())


def test_what_nothing_deploys_anywhere_is_parked_everywhere_and_no_question() -> None:
    plan, _ = propose([(), ("nowhere",)], KINDS)
    assert said(plan) == {}


def test_a_persons_word_stands_and_is_not_asked_again() -> None:
    theirs = {"edge": Decision("whole", DecisionSource.PERSON)}
    plan, estate = propose([(), CORE, CORE], KINDS, sets=theirs)
    assert (plan.component_sets, plan.questions) == (theirs, ())
    assert "componentSets:\n  edge: whole\n" in dump_plan(plan, None)
    assert not [f for f in plan.findings if f.code == "PL019"]
    assert estate.environments == NAMES


def test_an_inferred_set_is_inferred_anew() -> None:
    plan, _ = propose([(), CORE, CORE], KINDS)
    written = load_plan(dump_plan(plan, None), "m").component_sets
    assert written["edge"].source is DecisionSource.INFERRED
    again, _ = propose([(), ()], KINDS, sets=dict(written))
    assert said(again) == {}


def test_a_part_of_the_environments_changes_no_set() -> None:
    inferred = {"edge": Decision("curated", DecisionSource.INFERRED, "all of it was read")}
    estate, rendered = small_estate([Small("web/r0", DEPLOYMENT)], ("dev", "edge1"))
    planned = tuple(PlannedEnvironment(name, cluster_type=KINDS[name]) for name in NAMES)
    decided = replace(load_plan("", "m"), environments=planned, component_sets=inferred)
    assert propose_plan(estate, build_graph(estate, rendered)[0], decided).component_sets == inferred


def test_plan_asks_whoever_does_not_use_the_wizard() -> None:
    plan, _ = propose([(), CORE, CORE], KINDS)
    (finding,) = (f for f in plan.findings if f.code == "PL019")
    assert "edge" in finding.message
    assert "Taken as curated" in finding.message
    assert "componentSets: {edge: whole}" in finding.hint


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("fleet: {org: a, clusterTypes: {egde: {}}}", "fleet.clusterTypes speaks of egde"),
        ("fleet: {org: a, environments: {prod: {}}}", "fleet.environments speaks of prod"),
        ("fleet: {org: a, without: [web/r9]}", "fleet.without speaks of web/r9"),
        ("componentSets: {egde: whole}", "componentSets speaks of egde"),
        ("layerHandover: {10-bsae: done}", "layerHandover speaks of 10-bsae"),
        ("releases: {web/r0: {elsewhere: {egde: parked}}}", "releases.web/r0.elsewhere speaks of egde"),
    ],
)
def test_a_name_that_the_plan_does_not_have_is_told(text: str, told: str) -> None:
    estate, rendered = small_estate([Small("web/r0", DEPLOYMENT)], ("dev",))
    graph = build_graph(estate, rendered)[0]
    plan = propose_plan(estate, graph, load_plan(f"environments: {{dev: {{clusterType: edge}}}}\n{text}\n", "m"))
    found: Any = [f.message for f in check_plan(plan, estate, graph) if f.code == "PL018"]
    assert found == [f"{told}, which the plan does not have"]
    known = text.replace("egde", "edge").replace("prod", "dev").replace("r9", "r0").replace("bsae", "base")
    plan = propose_plan(estate, graph, load_plan(f"environments: {{dev: {{clusterType: edge}}}}\n{known}\n", "m"))
    assert not [f for f in check_plan(plan, estate, graph) if f.code == "PL018"]


@pytest.mark.parametrize(
    ("levels", "told"),
    [
        ("imagePolicy: {source: mirror}", ["dev", "prod"]),
        ("imagePolicy: {source: mirror}, environments: {dev: {imagePolicy: {mirror: r.io}}}", ["prod"]),
        ("imagePolicy: {source: mirror, mirrors: {docker.io: r.io}}", []),
        ("imagePolicy: {source: upstream}, environments: {dev: {imagePolicy: {source: mirror}}}", ["dev"]),
    ],
)
def test_a_mirror_that_no_level_names_is_told_for_each_environment(levels: str, told: list[str]) -> None:
    estate, rendered = small_estate([Small("web/r0", DEPLOYMENT)], ("dev", "prod"))
    graph = build_graph(estate, rendered)[0]
    plan = propose_plan(estate, graph, load_plan(f"fleet: {{org: a, {levels}}}\n", "m"))
    assert [f.environment for f in check_plan(plan, estate, graph) if f.code == "PL020"] == told


def test_how_a_release_differs_from_its_type_is_kept() -> None:
    text = "releases:\n  web/r0:\n    elsewhere: {edge: parked}\n"
    estate, rendered = small_estate([Small("web/r0", DEPLOYMENT)], ("dev",))
    plan = propose_plan(estate, build_graph(estate, rendered)[0], load_plan(text, "m"))
    assert "    elsewhere: {edge: parked}\n" in dump_plan(plan, text)
    gone = propose_plan(replace(estate, releases=()), build_graph(replace(estate, releases=()), {})[0], plan)
    assert "elsewhere: {edge: parked}" in dump_plan(gone, dump_plan(plan, text))
