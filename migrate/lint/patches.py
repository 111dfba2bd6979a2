"""Rules over the text of templates and templatePatch: braces, nulls and branches that leave nothing behind."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from migrate.lint.appsets import templates
from migrate.lint.rule import Hit, Rule, error, warning
from migrate.lint.subject import Document, Key, Subject, dig, listed

_ACTION = re.compile(r"\{\{(?:`[^`]*`|\"(?:\\.|[^\"\\])*\"|[^`\"])*?\}\}", re.DOTALL)
_TEXTS = re.compile(r"`[^`]*`|\"(?:\\.|[^\"\\])*\"")
_HELM_DATA = re.compile(r"(?<![\w)\]])\.(?:Release|Values|Chart|Capabilities|Template|Files|Subcharts)\b")
_HELM_CALL = re.compile(r"(?:\{\{-?|[|(])\s*(include|tpl|lookup|required|toToml)\b")
_KEY = re.compile(r"^( *)([A-Za-z_][\w.-]*):\s*(.*)$")
_CONTROL = re.compile(r"^\s*\{\{-?\s*(if|with|range|else|end)\b.*\}\}\s*$")
_NULL = re.compile(r"^(?:null|~|Null|NULL|)$")


def check_braces(subject: Subject) -> Iterator[Hit]:
    """L06: braces that are meant for Helm are escaped, since the controller fills in its own."""
    for appset in subject.appsets:
        for keys, text in templates(appset):
            for action in _ACTION.findall(text):
                code = _TEXTS.sub("", action)
                found = _HELM_DATA.search(code) or _HELM_CALL.search(code)
                if found:
                    name = found[found.lastindex or 0]
                    said = f"{action} asks for {name}, which Helm knows and the ApplicationSet controller does not"
                    hint = (
                        'Write {{ "{{" }} for braces that are to reach the chart, or move the text into a value file.'
                    )
                    yield error(said, hint, subject.line(appset, *keys), appset.environment)


def check_nulls(subject: Subject) -> Iterator[Hit]:
    """L07: a null below valuesObject never arrives, and so the chart's default stays."""
    hint = "Write it into a value file, or into values as text: only there null removes a chart's default."
    for appset in subject.appsets:
        for keys in _values_objects(appset):
            for place in _nulls(appset.get(*keys), keys):
                said = f"{'.'.join(map(str, place[len(keys) - 1 :]))} is null, which Argo CD drops"
                yield error(said, hint, subject.line(appset, *place), appset.environment)
        for key in _patched_nulls(str(appset.get("spec", "templatePatch") or "")):
            said = f"valuesObject in templatePatch: {key} is null, which Argo CD drops"
            yield error(said, hint, subject.line(appset, "spec", "templatePatch"), appset.environment)


def _values_objects(appset: Document) -> Iterator[tuple[Key, ...]]:
    template: tuple[Key, ...] = ("spec", "template", "spec")
    yield (*template, "source", "helm", "valuesObject")
    for index in range(len(listed(appset.data, *template, "sources"))):
        yield (*template, "sources", index, "helm", "valuesObject")


