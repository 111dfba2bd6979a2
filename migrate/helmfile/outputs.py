"""Where ``write-values`` and ``template`` put their files: paths from helmfile's small templates (12.4, 12.8)."""

from __future__ import annotations

import hashlib
import os.path
import re
from collections.abc import Callable
from typing import Any

from migrate.model.state import StatedRelease, StateFile

DEFAULT_VALUES_FILE = "{{ .State.BaseName }}-{{ .State.AbsPathSHA1 }}/{{ .Release.Name }}.yaml"
DEFAULT_OUTPUT_DIR = "{{ .OutputDir }}/{{ .State.BaseName }}-{{ .State.AbsPathSHA1 }}-{{ .Release.Name}}"

PathTemplate = Callable[[str, dict[str, Any]], str]
"""Renders a path template with its data; the door to Go templates is the caller's."""


def output_path(
    template: str, state: StateFile, stated: StatedRelease, render: PathTemplate, *, output_dir: str = ""
) -> str:
    """The absolute path of a release's output; a relative one starts where helmfile stands (rule 1.5)."""
    data = {**path_data(state, stated), "OutputDir": output_dir}
    path = render(template, data)
    return os.path.normpath(os.path.join(standing_folder(state), path))  # noqa: PTH118 - Path would follow no ".."


def default_output_dir(template: str, output_dir: str) -> str:
    """The template of a release's output folder, helmfile's own where none is given."""
    return template or DEFAULT_OUTPUT_DIR


def path_data(state: StateFile, stated: StatedRelease) -> dict[str, Any]:
    """The dot of output templates: ``State``, ``Release`` with Go's field names, ``Environment``."""
    base, _ = os.path.splitext(state.file_path)  # noqa: PTH122 - only the last extension, of any path
    return {
        "State": {
            "BaseName": base,
            "Path": state.file_path,
            "AbsPath": state.path,
            "AbsPathSHA1": hashlib.sha1(state.path.encode(), usedforsecurity=False).hexdigest()[:8],
        },
        "Release": {go_name(name): value for name, value in _release_fields(stated).items()},
        "Environment": dict(state.environment),
    }


def _release_fields(stated: StatedRelease) -> dict[str, Any]:
    texts = dict.fromkeys(("name", "namespace", "chart", "version", "kubeContext", "description"), "")
    return {**texts, **stated.fields}


def go_name(key: str) -> str:
    """The field's name in helmfile's own structure.

    >>> go_name("kubeContext")
    'KubeContext'
    """
    special = {"set": "SetValues", "setString": "SetStringValues", "env": "EnvValues", "jsonPatches": "JSONPatches"}
    return special.get(key) or re.sub(r"^.", lambda match: match[0].upper(), key)


def standing_folder(state: StateFile) -> str:
    """The folder helmfile stands in while it works on the file: the file's own, or where it was started."""
    return state.path.rpartition("/")[0] if state.path != state.file_path else "."
