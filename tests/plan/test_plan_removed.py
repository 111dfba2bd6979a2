"""What cut-over took out of the helmfiles is put back for every later stage, where it was."""

from __future__ import annotations

from dataclasses import replace

import pytest

from migrate.errors import EstateError
from migrate.model.estate import Estate, ReadRequest, Release
from migrate.model.json import from_json, to_json
from migrate.model.plan import Plan
from migrate.model.removed import CutNeed, RemovedLayer
from migrate.plan import as_planned, keep_removed, load_plan
from tests.small_estates import Small, small_estate

REQUEST = ReadRequest("helmfiles")
WHOLE, _ = small_estate(
    [Small("x/a", layer="10-base"), Small("x/b", layer="10-base"), Small("x/c", layer="20-apps", needs=("x/a", "x/b"))],
    ("dev", "prod"),
)


def plan(*removed: RemovedLayer) -> Plan:
    text = "releases:\n" + "".join(f"  x/{name}: {{layer: l}}\n" for name in "abc")
    return replace(load_plan(text, "migration.yaml"), removed=removed)


def without(*ids: str) -> tuple[Estate, RemovedLayer]:
    """The estate without some releases of its first layer, and what cut-over keeps of them."""

    def stays(release: Release) -> Release:
        return replace(release, needs=tuple(need for need in release.needs if need not in ids))

    left = tuple(stays(release) for release in WHOLE.releases if release.id not in ids)
    cut = tuple(CutNeed(r.environment, r.id, need) for r in WHOLE.releases for need in r.needs if need in ids)
    gone = tuple(release for release in WHOLE.releases if release.id in ids)
    layers = tuple(layer for layer in WHOLE.layers if any(release.layer == layer.name for release in left))
    return replace(WHOLE, releases=left, layers=layers), RemovedLayer(WHOLE.layers[0], WHOLE.environments, gone, cut)


@pytest.mark.parametrize("gone", [("x/a",), ("x/b",), ("x/a", "x/b")])
def test_releases_needs_and_layers_come_back_in_their_order(gone: tuple[str, ...]) -> None:
    left, kept = without(*gone)
    again = from_json(RemovedLayer, to_json(kept))
    found = as_planned(left, plan(again), REQUEST)
    assert [(r.environment, r.id) for r in found.releases] == [(r.environment, r.id) for r in WHOLE.releases]
    assert [sorted(r.needs) for r in found.releases] == [sorted(r.needs) for r in WHOLE.releases]
    assert found.layers == WHOLE.layers


def test_a_release_that_is_there_again_counts_alone() -> None:
    _, kept = without("x/a")
    assert keep_removed(WHOLE, plan(kept), REQUEST) == WHOLE


def test_an_emptied_estate_has_the_environments_that_it_had() -> None:
    _, kept = without("x/a", "x/b", "x/c")
    empty = replace(WHOLE, releases=(), layers=(), environments=("default",))
    assert keep_removed(empty, plan(kept), REQUEST).environments == ("dev", "prod")
    one = keep_removed(replace(empty, environments=("prod",)), plan(kept), replace(REQUEST, environments=("prod",)))
    assert {release.environment for release in one.releases} == {"prod"}
    with pytest.raises(EstateError, match="never had the environment 'test'"):
        keep_removed(empty, plan(kept), replace(REQUEST, environments=("test",)))


def test_what_the_plan_no_longer_knows_does_not_come_back() -> None:
    left, kept = without("x/a")
    fewer = replace(plan(kept), releases=plan().releases[1:])
    assert "x/a" not in {release.id for release in keep_removed(left, fewer, REQUEST).releases}
