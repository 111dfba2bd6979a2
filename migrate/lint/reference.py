"""The reference page of the rules (docs/reference/lint.md), written from their table."""

from __future__ import annotations

from migrate.lint.rules import FAMILIES, family_title

_HEAD = """\
# Rules of lint

Written from the program (`make reference`); a test holds it to that.

`migrate lint out` checks a tree against these rules. Each finding has the rule's id, a severity, the file and line, and
what to do. An error makes the command exit 1; a warning is for a person to look at; information is worth knowing. One
rule may give several severities. Ids never change. Rules marked * look at what the Applications render.

The last column says where the reason comes from: `AC` is a numbered rule of Argo CD's behaviour, the same numbers that
comments in the code cite; `D` is a decision of this project.
"""


def rules_markdown() -> str:
    """One section a family, one row a rule."""
    parts = [_HEAD]
    for family in FAMILIES:
        parts.append(f"\n## {family_title(family)}\n\n| id | what holds | why | from |\n|---|---|---|---|\n")
        for rule in family.RULES:
            mark = " *" if rule.needs_render else ""
            parts.append(f"| {rule.id}{mark} | {_cell(rule.title)} | {_cell(rule.reason)} | {rule.pointer} |\n")
    return "".join(parts)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;")
