"""Rows of a comparison that no single Application tells: Argo CD's own objects, broken order, what no file changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from migrate.diff import Rendition, compare_renditions, phases_of, settings_manifest, with_broken_order
from migrate.expand.documents import DocumentError, load_documents
from migrate.graph import build_graph
from migrate.model.application import GeneratedApplication
from migrate.model.estate import Estate, Release
from migrate.model.finding import SourceLocation
from migrate.model.graph import Edge
from migrate.model.manifest import Rendered
from migrate.model.plugin import SOURCES, plugin_settings
from migrate.model.tree import FileTree
from migrate.model.tree_diff import SETTINGS, ApplicationDiff, Effect
from migrate.proof.tree_side import TreeSide


def settings_rows(before: TreeSide, after: TreeSide) -> Iterator[ApplicationDiff]:
    """A row an environment: what lies below its ``argocd`` folder."""
    for environment in sorted({*before.environments, *after.environments}):
        sides = [
            Rendition({}, _settings(side.tree, environment)) if environment in side.environments else None
            for side in (before, after)
        ]
        yield compare_renditions(environment, SETTINGS, sides[0], sides[1])


def _settings(tree: FileTree, environment: str) -> Rendered:
    folder = tree.under(f"environments/{environment}/argocd")
    manifests = []
    for path in folder.paths():
        if not path.endswith((".yaml", ".yml", ".json")):
            continue
        try:
            documents = load_documents(folder.text(path))
        except (DocumentError, UnicodeDecodeError) as error:
            return Rendered(error=f"{path} is no YAML: {error}")
        manifests += [settings_manifest(path, n, document, "") for n, document in enumerate(documents)]
    return Rendered(tuple(manifests))


def ordered_rows(
    rows: Sequence[ApplicationDiff],
    before: TreeSide,
    after: TreeSide,
    outlines: Mapping[tuple[str, str], Rendered],
) -> tuple[ApplicationDiff, ...]:
    """The rows with what their phases break; nothing is asked where nothing changed."""
    if all(row.effect is Effect.SAME for row in rows):
        return tuple(rows)
    first, second = (phases_of(side.expansion.applications) for side in (before, after))
    return with_broken_order(rows, _edges(after, outlines), first, second)


def _edges(side: TreeSide, outlines: Mapping[tuple[str, str], Rendered]) -> Iterator[tuple[str, Edge]]:
    """What the manifests of each environment show: which Application needs which."""
    for environment in side.environments:
        releases = tuple(_as_release(a) for a in side.expansion.applications if a.environment == environment)
        estate = Estate("", "", (environment,), (), releases)
        graph, _ = build_graph(estate, {k: v for k, v in outlines.items() if k[0] == environment})
        yield from ((environment, edge) for edge in graph.edges)


def _as_release(application: GeneratedApplication) -> Release:
    """An Application as the graph knows what deploys something: by its name alone."""
    place = SourceLocation(f"Application {application.name}", 0)
    return Release(
        application.environment, "", application.name, "", application.appset, place, True, True, "", None, ""
    )


def settled_rows(rows: Sequence[ApplicationDiff], before: TreeSide, after: TreeSide) -> Iterator[ApplicationDiff]:
    """The rows, the same where nothing that they read differs, also where it cannot be rendered here.

    A plugin reads the copy of the estate; of what a registry gives nothing is known, so that no file at all may differ.
    """
    no_file = _files(before.tree) == _files(after.tree)
    no_source = _files(before.tree.under(SOURCES)) == _files(after.tree.under(SOURCES))
    by_plugin = {
        (a.environment, a.name) for a in after.expansion.applications if plugin_settings(a.manifest) is not None
    }
    for row in rows:
        same = no_file or (no_source and (row.environment, row.name) in by_plugin and not row.fields)
        if row.effect is Effect.UNRENDERED and same:
            reason = f"{row.reason}; no file that it reads differs"
            yield ApplicationDiff(row.environment, row.name, Effect.SAME, reason=reason)
        else:
            yield row


def _files(tree: FileTree) -> dict[str, bytes]:
    return {path: content for path, content in tree.files.items() if not path.startswith(".migrate/")}
