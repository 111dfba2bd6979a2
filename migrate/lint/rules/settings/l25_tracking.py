"""L25: objects are tracked by annotation."""

from __future__ import annotations

from collections.abc import Iterator

from migrate.lint.example import Example
from migrate.lint.good_tree import CM
from migrate.lint.rule import Hit, Rule, error, warning
from migrate.lint.settings import setting_line, settings_of
from migrate.lint.sources import release_name
from migrate.lint.subject import Subject
from migrate.model.finding import Severity

_TRACKING = "application.resourceTrackingMethod"


def check_tracking(subject: Subject) -> Iterator[Hit]:
    """L25: tracking by label takes Helm's objects for its own, and rewrites the label of a foreign release name."""
    for setting in settings_of(subject, "cm"):
        if setting.data.get(_TRACKING) != "label":
            continue
        environment = setting.document.environment
        mine = [one for one in subject.expansion.applications if one.environment == environment]
        foreign = [one for one in mine if release_name(one) != one.name]
        text = f"{_TRACKING} is label"
        if foreign:
            text += f", and {len(foreign)} Applications have another release name, e.g. {foreign[0].name}:"
            text += " their instance labels would be rewritten"
        else:
            text += ": every object that Helm labelled for a release of the same name looks owned, and may be pruned"
        hint = "Write annotation, Argo CD's default since 3.0."
        yield (error if foreign else warning)(text, hint, setting_line(subject, setting, _TRACKING), environment)


RULE = Rule(
    id="L25",
    title="objects are tracked by annotation",
    reason="by label, Helm's objects look owned, and labels of a foreign release name are rewritten",
    pointer="AC 7.3",
    severity=Severity.ERROR,
    check=check_tracking,
    example=Example(
        bad={
            CM: """
                data:
                  application.resourceTrackingMethod: label  # <- here
            """,
        },
        good={
            CM: """
                data:
                  application.resourceTrackingMethod: annotation
            """,
        },
    ),
)
