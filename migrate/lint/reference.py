"""The reference page of the rules (docs/reference/lint.md), written from the rules themselves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from migrate.lint.example import shown
from migrate.lint.rule import Rule
from migrate.lint.rules import families, rules_by_family
from migrate.model.linted import RuleText

_HEAD = """\
# Rules of lint

Written from the program (`make reference`); a test holds it to that.

`migrate lint TREE` checks a tree against these rules. Each finding has the rule's id, a severity, the file and line,
and what to do. An error makes the command exit 1; a warning is for a person to look at; information is worth knowing.
One rule may give several severities; its section names the heaviest. Ids never change.

Where a reason comes from: `AC` is a numbered rule of Argo CD's behaviour, the same numbers that comments in the code
cite; `D` is a decision of this project.

Examples show the lines that matter, of a small tree; `# <- here` is where the finding points.
"""


def rules_markdown() -> str:
    """A table of all rules, then a section a family and one a rule."""
    by_family = rules_by_family()
    rows = sorted((rule for rules in by_family.values() for rule in rules), key=lambda rule: rule.id)
    parts = [_HEAD, "\n| id | what holds | at most |\n|---|---|---|\n"]
    parts += [f"| [{rule.id}](#{_anchor(rule)}) | {_cell(rule.title)} | {rule.severity} |\n" for rule in rows]
    for family, title in families():
        parts.append(f"\n## {title}\n")
        for rule in by_family[family]:
            parts += _section(rule)
    return "".join(parts)


def rule_texts(rules: Iterable[Rule]) -> tuple[RuleText, ...]:
    """Rules as reports tell them, by id."""
    texts = (RuleText(one.id, one.title, one.reason, one.severity, "".join(_section(one)).strip()) for one in rules)
    return tuple(sorted(texts, key=lambda text: text.id))


def _heading(rule: Rule) -> str:
    return f"{rule.id}: {rule.title}"


def _anchor(rule: Rule) -> str:
    """The anchor that GitHub and GitLab make of the rule's heading."""
    kept = (c for c in _heading(rule).lower() if c.isalnum() or c in " -_")
    return "".join(kept).replace(" ", "-")


def _section(rule: Rule) -> Iterator[str]:
    yield f"\n### {_heading(rule)}\n\n"
    yield f"Why: {rule.reason} ({rule.pointer}). At most: {rule.severity}."
    if rule.needs_render:
        yield " It looks at what the Applications render."
    if rule.own_tree:
        yield " It is for trees that migrate wrote."
    if rule.fix:
        yield f" `--fix` {rule.fix.words}."
    yield "\n"
    yield from _files("Bad", rule.example.bad)
    yield from _files("Good", rule.example.good)


def _files(title: str, texts: Mapping[str, str]) -> Iterator[str]:
    for path, text in texts.items():
        language = "json" if path.endswith(".json") else "yaml"
        yield f"\n{title}, `{path}`:\n\n```{language}\n{shown(text)}```\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;")
