"""Text substitution in templates: Go templates, or ``{{ key }}`` where ``goTemplate`` is off (rules 2.1 and 2.7)."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Protocol

from migrate.doors.appset_template import AppsetTemplateError, AppsetTemplates
from migrate.expand.errors import GenerationError


class Substitution(Protocol):
    """Renders one text with one parameter set."""

    go_template: bool

    def render(self, text: str, params: Mapping[str, Any]) -> str:
        """The text with its placeholders filled in.

        Raises:
            GenerationError: a placeholder cannot be filled.
        """


class GoSubstitution:
    """``goTemplate: true``."""

    go_template = True

    def __init__(self, options: tuple[str, ...]) -> None:
        try:
            self._templates = AppsetTemplates(options)
        except AppsetTemplateError as error:
            raise GenerationError(str(error)) from error

    def render(self, text: str, params: Mapping[str, Any]) -> str:
        """See :class:`Substitution`."""
        try:
            return self._templates.render(text, params)
        except AppsetTemplateError as error:
            raise GenerationError(str(error)) from error


class FlatSubstitution:
    """``goTemplate`` off: only parameters that are text fill in; a tag that names none of them stays as it is."""

    go_template = False

    def render(self, text: str, params: Mapping[str, Any]) -> str:
        """See :class:`Substitution`."""
        pieces: list[str] = []
        rest = text
        while True:
            before, opening, after = rest.partition("{{")
            tag, closing, following = after.partition("}}")
            pieces.append(before)
            if not opening:
                return "".join(pieces)
            if not closing:
                raise GenerationError(
                    f'invalid template: Cannot find end tag="}}}}" in the template="{text}" starting from "{after}"'
                )
            value = params.get(tag.strip())
            pieces.append(value if isinstance(value, str) and tag.strip() else "{{" + tag + "}}")
            rest = following


def substitute(value: Any, render: Callable[[str], str]) -> Any:
    """``value`` with every text and every mapping key rendered; null entries of mappings are dropped (rule 2.8)."""
    if isinstance(value, str):
        return render(value)
    if isinstance(value, dict):
        return {render(key): substitute(item, render) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [substitute(item, render) for item in value]
    return value


def go_text(value: Any) -> str:
    """A value as Go's ``%v`` prints it."""
    if value is None:
        return "<nil>"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return _go_number(float(value))
    if isinstance(value, Mapping):
        return "map[" + " ".join(f"{key}:{go_text(value[key])}" for key in sorted(value)) + "]"
    if isinstance(value, (list, tuple)):
        return "[" + " ".join(go_text(item) for item in value) + "]"
    return str(value)


def _go_number(number: float) -> str:
    """Shortest digits; an exponent from 1e+06 on and below 1e-04 (rule 1.12)."""
    if not math.isfinite(number):
        return {math.inf: "+Inf", -math.inf: "-Inf"}.get(number, "NaN")
    if number == 0:
        return "0"
    sign, digits, exponent = Decimal(repr(number)).normalize().as_tuple()
    shown = "".join(map(str, digits))
    point = len(shown) + int(exponent) - 1
    minus = "-" if sign else ""
    if -4 <= point < 6:
        return minus + format(Decimal(repr(abs(number))).normalize(), "f")
    mantissa = shown[0] + ("." + shown[1:] if len(shown) > 1 else "")
    return f"{minus}{mantissa}e{'-' if point < 0 else '+'}{abs(point):02d}"
