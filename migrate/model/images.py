"""Images: how a reference is read, where objects hold one, and what the fleet's policy makes of it.

``emit`` finds the values that carry the policy, ``verify`` names what it changed, ``lint`` holds every image to it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from migrate.model.fleet import DEFAULT_SOURCE, MIRROR, REQUIRED, FleetFacts
from migrate.model.json import JsonObject, JsonValue
from migrate.model.plan import Plan
from migrate.model.structure import Side, join_steps

DOCKER_HUB = "docker.io"
_DOCKER_HUB_NAMES = (DOCKER_HUB, "index.docker.io", "registry-1.docker.io")
_REFERENCE = re.compile(
    r"(?P<name>(?:[A-Za-z0-9.-]+(?::[0-9]+)?/)?[a-z0-9]+(?:[._-]+[a-z0-9]+)*(?:/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)*)"
    r"(?::(?P<tag>[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}))?(?:@(?P<digest>[a-z0-9+._-]+:[0-9a-f]{32,}))?"
)
_FLAG = re.compile(r"(?P<flag>--?[A-Za-z0-9][\w.-]*=)(?P<image>.+)")
_TOKEN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/@+-]*")
_FIELD = re.compile(r"[iI]mage(Name)?$")
_CONTAINERS = ("containers", "initContainers", "ephemeralContainers")
_ARGUMENTS = ("args", "command")


@dataclass(frozen=True)
class ImageReference:
    """One reference, read as a container runtime reads it: ``nginx`` is ``docker.io/library/nginx``."""

    written: str
    registry: str
    path: str
    tag: str = ""
    digest: str = ""

    @property
    def name(self) -> str:
        """Registry and path, both said."""
        return f"{self.registry}/{self.path}"

    @property
    def suffix(self) -> str:
        """Tag and digest as they are written."""
        return (f":{self.tag}" if self.tag else "") + (f"@{self.digest}" if self.digest else "")

    def __str__(self) -> str:
        return f"{self.name}{self.suffix}"


def parse_image(text: str) -> ImageReference | None:
    """The reference that ``text`` is as a whole; None where it is none."""
    match = _REFERENCE.fullmatch(text)
    if match is None:
        return None
    first, slash, rest = match["name"].partition("/")
    has_registry = bool(slash) and (any(character in first for character in ".:") or first == "localhost")
    registry, path = (first, rest) if has_registry else (DOCKER_HUB, match["name"])
    if path != path.lower():
        return None
    if registry in _DOCKER_HUB_NAMES:
        registry, path = DOCKER_HUB, path if "/" in path else f"library/{path}"
    return ImageReference(text, registry, path, match["tag"] or "", match["digest"] or "")


class ImageUse(StrEnum):
    """What an image is to the object that names it."""

    CONTAINER = "container"
    """A container of a pod, of whatever kind and wherever its template stands."""
    FIELD = "field"
    """A field of a custom resource, known by its name: a controller makes a pod of it."""
    ARGUMENT = "argument"
    """An argument or a variable of a container, which hands it to something else."""


@dataclass(frozen=True)
class ImagePlace:
    """One image in one object: where it stands, the text before it there (``--flag=``), and what it is."""

    steps: tuple[str | int, ...]
    image: str
    use: ImageUse
    before: str = ""

    @property
    def path(self) -> str:
        """The dotted path, as ``verify`` writes it."""
        return join_steps(self.steps)


def image_places(document: JsonObject) -> Iterator[ImagePlace]:
    """Every image that an object names.

    A definition of a kind has none, whatever its schema says; and what the data of a ConfigMap or Secret means is known
    to its reader alone.
    """
    if document.get("kind") not in ("CustomResourceDefinition", "ConfigMap", "Secret"):
        yield from _places(document, ())


def _places(value: JsonValue, steps: tuple[str | int, ...]) -> Iterator[ImagePlace]:
    if isinstance(value, list):
        for position, item in enumerate(value):
            yield from _places(item, (*steps, position))
    if not isinstance(value, dict):
        return
    in_container = len(steps) > 1 and steps[-2] in _CONTAINERS
    in_variable = len(steps) > 1 and steps[-2] == "env" and "IMAGE" in str(value.get("name", "")).upper()
    for key, item in value.items():
        here = (*steps, key)
        if in_container and key in _ARGUMENTS:
            yield from _in_arguments(item, here)
        elif not isinstance(item, str):
            yield from _places(item, here)
        elif in_container and key == "image":
            yield from [ImagePlace(here, item, ImageUse.CONTAINER)] if item else []
        elif in_variable and key == "value" and _is_plainly(item):
            yield ImagePlace(here, item, ImageUse.ARGUMENT)
        elif _FIELD.search(key) and _is_plainly(item):
            yield ImagePlace(here, item, ImageUse.FIELD)


def _in_arguments(value: JsonValue, steps: tuple[str | int, ...]) -> Iterator[ImagePlace]:
    for position, text in enumerate(value if isinstance(value, list) else ()):
        match = _FLAG.fullmatch(text) if isinstance(text, str) else None
        if match and _is_plainly(match["image"]):
            yield ImagePlace((*steps, position), match["image"], ImageUse.ARGUMENT, match["flag"])


def _is_plainly(text: str) -> bool:
    """Whether a text can be nothing but an image: it has a tag, a digest, or a registry with a dot."""
    found = parse_image(text)
    if found is None:
        return False
    return bool(found.tag or found.digest) or ("/" in text and "." in text.partition("/")[0])


@dataclass(frozen=True)
class ImageRules:
    """The policy of one environment, all levels of migration.yaml together."""

    source: str = DEFAULT_SOURCE
    mirror: str = ""
    """What takes the place of any registry that ``mirrors`` does not name."""
    mirrors: tuple[tuple[str, str], ...] = ()
    """Registry, with a path where it has one → what takes its place; the longest first."""
    allow: tuple[str, ...] = ()
    """Registries, or paths in them, whose images stay as they are."""
    digests: bool = False
    architectures: tuple[str, ...] = ()

    def mirrored(self, text: str) -> str:
        """The image that the policy puts in the place of ``text``; the same where it leaves it."""
        image = parse_image(text)
        if self.source != MIRROR or image is None or self.is_allowed(image):
            return text
        for prefix, target in self.mirrors:
            if _is_below(image.name, prefix):
                return f"{target}{image.name.removeprefix(prefix)}{image.suffix}"
        return f"{self.mirror}/{image.path}{image.suffix}" if self.mirror else text

    def is_allowed(self, image: ImageReference) -> bool:
        """Whether an image already comes from where the policy wants it; any does where it names no place."""
        return not self.places or any(_is_below(image.name, place) for place in self.places)

    @property
    def places(self) -> tuple[str, ...]:
        """Where images may come from; empty for anywhere."""
        own = (*(target for _, target in self.mirrors), self.mirror) if self.source == MIRROR else ()
        return tuple(dict.fromkeys(place for place in (*own, *self.allow) if place))


def _is_below(name: str, prefix: str) -> bool:
    return name == prefix or name.startswith(f"{prefix}/")


def image_rules(plan: Plan, environment: str) -> ImageRules | None:
    """What the plan says about the images of an environment: its own word, its cluster type's, the fleet's.

    Only what migration.yaml says itself; None where it says nothing.
    """
    fleet = plan.fleet
    if not fleet.is_on:
        return None
    kind = plan.cluster_type(environment)
    levels = (fleet.environments.get(environment), fleet.cluster_types.get(kind), fleet.facts)
    said = [level for level in levels if level is not None]
    policies = [level.image_policy for level in said]
    mirrors: dict[str, str] = {}
    for policy in reversed(policies):
        mirrors |= policy.mirrors
    rules = ImageRules(
        _first([policy.source for policy in policies]) or DEFAULT_SOURCE,
        _first([policy.mirror for policy in policies]),
        tuple(sorted(mirrors.items(), key=lambda entry: (-len(entry[0]), entry[0]))),
        next((policy.allow for policy in policies if policy.allow), ()),
        _first([policy.digests for policy in policies]) == REQUIRED,
        _architectures(said),
    )
    return None if rules == ImageRules() else rules


def _first(texts: Sequence[str]) -> str:
    return next((text for text in texts if text), "")


def _architectures(levels: Sequence[FleetFacts]) -> tuple[str, ...]:
    return next((level.architectures for level in levels if level.architectures), ())


def with_mirrored(document: JsonObject, rules: ImageRules) -> JsonObject:
    """The object with every image as the policy has it; the very same one where there is nothing to change."""
    changed = {
        place.steps: f"{place.before}{rules.mirrored(place.image)}"
        for place in image_places(document)
        if rules.mirrored(place.image) != place.image
    }
    found = _replaced(document, changed, ()) if changed else document
    return found if isinstance(found, dict) else document


def _replaced(
    value: JsonValue, changed: Mapping[tuple[str | int, ...], str], steps: tuple[str | int, ...]
) -> JsonValue:
    if steps in changed:
        return changed[steps]
    if isinstance(value, dict):
        return {key: _replaced(item, changed, (*steps, key)) for key, item in value.items()}
    if isinstance(value, list):
        return [_replaced(item, changed, (*steps, position)) for position, item in enumerate(value)]
    return value


def is_mirrored(document: JsonObject, path: str, before: Side, after: Side, rules: ImageRules) -> bool:
    """Whether a text of ``document`` became another by nothing but images replaced as the policy says.

    Where an image stands all of the text is one. Elsewhere, in an argument or a ConfigMap, only what has a tag or a
    digest counts as an image.
    """
    if not isinstance(before, str) or not isinstance(after, str) or before == after:
        return False
    place = next((place for place in image_places(document) if place.path == path), None)
    if place is not None:
        return after == f"{place.before}{rules.mirrored(place.image)}"
    if _TOKEN.sub("\0", before) != _TOKEN.sub("\0", after):
        return False
    pairs = zip(_TOKEN.findall(before), _TOKEN.findall(after), strict=True)
    return all(old == new or (_is_tagged(old) and rules.mirrored(old) == new) for old, new in pairs)


def _is_tagged(text: str) -> bool:
    found = parse_image(text)
    return found is not None and bool(found.tag or found.digest)
