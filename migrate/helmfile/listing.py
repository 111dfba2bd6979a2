"""``helmfile list``: the releases as JSON or as a table (rule 12.1)."""

from __future__ import annotations

import json
from collections.abc import Iterable

from migrate.model.estate import Release

_TITLES = ("NAME", "NAMESPACE", "ENABLED", "INSTALLED", "LABELS", "CHART", "VERSION")
_ESCAPED = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}


def list_json(releases: Iterable[Release]) -> str:
    """One line of JSON, as Go writes it: ``<``, ``>`` and ``&`` escaped, all other text as it is."""
    rows = [
        {
            "name": release.name,
            "namespace": release.namespace,
            "enabled": release.enabled,
            "installed": release.installed,
            "labels": _labels(release),
            "chart": release.chart,
            "version": release.version,
        }
        for release in _in_order(releases)
    ]
    text = json.dumps(rows, ensure_ascii=False, separators=(",", ":"))
    for character, escape in _ESCAPED.items():
        text = text.replace(character, escape)
    return text + "\n"


def list_table(releases: Iterable[Release]) -> str:
    """Columns padded with blanks and parted by tabs, no blanks at the end of a line."""
    rows = [_TITLES]
    for release in _in_order(releases):
        flags = (str(release.enabled).lower(), str(release.installed).lower())
        rows.append((release.name, release.namespace, *flags, _labels(release), release.chart, release.version))
    widths = [max(len(row[column]) for row in rows) for column in range(len(_TITLES))]
    lines = ("\t".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)
    return "".join(f"{line.rstrip()}\n" for line in lines)


def _in_order(releases: Iterable[Release]) -> list[Release]:
    return sorted(releases, key=lambda release: (release.namespace.encode(), release.name.encode()))


def _labels(release: Release) -> str:
    return ",".join(f"{key}:{value}" for key, value in sorted(release.labels.items())).strip(",")
