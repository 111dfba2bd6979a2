"""Renders that other stages ask for: of a release as helmfile has it, but with a pin, a contract, a wrapper, a marker.

``pipeline`` and ``proof`` hand them to ``emit`` and ``verify``, which know no renderer.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from migrate.doors.helm_binary import HelmBinary
from migrate.emit import Alike, Trial, contract_texts
from migrate.model.estate import Release, ValuesKind, ValuesLayer
from migrate.model.manifest import Rendered
from migrate.model.plan import Plan
from migrate.render import RenderCache, first_difference, render_release, render_wrapped

if TYPE_CHECKING:
    from migrate.pipeline import Reading


def wrapper_trial(reading: Reading, helm: HelmBinary | None) -> Alike:
    """What tells whether a wrapper chart gives the objects that helmfile applies."""
    cache = RenderCache(helm=helm)

    def alike(trial: Trial) -> str:
        release = trial.release
        left = reading.rendered.get((release.environment, release.id), Rendered(error="it was not rendered"))
        if left.error:
            return left.error
        cluster = reading.clusters[release.environment]
        right = render_wrapped(
            reading.estate,
            trial.nested,
            trial.files,
            [chart.path for chart in trial.wrapper.charts],
            kube_version=release.kube_version or cluster.kube_version,
            api_versions=release.api_versions or cluster.api_versions,
            scopes=reading.scopes.get(release.environment),
            cache=cache,
        )
        return right.error or first_difference(left, right)

    return alike


def pinned_renders(reading: Reading, plan: Plan, helm: HelmBinary | None) -> dict[tuple[str, str], Rendered]:
    """The renders of releases that the plan pins, with the pins: a layout of plain resources has no values for them."""
    pins = {release.id: release.pins for release in plan.releases if release.pins}
    cache, found = RenderCache(helm=helm), {}
    for release in reading.estate.releases:
        if release.id in pins and release.deployed:
            layer = _layer(json.dumps(pins[release.id]), release)
            pinned = replace(release, values=(*release.values, layer))
            key = release.environment, release.id
            found[key] = replace(_rendered(reading, pinned, cache), drawn=reading.rendered[key].drawn)
    return found


def renders_with_contract(reading: Reading, plan: Plan) -> Callable[[Release], Rendered | None]:
    """What renders helmfile's side of a release with the fleet contract below its own values, where there is one."""
    contracts, cache = contract_texts(reading.estate, plan), RenderCache()

    def render(release: Release) -> Rendered | None:
        text = contracts.get(release.environment)
        return _rendered(reading, with_first_layer(release, text), cache) if text else None

    return render


def with_first_layer(release: Release, text: str) -> Release:
    """The release with values below all of its own."""
    return replace(release, values=(_layer(text, release), *release.values))


def renders_with_values(reading: Reading, plan: Plan, helm: HelmBinary | None) -> Callable[[Release], Rendered]:
    """What renders a release with other values, below them the contract where its chart takes it."""
    contracts, cache = contract_texts(reading.estate, plan), RenderCache(helm=helm)

    def again(release: Release) -> Rendered:
        text = contracts.get(release.environment)
        if text and release.id not in plan.fleet.without:
            rendered = _rendered(reading, with_first_layer(release, text), cache)
            if not rendered.error:
                return rendered
        return _rendered(reading, release, cache)

    return again


def _layer(text: str, release: Release) -> ValuesLayer:
    return ValuesLayer(ValuesKind.INLINE, "", text, release.source)


def _rendered(reading: Reading, release: Release, cache: RenderCache) -> Rendered:
    """A release as Helmfile renders it, with other values than the estate gives it."""
    cluster = reading.clusters[release.environment]
    return render_release(
        reading.estate,
        release,
        kube_version=release.kube_version or cluster.kube_version,
        api_versions=release.api_versions or cluster.api_versions,
        scopes=reading.scopes.get(release.environment),
        cache=cache,
    )
