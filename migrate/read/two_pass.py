"""State files as helmfile 0 reads them: every part rendered twice, YAML 1.1, laxer policy (rule 17.1).

``state`` asks for the values that the second pass sees; ``read_estate`` asks which helmfile an estate was written for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from migrate.doors.estate_files import EstateFiles, FileFaultError, OutsideError, absolute
from migrate.doors.template_functions import Fields
from migrate.doors.yaml import YamlError, YamlNode, compose_yaml
from migrate.errors import EstateError
from migrate.model.finding import SourceLocation
from migrate.read.environment import StateValues, apply_environment, state_data
from migrate.read.merge import complete_section
from migrate.read.parts import Part, split_parts
from migrate.read.schema import FIRST_PASS_STATE, Section, decode
from migrate.read.session import Session

_KEY = re.compile(r"([A-Za-z]+):")
_LISTED = re.compile(r"""\s*-\s+(?:path:\s*)?["']?([^"'{}#\s]+)["']?\s*(?:#.*)?""")
_READS_VALUES = re.compile(r"\{\{[^}]*\.(?:Values|StateValues|Environment\.Values)\b")
# What a release renders itself in every version, so that a template there betrays nothing (rule 6.5).
_LATE = (
    *("name", "chart", "namespace", "version", "labels", "needs", "postRendererArgs", "values", "secrets", "hooks"),
    *("waitTemplate", "installedTemplate", "conditionTemplate", "verifyTemplate", "valuesTemplate", "setTemplate"),
    *("set", "setString"),
)
_COMMENT = re.compile(r"(?m)^[ \t]*#.*$")
# Only a release's own fields, rendered late, may say this unescaped; helmfile 0 would fail on it.
_READS_RELEASE = re.compile(r"(?<![`\"])\{\{[^`}\"]*\.Release\b")


# --- the first pass


def first_pass(
    session: Session, path: str, part: Part, env: StateValues, passed: dict[str, Any], base: str
) -> StateValues:
    """The values that the second pass of a part sees: those so far, and what the part's own environment gives.

    ``env`` comes from the parts before, ``passed`` lies over it. Faults are tolerated: the second pass tells them.
    """
    text = part.text
    if "{{" in text:
        data = state_data(env.with_values(passed), session.request.namespace)
        rendered = session.templates.render_first_pass(
            text, name=path, base=base, data=Fields(**{**data.as_dict(), "Values": {}, "StateValues": {}})
        )
        text = "" if rendered is None else rendered.replace("<no value>", "")
    told = len(session.findings)
    try:
        found = _prestate_values(session, path, text, env, base)
    except (EstateError, YamlError):
        found = None
    del session.findings[told:]
    return (found or env).with_values(passed)


def _prestate_values(session: Session, path: str, text: str, env: StateValues, base: str) -> StateValues | None:
    place = session.place(path)
    merged = Section(place)
    for document in compose_yaml(text):
        merged = complete_section(merged, decode(document, FIRST_PASS_STATE, lambda _: place))
    if merged.get("bases"):
        return None
    return apply_environment(session, merged, env, base)


# --- which helmfile


def betrays_legacy(files: EstateFiles, paths: tuple[str, ...]) -> tuple[SourceLocation, str] | None:
    """Where and how the state files show that they were written for helmfile 0; None where nothing does."""
    for path, text in _state_texts(files, paths):
        found = _betrayal(path, text)
        if found is not None:
            line, reason = found
            return SourceLocation(files.shown(path), line), reason
    return None


def _state_texts(files: EstateFiles, paths: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """The state files and what they list below ``bases`` and ``helmfiles``, as far as plain text shows."""
    pending, seen = list(paths), set(paths)
    while pending:
        path = pending.pop(0)
        if not files.is_file(path) or not files.allows(path):
            continue
        try:
            text = files.read(path).replace("\r\n", "\n")
        except (FileFaultError, OutsideError):  # whoever reads it for good says what is wrong
            continue
        yield path, text
        for name in _listed(text):
            for found in files.glob(absolute(name, path.rpartition("/")[0])):
                if found not in seen:
                    seen.add(found)
                    pending.append(found)


def _listed(text: str) -> Iterator[str]:
    section = ""
    for line in text.split("\n"):
        if match := _KEY.match(line):
            section = match[1]
        elif section in ("bases", "helmfiles") and (listed := _LISTED.fullmatch(line)):
            yield listed[1]


def _betrayal(path: str, text: str) -> tuple[int, str] | None:
    reads_release = _READS_RELEASE.search(_COMMENT.sub("", text))
    for part in split_parts(text):
        lines = part.text.split("\n")
        keys = {match[1]: number for number, line in enumerate(lines, 1) if (match := _KEY.match(line))}
        if "environments" in keys and "releases" in keys and _READS_VALUES.search(part.text):
            at = _line_of(part, _READS_VALUES)
            return at, "a template reads the values of an environment that stands in the same part"
        for name in ("context", "charts"):
            if name in keys:
                return part.offset + keys[name], f"`{name}` is a key that helmfile 0 knew"
        if "{{" in part.text and not path.endswith(".gotmpl") and not reads_release:
            found = _plain_betrayal(part)
            if found:
                return found
    return None


def _plain_betrayal(part: Part) -> tuple[int, str] | None:
    """A template in a file without ``.gotmpl``, where helmfile 1 would not render it."""
    reason = "a template in a file that does not end in .gotmpl"
    uncommented = _COMMENT.sub("", part.text)
    escaped = re.search(r"\{\{-?\s*`", uncommented)
    if escaped:
        return part.offset + uncommented.count("\n", 0, escaped.start()) + 1, f"{reason} is escaped as for two renders"
    try:
        documents = compose_yaml(part.text)
    except YamlError:
        action = re.search(r"\{\{", uncommented)
        return (part.offset + uncommented.count("\n", 0, action.start()) + 1, reason) if action else None
    for document in documents:
        for key, value, _ in document.entries():
            line = _rendered_line(value, releases=key.value in ("releases", "templates", "commonLabels"))
            if "{{" in str(key.value) or line:
                return part.offset + (line or key.line), reason
    return None


def _rendered_line(node: YamlNode, *, releases: bool) -> int:
    """The line of the first template action that only helmfile 0 renders; 0 for none."""
    if node.kind == "scalar":
        return node.line if "{{" in str(node.value) and not releases else 0
    if node.kind == "sequence":
        return next(filter(None, (_rendered_line(item, releases=releases) for item in node.value)), 0)
    for key, value, _ in node.entries():
        if releases and key.value in _LATE:
            continue
        if key.kind != "scalar" or "{{" in str(key.value):
            return key.line
        if line := _rendered_line(value, releases=releases and value.kind != "scalar"):
            return line
    return 0


def _line_of(part: Part, pattern: re.Pattern[str]) -> int:
    match = pattern.search(part.text)
    return part.offset + (part.text.count("\n", 0, match.start()) if match else 0) + 1
