"""The image policy as values: which of a chart's own keys give an image, found by changing them and rendering.

    rendered images ──mirrored──▶ wanted images        values ──candidates──▶ marked ──render──▶ keys ──▶ a layer

No table of charts is kept: a key counts where a marker in it turns up in an image. What is found is rendered once
more, and kept only if that changes the images that it is to change and nothing else.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from migrate.emit.value_places import Steps, leaves_of, list_around, overrides, texts_of, value_at
from migrate.model.images import ImageRules, ImageUse, image_places, is_mirrored
from migrate.model.json import JsonObject
from migrate.model.manifest import Manifest, ObjectKey, Rendered
from migrate.model.structure import differences, join_steps

Render = Callable[[JsonObject], Rendered]
"""What the chart renders with these values over all others."""

Place = tuple[ObjectKey, str]
"""An object, and the path in it."""
Span = tuple[int, int]
"""Where a text begins and ends inside an image."""
Option = Mapping[Steps, str]
"""Values that together give an image as it is wanted."""

NO_KEY = "no value of the chart gives it"
_OTHERWISE = "another image needs the same key otherwise"
_MARK = re.compile(r"mk(\d+)x-")
_EMPTY = re.compile(r"(?i)(regist|repo|hub$|prefix|domain)")
"""Keys that are empty by default, and go before an image once they are not."""
_MOST_EMPTY = 24
_MOST_TRIALS = 60


@dataclass(frozen=True)
class Unreached:
    """An image that no value changes as the policy wants it, and why."""

    image: str
    use: ImageUse
    reason: str


@dataclass(frozen=True)
class ImageValues:
    """The policy as values of one release; ``keys`` say of each dotted key which images it is for."""

    values: JsonObject = field(default_factory=dict)
    keys: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    unreached: tuple[Unreached, ...] = ()


def find_image_values(
    values: JsonObject, base: Rendered, rules: ImageRules, render: Render, *, hidden: Collection[str] = ()
) -> ImageValues:
    """The values that give ``base`` with its images as the policy has them.

    ``values`` are all that the chart sees, its defaults and its subcharts' among them; ``hidden`` are texts that stand
    for secrets, so that no list that holds one is written out.
    """
    search = _Search(values, base, rules, render, tuple(hidden))
    if not search.wanted:
        return ImageValues()
    targets = search.targets()
    chosen = search.settle(targets)
    left = search.left(chosen)
    unreached = [
        Unreached(image, use, search.reasons.get(image) or NO_KEY)
        for image, use in search.uses.items()
        if image in left
    ]
    keys: dict[str, dict[str, None]] = {}
    for target in targets:
        option = next((option for option in target.options if option.items() <= chosen.items()), {})
        for steps in option:
            keys.setdefault(join_steps(steps), {})[target.image] = None
    told = {key: tuple(sorted(keys[key])) for key in sorted(keys)}
    return ImageValues(overrides(values, chosen), told, tuple(unreached))


@dataclass(frozen=True)
class _Target:
    """One image, of one set of keys: the ways to have it as it is wanted, the narrowest first."""

    image: str
    options: tuple[Option, ...]


class _Search:
    """One release: what was rendered, what is wanted, and what the trials gave."""

    def __init__(
        self, values: JsonObject, base: Rendered, rules: ImageRules, render: Render, hidden: tuple[str, ...]
    ) -> None:
        self._values, self._base, self._rules, self._render, self._hidden = values, base, rules, render, hidden
        self.wanted: dict[str, str] = {}
        self.uses: dict[str, ImageUse] = {}
        self.reasons: dict[str, str] = {}
        self._places: dict[Place, str] = {}
        self._tried: dict[frozenset[tuple[Steps, str]], Rendered] = {}
        for manifest in base.manifests:
            for place in image_places(manifest.document):
                mirrored = rules.mirrored(place.image)
                if mirrored != place.image:
                    self.wanted[place.image] = mirrored
                    self._places[manifest.key, place.path] = place.image
                    # A container's image weighs more than an argument that is the same.
                    if self.uses.get(place.image) is not ImageUse.CONTAINER:
                        self.uses[place.image] = place.use

    def targets(self) -> list[_Target]:
        """Every image that is to change; twice where it comes from two keys of the same text."""
        leaves = {steps: text for steps, text in texts_of(self._values) if self._may_give(steps, text)}
        spans = self._spans(leaves)
        found: dict[tuple[str, tuple[tuple[Steps, Span], ...]], list[Option]] = {}
        for place, image in self._places.items():
            of_place = spans.get(place, {})
            group = (image, tuple(sorted(of_place.items(), key=lambda entry: join_steps(entry[0]))))
            found.setdefault(group, _ways(image, self.wanted[image], of_place))
        if not all(found.values()):
            for image, option in self._by_empty():
                for (name, _), options in found.items():
                    if name == image and option not in options:
                        options.append(option)
        return [_Target(image, tuple(options)) for (image, _), options in found.items()]

    def _may_give(self, steps: Steps, text: str) -> bool:
        in_list = list_around(steps) != steps
        return bool(text) and any(is_part(text, i) for i in self.wanted) and not (in_list and self._is_closed(steps))

    def _is_closed(self, steps: Steps) -> bool:
        """Whether the list around a place must not be written out: something in it stands for a secret."""
        whole = json.dumps(value_at(self._values, list_around(steps)))
        return any(json.dumps(text)[1:-1] in whole for text in self._hidden)

    def _spans(self, leaves: Mapping[Steps, str]) -> dict[Place, dict[Steps, Span]]:
        """Place of an image → the keys that are in it, each with where its text begins and ends there."""
        found = self._marked(leaves)
        for image in dict.fromkeys(image for place, image in self._places.items() if place not in found):
            # The chart checks its values, or makes another name of one: each for itself.
            for steps, text in leaves.items():
                if is_part(text, image):
                    for place, spans in self._marked({steps: text}, tell=image).items():
                        found.setdefault(place, {}).update(spans)
        return found

    def _marked(self, leaves: Mapping[Steps, str], *, tell: str = "") -> dict[Place, dict[Steps, Span]]:
        """One render with a marker before the text of each key, and where the markers turn up in images.

        Where it fails, that is why the image ``tell`` is not reached.
        """
        order = list(leaves)
        rendered = self._render(overrides(self._values, {s: f"mk{n}x-{leaves[s]}" for n, s in enumerate(order)}))
        if rendered.error and tell:
            keys = ", ".join(map(join_steps, order))
            self.reasons[tell] = f"the chart does not render with another {keys}: {rendered.error}"
        found: dict[Place, dict[Steps, Span]] = {}
        twins = _twins(rendered.manifests, self._base.manifests)
        for (key, path), marked in _images(rendered.manifests).items():
            place = (twins.get(key, key), path)
            if _MARK.sub("", marked) != self._places.get(place) or not _MARK.search(marked):
                continue
            shift = 0
            for match in _MARK.finditer(marked):
                steps, start = order[int(match[1])], match.start() - shift
                shift += len(match[0])
                found.setdefault(place, {})[steps] = (start, start + len(leaves[steps]))
        return found

    def _by_empty(self) -> Iterator[tuple[str, Option]]:
        """Keys that are empty as yet, one at a time: they may shadow others."""
        empty = [
            steps for steps, value in leaves_of(self._values) if value in ("", None) and _EMPTY.search(str(steps[-1]))
        ]
        for number, steps in enumerate(empty[:_MOST_EMPTY]):
            mark = f"mk{number}x-registry"
            for place, marked in _images(self._render(overrides(self._values, {steps: mark})).manifests).items():
                image = self._places.get(place)
                rest = marked.removeprefix(mark)
                if image is not None and rest != marked and self.wanted[image].endswith(rest):
                    yield image, {steps: self.wanted[image].removesuffix(rest)}

    def settle(self, targets: Sequence[_Target]) -> dict[Steps, str]:
        """The values that hold together: all at once where that is exact, else one image after the other."""
        chosen: dict[Steps, str] = {}
        for target in targets:
            first = target.options[0] if target.options else {}
            chosen |= first if _agree(chosen, first) else {}
        hopeless = {target.image for target in targets if not target.options}
        if not chosen or (not self._fault(chosen) and self.left(chosen) <= hopeless):
            return chosen
        chosen = {}
        for target in targets:
            for option in target.options:
                if len(self._tried) > _MOST_TRIALS or option.items() <= chosen.items():
                    break
                fault = self._fault({**chosen, **option}) if _agree(chosen, option) else _OTHERWISE
                if not fault and self._count({**chosen, **option}) < self._count(chosen):
                    chosen |= option
                    break
                if fault:
                    self.reasons[target.image] = f"{', '.join(map(join_steps, option))} would give it, but {fault}"
        return chosen

    def left(self, chosen: Option) -> set[str]:
        """The images that are still somewhere as they were."""
        return {self._places[place] for place in self._unchanged(chosen)}

    def _count(self, chosen: Option) -> int:
        return len(self._unchanged(chosen))

    def _unchanged(self, chosen: Option) -> set[Place]:
        after = _images(self._rendered(chosen).manifests) if chosen else self._places
        return {place for place, image in self._places.items() if after.get(place) == image}

    def _rendered(self, chosen: Option) -> Rendered:
        key = frozenset(chosen.items())
        if key not in self._tried:
            self._tried[key] = self._render(overrides(self._values, chosen))
        return self._tried[key]

    def _fault(self, chosen: Option) -> str:
        """What these values do besides; empty where they do what the policy wants and nothing else."""
        rendered = self._rendered(chosen)
        if rendered.error:
            return f"the chart does not render then: {rendered.error}"
        return next(_others(self._base, rendered, self._rules), "")


def _ways(image: str, wanted: str, spans: Mapping[Steps, Span]) -> list[Option]:
    """The ways to make ``wanted`` of ``image`` by what is between the ends of one key, or of two with a slash between.

    >>> _ways("quay.io/a/b:1", "m.io/q/a/b:1", {("registry",): (0, 7), ("repository",): (8, 11)})
    [{('registry',): 'm.io/q'}, {('registry',): 'm.io', ('repository',): 'q/a/b'}]
    """
    first = sorted((s for s in spans if spans[s][0] == 0), key=lambda s: (s[0] == "global", spans[s][1], s == ()))
    ways: list[Option] = []
    for steps in first:
        rest = image[spans[steps][1] :]
        if wanted.endswith(rest) and wanted != rest:
            ways.append({steps: wanted.removesuffix(rest)})
    for steps in first:
        for other in spans:
            start, end = spans[other]
            if start == spans[steps][1] + 1 and image[start - 1] == "/" and wanted.endswith(image[end:]):
                host, slash, path = wanted.removesuffix(image[end:]).partition("/")
                ways += [{steps: host, other: path}] if slash else []
    return ways


def is_part(text: str, image: str) -> bool:
    """Whether a text may be what an image is made of: all of it, or whole steps of its name."""
    name = re.sub(r"(:[^/:@]*)?(@.*)?$", "", image)
    return image == text or image.startswith(f"{text}@") or f"/{text.strip('/')}/" in f"/{name}/"


def _agree(chosen: Option, option: Option) -> bool:
    return all(chosen.get(steps, text) == text for steps, text in option.items())


def _images(manifests: Sequence[Manifest]) -> dict[Place, str]:
    return {(m.key, place.path): place.image for m in manifests for place in image_places(m.document)}


def _twins(manifests: Sequence[Manifest], others: Sequence[Manifest]) -> dict[ObjectKey, ObjectKey]:
    """Objects that a marker gave another name → what they are without it: the rest of their kind, in order."""
    there = {manifest.key for manifest in others}
    new = {manifest.key for manifest in manifests} - there
    gone = there - {manifest.key for manifest in manifests}
    found: dict[ObjectKey, ObjectKey] = {}
    for key in sorted(new):
        bare = replace(key, name=_MARK.sub("", key.name))
        alike = sorted(k for k in gone - set(found.values()) if replace(k, name="") == replace(key, name=""))
        if alike:
            found[key] = bare if bare in alike else alike[0]
    return found


def _others(before: Rendered, after: Rendered, rules: ImageRules) -> Iterator[str]:
    """What differs, but for images that the policy replaces and for what each render draws anew."""
    keys, later = ([manifest.key for manifest in side.manifests] for side in (before, after))
    if keys != later:
        changed = next((key for key in (*keys, *later) if key not in keys or key not in later), keys[0])
        yield f"{changed} is another object then"
        return
    for old, new in zip(before.manifests, after.manifests, strict=True):
        if old.text == new.text:
            continue
        for path, was, now in differences(old.document, new.document):
            drawn = any(key == old.key and path.startswith(drawn) for key, drawn in before.unstable)
            if not drawn and not is_mirrored(old.document, path, was, now, rules):
                yield f"{old.key} is different then at {path}"
