"""The file of decisions, as the commands that need it take it."""

from __future__ import annotations

from migrate.cli.options import Settings
from migrate.doors.files import read_text
from migrate.model.plan import Plan
from migrate.plan import load_plan


def decided_plan(settings: Settings) -> Plan | None:
    """The plan in the file of decisions, or None where there is none yet."""
    if not settings.plan_file.is_file():
        return None
    return load_plan(read_text(settings.plan_file), str(settings.plan_file))
