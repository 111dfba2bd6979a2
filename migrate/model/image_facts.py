"""What a tree says about images, in two files: the policy of each environment, and what registries say of an image.

``emit`` writes the first and copies the second; ``lint`` reads both, so that a tree can be checked without its estate.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from migrate.model.fleet import DEFAULT_SOURCE
from migrate.model.images import ImageRules, parse_image
from migrate.model.json import JsonObject, JsonValue, as_object

POLICY_PATH = "config/images/policy.yaml"
TABLE_PATH = "config/images/table.yaml"
TABLE_FILE = "images.yaml"
"""The table in the estate's repository, beside migration.yaml."""


@dataclass(frozen=True)
class ImageFacts:
    """What a registry, or a person, says about one image."""

    architectures: tuple[str, ...] = ()
    """Empty: nobody knows."""
    digest: str = ""


Table = Mapping[str, ImageFacts]
"""Image, as it is written in full → what is known of it."""


def table_from(data: JsonValue) -> dict[str, ImageFacts]:
    """The table of a file: ``images: {<image>: {architectures: […], digest: …}}``; no entry of another shape."""
    found: dict[str, ImageFacts] = {}
    for text, entry in as_object(as_object(data).get("images")).items():
        image = parse_image(text)
        if image is None or not isinstance(entry, dict):
            continue
        found[str(image)] = ImageFacts(_texts(entry.get("architectures")), str(entry.get("digest") or ""))
    return found


def table_json(table: Table) -> JsonObject:
    """The file's content for a table, by image."""
    images: JsonObject = {}
    for name in sorted(table):
        facts = table[name]
        architectures: list[JsonValue] = [*facts.architectures]
        entry: JsonObject = {"architectures": architectures}
        images[name] = {**entry, **({"digest": facts.digest} if facts.digest else {})}
    return {"images": images}


def facts_of(text: str, table: Table, rules: ImageRules | None) -> ImageFacts | None:
    """What is known of an image: by its own name, or by that of the one upstream that the policy makes it of."""
    image = parse_image(text)
    if image is None:
        return None
    if str(image) in table:
        return table[str(image)]
    upstream = (name for name in sorted(table) if rules and str(parse_image(rules.mirrored(name))) == str(image))
    return next((table[name] for name in upstream), None)


def policy_json(rules: Mapping[str, ImageRules]) -> JsonObject:
    """The policy file's content: environment → all that holds there."""
    return {"environments": {name: _rules_json(found) for name, found in rules.items()}}


def _rules_json(rules: ImageRules) -> JsonObject:
    return {
        "source": rules.source,
        "mirror": rules.mirror,
        "mirrors": dict(rules.mirrors),
        "allow": [*rules.allow],
        "digests": rules.digests,
        "architectures": [*rules.architectures],
    }


def policy_from(data: JsonValue) -> dict[str, ImageRules]:
    """Environment → its policy, from the file's content; what is not there has its default."""
    return {name: _rules(as_object(said)) for name, said in as_object(as_object(data).get("environments")).items()}


def _rules(said: JsonObject) -> ImageRules:
    mirrors = {key: str(value) for key, value in as_object(said.get("mirrors")).items()}
    return ImageRules(
        str(said.get("source") or DEFAULT_SOURCE),
        str(said.get("mirror") or ""),
        tuple(sorted(mirrors.items(), key=lambda entry: (-len(entry[0]), entry[0]))),
        _texts(said.get("allow")),
        said.get("digests") is True,
        _texts(said.get("architectures")),
    )


def _texts(value: JsonValue) -> tuple[str, ...]:
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else ()
