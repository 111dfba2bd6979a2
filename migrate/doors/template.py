"""The door to Go templates as helmfile renders them: its functions, its strictness, its helper files (rules 5, 10).

Templates are somebody else's program: they start nothing, see no variable and read no file outside the
estate unless a person allowed it, and they run on a budget.
"""

from __future__ import annotations

import copy
import functools
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from io import StringIO
from typing import Any

from gotpl import (
    BudgetExceededError,
    ContextFunction,
    Environment,
    RenderContext,
    TemplateError,
    TemplateExecutionError,
    TemplateSyntaxError,
)
from gotpl.funcs.sprig import text_func_map
from gotpl.funcs.sprig.semver import semver_compare
from gotpl.parse.lexer import lex
from gotpl.parse.tokens import Token, TokenKind
from gotpl.runtime.engine import TemplateEngine
from gotpl.runtime.values import UNTYPED_NIL

from migrate.doors import go_yaml
from migrate.doors.estate_files import EstateFiles, FileFaultError, OutsideError, absolute
from migrate.doors.programs import ProgramNotStartedError, ProgramTimeoutError, run_program
from migrate.doors.template_budget import BUDGET, charged, with_builtins
from migrate.doors.yaml import YamlError, compose_yaml, plain_value

# What gives something else each time: allowed, and told.
_UNSTABLE = re.compile(
    r"now|ago|uuidv4|rand\w+|shuffle|gen(?:CA|PrivateKey|SelfSignedCert|SignedCert)(?:WithKey)?|htpasswd|bcrypt"
    r"|encryptAES\Z"
)
_MOST_ACTIONS = 50_000
"""More than the engine takes in a few seconds; people write some hundreds."""
_EXEC_SECONDS = 120
_DO_LESS = "helmfile has no such limit: make the template do less, or write its result down as values"
_MARK = re.compile("\ue000([0-9]+)(r?)\ue001")


