"""What a tree has Argo CD not compare: entries of Applications, and of whole kinds in argocd-cm."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterator
from dataclasses import dataclass

from migrate.doors.helm import HelmError, parse_values
from migrate.lint.settings import Setting, setting_line, settings_of
from migrate.lint.subject import Subject, listed, mapped
from migrate.model.application import GeneratedApplication
from migrate.model.differences import DIFFERENCES_KEY, RESPECT, Ignored
from migrate.model.finding import SourceLocation
from migrate.model.json import JsonObject, JsonValue, as_object
from migrate.model.manifest import ObjectKey

_OLD_KEY = "resource.customizations"
"""All customizations in one text, by ``group/Kind``; Argo CD still reads it."""
_PLAIN_PATH = re.compile(r"(?:\.[A-Za-z_]\w*)+")
_PAYLOAD = re.compile(r"""\.(?:data|stringData)\b|\.?\[["'](?:data|stringData)["']\]""")


@dataclass(frozen=True)
class Entry:
    """One entry: what it ignores, and where that stands."""

    ignored: Ignored
    namespace: str
    source: SourceLocation
    environment: str

    def is_of_kind(self, key: ObjectKey) -> bool:
        """Whether it speaks of objects of the key's kind; group and kind are patterns."""
        mine = self.ignored
        return fnmatch.fnmatchcase(key.group, mine.group) and fnmatch.fnmatchcase(key.kind, mine.kind)

    def is_of(self, key: ObjectKey) -> bool:
        """Whether it speaks of an object."""
        names = (self.ignored.name, key.name), (self.namespace, key.namespace)
        return self.is_of_kind(key) and all(mine in ("", theirs) for mine, theirs in names)

    @property
    def payload(self) -> tuple[str, ...]:
        """What it ignores of a Secret's content."""
        pointers = (p for p in self.ignored.pointers if p.split("/")[1:2] in (["data"], ["stringData"]))
        return (*pointers, *(e for e in self.ignored.expressions if _PAYLOAD.match(e.strip())))


def entries_of(subject: Subject, one: GeneratedApplication) -> Iterator[Entry]:
    """The entries of an Application, in order."""
    for index, item in enumerate(listed(one.manifest, "spec", "ignoreDifferences")):
        if isinstance(item, dict):
            source = subject.place(one, "ignoreDifferences", index)
            name, namespace = str(item.get("name") or ""), str(item.get("namespace") or "")
            ignored = _ignored(str(item.get("group") or ""), str(item.get("kind") or ""), item, name)
            yield Entry(ignored, namespace, source, one.environment)


def kind_wide_entries(subject: Subject) -> Iterator[Entry]:
    """The entries of every argocd-cm of the tree; what is no YAML is left out."""
    for setting in settings_of(subject, "cm"):
        for key, text in setting.data.items():
            if key.startswith(DIFFERENCES_KEY) and isinstance(text, str):
                yield from _of_setting(subject, setting, key, text)
        yield from _of_old_key(subject, setting)


def _of_setting(subject: Subject, setting: Setting, key: str, text: str) -> Iterator[Entry]:
    what = key.removeprefix(DIFFERENCES_KEY)
    group, _, kind = ("*", "", "*") if what == "all" else what.rpartition("_")
    yield from _entry(subject, setting, key, (group, kind), text)


def _of_old_key(subject: Subject, setting: Setting) -> Iterator[Entry]:
    for what, item in _read(setting.data.get(_OLD_KEY)).items():
        group, _, kind = what.rpartition("/")
        text = as_object(item).get("ignoreDifferences")
        if isinstance(text, str):
            yield from _entry(subject, setting, _OLD_KEY, (group, kind), text)


def _entry(subject: Subject, setting: Setting, key: str, kind: tuple[str, str], text: str) -> Iterator[Entry]:
    if fields := _read(text):
        source = setting_line(subject, setting, key)
        yield Entry(_ignored(*kind, fields), "", source, setting.document.environment)


def _read(text: JsonValue) -> JsonObject:
    """A setting's own YAML; empty where it is none."""
    try:
        return parse_values(text) if isinstance(text, str) else {}
    except HelmError:
        return {}


def _ignored(group: str, kind: str, fields: JsonObject, name: str = "") -> Ignored:
    def texts(key: str) -> tuple[str, ...]:
        return tuple(str(item) for item in listed(fields, key))

    return Ignored(
        group, kind, texts("jsonPointers"), texts("jqPathExpressions"), texts("managedFieldsManagers"), name=name
    )


def covers(wide: Ignored, own: Ignored) -> bool:
    """Whether what is ignored for kinds holds all that ``own`` ignores of its kind; ``.a.b`` is ``/a/b``."""
    is_of_kind = fnmatch.fnmatchcase(own.group, wide.group) and fnmatch.fnmatchcase(own.kind, wide.kind)
    return is_of_kind and paths_of(own) <= paths_of(wide) and set(own.managers) <= set(wide.managers)


def paths_of(one: Ignored) -> set[str]:
    """What is ignored, as pointers where it can be said so."""
    plain = (text.replace(".", "/") if _PLAIN_PATH.fullmatch(text) else text for text in one.expressions)
    return {*one.pointers, *plain}


def respects(one: GeneratedApplication) -> bool:
    """Whether a sync leaves alone what is ignored."""
    options = listed(mapped(one.manifest, "spec", "syncPolicy"), "syncOptions")
    return RESPECT in (str(option) for option in options)
