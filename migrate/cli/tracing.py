"""``why``: where a line of the emitted tree came from."""

from __future__ import annotations

import re
from pathlib import Path

import click

from migrate.cli.options import Settings, common_options
from migrate.cli.work import existing_folder, page, product
from migrate.doors.estate_files import absolute, estate_root
from migrate.doors.files import load_provenance, read_text, read_tree
from migrate.errors import EstateError, ExitCode, UsageError
from migrate.report import traced_json, traced_text
from migrate.trace import nearest, trace


@click.command()
@click.argument("target", metavar="PATH[:LINE]")
@common_options("table", "json", estate="option")
def why(settings: Settings, target: str) -> int:
    """Say where a file of the tree, or a line of it, came from: a line of the estate, a decision, or a rule.

    PATH is one of the tree in --out. With the estate at hand the line of the values file or template is found, too.

    \b
    Examples:
      migrate why environments/production/components/apps/graph/component.yaml
      migrate why environments/production/components/apps/graph/component.yaml:7
      migrate why out/sources/values/_shared/apps/graph/20-values.yaml:12 --output json
    """
    folder = existing_folder(settings.out, "the tree", "write it with: migrate convert")
    tree = read_tree(folder)
    provenance = load_provenance(tree)
    if not provenance:
        raise UsageError(f"{folder} does not say where its files came from", hint="write it anew: migrate convert")
    path, line = _target(target, folder)
    if path not in tree.files:
        meant = nearest(tree, path)
        hint = f"did you mean {' or '.join(meant)}?" if meant else f"give a path below {folder}"
        raise UsageError(f"{folder} has no file {path}", hint=hint)
    root = _root(settings.request.path)
    plan = read_text(settings.plan_file) if settings.plan_file.is_file() else ""
    try:
        found = trace(tree, provenance, path, line, read=lambda name: _text(root, name), plan=plan)
    except IndexError as error:
        raise UsageError(f"there is no line {line}: {error}", hint="leave the line out for the whole file") from error
    product(traced_json(found) if settings.output == "json" else traced_text(found, page(settings)))
    return int(ExitCode.DONE)


def _target(text: str, folder: Path) -> tuple[str, int]:
    """The path inside the tree, and the line (0 where none is given)."""
    match = re.fullmatch(r"(?P<path>.+?)(?::(?P<line>[0-9]+))?", text)
    path, line = (match["path"], int(match["line"] or 0)) if match else (text, 0)
    if match and match["line"] and not line:
        raise UsageError("lines count from 1", hint="leave the line out for the whole file")
    full, here = Path(absolute(path)), Path(absolute(str(folder)))
    return (full.relative_to(here).as_posix() if full.is_relative_to(here) else Path(path).as_posix()), line


def _root(estate: str) -> str | None:
    """The folder that the provenance's paths count from; None where the estate is not here."""
    return estate_root(absolute(estate)) if Path(estate).exists() else None


def _text(root: str | None, name: str) -> str | None:
    """A file of the estate: inside its root only, whatever a provenance says."""
    if root is None:
        return None
    path = Path(absolute(name, root))
    try:
        return read_text(path) if path.resolve().is_relative_to(Path(root).resolve()) else None
    except EstateError:
        return None