class TemplateFaultError(Exception):
    """A template that cannot be parsed or executed.

    ``file`` is the absolute path or name of the text that failed, ``line`` counts from 1 inside it; ``hint``
    says what to do where the cause is a refused function.
    """

    def __init__(self, message: str, *, file: str = "", line: int = 0, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.file = file
        self.line = line
        self.hint = hint


class _BlockedError(Exception):
    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


def blocked(kind: str, name: str) -> tuple[str, str]:
    """What a template wants that nobody allowed (the kind of a note), and how to allow it."""
    if kind == "program":
        return f"the template wants to run `{name}`", "allow it, if you trust it: --allow-exec"
    return f"required env var `{name}` is not set", f"give it on the command line: --set-env {name}=VALUE"


class Fields:
    """A Go struct: fields are looked up by name, and an unknown one is an error (rule 5.5)."""

    def __init__(self, **fields: Any) -> None:
        self._fields = fields

    def __gotemplate_lookup__(self, name: str) -> Any:
        """The field's value, or KeyError."""
        return self._fields[name]

    def as_dict(self) -> dict[str, Any]:
        """The fields as a mapping."""
        return self._fields


def version_satisfies(constraint: str, version: str) -> bool:
    """Whether a version lies in a semantic-version constraint (``^1.2``, ``*``); False where either is none."""
    try:
        return bool(semver_compare(constraint or "*", version))
    except (ValueError, TemplateError):
        return False


@dataclass(frozen=True)
class RenderedText:
    """A rendered text; ``lines[i]`` is ``(source line, generated)`` of output line ``i``."""

    text: str
    lines: tuple[tuple[int, bool], ...]


@dataclass(frozen=True)
class TemplateNote:
    """Something a person should know of a render: a refused or unstable function, or a secret left open."""

    kind: str
    """``unstable``, ``variable`` (not given), ``file`` (a text taken by ``readFile``), or what got a placeholder:
    ``program`` (not allowed) and ``required`` (a variable not given)."""
    text: str
    file: str
    stand_in: str = ""


@dataclass
class HelmfileTemplates:
    """Renders helmfile's templates over ``files``; compiled templates are kept, renders are not."""

    files: EstateFiles
    set_env: Mapping[str, str] = field(default_factory=dict)
    allow_exec: bool = False
    expand: Callable[[object, str], object] = lambda value, file: value
    """What ``fetchSecretValue`` and ``expandSecretRefs`` give for a value in a file."""
    stand_in: Callable[[str], str] | None = None
    """The placeholder for what a program would print or a required variable hold; None: asking is an error."""
    disabled: bool = False
    """Whether exec and the functions that read files are errors (rule 10.11)."""
    notes: list[TemplateNote] = field(default_factory=list)
    _engines: dict[tuple[str, str, str], TemplateEngine] = field(default_factory=dict)
    _environments: dict[tuple[str, bool], tuple[Environment, dict[str, str]]] = field(default_factory=dict)

    def begin(self, expand: Callable[[object, str], object], stand_in: Callable[[str], str] | None) -> None:
        """Begin another environment of the same estate: no notes yet, and what was compiled is kept."""
        self.expand, self.stand_in, self.notes = expand, stand_in, []

    def render(self, text: str, *, name: str, base: str, data: object) -> str:
        """``text`` rendered with ``data`` as the dot; relative paths and ``_*.tpl`` helpers come from ``base``.

        Raises:
            TemplateFaultError: the text is no template, a key is missing, a function fails or is refused.
        """
        if "{{" not in text:
            return text
        _check_length(text, name)
        try:
            with self.files.allowance.render():
                return self._engine(text, name, base).render_template(name, data)
        except (TemplateError, RecursionError, MemoryError) as error:
            raise _fault(error, name) from error

    def render_located(self, text: str, *, name: str, base: str, data: object) -> RenderedText:
        """As :meth:`render`, and where each line of the result comes from.

        Raises:
            TemplateFaultError: as :meth:`render`.
        """
        _check_length(text, name)
        marked = _marked(text) if "{{" in text else text
        if marked is text:
            rendered = self.render(text, name=name, base=base, data=data)
            known = "{{" not in text
            count = rendered.count("\n") + 1
            return RenderedText(rendered, tuple((i + 1 if known else 1, not known) for i in range(count)))
        return _unmarked(self.render(marked, name=name, base=base, data=data))

    def render_first_pass(self, text: str, *, name: str, base: str, data: object) -> str | None:
        """``text`` as helmfile 0 renders it first (rule 17.1): missing keys are zero, nothing is run or read.

        Where the template fails, what it wrote before; None where it does not parse or does too much.
        """
        if text.count("{{") > _MOST_ACTIONS:
            return None
        environment, helpers = self._environment(base, first_pass=True)
        written = StringIO()
        try:
            engine = environment.from_sources({name: text, **helpers})
        except (TemplateError, RecursionError):
            return None
        try:
            with self.files.allowance.render():
                engine.template.render_template_to(name, written, data)
        except (BudgetExceededError, MemoryError):
            return None  # the second pass tells it
        except (TemplateError, RecursionError):
            pass
        return written.getvalue()

    def _engine(self, text: str, name: str, base: str) -> TemplateEngine:
        key = (text, name, base)
        if key not in self._engines:
            environment, helpers = self._environment(base)
            self._engines[key] = environment.from_sources({name: text, **helpers})
        return self._engines[key]

    def _environment(self, base: str, *, first_pass: bool = False) -> tuple[Environment, dict[str, str]]:
        key = (base, first_pass)
        if key not in self._environments:
            functions = _Functions(self, base).by_name()
            if first_pass:
                functions |= _EMPTY_FUNCTIONS
            if self.disabled:
                functions |= dict.fromkeys((*_EMPTY_FUNCTIONS,), _disabled)
            environment = Environment(functions=functions, missing_key="zero" if first_pass else "error", budget=BUDGET)
            helpers = {
                path: self.files.read(path) for path in self.files.glob(f"{base}/_*.tpl") if self.files.is_file(path)
            }
            self._environments[key] = (environment, helpers)
        return self._environments[key]


def _check_length(text: str, name: str) -> None:
    if text.count("{{") > _MOST_ACTIONS:
        raise TemplateFaultError(f"the template has more than {_MOST_ACTIONS} actions", file=name, hint=_DO_LESS)


def _fault(error: BaseException, name: str) -> TemplateFaultError:
    if isinstance(error, RecursionError):
        return TemplateFaultError("the template nests too deeply", file=name)
    if isinstance(error, MemoryError):
        return TemplateFaultError("the template does too much: it fills the memory", file=name, hint=_DO_LESS)
    if isinstance(error, TemplateSyntaxError):
        message = re.sub(r"^template:\d+:\d+: ", "", str(error))
        return TemplateFaultError(message, file=name, line=error.line)
    if isinstance(error, BudgetExceededError):
        message = f"the template does too much: {error.message}"
        return TemplateFaultError(message, file=name, line=error.line or 0, hint=_DO_LESS)
    if not isinstance(error, TemplateExecutionError):
        return TemplateFaultError(str(error), file=name)
    innermost, hint = error, ""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, (_BlockedError, TemplateFaultError)):
            hint = cause.hint
        if isinstance(cause, TemplateExecutionError) and cause.line and cause.source_name:
            innermost = cause
        cause = cause.__cause__
    place = innermost if innermost.source_name not in (None, "dynamic") else error
    message = _MARK.sub("", str(innermost.message))
    return TemplateFaultError(message, file=place.source_name or name, line=place.line or 0, hint=hint)


