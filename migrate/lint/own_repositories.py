"""Which repository a foreign tree is: the one whose paths, as its own objects name them, are here."""

from __future__ import annotations

import posixpath
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from migrate.lint.data import Document, generators, listed, mapped
from migrate.lint.documents import Documents
from migrate.model.application import plain_url
from migrate.model.globs import PatternError, go_path_matches, pathspec_matches
from migrate.model.tree import FileTree


def own_repositories(documents: Documents, tree: FileTree) -> frozenset[str]:
    """Plain URLs of repositories of which most of the named paths lie in ``tree``; a repository may have several."""
    folders = _folders(tree)
    claims: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for document in (*documents.appsets, *documents.roots):
        for url, kind, path in _claims(document):
            if url and "{{" not in url:
                claims[plain_url(url)].add((kind, path))
    found = set()
    for url, named in claims.items():
        there = sum(_is_there(kind, path, tree, folders) for kind, path in named)
        if there and there * 2 >= len(named):
            found.add(url)
    return frozenset(found)


def _claims(document: Document) -> Iterator[tuple[str, str, str]]:
    """(URL, kind of path, path) of what a document says lies in a repository; the root says nothing."""
    for git in generators(document, "git"):
        for kind in ("files", "directories"):
            for entry in listed(git, kind):
                pattern = _before_braces(str(mapped(entry).get("path") or ""))
                if pattern and mapped(entry).get("exclude") is not True:
                    yield str(git.get("repoURL") or ""), "folder" if pattern.endswith("/") else kind, pattern
    spec: Any = document.get("spec", "template", "spec") or document.get("spec")
    for source in (mapped(spec, "source"), *listed(spec, "sources")):
        path = _before_braces(str(mapped(source).get("path") or ""))
        if path and not mapped(source).get("chart"):
            yield str(mapped(source).get("repoURL") or ""), "folder", path


def _before_braces(path: str) -> str:
    """The path up to what a template fills in, as whole folders; empty for the root."""
    if "{{" in path:
        path = path.partition("{{")[0].rpartition("/")[0] + "/"
    path = path.removeprefix("./").removeprefix("/")
    return "" if path in ("", ".", "/") else path


def _is_there(kind: str, path: str, tree: FileTree, folders: frozenset[str]) -> bool:
    try:
        if kind == "files":
            return any(pathspec_matches(path, one) for one in tree.files)
        if kind == "directories":
            return any(go_path_matches(path, folder) for folder in folders)
    except PatternError:
        return False
    return posixpath.normpath(path) in folders


def _folders(tree: FileTree) -> frozenset[str]:
    found: set[str] = set()
    for path in tree.files:
        while "/" in path and (path := path.rpartition("/")[0]) not in found:
            found.add(path)
    return frozenset(found)
