"""The door to a helm program: what ``--helm-binary`` names renders a chart instead of the library.

It needs no ``--allow-exec``: that guards what an *estate* has executed, and this program is named by the person who
runs the command, as ``kustomize`` on PATH is. It is told to render only, in a home of its own: it sees no variable of
this process, no plugin, no repository, no cluster, and a proxy that is not there stands before the web.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from migrate.doors.helm import HelmError, HelmOutput
from migrate.doors.programs import ProgramNotStartedError, ProgramTimeoutError, closed_environment, run_program
from migrate.errors import UsageError

SECONDS = 120
"""A render that takes longer is stopped."""
_SOURCE = re.compile(r"^# Source: (?P<path>\S+)\n", re.MULTILINE)
_DOCUMENT = re.compile(r"^---[ \t]*\n", re.MULTILINE)
_CRDS = re.compile(r"(?:[^/]+/charts/)*[^/]+/crds/.+")
_HINT = re.compile(r"\s*Use --debug flag to render out invalid YAML\s*$")


@dataclass(frozen=True)
class HelmBinary:
    """A helm that answered: its absolute path and its version, e.g. ``3.19.4``."""

    path: str
    version: str

    @property
    def major(self) -> int:
        """3 or 4: they read some values differently."""
        return int(self.version.partition(".")[0])

    def __str__(self) -> str:
        return f"helm {self.version} ({self.path})"


def helm_binary(path: str) -> HelmBinary:
    """The program at ``path``; a bare name is looked up on PATH.

    Raises:
        UsageError: there is none, or it is no helm 3 or 4.
    """
    found = shutil.which(path)
    if found is None:
        hint = "mend the path, and make it executable" if "/" in path else "give its path: --helm-binary PATH"
        raise UsageError(f"there is no helm to run at {path}", hint=hint)
    program = os.path.abspath(found)  # noqa: PTH100 - the name that the person gave, links left as they are
    try:
        with _home() as home:
            answer = _run(program, ["version", "--template", "{{ .Version }}"], home)
    except HelmError as error:
        raise UsageError(f"{path} does not tell its version: {error.message}", hint="name a helm 3 or 4") from error
    version = re.fullmatch(r"v?([34]\.\d+\.\d+\S*)", answer.strip())
    if version is None:
        raise UsageError(f"{path} is no helm 3 or 4: it says {answer.strip()[:60]!r}", hint="name a helm 3 or 4")
    return HelmBinary(program, version[1])


def render_by_binary(
    helm: HelmBinary, archive: bytes, values: Sequence[str], names: Sequence[str], arguments: Sequence[str], name: str
) -> HelmOutput:
    """``helm template NAME`` of a chart's archive with these values files, byte for byte, and flags.

    Raises:
        HelmError: what helm says, with ``names`` for its values files.
    """
    with _home() as home:
        chart = Path(home, "chart.tgz")
        chart.write_bytes(archive)
        flags: list[str] = []
        told = {str(chart): "the chart"}
        for position, text in enumerate(values):
            file = Path(home, f"values-{position}.yaml")
            file.write_bytes(text.encode())
            flags += ["--values", str(file)]
            told[str(file)] = names[position] if position < len(names) else f"values {position + 1}"
        try:
            text = _run(helm.path, ["template", *flags, *arguments, "--", name, str(chart)], home)
        except HelmError as error:
            raise HelmError(_renamed(error.message, told)) from error
    return _output(text)


def _renamed(message: str, told: dict[str, str]) -> str:
    for path, name in told.items():
        message = message.replace(path, name)
    return message


def _output(text: str) -> HelmOutput:
    """The stream by template again; helm prints the files of crds/ first, each with one comment for all documents."""
    templates: dict[str, list[str]] = {}
    crds: list[tuple[str, str]] = []
    path = ""
    for document in _DOCUMENT.split(text):
        source = _SOURCE.match(document)
        if source:
            path, document = source["path"], document[source.end() :]
        if not document.strip():
            continue
        if _CRDS.fullmatch(path):
            crds.append((path, document))
        else:
            templates.setdefault(path, []).append(document)
    return HelmOutput({name: "---\n".join(parts) for name, parts in templates.items()}, tuple(crds))


@contextmanager
def _home() -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix="migrate-helm-") as made:
        yield os.path.realpath(made)


def _run(program: str, arguments: Sequence[str], home: str) -> str:
    """Standard output of one run in an empty environment.

    Raises:
        HelmError: it fails, takes too long or cannot be started.
    """
    folders = {f"HELM_{name}_HOME": f"{home}/{name.lower()}" for name in ("CACHE", "CONFIG", "DATA")}
    own = {"HELM_PLUGINS": f"{home}/plugins", "KUBECONFIG": os.devnull, **folders}
    try:
        ended = run_program(
            [program, *arguments], folder=home, environment=closed_environment(home) | own, seconds=SECONDS
        )
    except ProgramTimeoutError as error:
        raise HelmError(f"{program} took more than {SECONDS} seconds") from error
    except ProgramNotStartedError as error:
        raise HelmError(f"{program} cannot be started: {error}") from error
    if ended.status:
        said = _HINT.sub("", ended.errors)
        lines = [line for line in said.splitlines() if line.strip() and not line.startswith("WARNING")]
        raise HelmError("\n".join(lines).removeprefix("Error: ") or f"{program} ends with status {ended.status}")
    return ended.output
