"""A chart's new version tried on the releases that use it: both rendered with the estate's values, and compared.

    Estate ──find──▶ releases ──new chart──▶ renders ──compare──▶ TreeDiff, findings ──write──▶ lines of the helmfiles

What is written is read again, and stays only if nothing but these versions changed.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches

from migrate.console import Console, Stopwatch
from migrate.diff import Rendition, compare_renditions, without_texts
from migrate.diff.chart_values import leaves, lost_keys, newly_required
from migrate.diff.version_lines import edited_texts, version_lines
from migrate.doors.charts import ChartFiles
from migrate.doors.estate_files import absolute
from migrate.doors.files import read_text, write_text
from migrate.doors.helm import HelmError, load_chart, parse_values
from migrate.doors.helm_binary import HelmBinary
from migrate.errors import DifferenceError, MigrateError, UsageError
from migrate.model.estate import Estate, ReadRequest, Release, ValuesKind
from migrate.model.finding import Finding, Severity, SourceLocation
from migrate.model.manifest import Rendered
from migrate.model.tree_diff import ApplicationDiff, Fate, TreeDiff
from migrate.model.upgrade import Upgrade
from migrate.model.words import few
from migrate.pipeline import Clusters
from migrate.proof.new_chart import UpgradeRequest, new_chart, old_chart
from migrate.proof.units import may_define_kinds, without_secrets
from migrate.read import read_estate
from migrate.render import RenderCache, Scopes, defined_scopes, render_release
from migrate.verify.lines import line_at


def try_upgrade(
    estate: Estate,
    request: UpgradeRequest,
    environments: Clusters,
    console: Console,
    chart_map: Mapping[str, str],
    helm: HelmBinary | None = None,
) -> Upgrade:
    """Render every release of the chart in both versions, and say what differs; nothing of the estate is written.

    Raises:
        UsageError: no release has that chart, or the new one is not what was asked for.
        DifferenceError: the new one cannot be fetched.
    """
    watch = Stopwatch()
    releases = using(estate, request.chart)
    with watch.measure("charts"), console.progress(f"looking for {request.chart} {request.version}", 0):
        new = new_chart(estate, releases, request, chart_map)
        old = {_place(release): old_chart(estate, release, request) for release in releases}
    cache = RenderCache(helm=helm)
    rows: list[ApplicationDiff] = []
    deployed = [release for release in releases if release.deployed]
    with watch.measure("render"), console.progress("rendering old and new", len(deployed)) as advance:
        scopes = _scopes(estate, environments, cache)
        render = _renderer(estate, environments, scopes, cache)
        for release in deployed:
            before = render(replace(release, chart_path=old[_place(release)]))
            after = render(replace(release, chart_path=new, version=request.version))
            sides = (Rendition({}, before), Rendition({}, after))
            rows.append(compare_renditions(release.environment, release.id, *sides))
            advance()
    told = without_texts(rows, [text for text, _ in estate.opened])
    versions = {e: environments[e].kube_version for e in dict.fromkeys(row.environment for row in told)}
    names = (f"{request.chart} {_versions(releases)}", f"{request.chart} {request.version}")
    difference = TreeDiff(*names, told, (), watch.seconds, versions)
    lines, by_hand = version_lines(estate, releases, request.version, _reader(estate))
    findings = (*_value_findings(releases, old, new, estate.root), *_definition_findings(told))
    return Upgrade(difference, findings, lines, by_hand, tuple(dict.fromkeys(release.id for release in releases)))


def using(estate: Estate, chart: str) -> tuple[Release, ...]:
    """The releases of a chart, or of a name or id, in every environment.

    Raises:
        UsageError: there is none.
    """
    own = [release for release in estate.releases if not release.part_of]
    for names in ([r.chart for r in own], [r.id for r in own], [r.name for r in own]):
        found = tuple(release for release, name in zip(own, names, strict=True) if name == chart)
        if found:
            return found
    known = sorted({text for release in estate.releases for text in (release.chart, release.name)})
    near = get_close_matches(chart, known, 1)
    hint = f"did you mean {near[0]}?" if near else "see the charts with: migrate inspect"
    raise UsageError(f"no release has the chart {chart}, and none is called so", hint=hint)


def _place(release: Release) -> tuple[str, str]:
    """What tells one old chart from another."""
    return release.chart_path or release.chart, release.version


def _versions(releases: Sequence[Release]) -> str:
    return few(sorted({release.version or "(newest)" for release in releases}), 3)


# ---------------------------------------------------------------- rendering


Render = Callable[[Release], Rendered]


def _renderer(estate: Estate, environments: Clusters, scopes: Mapping[str, Scopes], cache: RenderCache) -> Render:
    def render(release: Release) -> Rendered:
        cluster = environments[release.environment]
        return render_release(
            estate,
            without_secrets(release),
            kube_version=release.kube_version or cluster.kube_version,
            api_versions=release.api_versions or cluster.api_versions,
            scopes=scopes.get(release.environment),
            cache=cache,
        )

    return render


def _scopes(estate: Estate, environments: Clusters, cache: RenderCache) -> dict[str, Scopes]:
    """Environment → the custom kinds that its releases define: where their objects belong."""
    render = _renderer(estate, environments, {}, cache)
    found: dict[str, dict[tuple[str, str], bool]] = {}
    for release in estate.releases:
        if release.deployed and may_define_kinds(estate, release):
            documents = (manifest.document for manifest in render(release).manifests)
            found.setdefault(release.environment, {}).update(defined_scopes(documents))
    return dict(found)


# ---------------------------------------------------------------- what else changes


def _value_findings(
    releases: Sequence[Release], old: Mapping[tuple[str, str], str | None], new: str, root: str
) -> Iterator[Finding]:
    """Keys that are set in vain from now on, and values that must be set from now on; each place once."""
    known: dict[tuple[SourceLocation, str], Finding] = {}
    for release in releases:
        path = old[_place(release)]
        before, after = (_chart(absolute(one, root) if one else None) for one in (path, new))
        if before is None or after is None:
            continue
        places = dict(_set_keys(release))
        for key in lost_keys(iter(places), before, after):
            name, source = ".".join(key), places[key]
            known.setdefault(
                (source, name),
                Finding(
                    "UP001",
                    Severity.WARNING,
                    f"{name} is set for {release.id}, and the new chart no longer knows it",
                    "see the chart's notes for what took its place, or remove it",
                    source,
                    release.id,
                ),
            )
        for required in newly_required(before, after):
            name = ".".join(required.path)
            if not any(key[: len(required.path)] == required.path for key in places):
                text = f"the new chart requires {name}, which {release.id} does not set: {required.message}"
                hint = "set it in the release's values, if it does not render without"
                finding = Finding("UP002", Severity.WARNING, text, hint, release.source, release.id)
                known.setdefault((release.source, f"required {name}"), finding)
    yield from known.values()


def _chart(path: str | None) -> ChartFiles | None:
    try:
        return load_chart(path) if path else None
    except HelmError:
        return None


def _set_keys(release: Release) -> Iterator[tuple[tuple[str, ...], SourceLocation]]:
    """Every key that the release's values and sets give, and where."""
    for layer in release.values:
        try:
            found = parse_values(layer.text)
        except HelmError:
            continue
        for key in leaves(found):
            line = line_at(layer.text, ".".join(key)) if layer.kind is ValuesKind.FILE else 0
            yield key, SourceLocation(layer.path, line) if line else layer.source
    for one in release.sets:
        if not any(sign in one.name for sign in "\\[{"):
            yield tuple(one.name.split(".")), one.source


