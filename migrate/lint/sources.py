"""Rules over what Applications are rendered from: references, value files, parameters and chart folders."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import Any

from migrate.lint.rule import Hit, Rule, error
from migrate.lint.subject import Subject, dig, folders, listed
from migrate.model.application import GeneratedApplication
from migrate.model.json import JsonObject

_BUILD_VARIABLE = re.compile(r"\$\{?(ARGOCD_APP_\w+|ARGOCD_ENV_\w+|KUBE_VERSION|KUBE_API_VERSIONS)\b\}?")


def sources(application: GeneratedApplication) -> list[JsonObject]:
    """What the Application is rendered from: ``sources`` if it has any, else ``source``."""
    several: Any = dig(application.manifest, "spec", "sources")
    single: Any = dig(application.manifest, "spec", "source")
    return list(several) if several else [single] if isinstance(single, dict) else []


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
                is_variable = _BUILD_VARIABLE.match(entry) is not None
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
    inside = {*folders(subject), ""}
    for one in subject.expansion.applications:
        for source in sources(one):
            if source.get("chart") or str(source.get("path", "")).strip("/") not in inside:
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


def check_chart_paths(subject: Subject) -> Iterator[Hit]:
    """L43: the folder that an Application is rendered from is there, and is a chart where it must be one."""
    holding = folders(subject)
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


RULES = (
    Rule(
        "L15",
        "$references are used where they mean something",
        "with a single source $values/x is read as /x",
        "AC 5.4",
        check_references,
    ),
    Rule(
        "L16",
        "no value file twice",
        "which place counts depends on the version",
        "AC 5.12",
        check_value_files_once,
    ),
    Rule(
        "L17",
        "$ in parameters is doubled",
        "parameters pass through the build environment, and pa$word becomes pa",
        "AC 5.10",
        check_parameters,
    ),
    Rule(
        "L18",
        "values or valuesObject, not both",
        "valuesObject wins without a word",
        "AC 5.14",
        check_values_twice,
    ),
    Rule("L19", "no oci:// with chart", "the chart is ignored", "AC 5.21", check_oci),
    Rule(
        "L21",
        "value files are there and inside the repository",
        "a missing or escaping file fails the render",
        "AC 5.6",
        check_value_files_exist,
    ),
    Rule(
        "L43",
        "the chart of every Application is there",
        "a missing path is a ComparisonError",
        "AC 5.9",
        check_chart_paths,
    ),
)
