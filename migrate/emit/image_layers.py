"""The image policy in the tree: a values layer of its own for each component, and images replaced in manifests.

placements ──images──▶ find_image_values ──▶ placements with one more layer      (carried by a chart)
                 └───▶ with_mirrored ──────▶ placements with other manifests     (carried by manifests)
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from migrate.doors.charts import ChartFiles
from migrate.doors.estate_files import absolute
from migrate.doors.helm import HelmError, chart_dependencies, chart_metadata, load_chart, parse_values
from migrate.doors.yaml import dump_yaml
from migrate.emit.images import NO_KEY, ImageValues, Unreached, find_image_values, is_part
from migrate.emit.placement import Carriage, Placement
from migrate.emit.value_places import texts_of
from migrate.model.estate import Estate, Release, ValuesKind, ValuesLayer
from migrate.model.finding import Finding, Severity, SourceLocation
from migrate.model.fleet import MIRROR
from migrate.model.images import ImageRules, ImageUse, image_places, image_rules, with_mirrored
from migrate.model.json import JsonObject, as_object
from migrate.model.manifest import Rendered
from migrate.model.plan import Plan

ORIGIN = "migration.yaml#fleet/imagePolicy"
Again = Callable[[Release], Rendered]
"""What helmfile's Helm renders of a release whose values are others."""


def never_again(release: Release) -> Rendered:
    """The answer where nothing can render."""
    return Rendered(error="nothing was there to render it with")


def apply_image_policy(
    placements: Sequence[Placement], estate: Estate, plan: Plan, again: Again
) -> tuple[tuple[Placement, ...], tuple[Finding, ...]]:
    """The placements with their images as the policy wants them, and the images that nothing reaches."""
    rules = {name: image_rules(plan, name) for name in estate.environments}
    if not any(found and found.source == MIRROR for found in rules.values()):
        return tuple(placements), ()
    if plan.layout == "plugin":
        text = "the image policy does not reach the layout plugin: helmfile itself renders there"
        hint = "use another layout, or set the images in the helmfiles"
        return tuple(placements), (Finding("EM081", Severity.WARNING, text, hint),)
    kept, findings = [], []
    for placement in placements:
        of_environment = rules[placement.environment.name]
        if of_environment is None or not _names_images(placement, of_environment):
            kept.append(placement)
        elif plan.layout == "kustomize" or placement.carriage is not Carriage.CHART:
            kept.append(_with_manifests(placement, of_environment))
        else:
            found = _find(estate, placement, of_environment, again)
            kept.append(_with_layer(placement, found))
            findings += _unreached(placement, found)
    return tuple(kept), tuple(findings)


def _names_images(placement: Placement, rules: ImageRules) -> bool:
    """Whether there is an image that the policy replaces; a render that failed is asked again."""
    if not placement.manifests:
        return placement.carriage is Carriage.CHART
    places = (place for manifest in placement.manifests for place in image_places(manifest.document))
    return any(rules.mirrored(place.image) != place.image for place in places)


def _with_manifests(placement: Placement, rules: ImageRules) -> Placement:
    manifests = (replace(m, document=with_mirrored(m.document, rules)) for m in placement.manifests)
    return replace(placement, manifests=tuple(manifests))


def _find(estate: Estate, placement: Placement, rules: ImageRules, again: Again) -> ImageValues:
    release = placement.release
    pins = [_layer(json.dumps(placement.plan.pins))] if placement.plan.pins else []
    try:
        values = _values(estate, release, placement.plan.pins)
    except HelmError:
        return ImageValues()  # the render says what is wrong with it
    base = again(replace(release, values=(*release.values, *pins)))
    if base.error:
        return ImageValues()

    def render(layer: JsonObject) -> Rendered:
        # The pins are a person's own word, and come after the policy's.
        return again(replace(release, values=(*release.values, _layer(json.dumps(layer)), *pins)))

    hidden = [placeholder.text for placeholder in release.placeholders if placeholder.text]
    return find_image_values(values, base, rules, render, hidden=hidden)


