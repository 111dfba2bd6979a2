"""L03: no ** in directory patterns."""

from __future__ import annotations

import re
from collections.abc import Iterator

from migrate.lint.appsets import line_with, patterns
from migrate.lint.edits import token_edit
from migrate.lint.example import Example
from migrate.lint.good_tree import APPS
from migrate.lint.rule import Fix, Fixed, Hit, Rule, warning
from migrate.lint.subject import Subject
from migrate.model.finding import Severity


def check_directory_globs(subject: Subject) -> Iterator[Hit]:
    """L03: ``**`` in a directories pattern is no more than ``*``."""
    for appset, pattern in patterns(subject, "directories"):
        if "**" in pattern:
            hint = "Directory patterns never cross a slash: write one * for each level."
            text = f"{pattern}: ** matches one level only"
            yield warning(text, hint, line_with(subject, appset, pattern), appset.environment)


def fix_directory_globs(subject: Subject) -> Iterator[Fixed]:
    """One star finds what two find here."""
    for appset, pattern in patterns(subject, "directories"):
        if "**" in pattern and appset.is_text:
            where = line_with(subject, appset, pattern)
            edit = token_edit(subject.tree, where, pattern, re.sub(r"\*+", "*", pattern))
            yield from [(where, edit)] if edit else []


RULE = Rule(
    id="L03",
    title="no ** in directory patterns",
    reason="directory patterns match one level for each star",
    pointer="AC 1.19",
    severity=Severity.WARNING,
    check=check_directory_globs,
    fix=Fix(fix_directory_globs, "writes * for **, which finds the same"),
    example=Example(
        bad={
            APPS: """
                spec:
                  generators:
                    - git:
                        repoURL: https://git.example.com/platform/gitops.git
                        revision: main
                        directories:
                          - path: sources/charts/**  # <- here
            """,
        },
        good={
            APPS: """
                spec:
                  generators:
                    - git:
                        repoURL: https://git.example.com/platform/gitops.git
                        revision: main
                        directories:
                          - path: sources/charts/*/*
            """,
        },
    ),
)
