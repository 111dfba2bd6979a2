"""L00: every file can be read and every ApplicationSet expands."""

from __future__ import annotations

from collections.abc import Iterator

from migrate.lint.example import Example
from migrate.lint.good_tree import PROJECT
from migrate.lint.rule import Hit, Rule, error
from migrate.lint.subject import Subject
from migrate.model.application import ExpansionError
from migrate.model.finding import Severity, SourceLocation


def check_readable(subject: Subject) -> Iterator[Hit]:
    """L00: there is something to look at, every file that should be YAML is, and every ApplicationSet expands."""
    found = subject.documents
    if not (found.components or found.appsets or found.roots or found.projects or found.faults or found.templates):
        text = "there is no ApplicationSet, Application, AppProject or component.yaml in this folder"
        yield error(text, "Give the folder that migrate convert wrote, or a tree of Argo CD.", SourceLocation("."))
    for fault in found.faults:
        if fault.is_template:
            continue
        where = SourceLocation(fault.path, fault.line)
        yield error(f"it cannot be read: {fault.message}", "Mend the YAML.", where)
    for problem in subject.expansion.errors:
        path = _maker_path(subject, problem)
        who = f"Application {problem.application}" if problem.application else f"ApplicationSet {problem.appset}"
        text = f"{who} is not generated: {problem.message}"
        yield error(text, "Argo CD would report the same as ErrorOccurred.", path, problem.environment)


def _maker_path(subject: Subject, problem: ExpansionError) -> SourceLocation:
    for one in (*subject.appsets, *subject.roots):
        if problem.origin == one.origin:
            return subject.line(one, "metadata", "name")
        if not problem.origin and (one.environment, one.name) == (problem.environment, problem.appset):
            return SourceLocation(one.path)
    environment = problem.environment
    return SourceLocation(f"environments/{environment}" if environment else ".")


RULE = Rule(
    id="L00",
    title="every file can be read and every ApplicationSet expands",
    reason="one error stops the whole ApplicationSet: nothing is created, updated or deleted",
    pointer="AC 1.3",
    severity=Severity.ERROR,
    check=check_readable,
    example=Example(
        bad={
            PROJECT: """
                kind: @AppProject  # <- here
            """,
        },
        good={
            PROJECT: """
                kind: AppProject
            """,
        },
    ),
)
