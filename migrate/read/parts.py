"""From the text of a state file to typed sections: policy, parts, rendering, strict decoding (rule 2).

The first step for each state file; ``state`` puts the parts together.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from migrate.doors.template_marks import RenderedText
from migrate.doors.yaml import YamlError, compose_yaml
from migrate.errors import EstateError
from migrate.model.finding import SourceLocation
from migrate.read.environment import StateValues, state_data
from migrate.read.merge import complete_section, merge_sections
from migrate.read.schema import LEGACY_STATE, STATE, Locate, Section, decode
from migrate.read.session import Session

_TOP_LEVEL_KEY = re.compile(r"([A-Za-z]+):")
_RANKS = {"bases": 0, "environments": 0, "releases": 1}


@dataclass(frozen=True)
class Part:
    """A chunk of a state file between ``---`` lines, with the number of file lines before it."""

    text: str
    offset: int


def split_parts(text: str) -> tuple[Part, ...]:
    """The parts of a state file (rule 2.2): only a bare ``---`` line between lines separates.

    >>> [part.offset for part in split_parts("a: 1\\n---\\nb: 2\\n")]
    [0, 2]
    """
    parts: list[Part] = []
    offset = 0
    for chunk in text.split("\n---\n"):
        parts.append(Part(chunk, offset))
        offset += chunk.count("\n") + 2
    return tuple(parts)


def check_policy(session: Session, path: str, text: str) -> None:
    """Refuse what helmfile refuses before it renders anything (rule 2.1).

    Raises:
        EstateError: no top-level key, an order of sections that cannot work, or sections that need a part each.
    """
    lines = text.split("\n")
    keys = [(match[1], number) for number, line in enumerate(lines, 1) if (match := _TOP_LEVEL_KEY.match(line))]
    if not keys:
        raise EstateError(
            "the state file has no top-level key",
            hint="put at least one section, e.g. `releases:`, into the file itself",
            source=session.place(path),
        )
    if session.legacy:
        return  # helmfile 0 only warns of the rest
    rank = -1
    for name, number in keys:
        if name in _RANKS and _RANKS[name] < rank:
            raise EstateError(
                f"`{name}` stands after `releases`",
                hint=f"move `{name}` above it, into a part of its own",
                source=session.place(path, number),
            )
        rank = max(rank, _RANKS.get(name, -1))
    _check_separator(session, path, lines, keys)


def _check_separator(session: Session, path: str, lines: list[str], keys: list[tuple[str, int]]) -> None:
    first: dict[str, int] = {}
    for name, number in keys:
        first.setdefault(name, number)
    if "environments" not in first or "releases" not in first:
        return
    low, high = sorted((first["environments"], first["releases"]))
    if not any(re.match(r"---\s*$", line) for line in lines[low : high - 1]):
        raise EstateError(
            "`environments` and `releases` stand in one part",
            hint="put a line `---` between them",
            source=session.place(path, high),
        )


def is_template(session: Session, path: str) -> bool:
    """Whether a state file is rendered before it is read (rules 2.3 and 17.1)."""
    return path.endswith(".gotmpl") or session.request.render_yaml or session.legacy


def read_part(session: Session, path: str, part: Part, env: StateValues, base: str) -> Section:
    """One part as one typed section; several documents in it are appended (rule 2.6).

    Raises:
        EstateError: a template, YAML or unknown-field fault, with the line in the file.
    """
    text, locate = part.text, _plain_locate(session, path, part)
    if is_template(session, path):
        text, locate = _rendered(session, path, part, env, base)
    merged: Section | None = None
    for section in _documents(session, path, text, locate):
        if merged is None:
            merged = section
        elif session.legacy:
            merged = complete_section(merged, section)
        else:
            merged = merge_sections(merged, section, append=True)
    return merged if merged is not None else Section(locate(1))


def _documents(session: Session, path: str, text: str, locate: Locate) -> Iterator[Section]:
    try:
        documents = compose_yaml(text)
    except YamlError as error:
        hint = ""
        if "{{" in text and not is_template(session, path):
            hint = f"if the file is a template, name it {path.rpartition('/')[2]}.gotmpl"
        place = locate(error.line or 1)
        raise EstateError(f"broken YAML: {error}", hint=hint, source=place) from error
    for document in documents:
        if session.legacy:
            yield _renamed(decode(document, LEGACY_STATE, locate))
        else:
            yield decode(document, STATE, locate)


def _renamed(section: Section) -> Section:
    """The section with helmfile 0's old names as their successors (rule 17.1).

    Raises:
        EstateError: both names of the releases are used.
    """
    if charts := section.pop("charts", None):
        if section.get("releases"):
            raise EstateError(
                "`charts` and `releases` stand in one file", hint="keep `releases`", source=section.at("charts")
            )
        section["releases"] = charts
        section.places["releases"] = section.at("charts")
    if context := section.pop("context", ""):
        defaults = section.setdefault("helmDefaults", Section(section.at("context")))
        if not defaults.get("kubeContext"):
            defaults["kubeContext"] = context
            defaults.places["kubeContext"] = section.at("context")
    return section


def _plain_locate(session: Session, path: str, part: Part) -> Locate:
    shown = session.files.shown(path)
    return lambda line: SourceLocation(shown, part.offset + line)


def _rendered(session: Session, path: str, part: Part, env: StateValues, base: str) -> tuple[str, Locate]:
    notes = session.templates.notes
    before = len(notes)
    rendered = session.render_located(
        path, part.text, base=base, data=state_data(env, session.request.namespace), offset=part.offset
    )
    included = {note.file: note.text for note in notes[before:] if note.kind == "file"}
    return rendered.text, _rendered_locate(session, path, part, rendered, included)


def _rendered_locate(
    session: Session, path: str, part: Part, rendered: RenderedText, included: dict[str, str]
) -> Locate:
    """Places of rendered lines: the file's own, or those of a file that ``readFile`` brought in unchanged."""
    shown = session.files.shown(path)
    places = [SourceLocation(shown, part.offset + line, made) for line, made in rendered.lines]
    for file, text in included.items():
        at = rendered.text.find(text.strip("\n"))
        if text.count("\n") < 2 or at < 0:
            continue
        first = rendered.text.count("\n", 0, at)
        skipped = len(text) - len(text.lstrip("\n"))
        name = session.files.shown(file)
        for index in range(text.strip("\n").count("\n") + 1):
            places[first + index] = SourceLocation(name, skipped + index + 1)
    return lambda line: places[min(line, len(places)) - 1]
