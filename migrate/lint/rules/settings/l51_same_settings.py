"""L51: settings of Argo CD are the same in both their places."""

from __future__ import annotations

from collections.abc import Iterator

from migrate.lint.example import Example
from migrate.lint.good_tree import SETTINGS
from migrate.lint.rule import Hit, Rule, error
from migrate.lint.settings import CONFIG_MAPS, setting_line, settings_of
from migrate.lint.subject import Subject
from migrate.model.finding import Severity


def check_same_settings(subject: Subject) -> Iterator[Hit]:
    """L51: the ConfigMaps and the values of Argo CD's chart say the same, or the one undoes the other."""
    hint = "Whichever is applied last wins. Write the same in both."
    for name, part in CONFIG_MAPS.items():
        places = settings_of(subject, part)
        for values in (setting for setting in places if setting.document.get("kind") is None):
            environment = values.document.environment
            maps = [s for s in places if s is not values and s.document.environment == environment]
            for other in (setting for setting in maps if setting.document.get("kind") == "ConfigMap"):
                for key in sorted({*values.data, *other.data}):
                    if values.data.get(key) == other.data.get(key):
                        continue
                    lacking = other if key not in other.data else values
                    rest = values if lacking is other else other
                    what = "is missing" if key not in lacking.data else "differs"
                    text = f"{key} of {name} {what} here, and stands in {rest.document.path}"
                    yield error(text, hint, setting_line(subject, lacking, key), environment)


RULE = Rule(
    id="L51",
    title="settings of Argo CD are the same in both their places",
    reason="the ConfigMaps and the values of Argo CD's chart would undo each other",
    pointer="D 8",
    severity=Severity.ERROR,
    check=check_same_settings,
    own_tree=True,
    example=Example(
        bad={
            SETTINGS: """
                configs:
                  cm:
                    application.resourceTrackingMethod: annotation+label  # <- here
            """,
        },
        good={
            SETTINGS: """
                configs:
                  cm:
                    application.resourceTrackingMethod: annotation
            """,
        },
    ),
)