# --- where rendered lines come from


@lru_cache(maxsize=1024)
def _marked(text: str) -> str:
    """The template with an invisible mark before the first character of each line of literal text.

    Marks never touch white space (trimming works as before) nor text inside ``define`` (which may be
    captured and measured by a function). The same text is returned where it cannot be marked.
    """
    if "\ue000" in text:
        return text
    try:
        tokens = tuple(lex(text))
    except (TemplateError, ValueError):
        return text
    source = text.encode("utf-8")
    pieces: list[str] = []
    cursor = 0
    for start, end, line, looped in _literals(tokens):
        pieces.append(source[cursor:start].decode("utf-8"))
        pieces.append(_mark_text(source[start:end].decode("utf-8"), line, "r" if looped else ""))
        cursor = end
    pieces.append(source[cursor:].decode("utf-8"))
    return "".join(pieces)


def _mark_text(text: str, line: int, flag: str) -> str:
    lines = text.split("\n")
    for index, content in enumerate(lines):
        body = content.lstrip(" \t\r")
        if body:
            mark = f"\ue000{line + index}{flag}\ue001"
            lines[index] = content[: len(content) - len(body)] + mark + body
    return "\n".join(lines)


def _literals(tokens: tuple[Token, ...]) -> list[tuple[int, int, int, bool]]:
    """``(start, end, line, inside a loop)`` of the literal texts outside ``define`` and ``block``."""
    found: list[tuple[int, int, int, bool]] = []
    open_blocks: list[TokenKind] = []
    openers = (TokenKind.IF, TokenKind.RANGE, TokenKind.WITH, TokenKind.DEFINE, TokenKind.BLOCK)
    first_in_action = False
    for token in tokens:
        if token.kind is TokenKind.LEFT_DELIMITER:
            first_in_action = True
        elif token.kind is TokenKind.TEXT:
            if TokenKind.DEFINE not in open_blocks and TokenKind.BLOCK not in open_blocks:
                found.append((token.start, token.end, token.line, TokenKind.RANGE in open_blocks))
        elif token.kind is not TokenKind.SPACE and first_in_action:
            first_in_action = False
            if token.kind in openers:
                open_blocks.append(token.kind)
            elif token.kind is TokenKind.END and open_blocks:
                open_blocks.pop()
    return found


def _unmarked(rendered: str) -> RenderedText:
    lines: list[tuple[int, bool]] = []
    texts: list[str] = []
    last = 1
    for line in rendered.split("\n"):
        marks = _MARK.findall(line)
        if marks:
            last = int(marks[0][0])
            texts.append(_MARK.sub("", line))
            lines.append((last, bool(marks[0][1])))
        else:
            texts.append(line)
            lines.append((last, line.strip() != ""))
    return RenderedText("\n".join(texts), tuple(lines))


# --- helmfile's functions


