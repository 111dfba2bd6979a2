"""L67: no link leads out of the tree."""

from __future__ import annotations

from collections.abc import Iterator

from migrate.doors.any_tree import Reason
from migrate.lint.example import Example
from migrate.lint.rule import Hit, Rule, error
from migrate.lint.subject import Subject
from migrate.model.finding import Severity, SourceLocation


def check_links(subject: Subject) -> Iterator[Hit]:
    """L67: Argo CD refuses a whole repository for one absolute link or one that leads out of it."""
    for unread in subject.unread:
        if unread.reason in (Reason.ABSOLUTE, Reason.OUTSIDE):
            text = f"it is {unread.reason}, and Argo CD renders nothing of a repository that holds one"
            hint = "Replace it by what it points to, or by a relative link inside the repository."
            yield error(text, hint, SourceLocation(unread.path))
        elif unread.reason is Reason.CIRCLE:
            yield error(f"it is {unread.reason}", "Replace it by what it points to.", SourceLocation(unread.path))


RULE = Rule(
    id="L67",
    title="no link leads out of the tree",
    reason="for one such link Argo CD renders nothing of the whole repository; none is followed here",
    pointer="AC 5.8",
    severity=Severity.ERROR,
    check=check_links,
    example=Example(
        bad={
            "sources/values/dev/apps/web/20-shared.yaml": """
                -> ../../../../../../shared/values.yaml  # <- here
            """,
        },
        good={
            "sources/values/dev/apps/web/20-shared.yaml": """
                -> 10-values.yaml
            """,
        },
    ),
)
