"""L57: every field is one that Argo CD has."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from migrate.lint.edits import token_edit
from migrate.lint.example import Example
from migrate.lint.good_tree import APPS
from migrate.lint.patches import patch_keys
from migrate.lint.rule import Fix, Fixed, Hit, Rule, error
from migrate.lint.structure import fields_at, misfits
from migrate.lint.subject import Document, Subject, mapped
from migrate.model.finding import Severity

_SURE = 0.85
"""How much a misspelt field must be like a known one to be corrected without asking."""


def check_fields(subject: Subject) -> Iterator[Hit]:
    """L57: every field of an ApplicationSet, AppProject or Application is one that Argo CD knows, of its type."""
    documents = (*subject.appsets, *subject.projects, *subject.roots, *subject.documents.parts)
    for document in documents:
        for misfit in misfits(document):
            shown = ".".join(str(key) for key in misfit.keys if isinstance(key, str))
            where = subject.line(document, *misfit.keys)
            if misfit.unknown:
                text = f"{shown} is no field of {document.get('kind')}, and is dropped without a word"
                hint = f"Did you mean {misfit.close}?" if misfit.close else "Remove it."
            else:
                text = f"{shown} is {misfit.given}, and so the API server refuses the {document.get('kind')}"
                hint = f"Write {misfit.wanted}."
            yield error(text, hint, where, document.environment)
    for appset in subject.appsets:
        yield from _patched(subject, appset)


def _patched(subject: Subject, appset: Document) -> Iterator[Hit]:
    """Keys of templatePatch, as far as its lines show them: an unknown one vanishes in the merge (rule 2.11)."""
    patch = str(appset.get("spec", "templatePatch") or "")
    for path in patch_keys(patch):
        if path[0] != "spec" or len(path) < 2:
            continue
        names = fields_at("Application", path[:-1])
        if names and path[-1] not in names:
            close = difflib.get_close_matches(path[-1], sorted(names), 1)
            text = f"{'.'.join(path)} of templatePatch is no field of Application, and is dropped without a word"
            where = subject.line(appset, "spec", "templatePatch")
            yield error(text, f"Did you mean {close[0]}?" if close else "Remove it.", where, appset.environment)


def fix_fields(subject: Subject) -> Iterator[Fixed]:
    """A misspelt field gets its name; where that stands beside it, or two would do, it is left for a person."""
    for document in (*subject.appsets, *subject.projects, *subject.roots):
        for misfit in misfits(document):
            name, where = misfit.keys[-1], subject.line(document, *misfit.keys)
            beside = mapped(document.data, *misfit.keys[:-1])
            if not misfit.close or misfit.close in beside or not document.is_text:
                continue
            if difflib.SequenceMatcher(None, str(name), misfit.close).ratio() > _SURE:
                edit = token_edit(subject.tree, where, str(name), misfit.close)
                yield from [(where, edit)] if edit else []


RULE = Rule(
    id="L57",
    title="every field is one that Argo CD has",
    reason="the API server drops an unknown field, and with goTemplateOption strictness goes too",
    pointer="AC 2.4, 11.1",
    severity=Severity.ERROR,
    check=check_fields,
    fix=Fix(fix_fields, "gives a misspelt field its name, where one alone is meant"),
    example=Example(
        bad={
            APPS: """
                spec:
                  goTemplateOption: ["missingkey=error"]  # <- here
                  # without goTemplateOptions
            """,
        },
        good={
            APPS: """
                spec:
                  goTemplateOptions: ["missingkey=error"]
            """,
        },
    ),
)
