"""Rules over the Applications that a tree becomes: names, sources, value files, parameters and sync options."""

from __future__ import annotations

import difflib
import re
from collections import defaultdict
from collections.abc import Iterator

from migrate.lint.rule import Hit, Rule, error, warning
from migrate.lint.sources import sources
from migrate.lint.subject import Document, Subject, dig, listed, mapped
from migrate.model.application import GeneratedApplication

_DNS_NAME = re.compile(r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$")
_LONGEST_RELEASE = 53
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
SYNC_OPTIONS = "argocd.argoproj.io/sync-options"


def release_name(application: GeneratedApplication) -> str:
    """The Helm release's name: its own, else the Application's."""
    found = (dig(source, "helm", "releaseName") for source in sources(application))
    return next((str(name) for name in found if name), application.name)


def check_names(subject: Subject) -> Iterator[Hit]:
    """L10: names that clash, or that Kubernetes or Helm refuses."""
    yield from _twice(subject)
    users: dict[tuple[str, ...], list[GeneratedApplication]] = defaultdict(list)
    for one in subject.expansion.applications:
        name = release_name(one)
        if len(name) > _LONGEST_RELEASE or not _DNS_NAME.match(name):
            text = f"Helm refuses the release name {name!r} ({len(name)} characters)"
            hint = f"At most {_LONGEST_RELEASE} lower-case letters, digits and dashes."
            yield error(text, hint, subject.place(one, "releaseName"), one.environment)
        destination = mapped(one.manifest, "spec", "destination")
        cluster = str(destination.get("server") or destination.get("name") or "")
        users[(one.environment, cluster, str(destination.get("namespace") or ""), name)].append(one)
    for (_, _, namespace, name), applications in users.items():
        for one in applications[1:]:
            text = f"release {name} in namespace {namespace} is also that of Application {applications[0].name}"
            hint = "Two Applications would fight over the same objects. Give one another releaseName or namespace."
            yield error(text, hint, subject.place(one, "releaseName"), one.environment)


def _twice(subject: Subject) -> Iterator[Hit]:
    seen: dict[tuple[str, ...], Document] = {}
    for document in (*subject.appsets, *subject.projects, *subject.roots):
        place = (document.environment, str(document.get("kind")), str(document.get("metadata", "namespace")))
        first = seen.setdefault((*place, document.name), document)
        if first is not document and document.environment:
            text = f"{place[1]} {document.name} also stands in {first.path}"
            where = subject.line(document, "metadata", "name")
            yield error(text, "The one overwrites the other. Keep one.", where, document.environment)
    makers: dict[tuple[str, str], GeneratedApplication] = {}
    for one in subject.expansion.applications:
        maker = makers.setdefault((one.environment, one.name), one)
        if maker.appset != one.appset:
            text = f"Application {one.name} is made by ApplicationSet {maker.appset} as well as by {one.appset}"
            hint = "Only the first comes to be. Let one of them pick it up."
            appset = subject.appset_of(one)
            where = subject.line(appset, "spec", "generators") if appset else subject.place(one)
            yield error(text, hint, where, one.environment)
    for component in subject.active_components:
        key = (component.environment, component.name)
        if component.name and key in seen and seen[key] is not component:
            text = f"the name {component.name} is also that of {seen[key].path}"
            hint = "Argo CD withholds both Applications. Give one another name."
            yield error(text, hint, subject.line(component, "name"), component.environment)
        seen.setdefault(key, component)


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


RULES = (
    Rule(
        "L10",
        "names are unique and can be used",
        "duplicates withhold both Applications; Helm takes at most 53 characters",
        "AC 2.16, 2.18",
        check_names,
    ),
    Rule(
        "L26",
        "no ApplyOutOfSyncOnly while adopting",
        "adopted objects would stay untracked",
        "AC 7.4, D 3",
        check_adoption,
    ),
    Rule(
        "L28",
        "sync options are known and in their place",
        "unknown ones are ignored without a word",
        "AC 8.4, 8.5",
        check_sync_options,
    ),
)
