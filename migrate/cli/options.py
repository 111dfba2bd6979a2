"""The options that commands share, as click decorators, and what they add up to."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from migrate.console import Console, PlainConsole, SilentConsole, TerminalConsole
from migrate.errors import UsageError
from migrate.model.estate import ReadRequest
from migrate.model.plan import Plan, PlannedEnvironment

if TYPE_CHECKING:  # loads Helm, which `--version` and `--help` need not wait for
    from migrate.doors.helm_binary import HelmBinary

Command = TypeVar("Command", bound=Callable[..., Any])

DEFAULT_ESTATE = "helmfiles"
DEFAULT_ARGOCD = "3.3"
_ARGOCD_VERSION = re.compile(r"v?[0-9]+\.[0-9]+(\.[0-9]+)?")
_VERSION = re.compile(r"v?[0-9]+(\.[0-9]+){0,2}([-+][0-9A-Za-z.+-]+)?")


@dataclass(frozen=True)
class Settings:
    """Everything the common options say."""

    request: ReadRequest
    plan_file: Path
    out: Path
    kube_version: str
    api_versions: tuple[str, ...]
    argocd_version: str
    """Empty where the plan says it."""
    helm: HelmBinary | None
    batch: bool
    jobs: int
    output: str
    quiet: bool
    color: bool
    debug: bool
    console: Console = field(repr=False)

    def clusters(self) -> dict[str, PlannedEnvironment]:
        """The environments whose Kubernetes version was given on the command line."""
        if not self.kube_version and not self.api_versions:
            return {}
        return _EveryEnvironment(self.kube_version, self.api_versions)

    def argocd_version_in(self, plan: Plan | None) -> str:
        """The version of Argo CD whose rules hold: the command line's, else the plan's."""
        return self.argocd_version or (plan.argocd_version if plan else DEFAULT_ARGOCD)


class _EveryEnvironment(dict[str, PlannedEnvironment]):
    """Answers for any environment, since the command line knows no names yet."""

    def __init__(self, kube_version: str, api_versions: tuple[str, ...]) -> None:
        super().__init__()
        self._kube_version, self._api_versions = kube_version, api_versions

    def get(self, name: str, default: Any = None) -> Any:
        assumed = PlannedEnvironment(name)
        return PlannedEnvironment(
            name,
            kube_version=self._kube_version or assumed.kube_version,
            api_versions=self._api_versions,
        )


SHARED_OPTIONS: tuple[Callable[[Any], Any], ...] = (
    click.option("-e", "--environment", "environments", multiple=True, metavar="NAME",
                 help="Only this environment; repeatable. Default: every one the estate declares."),
    click.option("-l", "--selector", "selectors", multiple=True, metavar="K=V,…",
                 help="Only releases with these labels; repeatable (any of them)."),
    click.option("--state-values-set", multiple=True, metavar="K=V,…", help="Set state values, as helmfile does."),
    click.option("--state-values-file", multiple=True, metavar="FILE", help="More state values, from a file."),
    click.option("--plan", "plan_file", default="migration.yaml", show_default=True, metavar="FILE",
                 type=click.Path(path_type=Path), help="The file of decisions."),
    click.option("--out", default="out", show_default=True, metavar="DIR", type=click.Path(path_type=Path),
                 help="The emitted tree."),
    click.option("--kube-version", default="", metavar="X.Y.Z", help="Kubernetes version that renders assume."),
    click.option("--api-versions", multiple=True, metavar="GROUP/VERSION", help="API versions that renders assume."),
    click.option("--argocd-version", default="", metavar="X.Y",
                 help="The Argo CD whose rules hold; default: the plan's, else 3.3. From 3.5 on it has Helm 4."),
    click.option("--helm-binary", default=None, metavar="PATH",
                 help="Render with this helm, 3 or 4, where the library would stand in for one of its version."),
    click.option("--chart-map", multiple=True, metavar="ALIAS=DIR",
                 help="Where the charts of a repository alias lie unpacked; repeatable."),
    click.option("--set-env", multiple=True, metavar="NAME=VALUE", help="A variable that templates may see."),
    click.option("--allow-environment", is_flag=True, help="Let templates see all variables of this process."),
    click.option("--allow-exec", is_flag=True, help="Let templates run programs (exec, envExec)."),
    click.option("--allow-path", multiple=True, metavar="DIR", help="A folder outside the estate that may be read."),
    click.option("--secrets-dir", default=None, metavar="DIR", help="Decrypted twins of secrets: files."),
    click.option("--helmfile-version", type=click.Choice(["0", "1"]), default=None, help="Default: guessed."),
    click.option("--helmfile-binary", default=None, metavar="PATH",
                 help="Read the estate through this helmfile; needs --allow-exec."),
    click.option("--batch", is_flag=True, help="Never ask; a missing answer exits 4."),
    click.option("--jobs", type=click.IntRange(min=1), default=None, metavar="N", help="Default: one a core."),
    click.option("--quiet", is_flag=True, help="Say nothing but errors."),
    click.option("--no-color", is_flag=True, help="No colours (NO_COLOR does the same)."),
    click.option("--debug", is_flag=True, help="Show the traceback of what stops the run."),
)  # fmt: skip


def common_options(*formats: str, estate: str = "argument") -> Callable[[Command], Command]:
    """All shared options, collected into one ``settings`` argument.

    Args:
        formats: what ``--output`` may be; the first is the default.
        estate: ``argument`` for a positional ESTATE, ``option`` for ``--estate``.
    """

    def decorate(command: Command) -> Command:
        def run(**given: Any) -> Any:
            return command(settings=settings_from(given), **given)

        run.__doc__ = command.__doc__
        run.__name__ = command.__name__
        decorated: Any = run
        if hasattr(command, "__click_params__"):
            decorated.__click_params__ = command.__click_params__
        for option in reversed(SHARED_OPTIONS):
            decorated = option(decorated)
        kinds = formats or ("table", "json")
        decorated = click.option(
            "--output", type=click.Choice(kinds), default=kinds[0], show_default=True, help="Form of the product."
        )(decorated)
        if estate == "argument":
            decorated = click.argument("estate", default=DEFAULT_ESTATE, metavar="[ESTATE]")(decorated)
        else:
            decorated = click.option(
                "--estate", default=DEFAULT_ESTATE, show_default=True, metavar="PATH", help="The helmfiles."
            )(decorated)
        return decorated  # type: ignore[no-any-return]

    return decorate


def settings_from(given: dict[str, Any]) -> Settings:
    """Take the shared options out of ``given`` and make them one value."""
    take = given.pop
    visible = dict(os.environ) if take("allow_environment") else {}
    visible.update(_pairs(take("set_env"), "--set-env"))
    version, binary = take("helmfile_version"), take("helmfile_binary")
    request = ReadRequest(
        path=take("estate"),
        environments=take("environments"),
        selectors=take("selectors"),
        state_values_set=take("state_values_set"),
        state_values_files=take("state_values_file"),
        set_env=visible,
        allow_exec=take("allow_exec"),
        allow_paths=take("allow_path"),
        secrets_dir=take("secrets_dir"),
        chart_map=_pairs(take("chart_map"), "--chart-map"),
        helmfile_version=int(version) if version else None,
        helmfile_binary=binary,
    )
    kube_version = take("kube_version")
    if kube_version and not _VERSION.fullmatch(kube_version):
        raise UsageError(f"--kube-version {kube_version} is no version", hint="for example --kube-version 1.34.0")
    argocd_version, helm = take("argocd_version"), take("helm_binary")
    if argocd_version and not _ARGOCD_VERSION.fullmatch(argocd_version):
        raise UsageError(f"--argocd-version {argocd_version} is no version", hint="for example --argocd-version 3.5")
    quiet, no_color = take("quiet"), take("no_color")
    color = not no_color and not os.environ.get("NO_COLOR")
    return Settings(
        request=request,
        plan_file=take("plan_file"),
        out=take("out"),
        kube_version=kube_version,
        api_versions=take("api_versions"),
        argocd_version=argocd_version.removeprefix("v"),
        helm=_helm_binary(helm) if helm else None,
        batch=take("batch"),
        jobs=take("jobs") or os.cpu_count() or 1,
        output=take("output"),
        quiet=quiet,
        color=color,
        debug=take("debug"),
        console=make_console(quiet=quiet, color=color),
    )


def _helm_binary(given: str) -> HelmBinary:
    from migrate.doors.helm_binary import helm_binary

    return helm_binary(given)


def make_console(*, quiet: bool, color: bool) -> Console:
    """Bars for a person at a terminal, plain lines for anything else, nothing with ``--quiet``."""
    if quiet:
        return SilentConsole(sys.stderr)
    if sys.stderr.isatty() and os.environ.get("TERM") != "dumb":
        return TerminalConsole(sys.stderr, color=color)
    return PlainConsole(sys.stderr)


def _pairs(items: tuple[str, ...], option: str) -> dict[str, str]:
    pairs = {}
    for item in items:
        name, separator, value = item.partition("=")
        if not separator or not name:
            raise UsageError(f"{option} {item}: NAME=VALUE is expected", hint=f"for example {option} NAME=VALUE")
        pairs[name] = value
    return pairs
