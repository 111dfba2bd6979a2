"""How helmfile lays one mapping over another: four algorithms that must not be mixed up (rule 9).

Pure functions on plain data; nothing that is passed in is changed.
"""

from __future__ import annotations

from typing import Any

from migrate.read.schema import Section


def merge_override(base: dict[Any, Any], over: dict[Any, Any]) -> dict[Any, Any]:
    """Inside one list of values (rule 9.A): mappings go deep, all else of ``over`` wins, null and empty too."""
    merged = dict(base)
    for key, value in over.items():
        below = merged.get(key)
        if isinstance(below, dict) and isinstance(value, dict):
            merged[key] = merge_override(below, value)
        else:
            merged[key] = value
    return merged


def merge_layers(base: dict[Any, Any], over: dict[Any, Any], *, element_wise: bool = False) -> dict[Any, Any]:
    """Between layers (rule 9.B): null only fills a gap, lists follow the sparse or element-wise rule."""
    merged = dict(base)
    for key, value in over.items():
        below = merged.get(key)
        if value is None:
            merged.setdefault(key, None)
        elif isinstance(below, dict) and isinstance(value, dict):
            merged[key] = merge_layers(below, value, element_wise=element_wise)
        elif isinstance(below, list) and isinstance(value, list):
            merged[key] = _merge_lists(below, value, element_wise=element_wise)
        else:
            merged[key] = value
    return merged


def _merge_lists(base: list[Any], over: list[Any], *, element_wise: bool) -> list[Any]:
    if not element_wise and None not in over:
        return over
    merged = list(base) + over[len(base) :]
    for index, (below, value) in enumerate(zip(base, over, strict=False)):
        if value is None:
            continue
        both = isinstance(below, dict) and isinstance(value, dict)
        merged[index] = merge_layers(below, value, element_wise=element_wise) if both else value
    return merged


def is_zero(value: Any) -> bool:
    """Whether Go would call a decoded field empty."""
    return value is None or value == "" or value is False or value == 0 or value == [] or value == {}


def merge_sections(base: Section, over: Section, *, append: bool) -> Section:
    """Typed sections (rule 9.C): a zero never overrides; lists replace, or append base first.

    Entries of mappings are taken one by one, each replaced as a whole.
    """
    merged = base.copy()
    for name, value in over.items():
        below = merged.get(name)
        if name in merged and is_zero(value):
            continue
        if isinstance(below, Section) and isinstance(value, Section):
            merged[name] = merge_sections(below, value, append=append)
        elif isinstance(below, list) and isinstance(value, list) and append:
            merged[name] = below + value
        elif isinstance(below, dict) and isinstance(value, dict):
            merged[name] = {**below, **value}
        else:
            merged[name] = value
        merged.places[name] = over.at(name)
    merged.inherited = (base.inherited - set(over)) | over.inherited
    return merged


def complete_section(base: Section, over: Section) -> Section:
    """Bases and documents as helmfile 0 lays them: what is there stays, lists append base first (rule 17.1)."""
    merged = base.copy()
    for name, value in over.items():
        below = merged.get(name)
        if isinstance(below, Section) and isinstance(value, Section):
            merged[name] = complete_section(below, value)
        elif isinstance(below, list) and isinstance(value, list):
            merged[name] = below + value
        elif isinstance(below, dict) and isinstance(value, dict):
            merged[name] = {**value, **below}
        elif is_zero(below):
            merged[name] = value
            merged.places[name] = over.at(name)
    return merged


def fill_section(section: Section, parent: Section) -> Section:
    """The section with the parent's value wherever its own is zero (``inherits``, rule 4.14)."""
    filled = section.copy()
    for name, value in parent.items():
        if is_zero(filled.get(name)):
            filled[name] = value
            filled.places[name] = parent.at(name)
    return filled
