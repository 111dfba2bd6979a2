"""L01: numbers, versions and bool words that templates print are quoted."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from migrate.doors.yaml import YamlNode
from migrate.lint.edits import token_edit
from migrate.lint.example import Example
from migrate.lint.good_tree import WEB
from migrate.lint.parameters import parameter_files
from migrate.lint.rule import Fix, Fixed, Hit, Rule, error
from migrate.lint.subject import Document, Key, Subject, nodes, texts
from migrate.model.finding import Severity, SourceLocation

_SWITCHES = frozenset({"skipCrds", "skipTests", "skipSchemaValidation", "forceString"})
_EXPONENT_FROM = 1e6


def check_quoted(subject: Subject) -> Iterator[Hit]:
    """L01: no unquoted number, date or bool word, in values or keys."""
    for hit, _ in _hits(subject):
        yield hit


def fix_quoted(subject: Subject) -> Iterator[Fixed]:
    """Each gets its quotes; a line on which the word stands twice is left for a person."""
    for hit, word in _hits(subject):
        edit = token_edit(subject.tree, hit.source, word, f'"{word}"')
        yield from [(hit.source, edit)] if edit else []


def _hits(subject: Subject) -> Iterator[tuple[Hit, str]]:
    """Each hit with the word that lacks its quotes."""
    for component in subject.components:
        documents = nodes(subject.tree.text(component.path))
        if component.index < len(documents):
            yield from _unquoted(documents[component.index], component.data, (), component)
    asked = " ".join(text for appset in subject.appsets for _, text in texts(appset.get("spec")))
    for document in parameter_files(subject):
        documents = nodes(subject.tree.text(document.path))
        for node, data, keys in _scalars(documents[0], document.data, ()) if documents else ():
            printed = _printed(data)
            # What no template names is never printed.
            if printed != node.value and re.search(rf"\b{re.escape(str(keys[0]))}\b", asked):
                where = SourceLocation(document.path, node.line)
                text = f"{'.'.join(map(str, keys))}: {node.value} without quotes is {printed} once a template prints it"
                yield error(text, f'Write "{node.value}" in quotes.', where), node.value


def _scalars(node: YamlNode, data: Any, keys: tuple[Key, ...]) -> Iterator[tuple[YamlNode, Any, tuple[Key, ...]]]:
    """Every plain scalar that is read as something else than text."""
    if node.kind == "sequence" and isinstance(data, list):
        for index, item in enumerate(node.value[: len(data)]):
            yield from _scalars(item, data[index], (*keys, index))
    elif node.kind == "mapping" and isinstance(data, dict):
        for key, child, _ in node.entries():
            if key.value in data:
                yield from _scalars(child, data[key.value], (*keys, key.value))
    elif node.kind == "scalar" and node.plain and isinstance(data, (bool, int, float)):
        yield node, data, keys


def _printed(data: bool | float) -> str:
    """What a Go template prints for a value that the generator has read as a float (rule 1.12)."""
    if isinstance(data, bool):
        return "true" if data else "false"
    if abs(data) >= _EXPONENT_FROM:
        digits = Decimal(repr(float(data))).normalize().as_tuple().digits
        rest = "".join(map(str, digits[1:]))
        exponent = Decimal(repr(float(data))).adjusted()
        return f"{'-' if data < 0 else ''}{digits[0]}{'.' if rest else ''}{rest}e+{exponent:02d}"
    return str(int(data)) if float(data).is_integer() else repr(float(data))


def _unquoted(node: YamlNode, data: Any, keys: tuple[Key, ...], component: Document) -> Iterator[tuple[Hit, str]]:
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
                hint = f'Write "{key.value}" in quotes.'
                yield error(text, hint, SourceLocation(component.path, key.line)), str(key.value)
    elif node.kind == "scalar" and node.plain and isinstance(data, (bool, int, float)):
        if isinstance(data, bool) and keys and keys[-1] in _SWITCHES and node.value in ("true", "false"):
            return
        if keys and keys[0] == "ignoreDifferences":
            return
        shown = ".".join(map(str, keys))
        text = f"{shown}: {node.value} without quotes is {_kind(data)}, and templates print it as one"
        yield error(text, f'Write "{node.value}" in quotes.', where, component.environment), node.value


def _kind(data: Any) -> str:
    return "a truth value" if isinstance(data, bool) else "a number"


RULE = Rule(
    id="L01",
    title="numbers, versions and bool words that templates print are quoted",
    reason="the git generator reads YAML 1.1 into floats: 1.10 becomes 1.1, 1000000 becomes 1e+06, no becomes false",
    pointer="AC 1.11, 1.12",
    severity=Severity.ERROR,
    check=check_quoted,
    fix=Fix(fix_quoted, "writes the quotes"),
    example=Example(
        bad={
            WEB: """
                rolloutPhase: 650  # <- here
            """,
        },
        good={
            WEB: """
                rolloutPhase: "650"
            """,
        },
    ),
)
