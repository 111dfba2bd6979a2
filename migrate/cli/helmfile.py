"""``migrate helmfile …``: helmfile's own read-only commands, computed without helmfile, Helm or a cluster."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import click

from migrate.cli.cobra import CobraCommand, CobraGroup
from migrate.cli.helmfile_options import (
    GROUP_OPTIONS,
    NO_EFFECT,
    Given,
    global_options,
    helmfile_settings,
    merged_options,
)
from migrate.cli.helmfile_template import TemplateOptions, templated
from migrate.cli.options import Settings
from migrate.cli.work import product
from migrate.doors.estate_files import EstateFiles, absolute, working_directory
from migrate.doors.files import read_text, write_text
from migrate.doors.template import HelmfileTemplates, TemplateFaultError
from migrate.doors.yaml import YamlError, compose_yaml, plain_value
from migrate.errors import EstateError, MigrateError, UsageError
from migrate.helmfile import (
    DEFAULT_VALUES_FILE,
    NeedsPlan,
    build_document,
    choose_selected,
    choose_written,
    list_json,
    list_table,
    output_path,
    plan_template,
    programs_not_run,
    standing_folder,
    written_values,
)
from migrate.model.finding import Severity
from migrate.model.state import StateFiles
from migrate.read import Wanted, read_states

NOTHING_MATCHED = 3


@click.group(cls=CobraGroup)
@click.pass_context
def helmfile(context: click.Context, /, **given: Any) -> None:
    """Answer helmfile's own list, build, write-values and template, offline.

    Arguments, output and exit codes are helmfile's: 0 done, 1 an error, 3 no release matched. Between the word
    helmfile and the subcommand stand helmfile's global options and the common ones of migrate, e.g. --secrets-dir.
    HELMFILE_* variables count as they do for helmfile; templates see no variable without --set-env.

    \b
    Examples:
      migrate helmfile -e production list --output json
      migrate helmfile --secrets-dir . write-values -e production
      migrate helmfile template -l name=web --include-needs
    """
    context.obj = given


helmfile.params += GROUP_OPTIONS


def _answer(context: click.Context, given: Given, command: Callable[[Settings, Given], int]) -> int:
    """Run a subcommand with all options put together; its errors end it as they end helmfile."""
    merged = merged_options(context.obj, given)
    settings = helmfile_settings(merged)
    try:
        return command(settings, merged)
    except MigrateError as error:
        for finding in error.findings:
            settings.console.finding(finding)
        settings.console.error(error)
        return 1


def _read(settings: Settings, wanted: Wanted) -> StateFiles:
    """The state files; what is wrong with the answer is told, and what helmfile refuses stops here.

    Raises:
        EstateError: a file that a release cannot do without is missing.
    """
    states = read_states(settings.request, wanted)
    unrun = [f for state in states.files for f in programs_not_run(state, template=wanted.manifests)]
    states = replace(states, findings=(*states.findings, *unrun))
    for severity in (Severity.WARNING, Severity.ERROR):
        for finding in states.findings:
            if finding.severity is severity and finding.code != "HF011":
                settings.console.finding(finding)
    for finding in states.findings:
        if finding.code == "HF011":
            raise EstateError(finding.message, hint=finding.hint, source=finding.source)
    return states


def _status(settings: Settings, given: Given, states: StateFiles) -> int:
    """helmfile's exit status; an answer that is not complete is an error, too."""
    if any(finding.severity is Severity.ERROR for finding in states.findings):
        return 1
    if any(state.matched for state in states.files):
        return 0
    request = settings.request
    selectors, environment = ",".join(request.selectors), request.environments[0]
    told = f"no releases found that matches specified selector({selectors}) and environment({environment})"
    settings.console.error(UsageError(f"{told}, in any helmfile", hint="see: migrate helmfile list"))
    return 0 if given["allow_no_matching_release"] else NOTHING_MATCHED


# --- list


@helmfile.command("list", cls=CobraCommand)
@click.option("--output", "form", default="", metavar="json", help="json; anything else is the table.")
@click.option("--skip-charts", is_flag=True, help=f"Charts are never prepared; {NO_EFFECT}.")
@click.option("--keep-temp-dir", is_flag=True, help=NO_EFFECT.capitalize() + ".")
@global_options
@click.pass_context
def list_releases(context: click.Context, /, **given: Any) -> int:
    """List the releases."""
    return _answer(context, given, _list)


def _list(settings: Settings, given: Given) -> int:
    states = _read(settings, Wanted(choose_selected))
    status = _status(settings, given, states)
    releases = [stated.release for state in states.files for stated in state.releases]
    if releases:
        product(list_json(releases) if given["form"] == "json" else list_table(releases), asked=True)
    return status


# --- build


@helmfile.command("build", cls=CobraCommand)
@click.option("--embed-values", is_flag=True, help="Show the content of values files in place of their paths.")
@global_options
@click.pass_context
def build(context: click.Context, /, **given: Any) -> int:
    """Show the state files as they are after loading, one document each."""
    return _answer(context, given, _build)


def _build(settings: Settings, given: Given) -> int:
    states = _read(settings, Wanted(choose_selected, embed=given["embed_values"]))
    for state in states.files:
        product(build_document(state), asked=True)
    return _status(settings, given, states)


# --- write-values