class _Functions:
    """The functions of templates whose relative paths resolve against ``base``."""

    def __init__(self, door: HelmfileTemplates, base: str) -> None:
        self._door = door
        self._files = door.files
        self._base = base

    def by_name(self) -> dict[str, Callable[..., object]]:
        functions: dict[str, Callable[..., object]] = dict(text_func_map())
        functions["sprigGet"] = functions["get"]
        for name in [name for name in functions if _UNSTABLE.match(name)]:
            functions[name] = self._noted(name, functions[name])
        functions.update(
            get=get_value,
            getOrNil=lambda path, value: _get_or_nil(path, value),
            setValueAtPath=_set_value_at_path,
            toYaml=_to_yaml,
            fromYaml=_from_yaml,
            required=_required,
            env=ContextFunction(sync=self._env),
            expandenv=ContextFunction(sync=self._expandenv),
            requiredEnv=ContextFunction(sync=self._required_env),
            exec=ContextFunction(sync=lambda context, *arguments: self._exec(context, {}, *arguments)),
            envExec=ContextFunction(sync=self._exec),
            readFile=self._read_file,
            readDir=self._read_dir,
            readDirEntries=self._read_dir_entries,
            isFile=lambda path: self._files.is_file(self._path(path)),
            isDir=lambda path: self._files.is_dir(self._path(path)),
            include=ContextFunction(sync=_include),
            tpl=ContextFunction(sync=self._tpl),
            fetchSecretValue=ContextFunction(sync=self._secret),
            expandSecretRefs=ContextFunction(sync=self._expand_secrets),
            getHostByName=self._host,
        )
        return charged(with_builtins({name: _taking_nil(function) for name, function in functions.items()}))

    def _noted(self, name: str, function: Callable[..., object]) -> Callable[..., object]:
        def call(context: RenderContext, *arguments: object) -> object:
            self._door.notes.append(TemplateNote("unstable", name, context.source_name))
            return function(*arguments)

        return ContextFunction(sync=call)

    def _path(self, path: str) -> str:
        found = absolute(path, self._base)
        try:
            self._files.check(found)
        except OutsideError as error:
            raise _BlockedError(str(error), f"allow the folder: --allow-path {os.path.dirname(found)}") from error  # noqa: PTH120
        return found

    def _read_file(self, path: str) -> str:
        found = self._path(path)
        try:
            text = self._files.read(found)
        except FileFaultError as error:
            raise ValueError(str(error)) from error
        self._door.notes.append(TemplateNote("file", text, found))
        return text

    def _read_dir(self, path: str) -> list[object]:
        entries = self._files.listed(self._path(path))
        return [os.path.normpath(f"{path}/{name}") for name, is_folder in entries if not is_folder]

    def _read_dir_entries(self, path: str) -> list[object]:
        return [_DirEntry(name, is_folder) for name, is_folder in self._files.listed(self._path(path))]

    def _env(self, context: RenderContext, name: str) -> str:
        if name not in self._door.set_env:
            self._door.notes.append(TemplateNote("variable", name, str(context.source_name)))
        return self._door.set_env.get(name, "")

    def _expandenv(self, context: RenderContext, text: str) -> str:
        pattern = re.compile(r"\$(?:\{(\w+)\}|(\w+))")
        return pattern.sub(lambda match: self._env(context, match[1] or match[2]), text)

    def _required_env(self, context: RenderContext, name: str) -> str:
        if value := self._door.set_env.get(name):
            return value
        return self._unanswered(context, "required", name, f"env {name}")

    def _unanswered(self, context: RenderContext, kind: str, name: str, reference: str) -> str:
        if self._door.stand_in is None:
            raise _BlockedError(*blocked(kind, name))
        text = self._door.stand_in(reference)
        self._door.notes.append(TemplateNote(kind, name, str(context.source_name), text))
        return text

    def _exec(
        self, context: RenderContext, env: Mapping[str, object], command: str, args: list[object], *stdin: str
    ) -> str:
        if not self._door.allow_exec:
            return self._unanswered(context, "program", command, " ".join(["exec", command, *map(str, args)])[:80])
        if not all(isinstance(value, str) for value in (*args, *env.values())):
            raise ValueError("arguments and variables must be strings")
        variables = {"PATH": os.environ.get("PATH", ""), "HOME": os.environ.get("HOME", ""), **self._door.set_env}
        try:
            ended = run_program(
                [command, *map(str, args)],
                folder=self._base,
                environment={**variables, **{name: str(value) for name, value in env.items()}},
                seconds=_EXEC_SECONDS,
                given=stdin[0] if stdin else "",
            )
        except (ProgramNotStartedError, ProgramTimeoutError) as error:
            raise ValueError(f"`{command}` cannot be run: {error}") from error
        if ended.status:
            raise ValueError(f"`{command}` exited with status {ended.status}: {ended.errors.strip()}")
        return ended.output

    def _secret(self, context: RenderContext, reference: str) -> object:
        value = self._expand(context, reference)
        if not isinstance(value, str):
            raise TypeError(f"expected {value} to be a text")
        return value

    def _expand_secrets(self, context: RenderContext, values: object) -> object:
        if not isinstance(values, Mapping):
            raise TypeError("expandSecretRefs takes a mapping")
        return self._expand(context, copy.deepcopy(values))

    def _expand(self, context: RenderContext, value: object) -> object:
        name = str(context.source_name)
        return self._door.expand(value, name if name.startswith("/") else self._base)

    def _host(self, name: str) -> str:
        raise _BlockedError(f"the template wants to look up the host {name}", "put the address into the values")

    def _tpl(self, context: RenderContext, text: str, data: object) -> str:
        """Text sees the helper files, not the defines of its caller (rule 5.2)."""
        del context
        return self._door.render(text, name="dynamic", base=self._base, data=data)


