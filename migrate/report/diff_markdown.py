"""A TreeDiff as a comment on a pull request: every verdict always, details while they fit.

The first line is a hidden mark by which CI finds the comment it made before; each Application has an anchor.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from migrate.model.tree_diff import NOISE, Effect, Fate, FieldChange, ObjectChange, TreeDiff
from migrate.model.words import few, many
from migrate.report.diff import SIGNS, Group, alarms, counts_text, grouped, noise_text, sentence, shortened
from migrate.report.markdown import MOST_CHARACTERS, cell, code

MARK = "<!-- migrate diff -->"
_MARKS = {
    Effect.SAME: "✅", Effect.NOISE: "🔈", Effect.CHANGED: "✏️", Effect.ADDED: "➕", Effect.REMOVED: "➖",
    Effect.UNRENDERED: "⚠️",
}  # fmt: skip
_RESERVE = 400
"""For the sentences at the end."""
_MOST_LINES = 60
_MOST_ALARMS = 100


def diff_markdown(difference: TreeDiff, most: int = MOST_CHARACTERS) -> str:
    """``diff --output markdown``: the counts, the dangers, each Application's verdict, and details in ``<details>``.

    What does not fit is dropped, the details of one Application after another, and counted. Verdicts stay: those that
    are the same are at last told as all others. Only where the bare names of what changes are more than a comment
    holds, names are counted instead.
    """
    groups = [group for group in grouped(difference.applications) if group.row.effect is not Effect.SAME]
    head = [MARK, "### migrate diff", "", *_sentence(difference), ""]
    end = [*_noise(difference), _figures(difference)]
    room = most - _RESERVE - _length([*head, *end])
    verdicts, linked = _verdicts(groups, room)
    room -= _length(verdicts)
    same = _same(difference, room)
    room -= _length(same)
    dangers = _dangers(difference, room)
    room -= _length(dangers)
    details, dropped = _fitting(groups, room) if linked else ([], len(groups))
    said = [f"Details of {many(dropped, 'group')} of changes are left out here; `--output json` has them.", ""]
    lines = [*head, *dangers, *verdicts, *details, *(said if dropped else ()), *same, *end]
    return "\n".join(lines).rstrip() + "\n"


def _fitting(groups: Sequence[Group], room: int) -> tuple[list[str], int]:
    """The groups with their details while these fit, the dangerous ones first, and how many are told in less."""
    first = {group.row.name: number for number, group in reversed(list(enumerate(groups)))}
    told: dict[int, list[str]] = {}
    dropped = 0
    order = sorted(enumerate(groups), key=lambda pair: (not pair[1].row.dangers, pair[1].row.effect is Effect.NOISE))
    for number, group in order:
        name = anchor(group.row.name)
        above = [f'<a id="{name}"></a>', ""] if first[group.row.name] == number else []
        text = [*above, *_detail(group)]
        if _length(text) > room:
            text = [*above, *_outline(group)]
            dropped += 1
        if _length(text) <= room:
            told[number] = text
            room -= _length(text)
    return [line for number in sorted(told) for line in told[number]], dropped


def _length(lines: Sequence[str]) -> int:
    return sum(len(line) + 1 for line in lines)


def _sentence(difference: TreeDiff) -> list[str]:
    said = "**Nothing changes.**" if not difference.changes else f"**{cell(sentence(difference))}.**"
    sides = f"{code(difference.before)} → {code(difference.after)}"
    counts = difference.summary()
    head = "| " + " | ".join(f"{_MARKS[e]} {e.value}" for e in Effect) + " |"
    line = "|" + "--:|" * len(Effect)
    row = "| " + " | ".join(str(counts[e.value]) for e in Effect) + " |"
    found = [f"- {cell(finding.message, 300)}" for finding in difference.findings[:10]]
    return [f"{said} {sides}", "", head, line, row, *(["", *found] if found else [])]


def _dangers(difference: TreeDiff, room: int) -> list[str]:
    """One line each, at the top."""
    lines: list[str] = []
    told = alarms(difference)
    for number, alarm in enumerate(told[:_MOST_ALARMS]):
        where = cell(", ".join(alarm.environments))
        what = (
            f"{code(alarm.application)} {code(alarm.danger.object)}" if alarm.danger.object else code(alarm.application)
        )
        line = f"- 🚨 {what} {cell(alarm.danger.message, 400)} ({where})"
        if _length([*lines, line]) > room // 2:
            return [*lines, f"- 🚨 and {len(told) - number} more dangerous changes: `--output json` has them", ""]
        lines.append(line)
    more = len(told) - len(lines)
    lines += [f"- 🚨 and {more} more dangerous changes: `--output json` has them"] if more > 0 else []
    return [*lines, ""] if lines else []


def _verdicts(groups: Sequence[Group], room: int) -> tuple[list[str], bool]:
    """The verdict of each Application that is not the same: as a table with anchors, else as names by verdict."""
    if not groups:
        return [], True
    rows: dict[tuple[str, Effect, str], list[str]] = {}
    for group in groups:
        rows.setdefault((group.row.name, group.row.effect, counts_text(group.row)), []).extend(group.environments)
    lines = ["| Application | verdict | objects | environments |", "|---|---|---|---|"]
    for (name, effect, counts), places in rows.items():
        link = f"[{cell(name)}](#{anchor(name)})"
        lines.append(
            f"| {link} | {_MARKS[effect]} {effect.value} | {counts} | {cell(', '.join(sorted(places)), 400)} |"
        )
    if _length(lines) <= room // 2:
        return [*lines, ""], True
    return [*_by_verdict(groups, room * 3 // 4), ""], False


def _by_verdict(groups: Sequence[Group], room: int) -> list[str]:
    """Names alone, those with the same verdict in the same environments together; counts alone where they must be."""
    found: dict[tuple[Effect, tuple[str, ...]], list[str]] = {}
    for group in groups:
        found.setdefault((group.row.effect, group.environments), []).append(group.row.name)
    lines = []
    for (effect, places), names in found.items():
        head = f"- {_MARKS[effect]} {effect.value} in {cell(', '.join(places), 400)}: "
        line = head + _names(names)
        if len(line) > room:
            line = f"{head}{many(len(names), 'Application')}, whose names are in `--output json`"
        room -= len(line) + 1
        lines.append(line)
    return lines


def _same(difference: TreeDiff, room: int) -> list[str]:
    """The Applications that are the same, by the environments in which they are; briefly, all others."""
    where: dict[str, list[str]] = {}
    for row in difference.applications:
        if row.effect is Effect.SAME:
            where.setdefault(row.name, []).append(row.environment)
    places: dict[tuple[str, ...], list[str]] = {}
    for name, found in where.items():
        places.setdefault(tuple(found), []).append(name)
    told = [f"- in {cell(', '.join(found), 400)}: {_names(names)}" for found, names in places.items()]
    count = many(difference.summary()[Effect.SAME.value], "row")
    if not told:
        return []
    head = f"{_MARKS[Effect.SAME]} the same: {count}"
    lines = [f"<details><summary>{head}</summary>", "", *told, "", "</details>", ""]
    return lines if _length(lines) <= room // 2 else [f"{head}, all that are not named above.", ""]


def _names(names: Sequence[str]) -> str:
    return ", ".join(cell(name) for name in sorted(names))


def _detail(group: Group) -> list[str]:
    """One Application in a block that folds."""
    row = group.row
    lines = _opened(group)
    lines += [cell(row.reason, 500), ""] if row.reason else []
    lines += _fields(row.fields)
    for change in row.objects:
        lines += _object(change) if change.counts else []
    quiet = [change for change in row.objects if not change.counts]
    if quiet:
        noise = Counter(name for change in quiet for name in change.noises)
        lines += [f"In {many(len(quiet), 'object')} noise only: {noise_text(noise)}.", ""]
    lines += [f"Pods restart: {', '.join(map(code, row.restarts))}.", ""] if row.restarts else []
    return [*lines, "</details>", ""]


def _outline(group: Group) -> list[str]:
    """The same without any field: which objects are added, removed and changed."""
    lines = _opened(group)
    for fate in Fate:
        names = [change.object for change in group.row.objects if change.fate is fate and change.counts]
        lines += [f"- {fate.value}: {', '.join(map(code, names[:20]))}"] if names else []
        lines += [f"- and {len(names) - 20} more {fate.value}"] if len(names) > 20 else []
    return [*lines, "", "</details>", ""]


def _opened(group: Group) -> list[str]:
    row = group.row
    said = f"{_MARKS[row.effect]} <b>{_escaped(row.name)}</b> ({_escaped(few(group.environments, 8))}): "
    said += f"{row.effect.value} {counts_text(row)}"
    noise = f", noise: {noise_text(row.noise)}" if row.noise else ""
    return [f"<details><summary>{said}{noise}</summary>", ""]


def anchor(name: str) -> str:
    """The anchor of an Application; the same in every run."""
    return "diff-" + re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def _object(change: ObjectChange) -> list[str]:
    other = (
        f" ({'goes to' if change.fate is Fate.REMOVED else 'comes from'} {code(change.other)})" if change.other else ""
    )
    head = f"**{SIGNS[change.fate]}** {code(change.object)} {change.fate.value}{other}"
    if change.fate is Fate.CHANGED:
        return [head, "", *_fields(change.fields)]
    sign = SIGNS[change.fate]
    return [head, "", *_fenced([f"{sign} {line}" for line in change.lines])]


def _fields(fields: Sequence[FieldChange]) -> list[str]:
    """All fields of one object in one block that hosts colour as a diff."""
    lines: list[str] = []
    for field in fields:
        lines.append(f"# {field.path}" + (f"  (noise: {field.noise})" if field.noise else ""))
        lines += field.lines or [
            f"{sign} {shortened(side)}" for sign, side in (("-", field.before), ("+", field.after)) if side
        ]
    return _fenced(lines) if lines else []


def _fenced(lines: Sequence[str]) -> list[str]:
    shown = [line.replace("\r", "") for line in lines[:_MOST_LINES]]
    more = len(lines) - len(shown)
    shown += [f"# and {more} more lines"] if more else []
    longest = max((len(run) for line in shown for run in re.findall("`+", line)), default=0)
    fence = "`" * max(3, longest + 1)
    return [f"{fence}diff", *shown, fence, ""]


def _noise(difference: TreeDiff) -> list[str]:
    told = [f"- {name}, {many(count, 'time')}: {NOISE[name]}" for name, count in difference.noise.items()]
    return ["<details><summary>Noise</summary>", "", *told, "", "</details>", ""] if told else []


def _figures(difference: TreeDiff) -> str:
    versions = ", ".join(sorted(set(difference.kube_versions.values())))
    objects = sum(row.after for row in difference.applications)
    return f"{objects} objects on the second side" + (f", rendered for Kubernetes {versions}" if versions else "")


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
