"""Where the version of a release's chart is written, and the one span of text to replace there."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from migrate.doors.yaml import YamlError, YamlNode, compose_yaml
from migrate.model.estate import Estate, Release
from migrate.model.finding import SourceLocation
from migrate.model.upgrade import ByHand, VersionLine

_VALUES = re.compile(r"\.(?:Values|StateValues|Environment\.Values)((?:\.[A-Za-z0-9_]+)+)")


ReadText = Callable[[str], str]


def version_lines(
    estate: Estate, releases: Iterable[Release], version: str, read: ReadText
) -> tuple[tuple[VersionLine, ...], tuple[ByHand, ...]]:
    """The lines to change so that these releases take ``version``, each once, and what cannot be told from the text.

    ``read`` gives the text of a root-relative file.
    """
    found: dict[tuple[str, int], VersionLine] = {}
    open_: dict[tuple[str, SourceLocation], ByHand] = {}
    for release in releases:
        if release.version == version:
            continue
        answer = _line_of(estate, release, version, read)
        if isinstance(answer, VersionLine):
            found[answer.file, answer.line] = answer
        else:
            open_[answer.release, answer.place] = answer
    return tuple(found[place] for place in sorted(found)), tuple(open_.values())


def _line_of(estate: Estate, release: Release, version: str, read: ReadText) -> VersionLine | ByHand:
    key = next((key for key in release.keys if key.name == "version"), None)
    if key is None:
        in_place = f"its chart is {release.chart_path} itself; put the new one there"
        newest = f"it states no version and takes the newest; add `version: {version}`"
        why = in_place if release.chart.startswith((".", "/")) else newest
        return ByHand(release.id, release.source, why)
    line = _line(read(key.source.file), key.source.line)
    edited = replaced(line, "version", release.version, version)
    if edited is not None:
        return VersionLine(key.source.file, key.source.line, line, edited)
    values = _VALUES.findall(line) if "{{" in line else []
    if len(values) != 1:
        return ByHand(release.id, key.source, f"the version is no plain text there: {line.strip()}")
    path = values[0].strip(".")
    return _line_of_value(estate, release, version, path, key.source, read)


def _line_of_value(
    estate: Estate, release: Release, version: str, path: str, place: SourceLocation, read: ReadText
) -> VersionLine | ByHand:
    """The one plain file that sets a value to the version that the release has."""
    candidates = list(_set_in(estate.files, tuple(path.split(".")), read))
    lines = []
    for file, number in candidates:
        line = _line(read(file), number)
        edited = replaced(line, path.rpartition(".")[2], release.version, version)
        if edited is not None:
            lines.append(VersionLine(file, number, line, edited))
    if len(lines) == 1:
        return lines[0]
    where = ", ".join(f"{file}:{number}" for file, number in candidates) or "no plain values file"
    more = "; with -e NAME one environment after the other" if len(lines) > 1 else ""
    return ByHand(release.id, place, f"the version comes from {path}, which is set in {where}{more}")


def _set_in(files: Sequence[str], path: tuple[str, ...], read: ReadText) -> Iterator[tuple[str, int]]:
    for file in files:
        if not file.endswith((".yaml", ".yml")) or file.startswith("/"):
            continue
        try:
            documents = compose_yaml(read(file))
        except YamlError:
            continue
        for document in documents:
            number = _number(document, path)
            if number:
                yield file, number


def _number(node: YamlNode, path: tuple[str, ...]) -> int:
    """The line of a scalar; 0 where there is none."""
    if node.kind != "mapping":
        return 0
    for key, child, _ in node.entries():
        if key.value == path[0]:
            return _number(child, path[1:]) if len(path) > 1 else child.line if child.kind == "scalar" else 0
    return 0


def _line(text: str, number: int) -> str:
    lines = text.split("\n")
    return lines[number - 1] if 0 < number <= len(lines) else ""


def replaced(line: str, key: str, old: str, new: str) -> str | None:
    """The line with the scalar of ``key`` replaced, quotes and all else kept; None where that is not certain.

    >>> replaced("    version: 1.2.0  # pinned", "version", "1.2.0", "1.3.0")
    '    version: 1.3.0  # pinned'
    """
    found = list(
        re.finditer(rf"(?<![\w.-])([\"']?){re.escape(key)}\1:\s+([\"']?)({re.escape(old)})\2(?=[\s,}}]|$)", line)
    )
    if len(found) != 1 or not old or "#" in line[: found[0].start()]:
        return None
    # Without quotes YAML takes 1.10 for the number 1.1.
    plain = new if found[0][2] or not re.fullmatch(r"\d+(\.\d+)?", new) else f'"{new}"'
    return line[: found[0].start(3)] + plain + line[found[0].end(3) :]


def edited_texts(lines: Iterable[VersionLine], read: ReadText) -> Mapping[str, str]:
    """File → its text with the lines replaced, every other byte as it was."""
    texts: dict[str, list[str]] = {}
    for line in lines:
        rows = texts.setdefault(line.file, read(line.file).split("\n"))
        rows[line.line - 1] = line.after
    return {file: "\n".join(rows) for file, rows in texts.items()}
