"""``imagePolicy`` of migration.yaml: read, written again, refused where wrong; levels from special to general."""

from __future__ import annotations

from dataclasses import replace

import pytest

from migrate.errors import UsageError
from migrate.model.images import ImageRules, image_rules
from migrate.model.plan import Plan, PlannedEnvironment
from migrate.plan import dump_plan, load_plan

FLEET = """\
estate: helmfiles
fleet:
  org: acme
  imagePolicy:
    source: mirror
    mirror: m.example.com:5000/all
    mirrors: {docker.io: m.example.com/hub, quay.io/js: m.example.com/j}
    allow: [own.example.com/a]
    digests: required
  clusterTypes:
    edge: {architectures: [arm64], imagePolicy: {mirrors: {docker.io: e.example.com}, digests: optional}}
  environments:
    local: {imagePolicy: {source: upstream, allow: [quay.io]}}
"""


def plan_with(text: str) -> Plan:
    plan = load_plan(text, "migration.yaml")
    environments = (
        PlannedEnvironment("dev"),
        PlannedEnvironment("far", cluster_type="edge"),
        PlannedEnvironment("local"),
    )
    return replace(plan, environments=environments)


def test_every_level_says_what_differs_there() -> None:
    plan = plan_with(FLEET)
    mirror, js = "m.example.com:5000/all", ("quay.io/js", "m.example.com/j")
    hub, own = ("docker.io", "m.example.com/hub"), ("own.example.com/a",)
    assert image_rules(plan, "dev") == ImageRules("mirror", mirror, (js, hub), own, True)
    edge = ImageRules("mirror", mirror, (js, ("docker.io", "e.example.com")), own, False, ("arm64",))
    assert image_rules(plan, "far") == edge
    assert image_rules(plan, "local") == ImageRules("upstream", mirror, (js, hub), ("quay.io",), True)


def test_it_is_written_as_it_was_read() -> None:
    plan = plan_with(FLEET)
    assert load_plan(dump_plan(plan, None), "migration.yaml").fleet == plan.fleet


def test_without_a_word_there_is_no_policy() -> None:
    assert image_rules(plan_with("estate: helmfiles\n"), "dev") is None
    assert image_rules(plan_with("estate: helmfiles\nfleet: {org: acme}\n"), "dev") is None


@pytest.mark.parametrize(
    ("policy", "message"),
    [
        ("{source: elsewhere}", "source cannot be 'elsewhere'"),
        ("{mirror: 'https://m.example.com'}", "mirror cannot be"),
        ("{mirrors: {'docker.io/': m.example.com}}", "mirrors cannot hold 'docker.io/'"),
        ("{mirrors: {docker.io: ''}}", "mirrors.docker.io cannot be ''"),
        ("{allow: ['quay.io/*']}", "allow cannot hold"),
        ("{digests: true}", "digests cannot be 'true'"),
        ("{registry: m.example.com}", "has no key registry"),
    ],
)
def test_what_cannot_be_is_refused_with_its_line(policy: str, message: str) -> None:
    with pytest.raises(UsageError, match="imagePolicy") as caught:
        load_plan(f"estate: helmfiles\nfleet:\n  org: acme\n  imagePolicy: {policy}\n", "migration.yaml")
    assert message in caught.value.message
    assert str(caught.value.source) == "migration.yaml:4"
