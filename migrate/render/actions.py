"""The actions of a chart's templates, with what stands around each: read as text, to see where a value comes from.

Nothing here decides a render: it finds lines and names for people, and candidates that a render then confirms.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from migrate.render.unstable import Mention, find_mentions

_ACTION = re.compile(r"\{\{-?\s*(?P<code>.*?)\s*-?\}\}", re.DOTALL)
_STRING = re.compile(r'"((?:\\.|[^"\\\n])*)"')
_INCLUDE = re.compile(r'(?<![\w.])(?:include|template)\s+"([^"]+)"')
_OWN_FILE = re.compile(r'"(?:%s)?(/[^"\s]+\.[^"\s]+)"')
_VARIABLE = re.compile(r"\$([A-Za-z_]\w*)((?:\.[A-Za-z_]\w*)*)")
_ASSIGNED = re.compile(r"^\$([A-Za-z_]\w*)\s*:?=\s*(.+)$", re.DOTALL)
_VALUES = re.compile(r"\.Values((?:\.[A-Za-z_]\w*)+)")
_INDEXED = re.compile(r'(?:index|get)\s+[$\w.]*\.Values((?:\.[A-Za-z_]\w*)*)((?:\s+"[^".]+")+)')
_BELOW_DOT = re.compile(r"(?<![\w.$)])\.([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)")
_OF_HELM = {"Values", "Release", "Chart", "Capabilities", "Template", "Files", "Subcharts"}
_NO_DOT = None
_MAY_CALL = re.compile(r"rand|gen[CPS]|uuid|shuffle|htpasswd|bcrypt|encryptAES|now|ago|lookup")
"""Most actions call none of these: they need no closer look."""


@dataclass(frozen=True)
class Action:
    """One ``{{ … }}``: its code, and the conditions around it, outermost first."""

    file: str
    line: int
    scope: str
    """The name of the ``define`` that it is in; empty for the file's own body."""
    code: str
    around: tuple[str, ...]
    values: tuple[str, ...]
    """Paths below ``.Values`` that it or a condition around it names, dotted, in order."""

    @property
    def said(self) -> str:
        """Its code and all conditions around it."""
        return "\n".join((*self.around, self.code))

    def mentions(self) -> tuple[Mention, ...]:
        """The calls in it that draw something, or ask the cluster."""
        if not _MAY_CALL.search(self.code):
            return ()
        found = (
            *find_mentions({self.file: f"{{{{{self.code}}}}}"}),
            *find_mentions({self.file: f"{{{{{self.code}}}}}"}, lookups=True),
        )
        return tuple(Mention(m.template, self.line + m.line - 1, m.function) for m in found)


@dataclass(frozen=True)
class _Block:
    word: str
    code: str
    dot: str | None
    """The path below ``.Values`` that the dot stands for inside; None where that is not known."""


@lru_cache(maxsize=2048)
def actions_of(file: str, text: str) -> tuple[Action, ...]:
    """The actions of one template, in order; comments left out."""
    blocks: list[_Block] = []
    bound: dict[str, str] = {}
    found = []
    for match in _ACTION.finditer(text):
        code = match["code"]
        if code.startswith("/*"):
            continue
        word = code.split(None, 1)[0].strip("(") if code else ""
        if word == "end":
            blocks = blocks[:-1]
            continue
        dot = blocks[-1].dot if blocks else _NO_DOT
        if word == "else" and blocks:
            last = blocks[-1]
            blocks[-1] = _Block(last.word, f"{last.code}\n{code}", _outer_dot(blocks, last.word))
        if assigned := _ASSIGNED.match(code):
            path = _only_path(assigned[2], dot, bound)
            if path is not None:
                bound[assigned[1]] = path
        around = tuple(block.code for block in blocks if block.word in ("if", "with"))
        scope = next((block.code for block in reversed(blocks) if block.word == "define"), "")
        values = tuple(dict.fromkeys(path for part in (code, *reversed(around)) for path in _paths(part, dot, bound)))
        line = text.count("\n", 0, match.start("code")) + 1
        found.append(Action(file, line, scope, code, around, values))
        if word in ("if", "with", "range", "define", "block"):
            blocks.append(_opened(word, code, dot, bound))
    return tuple(found)


def _outer_dot(blocks: Sequence[_Block], word: str) -> str | None:
    """In the other branch of a ``with`` the dot is that of outside."""
    return (blocks[-2].dot if len(blocks) > 1 else _NO_DOT) if word == "with" else blocks[-1].dot


