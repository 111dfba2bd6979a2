"""A report without the estate's own secrets, which its rows may hold in any place."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import replace

from migrate.model.deployed import DeployedRelease
from migrate.model.hiding import HIDDEN
from migrate.model.report import ReleaseVerdict, Report

_LEAST = 4
"""A shorter text is in too many others by chance to be looked for in them."""


def without_texts(report: Report, texts: Collection[str]) -> Report:
    """The report with none of these secrets of the estate in what its rows show."""
    known = {text for text in texts if len(text) >= _LEAST and not text.isdigit()}
    forms = sorted({*known, *(json.dumps(text, ensure_ascii=False)[1:-1] for text in known)}, key=len, reverse=True)
    if not forms:
        return report
    return replace(
        report,
        releases=tuple(_row(row, forms) for row in report.releases),
        deployed=tuple(_deployed(row, forms) for row in report.deployed),
    )


def _row(row: ReleaseVerdict, forms: Collection[str]) -> ReleaseVerdict:
    differences = tuple(
        replace(found, left=_without(found.left, forms), right=_without(found.right, forms))
        for found in row.differences
    )
    return replace(row, differences=differences, reason=_without(row.reason, forms))


def _deployed(row: DeployedRelease, forms: Collection[str]) -> DeployedRelease:
    """Where the estate has a secret, what is deployed in its place is one, too: an older one."""
    differences = []
    for found in row.differences:
        left, right = _without(found.left, forms), _without(found.right, forms)
        if (left, right) != (found.left, found.right):
            left, right = (HIDDEN if side else "" for side in (left, right))
        differences.append(replace(found, left=left, right=right))
    return replace(row, differences=tuple(differences), note=_without(row.note, forms))


def _without(text: str, forms: Collection[str]) -> str:
    for form in forms:
        text = text.replace(form, HIDDEN)
        if text.endswith("…"):  # it was cut, perhaps in the middle of one
            begun = next((n for n in range(len(form) - 1, _LEAST - 1, -1) if text.endswith(f"{form[:n]}…")), 0)
            text = f"{text[: len(text) - begun - 1]}{HIDDEN}…" if begun else text
    return text
