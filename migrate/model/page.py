"""What the page of a report shows: the verdicts with all that stands around them, gathered for a person to read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, urlsplit

from migrate.model.finding import Finding, SourceLocation
from migrate.model.graph import ReleaseGraph
from migrate.model.plan import Plan
from migrate.model.report import Report
from migrate.model.tree_diff import ObjectChange

Changes = Mapping[tuple[str, str], tuple[ObjectChange, ...]]
"""(environment, release id) → the objects that the two sides apply otherwise, secrets masked."""


@dataclass(frozen=True)
class LedgerLine:
    """What became of one key of one release, over the environments where it is the same."""

    release: str
    environments: tuple[str, ...]
    key: str
    carried: bool
    target: str
    """Where it went, or why it was dropped."""
    advice: str = ""
    source: SourceLocation | None = None


@dataclass(frozen=True)
class ChecklistRow:
    """How far one layer is: step → ``yes``, ``no`` or what else the checklist says."""

    layer: str
    releases: int
    steps: Mapping[str, str]


@dataclass(frozen=True)
class Drawings:
    """SVG texts, each with names of its own; empty where there is nothing, or too much, to draw."""

    overview: str = ""
    """A box a layer."""
    whole: str = ""
    layers: Mapping[str, str] = field(default_factory=dict)
    """Layer → its releases, and what they need or are needed by."""


@dataclass(frozen=True)
class SourceLinks:
    """Where the lines of the estate can be read."""

    template: str = ""
    """An address with ``{file}`` and ``{line}``; empty: lines are told and lead nowhere."""

    def address(self, place: SourceLocation) -> str:
        """The address of a line; empty where nobody knows it."""
        return self.template.replace("{line}", str(place.line)).replace("{file}", quote(place.file, errors="replace"))


_HOSTS = {
    "github": "blob/{revision}/{{file}}#L{{line}}",
    "gitlab": "-/blob/{revision}/{{file}}#L{{line}}",
    "bitbucket": "src/{revision}/{{file}}#lines-{{line}}",
    "codeberg": "src/branch/{revision}/{{file}}#L{{line}}",
    "gitea": "src/branch/{revision}/{{file}}#L{{line}}",
}
"""What the host's name holds → how it shows a line of a file."""
_SHORT = re.compile(r"(?:ssh://)?git@(?P<host>[^:/]+)(?::[0-9]+/|[:/])(?P<path>.+)")


def links_into(repository: str, revision: str) -> SourceLinks:
    """The links that a repository's address gives, without any credentials in it; none for a host of unknown kind."""
    short = _SHORT.fullmatch(repository)
    parts = urlsplit(f"https://{short['host']}/{short['path']}" if short else repository)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return SourceLinks()
    shape = next((shape for name, shape in _HOSTS.items() if name in parts.hostname), "")
    if not shape:
        return SourceLinks()
    host = parts.hostname if parts.port is None else f"{parts.hostname}:{parts.port}"
    path = parts.path.rstrip("/").removesuffix(".git")
    return SourceLinks(f"{parts.scheme}://{host}{path}/{shape.format(revision=quote(revision))}")


@dataclass(frozen=True)
class ReportPage:
    """Everything on the page, in the order of the estate."""

    environments: tuple[str, ...]
    report: Report
    plan: Plan
    graph: ReleaseGraph
    findings: tuple[Finding, ...] = ()
    changes: Changes = field(default_factory=dict)
    ledger: tuple[LedgerLine, ...] = ()
    checklist: tuple[ChecklistRow, ...] = ()
    drawings: Drawings = field(default_factory=Drawings)
    links: SourceLinks = field(default_factory=SourceLinks)
