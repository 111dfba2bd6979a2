"""Further arguments for Helm (``--args``, ``--template-args``, ``helmDefaults.args``).

Those that a render without a cluster has use for are followed, those that change nothing are dropped.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from migrate.errors import UsageError

_VALUED = {
    "--set": "sets",
    "--set-string": "sets",
    "--set-file": "sets",
    "--set-json": "sets",
    "--set-literal": "sets",
    "--values": "values",
    "-f": "values",
    "--api-versions": "api_versions",
    "-a": "api_versions",
    "--kube-version": "kube_version",
    "--show-only": "show_only",
    "-s": "show_only",
    "--timeout": "",
    "--kubeconfig": "",
    "--kube-context": "",
    "--burst-limit": "",
    "--qps": "",
    "--repository-cache": "",
    "--repository-config": "",
    "--registry-config": "",
}
"""Flags with a value, and what they add to; nothing where they change no render without a cluster."""
_FLAGS = {
    "--include-crds": "include_crds",
    "--skip-crds": "",
    "--skip-tests": "skip_tests",
    "--no-hooks": "no_hooks",
    "--skip-schema-validation": "skip_schema_validation",
    "--debug": "",
    "--disable-openapi-validation": "",
    "--dependency-update": "",
    "--create-namespace": "",
    "--wait": "",
    "--wait-for-jobs": "",
    "--atomic": "",
    "--no-color": "",
}


@dataclass(frozen=True)
class HelmArguments:
    """What the arguments add to a render."""

    sets: tuple[tuple[str, str], ...] = ()
    """``(flag, "name=value")``."""
    values: tuple[str, ...] = ()
    """Paths of values files, relative to where helmfile stands."""
    api_versions: tuple[str, ...] = ()
    kube_version: str = ""
    show_only: tuple[str, ...] = ()
    include_crds: bool = False
    skip_tests: bool = False
    no_hooks: bool = False
    skip_schema_validation: bool = False


def parse_helm_arguments(text: str) -> HelmArguments:
    """The arguments in one text, cut at blanks as helmfile cuts them: quotes mean nothing.

    >>> parse_helm_arguments("--set a=1 --include-crds").sets
    (('--set', 'a=1'),)

    Raises:
        UsageError: a flag that would change a render in a way that is not followed here.
    """
    found: dict[str, list[object]] = {}
    words = text.split()
    position = 0
    while position < len(words):
        flag, equals, value = words[position].partition("=")
        position += 1
        if flag in _FLAGS and value in ("", "true", "false"):
            if value != "false":
                found.setdefault(_FLAGS[flag], []).append(True)
            continue
        if flag not in _VALUED:
            raise UsageError(
                f"helm's argument {words[position - 1]} is not followed without helm",
                hint="leave it out of --args, --template-args and helmDefaults.args",
            )
        if not equals:
            value, position = (words[position] if position < len(words) else ""), position + 1
        field = _VALUED[flag]
        found.setdefault(field, []).append((flag, value) if field == "sets" else value)
    return _collected(found)


def _collected(found: dict[str, Sequence[object]] | dict[str, list[object]]) -> HelmArguments:
    versions = [str(value) for value in found.get("kube_version", [])]
    return HelmArguments(
        sets=tuple(pair for pair in found.get("sets", []) if isinstance(pair, tuple)),
        values=tuple(map(str, found.get("values", []))),
        api_versions=tuple(map(str, found.get("api_versions", []))),
        kube_version=versions[-1] if versions else "",
        show_only=tuple(map(str, found.get("show_only", []))),
        include_crds="include_crds" in found,
        skip_tests="skip_tests" in found,
        no_hooks="no_hooks" in found,
        skip_schema_validation="skip_schema_validation" in found,
    )
