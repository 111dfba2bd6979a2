"""L02: a file pattern means the same under both globbings."""

from __future__ import annotations

from collections.abc import Iterator

from migrate.lint.appsets import line_with, patterns
from migrate.lint.edits import token_edit
from migrate.lint.example import Example
from migrate.lint.good_tree import APPS
from migrate.lint.rule import Fix, Fixed, Hit, Rule, error, warning
from migrate.lint.subject import Subject
from migrate.model.finding import Severity
from migrate.model.globs import PatternError, doublestar_matches, pathspec_matches


def check_globs(subject: Subject) -> Iterator[Hit]:
    """L02: a file pattern finds the same files with and without the new globbing."""
    paths = subject.tree.paths()
    for appset, pattern in patterns(subject, "files"):
        if "{{" in pattern:
            continue
        try:
            old = {path for path in paths if pathspec_matches(pattern, path)}
            new = {path for path in paths if doublestar_matches(pattern, path)}
        except PatternError as problem:
            hint = "Write a path below the root, without a leading slash."
            yield error(f"{pattern}: {problem}", hint, line_with(subject, appset, pattern), appset.environment)
            continue
        if old != new:
            example = sorted(old ^ new)[0]
            text = f"{pattern} finds {len(old)} files by default and {len(new)} with the new globbing, e.g. {example}"
            hint = "By default * crosses folders and a/**/f does not match a/f. Write a pattern that means one thing."
            yield warning(text, hint, line_with(subject, appset, pattern), appset.environment)


def fix_globs(subject: Subject) -> Iterator[Fixed]:
    """A leading slash, which no repository has, goes; what else a pattern means is for a person to say."""
    for appset, pattern in patterns(subject, "files"):
        if pattern.startswith("/") and appset.is_text:
            where = line_with(subject, appset, pattern)
            edit = token_edit(subject.tree, where, pattern, pattern.lstrip("/"))
            yield from [(where, edit)] if edit else []


RULE = Rule(
    id="L02",
    title="a file pattern means the same under both globbings",
    reason="the controller's flag for the new globbing changes which files a pattern finds",
    pointer="AC 1.8, 1.9",
    severity=Severity.ERROR,
    check=check_globs,
    fix=Fix(fix_globs, "takes a leading slash away"),
    example=Example(
        bad={
            APPS: """
                spec:
                  generators:
                    - git:
                        repoURL: https://git.example.com/platform/gitops.git
                        revision: main
                        files:
                          - path: environments/*/component.yaml  # <- here
            """,
        },
        good={
            APPS: """
                spec:
                  generators:
                    - git:
                        repoURL: https://git.example.com/platform/gitops.git
                        revision: main
                        files:
                          - path: environments/dev/components/**/component.yaml
            """,
        },
    ),
)
