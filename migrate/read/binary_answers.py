"""What a real helmfile is asked, and its answers: rows of ``list``, documents of ``build``.

``binary`` makes releases of them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from migrate.doors.estate_files import absolute
from migrate.doors.helmfile_binary import HelmfileError, HelmfileProgram
from migrate.doors.yaml import YamlError, YamlNode, compose_yaml, plain_value
from migrate.errors import EstateError
from migrate.read.discover import layer_name
from migrate.read.schema import FIRST_PASS_STATE, Section, decode
from migrate.read.session import Session

_DOCUMENT = re.compile(r"(?m)^---\n#  Source: (.*)\n")


@dataclass(frozen=True)
class BuiltFile:
    """One document of ``build``: a state file with its resolved releases."""

    path: str
    single: bool
    """Whether helmfile stood in the file's folder (rule 1.5)."""
    spec: Section
    values: dict[str, Any]


def seen_variables(session: Session) -> dict[str, str]:
    """The variables that helmfile sees beside those of its home: what the request gives and what it switches on."""
    request = session.request
    named = {
        "HELMFILE_RENDER_YAML": request.render_yaml,
        "HELMFILE_EXPERIMENTAL": request.explicit_selectors,
        "HELMFILE_DISABLE_INSECURE_FEATURES": request.disable_insecure,
    }
    return {**{name: "true" for name, wanted in named.items() if wanted}, **request.set_env}


def global_arguments(session: Session, paths: Sequence[str]) -> list[str]:
    """The flags of every run; the folder itself where helmfile would scan one, so that it visits as it always does."""
    request = session.request
    file = paths[0] if len(paths) == 1 else absolute(paths[0] if paths else request.path).rpartition("/")[0]
    found = ["--quiet", "--sequential-helmfiles", "--skip-deps", "--allow-no-matching-release"]
    found += ["--file", file, "--environment", session.environment]
    for flag, value in (
        ("--namespace", request.namespace),
        ("--kube-context", request.kube_context),
        ("--chart", request.chart),
    ):
        found += [flag, value] if value else []
    for flag, values in (
        ("--state-values-file", [absolute(f) for f in request.state_values_files]),
        ("--state-values-set-string", request.state_values_set_string),
        ("--state-values-set", request.state_values_set),
    ):
        found += [text for value in values for text in (flag, value)]
    return found


def selected(session: Session, names: Iterable[str] = ()) -> list[str]:
    """The selectors of the request, each narrowed to one of ``names`` where there are any."""
    groups = list(session.request.selectors)
    named = [f"name={name}" for name in names]
    wanted = [f"{group},{name}" for group in groups for name in named] if groups and named else groups or named
    return [text for selector in wanted for text in ("--selector", selector)]


def _ask(program: HelmfileProgram, arguments: Sequence[str]) -> str:
    try:
        return program.answer(arguments)
    except HelmfileError as error:
        hint = "mend the place that it names; helm must be on PATH, and --set-env gives it variables"
        raise EstateError(f"helmfile refuses: {error}", hint=hint) from error


def listed_rows(program: HelmfileProgram, arguments: Sequence[str]) -> dict[tuple[str, str], list[bool]]:
    """(namespace, name) → ``enabled`` of each row."""
    text = _ask(program, [*arguments, "list", "--skip-charts", "--output", "json"]).strip()
    try:
        rows = json.loads(text) if text else []
    except ValueError as error:
        raise EstateError("the answer of `helmfile list` is no JSON", hint="is it helmfile 1?") from error
    found: dict[tuple[str, str], list[bool]] = {}
    for row in rows or []:
        found.setdefault((str(row["namespace"]), str(row["name"])), []).append(bool(row["enabled"]))
    return found


def built_files(session: Session, program: HelmfileProgram, arguments: Sequence[str]) -> list[BuiltFile]:
    """The documents of ``build``, children before their parents."""
    pieces = _DOCUMENT.split("\n" + _ask(program, [*arguments, "build"]))[1:]
    return [_built_file(session, *pair) for pair in zip(pieces[::2], pieces[1::2], strict=True)]


def _built_file(session: Session, source: str, text: str) -> BuiltFile:
    try:
        (document,) = compose_yaml(text)
    except (YamlError, ValueError) as error:
        raise EstateError("the answer of `helmfile build` cannot be read", hint="is it helmfile 1?") from error
    extra: dict[str, Any] = {}
    kept = []
    for key, node, merged in document.entries():
        if key.value in ("filepath", "renderedvalues"):
            extra[key.value] = plain_value(node)
        else:
            kept.append((key, node, merged))
    name = str(extra.get("filepath", ""))
    path = name if name.startswith("/") else absolute(source.strip())
    place = session.place(path)
    spec = decode(YamlNode("mapping", kept, document.line), FIRST_PASS_STATE, lambda _: place)
    return BuiltFile(path, not name.startswith("/"), spec, extra.get("renderedvalues") or {})


def layers_of(
    session: Session,
    program: HelmfileProgram,
    arguments: Sequence[str],
    paths: Sequence[str],
    files: Sequence[BuiltFile],
) -> dict[str, str]:
    """State file → layer: a child's document comes before that of the root file that lists it (rule 1.6)."""
    found = _by_root([file.path for file in files], paths)
    if any(file.path not in found for file in files) and session.request.selectors:
        # With selectors a root file without releases of its own is not printed.
        found = {**_by_root([file.path for file in built_files(session, program, arguments)], paths), **found}
    return {file.path: found.get(file.path, layer_name(file.path)) for file in files}


def _by_root(visited: Sequence[str], paths: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    waiting: list[str] = []
    for path in visited:
        waiting.append(path)
        if path in paths:
            for child in waiting:
                found.setdefault(child, layer_name(path))
            waiting = []
    return found
