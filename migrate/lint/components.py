"""Rules over component.yaml: what the ApplicationSet's template will find in it."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from migrate.doors.yaml import YamlNode
from migrate.lint.rule import Hit, Rule, error, warning
from migrate.lint.subject import Document, Key, Subject, dig, generators, listed, nodes, texts
from migrate.model.application import GeneratedApplication
from migrate.model.finding import SourceLocation

REQUIRED_KEYS = (
    "name", "project", "tier", "domain", "componentType", "rolloutPhase", "wave", "namespace", "releaseName", "chart",
    "valueFiles", "parameters", "fileParameters", "syncOptions", "ignoreDifferences", "source", "cluster",
    "skipTests", "skipSchemaValidation", "kubeVersion",
)  # fmt: skip
CHART_KEYS = ("path", "repoURL", "name", "version", "skipCrds")
_SWITCHES = frozenset({"skipCrds", "skipTests", "skipSchemaValidation", "forceString"})
_PHASE = re.compile(r"^\d{3}$")
_CARRIED: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("rolloutPhase", ("metadata", "labels", "rollout-phase")),
    ("tier", ("metadata", "labels", "tier")),
    ("domain", ("metadata", "labels", "domain")),
    ("componentType", ("metadata", "labels", "componentType")),
    ("wave", ("metadata", "labels", "wave")),
    ("project", ("spec", "project")),
    ("namespace", ("spec", "destination", "namespace")),
    ("syncOptions", ("spec", "syncPolicy", "syncOptions")),
    ("ignoreDifferences", ("spec", "ignoreDifferences")),
)
"""Key of component.yaml → where the Application has it."""
_DEPENDENCY_KEYS = ("dependsOn", "needs", "dependencies")


def check_readable(subject: Subject) -> Iterator[Hit]:
    """L00: there is something to look at, every file that should be YAML is, and every ApplicationSet expands."""
    if not (subject.components or subject.appsets or subject.roots or subject.projects or subject.faults):
        text = "there is no ApplicationSet, Application, AppProject or component.yaml in this folder"
        yield error(text, "Give the folder that migrate convert wrote, or a tree of Argo CD.", SourceLocation("."))
    for fault in subject.faults:
        where = SourceLocation(fault.path, fault.line)
        yield error(f"it cannot be read: {fault.message}", "Mend the YAML.", where)
    for problem in subject.expansion.errors:
        path = _appset_path(subject, problem.environment, problem.appset)
        who = f"Application {problem.application}" if problem.application else f"ApplicationSet {problem.appset}"
        text = f"{who} is not generated: {problem.message}"
        yield error(text, "Argo CD would report the same as ErrorOccurred.", path, problem.environment)


def _appset_path(subject: Subject, environment: str, name: str) -> SourceLocation:
    for one in subject.appsets:
        if one.environment == environment and one.name == name:
            return SourceLocation(one.path)
    return SourceLocation(f"environments/{environment}" if environment else ".")


def check_quoted(subject: Subject) -> Iterator[Hit]:
    """L01: no unquoted number, date or bool word, in values or keys."""
    for component in subject.components:
        documents = nodes(subject.tree.text(component.path))
        if component.index < len(documents):
            yield from _unquoted(documents[component.index], component.data, (), component)


def _unquoted(node: YamlNode, data: Any, keys: tuple[Key, ...], component: Document) -> Iterator[Hit]:
    where = SourceLocation(component.path, node.line)
    if node.kind == "sequence" and isinstance(data, list):
        for index, item in enumerate(node.value[: len(data)]):
            yield from _unquoted(item, data[index], (*keys, index), component)
    elif node.kind == "mapping" and isinstance(data, dict):
        for key, child, _ in node.entries():
            if key.value in data:
                yield from _unquoted(child, data[key.value], (*keys, key.value), component)
            elif key.value != "<<":
                text = f"the key {key.value} is read as something else in YAML 1.1, and so the template misses it"
                yield error(text, f'Write "{key.value}" in quotes.', SourceLocation(component.path, key.line))
    elif node.kind == "scalar" and node.plain and isinstance(data, (bool, int, float)):
        if isinstance(data, bool) and keys and keys[-1] in _SWITCHES and node.value in ("true", "false"):
            return
        if keys and keys[0] == "ignoreDifferences":
            return
        shown = ".".join(map(str, keys))
        text = f"{shown}: {node.value} without quotes is {_kind(data)}, and templates print it as one"
        yield error(text, f'Write "{node.value}" in quotes.', where, component.environment)


def _kind(data: Any) -> str:
    return "a truth value" if isinstance(data, bool) else "a number"


def check_keys(subject: Subject) -> Iterator[Hit]:
    """L40: every key that the template asks for is there."""
    for component in subject.components:
        missing = [key for key in REQUIRED_KEYS if key not in component.data]
        chart = component.get("chart")
        missing += [f"chart.{key}" for key in CHART_KEYS if isinstance(chart, dict) and key not in chart]
        if missing:
            text = f"keys are missing: {', '.join(missing)}"
            hint = "With missingkey=error one missing key stops the whole ApplicationSet. Write it, empty if unused."
            yield error(text, hint, subject.line(component), component.environment)


def check_phase(subject: Subject) -> Iterator[Hit]:
    """L41: the rollout phase is three digits, as text."""
    for component in subject.components:
        phase = component.get("rolloutPhase")
        if phase is not None and not (isinstance(phase, str) and _PHASE.match(phase)):
            text = f"rolloutPhase {phase!r} is not three digits"
            hint = 'Write three digits in quotes, e.g. "130": phases are compared and sorted as text.'
            yield error(text, hint, subject.line(component, "rolloutPhase"), component.environment)


def check_no_dependencies(subject: Subject) -> Iterator[Hit]:
    """L42: nothing that looks like an order and is none."""
    for component in subject.components:
        for key in _DEPENDENCY_KEYS:
            if key in component.data:
                hint = "Give it a later rolloutPhase; Argo CD has no dependencies between Applications."
                where = subject.line(component, key)
                yield error(f"{key} orders nothing", hint, where, component.environment)


def check_carried(subject: Subject) -> Iterator[Hit]:
    """L58: an Application carries what its component says; one hit for each ApplicationSet and key."""
    lost: dict[tuple[str, str, str], list[tuple[GeneratedApplication, str, str]]] = defaultdict(list)
    for one in subject.expansion.applications:
        component = subject.component_of(one)
        for key, place in _CARRIED if component else ():
            stated, found = component.get(key) if component else None, dig(one.manifest, *place)
            optional = place[-2:-1] == ("labels",) and key != "rolloutPhase"
            if stated in (None, "", []) or (optional and found is None) or _same(stated, found):
                continue
            lost[one.environment, one.appset, key].append((one, str(stated), str(found)))
    for (environment, _, key), cases in sorted(lost.items(), key=lambda entry: entry[0]):
        one, stated, found = cases[0]
        place = dict(_CARRIED)[key]
        more = f" (and {len(cases) - 1} more)" if len(cases) > 1 else ""
        text = f"{one.name}{more}: component.yaml says {key} {stated}, and the Application {place[-1]} {found}"
        hint = "Rollouts, projects and syncs go by the Application. Correct the template of the ApplicationSet."
        appset = subject.appset_of(one)
        where = subject.line(appset, "spec", "template", *place) if appset else subject.place(one, key)
        yield error(text, hint, where, environment)


def _same(stated: Any, found: Any) -> bool:
    if isinstance(stated, list):
        return isinstance(found, list) and all(item in found for item in stated)
    return not isinstance(stated, str) or bool(stated == found)


def check_environment(subject: Subject) -> Iterator[Hit]:
    """L55: an environment reads its own components and values, and what is shared."""
    names = subject.environments
    shared = {folder for taken in subject.component_folders.values() for folder in taken} - names
    for component in subject.components:
        files = listed(component.data, "valueFiles")
        files += [dig(entry, "path") for entry in listed(component.data, "fileParameters")]
        for index, entry in enumerate(files):
            owner = re.match(r"/?sources/values/([^/]+)/", str(entry))
            if owner and owner[1] in names - {component.environment} and component.environment:
                text = f"value file {entry} is that of environment {owner[1]}"
                hint = f"Use the one below sources/values/{component.environment}, or a shared one."
                where = subject.line(component, "valueFiles", index)
                yield error(text, hint, where, component.environment)
    for appset in subject.appsets:
        for git in generators(appset, "git"):
            for entry in listed(git, "files") + listed(git, "directories"):
                owner = re.match(r"environments/([^/]+)/", str(dig(entry, "path")))
                if owner and appset.environment and owner[1] not in shared | {appset.environment}:
                    text = f"ApplicationSet {appset.name} picks up components of {owner[1]}: {dig(entry, 'path')}"
                    hint = f"Write environments/{appset.environment}/."
                    where = subject.line(appset, "spec", "generators")
                    yield error(text, hint, where, appset.environment)


def check_placeholders(subject: Subject) -> Iterator[Hit]:
    """L45: a parameter still holds a placeholder, which a person must supply."""
    for component in subject.active_components:
        for keys, text in texts(dig(component.data, "parameters"), ("parameters",)):
            if text.startswith("PLACEHOLDER"):
                hint = "Supply it as a Secret, or through External Secrets; never in Git."
                where = subject.line(component, *keys)
                yield warning(f"a placeholder is in a parameter: {text}", hint, where, component.environment)


RULES = (
    Rule(
        "L00",
        "every file can be read and every ApplicationSet expands",
        "one error stops the whole ApplicationSet: nothing is created, updated or deleted",
        "AC 1.3",
        check_readable,
    ),
    Rule(
        "L01",
        "numbers, versions and bool words in component.yaml are quoted",
        "the git generator reads YAML 1.1 into floats: 1.10 becomes 1.1, 1000000 becomes 1e+06, no becomes false",
        "AC 1.11, 1.12",
        check_quoted,
    ),
    Rule(
        "L40",
        "component.yaml has every key",
        "with missingkey=error one missing key stops all Applications",
        "AC 2.5, D 24",
        check_keys,
    ),
    Rule(
        "L41",
        "rolloutPhase is three digits",
        "phases are compared as text",
        "AC 3.6",
        check_phase,
    ),
    Rule(
        "L42",
        "no dependsOn",
        "Argo CD has no dependencies between Applications; the phase is the order",
        "AC 12.12",
        check_no_dependencies,
    ),
    Rule(
        "L45",
        "no placeholder in a parameter",
        "a placeholder would be applied as it is",
        "D 25",
        check_placeholders,
    ),
    Rule(
        "L55",
        "an environment reads its own files",
        "a value file of another environment is right until that environment changes",
        "D 20",
        check_environment,
    ),
    Rule(
        "L58",
        "Applications carry what their components say",
        "steps select by label, a project is a fence, and a lost sync option is lost without a word",
        "AC 2.11, 3.6",
        check_carried,
    ),
)
