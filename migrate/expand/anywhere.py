"""Documents of a tree that somebody else wrote → their Applications, as far as the tree alone tells them.

An ApplicationSet whose generators ask a server, the clusters or another repository is left out, with the reason.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from migrate.expand.appset import expand_one
from migrate.expand.context import Surroundings
from migrate.expand.errors import GenerationError
from migrate.expand.normalise import normalised
from migrate.expand.patch import decode_application
from migrate.model.application import Expansion, ExpansionError, GeneratedApplication, plain_url
from migrate.model.json import JsonObject, JsonValue, as_object, objects_in
from migrate.model.tree import FileTree

_ASKING = ("clusters", "scmProvider", "pullRequest", "plugin", "clusterDecisionResource")


@dataclass(frozen=True)
class LeftOut:
    """An ApplicationSet that cannot be expanded here."""

    origin: str
    name: str
    reason: str


def expand_documents(
    documents: Sequence[tuple[str, JsonObject]],
    tree: FileTree,
    own: frozenset[str],
    *,
    argocd_version: str = "3.3",
) -> tuple[Expansion, tuple[LeftOut, ...]]:
    """The Applications of ApplicationSets and of Applications written out, in the order of ``documents``.

    ``documents`` pairs each with where it stands (``path#index``), which its Applications carry as their origin;
    ``own`` are the plain URLs whose content ``tree`` is.
    """
    applications: list[GeneratedApplication] = []
    errors: list[ExpansionError] = []
    left: list[LeftOut] = []
    surroundings = Surroundings({"": tree}, None, None, argocd_version=argocd_version)
    for origin, document in documents:
        if document.get("kind") == "Application":
            found = _written_out(document)
        elif reason := next(_reasons(as_object(document.get("spec")).get("generators"), own), ""):
            left.append(LeftOut(origin, _name(document), reason))
            continue
        else:
            found = expand_one(document, surroundings)
        applications += [replace(one, origin=origin) for one in found.applications]
        errors += [replace(one, origin=origin) for one in found.errors]
    return Expansion(tuple(applications), tuple(errors)), tuple(left)


def _written_out(document: JsonObject) -> Expansion:
    try:
        manifest = normalised(decode_application(document))
    except GenerationError as error:
        return Expansion((), (ExpansionError(_name(document), str(error)),))
    return Expansion((GeneratedApplication("", "", _name(document), manifest),))


def _reasons(generators: JsonValue, own: frozenset[str]) -> Iterator[str]:
    """Why an ApplicationSet cannot be expanded from the tree alone."""
    for entry in objects_in(generators):
        for kind in _ASKING:
            if kind in entry:
                yield f"its {kind} generator asks what is not in this tree"
        git: Any = entry.get("git")
        if isinstance(git, dict) and plain_url(str(git.get("repoURL") or "")) not in own:
            yield f"its git generator reads another repository, {git.get('repoURL')}"
        for joining in ("matrix", "merge"):
            yield from _reasons(as_object(entry.get(joining)).get("generators"), own)


def _name(document: JsonObject) -> str:
    return str(as_object(document.get("metadata")).get("name") or "")
