"""A TreeDiff as a table for a terminal and as JSON: dangers first, then every verdict, then the fields."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from migrate.model.json import SCHEMA_VERSION, to_json
from migrate.model.tree_diff import NOISE, ApplicationDiff, Danger, Effect, Fate, FieldChange, ObjectChange, TreeDiff
from migrate.model.upgrade import Upgrade
from migrate.model.words import few, many
from migrate.report.grid import Page, Span, broken, column, painted, table, wrapped
from migrate.report.shapes import finding_json

SIGNS = {Fate.ADDED: "+", Fate.REMOVED: "-", Fate.CHANGED: "~"}
_STYLES = {Fate.ADDED: "green", Fate.REMOVED: "bold red", Fate.CHANGED: "cyan"}
_MOST_OBJECTS = 25
_MOST_FIELDS = 12
_MOST_LINES = 24
_LONGEST = 300


@dataclass(frozen=True)
class Group:
    """Rows of one Application that are alike in everything but their environment."""

    environments: tuple[str, ...]
    row: ApplicationDiff


def grouped(rows: Iterable[ApplicationDiff]) -> tuple[Group, ...]:
    """Rows that say the same in several environments told once, in the order of their names."""
    found: dict[tuple[object, ...], list[ApplicationDiff]] = {}
    for row in rows:
        found.setdefault((row.name, row.effect, row.fields, row.objects, row.dangers, row.reason), []).append(row)
    groups = [Group(tuple(row.environment for row in alike), alike[0]) for alike in found.values()]
    return tuple(sorted(groups, key=lambda group: (group.row.name, group.environments)))


@dataclass(frozen=True)
class Alarm:
    """One danger, with the Application and the environments that it is in."""

    application: str
    environments: tuple[str, ...]
    danger: Danger

    @property
    def what(self) -> str:
        """The object, or the Application itself."""
        return f"{self.application}: {self.danger.object} ".rstrip() if self.danger.object else f"{self.application}:"


def alarms(difference: TreeDiff) -> tuple[Alarm, ...]:
    """Every danger once, by Application."""
    found: dict[tuple[str, Danger], list[str]] = {}
    for row in difference.applications:
        for danger in dict.fromkeys(row.dangers):
            found.setdefault((row.name, danger), []).append(row.environment)
    told = (Alarm(name, tuple(places), danger) for (name, danger), places in found.items())
    return tuple(sorted(told, key=lambda alarm: (alarm.application, alarm.danger.object, alarm.environments)))


def counts_text(row: ApplicationDiff) -> str:
    """``+1 -0 ~3``: objects added, removed and changed, by more than noise."""
    return " ".join(f"{SIGNS[fate]}{row.counted(fate)}" for fate in Fate)


def noise_text(noise: Counter[str] | dict[str, int]) -> str:
    """``chart-label 12, checksum 2``."""
    return ", ".join(f"{name} {count}" for name, count in sorted(noise.items()))


def sentence(difference: TreeDiff) -> str:
    """What it comes to, every verdict counted; a row is one Application in one environment."""
    counts = ", ".join(f"{count} {name}" for name, count in difference.summary().items() if count)
    return f"{counts or 'nothing to compare'} (Applications, each in its environment)"


def diff_json(difference: TreeDiff) -> str:
    """``diff --output json``: every row and every field, those that are the same with their counts alone."""
    return json.dumps(_content(difference), indent=2, ensure_ascii=False) + "\n"


def upgrade_json(upgrade: Upgrade, *, written: bool) -> str:
    """``upgrade --output json``: the diff, and where the version is written."""
    content = _content(upgrade.difference)
    content["findings"] = [finding_json(finding) for finding in upgrade.findings]
    content |= {"releases": list(upgrade.releases), "lines": to_json(upgrade.lines), "written": written}
    content["byHand"] = [
        {"release": one.release, "source": {"file": one.place.file, "line": one.place.line}, "why": one.why}
        for one in upgrade.by_hand
    ]
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def _content(difference: TreeDiff) -> dict[str, Any]:
    return {
        "schemaVersion": SCHEMA_VERSION,
        "before": difference.before,
        "after": difference.after,
        "changes": difference.changes,
        "summary": difference.summary(),
        "noise": {name: {"count": count, "note": NOISE[name]} for name, count in difference.noise.items()},
        "applications": [_row_json(row) for row in difference.applications],
        "findings": [finding_json(finding) for finding in difference.findings],
        "kubeVersions": dict(difference.kube_versions),
        "timings": dict(difference.timings),
    }


def _row_json(row: ApplicationDiff) -> dict[str, Any]:
    shape: dict[str, Any] = to_json(row)
    shape["application"] = shape.pop("name")
    shape["verdict"] = shape.pop("effect")
    return {**shape, "noise": dict(sorted(row.noise.items())), "restarts": list(row.restarts)}


def diff_text(difference: TreeDiff, page: Page) -> str:
    """``diff``: dangers, a row for each Application that is not the same, its fields, noise by name, the sentence."""
    groups = [group for group in grouped(difference.applications) if group.row.effect is not Effect.SAME]
    lines = [line for alarm in alarms(difference) for line in _alarm(alarm, page)]
    lines += [""] if lines else []
    if groups:
        lines += [*_verdicts(groups, page), ""]
        lines += [line for group in groups for line in _details(group, page)]
    for name, count in difference.noise.items():
        lines += wrapped(f"noise {name}, {many(count, 'time')}: {NOISE[name]}", page.width, rest="    ")
    style = "bold" if difference.changes else "bold green"
    lines += [painted([Span(line, style)], page) for line in wrapped(sentence(difference), page.width)]
    return "\n".join(lines) + "\n"


def _alarm(alarm: Alarm, page: Page) -> list[str]:
    where = ", ".join(alarm.environments)
    told = wrapped(f"! {alarm.what} {alarm.danger.message} ({where})", page.width, rest="  ")
    return [painted([Span(line, "bold red")], page) for line in told]


def _verdicts(groups: Sequence[Group], page: Page) -> list[str]:
    rows: dict[tuple[str, str, str], list[str]] = {}
    for group in groups:
        place = (group.row.name, group.row.effect.value, counts_text(group.row))
        rows.setdefault(place, []).extend(group.environments)
    rows = {place: sorted(places) for place, places in rows.items()}
    columns = [
        column("application", (place[0] for place in rows), folds=True),
        column("verdict", (place[1] for place in rows)),
        column("objects", (place[2] for place in rows)),
        column("environments", (", ".join(places) for places in rows.values()), folds=True),
    ]
    return table(columns, page)


def _details(group: Group, page: Page) -> list[str]:
    row = group.row
    said = f"{row.name} ({', '.join(group.environments)}): {row.effect.value}"
    lines = [painted([Span(line, "bold")], page) for line in wrapped(said, page.width, rest="  ")]
    if row.reason:
        lines += wrapped(row.reason, page.width, first="  ", rest="    ")
    lines += _fields(row.fields, page, "  ")
    telling = [change for change in row.objects if change.counts]
    for change in telling[:_MOST_OBJECTS]:
        lines += _object(change, page)
    if len(telling) > _MOST_OBJECTS:
        lines.append(f"  and {len(telling) - _MOST_OBJECTS} more objects: --output json has all")
    quiet = [change for change in row.objects if not change.counts]
    if quiet:
        noise = Counter(name for change in quiet for name in change.noises)
        text = f"in {many(len(quiet), 'object')} noise only: {noise_text(noise)}"
        lines += wrapped(text, page.width, first="  ", rest="    ")
    if row.restarts:
        lines += wrapped(f"pods restart: {few(row.restarts, 10)}", page.width, first="  ", rest="    ")
    return [*lines, ""]


def _object(change: ObjectChange, page: Page) -> list[str]:
    whole = change.fate is not Fate.CHANGED
    other = f", {'goes to' if change.fate is Fate.REMOVED else 'comes from'} {change.other}" if change.other else ""
    size = f" ({many(len(change.lines), 'line')}{other})" if whole else ""
    lines = [
        painted([Span(line, _STYLES[change.fate])], page)
        for line in wrapped(f"{SIGNS[change.fate]} {change.object}{size}", page.width, first="  ", rest="    ")
    ]
    return [*lines, *_fields(change.fields, page, "      ")]


def _fields(fields: Sequence[FieldChange], page: Page, indent: str) -> list[str]:
    telling = [field for field in fields if not field.noise]
    lines = [line for field in telling[:_MOST_FIELDS] for line in _field(field, page, indent)]
    if len(telling) > _MOST_FIELDS:
        lines.append(f"{indent}and {len(telling) - _MOST_FIELDS} more fields: --output json has all")
    noise = Counter(field.noise for field in fields if field.noise)
    return lines + (wrapped(f"noise: {noise_text(noise)}", page.width, first=indent, rest=indent) if noise else [])


def _field(field: FieldChange, page: Page, indent: str) -> list[str]:
    lines = [f"{indent}{line}" for line in broken(field.path, page.width - len(indent))]
    shown = field.lines[:_MOST_LINES] or [
        f"{sign} {shortened(side)}" for sign, side in (("-", field.before), ("+", field.after)) if side
    ]
    for text in shown:
        style = "bold red" if text.startswith("-") else "green" if text.startswith("+") else ""
        first, *rest = broken(text, page.width - len(indent) - 4) or [""]
        lines += [painted([Span(f"{indent}  {first}", style)], page)]
        lines += [painted([Span(f"{indent}    {line}", style)], page) for line in rest]
    if len(field.lines) > _MOST_LINES:
        lines.append(f"{indent}  and {len(field.lines) - _MOST_LINES} more lines")
    return lines


def shortened(text: str, most: int = _LONGEST) -> str:
    """The text, of a long one its beginning and how much follows."""
    return text if len(text) <= most else f"{text[:most]}… and {len(text) - most} more characters"


def version_text(upgrade: Upgrade, page: Page, *, written: bool) -> str:
    """``upgrade``: which lines say the version, changed or to be changed, and what is left to a person."""
    lines: list[str] = []
    for line in upgrade.lines:
        lines += [f"{line.place}{': changed' if written else ''}"]
        lines += [f"  - {line.before.strip()}", f"  + {line.after.strip()}"]
    for one in upgrade.by_hand:
        lines += wrapped(f"by hand, {one.place} ({one.release}): {one.why}", page.width, rest="    ")
    if upgrade.lines and not written:
        lines += wrapped("nothing is written; with --write these lines are", page.width)
    return "".join(f"{line}\n" for line in lines)
