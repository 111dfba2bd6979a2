"""``graph``: what depends on what, as a table, data or a drawing, and questions about single releases."""

from __future__ import annotations

import sys
from collections.abc import Callable

import click

from migrate.cli.options import Settings, common_options
from migrate.cli.stages import reading
from migrate.cli.work import exit_code, page, product, tell
from migrate.errors import UsageError
from migrate.graph import (
    find_release,
    graph_text,
    in_environment,
    show_around,
    show_graph,
    show_path,
    size_remark,
)
from migrate.model.graph import ReleaseGraph, ShownGraph
from migrate.report import graph_json, graph_table
from migrate.report.tables import Page

Question = Callable[[ReleaseGraph], ShownGraph]


@click.command()
@click.option("--of", metavar="RELEASE", help="Only what is around this release: its id, or its name if that is one.")
@click.option("--up", is_flag=True, help="With --of: what it needs, and what that needs.")
@click.option("--down", is_flag=True, help="With --of: what needs it, and what needs that. Default: both.")
@click.option("--depth", type=click.IntRange(min=1), metavar="N", help="With --of: over at most N edges.")
@click.option("--to", metavar="RELEASE", help="With --of: why that release comes before this one, shortest way first.")
@click.option("--all", "everything", is_flag=True, help="Also the edges that a longer path implies.")
@common_options("table", "json", "dot", "mermaid", "svg")
def graph(
    settings: Settings, of: str | None, up: bool, down: bool, depth: int | None, to: str | None, everything: bool
) -> int:
    """Show what must come before what, and the evidence.

    Edges are stated (needs) or inferred from rendered manifests. The order of files, and Services that are called by
    their DNS names, are hints: they are shown dashed and bind nothing.

    \b
    Examples:
      migrate graph helmfiles
      migrate graph --of grafana --up --depth 2
      migrate graph --of cert-manager-crds --to www     why the one comes before the other
      migrate graph --output svg > graph.svg
      migrate graph -e production --output json | jq '.edges[] | select(.kind == "crd")'
    """
    if of is None and (up or down or to or depth is not None):
        raise UsageError("--up, --down, --depth and --to ask about a release", hint="name it: --of RELEASE")
    if to is not None and (up or down or depth is not None):
        raise UsageError("--to asks for the way between two releases", hint="leave out --up, --down and --depth")
    read, _ = reading(settings)
    ask = _question(read.graph, of, to, up=up, down=down, depth=depth, everything=everything)
    shown = ask(read.graph)
    tell(settings.console, read.findings)
    product(_text(settings, shown, ask, read.graph, read.estate.environments))
    if remark := size_remark(shown, settings.output):
        settings.console.say(f"{remark}; --of RELEASE shows a part")
    return exit_code(read.findings)


def _question(
    graph: ReleaseGraph,
    of: str | None,
    to: str | None,
    *,
    up: bool,
    down: bool,
    depth: int | None,
    everything: bool,
) -> Question:
    """What is asked, as a function of the graph that it is asked of.

    Raises:
        UsageError: there is no such release, or several.
    """
    if of is None:
        return lambda graph: show_graph(graph, everything=everything)
    release = find_release(graph, of)
    if to is not None:
        last = find_release(graph, to)
        if last == release:
            raise UsageError(f"--of and --to both name {release}", hint="name two releases")
        return lambda graph: show_path(graph, release, last)
    both = up == down
    return lambda graph: show_around(
        graph, release, up=up or both, down=down or both, depth=depth, everything=everything
    )


def _text(
    settings: Settings, shown: ShownGraph, ask: Question, graph: ReleaseGraph, environments: tuple[str, ...]
) -> str:
    if settings.output == "table":
        # A log and a pipe get every line whole; a person at a terminal gets them folded.
        return graph_table(shown, page(settings) if sys.stdout.isatty() else Page(width=sys.maxsize))
    if settings.output == "json":
        return graph_json(shown, _by_environment(shown, ask, graph, environments))
    return graph_text(shown, settings.output)


def _by_environment(
    shown: ShownGraph, ask: Question, graph: ReleaseGraph, environments: tuple[str, ...]
) -> dict[str, ShownGraph]:
    """The question asked of every environment; one that lacks a release that was named has no answer."""
    found = {}
    for name in environments:
        try:
            found[name] = ask(in_environment(graph, name))
        except KeyError:
            continue
    return found
