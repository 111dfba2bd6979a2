"""Which values a new chart no longer knows or now requires: certain where it is told, silent where it is not."""

from __future__ import annotations

from typing import Any

import pytest

from migrate.diff.chart_values import leaves, lost_keys, newly_required
from migrate.doors.charts import ChartFiles

OLD = {"values.yaml": "server:\n  image: {tag: a}\n  log: info\nfree: {}\nlist: []\n"}


def chart(**files: str) -> ChartFiles:
    named = {"Chart.yaml": "name: x\nversion: 1.0.0\n", **files}
    return ChartFiles({path: text.encode() for path, text in named.items()})


def lost(given: Any, new: dict[str, str], old: dict[str, str] = OLD) -> list[str]:
    return [".".join(key) for key in lost_keys(leaves(given), chart(**old), chart(**new))]


@pytest.mark.parametrize(
    ("new", "expected"),
    [
        ({"values.yaml": "server:\n  image: {tag: b}\n"}, ["server.log"]),
        ({"values.yaml": "server:\n  image: {tag: b}\n", "templates/a.yaml": "{{ .Values.server.log }}"}, []),
        ({"values.yaml": "server:\n  image: {tag: b}\n", "templates/a.yaml": "{{ toYaml .Values.server }}"}, []),
        ({"values.yaml": "server:\n  image: {}\n", "templates/a.yaml": '{{ index .Values "server" "log" }}'}, []),
        ({"values.yaml": "server: {}\n"}, []),
        ({"values.yaml": "server:\n"}, []),
        ({"values.yaml": "other: 1\n"}, ["server.image.tag", "server.log"]),
        ({}, ["server.image.tag", "server.log"]),
        ({"values.yaml": "other: 1\n", "charts/server/values.yaml": "image: {tag: c}\n"}, ["server.log"]),
    ],
)  # fmt: skip
def test_a_key_is_lost_where_neither_the_defaults_nor_a_template_has_it(
    new: dict[str, str], expected: list[str]
) -> None:
    assert lost({"server": {"image": {"tag": "z"}, "log": "debug"}}, new) == expected


def test_what_no_chart_ever_knew_or_all_charts_share_is_not_told() -> None:
    new = {"values.yaml": "other: 1\n"}
    assert lost({"typo": 1, "global": {"a": 1}, "tags": {"b": True}}, new) == []


def test_what_a_person_fills_freely_is_lost_with_its_whole_mapping() -> None:
    assert lost({"free": {"a": {"b": 1}}}, {"values.yaml": "other: 1\n"}) == ["free.a.b"]
    assert lost({"free": {"a": {"b": 1}}}, {"values.yaml": "free: {}\n"}) == []


def test_a_subchart_is_known_by_its_alias_and_its_condition() -> None:
    dependencies = "name: x\nversion: 1.0.0\ndependencies: [{name: db, alias: store, condition: store.enabled}]\n"
    old = {"Chart.yaml": dependencies, "charts/db/values.yaml": "size: 1\nshape: 1\n"}
    new = {"Chart.yaml": dependencies, "charts/db/values.yaml": "size: 1\n"}
    assert lost({"store": {"size": 1, "shape": 2, "enabled": True}}, new, old) == ["store.shape"]


def test_only_what_has_no_default_is_newly_required() -> None:
    text = (
        '{{ required "say who" .Values.who }}{{ required "size" (.Values.box.size) }}{{ required "old" .Values.old }}'
    )
    old = chart(**{"templates/a.yaml": '{{ required "old" .Values.old }}'})
    new = chart(**{"templates/a.yaml": text, "values.yaml": "box: {size: 3}\nwho: ''\n"})
    assert [(".".join(r.path), r.message) for r in newly_required(old, new)] == [("who", "say who")]
