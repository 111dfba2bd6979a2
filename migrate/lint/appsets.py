"""Rules over ApplicationSets: their generators, their templates and how they are deleted."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from migrate.lint.rule import Hit, Rule, error, info, warning
from migrate.lint.subject import Document, Subject, dig, generators, listed, mapped, texts
from migrate.model.globs import PatternError, doublestar_matches, pathspec_matches

_RANDOM = re.compile(
    r"\{\{[^}]*\b(rand(?:Alpha(?:Num)?|Ascii|Bytes|Int|Numeric)|uuidv4|now|ago|shuffle|gen(?:CA|PrivateKey|SelfSignedCert"
    r"|SignedCert)(?:WithKey)?|bcrypt|htpasswd|encryptAES)\b"
)
_DEFAULT_ON_FIELD = re.compile(r"\{\{[^}]*(?:\bdefault\s+\S+\s+\.[A-Za-z]|\.[A-Za-z][\w.]*\s*\|\s*default\b)")
SYNC_WAVE = "argocd.argoproj.io/sync-wave"
_KEEPING = ("create-only", "create-update")


def check_globs(subject: Subject) -> Iterator[Hit]:
    """L02: a file pattern finds the same files with and without the new globbing."""
    paths = subject.tree.paths()
    for appset, pattern in _patterns(subject, "files"):
        if "{{" in pattern:
            continue
        try:
            old = {path for path in paths if pathspec_matches(pattern, path)}
            new = {path for path in paths if doublestar_matches(pattern, path)}
        except PatternError as problem:
            hint = "Write a path below the root, without a leading slash."
            yield error(f"{pattern}: {problem}", hint, _line_with(subject, appset, pattern), appset.environment)
            continue
        if old != new:
            example = sorted(old ^ new)[0]
            text = f"{pattern} finds {len(old)} files by default and {len(new)} with the new globbing, e.g. {example}"
            hint = "By default * crosses folders and a/**/f does not match a/f. Write a pattern that means one thing."
            yield warning(text, hint, _line_with(subject, appset, pattern), appset.environment)


def check_directory_globs(subject: Subject) -> Iterator[Hit]:
    """L03: ``**`` in a directories pattern is no more than ``*``."""
    for appset, pattern in _patterns(subject, "directories"):
        if "**" in pattern:
            hint = "Directory patterns never cross a slash: write one * for each level."
            text = f"{pattern}: ** matches one level only"
            yield warning(text, hint, _line_with(subject, appset, pattern), appset.environment)


def _patterns(subject: Subject, key: str) -> Iterator[tuple[Document, str]]:
    for appset in subject.appsets:
        for git in generators(appset, "git"):
            entries: Any = git.get(key)
            for entry in entries if isinstance(entries, list) else []:
                yield appset, str(dig(entry, "path") or "")


def _line_with(subject: Subject, appset: Document, text: str) -> Any:
    for keys, found in texts(appset.data):
        if found == text:
            return subject.line(appset, *keys)
    return subject.line(appset)


def check_strictness(subject: Subject) -> Iterator[Hit]:
    """L04: a missing key stops the generation, and does not become ``<no value>``."""
    for appset in subject.appsets:
        options: Any = listed(appset.data, "spec", "goTemplateOptions")
        if appset.get("spec", "goTemplate") is not True:
            text = f"ApplicationSet {appset.name} does not use goTemplate"
            hint = "Set goTemplate: true; in the flat mode an unknown {{ key }} stays as it is, without an error."
            yield error(text, hint, subject.line(appset, "spec"), appset.environment)
        elif "missingkey=error" not in options:
            text = f"ApplicationSet {appset.name} lacks goTemplateOptions missingkey=error"
            hint = 'Set goTemplateOptions: ["missingkey=error"]; else a missing key prints <no value>, even in a name.'
            yield error(text, hint, subject.line(appset, "spec", "goTemplateOptions"), appset.environment)


def check_defaults(subject: Subject) -> Iterator[Hit]:
    """L05: ``default`` does not help where a missing key is an error."""
    for appset in subject.appsets:
        if "missingkey=error" not in (listed(appset.data, "spec", "goTemplateOptions")):
            continue
        for keys, text in templates(appset):
            if _DEFAULT_ON_FIELD.search(text):
                hint = 'The lookup fails before default is asked. Use dig "key" "fallback" . for such a key.'
                where = subject.line(appset, *keys)
                yield warning("default on a field that may be missing", hint, where, appset.environment)


def check_random(subject: Subject) -> Iterator[Hit]:
    """L11: nothing in a template changes with every reconcile."""
    for appset in subject.appsets:
        for keys, text in templates(appset):
            found = _RANDOM.search(text)
            if found:
                hint = "The Application would be rewritten at every reconcile. Put the value into the component's file."
                where = subject.line(appset, *keys)
                yield error(f"the template calls {found[1]}", hint, where, appset.environment)


def templates(appset: Document) -> Iterator[tuple[tuple[Any, ...], str]]:
    """Every text that the controller runs as a template, with its place."""
    for key in ("template", "templatePatch"):
        yield from texts(appset.get("spec", key), ("spec", key))


def check_values_object(subject: Subject) -> Iterator[Hit]:
    """L09: valuesObject is written in one place, the template or the patch."""
    for appset in subject.appsets:
        in_template = dig(appset.get("spec", "template", "spec", "source"), "helm", "valuesObject") is not None
        patch = str(appset.get("spec", "templatePatch") or "")
        if in_template and "valuesObject:" in patch:
            hint = "Argo CD cannot merge mappings inside it. Keep it in the template, or in the patch."
            where = subject.line(appset, "spec", "templatePatch")
            yield error("valuesObject is in the template and in templatePatch", hint, where, appset.environment)


def check_sync_waves(subject: Subject) -> Iterator[Hit]:
    """L13: a sync wave on a generated Application orders nothing."""
    hint = "Waves work among the objects of one Application. Use rollout phases (RollingSync) instead."
    told = set()
    for application in subject.expansion.applications:
        annotations = mapped(application.manifest, "metadata", "annotations")
        if application.appset and SYNC_WAVE in annotations and application.appset not in told:
            told.add(application.appset)
            appset = subject.appset_of(application)
            keys = ("spec", "template", "metadata", "annotations", SYNC_WAVE)
            where = subject.line(appset, *keys) if appset else subject.place(application)
            text = f"ApplicationSet {application.appset} sets {SYNC_WAVE} on its Applications, which orders nothing"
            yield error(text, hint, where, application.environment)


def check_preserved(subject: Subject) -> Iterator[Hit]:
    """L31: while a person still hands over, no mistake in Git may delete what Helm installed."""
    for appset in subject.appsets:
        preserved = appset.get("spec", "syncPolicy", "preserveResourcesOnDeletion") is True
        policy = appset.get("spec", "syncPolicy", "applicationsSync")
        if appset.get("spec", "strategy") is None and not (preserved and policy in _KEEPING):
            lacking = [] if preserved else ["preserveResourcesOnDeletion: true"]
            lacking += [] if policy in _KEEPING else ["applicationsSync: create-update"]
            text = f"ApplicationSet {appset.name} has a manual hand-over and no {' and no '.join(lacking)}"
            hint = "Without both, an Application that leaves Git takes all its resources with it."
            yield error(text, hint, subject.line(appset, "spec", "syncPolicy"), appset.environment)
        yield from _finalizers(subject, appset, preserved=preserved, keeping=policy in _KEEPING)


_CASCADE = "resources-finalizer.argocd.argoproj.io"


def _finalizers(subject: Subject, appset: Document, *, preserved: bool, keeping: bool) -> Iterator[Hit]:
    """The ApplicationSet needs the finalizer so that its Applications stay; they must not have it (4.3, 2.9)."""
    if keeping and _CASCADE not in listed(appset.data, "metadata", "finalizers"):
        text = f"ApplicationSet {appset.name} lacks the finalizer {_CASCADE}"
        hint = "Add it: without it Kubernetes deletes the Applications together with their ApplicationSet."
        yield warning(text, hint, subject.line(appset, "metadata"), appset.environment)
    given = [str(one) for one in listed(appset.data, "spec", "template", "metadata", "finalizers")]
    if preserved and any(one.startswith(_CASCADE) for one in given):
        text = f"the template gives every Application the finalizer {_CASCADE}, in spite of preserveResourcesOnDeletion"
        hint = "Remove it: an Application that is deleted would take its resources with it."
        where = subject.line(appset, "spec", "template", "metadata", "finalizers")
        yield error(text, hint, where, appset.environment)


def keeps_resources(appset: Document | None) -> bool:
    """Whether an ApplicationSet leaves resources alone whatever happens to its files."""
    if appset is None:
        return False
    preserved = appset.get("spec", "syncPolicy", "preserveResourcesOnDeletion") is True
    return preserved and appset.get("spec", "syncPolicy", "applicationsSync") in _KEEPING


def check_empty_result(subject: Subject) -> Iterator[Hit]:
    """L46: an ApplicationSet that makes no Application is usually a misspelt path."""
    made = {(one.environment, one.appset) for one in subject.expansion.applications}
    failed = {(one.environment, one.appset) for one in subject.expansion.errors}
    for appset in subject.appsets:
        key = (appset.environment, appset.name)
        if appset.environment and key not in made and key not in failed:
            hint = "Compare the generator's path with the folders of the tree."
            yield info(f"ApplicationSet {appset.name} makes no Application", hint, subject.line(appset), key[0])


RULES = (
    Rule(
        "L02",
        "a file pattern means the same under both globbings",
        "the controller's flag for the new globbing changes which files a pattern finds",
        "AC 1.8, 1.9",
        check_globs,
    ),
    Rule(
        "L03",
        "no ** in directory patterns",
        "directory patterns match one level for each star",
        "AC 1.19",
        check_directory_globs,
    ),
    Rule(
        "L04",
        "ApplicationSets use goTemplate with missingkey=error",
        "otherwise a missing key is printed as <no value>, even into names",
        "AC 2.4, 2.7",
        check_strictness,
    ),
    Rule(
        "L05",
        "no default on a field that may be missing",
        "the lookup fails before default runs",
        "AC 2.5",
        check_defaults,
    ),
    Rule(
        "L09",
        "valuesObject is written in one place",
        "template and patch cannot be merged inside it",
        "AC 2.13",
        check_values_object,
    ),
    Rule(
        "L11",
        "templates do not draw random values or the time",
        "the Application would change with every reconcile",
        "AC 2.2",
        check_random,
    ),
    Rule(
        "L13",
        "no sync wave on generated Applications",
        "waves order objects inside one Application only",
        "AC 3.20",
        check_sync_waves,
    ),
    Rule(
        "L31",
        "a manual hand-over preserves resources",
        "an Application that leaves Git would take its resources along",
        "AC 4.4, 4.5, D 1",
        check_preserved,
    ),
    Rule(
        "L46",
        "every ApplicationSet makes an Application",
        "a generator that finds nothing is no error to Argo CD",
        "AC 1.13",
        check_empty_result,
    ),
)
