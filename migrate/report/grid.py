"""Lines and tables that fit a page: nothing is cut off, and what a narrow page leaves out is named below it.

Why no library's table: names of releases must break at slashes and dashes to stay readable in 60 columns, and columns
must go by their weight; rich breaks a long name anywhere and shrinks all columns alike.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

_GAP = 2
_LEAST = 12
"""A column is never folded narrower than this."""
_STYLES = {"bold": "1", "dim": "2", "green": "32", "cyan": "36", "bold green": "1;32", "bold red": "1;31"}
_STYLES |= {"bold yellow": "1;33"}


@dataclass(frozen=True)
class Page:
    """How wide text may be and whether it may have colour."""

    width: int = 100
    color: bool = False

    @property
    def narrow(self) -> bool:
        """Whether a table of several worded columns would be all folds."""
        return self.width < 80


@dataclass(frozen=True)
class Span:
    """A piece of a line with one style (a key of the styles, or none)."""

    text: str
    style: str = ""


Cell = tuple[Span, ...]


@dataclass(frozen=True)
class Column:
    """A column: its title, its cells, and what becomes of it where the page is too narrow for all."""

    title: str
    cells: tuple[Cell, ...]
    right: bool = False
    drop: int = 0
    """The highest number goes first; 0 stays."""
    folds: bool = False
    """Long cells are broken between words, at slashes and dashes."""

    @property
    def width(self) -> int:
        """Columns that its longest cell or its title takes."""
        return max([len(self.title), *(_length(cell) for cell in self.cells)])


def column(
    title: str, cells: Iterable[str], *, right: bool = False, drop: int = 0, folds: bool = False, style: str = ""
) -> Column:
    """A column of plain text."""
    return Column(title, tuple((Span(cell, style),) for cell in cells), right, drop, folds)


def painted(spans: Iterable[Span], page: Page) -> str:
    """The spans as one text, with colours where the page has them."""
    return "".join(
        f"\x1b[{_STYLES[span.style]}m{span.text}\x1b[0m" if page.color and span.style and span.text else span.text
        for span in spans
    )


def wrapped(text: str, width: int, *, first: str = "", rest: str = "") -> list[str]:
    """``text`` in lines of at most ``width``, broken at blanks only, so that paths can be copied."""
    return textwrap.wrap(
        text, width, initial_indent=first, subsequent_indent=rest, break_long_words=False, break_on_hyphens=False
    ) or [first.rstrip()]


def folded(text: str, width: int) -> str:
    """Every line that is too wide broken at blanks, its continuation a little further in than the line itself."""
    lines: list[str] = []
    for line in text.splitlines():
        indent = line[: len(line) - len(line.lstrip())]
        lines += [line] if len(line) <= width else wrapped(line.lstrip(), width, first=indent, rest=f"{indent}    ")
    return "".join(f"{line}\n" for line in lines)


def broken(text: str, width: int) -> list[str]:
    """``text`` in lines of at most ``width``: broken at blanks, a long word at slashes and dashes."""
    lines = [""]
    for word in re.findall(r"\S+\s*", text):
        pieces = [word] if len(word.rstrip()) <= width else re.findall(r"[^/,-]+[/,-]*|[/,-]+", word)
        for piece in pieces:
            if lines[-1] and len((lines[-1] + piece).rstrip()) > width:
                lines.append("")
            lines[-1] += piece
            while len(lines[-1].rstrip()) > width:
                lines[-1:] = [lines[-1][:width], lines[-1][width:]]
    return [line.rstrip() for line in lines]


def natural_width(columns: Sequence[Column]) -> int:
    """How wide the table is when nothing is folded."""
    return sum(column.width for column in columns) + _GAP * (len(columns) - 1)


def fits(columns: Sequence[Column], page: Page) -> bool:
    """Whether the table fits once its folding columns are as narrow as they may be."""
    least = sum(min(c.width, _LEAST) if c.folds else c.width for c in columns) + _GAP * (len(columns) - 1)
    return least <= page.width


def table(columns: Sequence[Column], page: Page, *, apart: int = 0) -> list[str]:
    """The table as lines; ``apart`` rows at its end stand apart. What had to be left out is said in a last line."""
    kept, dropped = list(columns), []
    for going in sorted((c for c in columns if c.drop), key=lambda c: -c.drop):
        if natural_width(kept) <= page.width:
            break
        kept.remove(going)
        dropped.append(going.title)
    widths = _widths(kept, page)
    rows = list(zip(*(c.cells for c in kept), strict=True))
    heads = [_line([(Span(c.title, "bold"),) for c in kept], kept, widths, page)]
    lines = [line for head in heads for line in head] + ["─" * min(page.width, sum(widths) + _GAP * (len(widths) - 1))]
    for number, row in enumerate(rows):
        lines += [""] if apart and number == len(rows) - apart else []
        lines += _line(row, kept, widths, page)
    note = f"(a wider terminal also shows: {', '.join(dropped)})"
    return [*lines, *(painted([Span(line, "dim")], page) for line in (wrapped(note, page.width) if dropped else ()))]


def _widths(columns: Sequence[Column], page: Page) -> list[int]:
    """The natural widths, those of folding columns made smaller, the widest first, until the page holds all."""
    widths = [column.width for column in columns]
    folding = [place for place, column in enumerate(columns) if column.folds]
    while sum(widths) + _GAP * (len(widths) - 1) > page.width:
        widest = max(folding, key=lambda place: widths[place], default=None)
        if widest is None or widths[widest] <= _LEAST:
            break
        widths[widest] -= 1
    return widths


def _line(cells: Sequence[Cell], columns: Sequence[Column], widths: Sequence[int], page: Page) -> list[str]:
    """One row, on as many lines as its longest cell needs."""
    parts = [_cell_lines(cell, width) for cell, width in zip(cells, widths, strict=True)]
    lines = []
    for number in range(max(len(part) for part in parts)):
        line: list[Span] = []
        for part, column_, width in zip(parts, columns, widths, strict=True):
            cell: Cell = part[number] if number < len(part) else ()
            blank = Span(" " * (width - _length(cell)))
            line += [blank, *cell] if column_.right else [*cell, blank]
            line.append(Span(" " * _GAP))
        lines.append(painted(line, page).rstrip())
    return lines


def _cell_lines(cell: Cell, width: int) -> list[Cell]:
    if _length(cell) <= width:
        return [cell]
    style = cell[0].style
    return [(Span(line, style),) for line in broken("".join(span.text for span in cell), width)]


def _length(cell: Cell) -> int:
    return sum(len(span.text) for span in cell)