def _definition_findings(rows: Sequence[ApplicationDiff]) -> Iterator[Finding]:
    """New definitions: what uses them has to come in a later phase."""
    for name in dict.fromkeys(row.name for row in rows):
        added = dict.fromkeys(
            change.object.rpartition(" ")[2]
            for row in rows
            if row.name == name
            for change in row.objects
            if change.fate is Fate.ADDED and change.object.startswith("CustomResourceDefinition.")
        )
        if added:
            text = f"{name} brings {len(added)} new definitions: {few(list(added))}"
            hint = "a custom resource of theirs belongs to a later rollout phase"
            yield Finding("UP003", Severity.INFO, text, hint, release=name)


# ---------------------------------------------------------------- writing


def _reader(estate: Estate) -> Callable[[str], str]:
    return lambda file: read_text(absolute(file, estate.root))


def write_versions(
    estate: Estate, request: ReadRequest, upgrade: Upgrade, version: str, tried: Collection[tuple[str, str]]
) -> None:
    """Write the new version into the helmfiles, and see that nothing else changed by it.

    ``tried``: environment and id of the releases that were rendered with it; ``estate`` is all of it.

    Raises:
        DifferenceError: something else would change, or the estate can no longer be read; all files are as before.
    """
    read = _reader(estate)
    texts = edited_texts(upgrade.lines, read)
    before = {file: read(file) for file in texts}
    fault = "the run was interrupted"
    try:
        for file, text in texts.items():
            write_text(absolute(file, estate.root), text)
        fault = _fault(estate, request, upgrade, version, tried)
    finally:
        if fault:
            for file, text in before.items():
                write_text(absolute(file, estate.root), text)
    if fault:
        raise DifferenceError(f"{fault}; the files are as before", hint="change the version by hand where it is named")


def _fault(
    estate: Estate, request: ReadRequest, upgrade: Upgrade, version: str, tried: Collection[tuple[str, str]]
) -> str:
    """What the edited estate reads otherwise than it should; empty where only the versions changed."""
    try:
        again = read_estate(request)
    except MigrateError as error:
        return f"the estate cannot be read with the new version: {error}"
    by_hand = {one.release for one in upgrade.by_hand}
    if len(again.releases) != len(estate.releases):
        return "the new version changes which releases there are"
    for old, new in zip(estate.releases, again.releases, strict=True):
        where = f"{old.id} in {old.environment}"
        if _but_version(old) != _but_version(new):
            return f"the line also decides something else of {where}"
        wanted = (old.environment, old.id) in tried
        if not wanted and new.version != old.version:
            return f"the line also decides the version of {where}, which was not tried"
        if wanted and new.version != version and old.id not in by_hand:
            return f"{where} still has the version {new.version}"
    return ""


def _but_version(release: Release) -> Release:
    keys = tuple(key for key in release.keys if key.name != "version")
    return replace(release, version="", chart_path=None, keys=keys)
