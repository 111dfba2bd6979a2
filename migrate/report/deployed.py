"""The estate against what is deployed, as text: the column beside the verdicts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from migrate.model.deployed import DeployedRelease, Deployment, count_states
from migrate.model.difference import Difference
from migrate.model.json import to_json
from migrate.model.words import few
from migrate.report.grid import Column, Page, Span, broken, column, fits, painted, table, wrapped

_MOST = 12
"""Differences of one release that a terminal shows; ``--output json`` has all."""
_ALWAYS = (Deployment.SAME, Deployment.DRIFTED, Deployment.NOT_DEPLOYED)


def deployed_json(rows: Sequence[DeployedRelease]) -> dict[str, Any]:
    """The rows with their counts."""
    releases = [{key: value for key, value in to_json(row).items() if value is not None} for row in rows]
    return {"summary": count_states(tuple(rows)), "releases": releases}


def deployed_lines(rows: Sequence[DeployedRelease], page: Page) -> list[str]:
    """A row an environment, a column a state; then whatever is not the same, and the sentence."""
    lines = ["", *_counts(rows, page), ""]
    for row in rows:
        if row.state is not Deployment.SAME and row.state is not Deployment.UNRECORDED:
            lines += _row(row, page)
    notes = _notes(rows)
    lines += [line for note in notes for line in wrapped(note, page.width, rest="    ")]
    style = "bold red" if any(row.bad for row in rows) else "bold green"
    return [*lines, *(painted([Span(line, style)], page) for line in wrapped(sentence(rows), page.width))]


def _counts(rows: Sequence[DeployedRelease], page: Page) -> list[str]:
    environments = list(dict.fromkeys(row.environment for row in rows))
    states = [state for state in Deployment if state in _ALWAYS or any(row.state is state for row in rows)]
    columns: list[Column] = [column("deployed", environments, folds=True)]
    for state in states:
        counts = (sum(r.environment == name and r.state is state for r in rows) for name in environments)
        columns.append(column(state.value, map(str, counts), right=True))
    if fits(columns, page):
        return table(columns, page)
    told = (_few_counts([r for r in rows if r.environment == name]) for name in environments)
    return table([columns[0], column("releases", told, folds=True)], page)


def _few_counts(rows: Sequence[DeployedRelease]) -> str:
    return ", ".join(f"{count} {state}" for state, count in count_states(tuple(rows)).items() if count)


def _row(row: DeployedRelease, page: Page) -> list[str]:
    lines = wrapped(heading(row), page.width, rest="    ")
    for difference in row.differences[:_MOST]:
        lines += _difference(difference, page)
    more = len(row.differences) - _MOST
    return [*lines, *([f"    and {more} more: --output json has all"] if more > 0 else [])]


def heading(row: DeployedRelease) -> str:
    """One release in a line: state, place, figures and note."""
    figures = [f"{count} {what}" for count, what in
               ((row.added, "to add"), (row.removed, "to remove"), (row.changed, "to change")) if count]  # fmt: skip
    revision = f" (revision {row.revision})" if row.revision else ""
    source = f" at {row.source}" if row.source else ""
    told = ", ".join([*figures, *filter(None, [row.note])])
    return f"{row.state.value}: {row.environment} {row.id}{revision}{source}" + (f": {told}" if told else "")


def _difference(difference: Difference, page: Page) -> list[str]:
    lines = wrapped(difference_text(difference), page.width, first="    ", rest="      ")
    if not difference.path:
        return lines
    sides = {"estate": difference.left or "(absent)", "deployed": difference.right or "(absent)"}
    for side, value in {**sides, **({"set by": difference.cause} if difference.cause else {})}.items():
        first, *rest = broken(value, page.width - 16)
        lines += [f"      {side:<8}  {first}", *(f"{'':<16}{line}" for line in rest)]
    return lines


def difference_text(difference: Difference) -> str:
    """What differs, without the two values."""
    if difference.path:
        return f"{difference.object}: {difference.path}"
    return f"{difference.object}: " + ("not deployed" if difference.left else "deployed, and not in the estate")


def _notes(rows: Sequence[DeployedRelease]) -> list[str]:
    """What was explained, and what could not be compared in releases that are the same."""
    notes: dict[str, dict[str, None]] = {}
    for row in rows:
        for explanation in row.explanations:
            reason = f"{explanation.kind} ({explanation.note.partition(': ')[0]})"
            notes.setdefault(reason, {})[f"{row.environment} {row.id}"] = None
        if row.state is Deployment.SAME and row.note:
            notes.setdefault(row.note, {})[f"{row.environment} {row.id}"] = None
    unrecorded = dict.fromkeys(row.environment for row in rows if row.state is Deployment.UNRECORDED)
    told = [f"{reason}: {few(list(names))}" for reason, names in sorted(notes.items())]
    return [*told, *([f"nothing was recorded of: {', '.join(unrecorded)}"] if unrecorded else [])]


def sentence(rows: Sequence[DeployedRelease]) -> str:
    """Whether the first sync would find what the estate says."""
    counts = count_states(tuple(rows))
    bad = {state: count for state, count in counts.items() if count and any(r.bad and r.state == state for r in rows)}
    if bad:
        told = ", ".join(f"{count} {state}" for state, count in bad.items())
        return f"The estate is not what is deployed: {told}; {counts[Deployment.SAME]} are the same."
    return f"The estate is what is deployed: {counts[Deployment.SAME]} releases are the same."


def deployed_markdown(rows: Sequence[DeployedRelease], escape: Any) -> list[str]:
    """The sentence, a row an environment, and every release that is not the same; ``escape`` as for markdown."""
    states = [state for state in Deployment if state in _ALWAYS or any(row.state is state for row in rows)]
    lines = ["### Deployed", "", f"**{escape(sentence(rows), 500)}**", ""]
    lines.append(f"| environment | {' | '.join(state.value for state in states)} |")
    lines.append("|---|" + "--:|" * len(states))
    for name in dict.fromkeys(row.environment for row in rows):
        counts = (str(sum(r.environment == name and r.state is state for r in rows)) for state in states)
        lines.append(f"| {escape(name)} | {' | '.join(counts)} |")
    told = [row for row in rows if row.state not in (Deployment.SAME, Deployment.UNRECORDED)]
    shown = [f"- {'❌' if row.bad else '🟦'} {escape(heading(row), 500)}" for row in told[:40]]
    more = [f"- and {len(told) - 40} more; `--output json` has them"] if len(told) > 40 else []
    return [*lines, "", *shown, *more]
