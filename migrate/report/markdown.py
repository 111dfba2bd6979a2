"""The Report as a comment on a pull request: short, and within the size that hosts of repositories take."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from migrate.model.report import Difference, ReleaseVerdict, Report, Verdict
from migrate.report.deployed import deployed_markdown
from migrate.report.rollout import rollout_markdown

MOST_CHARACTERS = 65_000
"""GitHub takes 65,536 in a comment."""
_MARKS = {Verdict.EQUAL: "✅", Verdict.EXPLAINED: "🟦", Verdict.DIFFERENT: "❌", Verdict.UNRENDERED: "⚠️"}
_RESERVE = 600
"""For the sentences at the end."""
_LONGEST = 200
_MOST_EACH = 20
_BAD = (Verdict.DIFFERENT, Verdict.UNRENDERED)


def report_markdown(report: Report, environments: Sequence[str]) -> str:
    """``verify --output markdown``: the sentence, the counts, every row that is not proven, and details while they fit.

    What does not fit is dropped: details first, then names; the counts by verdict and environment are always there.
    """
    head = [*_sentence(report), "", *_counts(report, environments), ""]
    problems = [row for row in report.releases if row.verdict in _BAD]
    room = MOST_CHARACTERS - len("\n".join(head)) - _RESERVE
    lines = [*head, *_fitting([_details(row) for row in problems], [_name(row) for row in problems], room)]
    deployed = deployed_markdown(report.deployed, cell) if report.deployed else []
    rollout = rollout_markdown(report.rollout, cell) if report.rollout else []
    for extra in (deployed, rollout, _explained(report), _excluded(report)):
        if extra and sum(len(line) + 1 for line in (*lines, *extra)) < MOST_CHARACTERS - _RESERVE:
            lines += ["", *extra]
    return "\n".join([*lines, "", _figures(report)]).rstrip() + "\n"


def _fitting(details: Sequence[str], names: Sequence[str], room: int) -> list[str]:
    """Each with its details while there is room for the names of all that follow, then its name, then a count."""
    shown = 0
    left = room
    while shown < len(names) and left > len(names[shown]):
        left -= len(names[shown]) + 1
        shown += 1
    texts, dropped = [], 0
    for detail, name in zip(details[:shown], names, strict=False):
        more = len(detail) - len(name)
        fits = more <= left
        left -= more if fits else 0
        dropped += not fits
        texts.append(detail if fits else name)
    if dropped:
        texts += ["", f"Details of {dropped} are left out here; `--output json` has them."]
    if shown < len(names):
        texts += ["", f"And {len(names) - shown} more are different or unrendered; `--output json` has them."]
    return texts


def _sentence(report: Report) -> list[str]:
    summary, total = report.summary(), len(report.releases)
    proven = summary["equal"] + summary["explained"]
    part = f" (shard {report.shard})" if report.shard else ""
    if total and proven == total and not report.errors and not report.unjudged:
        said = f"**Proven{part}:** all {total} releases {report.claim}."
    else:
        said = f"**Not proven{part}:** of {total} releases, {proven} are equal or explained."
    lines = ["### migrate verify", "", said]
    if report.unjudged:
        lines.append(f"Stopped at the first that is not proven; {report.unjudged} were not judged.")
    return [*lines, *(f"- {cell(finding.message, 500)}" for finding in report.findings[:_MOST_EACH])]


def _counts(report: Report, environments: Sequence[str]) -> list[str]:
    counts = Counter((row.environment, row.verdict) for row in report.releases)
    lines = ["| environment | " + " | ".join(f"{_MARKS[v]} {v.value}" for v in Verdict) + " |"]
    lines.append("|---|" + "--:|" * len(Verdict))
    rows = ((name, *(str(counts[name, verdict]) for verdict in Verdict)) for name in environments[:200])
    return [*lines, *(f"| {cell(row[0])} | {' | '.join(row[1:])} |" for row in rows)]


def _name(row: ReleaseVerdict) -> str:
    what = row.id or f"Application {row.application}"
    return f"- {_MARKS[row.verdict]} {row.verdict.value}: {code(f'{row.environment} {what}')}"


def _details(row: ReleaseVerdict) -> str:
    lines = [_name(row)]
    if row.reason:
        lines.append(f"  {cell(row.reason, 500)}")
    lines += [f"  - {_difference(difference)}" for difference in row.differences[:_MOST_EACH]]
    more = len(row.differences) - _MOST_EACH
    return "\n".join([*lines, *([f"  - and {more} more"] if more > 0 else [])])


def _difference(difference: Difference) -> str:
    if not difference.path and not (difference.left and difference.right):
        only = "Helmfile" if difference.left else "Argo CD"
        return f"{code(difference.object)}: only {only} applies it"
    sides = [f"{side} {code(text or '(absent)')}" for side, text in
             (("Helmfile", difference.left), ("Argo CD", difference.right))]  # fmt: skip
    cause = f", set by {code(difference.cause)}" if difference.cause else ""
    return f"{code(difference.object)} {code(difference.path)}: {', '.join(sides)}{cause}"


def _explained(report: Report) -> list[str]:
    notes = report.explained()
    if not notes:
        return []
    rows = [f"| {cell(kind)} | {len(names)} | {cell(note)} |" for kind, (names, note) in notes.items()]
    head = ["| explained by | releases | why it changes nothing you would miss |", "|---|--:|---|"]
    return ["<details><summary>What was explained</summary>", "", *head, *rows, "", "</details>"]


def _excluded(report: Report) -> list[str]:
    reasons = Counter(exclusion.reason for exclusion in report.excluded)
    told = [f"- {count} × {cell(reason)}" for reason, count in reasons.items()]
    return ["<details><summary>No Application, on purpose</summary>", "", *told, "", "</details>"] if told else []


def _figures(report: Report) -> str:
    objects = sum(row.objects for row in report.releases)
    versions = ", ".join(sorted(set(report.kube_versions.values())))
    rendered = f", rendered for Kubernetes {versions}" if versions else ""
    return f"{objects} objects compared{rendered}; tree {code(report.tree_hash[:12] or 'unknown')}"


def cell(text: str, most: int = _LONGEST) -> str:
    """Text that starts no markup of its own, on one line."""
    line = " ".join(text.split())
    line = line if len(line) <= most else line[:most] + "…"
    return re.sub(r"([\\`*_\[\]<>|#@~])", r"\\\1", line)


def code(text: str, most: int = _LONGEST) -> str:
    """Text between more backticks than it has in a row."""
    line = " ".join(text.split()) or " "
    line = line if len(line) <= most else line[:most] + "…"
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", line)), default=0))
    pad = " " if "`" in line else ""
    return f"{fence}{pad}{line}{pad}{fence}"
