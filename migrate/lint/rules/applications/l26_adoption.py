"""L26: no ApplyOutOfSyncOnly while adopting."""

from __future__ import annotations

from collections.abc import Iterator

from migrate.lint.example import Example
from migrate.lint.good_tree import WEB
from migrate.lint.rule import Hit, Rule, warning
from migrate.lint.subject import Subject, dig, listed
from migrate.model.finding import Severity


def check_adoption(subject: Subject) -> Iterator[Hit]:
    """L26: with ApplyOutOfSyncOnly an adopted object may never be marked as ours."""
    for one in subject.expansion.applications:
        options = listed(one.manifest, "spec", "syncPolicy", "syncOptions")
        appset = subject.appset_of(one)
        done = bool(dig(one.manifest, "spec", "syncPolicy", "automated"))  # handed over where nothing rolls
        by_hand = appset is not None and appset.get("spec", "strategy") is None and not done
        if "ApplyOutOfSyncOnly=true" in options and by_hand:
            text = f"Application {one.name} has ApplyOutOfSyncOnly while it is handed over"
            hint = "Objects that Helm installed stay untracked, and are never pruned. Add the option after adoption."
            yield warning(text, hint, subject.place(one, "syncOptions"), one.environment)


RULE = Rule(
    id="L26",
    title="no ApplyOutOfSyncOnly while adopting",
    reason="adopted objects would stay untracked",
    pointer="AC 7.4, D 3",
    severity=Severity.WARNING,
    check=check_adoption,
    own_tree=True,
    example=Example(
        bad={
            WEB: """
                syncOptions:  # <- here
                  - ApplyOutOfSyncOnly=true
            """,
        },
        good={
            WEB: """
                syncOptions:
                  - ServerSideApply=true
            """,
        },
    ),
)
