"""What the two sides apply otherwise, side by side: Helmfile at the left, Argo CD at the right."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from migrate.model.report import Difference
from migrate.model.tree_diff import Fate, FieldChange, ObjectChange
from migrate.model.words import many
from migrate.report.html.markup import NOTHING, Html, code, element, fold, joined, said, scrolling, text

MOST_OBJECTS = 25
MOST_FIELDS = 30
MOST_LINES = 60
_LONGEST = 600
_HUNK = re.compile(r"@@ .* @@.*")
_ONE_SIDE = {Fate.REMOVED: "only Helmfile applies it", Fate.ADDED: "only Argo CD applies it"}


def side_by_side(changes: Sequence[ObjectChange]) -> Html:
    """The objects that differ, each to unfold; of very many the first, and how many follow."""
    shown = [_object(change) for change in changes[:MOST_OBJECTS]]
    more = len(changes) - MOST_OBJECTS
    rest = said(f"and {many(more, 'more object')}") if more > 0 else NOTHING
    return joined([*shown, rest])


def _object(change: ObjectChange) -> Html:
    if change.fate is not Fate.CHANGED:
        return fold(text(f"{change.object}: {_ONE_SIDE[change.fate]}"), _one_side(change), class_="r-diff")
    fields = change.fields[:MOST_FIELDS]
    more = len(change.fields) - len(fields)
    rest = said(f"and {many(more, 'more field')}") if more > 0 else NOTHING
    summary = text(f"{change.object}: {many(len(change.fields), 'field')}")
    return fold(summary, _table(change.object, joined(_field_rows(fields))), rest, class_="r-diff")


def _one_side(change: ObjectChange) -> Html:
    lines = change.lines[:MOST_LINES]
    more = len(change.lines) - len(lines)
    rest = said(f"and {many(more, 'more line')}") if more > 0 else NOTHING
    return joined([scrolling(f"{change.object} as YAML", element("pre", code("\n".join(lines)))), rest])


def _table(name: str, rows: Html) -> Html:
    heads = joined(element("th", text(word), scope="col") for word in ("field", "Helmfile", "Argo CD"))
    table = element(
        "table",
        element("caption", text(f"Both sides of {name}"), class_="r-quiet"),
        element("thead", element("tr", heads)),
        element("tbody", rows),
        class_="r-sides",
    )
    return scrolling(f"Both sides of {name}", table)


def _field_rows(fields: Sequence[FieldChange]) -> Iterator[Html]:
    for field in fields:
        head = element("th", text(field.path or "the whole object"), scope="row")
        if field.lines:
            left, right = both_sides(field.lines[:MOST_LINES])
            yield element("tr", head, _lines(left, "del"), _lines(right, "ins"))
        else:
            yield element("tr", head, _value(field.before, "del"), _value(field.after, "ins"))


def _value(value: str, mark: str) -> Html:
    if not value:
        return element("td", element("em", text("absent")))
    short = value if len(value) <= _LONGEST else f"{value[:_LONGEST]}… and {len(value) - _LONGEST} more characters"
    return element("td", element(mark, code(short)))


def _lines(lines: Sequence[tuple[str, bool]], mark: str) -> Html:
    content = joined(
        (element(mark, text(line)) if changed else text(line) for line, changed in lines),
        "\n",
    )
    return element("td", element("pre", element("code", content)))


def both_sides(lines: Sequence[str]) -> tuple[list[tuple[str, bool]], list[tuple[str, bool]]]:
    """A unified diff as two columns of ``(line, whether it differs)``, padded so that what is the same stands level."""
    left: list[tuple[str, bool]] = []
    right: list[tuple[str, bool]] = []
    for line in lines:
        sign, rest = line[:1], line[1:]
        if sign == "-":
            left.append((rest, True))
        elif sign == "+":
            right.append((rest, True))
        else:
            level = max(len(left), len(right))
            own = "⋯" if _HUNK.fullmatch(line) else rest if sign == " " else line
            for side in (left, right):
                side += [("", False)] * (level - len(side)) + [(own, False)]
    return left, right


def difference_table(differences: Sequence[Difference]) -> Html:
    """What nothing explains, field by field, with what brings it where that is known."""
    if not differences:
        return NOTHING
    rows = (
        element(
            "tr",
            element("th", text(f"{found.object} {found.path}".rstrip()), scope="row"),
            _value(found.left, "del"),
            _value(found.right, "ins"),
            element("td", text(found.cause)),
        )
        for found in differences[: MOST_OBJECTS * 2]
    )
    more = len(differences) - MOST_OBJECTS * 2
    heads = joined(element("th", text(word), scope="col") for word in ("object", "Helmfile", "Argo CD", "set by"))
    table = element(
        "table",
        element("caption", text("Differences that nothing explains")),
        element("thead", element("tr", heads)),
        element("tbody", *rows),
        class_="r-sides",
    )
    rest = said(f"and {many(more, 'more difference')}") if more > 0 else NOTHING
    return joined([scrolling("Differences that nothing explains", table), rest])
