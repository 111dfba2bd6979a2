"""The options of ``migrate helmfile …``: helmfile's global ones, the common ones, and HELMFILE_* variables."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import click

from migrate.cli.options import SHARED_OPTIONS, Settings, settings_from
from migrate.doors.estate_files import absolute
from migrate.errors import UsageError
from migrate.model.estate import ReadRequest

Decorated = TypeVar("Decorated", bound=Callable[..., Any])
Given = dict[str, Any]
"""Options by name, as click gives them."""

NO_EFFECT = "no effect here"
_TRUE = "true"

# helmfile's global options that the common ones do not already have.
_GLOBAL: tuple[Callable[[Any], Any], ...] = (
    click.option("-f", "--file", "file", default=None, metavar="PATH",
                 help="A helmfile or a folder of them. Default: helmfile.yaml, helmfile.yaml.gotmpl or helmfile.d."),
    click.option("-n", "--namespace", default=None, metavar="NAME", help="Replaces the namespace of every release."),
    click.option("-c", "--chart", default=None, metavar="CHART", help="Replaces the chart of every release."),
    click.option("--kube-context", default=None, metavar="NAME", help="Replaces the kubeContext of every release."),
    click.option("--state-values-set-string", multiple=True, metavar="K=V,…", help="Set state values, as text."),
    click.option("--sequential-helmfiles", is_flag=True, help=f"Files are always read in order; {NO_EFFECT}."),
    click.option("--allow-no-matching-release", is_flag=True, help="Exit 0, not 3, where nothing matches."),
    click.option("-q", "quiet_short", is_flag=True, help="As --quiet."),
    click.option("--log-level", default=None, metavar="LEVEL", help="warn and error are as --quiet."),
    *(click.option(f"--{name}", is_flag=True, hidden=True) for name in (
        "skip-deps", "skip-refresh", "allow-failed-releases", "strip-args-values-on-exit-error",
        "disable-force-update", "enforce-plugin-verification", "oci-plain-http", "color", "enable-live-output",
        "otel-tracing")),
    click.option("-i", "--interactive", is_flag=True, hidden=True),
    click.option("-b", "--helm-binary", default=None, hidden=True),
    click.option("-k", "--kustomize-binary", default=None, hidden=True),
    click.option("--kubeconfig", default=None, hidden=True),
    click.option("--repo-retries", default=None, hidden=True),
)  # fmt: skip
# The common options that are helmfile's too, and so may stand behind the subcommand as well.
_BOTH = {
    "environments", "selectors", "state_values_set", "state_values_file", "quiet", "no_color", "debug",
}  # fmt: skip


def _options_of(decorators: tuple[Callable[[Any], Any], ...]) -> list[click.Parameter]:
    def bare() -> None:
        return None

    for decorator in reversed(decorators):
        decorator(bare)
    found: list[click.Parameter] = list(reversed(getattr(bare, "__click_params__", [])))
    return found


_ENVIRONMENT = click.option(
    "-e", "--environment", "environments", multiple=True, metavar="NAME", help="The environment. Default: default."
)
_COMMON = [
    *_options_of((_ENVIRONMENT,)),
    # helmfile has a --helm-binary of its own, which changes nothing where no helm is run.
    *(option for option in _options_of(SHARED_OPTIONS) if option.name not in ("environments", "helm_binary")),
]
GROUP_OPTIONS = [*_options_of(_GLOBAL), *_COMMON]
"""What may stand between the word helmfile and its subcommand."""


def global_options(command: Decorated) -> Decorated:
    """helmfile's global options, for a subcommand."""
    for decorator in reversed(_GLOBAL):
        decorator(command)
    shared = [option for option in _COMMON if option.name in _BOTH]
    command.__click_params__ += reversed(shared)  # type: ignore[attr-defined]
    click.argument("ignored", nargs=-1, metavar="")(command)
    return command


def merged_options(first: Mapping[str, Any], second: Given) -> Given:
    """Lists one after the other; of anything else what stands last."""
    merged = dict(first)
    for name, value in second.items():
        before = merged.get(name)
        if isinstance(value, tuple) and isinstance(before, tuple):
            merged[name] = (*before, *value)
        elif value or before is None:
            merged[name] = value
    return merged


def helmfile_settings(given: Given) -> Settings:
    """What all options and the HELMFILE_* variables of this process add up to.

    Raises:
        UsageError: what is asked for is not possible here.
    """
    variables = os.environ
    quiet = given["quiet"] or given["quiet_short"] or variables.get("HELMFILE_QUIET") == _TRUE
    given["quiet"] = (quiet or given["log_level"] in ("warn", "error", "fatal")) and not given["debug"]
    given["no_color"] = given["no_color"] or variables.get("HELMFILE_NO_COLOR") == _TRUE
    given["debug"] = given["debug"] or variables.get("HELMFILE_DEBUG") == _TRUE
    settings = settings_from({**given, "estate": "", "output": "", "helm_binary": None})
    return replace(settings, request=_request(settings.request, given, variables))


def _request(request: ReadRequest, given: Given, variables: Mapping[str, str]) -> ReadRequest:
    """The request with what helmfile takes from its options and HELMFILE_* variables (rules 1.12, 10.11, 11.3)."""
    if request.helmfile_binary:
        raise UsageError("--helmfile-binary has no place here", hint="run that helmfile itself")
    path = given["file"] or variables.get("HELMFILE_FILE_PATH", "")
    if path == "-":
        raise UsageError("a helmfile is not read from standard input", hint="write it to a file and name that")
    environments = [name for name in request.environments if name][-1:]
    experimental = variables.get("HELMFILE_EXPERIMENTAL", "")
    insecure = ("HELMFILE_DISABLE_INSECURE_FEATURES", "HELMFILE_DISABLE_INSECURE_TEMPLATE_FUNCTIONS")
    return replace(
        request,
        path=path,
        environments=tuple(environments) or (variables.get("HELMFILE_ENVIRONMENT") or "default",),
        state_values_set_string=given["state_values_set_string"],
        namespace=given["namespace"] or variables.get("HELMFILE_NAMESPACE", ""),
        kube_context=given["kube_context"] or variables.get("HELMFILE_KUBE_CONTEXT", ""),
        chart=given["chart"] or "",
        allow_paths=(*request.allow_paths, *_named_folders(given)),
        render_yaml=variables.get("HELMFILE_RENDER_YAML") == _TRUE,
        explicit_selectors=experimental == _TRUE or "explicit-selector-inheritance" in experimental,
        disable_insecure=any(variables.get(name) == _TRUE for name in insecure),
    )


def _named_folders(given: Given) -> Iterator[str]:
    """Folders of the values files that the command line names."""
    for name in given.get("values", ()):
        yield str(Path(absolute(name)).parent)
