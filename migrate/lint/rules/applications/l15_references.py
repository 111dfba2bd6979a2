"""L15: $references are used where they mean something."""

from __future__ import annotations

import re
from collections.abc import Iterator

from migrate.lint.example import Example
from migrate.lint.good_tree import WEB
from migrate.lint.rule import Hit, Rule, error
from migrate.lint.sources import BUILD_VARIABLE, sources
from migrate.lint.subject import Subject, dig, listed
from migrate.model.application import GeneratedApplication
from migrate.model.finding import Severity


def check_references(subject: Subject) -> Iterator[Hit]:
    """L15: ``$name/file`` means a referenced source only where there are several sources."""
    for one in subject.expansion.applications:
        several = bool(dig(one.manifest, "spec", "sources"))
        if several:
            for text, hint in _reference_faults(one):
                yield error(text, hint, subject.place(one), one.environment)
        refs = {str(source.get("ref")) for source in sources(one) if source.get("ref")}
        for entry in _value_files(one):
            name = entry[1:].partition("/")[0]
            if not entry.startswith("$") or (several and name in refs):
                continue
            if several:
                is_variable = BUILD_VARIABLE.match(entry) is not None
                what = "a variable, which several sources rule out" if is_variable else "a reference that no source has"
                text = f"value file {entry} begins with {what}"
                hint = f"Known references: {', '.join(sorted(refs)) or 'none'}."
            else:
                text = f"value file {entry}: with a single source $ is a variable, which is empty here"
                hint = "It would be read from the repository's root without a word. Write the path itself."
            yield error(text, hint, subject.place(one, "valueFiles"), one.environment)


def _reference_faults(one: GeneratedApplication) -> Iterator[tuple[str, str]]:
    """What is wrong with the sources that others refer to (rules 5.2 to 5.5)."""
    known = [source for source in sources(one) if source.get("ref")]
    names = [str(source["ref"]) for source in known]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield f"two sources have the ref {name}", "Give each its own."
    revisions: dict[str, str] = {}
    for source in known:
        name, url = str(source["ref"]), str(source.get("repoURL") or "")
        if not re.fullmatch(r"[A-Za-z0-9_-]+", name):
            yield f"the ref {name!r} is refused by Argo CD", "Use letters, digits, _ and -."
        if source.get("chart"):
            yield f"the ref {name} is on a chart, which cannot be referred to", "Refer to a Git repository."
        revision = str(source.get("targetRevision") or "HEAD")
        if revisions.setdefault(url, revision) != revision:
            text = f"refs to {url} have two revisions, {revisions[url]} and {revision}"
            yield text, "Argo CD checks a repository out once: use one revision."


def _value_files(one: GeneratedApplication) -> Iterator[str]:
    for source in sources(one):
        for entry in listed(source, "helm", "valueFiles"):
            yield str(entry)


RULE = Rule(
    id="L15",
    title="$references are used where they mean something",
    reason="with a single source $values/x is read as /x",
    pointer="AC 5.4",
    severity=Severity.ERROR,
    check=check_references,
    example=Example(
        bad={
            WEB: """
                valueFiles:  # <- here
                  - $values/10-values.yaml
            """,
        },
        good={
            WEB: """
                valueFiles:
                  - sources/values/dev/apps/web/10-values.yaml
            """,
        },
    ),
)
