"""What an answer changes, as lines: the values that move with it, and what would no longer hold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from migrate.model.finding import Finding, Severity
from migrate.model.plan import Plan, ReleasePlan
from migrate.wizard.answers import FIELDS, components, decision, is_persons
from migrate.wizard.asker import Line

_MANY = 12
"""So many releases are named; of more, the first few."""

Changes = Mapping[str, tuple[str, str]]


def effect_lines(before: Plan, after: Plan, new: Iterable[Finding], chosen: frozenset[str]) -> list[Line]:
    """What an answer about the releases ``chosen`` changes: them, what follows elsewhere, and ``new`` findings."""
    lines: list[Line] = []
    followers: dict[tuple[str, str], list[str]] = {}
    own: dict[tuple[str, str], list[str]] = {}
    for name, changes in _all_changes(before, after).items():
        for word, (old, value) in changes.items():
            if {name} == chosen:
                lines.append(Line(f"{name}: {word} {old} → {value}", "  ", "    "))
                continue
            group = own if name in chosen else followers
            group.setdefault((word, value), []).append(f"{name} (was {old})")
    for (word, value), names in own.items():
        lines.append(Line(f"{word} {value}: {_named(names)}", "  ", "    "))
    if followers:
        count = len({name for names in followers.values() for name in names})
        lines.append(Line(f"and with it {count} more, since each comes after what it needs:", "  "))
    for (word, value), names in sorted(followers.items()):
        lines.append(Line(f"{word} {value}: {_named(names)}", "    ", "      "))
    steps = {step.phase for step in before.ladder}
    if added := [step.phase for step in after.ladder if step.phase not in steps]:
        lines.append(Line(f"new steps of the ladder: {', '.join(added)}", "  ", "    "))
    return (lines or [Line("nothing else", "  ")]) + finding_lines(new)


def finding_lines(findings: Iterable[Finding]) -> list[Line]:
    """Errors first: what breaks, with both ends; then what is only worth knowing."""
    order = sorted(findings, key=lambda finding: finding.severity is not Severity.ERROR)
    return [Line(f"{'BREAKS' if f.severity is Severity.ERROR else 'note'}: {f.message}", "  ", "    ") for f in order]


def errors(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Those that stop a conversion."""
    return tuple(finding for finding in findings if finding.severity is Severity.ERROR)


def difference_lines(before: Plan, after: Plan) -> list[Line]:
    """Every value that is not the same in both plans, a line a release; ``(follows)`` where no person decided it."""
    known = after.by_id()
    lines = []
    for name, changes in _all_changes(before, after).items():
        parts = [
            f"{word} {old or 'none'} → {value}{'' if is_persons(decision(known[name], word)) else ' (follows)'}"
            for word, (old, value) in changes.items()
        ]
        lines.append(Line(f"{name}: {', '.join(parts)}", "    ", "      "))
    return lines


def _named(names: list[str]) -> str:
    shown = names if len(names) <= _MANY else [*names[:3], f"and {len(names) - 3} more"]
    return ", ".join(shown)


def _all_changes(before: Plan, after: Plan) -> dict[str, Changes]:
    """Release → what changes of it, where anything does."""
    known = before.by_id()
    found = {r.id: changes_of(known[r.id], r) for r in components(after) if r.id in known}
    return {name: changes for name, changes in found.items() if changes}


def changes_of(old: ReleasePlan, new: ReleasePlan) -> Changes:
    """Word → (value before, value after); a wave that only follows its phase is no news."""
    found = {word: (decision(old, word).value, decision(new, word).value) for word in FIELDS}
    changed = {word: pair for word, pair in found.items() if pair[0] != pair[1]}
    if "phase" in changed and "wave" in changed and changed["wave"][1] == changed["phase"][1].lstrip("0"):
        del changed["wave"]
    return changed
