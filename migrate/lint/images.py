"""The images of a tree: what its Applications render, and what its own files say of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from migrate.doors.yaml import YamlError, load_yaml
from migrate.lint.subject import Subject
from migrate.model.application import GeneratedApplication
from migrate.model.image_facts import POLICY_PATH, TABLE_PATH, Table, policy_from, table_from
from migrate.model.images import ImageRules, ImageUse, image_places
from migrate.model.json import JsonValue
from migrate.model.manifest import ObjectKey

ANY = "*"
"""The environment of a policy that holds wherever no other does, and in a tree without environments."""


@dataclass(frozen=True)
class UsedImage:
    """One image in one Application, with the first object that names it, and how many others do."""

    application: GeneratedApplication
    image: str
    use: ImageUse
    object: ObjectKey
    others: int = 0

    def __str__(self) -> str:
        more = f" and {self.others} more" if self.others else ""
        return f"{self.image} ({self.object}{more})"


def used_images(subject: Subject) -> Iterator[UsedImage]:
    """Every image of every Application once, what a container runs before what is merely named."""
    for one in subject.expansion.applications:
        found: dict[str, tuple[ImageUse, list[ObjectKey]]] = {}
        for manifest in subject.manifests(one):
            for place in image_places(manifest.document):
                use, keys = found.get(place.image, (place.use, []))
                if manifest.key not in keys:
                    keys.append(manifest.key)
                found[place.image] = (ImageUse.CONTAINER if ImageUse.CONTAINER in (use, place.use) else use, keys)
        for image, (use, keys) in sorted(found.items()):
            yield UsedImage(one, image, use, keys[0], len(keys) - 1)


def policies(subject: Subject) -> Mapping[str, ImageRules]:
    """Environment → its policy, as the tree's own file has it."""
    return policy_from(_data(subject, POLICY_PATH))


def policy_of(one: GeneratedApplication, rules: Mapping[str, ImageRules]) -> ImageRules | None:
    """The policy that holds for an Application."""
    return rules.get(one.environment) or rules.get(ANY)


def image_table(subject: Subject) -> Table:
    """What the tree's own file knows of images."""
    return table_from(_data(subject, TABLE_PATH))


def _data(subject: Subject, path: str) -> JsonValue:
    try:
        return load_yaml(subject.tree.text(path)) if path in subject.tree.files else None
    except (YamlError, UnicodeDecodeError):
        return None  # L00 says that it cannot be read
