"""Values of releases as a real helmfile writes them: one inline layer each, what is secret masked.

The second half of ``binary``.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from migrate.doors.estate_files import absolute
from migrate.doors.helmfile_binary import HelmfileError, HelmfileProgram
from migrate.doors.yaml import YamlError
from migrate.errors import EstateError
from migrate.model.estate import Release, SetValue, ValuesKind, ValuesLayer
from migrate.model.finding import Severity
from migrate.read.binary_answers import BuiltFile, selected
from migrate.read.masking import data_of, mask_values, whole_placeholder
from migrate.read.releases import ReleaseContext
from migrate.read.schema import Entry, Section
from migrate.read.session import Session
from migrate.read.visit import with_values

UNWRITTEN = "HF080"
"""The finding that helmfile cannot write the values of a release."""
_VALUE_KEYS = ("values", "secrets", "valuesTemplate")
_PATCHES = ("jsonPatches", "strategicMergePatches", "transformers")
SECRET_KEYS = (*_VALUE_KEYS, *_PATCHES, "set", "setString", "setTemplate", "env")


@dataclass(frozen=True)
class BinaryRelease:
    """A release as helmfile resolved it, beside our own reading of it."""

    release: Release
    twin: Release | None
    context: ReleaseContext
    section: Section
    path: str
    """The state file."""
    secretive: bool = False
    """Whether something in its values may be secret."""


def with_written_values(
    session: Session, program: HelmfileProgram, arguments: Sequence[str], items: list[BinaryRelease]
) -> list[BinaryRelease]:
    """The items with values, set flags and patches; values that helmfile cannot write are a finding."""
    wanted = [item for item in items if item.release.deployed]
    texts, faults = _written(session, program, arguments, wanted) if wanted else ({}, {})
    done = []
    for item in items:
        release = item.release
        text = texts.get(_written_key(item))
        if not release.deployed:
            done.append(_parked(item))
            continue
        if text is None:
            said = faults.get(release.name, "it wrote none")
            session.tell(
                UNWRITTEN,
                Severity.ERROR,
                f"helmfile cannot write the values of {release.id}: {said}",
                hint="give it what it lacks (--set-env, or its plugins by HELM_PLUGINS): their place stays unknown",
                source=release.source,
                release=release.id,
            )
        done.append(replace(item, release=_valued(item, text)))
    return done


def _parked(item: BinaryRelease) -> BinaryRelease:
    """A release that is not deployed: ``write-values`` leaves it out, so its values are those of our own reading."""
    twin = item.twin
    if twin is None:
        return item
    release = replace(
        item.release,
        values=twin.values,
        sets=twin.sets,
        json_patches=twin.json_patches,
        strategic_merge_patches=twin.strategic_merge_patches,
    )
    return replace(item, release=release)


def _written_key(item: BinaryRelease) -> tuple[str, str]:
    release = item.release
    state = hashlib.sha1(item.path.encode(), usedforsecurity=False).hexdigest()[:8]
    return state, f"{release.kube_context}--{release.namespace}--{release.name}"


def _written(
    session: Session, program: HelmfileProgram, arguments: Sequence[str], items: Sequence[BinaryRelease]
) -> tuple[dict[tuple[str, str], str], dict[str, str]]:
    """The text of each release, and by name what helmfile said of those it could not write.

    One run for those without secrets, one for the others; where one fails, its halves, so that a closed secret
    does not hide every other value.
    """
    names = list(dict.fromkeys(item.release.name for item in items))
    closed = {item.release.name for item in items if item.secretive}
    parts = [[n for n in names if n not in closed], [n for n in names if n in closed]]
    texts: dict[tuple[str, str], str] = {}
    faults: dict[str, str] = {}
    waiting = [part for part in parts if part]
    while waiting:
        part = waiting.pop()
        selectors = selected(session, () if len(part) == len(names) else part)
        try:
            texts |= program.written_values([*arguments, *selectors, "write-values"])
        except HelmfileError as error:
            if len(part) == 1:
                faults[part[0]] = str(error)
            else:
                middle = len(part) // 2
                waiting += [part[middle:], part[:middle]]
    return texts, faults


def _valued(item: BinaryRelease, text: str | None) -> Release:
    """The release with one inline layer, and with the flags and patches of ``build``."""
    release, twin = item.release, item.twin
    shown, layer = _layer(item, text)
    bare = item.section.copy()
    for name in (*_VALUE_KEYS, *(_PATCHES if twin is not None else ())):
        bare.pop(name, None)
    bare["values"] = [Entry(shown, release.source)]
    valued = with_values(item.context, bare, release)
    valued = replace(valued, values=(layer,), sets=tuple(_shown_flag(flag, item) for flag in valued.sets))
    if twin is None:
        return valued
    return replace(
        valued,
        json_patches=twin.json_patches,
        strategic_merge_patches=twin.strategic_merge_patches,
        transformers=twin.transformers,
    )


def _shown_flag(flag: SetValue, item: BinaryRelease) -> SetValue:
    """The flag at the place where our own reading saw it; as that saw it where it may be secret, or closed."""
    ours = item.twin.sets if item.twin is not None else ()
    other = next((f for f in ours if (f.flag, f.name) == (flag.flag, flag.name)), None)
    if other is not None:
        return other if item.secretive else replace(flag, source=other.source)
    if not item.secretive or flag.flag == "--set-file":
        return flag
    whole = whole_placeholder(item.release.id, item.release.source)
    return replace(flag, value=whole.text, placeholders=(replace(whole, path=flag.name),))


def _layer(item: BinaryRelease, text: str | None) -> tuple[dict[str, Any], ValuesLayer]:
    release = item.release
    whole = whole_placeholder(release.id, release.source)
    if text is None:
        return {}, ValuesLayer(ValuesKind.INLINE, "", "{}\n", release.source, (whole,))
    real = _data(text, release.id)
    if not item.secretive or not real:
        return real, ValuesLayer(ValuesKind.INLINE, "", text, release.source)
    if item.twin is None or not item.twin.values:
        return {}, ValuesLayer(ValuesKind.INLINE, "", "{}\n", release.source, (whole,), secret_text=text)
    masked = mask_values(real, item.twin, whole)
    secret = text if masked.placeholders else None
    shown = masked.text or text
    return masked.data, ValuesLayer(ValuesKind.INLINE, "", shown, release.source, masked.placeholders, secret)


def _data(text: str, identity: str) -> dict[str, Any]:
    try:
        return data_of(text)
    except YamlError as error:
        raise EstateError(f"the values that helmfile writes for {identity} are broken YAML: {error}") from error


def state_holds_secrets(session: Session, file: BuiltFile) -> bool:
    """Whether a state file brings secrets into state values, from where they may go into any release's values."""
    if any(entry.get("secrets") for entry in file.spec.get("environments", {}).values()):
        return True
    return _mentions_secrets(session, file.path) or "ref+" in json.dumps(file.values, default=str)


def release_holds_secrets(session: Session, item: BinaryRelease) -> bool:
    """Whether a release brings secrets of its own into its values, as far as the files tell."""
    section = item.section
    if section.get("secrets") or (item.twin is not None and item.twin.placeholders):
        return True
    inline = [entry.value for entry in section.get("values", []) if not isinstance(entry.value, str)]
    if "ref+" in json.dumps([inline, section.get("set"), section.get("setString")], default=str):
        return True
    names = [entry.value for entry in section.get("values", []) if isinstance(entry.value, str)]
    paths = (path for name in names for path in session.files.glob(absolute(name, item.context.state.base)))
    return any(_mentions_secrets(session, path) for path in paths)


def _mentions_secrets(session: Session, path: str) -> bool:
    """Whether a file's text looks secrets up; one that may not be read could."""
    try:
        return re.search(r"ref\+|fetchSecretValue|expandSecretRefs", session.read(path)) is not None
    except EstateError:
        return True
