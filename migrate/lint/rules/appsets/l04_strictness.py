"""L04: ApplicationSets use goTemplate with missingkey=error."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from migrate.lint.edits import line_after, token_edit
from migrate.lint.example import Example
from migrate.lint.good_tree import APPS
from migrate.lint.rule import Fix, Fixed, Hit, Rule, error, info, warning
from migrate.lint.subject import Document, Subject, listed, mapped
from migrate.model.finding import Severity

_STRICT = "missingkey=error"
_KNOWN = ("missingkey=default", "missingkey=invalid", "missingkey=zero", _STRICT)


def check_strictness(subject: Subject) -> Iterator[Hit]:
    """L04: a missing key stops the generation, and does not become ``<no value>``."""
    tell, weak = (error, error) if subject.own else (warning, info)
    for appset in subject.appsets:
        options: Any = listed(appset.data, "spec", "goTemplateOptions")
        if appset.get("spec", "goTemplate") is not True:
            text = f"ApplicationSet {appset.name} does not use goTemplate"
            hint = "Set goTemplate: true; in the flat mode an unknown {{ key }} stays as it is, without an error."
            yield weak(text, hint, subject.line(appset, "spec"), appset.environment)
        elif "missingkey=error" not in options:
            text = f"ApplicationSet {appset.name} lacks goTemplateOptions missingkey=error"
            hint = 'Set goTemplateOptions: ["missingkey=error"]; else a missing key prints <no value>, even in a name.'
            yield tell(text, hint, subject.line(appset, "spec", "goTemplateOptions"), appset.environment)
        yield from _unknown(subject, appset, options)


def _unknown(subject: Subject, appset: Document, options: list[Any]) -> Iterator[Hit]:
    """A word that Go's templates do not know panics in the controller, which then never reconciles (rule 2.4)."""
    for index, option in enumerate(options):
        if option not in _KNOWN:
            text = f"goTemplateOptions {option} is not known, and the controller stops at it"
            where = subject.line(appset, "spec", "goTemplateOptions", index)
            yield error(text, f"Known: {', '.join(_KNOWN)}.", where, appset.environment)


def fix_strictness(subject: Subject) -> Iterator[Fixed]:
    """The option is written where templates are Go's already: going over to them is for a person."""
    for appset in subject.appsets:
        options = listed(appset.data, "spec", "goTemplateOptions")
        if appset.get("spec", "goTemplate") is not True or _STRICT in options or not appset.is_text:
            continue
        where = subject.line(appset, "spec", "goTemplateOptions")
        if "goTemplateOptions" not in mapped(appset.data, "spec"):
            below = subject.line(appset, "spec", "goTemplate")
            yield where, line_after(subject.tree, below, f'goTemplateOptions: ["{_STRICT}"]')
        elif not options:
            edit = token_edit(subject.tree, where, "[]", f'["{_STRICT}"]')
            yield from [(where, edit)] if edit else []
        elif len(options) == 1:
            place = subject.line(appset, "spec", "goTemplateOptions", 0)
            edit = token_edit(subject.tree, place, str(options[0]), _STRICT)
            yield from [(where, edit)] if edit else []


RULE = Rule(
    id="L04",
    title="ApplicationSets use goTemplate with missingkey=error",
    reason="otherwise a missing key is printed as <no value>, even into names",
    pointer="AC 2.4, 2.7",
    severity=Severity.ERROR,
    check=check_strictness,
    fix=Fix(fix_strictness, "adds the option where goTemplate is used"),
    example=Example(
        bad={
            APPS: """
                spec:
                  goTemplateOptions: []  # <- here
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
