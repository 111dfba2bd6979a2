"""The door to Go templates as helmfile renders them: its functions, its strictness, its helper files (rules 5, 10).

Templates are somebody else's program: they start nothing, see no variable and read no file outside the
estate unless a person allowed it, and they run on a budget.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from io import StringIO

from gotpl import (
    BudgetExceededError,
    Environment,
    TemplateError,
    TemplateExecutionError,
    TemplateSyntaxError,
)
from gotpl.funcs.sprig.semver import semver_compare
from gotpl.runtime.engine import TemplateEngine

from migrate.doors.estate_files import EstateFiles
from migrate.doors.template_budget import BUDGET
from migrate.doors.template_functions import EMPTY_FUNCTIONS, BlockedError, HelmfileFunctions, TemplateNote, disabled
from migrate.doors.template_marks import RenderedText, marked, unmarked, without_marks

_MOST_ACTIONS = 50_000
"""More than the engine takes in a few seconds; people write some hundreds."""
_DO_LESS = "helmfile has no such limit: make the template do less, or write its result down as values"


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


def version_satisfies(constraint: str, version: str) -> bool:
    """Whether a version lies in a semantic-version constraint (``^1.2``, ``*``); False where either is none."""
    try:
        return bool(semver_compare(constraint or "*", version))
    except (ValueError, TemplateError):
        return False


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
        with_marks = marked(text) if "{{" in text else text
        if with_marks is text:
            rendered = self.render(text, name=name, base=base, data=data)
            known = "{{" not in text
            count = rendered.count("\n") + 1
            return RenderedText(rendered, tuple((i + 1 if known else 1, not known) for i in range(count)))
        return unmarked(self.render(with_marks, name=name, base=base, data=data))

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
            functions = HelmfileFunctions(self, base).by_name()
            if first_pass:
                functions |= EMPTY_FUNCTIONS
            if self.disabled:
                functions |= dict.fromkeys((*EMPTY_FUNCTIONS,), disabled)
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
        if isinstance(cause, (BlockedError, TemplateFaultError)):
            hint = cause.hint
        if isinstance(cause, TemplateExecutionError) and cause.line and cause.source_name:
            innermost = cause
        cause = cause.__cause__
    place = innermost if innermost.source_name not in (None, "dynamic") else error
    message = without_marks(str(innermost.message))
    return TemplateFaultError(message, file=place.source_name or name, line=place.line or 0, hint=hint)
