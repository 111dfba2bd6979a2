"""``wrapper.manifests`` in the plan: what migration.yaml adds to a release, read before anything is rendered.

Every later stage then sees the objects where they will be: the graph orders them, projects allow them, and ``verify``
holds the component to them.
"""

from __future__ import annotations

import dataclasses

from migrate.doors.estate_files import EstateFiles, FileFaultError, OutsideError, absolute
from migrate.doors.yaml import YamlError, compose_yaml
from migrate.model.estate import AddedFile, Estate, Release
from migrate.model.finding import Finding, Severity
from migrate.model.plan import Plan, ReleasePlan

_HINT = "name files of Kubernetes objects, seen from the root of the estate's repository"


def add_manifests(estate: Estate, plan: Plan | None) -> Estate:
    """The estate with the files that the plan adds to its releases; a file that cannot be read is a finding.

    In the layout ``plugin`` helmfile itself renders, so that nothing can be added.
    """
    asking = [r for r in plan.releases if r.wrapper.manifests] if plan and plan.layout != "plugin" else []
    if not asking:
        return estate
    files = EstateFiles(estate.root)
    added: dict[str, tuple[AddedFile, ...]] = {}
    findings: list[Finding] = []
    for release in asking:
        read = [_read(files, release, path) for path in dict.fromkeys(release.wrapper.manifests)]
        added[release.id] = tuple(found for found in read if isinstance(found, AddedFile))
        findings += [found for found in read if isinstance(found, Finding)]
    releases = tuple(_with(release, added.get(release.id, ())) for release in estate.releases)
    return dataclasses.replace(estate, releases=releases, findings=(*estate.findings, *findings))


def _with(release: Release, added: tuple[AddedFile, ...]) -> Release:
    return dataclasses.replace(release, added=added) if added else release


def _read(files: EstateFiles, release: ReleasePlan, path: str) -> AddedFile | Finding:
    place = absolute(path, files.root)
    try:
        text = files.read(place)
        documents = compose_yaml(text)
    except OutsideError:
        return _finding(release, f"{path} lies outside the estate's repository")
    except (FileFaultError, YamlError) as error:
        return _finding(release, f"{path} cannot be read: {str(error).removeprefix(f'{path}: ')}")
    for document in documents:
        keys = {str(key.value) for key, _, _ in document.entries()}
        if not document.is_null and not keys >= {"apiVersion", "kind"}:
            return _finding(release, f"{path}:{document.line} is no Kubernetes object")
    return AddedFile(files.shown(place), text)


def _finding(release: ReleasePlan, message: str) -> Finding:
    text = f"wrapper.manifests of {release.id}: {message}"
    return Finding("PL030", Severity.ERROR, text, _HINT, release.wrapper.place, release.id)