def _values(estate: Estate, release: Release, pins: JsonObject) -> JsonObject:
    """All that the chart, and those that helmfile brings into it, see but for ``set``, which no layer overrides.

    Raises:
        HelmError: the chart or a layer cannot be read.
    """
    values: JsonObject = {}
    if release.chart_path is not None:
        values = default_values(load_chart(absolute(release.chart_path, estate.root)))
    for entry in release.dependencies:
        chart = load_chart(absolute(str(entry.get("chart") or ""), estate.root))
        key = str(entry.get("alias") or chart_metadata(chart).get("name") or "")
        values = {**values, key: _merged(default_values(chart), as_object(values.get(key)))}
    for layer in release.values:
        values = _merged(values, parse_values(layer.text))
    return _merged(values, pins)


def default_values(chart: ChartFiles, *, depth: int = 8) -> JsonObject:
    """A chart's own values over those of its subcharts, each below its alias or name; as deep as charts are nested.

    Raises:
        HelmError: a file of them is no YAML.
    """
    own = parse_values(chart.files["values.yaml"].decode("utf-8", "replace")) if "values.yaml" in chart.files else {}
    called: dict[str, list[str]] = {}
    for dependency in chart_dependencies(chart):
        name = str(dependency.get("name") or "")
        called.setdefault(name, []).append(str(dependency.get("alias") or name))
    below: JsonObject = {}
    folders = {match[1] for path in chart.files if (match := re.match(r"charts/([^/]+)/Chart\.yaml$", path))}
    for folder in sorted(folders) if depth else ():
        prefix = f"charts/{folder}/"
        inner = ChartFiles({p.removeprefix(prefix): data for p, data in chart.files.items() if p.startswith(prefix)})
        name = str(parse_values(inner.files["Chart.yaml"].decode("utf-8", "replace")).get("name") or folder)
        for key in called.get(name, [name]):
            below[key] = default_values(inner, depth=depth - 1)
    return _merged(below, own)


def _merged(base: JsonObject, over: JsonObject) -> JsonObject:
    """Maps recurse, all else replaces; null stays, since a key that is empty is a key."""
    merged = dict(base)
    for key, value in over.items():
        old = merged.get(key)
        merged[key] = _merged(old, value) if isinstance(old, dict) and isinstance(value, dict) else value
    return merged


def _layer(text: str) -> ValuesLayer:
    return ValuesLayer(ValuesKind.POLICY, ORIGIN, text, SourceLocation("migration.yaml"))


def _with_layer(placement: Placement, found: ImageValues) -> Placement:
    if not found.values:
        return placement
    head = "".join(f"# {key}: {', '.join(images)}\n" for key, images in found.keys.items())
    release = placement.release
    layer = _layer(head + dump_yaml(found.values))
    return replace(placement, release=replace(release, values=(*release.values, layer)))


def _unreached(placement: Placement, found: ImageValues) -> list[Finding]:
    release = placement.release
    return [
        Finding(
            "EM080",
            Severity.INFO if placement.parked or unreached.use is ImageUse.ARGUMENT else Severity.WARNING,
            f"{release.id} keeps the image {unreached.image} ({unreached.use}): {_why(placement, unreached)}",
            "let the chart take it from a value, put another around it, or patch the release in the helmfiles",
            release.source,
            release.id,
            release.environment,
        )
        for unreached in found.unreached
    ]


def _why(placement: Placement, unreached: Unreached) -> str:
    """The reason; a ``set`` or a pin that gives the image comes after the policy's layer, which then does nothing."""
    image, release = unreached.image, placement.release
    if any(is_part(text, image) for _, text in texts_of(placement.plan.pins) if text):
        return "a pin of migration.yaml gives it, and pins come after all other layers"
    added = next((file.path for file in release.added if image in file.text), "")
    if added and unreached.reason == NO_KEY:
        return f"{added} holds it, a file of wrapper.manifests, which is copied as it is"
    found = next((flag for flag in release.sets if flag.value and is_part(flag.value, image)), None)
    return (
        f"{found.flag.lstrip('-')} {found.name} ({found.source}) comes after all layers" if found else unreached.reason
    )