class _DirEntry:
    """Go's os.DirEntry, as far as templates use it."""

    def __init__(self, name: str, is_folder: bool) -> None:
        self._name = name
        self._is_folder = is_folder

    def Name(self) -> str:  # noqa: N802 - Go's name
        return self._name

    def IsDir(self) -> bool:  # noqa: N802 - Go's name
        return self._is_folder


def _taking_nil(function: Callable[..., object]) -> Callable[..., object]:
    """The function with a literal ``nil`` among its arguments as None: Go hands over a plain nil there."""
    if isinstance(function, ContextFunction):
        return ContextFunction(sync=_taking_nil(function.sync)) if function.sync else function

    @functools.wraps(function)
    def call(*arguments: object) -> object:
        return function(*(None if argument is UNTYPED_NIL else argument for argument in arguments))

    return call


def _disabled(*_: object) -> object:
    raise _BlockedError(
        "exec and the functions that read files are disabled", "HELMFILE_DISABLE_INSECURE_FEATURES asks for it"
    )


# helmfile 0 runs and reads nothing in its first pass (rule 17.1).
_EMPTY_FUNCTIONS: dict[str, Callable[..., object]] = {
    "exec": lambda *_: "",
    "envExec": lambda *_: "",
    "readFile": lambda *_: "",
    "readDir": lambda *_: [],
    "readDirEntries": lambda *_: [],
}


def _include(context: RenderContext, name: str, data: object = None) -> str:
    return context.render_template(name, data)


def _required(message: str, value: object) -> object:
    if value is None or value == "":
        raise ValueError(message)
    return value


_ABSENT = object()


def _child(value: object, key: str) -> object:
    """One step of a dotted path; ``_ABSENT`` for a missing key, TypeError for what has no keys."""
    if isinstance(value, Fields):
        return value.as_dict().get(key, _ABSENT)
    if isinstance(value, Mapping):
        return value.get(key, _ABSENT)
    raise TypeError(f"unexpected type {type(value).__name__} at {key!r}: a mapping is needed")


def get_value(path: str, *arguments: object) -> object:
    """``get PATH [DEFAULT] OBJECT`` (rule 10.4): a default covers an absent key only.

    Raises:
        KeyError: a key is absent and there is no default.
        TypeError: something on the way is no mapping.
    """
    *default, value = arguments
    if path == "":
        return value
    for key in path.split("."):
        value = _child(value, key)
        if value is _ABSENT:
            if default:
                return default[0]
            raise KeyError(f"no value exists for key {key!r} of {path!r}")
    return value


def _get_or_nil(path: str, value: object) -> object:
    try:
        return get_value(path, None, value)
    except TypeError:
        return None


def _set_value_at_path(path: str, value: object, target: dict[str, object]) -> object:
    *way, last = path.split(".")
    current: Any = target
    for key in way:
        current = _child(current, key)
        if not isinstance(current, dict):
            raise TypeError(f"no mapping at {key!r} of {path!r}")
    current[last] = value
    return target


def _plain(value: object) -> object:
    """The data with structs as mappings, their fields in lower case."""
    if isinstance(value, Fields):
        return _plain({key.lower(): item for key, item in value.as_dict().items()})
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value


def _to_yaml(value: object) -> str:
    return go_yaml.encode(_plain(value))


def _from_yaml(text: str) -> object:
    try:
        documents = compose_yaml(text)
    except YamlError as error:
        raise ValueError(f"fromYaml: line {error.line}: {error}") from error
    return copy.deepcopy(plain_value(documents[0])) if documents else None
