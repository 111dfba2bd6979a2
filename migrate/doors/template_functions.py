"""The functions that helmfile adds to Go's templates, and how each behaves there (rules 5 and 10).

``migrate.doors.template`` renders with them. What starts a program, reads a variable or a file goes through here, so
here it is refused, noted, or answered with a placeholder.
"""

from __future__ import annotations

import copy
import functools
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gotpl import ContextFunction, RenderContext
from gotpl.funcs.sprig import text_func_map
from gotpl.runtime.values import UNTYPED_NIL

from migrate.doors import go_yaml
from migrate.doors.estate_files import FileFaultError, OutsideError, absolute
from migrate.doors.programs import ProgramNotStartedError, ProgramTimeoutError, run_program
from migrate.doors.template_budget import charged, with_builtins
from migrate.doors.yaml import YamlError, compose_yaml, plain_value

if TYPE_CHECKING:
    from migrate.doors.template import HelmfileTemplates

# What gives something else each time: allowed, and told.
_UNSTABLE = re.compile(
    r"now|ago|uuidv4|rand\w+|shuffle|gen(?:CA|PrivateKey|SelfSignedCert|SignedCert)(?:WithKey)?|htpasswd|bcrypt"
    r"|encryptAES\Z"
)
_EXEC_SECONDS = 120


class BlockedError(Exception):
    """A function was refused; ``hint`` says how to allow it."""

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


@dataclass(frozen=True)
class TemplateNote:
    """Something a person should know of a render: a refused or unstable function, or a secret left open."""

    kind: str
    """``unstable``, ``variable`` (not given), ``file`` (a text taken by ``readFile``), or what got a placeholder:
    ``program`` (not allowed) and ``required`` (a variable not given)."""
    text: str
    file: str
    stand_in: str = ""


class HelmfileFunctions:
    """The functions of templates whose relative paths resolve against ``base``."""

    def __init__(self, door: HelmfileTemplates, base: str) -> None:
        self._door = door
        self._files = door.files
        self._base = base

    def by_name(self) -> dict[str, Callable[..., object]]:
        """All functions by the names that templates call, Sprig's among them; they count what they cost."""
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
            raise BlockedError(str(error), f"allow the folder: --allow-path {os.path.dirname(found)}") from error  # noqa: PTH120
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
            raise BlockedError(*blocked(kind, name))
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
        raise BlockedError(f"the template wants to look up the host {name}", "put the address into the values")

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


def disabled(*_: object) -> object:
    """What stands for a function that was switched off (rule 10.11)."""
    raise BlockedError(
        "exec and the functions that read files are disabled", "HELMFILE_DISABLE_INSECURE_FEATURES asks for it"
    )


EMPTY_FUNCTIONS: dict[str, Callable[..., object]] = {
    "exec": lambda *_: "",
    "envExec": lambda *_: "",
    "readFile": lambda *_: "",
    "readDir": lambda *_: [],
    "readDirEntries": lambda *_: [],
}
"""helmfile 0 runs and reads nothing in its first pass (rule 17.1)."""


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
