"""Templates whose optional fields are shared (rule 6.3); expected is what ``helmfile build`` v1.8.0 prints."""

from __future__ import annotations

from collections.abc import Callable

from migrate.model.estate import Estate
from migrate.read.inherit import POINTERS

Read = Callable[..., Estate]

STATE = """
templates:
  base: {wait: false, installed: true, timeout: 0}
  mid: {inherit: [{template: base}], atomic: false}
releases:
  - {name: a, chart: ./charts/app, inherit: [{template: mid}]}
  - {name: b, chart: ./charts/app, inherit: [{template: mid}], wait: true, installed: false, timeout: 5}
  - {name: c, chart: ./charts/app, inherit: [{template: base}]}
  - {name: d, chart: ./charts/app, inherit: [{template: base}, {template: mid}], atomic: true}
  - {name: e, chart: ./charts/app, inherit: [{template: mid}]}
"""


def test_what_a_release_turns_on_is_on_for_all_that_follow(read: Read) -> None:
    releases = read({"helmfile.yaml": STATE}, path="helmfile.yaml").releases
    fields = ("wait", "timeout", "installed", "atomic")
    found = [tuple({key.name: key.value for key in r.keys}.get(name) for name in fields) for r in releases]
    assert found == [
        (False, 0, True, False),
        (True, 5, True, False),
        (True, 5, True, None),
        (True, 5, True, True),
        (True, 5, True, True),
    ]


def test_the_next_environment_starts_afresh(read: Read) -> None:
    state = "environments: {one: {}, two: {}}\n---" + STATE
    releases = read({"helmfile.yaml": state}, path="helmfile.yaml").releases
    first = [{key.name: key.value for key in r.keys}["wait"] for r in releases if r.name == "a"]
    assert first == [False, False]


def test_only_optional_fields_are_shared() -> None:
    assert {"wait", "installed", "timeout", "missingFileHandler"} <= POINTERS
    assert not {"name", "version", "condition", "plainHttp", "labels"} & POINTERS
