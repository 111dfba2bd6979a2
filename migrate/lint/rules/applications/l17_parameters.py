"""L17: $ in parameters is doubled."""

from __future__ import annotations

import re
from collections.abc import Iterator

from migrate.lint.edits import token_edit
from migrate.lint.example import Example
from migrate.lint.good_tree import WEB
from migrate.lint.rule import Fix, Fixed, Hit, Rule, error
from migrate.lint.sources import BUILD_VARIABLE, sources
from migrate.lint.subject import Document, Key, Subject, dig, listed
from migrate.model.finding import Severity


def check_parameters(subject: Subject) -> Iterator[Hit]:
    """L17: ``$`` in a parameter is a variable, unless it is doubled."""
    for one in subject.expansion.applications:
        for source in sources(one):
            for index, parameter in enumerate(listed(source, "helm", "parameters")):
                value = str(dig(parameter, "value") or "")
                rest = BUILD_VARIABLE.sub("", value.replace("$$", ""))
                if "$" in rest:
                    text = f"parameter {dig(parameter, 'name')} holds a single $, which Argo CD takes for a variable"
                    hint = "Write $$ for the character itself."
                    yield error(text, hint, subject.place(one, "parameters", index), one.environment)


def fix_parameters(subject: Subject) -> Iterator[Fixed]:
    """The dollar sign is doubled in components and in Applications written out."""
    places: list[tuple[Document, tuple[Key, ...]]] = [(one, ("parameters",)) for one in subject.components]
    for root in (one for one in subject.roots if one.is_text):
        several = range(len(listed(root.data, "spec", "sources")))
        places += [(root, ("spec", "sources", number, "helm", "parameters")) for number in several]
        places.append((root, ("spec", "source", "helm", "parameters")))
    for document, keys in places:
        for index, parameter in enumerate(listed(document.data, *keys)):
            value = dig(parameter, "value")
            if isinstance(value, str) and (doubled := _doubled(value)) != value:
                where = subject.line(document, *keys, index, "value")
                edit = token_edit(subject.tree, where, value, doubled)
                yield from [(subject.line(document, *keys, index), edit)] if edit else []


def _doubled(value: str) -> str:
    """The text with ``$$`` for each ``$`` that is not part of a variable of the build or doubled already."""
    kept = re.compile(rf"\$\$|{BUILD_VARIABLE.pattern}")
    return "".join(_between(kept, value))


def _between(kept: re.Pattern[str], value: str) -> Iterator[str]:
    end = 0
    for found in kept.finditer(value):
        yield value[end : found.start()].replace("$", "$$")
        yield found[0]
        end = found.end()
    yield value[end:].replace("$", "$$")


RULE = Rule(
    id="L17",
    title="$ in parameters is doubled",
    reason="parameters pass through the build environment, and pa$word becomes pa",
    pointer="AC 5.10",
    severity=Severity.ERROR,
    check=check_parameters,
    fix=Fix(fix_parameters, "doubles the $"),
    example=Example(
        bad={
            WEB: """
                parameters:
                  - name: greeting  # <- here
                    value: a$word
            """,
        },
        good={
            WEB: """
                parameters:
                  - name: greeting
                    value: a$$word
            """,
        },
    ),
)
