"""The file of decisions, as the commands that need it take it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from migrate.cli.options import Settings
from migrate.doors.files import read_text
from migrate.errors import EstateError, UsageError
from migrate.model.json import from_json
from migrate.model.plan import Plan
from migrate.model.removed import RemovedLayer
from migrate.plan import load_plan


def decided_plan(settings: Settings) -> Plan | None:
    """The plan in the file of decisions, or None where there is none yet.

    Raises:
        UsageError: it is no plan, or cannot be read.
    """
    if not settings.plan_file.exists():
        return None
    try:
        text = read_text(settings.plan_file)
    except EstateError as error:
        raise UsageError(error.message, hint=error.hint) from error
    plan = load_plan(text, str(settings.plan_file))
    if not any(release.state == "removed" for release in plan.releases):
        return plan
    return replace(plan, removed=_removed(removed_folder(settings.plan_file)))


def removed_folder(plan_file: Path) -> Path:
    """Where cut-over keeps what it took out of the helmfiles: ``migration.removed`` beside ``migration.yaml``."""
    return plan_file.with_name(f"{plan_file.stem}.removed")


def journal_file(plan_file: Path) -> Path:
    """Where a cut-over writes down what it is about to change, so that a killed run can be finished."""
    return plan_file.absolute().parent / ".migrate" / "cutover.json"


def _removed(folder: Path) -> tuple[RemovedLayer, ...]:
    """
    Raises:
        UsageError: a file of it is damaged.
    """
    found = []
    for path in sorted(folder.glob("*.json")):
        try:
            found.append(from_json(RemovedLayer, json.loads(read_text(path))))
        except (EstateError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise UsageError(f"{path} cannot be read", hint="restore it from git") from error
    return tuple(found)
