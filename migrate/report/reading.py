"""Tables about what is read: charts that were vendored, images that were asked for, where two readers differ."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from migrate.report.grid import Page, column, table, wrapped


def images_table(rows: Sequence[tuple[str, str, str]], file: str, page: Page) -> str:
    """``images pull``: image, its architectures, state; then a sentence that counts them."""
    counts = Counter(row[2] for row in rows)
    told = ", ".join(f"{counts[state]} {state}" for state in sorted(counts)) or "the tree renders no image"
    lines = []
    if rows:
        cells = zip(("image", "architectures", "state"), zip(*rows, strict=True), strict=True)
        lines = [*table([column(title, each, folds=title != "state") for title, each in cells], page), ""]
    return "\n".join([*lines, *wrapped(f"{told}; table: {file}", page.width)]) + "\n"


def charts_table(rows: Sequence[tuple[str, str, str, str]], folder: str, page: Page) -> str:
    """``charts pull``: chart, version asked, version, state; then a sentence that counts them."""
    counts = Counter(row[3] for row in rows)
    told = ", ".join(f"{counts[state]} {state}" for state in sorted(counts)) or "no chart comes from elsewhere"
    lines = []
    if rows:
        titles = ("chart", "asked", "version", "state")
        cells = list(zip(*rows, strict=True))
        columns = [column(title, each, folds=title == "chart") for title, each in zip(titles, cells, strict=True)]
        lines = [*table(columns, page), ""]
    return "\n".join([*lines, *wrapped(f"{told}; folder: {folder}", page.width)]) + "\n"


def comparison_table(
    differences: Sequence[tuple[str, str, str, str, str]],
    unknown: Sequence[tuple[str, str, str, str]],
    counts: Mapping[str, int],
    page: Page,
) -> str:
    """``inspect --compare-with-helmfile``: environment, release, field and both sides; what is unknown; the counts."""
    lines: list[str] = []
    for title, names, rows in (
        ("different", ("environment", "release", "field", "ours", "helmfile"), differences),
        ("unknown", ("environment", "release", "field", "why"), unknown),
    ):
        if rows:
            cells = zip(names, zip(*rows, strict=True), strict=True)
            columns = [column(name, each, folds=name != "environment") for name, each in cells]
            lines += [title, *table(columns, page), ""]
    told = (
        f"{len(differences)} differences and {len(unknown)} unknown values between our reading and helmfile's: "
        f"{counts['releases']} releases in {counts['environments']} environments, "
        f"the values of {counts['values']} of them"
    )
    refused = f"; {counts['refused']} environments that both refuse" if counts["refused"] else ""
    return "\n".join([*lines, *wrapped(told + refused, page.width)]) + "\n"
