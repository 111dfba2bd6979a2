"""One of the two trees of a comparison: its files, and the Applications that they become."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from migrate.doors.files import read_tree
from migrate.errors import EstateError
from migrate.expand import expand_tree, tree_environments
from migrate.model.application import Expansion
from migrate.model.tree import FileTree


@dataclass(frozen=True)
class TreeSide:
    """One of the two trees: how the person calls it, where its files lie, and what it becomes."""

    name: str
    folder: str
    tree: FileTree
    expansion: Expansion
    environments: tuple[str, ...]


def read_side(name: str, folder: Path, environments: tuple[str, ...], argocd_version: str) -> TreeSide:
    """A tree and its Applications; an empty folder is a tree without any.

    Raises:
        EstateError: the folder cannot be read.
    """
    tree = read_tree(folder)
    there = tuple(e for e in tree_environments(tree) if not environments or e in environments)
    expansion = expand_tree(tree, there, argocd_version=argocd_version) if there else Expansion(())
    return TreeSide(name, str(folder.resolve()), tree, expansion, there)


def check_sides(before: TreeSide, after: TreeSide, environments: tuple[str, ...]) -> None:
    """Whether there is anything to compare.

    Raises:
        EstateError: no side is a tree, or an environment was asked for that neither has.
    """
    unknown = [name for name in environments if name not in (*before.environments, *after.environments)]
    if unknown:
        known = sorted({*tree_environments(before.tree), *tree_environments(after.tree)})
        hint = f"they have {', '.join(known)}" if known else "write a tree with: migrate convert"
        raise EstateError(f"neither side has the environment {', '.join(unknown)}", hint=hint)
    if not before.environments and not after.environments:
        hint = "name the folder that `migrate convert` writes, the one with environments/"
        raise EstateError(f"neither {before.name} nor {after.name} is a tree of ApplicationSets", hint=hint)
