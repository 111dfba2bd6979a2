"""L28: sync options are known and in their place."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from migrate.lint.edits import token_edit
from migrate.lint.example import Example
from migrate.lint.good_tree import WEB
from migrate.lint.objects import SYNC_OPTIONS
from migrate.lint.rule import Fix, Fixed, Hit, Rule, error
from migrate.lint.subject import Document, Key, Subject, listed
from migrate.model.finding import Severity

_SURE = 0.85
"""How much a misspelt option must be like a known one to be corrected without asking."""
_CHOICES = ("true", "false", "confirm")
APPLICATION_OPTIONS = {
    "CreateNamespace": ("true", "false"),
    "Validate": ("true", "false"),
    "PruneLast": ("true", "false"),
    "Replace": ("true", "false"),
    "ServerSideApply": ("true", "false"),
    "ClientSideApplyMigration": ("true", "false"),
    "ApplyOutOfSyncOnly": ("true", "false"),
    "RespectIgnoreDifferences": ("true", "false"),
    "FailOnSharedResource": ("true", "false"),
    "SkipDryRunOnMissingResource": ("true", "false"),
    "PrunePropagationPolicy": ("foreground", "background", "orphan"),
    "Prune": _CHOICES,
    "Delete": _CHOICES,
}
RESOURCE_OPTIONS = {
    "Prune": _CHOICES,
    "Delete": _CHOICES,
    "Validate": ("true", "false"),
    "SkipDryRunOnMissingResource": ("true", "false"),
    "PruneLast": ("true", "false"),
    "Replace": ("true", "false"),
    "Force": ("true", "false"),
    "ServerSideApply": ("true", "false"),
}


def check_sync_options(subject: Subject) -> Iterator[Hit]:
    """L28: a sync option that Argo CD does not know is ignored without a word."""
    for one in subject.expansion.applications:
        for option in listed(one.manifest, "spec", "syncPolicy", "syncOptions"):
            fault = option_fault(str(option), APPLICATION_OPTIONS, RESOURCE_OPTIONS)
            if fault:
                where = subject.place(one, "syncOptions")
                yield error(f"sync option {option}: {fault[0]}", fault[1], where, one.environment)
        for manifest in subject.manifests(one):
            for option in filter(
                None, (part.strip() for part in manifest.annotations.get(SYNC_OPTIONS, "").split(","))
            ):
                fault = option_fault(option, RESOURCE_OPTIONS, APPLICATION_OPTIONS)
                if fault:
                    text = f"{manifest.key}: sync option {option}: {fault[0]}"
                    yield error(text, fault[1], subject.place(one, "chart", "path"), one.environment)


def option_fault(
    option: str, known: dict[str, tuple[str, ...]], elsewhere: dict[str, tuple[str, ...]]
) -> tuple[str, str] | None:
    """What is wrong with one sync option, and what to do; None if nothing is."""
    name, equals, value = option.partition("=")
    if name in known:
        if equals and value in known[name]:
            return None
        return f"{value!r} is no value of {name}", f"Write {name}= and one of {', '.join(known[name])}."
    if name in elsewhere:
        place = "on the object, as an annotation" if known is APPLICATION_OPTIONS else "on the Application"
        return "it does nothing here", f"It belongs {place}."
    close = difflib.get_close_matches(name, sorted(known), 1)
    return "it is not known, and so it is ignored", f"Did you mean {close[0]}?" if close else "Remove it."


def fix_sync_options(subject: Subject) -> Iterator[Fixed]:
    """A misspelt name is corrected in components, in Applications written out and in templates."""
    places: list[tuple[Document, tuple[Key, ...]]] = [(one, ("syncOptions",)) for one in subject.components]
    places += [(one, ("spec", "syncPolicy", "syncOptions")) for one in subject.roots if one.is_text]
    below: tuple[Key, ...] = ("spec", "template", "spec", "syncPolicy", "syncOptions")
    places += [(one, below) for one in subject.appsets if one.is_text]
    for document, keys in places:
        for index, option in enumerate(listed(document.data, *keys)):
            name, _, value = str(option).partition("=")
            close = difflib.get_close_matches(name, sorted(APPLICATION_OPTIONS), 2, _SURE)
            known = name in APPLICATION_OPTIONS or name in RESOURCE_OPTIONS
            if not known and len(close) == 1 and value in APPLICATION_OPTIONS[close[0]]:
                where = subject.line(document, *keys, index)
                edit = token_edit(subject.tree, where, str(option), f"{close[0]}={value}")
                yield from [(subject.line(document, *keys), edit)] if edit else []


RULE = Rule(
    id="L28",
    title="sync options are known and in their place",
    reason="unknown ones are ignored without a word",
    pointer="AC 8.4, 8.5",
    severity=Severity.ERROR,
    check=check_sync_options,
    fix=Fix(fix_sync_options, "corrects a misspelt option where one alone is meant"),
    example=Example(
        bad={
            WEB: """
                syncOptions:  # <- here
                  - ServerSideApplied=true
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
