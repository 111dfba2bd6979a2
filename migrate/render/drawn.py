"""What a release's chart draws: which line of which template, and the values that hold it still.

    unstable fields ──templates as text──▶ lines, and values that may matter ──a render each──▶ values that do

A template's text only gives candidates: what is told to a person was rendered.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from migrate.doors.charts import ChartFiles
from migrate.doors.helm import HelmError, chart_metadata, load_chart, parse_values
from migrate.model.estate import Estate, Release
from migrate.model.json import JsonObject, as_object, objects_in
from migrate.model.manifest import Drawn, Manifest, ObjectKey, Rendered
from migrate.model.structure import join_path, value_at
from migrate.render.actions import Action, Book, includes_file, texts_in
from migrate.render.chart import RenderCache, render_files
from migrate.render.drawn_findings import drawn_findings
from migrate.render.drawn_trials import Field, Origin, RenderedChart, Trials, may_switch
from migrate.render.release import release_request
from migrate.render.values import fold_values, merge_values

_PATH = re.compile(r"[A-Za-z_][\w-]*(?:\.[\w-]+)*")
_LOOKUP = "lookup"


def with_drawn(
    estate: Estate,
    release: Release,
    rendered: Rendered,
    *,
    kube_version: str = "",
    api_versions: tuple[str, ...] = (),
    cache: RenderCache,
) -> Rendered:
    """The render with what it draws, and findings that say so in the place of those that only name a function."""
    drawn = _find_drawn(estate, release, rendered, kube_version=kube_version, api_versions=api_versions, cache=cache)
    if not drawn:
        return rendered
    told = {(f"{release.chart_path}/{file}", line) for one in drawn for file, line, _ in one.calls}
    others = (
        finding
        for finding in rendered.findings
        if finding.code not in ("RN001", "RN002")
        or (finding.source and (finding.source.file, finding.source.line) not in told)
    )
    return dataclasses.replace(rendered, drawn=drawn, findings=(*others, *drawn_findings(release, drawn)))


def _find_drawn(
    estate: Estate,
    release: Release,
    rendered: Rendered,
    *,
    kube_version: str = "",
    api_versions: tuple[str, ...] = (),
    cache: RenderCache,
) -> tuple[Drawn, ...]:
    """The fields that ``rendered`` draws, or keeps by ``lookup``, in its order; none for a chart that does neither.

    What follows from a drawn Secret (a checksum over it) is left out where the Secret is there.
    """
    if rendered.error or release.chart_path is None:
        return ()
    if not rendered.unstable and not any(finding.code == "RN002" for finding in rendered.findings):
        return ()
    try:
        request = release_request(estate, release, kube_version=kube_version, api_versions=api_versions)
        files = load_chart(request.chart)
        base = render_files(request, files, cache)
        values = merge_values(_defaults(files, ""), fold_values(request.values, request.value_names, request.sets))
    except HelmError:
        return ()
    chart = RenderedChart(files, request, values, RenderCache(helm=cache.helm), base)
    keys = {(m.key.group, m.key.kind, m.key.name): m.key for m in rendered.manifests}
    return tuple(
        dataclasses.replace(found, key=keys.get((found.key.group, found.key.kind, found.key.name), found.key))
        for found in _drawn(chart)
    )


def _drawn(chart: RenderedChart) -> Iterator[Drawn]:
    book = Book(chart.files.templates)
    manifests = {manifest.key: manifest for manifest in chart.rendered.manifests}
    unstable = [field for field in chart.rendered.unstable if field[0] in manifests]
    origins = [_origin(chart, book, manifests[field[0]], field[1]) for field in unstable]
    kept = [_origin(chart, book, manifests[key], path) for key, path in _kept_fields(manifests, unstable)]
    origins += [origin for origin in kept if any(call[2] == _LOOKUP for call in origin.calls)]
    secrets = {origin.field[0] for origin in origins if origin.field[0].group_kind == "Secret"}
    trials = Trials(chart, origins)
    for origin in origins:
        pins = trials.pins(origin)
        follows = origin.field[0] not in secrets and (origin.by_file or _follows(pins, origin, origins, trials))
        if not (secrets and follows):
            switch, to = trials.switch(origin.field[0])
            key, path = origin.field
            yield Drawn(key, path, origin.template, origin.line, origin.calls, pins, switch, to)


def _follows(pins: tuple[str, ...], origin: Origin, origins: Sequence[Origin], trials: Trials) -> bool:
    """Whether what holds a Secret still holds this field still, too: it is made of the Secret's text."""
    return bool(pins) and any(
        other.field[0].group_kind == "Secret" and set(other.calls) & set(origin.calls) and trials.pins(other) == pins
        for other in origins
    )


def _kept_fields(manifests: Mapping[ObjectKey, Manifest], unstable: Sequence[Field]) -> Iterator[Field]:
    """The fields of Secrets that are the same in each render: a ``lookup`` may be behind them all the same."""
    for key, manifest in manifests.items():
        if key.group_kind == "Secret":
            for part in ("data", "stringData"):
                for entry in as_object(manifest.document.get(part)):
                    if (key, path := join_path(part, entry)) not in unstable:
                        yield key, path


