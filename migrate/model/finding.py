"""Findings: what is wrong or worth knowing in a person's estate, plan or tree, with the place and what to do."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How much a finding weighs: an error makes a command exit 1."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, order=True)
class SourceLocation:
    """A line of a file; ``file`` is relative to the estate's root (or the tree's), lines count from 1."""

    file: str
    line: int = 1
    generated: bool = False
    """True where a loop or template wrote the text, so that the line is the template's, not the release's own."""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True)
class Finding:
    """One fact for a person: a stable ``code`` (e.g. ``HF012``), what is wrong, where, and what to do."""

    code: str
    severity: Severity
    message: str
    hint: str = ""
    source: SourceLocation | None = None
    release: str = ""
    """The release id it is about, empty if none."""
    environment: str = ""


def sort_findings(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """Findings by place, then code, then text, each once: the order in which they are shown."""
    return tuple(
        sorted(
            dict.fromkeys(findings),
            key=lambda f: (
                f.source or SourceLocation("~", 0),
                f.code,
                f.release,
                f.environment,
                f.message,
            ),
        )
    )