def _opened(word: str, code: str, dot: str | None, bound: dict[str, str]) -> _Block:
    rest = code[len(word) :].strip()
    if word in ("define", "block"):
        name = _STRING.match(rest)
        return _Block("define", name[1] if name else rest, _NO_DOT)
    if word == "with":
        assigned = _ASSIGNED.match(rest)
        return _Block(word, code, _only_path(assigned[2] if assigned else rest, dot, bound))
    return _Block(word, code, dot if word == "if" else _NO_DOT)


def _only_path(code: str, dot: str | None, bound: Mapping[str, str]) -> str | None:
    """The path that an expression is, with an empty default or none; None for anything more."""
    bare = re.sub(r"\|\s*default\s+(?:\(?dict\)?|\"\")\s*$", "", code).strip().strip("()").strip()
    if " " in bare or "|" in bare:
        return None
    return next(iter(_paths(bare, dot, bound)), None)


def _paths(code: str, dot: str | None, bound: Mapping[str, str]) -> Iterator[str]:
    for indexed in _INDEXED.finditer(code):
        yield ".".join((*indexed[1].split(".")[1:], *_STRING.findall(indexed[2])))
    bare = _STRING.sub(lambda match: " " * len(match[0]), code)
    for values in _VALUES.finditer(bare):
        yield values[1].removeprefix(".")
    for variable in _VARIABLE.finditer(bare):
        if variable[1] in bound:
            yield f"{bound[variable[1]]}{variable[2]}"
    if dot is not None:
        for below in _BELOW_DOT.finditer(bare):
            if below[1].split(".")[0] not in _OF_HELM:
                yield f"{dot}.{below[1]}"
        if re.search(r"(?:^|\s)\.(?:\s|$)", bare):
            yield dot


def texts_in(code: str) -> tuple[str, ...]:
    """The string literals of an action."""
    return tuple(_STRING.findall(code))


class Book:
    """All actions of a chart, and which lead to which: through ``include``, through variables."""

    def __init__(self, templates: Mapping[str, str]) -> None:
        self._bodies: dict[str, list[Action]] = {}
        self._defined: dict[str, list[Action]] = {}
        self._assigned: dict[tuple[str, str, str], list[Action]] = {}
        for file, text in templates.items():
            for action in actions_of(file, text):
                if action.scope:
                    self._defined.setdefault(action.scope, []).append(action)
                else:
                    self._bodies.setdefault(file, []).append(action)
                if assigned := _ASSIGNED.match(re.sub(r"^(?:with|if|range|else if)\s+", "", action.code)):
                    self._assigned.setdefault((file, action.scope, assigned[1]), []).append(action)

    def body(self, file: str) -> tuple[Action, ...]:
        """The actions of a file outside of its ``define`` blocks."""
        return tuple(self._bodies.get(file, ()))

    def reached(self, start: Iterable[Action]) -> tuple[Action, ...]:
        """The actions and all that they lead to, in the order in which they are met."""
        found: dict[Action, None] = {}
        waiting = list(start)
        while waiting:
            action = waiting.pop(0)
            if action not in found:
                found[action] = None
                waiting += self._next(action)
        return tuple(found)

    def leading(self, actions: Sequence[Action]) -> tuple[Action, ...]:
        """Those of ``actions`` that draw or ask something, or lead to one that does; in their order."""
        after = {action: set(self._next(action)) for action in actions}
        found = {action for action in actions if action.mentions()}
        while more := {action for action in actions if action not in found and after[action] & found}:
            found |= more
        return tuple(action for action in actions if action in found)

    def assigning(self, action: Action) -> Iterator[Action]:
        """The actions that assign the variables that an action, or a condition around it, names."""
        for name, _ in _VARIABLE.findall(action.said):
            yield from self._assigned.get((action.file, action.scope, name), ())

    def _next(self, action: Action) -> Iterator[Action]:
        for name in _INCLUDE.findall(action.said):
            yield from self._defined.get(name, ())
        if "BasePath" in action.code:
            folder = action.file[: action.file.index("templates/") + len("templates")]
            for path in _OWN_FILE.findall(action.code):
                yield from self._bodies.get(posixpath.normpath(f"{folder}{path}"), ())
        yield from self.assigning(action)


def includes_file(action: Action) -> bool:
    """Whether the action takes the text of another template of its chart, as a checksum over it does."""
    return "BasePath" in action.code