def _nulls(value: Any, keys: tuple[Key, ...]) -> Iterator[tuple[Key, ...]]:
    """Places of null entries of mappings; a null in a list survives (rule 2.8)."""
    if isinstance(value, dict):
        for key, item in value.items():
            if item is None:
                yield (*keys, key)
            yield from _nulls(item, (*keys, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _nulls(item, (*keys, index))


def _patched_nulls(patch: str) -> Iterator[str]:
    inside = -1
    for line in patch.splitlines():
        found = _KEY.match(line)
        if found is None:
            continue
        depth, key, value = len(found[1]), found[2], found[3]
        if depth <= inside:
            inside = -1
        if inside >= 0 and value in ("null", "~", "Null", "NULL"):
            yield key
        if key == "valuesObject":
            inside = depth


def check_branches(subject: Subject) -> Iterator[Hit]:
    """L08: a key of templatePatch whose every line stands under a condition is null where none of them holds."""
    for appset in subject.appsets:
        patch = str(appset.get("spec", "templatePatch") or "")
        for path in emptied_keys(patch):
            if dig(appset.get("spec", "template"), *path) is None:
                continue
            shown = ".".join(path)
            said = f"{shown} of templatePatch is empty where no condition holds, and wipes {shown} of the template"
            hint = "Put the key under the condition too, or one line below it that is always there."
            tell = error if path == ("spec",) else warning
            yield tell(said, hint, subject.line(appset, "spec", "templatePatch"), appset.environment)


def emptied_keys(patch: str) -> Iterator[tuple[str, ...]]:
    """Paths of the keys that a patch may leave without a value (rule 2.12)."""
    lines = _lines(patch)
    for number, path, value in _keys(lines):
        depth = len(lines[number]) - len(lines[number].lstrip())
        if _NULL.match(value) and not _has_line(lines[number + 1 :], depth):
            yield path


def patch_keys(patch: str) -> Iterator[tuple[str, ...]]:
    """Paths of the keys that stand on lines of their own; ``-`` stands for an item of a list."""
    for _, path, _ in _keys(_lines(patch)):
        yield path


def _lines(patch: str) -> list[str]:
    return [line for line in patch.splitlines() if line.strip() and not line.lstrip().startswith("#")]


def _keys(lines: Sequence[str]) -> Iterator[tuple[int, tuple[str, ...], str]]:
    """Number of the line, path and value of each key."""
    parents: list[tuple[int, str]] = []
    for number, line in enumerate(lines):
        if _CONTROL.match(line):
            continue
        item = re.match(r"^( *)- ", line)
        if item:
            parents = [
                *(
                    (above, key)
                    for above, key in parents
                    if above < len(item[1]) or (key != "-" and above == len(item[1]))
                ),
                (len(item[1]) + 1, "-"),
            ]
            line = line.replace("- ", "  ", 1)
        found = _KEY.match(line)
        if found is None:
            continue
        depth = len(found[1])
        parents = [(above, key) for above, key in parents if above < depth]
        parents.append((depth, found[2]))
        yield number, tuple(key for _, key in parents), found[3]


@dataclass
class _Block:
    """A condition or loop that is open: whether each branch so far has a line, and whether there is a plain else."""

    loop: bool
    whole: bool = True
    line: bool = False
    final: bool = False

    def branch(self, *, final: bool) -> None:
        self.whole, self.line, self.final = self.whole and self.line, False, final

    @property
    def always(self) -> bool:
        return self.whole and self.line and self.final and not self.loop


def _has_line(below: Sequence[str], depth: int) -> bool:
    """Whether, whatever the conditions say, one of the lines that follow belongs to a key at ``depth``."""
    blocks: list[_Block] = []
    for line in below:
        control = _CONTROL.match(line)
        word = control[1] if control else ""
        indent = len(line) - len(line.lstrip())
        if word in ("if", "with", "range"):
            blocks.append(_Block(loop=word == "range"))
            continue
        if word == "else" and blocks:
            blocks[-1].branch(final=re.search(r"else\s+(if|with)\b", line) is None)
            continue
        if word in ("end", "else"):
            if not blocks:
                return False
            if not blocks.pop().always:
                continue
        elif indent < depth or (indent == depth and not line.lstrip().startswith("- ")):
            return False
        if not blocks:
            return True
        blocks[-1].line = True
    return False


RULES = (
    Rule(
        "L06",
        "braces for Helm are escaped",
        "the controller fills in every {{ }}, and knows neither .Release nor include",
        "AC 2.2, 2.6",
        check_braces,
    ),
    Rule(
        "L07",
        "no null in valuesObject",
        "null entries are dropped, and the chart's default stays",
        "AC 2.8, 2.13",
        check_nulls,
    ),
    Rule(
        "L08",
        "no key of templatePatch is left empty",
        "an empty spec: wipes the spec, and an empty key what the template says there",
        "AC 2.12",
        check_branches,
    ),
)
