"""``migrate helmfile template``: the releases of state files through Helm, one after the other."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from migrate.console import Console
from migrate.doors.estate_files import absolute
from migrate.doors.files import read_text, write_texts
from migrate.errors import DifferenceError
from migrate.helmfile import (
    HelmArguments,
    HelmOutputOptions,
    default_output_dir,
    output_files,
    output_path,
    parse_helm_arguments,
    printed_manifests,
    shown_manifests,
    standing_folder,
)
from migrate.helmfile.outputs import PathTemplate
from migrate.model.estate import Estate, Release, SetValue, ValuesKind, ValuesLayer
from migrate.model.finding import SourceLocation
from migrate.model.manifest import Manifest
from migrate.model.plan import PlannedEnvironment
from migrate.model.state import StatedRelease, StateFile, StateFiles
from migrate.render import render_release


@dataclass(frozen=True)
class TemplateOptions:
    """What the command line says about the render and its output."""

    include_crds: bool = False
    skip_tests: bool = False
    no_hooks: bool = False
    show_only: tuple[str, ...] = ()
    sets: tuple[str, ...] = ()
    values: tuple[str, ...] = ()
    arguments: str = ""
    template_arguments: str = ""
    kube_version: str = ""
    api_versions: tuple[str, ...] = ()
    output_dir: str = ""
    output_dir_template: str = ""
    skip_schema_validation: bool = False


def templated(
    states: StateFiles, options: TemplateOptions, render_path: PathTemplate, console: Console
) -> Iterator[str]:
    """The manifests of each release as text; with an output folder they are written there, and nothing is yielded.

    Raises:
        DifferenceError: a chart does not render.
    """
    for state in states.files:
        for stated in state.releases:
            manifests = _rendered(states, state, stated, options)
            if not options.output_dir and not options.output_dir_template:
                yield printed_manifests(manifests) + "\n"  # helmfile ends each release with an empty line
                continue
            where = default_output_dir(options.output_dir_template, options.output_dir)
            folder = output_path(where, state, stated, render_path, output_dir=options.output_dir)
            files = output_files(manifests)
            write_texts(folder, files)
            for name in files:
                console.say(f"wrote {folder}/{name}")


def _rendered(
    states: StateFiles, state: StateFile, stated: StatedRelease, options: TemplateOptions
) -> tuple[Manifest, ...]:
    defaults = state.spec.get("helmDefaults", {})
    template_args = [] if options.template_arguments else defaults.get("templateArgs", [])
    first = parse_helm_arguments(" ".join([options.template_arguments, *template_args]))
    last = parse_helm_arguments(" ".join([options.arguments, *defaults.get("args", [])]))
    release = _with_arguments(stated.release, standing_folder(state), options, first, last)
    estate = Estate(states.root, states.root, (release.environment,), (), (release,), opened=states.opened)
    rendered = render_release(estate, release, kube_version=PlannedEnvironment("").kube_version, secrets=True)
    if rendered.error:
        raise DifferenceError(
            f"{release.id} does not render: {rendered.error}", hint="mend its chart or values", source=release.source
        )
    output = HelmOutputOptions(
        include_crds=release.include_crds,
        skip_tests=options.skip_tests or first.skip_tests or last.skip_tests,
        no_hooks=options.no_hooks or first.no_hooks or last.no_hooks,
        show_only=(*options.show_only, *first.show_only, *last.show_only),
    )
    return shown_manifests(rendered.manifests, output)


def _with_arguments(
    release: Release, base: str, options: TemplateOptions, first: HelmArguments, last: HelmArguments
) -> Release:
    """The release with what the command line adds, in the order of Helm's arguments (rule 12.6).

    ``first`` stands before what the release says, ``last`` behind everything; relative paths start at ``base``.
    """

    def layers(names: tuple[str, ...]) -> tuple[ValuesLayer, ...]:
        paths = [absolute(name, base) for name in names]
        return tuple(ValuesLayer(ValuesKind.FILE, path, read_text(path), SourceLocation(path)) for path in paths)

    def sets(pairs: Iterable[tuple[str, str]]) -> Iterator[SetValue]:
        for flag, text in pairs:
            name, _, value = text.partition("=")
            yield SetValue(flag, name, absolute(value, base) if flag == "--set-file" else value, release.source)

    skip_schema = options.skip_schema_validation or first.skip_schema_validation or last.skip_schema_validation
    return dataclasses.replace(
        release,
        values=(*layers(first.values), *release.values, *layers((*options.values, *last.values))),
        sets=(*sets(first.sets), *release.sets, *sets(("--set", text) for text in options.sets), *sets(last.sets)),
        kube_version=last.kube_version or first.kube_version or options.kube_version or release.kube_version,
        api_versions=(*release.api_versions, *options.api_versions, *first.api_versions, *last.api_versions),
        include_crds=options.include_crds or first.include_crds or last.include_crds,
        skip_schema_validation=release.skip_schema_validation or skip_schema,
    )
