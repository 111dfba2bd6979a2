"""Parameter sets: the data one Application is made from, and how two of them become one."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

from migrate.doors.appset_template import TextList, TextMap, normalize, text_map
from migrate.expand.errors import GenerationError
from migrate.expand.text import Substitution, go_text

Params: TypeAlias = "dict[str, Any]"


def flatten(params: Mapping[str, Any], *, open_text_maps: bool = True) -> dict[str, Any]:
    """``{"a": {"b": 1}, "l": ["x"]}`` → ``{"a.b": 1, "l.0": "x"}``; empty mappings and lists leave nothing."""
    return dict(_leaves("", params, open_text_maps))


def _leaves(path: str, value: Any, open_text_maps: bool) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict) or (isinstance(value, TextMap) and open_text_maps):
        for key, item in value.items():
            yield from _leaves(f"{path}.{key}" if path else key, item, open_text_maps)
    elif isinstance(value, list) and not isinstance(value, TextList):
        for index, item in enumerate(value):
            yield from _leaves(f"{path}.{index}" if path else str(index), item, open_text_maps)
    else:
        yield path, value


def flat_texts(params: Mapping[str, Any]) -> Params:
    """The parameters of flat mode: every leaf as text (rule 1.16)."""
    return {key: go_text(value) for key, value in flatten(params).items()}


def path_params(folder: str, filename: str | None, prefix: str, substitution: Substitution) -> Params:
    """What a git generator tells of a path: nested for Go templates, dotted keys else (rules 1.14 to 1.16, 1.21)."""
    basename = folder.rsplit("/", 1)[-1]
    segments = folder.split("/")
    known = {"basename": basename, "basenameNormalized": _normalized(basename)}
    if filename is not None:
        known |= {"filename": filename, "filenameNormalized": _normalized(filename)}
    if substitution.go_template:
        nested: Params = {"path": {"path": folder, **known, "segments": TextList(segments)}}
        return {prefix: nested} if prefix else nested
    stem = f"{prefix}.path" if prefix else "path"
    flat: Params = {stem: folder, **{f"{stem}.{key}": value for key, value in known.items()}}
    return flat | {f"{stem}[{index}]": segment for index, segment in enumerate(segments) if segment}


def _normalized(name: str) -> str:
    return normalize(name)


def with_values(params: Params, values: Mapping[str, str], substitution: Substitution) -> Params:
    """``params`` with the generator's ``values:`` block, rendered with the params themselves (rule 1.17)."""
    if not values:
        return params
    rendered = {key: substitution.render(text, params) for key, text in values.items()}
    if substitution.go_template:
        return {**params, "values": text_map(rendered)}
    return params | {f"values.{key}": text for key, text in rendered.items()}


def laid_over(base: Mapping[str, Any], above: Mapping[str, Any]) -> Params:
    """Mappings merged deeply, ``above`` wins always; lists are taken whole (rules 1.29 and 1.32).

    Raises:
        GenerationError: a free mapping would go into a text map, which the real controller does not survive.
    """
    merged: Params = copy.copy(dict(base))
    for key, value in above.items():
        below = merged.get(key)
        merged[key] = _laid_over_value(key, below, value)
    return merged


def _laid_over_value(key: str, below: Any, value: Any) -> Any:
    if not isinstance(below, Mapping) or not isinstance(value, Mapping):
        return value
    if isinstance(below, TextMap):
        if not isinstance(value, TextMap):
            raise GenerationError(
                f"parameter {key!r}: a free mapping cannot be merged into the {key} block of a generator; "
                "the controller panics on it and generates nothing"
            )
        return text_map({**below, **value})
    return laid_over(below, value)


Written: TypeAlias = "dict[tuple[int, str], Any]"
"""What one child of a merge wrote into which nested mapping, told by its identity."""


def lay_into(base: Params, above: Mapping[str, Any], written: Written) -> None:
    """As :func:`laid_over`, but nested mappings of ``base`` are changed where they are.

    So does the controller, and the sets that a matrix makes share the nested mappings of its first child: what is
    laid over one of them is laid over all.

    Raises:
        GenerationError: as above; or two sets lay different values into one shared mapping, and which of them stays
            changes from run to run in the controller.
    """
    for key, value in above.items():
        below = base.get(key)
        if isinstance(below, TextMap) and isinstance(value, TextMap):
            texts: Any = below.data
            _lay_into_shared(texts, value, written)
        elif isinstance(below, dict) and isinstance(value, Mapping):
            _lay_into_shared(below, value, written)
        else:
            base[key] = _laid_over_value(key, below, value)


def _lay_into_shared(below: Params, above: Mapping[str, Any], written: Written) -> None:
    for key, value in above.items():
        if isinstance(value, Mapping):
            continue
        before = written.setdefault((id(below), key), value)
        if before != value:
            raise GenerationError(
                f"parameter {key!r}: two sets of a merge write {go_text(before)} and {go_text(value)} into a mapping "
                "that the sets of the base share; which one stays changes from run to run in the controller"
            )
    lay_into(below, above, written)


def joined_flat(first: Params, second: Params) -> Params:
    """Two flat parameter sets as one.

    Raises:
        GenerationError: both have a key with different texts (rule 1.29).
    """
    for key in sorted(first.keys() & second.keys()):
        if first[key] != second[key]:
            raise GenerationError(f"found duplicate key {key} with different value, a: {first[key]}, b: {second[key]}")
    return {**first, **second}
