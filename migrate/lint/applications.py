"""Rules over the Applications that a tree becomes: names, sources, value files, parameters and sync options."""

from __future__ import annotations

import difflib
import posixpath
import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from migrate.lint.rule import Hit, error, warning
from migrate.lint.subject import Document, Subject, dig, listed, mapped
from migrate.model.application import GeneratedApplication
from migrate.model.json import JsonObject

_DNS_NAME = re.compile(r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$")
_LONGEST_RELEASE = 53
_BUILD_VARIABLE = re.compile(r"\$\{?(ARGOCD_APP_\w+|ARGOCD_ENV_\w+|KUBE_VERSION|KUBE_API_VERSIONS)\b\}?")
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


def sources(application: GeneratedApplication) -> list[JsonObject]:
    """What the Application is rendered from: ``sources`` if it has any, else ``source``."""
    several: Any = dig(application.manifest, "spec", "sources")
    single: Any = dig(application.manifest, "spec", "source")
    return list(several) if several else [single] if isinstance(single, dict) else []


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
    seen: dict[tuple[str, str], Document] = {}
    for component in subject.active_components:
        key = (component.environment, component.name)
        if component.name and key in seen:
            text = f"the name {component.name} is also that of {seen[key].path}"
            hint = "Argo CD withholds both Applications. Give one another name."
            yield error(text, hint, subject.line(component, "name"), component.environment)
        seen.setdefault(key, component)


def check_references(subject: Subject) -> Iterator[Hit]:
    """L15: ``$name/file`` means a referenced source only where there are several sources."""
    for one in subject.expansion.applications:
        several = bool(dig(one.manifest, "spec", "sources"))
        refs = {str(source.get("ref")) for source in sources(one) if source.get("ref")}
        for entry in _value_files(one):
            name = entry[1:].partition("/")[0]
            if not entry.startswith("$") or (several and name in refs):
                continue
            if several:
                text = f"value file {entry} begins with a reference that no source has"
                hint = f"Known references: {', '.join(sorted(refs)) or 'none'}."
            else:
                text = f"value file {entry}: with a single source $ is a variable, which is empty here"
                hint = "It would be read from the repository's root without a word. Write the path itself."
            yield error(text, hint, subject.place(one, "valueFiles"), one.environment)


def check_value_files_once(subject: Subject) -> Iterator[Hit]:
    """L16: a value file listed twice."""
    for one in subject.expansion.applications:
        for source in sources(one):
            entries = [str(entry) for entry in listed(source, "helm", "valueFiles")]
            for entry in sorted({entry for entry in entries if entries.count(entry) > 1}):
                text = f"value file {entry} is listed more than once"
                hint = "From Argo CD 3.4 on its first place counts, before that its last. List it once."
                yield error(text, hint, subject.place(one, "valueFiles"), one.environment)


def check_parameters(subject: Subject) -> Iterator[Hit]:
    """L17: ``$`` in a parameter is a variable, unless it is doubled."""
    for one in subject.expansion.applications:
        for source in sources(one):
            for index, parameter in enumerate(listed(source, "helm", "parameters")):
                value = str(dig(parameter, "value") or "")
                rest = _BUILD_VARIABLE.sub("", value.replace("$$", ""))
                if "$" in rest:
                    text = f"parameter {dig(parameter, 'name')} holds a single $, which Argo CD takes for a variable"
                    hint = "Write $$ for the character itself."
                    yield error(text, hint, subject.place(one, "parameters", index), one.environment)


def check_values_twice(subject: Subject) -> Iterator[Hit]:
    """L18: ``values`` beside ``valuesObject`` is ignored."""
    for one in subject.expansion.applications:
        for source in sources(one):
            if dig(source, "helm", "values") and dig(source, "helm", "valuesObject") is not None:
                hint = "valuesObject wins and values is ignored. Keep one."
                yield error("helm has values and valuesObject", hint, subject.place(one), one.environment)


def check_oci(subject: Subject) -> Iterator[Hit]:
    """L19: ``oci://`` and ``chart`` do not go together."""
    for one in subject.expansion.applications:
        for source in sources(one):
            if str(source.get("repoURL", "")).startswith("oci://") and source.get("chart"):
                hint = "Write the registry without oci://, or the whole address in repoURL with path: ."
                text = f"repoURL {source['repoURL']} with chart {source['chart']}: the chart is ignored"
                yield error(text, hint, subject.place(one, "chart"), one.environment)


def check_value_files_exist(subject: Subject) -> Iterator[Hit]:
    """L21: every value file lies in the repository, and is there."""
    folders = _folders(subject)
    for one in subject.expansion.applications:
        for source in sources(one):
            if source.get("chart") or str(source.get("path", "")).strip("/") not in folders:
                continue
            lenient = dig(source, "helm", "ignoreMissingValueFiles") is True
            entries = [str(entry) for entry in listed(source, "helm", "valueFiles")]
            entries += [str(dig(entry, "path") or "") for entry in listed(source, "helm", "fileParameters")]
            for entry in entries:
                fault = _file_fault(entry, str(source.get("path", "")), subject, lenient=lenient)
                if fault:
                    hint = "A leading / is the repository's root, anything else is relative to the chart."
                    where = subject.place(one, "valueFiles")
                    yield error(f"value file {entry} {fault}", hint, where, one.environment)


def _file_fault(entry: str, chart: str, subject: Subject, *, lenient: bool) -> str:
    if entry.startswith("$") or any(character in entry for character in "*?["):
        return ""
    if "://" in entry:
        scheme = entry.partition("://")[0]
        return "" if scheme in ("http", "https") else f"has the scheme {scheme}, which Argo CD refuses by default"
    path = entry.lstrip("/") if entry.startswith("/") else posixpath.join(chart, entry)
    path = posixpath.normpath(path)
    if path.startswith("../") or path in ("..", "."):
        return "lies outside the repository"
    return "" if lenient or path in subject.tree.files else f"is not there (looked for {path})"


def _value_files(one: GeneratedApplication) -> Iterator[str]:
    for source in sources(one):
        for entry in listed(source, "helm", "valueFiles"):
            yield str(entry)


def _folders(subject: Subject) -> set[str]:
    return {posixpath.dirname(path) for path in subject.tree.files} | {""}


def check_chart_paths(subject: Subject) -> Iterator[Hit]:
    """L43: the folder that an Application is rendered from is there, and is a chart where it must be one."""
    holding = {folder for path in subject.tree.files for folder in _parents(path)}
    own = subject.own_repositories
    for one in subject.expansion.applications:
        for source in sources(one):
            path = posixpath.normpath(str(source.get("path") or ".")).strip("/")
            if source.get("chart") or not source.get("path") or source.get("repoURL") not in own:
                continue
            where = subject.place(one, "chart", "path")
            if path != "." and path not in holding:
                text = f"path {path} is not in the tree"
                yield error(text, "Correct chart.path, or add the chart.", where, one.environment)
            elif source.get("helm") and posixpath.normpath(f"{path}/Chart.yaml") not in subject.tree.files:
                text = f"path {path} holds no Chart.yaml"
                yield error(text, "Correct chart.path, or add the chart.", where, one.environment)


def _parents(path: str) -> Iterator[str]:
    while "/" in path:
        path = path.rpartition("/")[0]
        yield path


def check_adoption(subject: Subject) -> Iterator[Hit]:
    """L26: with ApplyOutOfSyncOnly an adopted object may never be marked as ours."""
    for one in subject.expansion.applications:
        options = listed(one.manifest, "spec", "syncPolicy", "syncOptions")
        appset = subject.appset_of(one)
        if "ApplyOutOfSyncOnly=true" in options and appset is not None and appset.get("spec", "strategy") is None:
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
