"""L92: an entry of argocd-cm is of a kind that several components bring."""

from __future__ import annotations

from collections.abc import Iterator

from migrate.lint.differences import Entry, kind_wide_entries
from migrate.lint.example import Example
from migrate.lint.good_tree import CM
from migrate.lint.rule import Hit, Rule, info
from migrate.lint.subject import Subject
from migrate.model.differences import kind_wide
from migrate.model.finding import Severity


def check_used_once(subject: Subject) -> Iterator[Hit]:
    """L92: what one component alone needs is its own; what controllers write into a whole kind stays where it is."""
    for entry in kind_wide_entries(subject):
        mine = [one for one in subject.expansion.applications if one.environment == entry.environment]
        if entry.ignored.kind == "*" or any(subject.render_of(one) is None for one in mine):
            continue  # of what was not rendered nobody can say what it needs
        using = sorted({one.name for one in mine if any(entry.is_of(m.key) for m in subject.manifests(one))})
        if not using:
            text = f"nothing here renders a {entry.ignored.kind}, and so this is used by nobody"
            yield info(text, "Take it out.", entry.source, entry.environment)
        elif len(using) == 1 and not _is_by_nature(subject, entry):
            text = f"{using[0]} alone renders a {entry.ignored.kind}, and this is said of all Applications"
            hint = "Move it into ignoreDifferences of that component, with the object's name."
            yield info(text, hint, entry.source, entry.environment)


def _is_by_nature(subject: Subject, entry: Entry) -> bool:
    """Whether controllers or the API server write these fields into every object of the kind."""
    there = (
        manifest
        for one in subject.expansion.applications
        if one.environment == entry.environment
        for manifest in subject.manifests(one)
    )
    known = {one.setting: set(one.expressions) for one in kind_wide(there)}
    mine = entry.ignored
    return not mine.pointers and not mine.managers and set(mine.expressions) <= known.get(mine.setting, set())


RULE = Rule(
    id="L92",
    title="what argocd-cm ignores is used by several components",
    reason="it holds for every Application of this Argo CD, and hides changes where nobody meant it to",
    pointer="D 8",
    severity=Severity.INFO,
    check=check_used_once,
    needs_render=True,
    own_tree=True,
    example=Example(
        bad={
            CM: """
                data:
                  resource.customizations.ignoreDifferences.apps_Deployment: |  # <- here
                    jsonPointers: [/spec/replicas]
            """,
        },
        good={
            CM: """
                data:
                  application.resourceTrackingMethod: annotation+label
            """,
        },
    ),
)
