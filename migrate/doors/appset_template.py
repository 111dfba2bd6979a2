"""The door to Go templates as the ApplicationSet controller runs them.

It knows the controller's functions (Sprig without the three that look outside, plus its own five) and how a text map
differs from a free mapping. ``expand`` is its only user; it opens no file and sees no environment.
"""

from __future__ import annotations

import functools
import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import gotpl
from gotpl.funcs.sprig import generic_func_map
from gotpl.runtime.gofmt import sprintf
from gotpl.runtime.values import INVALID, UNTYPED_NIL

from migrate.doors.appset_yaml import encode
from migrate.doors.helm import HelmError, parse_values
from migrate.doors.template_budget import BUDGET, Allowance, charged, with_builtins

_POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
_MISSING_KEY_MODES = {"default": "default", "invalid": "default", "zero": "zero", "error": "error"}


class AppsetTemplateError(Exception):
    """A template that does not parse or does not run; the message is for a person."""


class TextMap(gotpl.TypedMap[str, str]):
    """A mapping of text to text in the controller: functions that want a free mapping fail on it (rule 1.17)."""


def text_map(entries: Mapping[str, str]) -> TextMap:
    """The entries as a text map."""
    return TextMap(dict(entries), "", "string", "string")


class TextList(list[str]):
    """A list that the controller holds as a list of text: a leaf for selectors (rule 1.36)."""


class AppsetTemplates:
    """Renders texts with one set of ``goTemplateOptions``; each text is compiled once."""

    def __init__(self, options: Sequence[str] = ()) -> None:
        """Raises AppsetTemplateError for an option that Go does not know (rule 2.4)."""
        mode = "default"
        for option in options:
            key, _, word = option.partition("=")
            if key != "missingkey" or word not in _MISSING_KEY_MODES:
                raise AppsetTemplateError(f"goTemplateOptions: unrecognized option {option!r}")
            mode = _MISSING_KEY_MODES[word]
        self._mode = mode
        self._allowance = Allowance()

    def render(self, text: str, params: Mapping[str, Any]) -> str:
        """The text with ``params`` as its dot.

        Raises:
            AppsetTemplateError: it does not parse, or a key or function fails.
        """
        if "{{" not in text:
            return text
        try:
            with self._allowance.render():
                return _compiled(text, self._mode).render(params)
        except gotpl.TemplateSyntaxError as error:
            raise AppsetTemplateError(f"failed to parse template {text}: {error}") from error
        except (gotpl.TemplateError, RecursionError, MemoryError) as error:
            raise AppsetTemplateError(f"failed to execute go template {text}: {error}") from error


@functools.lru_cache(maxsize=4096)
def _compiled(text: str, mode: str) -> gotpl.Template:
    return _environment(mode).from_string(text, name="base")


@functools.lru_cache(maxsize=4)
def _environment(mode: Any) -> gotpl.Environment:
    functions = _functions()
    if mode != "error":
        functions = {name: _with_missing_value(function) for name, function in functions.items()}
    functions = charged(with_builtins(functions))
    return gotpl.Environment(functions=functions, missing_key=mode, budget=BUDGET)


def _with_missing_value(function: Callable[..., object]) -> Callable[..., object]:
    """Go hands a missing key down a pipe as nil; the engine hands down nothing."""
    required = [
        parameter
        for parameter in inspect.signature(function).parameters.values()
        if parameter.default is parameter.empty and parameter.kind in _POSITIONAL
    ]

    def called(*arguments: object) -> object:
        known = [None if argument is INVALID else argument for argument in arguments]
        return function(*known, None) if len(known) == len(required) - 1 else function(*known)

    return called


def _functions() -> dict[str, Callable[..., object]]:
    """Sprig's generic functions without the three that look outside, with the controller's own (rule 2.2)."""
    functions = dict(generic_func_map())
    for name in ("env", "expandenv", "getHostByName"):
        functions.pop(name, None)
    for name in ("get", "set", "unset", "hasKey", "pluck", "keys", "values", "pick", "omit"):
        functions[name] = _on_free_mappings(functions[name])
    for name in ("toJson", "toRawJson", "toPrettyJson", "mustToJson", "mustToRawJson", "mustToPrettyJson"):
        functions[name] = _on_plain_data(functions[name])
    functions.update(
        printf=_printf,
        toString=_to_string(functions["toString"]),
        typeOf=_type_of,
        normalize=normalize,
        slugify=slugify,
        toYaml=to_yaml,
        fromYaml=_from_yaml,
        fromYamlArray=_from_yaml_array,
    )
    return functions


def _printf(template: str, *arguments: object) -> str:
    """``printf`` as Go has it: a nil among the arguments prints as ``<nil>``."""
    return sprintf(template, *(UNTYPED_NIL if argument is None else argument for argument in arguments))


def _to_string(function: Callable[..., object]) -> Callable[[object], object]:
    return lambda value: "<nil>" if value is None else function(value)


def _type_of(value: object) -> str:
    return "[]string" if isinstance(value, TextList) else sprintf("%T", value)


def _on_free_mappings(function: Callable[..., object]) -> Callable[..., object]:
    """Go's type check that Python lacks: these functions take ``map[string]interface{}`` alone."""

    @functools.wraps(function)
    def checked(*arguments: object) -> object:
        if any(isinstance(argument, TextMap) for argument in arguments):
            raise TypeError("wrong type: expected map[string]interface {}; got map[string]string")
        return function(*arguments)

    return checked


def _on_plain_data(function: Callable[..., object]) -> Callable[..., object]:
    @functools.wraps(function)
    def plain(value: object) -> object:
        return function(plain_data(value))

    return plain


def plain_data(value: Any) -> Any:
    """A value without text maps and text lists: what JSON knows."""
    if isinstance(value, Mapping):
        return {key: plain_data(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain_data(item) for item in value]
    return value


def normalize(text: str) -> str:
    """A text as a DNS subdomain (rule 1.22): lowercase, other characters to dashes, at most 253, no loose ends."""
    return re.sub(r"[^-a-z0-9.]", "-", text.lower())[:253].strip("-.")


def slugify(*arguments: Any) -> str:
    """``slugify [size=50] [smart=true] text`` (rule 2.3): the blunt cut comes before dashes are joined."""
    text, options = str(arguments[-1]), arguments[:-1]
    if len(options) > 2:
        raise TypeError("slugify takes a size, a switch and a name")
    size = int(options[0]) if options else 50
    smart = bool(options[1]) if len(options) > 1 else True
    name = normalize(text) if smart else normalize(text)[:size]
    slug = re.sub(r"-+", "-", name.replace(".", "-")).strip("-")
    if not smart or size <= 0 or len(slug) <= size:
        return slug
    end = slug.rfind("-", 0, size + 1)
    return slug[:end] if end >= 0 else slug[:size]


def to_yaml(value: Any) -> str:
    """YAML as Go's ``sigs.k8s.io/yaml`` writes it, without the newline at the end."""
    return encode(plain_data(value))


def _from_yaml(text: str) -> object:
    try:
        return floats(parse_values(text))
    except HelmError as error:
        raise ValueError(str(error)) from error


def _from_yaml_array(text: str) -> object:
    try:
        return floats(parse_values("list:\n" + _indented(text)))["list"] or []
    except HelmError as error:
        raise ValueError(str(error)) from error


def _indented(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.split("\n"))


def floats(value: Any) -> Any:
    """Data with every number as Go's JSON decoder gives it: a float (rule 1.12)."""
    if isinstance(value, dict):
        return {key: floats(item) for key, item in value.items()}
    if isinstance(value, list):
        return [floats(item) for item in value]
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value
