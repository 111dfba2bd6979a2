"""A wrapper chart before it is written: what it would render, and whether that is what helmfile applies."""

from __future__ import annotations

import dataclasses
import json
from collections import Counter
from collections.abc import Mapping, Sequence

from migrate.doors.charts import ChartFiles
from migrate.doors.estate_files import absolute
from migrate.doors.helm import HelmError, load_chart
from migrate.model.estate import Estate, Release
from migrate.model.manifest import Manifest, ObjectKey, Rendered
from migrate.model.words import few
from migrate.render.chart import RenderCache, render_files
from migrate.render.objects import object_key, parse_documents
from migrate.render.release import own_part, release_request, settle_release
from migrate.render.scopes import Scopes

_MOST = 3


def render_wrapped(
    estate: Estate,
    release: Release,
    files: Mapping[str, bytes],
    charts: Sequence[str],
    *,
    kube_version: str = "",
    api_versions: tuple[str, ...] = (),
    scopes: Scopes | None = None,
    cache: RenderCache | None = None,
) -> Rendered:
    """The objects of a wrapper of ``files`` around ``charts``, root-relative paths in the estate.

    ``release`` has its values below its chart's key already. Nothing is raised: ``error`` says what is wrong.
    """
    whole = dict(files)
    try:
        for number, path in enumerate(dict.fromkeys(charts)):
            inner = load_chart(absolute(path, estate.root))
            whole |= {f"charts/{number}/{name}": content for name, content in inner.files.items()}
        request = release_request(estate, release, kube_version=kube_version, api_versions=api_versions)
        rendered = render_files(request, ChartFiles(whole), cache)
    except HelmError as error:
        return Rendered(error=error.message)
    return settle_release(_own_objects(rendered, release), release, scopes)


def _own_objects(rendered: Rendered, release: Release) -> Rendered:
    """The part of a release whose definitions are apart; those that migration.yaml adds to it are its own."""
    added = {object_key(found) for file in release.added for found, _ in parse_documents(file.text, file.path)}
    own = own_part(rendered, release)
    kept = {id(manifest) for manifest in own.manifests}
    manifests = (m for m in rendered.manifests if id(m) in kept or (m.key in added and not m.crd_file))
    return dataclasses.replace(own, manifests=tuple(manifests))


def first_difference(left: Rendered, right: Rendered) -> str:
    """Which objects two renders of one release do not share; empty where they do.

    Of what is drawn anew in each render only the presence counts.
    """
    drawn = {key for key, _ in (*left.unstable, *right.unstable)}
    here, there = (Counter(_told(m, drawn) for m in side.manifests) for side in (left, right))
    keys = [str(key) for key, _, _ in (here - there) + (there - here)]
    return f"it renders otherwise: {few(list(dict.fromkeys(keys)), _MOST)}" if keys else ""


def _told(manifest: Manifest, drawn: set[ObjectKey]) -> tuple[ObjectKey, bool, str]:
    text = "" if manifest.key in drawn else json.dumps(manifest.document, sort_keys=True)
    return manifest.key, manifest.crd_file, text
