"""A layer's releases × its state files → the files with fences, or without the releases; read again and compared.

    files ──edit──▶ overlay ──read again──▶ Estate ──same but for what was meant?──▶ yes: the edit  no: entry by entry

What cannot be edited safely stays as it is, with a finding that says why (decision 26).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from migrate.commit.fences import fenced
from migrate.commit.removal import is_spent, without_children, without_items, without_needs
from migrate.commit.spans import Item, aliases, anchors, sections, split_lines
from migrate.errors import EstateError
from migrate.model.estate import Estate, Release
from migrate.model.fence import is_fenced, without_fence
from migrate.model.finding import Finding, Severity, SourceLocation
from migrate.model.removed import CutNeed

Files: TypeAlias = "Mapping[str, str | None]"
"""Root-relative path → its new text; None: the file goes."""
ReadText: TypeAlias = "Callable[[str], str]"
ReadAgain: TypeAlias = "Callable[[Files], Estate]"
"""The estate as it reads with these files. Raises EstateError."""
_Key: TypeAlias = "tuple[str, str]"
_Edit: TypeAlias = "Callable[[Mapping[str, str], Sequence[_Entry]], dict[str, str | None]]"
_NOWHERE = SourceLocation("", 0)


@dataclass(frozen=True)
class CutOver:
    """What becomes of the state files: new texts, the releases it was done for, and why not for others."""

    files: Files
    done: tuple[str, ...]
    findings: tuple[Finding, ...] = ()
    cut_needs: tuple[CutNeed, ...] = ()


@dataclass(frozen=True)
class _Entry:
    """An entry of a ``releases`` list and the releases that it becomes: several, where a loop writes it."""

    file: str
    item: Item
    releases: tuple[Release, ...]

    @property
    def ids(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(release.id for release in self.releases))


def fence_releases(estate: Estate, wanted: Collection[str], read: ReadText, again: ReadAgain) -> CutOver:
    """The state files with a fence on each release of ``wanted`` (ids) that has none."""
    entries, texts, findings = _entries(estate, wanted, read)
    open_ = [e for e in entries if set(e.ids) & set(wanted) and not all(is_fenced(r) for r in e.releases)]
    mixed = [entry for entry in open_ if not set(entry.ids) <= set(wanted)]
    findings += [_finding("CO001", e, "is written by the same lines as releases of another layer") for e in mixed]
    candidates = [entry for entry in open_ if entry not in mixed]
    before = {(r.environment, r.id): r for r in estate.releases}

    def edit(texts: Mapping[str, str], chosen: Sequence[_Entry]) -> dict[str, str | None]:
        found: dict[str, str | None] = {}
        for file in dict.fromkeys(entry.file for entry in chosen):
            lines = split_lines(texts[file])
            for entry in sorted((e for e in chosen if e.file == file), key=lambda e: e.item.start, reverse=True):
                lines = fenced(lines, entry.item) or lines
            found[file] = "".join(lines)
        return found

    def holds(after: Estate, chosen: Sequence[_Entry]) -> bool:
        there = {(r.environment, r.id): r for r in after.releases}
        done = {one for entry in chosen for one in entry.ids}
        return _same(before, there) and all(is_fenced(there[key]) for key in before if key[1] in done)

    chosen, files, refused = _settled(candidates, texts, edit, holds, again)
    why = "cannot be fenced by a change of its lines alone (its hooks may come from a template)"
    findings += [_finding("CO002", entry, why) for entry in refused]
    already = {r.id for r in estate.releases if is_fenced(r) and r.id in wanted}
    done = already | {one for entry in chosen for one in entry.ids}
    return CutOver(files, _in_order(estate, done), tuple(findings))


def remove_releases(estate: Estate, gone: Collection[str], read: ReadText, again: ReadAgain) -> CutOver:
    """The state files without the releases ``gone`` (ids) and the ``needs`` on them; a file that lists nothing goes.

    A release that shares its lines with one that stays, or sets an anchor that others use, stays with a finding.
    """
    entries, texts, findings = _entries(estate, gone, read)
    meant = [entry for entry in entries if set(entry.ids) & set(gone)]
    loops = [entry for entry in meant if not set(entry.ids) <= set(gone)]
    findings += [_finding("CO003", e, "comes from a loop that other releases come from, too") for e in loops]
    candidates = [entry for entry in meant if entry not in loops]
    candidates, anchored = _without_shared_anchors(candidates, texts)
    findings += [_finding("CO004", e, f"sets the anchor &{name}, which others use") for e, name in anchored]
    before = {(r.environment, r.id): r for r in estate.releases}

    def edit(texts: Mapping[str, str], chosen: Sequence[_Entry]) -> dict[str, str | None]:
        return _without(texts, entries, chosen)

    def holds(after: Estate, chosen: Sequence[_Entry]) -> bool:
        out = {one for entry in chosen for one in entry.ids}
        there = {(r.environment, r.id): r for r in after.releases}
        stay = {key: _without_needs(r, out) for key, r in before.items() if key[1] not in out}
        return _same(stay, {key: _without_needs(r, out) for key, r in there.items()})

    def read_again(files: Files) -> Estate:
        # Where no helmfile is left there is nothing to read, and a reading would say that there is no estate.
        if estate.layers and all(files.get(layer.file, "") is None for layer in estate.layers):
            return dataclasses.replace(estate, releases=())
        return again(files)

    chosen, files, refused = _settled(candidates, texts, edit, holds, read_again)
    why = "cannot be taken out: the remaining releases would change"
    findings += [_finding("CO005", entry, why) for entry in refused]
    out = {one for entry in chosen for one in entry.ids}
    cut = tuple(
        CutNeed(r.environment, r.id, need)
        for r in estate.releases
        if r.id not in out
        for need in r.needs
        if need in out
    )
    return CutOver(files, _in_order(estate, out), tuple(findings), cut)


def _entries(
    estate: Estate, wanted: Collection[str], read: ReadText
) -> tuple[list[_Entry], dict[str, str], list[Finding]]:
    """The entries of every state file that writes one of ``wanted``, and of all that may list such a file."""
    owners = {r.source.file for r in estate.releases if r.id in wanted}
    layers = {r.layer for r in estate.releases if r.id in wanted}
    roots = {layer.file for layer in estate.layers if layer.name in layers}
    listing = {file for file in estate.files if file.endswith((".yaml", ".yml", ".gotmpl"))}
    texts = {file: read(file) for file in sorted(owners | roots | listing)}
    texts = {f: text for f, text in texts.items() if f in owners | roots or sections(split_lines(text), "helmfiles")}
    entries = []
    for file, text in texts.items():
        lines = split_lines(text)
        for item in (item for section in sections(lines, "releases") for item in section.items):
            of_item = tuple(r for r in estate.releases if r.source.file == file and item.holds(r.source.line))
            entries.append(_Entry(file, item, of_item))
    written = {(r.environment, r.id) for entry in entries for r in entry.releases}
    lost = {r.id: r for r in estate.releases if r.id in wanted and (r.environment, r.id) not in written}
    torn = [entry for entry in entries if not entry.item.whole and set(entry.ids) & set(wanted)]
    findings = [
        Finding(
            "CO006", Severity.WARNING, f"{r.id} is written by a template that lists no entry", _BY_HAND, r.source, r.id
        )
        for r in lost.values()
    ] + [_finding("CO007", entry, "holds the beginning or end of a template's block") for entry in torn]
    whole = [entry for entry in entries if entry not in torn]
    return [e for e in whole if not set(e.ids) & set(lost)], texts, findings


_BY_HAND = "change it by hand; then run this again"


def _finding(code: str, entry: _Entry, why: str) -> Finding:
    names = ", ".join(entry.ids)
    place = SourceLocation(entry.file, entry.item.start + 1)
    return Finding(code, Severity.WARNING, f"{names} {why}: left as it is", _BY_HAND, place, entry.ids[0])


def _settled(
    candidates: list[_Entry],
    texts: Mapping[str, str],
    edit: _Edit,
    holds: Callable[[Estate, Sequence[_Entry]], bool],
    again: ReadAgain,
) -> tuple[list[_Entry], dict[str, str | None], list[_Entry]]:
    """All candidates at once where that holds, else those that hold one after the other, and the others."""

    def tried(chosen: list[_Entry]) -> dict[str, str | None] | None:
        files = edit(texts, chosen)
        try:
            return files if holds(again(files), chosen) else None
        except EstateError:
            return None

    if not candidates:
        return [], {}, []
    whole = tried(candidates)
    if whole is not None:
        return candidates, whole, []
    chosen: list[_Entry] = []
    files: dict[str, str | None] = {}
    for entry in candidates:
        found = tried([*chosen, entry])
        if found is not None:
            chosen, files = [*chosen, entry], found
    return chosen, files, [entry for entry in candidates if entry not in chosen]


def _without(texts: Mapping[str, str], entries: Sequence[_Entry], chosen: Sequence[_Entry]) -> dict[str, str | None]:
    gone = {one for entry in chosen for one in entry.ids}
    found: dict[str, str | None] = {}
    for file, text in texts.items():
        lines = split_lines(text)
        # From the last line up, so that the spans above stay true.
        mine = sorted((e for e in entries if e.file == file), key=lambda e: e.item.start, reverse=True)
        for entry in mine:
            if entry in chosen:
                continue
            if any(need in gone for release in entry.releases for need in release.needs):
                lines = without_needs(lines, entry.item, gone)
        if lines != split_lines(text):
            text = "".join(lines)
        items = [item for section in sections(split_lines(text), "releases") for item in section.items]
        order = [e.item for e in sorted(mine, key=lambda e: e.item.start)]
        out = [items[order.index(e.item)] for e in mine if e in chosen] if len(items) == len(order) else []
        changed = "".join(without_items(split_lines(text), out))
        if changed != texts[file]:
            found[file] = changed
    return _without_spent(texts, found)


def _without_spent(texts: Mapping[str, str], found: dict[str, str | None]) -> dict[str, str | None]:
    """Files that list nothing any more go, with their entries in the files that take them, and so on upwards."""
    spent = {file for file, text in found.items() if text is not None and is_spent(text)}
    while spent:
        found |= dict.fromkeys(spent, None)
        above: set[str] = set()
        for file, text in texts.items():
            current = found.get(file, text)
            if current is None:
                continue
            changed = without_children(current, file, spent)
            if changed != current:
                found[file] = changed
                above |= {file} if is_spent(changed) else set()
        spent = above
    return found


def _without_shared_anchors(
    candidates: list[_Entry], texts: Mapping[str, str]
) -> tuple[list[_Entry], list[tuple[_Entry, str]]]:
    """The entries whose anchors nobody uses that stays, and the others with the anchor that is used."""
    kept = list(candidates)
    out: list[tuple[_Entry, str]] = []
    while True:
        shared = next(((e, name) for e in kept if (name := _shared_anchor(e, kept, texts[e.file]))), None)
        if shared is None:
            return kept, out
        kept.remove(shared[0])
        out.append(shared)


def _shared_anchor(entry: _Entry, going: Sequence[_Entry], text: str) -> str:
    lines = split_lines(text)
    gone = {n for e in going if e.file == entry.file for n in range(e.item.start, e.item.end)}
    used = aliases([line for n, line in enumerate(lines) if n not in gone])
    return min(anchors(lines[entry.item.start : entry.item.end]) & used, default="")


def _same(before: Mapping[_Key, Release], after: Mapping[_Key, Release]) -> bool:
    """Whether both hold the same releases, wherever they are written and whether fenced or not."""
    if before.keys() != after.keys():
        return False
    return all(_unplaced(without_fence(before[key])) == _unplaced(without_fence(after[key])) for key in before)


def _unplaced(value: Any) -> Any:
    """A noun without the lines where it was found."""
    if isinstance(value, SourceLocation):
        return _NOWHERE
    if isinstance(value, tuple):
        return tuple(_unplaced(item) for item in value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return tuple((f.name, _unplaced(getattr(value, f.name))) for f in dataclasses.fields(value))
    return value


def _without_needs(release: Release, gone: Collection[str]) -> Release:
    kept = tuple(need for need in release.needs if need not in gone)
    keys = tuple(key for key in release.keys if key.name != "needs")
    return dataclasses.replace(release, needs=kept, keys=keys)


def _in_order(estate: Estate, ids: Collection[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(release.id for release in estate.releases if release.id in ids))
