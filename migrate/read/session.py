"""What one reading of an estate shares: the request, the doors, the findings so far.

The stages of reading pass it along; nothing in it outlives :func:`migrate.read.read_estate`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from migrate.doors.estate_files import EstateFiles, FileFaultError, OutsideError
from migrate.doors.secret_scan import sayable
from migrate.doors.template import HelmfileTemplates, TemplateFaultError
from migrate.doors.template_functions import TemplateNote, blocked
from migrate.doors.template_marks import RenderedText
from migrate.errors import EstateError
from migrate.model.charts import ChartSource
from migrate.model.estate import ReadRequest
from migrate.model.finding import Finding, Severity, SourceLocation


class NotAllowedError(EstateError):
    """A template needs what nobody allowed: a program, a variable, a file outside the estate."""


@dataclass
class Session:
    """One reading. ``reveal``: secrets appear with their real values where a person supplied them."""

    request: ReadRequest
    files: EstateFiles
    templates: HelmfileTemplates
    reveal: bool = False
    with_values: bool = True
    findings: list[Finding] = field(default_factory=list)
    declared: dict[str, list[str]] = field(default_factory=dict)
    """State file → the environments it declares, in order."""
    environment: str = ""
    chart_sources: list[ChartSource] = field(default_factory=list)
    """Charts that are neither in the estate nor mapped to a folder: what a repository or registry must give."""
    directory: str = ""
    """Where helmfile stands while it reads the current state file: `ref+file://` starts there (rule 1.5)."""
    legacy: bool = False
    """Whether the estate is read as helmfile 0 reads it (rule 17.1)."""
    stand_ins: dict[str, str] = field(default_factory=dict)
    """Text of a placeholder that templates may see → what it stands for."""
    opened: set[tuple[str, str]] = field(default_factory=set)
    """What references gave that could be looked up here: the text, and the file that refers to it (decision 25).
    With ``reveal`` also the texts of decrypted files."""

    def tell(
        self,
        code: str,
        severity: Severity,
        message: str,
        *,
        hint: str = "",
        source: SourceLocation | None = None,
        release: str = "",
    ) -> None:
        """Note a finding of the environment being read, without a secret that a template put into its words."""
        message = self.sayable(message)
        self.findings.append(Finding(code, severity, message, hint, source, release, self.environment))

    def sayable(self, message: str) -> str:
        """The message without any secret that this reading has seen."""
        return sayable(message, {text for text, _ in self.opened})

    def place(self, path: str, line: int = 1) -> SourceLocation:
        """A place as people see it."""
        return SourceLocation(self.files.shown(path), line)

    def read(self, path: str, *, source: SourceLocation | None = None) -> str:
        """A file's text.

        Raises:
            EstateError: it is not there, no text, or outside what may be read.
        """
        try:
            return self.files.read(path)
        except OutsideError as error:
            folder = path.rpartition("/")[0]
            hint = f"allow the folder: --allow-path {folder}"
            raise EstateError(str(error), hint=hint, source=source) from error
        except FileFaultError as error:
            raise EstateError(str(error), source=source or self.place(path)) from error

    def render(self, path: str, text: str, *, base: str, data: object, source: SourceLocation) -> str:
        """The text of the file at ``path`` rendered; ``source`` is where a fault outside any file is shown.

        Raises:
            EstateError: the template does not parse or execute.
        """
        before = len(self.templates.notes)
        try:
            rendered = self.templates.render(text, name=path, base=base, data=data)
        except TemplateFaultError as error:
            raise self.fault(error, source, before) from error
        for note in self._unanswered(before):
            if note.stand_in not in rendered:
                message, hint = blocked(note.kind, note.text)
                raise NotAllowedError(message, hint=hint, source=self._place_of(note, source))
            self._tell_unanswered(note, source)
        return rendered

    def render_located(self, path: str, text: str, *, base: str, data: object, offset: int) -> RenderedText:
        """As :meth:`render`, with line origins; ``offset`` lines of the file stand before ``text``.

        Raises:
            EstateError: the template does not parse or execute.
        """
        before, source = len(self.templates.notes), self.place(path, 1 + offset)
        try:
            rendered = self.templates.render_located(text, name=path, base=base, data=data)
        except TemplateFaultError as error:
            if error.file == path:
                error.line += offset
            raise self.fault(error, source, before) from error
        for note in self._unanswered(before):
            self._tell_unanswered(note, source, decides=note.stand_in not in rendered.text)
        return rendered

    def fault(self, error: TemplateFaultError, source: SourceLocation, before: int) -> EstateError:
        """A template's fault as the error that stops a reading; notes from ``before`` on belong to that render."""
        message = self.sayable(re.sub(r"^function '(\w+)' failed: ", r"\1: ", error.message))
        place = self.place(error.file, max(error.line, 1)) if error.file.startswith("/") else source
        unanswered = self._unanswered(before)
        if unanswered and not error.hint:
            what, hint = blocked(unanswered[-1].kind, unanswered[-1].text)
            message = f"{message}, with a placeholder there since {what}"
            return NotAllowedError(f"the template fails: {message}", hint=hint, source=place)
        kind = NotAllowedError if error.hint else EstateError
        return kind(f"the template fails: {message}", hint=error.hint or _template_hint(message), source=place)

    def line_of(self, file: str, text: str) -> int:
        """The first line of a file that holds the text; 1 where none does."""
        lines = self.read(file).split("\n")
        return next((number for number, line in enumerate(lines, 1) if text in line), 1)

    def _unanswered(self, before: int) -> list[TemplateNote]:
        return [note for note in self.templates.notes[before:] if note.stand_in]

    def _place_of(self, note: TemplateNote, source: SourceLocation) -> SourceLocation:
        if not note.file.startswith("/"):
            return source
        return self.place(note.file, self.line_of(note.file, note.text))

    def _tell_unanswered(self, note: TemplateNote, source: SourceLocation, *, decides: bool = False) -> None:
        message, hint = blocked(note.kind, note.text)
        if decides:
            message = f"{message}, and what it gives decides what follows: the reading may be wrong"
        else:
            message = f"{message}: a placeholder stands in"
        severity = Severity.ERROR if decides else Severity.WARNING
        place = self._place_of(note, source)
        found = Finding("HF026", severity, message, hint, place, environment=self.environment)
        if found not in self.findings:
            self.findings.append(found)


def _template_hint(message: str) -> str:
    if message.startswith("missing key"):
        return "give the key a value in every environment, or read it with `get` and a default"
    if "not defined" in message:
        return "helmfile knows no such function or template"
    return ""
