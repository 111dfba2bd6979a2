"""Rules over component.yaml: what the ApplicationSet's template will find in it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from migrate.doors.yaml import YamlNode
from migrate.lint.rule import Hit, error, warning
from migrate.lint.subject import Document, Key, Subject, dig, nodes, texts
from migrate.model.finding import SourceLocation

REQUIRED_KEYS = (
    "name", "project", "tier", "domain", "componentType", "rolloutPhase", "wave", "namespace", "releaseName", "chart",
    "valueFiles", "parameters", "fileParameters", "syncOptions", "ignoreDifferences", "source", "cluster",
    "skipTests", "skipSchemaValidation", "kubeVersion",
)  # fmt: skip
CHART_KEYS = ("path", "repoURL", "name", "version", "skipCrds")
_SWITCHES = frozenset({"skipCrds", "skipTests", "skipSchemaValidation", "forceString"})
_PHASE = re.compile(r"^\d{3}$")
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


def check_placeholders(subject: Subject) -> Iterator[Hit]:
    """L45: a parameter still holds a placeholder, which a person must supply."""
    for component in subject.active_components:
        for keys, text in texts(dig(component.data, "parameters"), ("parameters",)):
            if text.startswith("PLACEHOLDER"):
                hint = "Supply it as a Secret, or through External Secrets; never in Git."
                where = subject.line(component, *keys)
                yield warning(f"a placeholder is in a parameter: {text}", hint, where, component.environment)
