"""Renders of a chart with other values: which of them hold still what it draws, or have it make no Secret."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from migrate.doors.charts import ChartFiles
from migrate.model.json import JsonObject, JsonValue, as_object
from migrate.model.manifest import HelmRequest, ObjectKey, Rendered
from migrate.model.structure import value_at
from migrate.render.chart import RenderCache, render_files
from migrate.render.values import merge_values

Field = tuple[ObjectKey, str]
"""An object, and the dotted path of a field in it."""

_MOST_TRIALS = 8
"""Renders of pins, and as many of switches; a chart that needs more is told without."""
_TRIED = "bWlncmF0ZSB0cmllcyBp"
"""Takes the place of a value: a word, and base64 where a chart decodes it."""
_EXISTING = re.compile(r"existing|secret_?(name|ref)$", re.IGNORECASE)
_GENERATING = re.compile(
    r"(?:.*\.)?\w*(?:secret|cert|tls|password|credential)\w*\.(?:auto)?(?:create|generate)\w*"
    r"|(?:.*\.)?(?:auto)?(?:create|generate)\w*(?:secret|cert|tls|password|credential)\w*",
    re.IGNORECASE,
)
"""A boolean that says of a Secret whether to make it; ``auth.create`` says it of more."""
_ACTION = re.compile(r"\{\{.*?\}\}", re.DOTALL)
_COSTLY = re.compile(r'(?<![.\w$"])gen(PrivateKey|CA|SelfSignedCert|SignedCert)(?:WithKey)?\b(?!")')
_ELSEWHERE = re.compile(r"cert-?manager|external-?secret", re.IGNORECASE)


@dataclass(frozen=True)
class Origin:
    """Where a field comes from, as its templates tell it."""

    field: Field
    line: int
    template: str
    calls: tuple[tuple[str, int, str], ...]
    candidates: tuple[str, ...]
    by_file: bool
    """Whether it takes the text of a whole other template, as a checksum does."""


@dataclass(frozen=True)
class RenderedChart:
    """A release's chart as it was rendered, and how to render it again."""

    files: ChartFiles
    request: HelmRequest
    values: JsonObject
    cache: RenderCache
    rendered: Rendered


class Trials:
    """Renders of one chart with candidates set; each is done once."""

    def __init__(self, chart: RenderedChart, origins: Sequence[Origin]) -> None:
        self._chart = chart
        self._files = _cheaper(chart.files)
        self._renders: dict[str, Rendered | None] = {}
        if self._files is not chart.files and self._rendered({}) is None:
            self._files, self._renders = chart.files, {}
        self._fields = [origin.field for origin in origins]
        # The nearest of each field before the second of any.
        rows = zip_longest(*(origin.candidates for origin in origins))
        found = dict.fromkeys(name for row in rows for name in row if name is not None)
        names = sorted(found, key=lambda name: name.startswith("global."))
        switches = [(name, to) for name in names for to in _switched(name, value_at(chart.values, name))]
        # One that names a Secret before one that switches something off.
        self._switches = tuple(sorted(switches, key=lambda switch: switch[1] is not None)[:_MOST_TRIALS])
        texts = [name for name in names if _is_open(value_at(chart.values, name)) and not may_switch(name)]
        self._texts = tuple(texts[:_MOST_TRIALS])

    def pins(self, origin: Origin) -> tuple[str, ...]:
        """The value that holds a field still; several, where it takes them together; none where nothing does."""
        if origin.field not in self._chart.rendered.unstable:
            return ()
        mine = sorted(self._texts, key=lambda name: (name not in origin.candidates, -_alike(name, origin.field[1])))
        alone = next((name for name in mine if self._holds((name,), origin)), None)
        if alone is not None:
            return (alone,)
        together = tuple(name for name in self._texts if name in origin.candidates)
        if len(together) < 2 or not self._holds(together, origin):
            return ()
        for name in together:
            fewer = tuple(other for other in together if other != name)
            if len(fewer) > 1 and self._holds(fewer, origin):
                together = fewer
        return together

    def switch(self, key: ObjectKey) -> tuple[str, JsonValue]:
        """The value by which the chart makes no such Secret and all else, and what it was set to."""
        if key.group_kind != "Secret":
            return "", None
        for name, to in self._switches:
            to = key.name if to is None else to
            found = self._rendered(_laid({name: to}))
            if found is not None and self._is_without(key, found):
                return name, to
        return "", None

    def _is_without(self, key: ObjectKey, found: Rendered) -> bool:
        """The Secret is gone or still, and nothing went with it but what is drawn as it is."""
        there = {manifest.key for manifest in found.manifests}
        drawn = {field[0] for field in self._fields if field[0].group_kind == "Secret"}
        lost = {manifest.key for manifest in self._chart.rendered.manifests} - there - drawn
        return not lost and key not in there

    def _holds(self, names: tuple[str, ...], origin: Origin) -> bool:
        """Whether these values, set to a text, leave the field where it is and the same in each render."""
        found = self._rendered(_laid(dict.fromkeys(names, _TRIED)))
        if found is None or origin.field in found.unstable:
            return False
        return any(manifest.key == origin.field[0] for manifest in found.manifests)

    def _rendered(self, values: JsonObject) -> Rendered | None:
        text = json.dumps(values)
        if text not in self._renders:
            given = self._chart.request
            request = dataclasses.replace(
                given, values=(*given.values, text), value_names=(*given.value_names, "a trial")
            )
            found = render_files(request, self._files, self._chart.cache)
            self._renders[text] = None if found.error else found
        return self._renders[text]


