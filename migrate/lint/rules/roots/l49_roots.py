"""L49: the root Application brings what it should."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import Any

from migrate.lint.example import Example
from migrate.lint.good_tree import ROOT
from migrate.lint.rule import Hit, Rule, error, warning
from migrate.lint.sources import plain_url
from migrate.lint.subject import Document, Subject, dig, generators, mapped
from migrate.model.finding import Severity
from migrate.model.globs import directory_glob_matches

_LOCAL = ("in-cluster", "https://kubernetes.default.svc")


def check_roots(subject: Subject) -> Iterator[Hit]:
    """L49: the root Application brings the ApplicationSets and projects of its environment, and neither itself
    nor Argo CD's settings."""
    inside = subject.folders
    for root in subject.roots:
        source = mapped(root.data, "spec", "source")
        path = posixpath.normpath(str(source.get("path") or ".")).strip("/")
        brings_none = source.get("chart") or "plugin" in source  # it renders something else than files of the tree
        if brings_none or not _is_own(subject, root, path, inside):
            continue
        where = subject.line(root, "spec", "source", "path")
        if path != "." and path not in inside:
            text = f"path {path} of Application {root.name} is not in the tree"
            yield error(text, "Correct the path.", where, root.environment)
            continue
        yield from _reads_elsewhere(subject, root, source)
        brought = brought_files(subject, source, path)
        yield from _coverage(subject, root, brought)
        yield from _destination(subject, root, brought)


def _is_own(subject: Subject, root: Document, path: str, inside: frozenset[str]) -> bool:
    """Whether an Application reads this tree: by its repository, or by a path that is here."""
    url = plain_url(str(root.get("spec", "source", "repoURL") or ""))
    return url in {plain_url(own) for own in subject.own_repositories} or (path != "." and path in inside)


def _reads_elsewhere(subject: Subject, root: Document, source: dict[str, Any]) -> Iterator[Hit]:
    """The root's repository and revision against those of the ApplicationSets that it brings."""
    for appset in (one for one in subject.appsets if one.environment == root.environment):
        for git in generators(appset, "git"):
            for mine, theirs in (("repoURL", "repoURL"), ("targetRevision", "revision")):
                left, right = str(source.get(mine) or "HEAD"), str(git.get(theirs) or "HEAD")
                if plain_url(left) != plain_url(right):
                    text = f"{mine} {left} of Application {root.name} is not what ApplicationSet {appset.name} reads"
                    hint = f"Both are this tree: {right}."
                    yield error(text, hint, subject.line(root, "spec", "source", mine), root.environment)


def brought_files(subject: Subject, source: dict[str, Any], folder: str) -> frozenset[str]:
    """The files that a directory source applies (rule 6.16)."""
    options = mapped(source, "directory")
    prefix = "" if folder == "." else f"{folder}/"
    include, exclude = str(options.get("include") or ""), str(options.get("exclude") or "")
    found = set()
    for path in subject.tree.files:
        rest = path.removeprefix(prefix)
        if not path.startswith(prefix) or not path.endswith((".yaml", ".yml", ".json")):
            continue
        if "/" in rest and options.get("recurse") is not True:
            continue
        if exclude and directory_glob_matches(exclude, rest):
            continue
        if not include or directory_glob_matches(include, rest):
            found.add(path)
    return frozenset(found)


def _coverage(subject: Subject, root: Document, brought: frozenset[str]) -> Iterator[Hit]:
    if not root.environment:
        return
    own = [one for one in (*subject.appsets, *subject.projects) if one.environment == root.environment]
    where = subject.line(root, "spec", "source")
    missed = sorted({one.path for one in own} - brought)
    if missed:
        more = f" and {len(missed) - 1} more" if len(missed) > 1 else ""
        text = f"Application {root.name} does not bring {missed[0]}{more}"
        hint = "Correct path, recurse, include or exclude of its source."
        yield error(text, hint, where, root.environment)
    if root.path in brought:
        text = f"Application {root.name} brings itself, and so a mistake in it locks it out"
        yield error(text, "Exclude its own file.", where, root.environment)
    for one in subject.others:
        if one.path in brought and one.get("kind") == "ConfigMap":
            text = f"Application {root.name} brings {one.path}, which the chart of Argo CD owns as well"
            yield error(text, "Exclude it: two owners overwrite each other for ever.", where, root.environment)


def _destination(subject: Subject, root: Document, brought: frozenset[str]) -> Iterator[Hit]:
    destination = mapped(root.data, "spec", "destination")
    if any(one.path in brought for one in subject.appsets):
        if not {destination.get("name"), destination.get("server")} & set(_LOCAL):
            text = f"Application {root.name} puts ApplicationSets into another cluster than Argo CD's own"
            where = subject.line(root, "spec", "destination")
            yield warning(text, "Write name: in-cluster, unless another Argo CD runs there.", where, root.environment)
        for project in subject.projects:
            if project.path in brought and project.name == root.get("spec", "project"):
                text = f"Application {root.name} is in project {project.name}, which it brings itself"
                where = subject.line(root, "spec", "project")
                yield error(text, "Use the project default.", where, root.environment)
        if dig(root.data, "spec", "syncPolicy", "automated", "prune") is True:
            text = f"Application {root.name} prunes: a file that went by mistake takes its ApplicationSet along"
            where = subject.line(root, "spec", "syncPolicy", "automated", "prune")
            yield warning(text, "Leave prune out here; delete by hand what is meant.", where, root.environment)


RULE = Rule(
    id="L49",
    title="the root Application brings what it should",
    reason="what it misses never comes, and what it takes too much of has two owners",
    pointer="D 8, AC 6.16",
    severity=Severity.ERROR,
    check=check_roots,
    own_tree=True,
    example=Example(
        bad={
            ROOT: """
                spec:
                  source:
                    path: environments/dev/argo  # <- here
            """,
        },
        good={
            ROOT: """
                spec:
                  source:
                    path: environments/dev/argocd
            """,
        },
    ),
)