# Where a field comes from


def _origin(chart: RenderedChart, book: Book, manifest: Manifest, path: str) -> Origin:
    template, prefix = _template_file(chart.files, manifest.template)
    body, entry = book.body(template), _last_key(path)
    written = _lines_of(chart.files.templates.get(template, ""), entry) if entry else []
    start = [action for action in body if action.line in written]
    reached = book.reached(start)
    is_drawn = (manifest.key, path) in chart.rendered.unstable
    if is_drawn and not _calls(reached):
        start = list(book.leading(book.reached(body)))
        start = [action for action in body if action in start]
        reached = book.reached(start)
    calls = _calls(reached)
    return Origin(
        (manifest.key, path),
        start[0].line if start else 1,
        template,
        tuple(call for call in calls if is_drawn or call[2] == _LOOKUP),
        tuple(dict.fromkeys(_prefixed(prefix, name) for name in _candidates(chart, book, start, reached))),
        any(includes_file(action) for action in start),
    )


def _candidates(chart: RenderedChart, book: Book, start: Sequence[Action], reached: Sequence[Action]) -> Iterator[str]:
    """Values that may hold a field still, the nearest first: of what leads to a call, then of the helper that calls;
    and, from anywhere on the way, those that are named like a Secret that exists."""
    if not _calls(reached):
        return
    for action in (*start, *book.leading(reached)):
        for each in (action, *book.assigning(action)):
            yield from _named(each, chart)
    for action in _of_drawing_scopes(reached):
        yield from _named(action, chart)
    for action in reached:
        yield from filter(may_switch, _named(action, chart))


def _calls(actions: Iterable[Action]) -> tuple[tuple[str, int, str], ...]:
    """What is called, draws before lookups."""
    found = dict.fromkeys((m.template, m.line, m.function) for action in actions for m in action.mentions())
    return tuple(sorted(found, key=lambda call: call[2] == _LOOKUP))


def _of_drawing_scopes(reached: Sequence[Action]) -> Iterator[Action]:
    """Actions of the helpers that draw."""
    drawing = {(action.file, action.scope) for action in reached if action.mentions()}
    for action in reached:
        if action.mentions() or (action.scope and (action.file, action.scope) in drawing):
            yield action


def _named(action: Action, chart: RenderedChart) -> Iterator[str]:
    yield from action.values
    for text in texts_in(action.code):
        # A helper may be told the value's path as a text: the values must have it.
        if _PATH.fullmatch(text) and value_at(chart.values, text) is not None:
            yield text


def _prefixed(prefix: str, name: str) -> str:
    return name if not prefix or name.startswith("global.") else f"{prefix}.{name}"


def _last_key(path: str) -> str:
    """``admin-password`` of ``data.admin-password``; what brackets hold is a key, or a position."""
    quoted = re.search(r'\["([^"]+)"\]$', path)
    return quoted[1] if quoted else re.sub(r"\[\d+\]", "", path).rpartition(".")[2]


def _lines_of(text: str, entry: str) -> list[int]:
    """The lines that write a key: its own, and those of a longer value below it."""
    found: list[int] = []
    lines = text.splitlines()
    for number, line in enumerate(lines, 1):
        if not re.match(rf"""(?:.*[\s{{,"'])?{re.escape(entry)}["']?\s*:""", line):
            continue
        depth = len(line) - len(line.lstrip())
        below = number
        while below < len(lines) and lines[below].strip() and _depth(lines[below]) > depth:
            below += 1
        found += range(number, below + 1)
    return found


def _depth(line: str) -> int:
    return len(line) - len(line.lstrip())


def _template_file(files: ChartFiles, rendered: str) -> tuple[str, str]:
    """A template's file in the chart, and the path of the values that it sees, by the path in Helm's output.

    Helm puts an alias where the folder has the subchart's name.
    """
    parts, folder = rendered.split("/")[1:], ""
    keys: list[str] = []
    while len(parts) > 2 and parts[0] == "charts":
        alias, parts = parts[1], parts[2:]
        name = _chart_named(files, folder, alias)
        folder, keys = f"{folder}charts/{name}/", [*keys, alias]
    return folder + "/".join(parts), ".".join(keys)


def _chart_named(files: ChartFiles, folder: str, alias: str) -> str:
    inner = ChartFiles({p.removeprefix(folder): c for p, c in files.files.items() if p == f"{folder}Chart.yaml"})
    try:
        entries = objects_in(chart_metadata(inner).get("dependencies"))
    except (HelmError, KeyError):
        return alias
    return next((str(entry.get("name")) for entry in entries if entry.get("alias") == alias), alias)


def _defaults(files: ChartFiles, folder: str) -> JsonObject:
    """The chart's own values, with those of its subcharts below their names."""
    text = files.files.get(f"{folder}values.yaml", b"").decode("utf-8", "replace")
    values = parse_values(text)
    for path in sorted(files.files):
        inner = re.fullmatch(rf"{re.escape(folder)}charts/([^/]+)/Chart\.yaml", path)
        if inner:
            below = _defaults(files, f"{folder}charts/{inner[1]}/")
            values = merge_values({inner[1]: below}, values)
    return values
