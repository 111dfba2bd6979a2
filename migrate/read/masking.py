"""Which of the values that a real helmfile wrote are secret: those that our own reading has placeholders for.

Called by ``binary`` and ``compare``; pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from migrate.doors.yaml import YamlError, compose_yaml, dump_yaml, plain_value
from migrate.model.estate import Placeholder, Release
from migrate.model.finding import SourceLocation
from migrate.read.merge import merge_override
from migrate.read.values import jsonable

ValuePath: TypeAlias = "tuple[str | int, ...]"

_LEAST = 4
"""A shorter secret is in too many texts by chance to be looked for in them."""


@dataclass(frozen=True)
class MaskedValues:
    """Values that may be shown, and what stands in for the others."""

    data: dict[str, Any]
    placeholders: tuple[Placeholder, ...]
    text: str
    """The data as YAML where something was masked; empty where nothing was."""


def whole_placeholder(identity: str, source: SourceLocation) -> Placeholder:
    """What stands for all values of a release, where nobody knows which of them are secret."""
    return Placeholder("", f"helmfile's values of {identity}", f"PLACEHOLDER-values-{identity}", source)


def folded_layers(release: Release) -> dict[str, Any]:
    """The release's layers as ``write-values`` folds them (rules 9.A, 12.4); layers that are no YAML count as empty."""
    folded: dict[str, Any] = {}
    for layer in release.values:
        try:
            folded = merge_override(folded, data_of(layer.text))
        except YamlError:
            continue
    return folded


def data_of(text: str) -> dict[str, Any]:
    """The first document of a values file as helmfile reads it; empty where it is no mapping.

    Raises:
        YamlError: it is no YAML.
    """
    documents = compose_yaml(text)
    value = plain_value(documents[0]) if documents else None
    return value if isinstance(value, dict) else {}


def mask_values(real: dict[str, Any], ours: Release, unaccounted: Placeholder) -> MaskedValues:
    """``real`` with a placeholder wherever our own reading of the release has one, or has not the same value.

    ``unaccounted`` stands in where ours has no placeholder but another value, or none: a template may have
    encoded the secret. A secret's text is masked wherever else it stands.
    """
    folded = folded_layers(ours)
    by_path = dict(_placeholder_paths(folded, [p for layer in ours.values for p in layer.placeholders]))
    known = dict(leaves(jsonable(folded)))
    for (path, value), (_, plain) in zip(leaves(real), leaves(jsonable(real)), strict=True):
        same = path in known and known[path] == plain
        if not same and value not in (None, "", {}, []) and not isinstance(value, bool):
            by_path.setdefault(path, unaccounted)
    secrets = {
        str(value): by_path[path]
        for path, value in leaves(real)
        if path in by_path and isinstance(value, str) and len(value) >= _LEAST
    }
    found: list[Placeholder] = []

    def shown(path: ValuePath, value: Any) -> Any:
        placeholder = by_path.get(path) or next(
            (p for secret, p in secrets.items() if isinstance(value, str) and secret in value), None
        )
        if placeholder is None:
            return value
        found.append(replace(placeholder, path=".".join(map(str, path))))
        return placeholder.text

    data = _mapped(real, shown)
    return MaskedValues(data, tuple(found), dump_yaml(jsonable(data)) if found else "")


def _placeholder_paths(folded: dict[str, Any], named: Iterable[Placeholder]) -> Iterator[tuple[ValuePath, Placeholder]]:
    listed = [placeholder for placeholder in named if placeholder.text]
    for path, value in leaves(folded):
        for placeholder in listed:
            if isinstance(value, str) and placeholder.text in value:
                yield path, placeholder
                break


def leaves(value: Any, path: ValuePath = ()) -> Iterator[tuple[ValuePath, Any]]:
    """Every leaf of plain data with its path; an empty mapping or list is a leaf."""
    if isinstance(value, dict) and value:
        for key, item in value.items():
            yield from leaves(item, (*path, key))
    elif isinstance(value, list) and value:
        for index, item in enumerate(value):
            yield from leaves(item, (*path, index))
    else:
        yield path, value


def _mapped(value: Any, change: Any, path: ValuePath = ()) -> Any:
    if isinstance(value, dict) and value:
        return {key: _mapped(item, change, (*path, key)) for key, item in value.items()}
    if isinstance(value, list) and value:
        return [_mapped(item, change, (*path, index)) for index, item in enumerate(value)]
    return change(path, value)