def _alike(name: str, path: str) -> int:
    """How many letters of a value's last key a field's path ends with: ``postgresPassword``, ``postgres-password``."""
    last, own = (re.sub(r"[^a-z0-9]", "", text.lower()) for text in (name.rpartition(".")[2], path))
    return len(last) if own.endswith(last) else 0


def _cheaper(files: ChartFiles) -> ChartFiles:
    """The chart with keys and certificates that are drawn as words: an RSA key takes a second, and there are many
    renders."""
    changed = {
        path: _ACTION.sub(lambda action: _COSTLY.sub(_word, action[0]), text)
        for path, text in files.templates.items()
        if _COSTLY.search(text)
    }
    return files.with_files({path: text.encode() for path, text in changed.items()}) if changed else files


def _word(call: re.Match[str]) -> str:
    word = "(randAlphaNum 16)"
    return f"print {word}" if call[1] == "PrivateKey" else f'dict "Cert" {word} "Key" {word}'


def may_switch(name: str) -> bool:
    """Whether a value is named as those are that have a chart make no Secret."""
    *above, last = name.split(".")
    return bool(
        _EXISTING.search(last)
        or _GENERATING.fullmatch(name)
        or any(_ELSEWHERE.search(key) for key in above)
        or (last == "name" and above and _EXISTING.search(above[-1]))
    )


def _switched(name: str, value: JsonValue) -> Iterator[JsonValue]:
    """What a value may be set to, so that the chart makes no Secret; None stands for the Secret's name."""
    if not may_switch(name):
        return
    making = bool(_GENERATING.fullmatch(name))
    if isinstance(value, bool):
        if value is making:
            yield not value
    elif _is_open(value) and not making:
        yield None


def _is_open(value: JsonValue) -> bool:
    """Whether a text may take its place: nothing stands there, or an empty one."""
    return value is None or value == ""


def _laid(values: Mapping[str, JsonValue]) -> JsonObject:
    """``{"a.b": 1}`` as ``{"a": {"b": 1}}``."""
    found: JsonObject = {}
    for path, value in values.items():
        inner: JsonValue = value
        for key in reversed(path.split(".")):
            inner = {key: inner}
        found = merge_values(found, as_object(inner))
    return found
