"""The file of decisions, as the commands that need it take it."""

from __future__ import annotations

from migrate.cli.options import Settings
from migrate.doors.files import read_text
from migrate.errors import EstateError, UsageError
from migrate.model.plan import Plan
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
    return load_plan(text, str(settings.plan_file))