@helmfile.command("write-values", cls=CobraCommand)
@click.option("--output-file-template", default="", metavar="TEMPLATE",
              help=f"Path of each file. Default: {DEFAULT_VALUES_FILE}")  # fmt: skip
@click.option("--values", multiple=True, metavar="FILE", help="More values, over those of every release.")
@click.option("--set", "sets", multiple=True, metavar="K=V", help=f"As with helmfile, {NO_EFFECT}.")
@click.option("--concurrency", type=int, default=0, hidden=True)
@global_options
@click.pass_context
def write_values(context: click.Context, /, **given: Any) -> int:
    """Write the merged values of each release into a file."""
    return _answer(context, given, _write_values)


def _write_values(settings: Settings, given: Given) -> int:
    states = _read(settings, Wanted(choose_written, values=True, lock="none"))
    template = given["output_file_template"] or DEFAULT_VALUES_FILE
    for state in states.files:
        extra = [_mapping(absolute(name, standing_folder(state))) for name in given["values"]]
        for stated in state.releases:
            path = output_path(template, state, stated, _path_template)
            write_text(path, written_values([*stated.values, *extra]))
            settings.console.say(f"Writing values file {path}")
    return _status(settings, given, states)


def _mapping(path: str) -> Mapping[str, Any]:
    try:
        documents = compose_yaml(read_text(path))
    except YamlError as error:
        raise EstateError(f"{path} is no YAML: {error}") from error
    value = plain_value(documents[0]) if documents else {}
    if not isinstance(value, dict):
        raise EstateError(f"{path} holds no mapping", hint="a values file is a mapping")
    return value


def _path_template(text: str, data: dict[str, Any]) -> str:
    templates = HelmfileTemplates(EstateFiles(working_directory()))
    try:
        return templates.render(text, name="output", base=working_directory(), data=data)
    except TemplateFaultError as error:
        raise UsageError(f"the template of the output path fails: {error.message}", hint=error.hint) from error


# --- template


@helmfile.command("template", cls=CobraCommand)
@click.option("--include-crds", is_flag=True, help="Also what lies in crds/ of the charts.")
@click.option("--skip-tests", is_flag=True, help="Leave tests out.")
@click.option("--no-hooks", is_flag=True, help="Leave hooks out.")
@click.option("--show-only", multiple=True, metavar="FILE", help="Only these templates of each chart.")
@click.option("--set", "sets", multiple=True, metavar="K=V", help="As Helm's --set, for every release.")
@click.option("--values", multiple=True, metavar="FILE", help="More values, over those of every release.")
@click.option("--args", "arguments", default="", metavar="TEXT", help="Further arguments of helm template.")
@click.option("--template-args", default="", metavar="TEXT", help="The same; replaces helmDefaults.templateArgs.")
@click.option("--kube-version", "kube", default="", metavar="X.Y.Z", help="Replaces kubeVersion of every release.")
@click.option("--output-dir", default="", metavar="DIR", help="Write files below DIR.")
@click.option("--output-dir-template", default="", metavar="TEMPLATE", help="Path of each release's folder.")
@click.option("--skip-schema-validation", is_flag=True, help="Do not check values.schema.json.")
@click.option("--skip-needs", is_flag=True, default=True, help="Leave out what is needed but not selected (default).")
@click.option("--include-needs", is_flag=True, help="Also what selected releases need.")
@click.option("--include-transitive-needs", is_flag=True, help="The same: needs of needs always come along.")
@click.option("--enforce-needs-are-installed", is_flag=True, help="Refuse needs with installed: false.")
@click.option("--validate", is_flag=True, help="Needs a cluster: refused.")
@click.option("--post-renderer", default="", metavar="PROGRAM", help="Programs are not run: refused.")
@click.option("--post-renderer-args", multiple=True, hidden=True)
@click.option("--skip-cleanup", is_flag=True, hidden=True)
@click.option("--concurrency", type=int, default=0, hidden=True)
@global_options
@click.pass_context
def template(context: click.Context, /, **given: Any) -> int:
    """Render the manifests of the releases."""
    return _answer(context, given, _template)


def _template(settings: Settings, given: Given) -> int:
    for option in ("validate", "post_renderer"):
        if given[option]:
            raise UsageError(f"--{option.replace('_', '-')} is not possible here", hint="leave it out, or run helmfile")
    including = given["include_needs"] or given["include_transitive_needs"]
    plan = NeedsPlan(
        skip=given["skip_needs"] and not including,
        include=including,
        enforce=given["enforce_needs_are_installed"],
    )
    states = _read(settings, Wanted(lambda found: plan_template(found, plan), values=True, manifests=True, lock="all"))
    options = TemplateOptions(
        include_crds=given["include_crds"],
        skip_tests=given["skip_tests"],
        no_hooks=given["no_hooks"],
        show_only=given["show_only"],
        sets=given["sets"],
        values=given["values"],
        arguments=given["arguments"],
        template_arguments=given["template_args"],
        kube_version=given["kube"] or given["kube_version"],
        api_versions=settings.api_versions,
        output_dir=given["output_dir"].rstrip("/"),
        output_dir_template=given["output_dir_template"],
        skip_schema_validation=given["skip_schema_validation"],
    )
    for text in templated(states, options, _path_template, settings.console):
        product(text, asked=True)
    return _status(settings, given, states)
