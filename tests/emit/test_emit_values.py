"""Values layers become files: order, sharing, comments, placeholders, pins."""

from __future__ import annotations

from pathlib import Path

import pytest

from migrate.emit.values import document_count, holds_nothing
from migrate.model.estate import Placeholder, Release, ValuesKind
from migrate.model.finding import SourceLocation
from tests.emit.emit_nouns import codes, component, document, emit, make_layer, make_plan, make_release, plan_release

INLINE = ValuesKind.INLINE
TEMPLATE = ValuesKind.TEMPLATE


def test_layers_keep_their_order_and_a_plain_file_every_byte(tmp_path: Path) -> None:
    plain = "# a comment\r\na:   1   \n\n"
    layers = (
        make_layer(plain),
        make_layer("b: 2\n", "values/redis.yaml.gotmpl", TEMPLATE),
        make_layer("c: 3\n", "", INLINE),
    )
    tree = emit(tmp_path, [make_release(values=layers), make_release(environment="production", values=layers)])
    folder = "sources/values/_shared/data/redis"
    assert component(tree)["valueFiles"] == [
        f"{folder}/10-redis.yaml",
        f"{folder}/20-redis.yaml",
        f"{folder}/30-inline.yaml",
    ]
    assert component(tree)["valueFiles"] == component(tree, environment="production")["valueFiles"]
    assert tree.files[f"{folder}/10-redis.yaml"] == plain.encode()
    assert tree.text(f"{folder}/20-redis.yaml") == "# Rendered from values/redis.yaml.gotmpl.\nb: 2\n"
    assert tree.text(f"{folder}/30-inline.yaml").startswith("# Written into helmfiles/40-data-plane.yaml.gotmpl:14.\n")


def test_a_layer_that_differs_goes_to_its_environment_under_the_same_number(tmp_path: Path) -> None:
    def release(environment: str, text: str) -> Release:
        own = make_layer(text, "values/redis.yaml.gotmpl", TEMPLATE)
        named = make_layer("same: 1\n", f"values/redis/{environment}.yaml")
        return make_release(environment=environment, values=(make_layer("a: 1\n"), own, named))

    tree = emit(tmp_path, [release("dev", "n: 1\n"), release("production", "n: 2\n")])
    shared = "sources/values/_shared/data/redis/10-redis.yaml"
    for environment in ("dev", "production"):
        folder = f"sources/values/{environment}/data/redis"
        expected = [shared, f"{folder}/20-redis.yaml", f"{folder}/30-{environment}.yaml"]
        assert component(tree, environment=environment)["valueFiles"] == expected


def test_a_layer_missing_in_one_environment_leaves_the_others_where_they_are(tmp_path: Path) -> None:
    first, extra, last = (make_layer(f"{name}: 1\n", f"values/{name}.yaml") for name in ("first", "extra", "last"))
    tree = emit(
        tmp_path,
        [make_release(values=(first, last)), make_release(environment="production", values=(first, extra, last))],
    )
    shared = "sources/values/_shared/data/redis"
    assert component(tree)["valueFiles"] == [f"{shared}/10-first.yaml", f"{shared}/30-last.yaml"]
    assert component(tree, environment="production")["valueFiles"] == [
        f"{shared}/10-first.yaml",
        "sources/values/production/data/redis/20-extra.yaml",
        f"{shared}/30-last.yaml",
    ]


def test_a_parked_environment_does_not_decide_what_is_shared(tmp_path: Path) -> None:
    parked = make_release(environment="production", installed=False, values=(make_layer("a: 2\n"),))
    tree = emit(tmp_path, [make_release(values=(make_layer("a: 1\n"),)), parked])
    assert component(tree)["valueFiles"] == ["sources/values/_shared/data/redis/10-redis.yaml"]
    disabled = document(tree, "environments/production/components/data/redis/component.disabled.yaml")
    assert disabled["valueFiles"] == ["sources/values/production/data/redis/10-redis.yaml"]


def test_what_a_template_gave_for_one_environment_of_several_is_not_shared(tmp_path: Path) -> None:
    layer = make_layer("a: 1\n", "values/redis.yaml.gotmpl", TEMPLATE)
    parked = make_release(environment="production", installed=False, values=(layer,))
    tree = emit(tmp_path, [make_release(values=(layer,)), parked])
    assert component(tree)["valueFiles"] == ["sources/values/dev/data/redis/10-redis.yaml"]


def test_the_same_file_listed_twice_becomes_two_files(tmp_path: Path) -> None:
    layer = make_layer("a: 1\n")
    files = component(emit(tmp_path, [make_release(values=(layer, layer))]))["valueFiles"]
    assert [path.rpartition("/")[2] for path in files] == ["10-redis.yaml", "20-redis.yaml"]


def test_more_than_nine_layers_still_sort_by_number_in_the_list(tmp_path: Path) -> None:
    layers = tuple(make_layer(f"a: {n}\n", f"values/{n}.yaml") for n in range(11))
    files = component(emit(tmp_path, [make_release(values=layers)]))["valueFiles"]
    assert [path.rpartition("/")[2] for path in files][-2:] == ["100-9.yaml", "110-10.yaml"]


@pytest.mark.parametrize(
    ("text", "kind", "nothing"),
    [
        ("{}\n", INLINE, True),
        ("", TEMPLATE, True),
        ("# only this\n\n", TEMPLATE, True),
        ("---\n", TEMPLATE, True),
        ("a: 1\n", INLINE, False),
        ("# kept for its comments\n", ValuesKind.FILE, False),
    ],
)
def test_empty_layers(text: str, kind: ValuesKind, nothing: bool) -> None:
    assert holds_nothing(make_layer(text, "" if kind is INLINE else "values/x.yaml", kind)) is nothing


def test_secrets_become_placeholders_that_say_how_to_supply_them(tmp_path: Path) -> None:
    place = SourceLocation("secrets/redis.yaml", 2)
    secret = make_layer(
        "password: PLACEHOLDER-x\n",
        "secrets/redis.yaml",
        ValuesKind.SECRET,
        placeholders=(Placeholder("password", "secrets/redis.yaml", "PLACEHOLDER-x", place),),
        secret_text="password: correct-horse-battery-9\n",
    )
    tree = emit(tmp_path, [make_release(values=(secret,))])
    path = "sources/values/_shared/data/redis/10-redis.placeholder.yaml"
    assert component(tree)["valueFiles"] == [path]
    assert "#   password: secrets/redis.yaml\n" in tree.text(path)
    assert codes(tree) == ["EM010"]
    assert not [path for path, content in tree.files.items() if b"correct-horse" in content]
    assert "| redis | `password` | `secrets/redis.yaml` | dev |" in tree.text("README.md")


def test_a_real_secret_that_got_into_another_layer_stops_it(tmp_path: Path) -> None:
    secret = make_layer(
        "password: PLACEHOLDER-x\n", "secrets/redis.yaml", ValuesKind.SECRET, secret_text="password: c0rrect-h0rse-9!\n"
    )
    leaking = make_layer("url: redis://:c0rrect-h0rse-9!@redis\n", "values/redis.yaml.gotmpl", TEMPLATE)
    tree = emit(tmp_path, [make_release(values=(secret, leaking))])
    assert "EM020" in codes(tree)
    assert not [f for f in tree.findings if "c0rrect" in f.message]


def test_pins_are_the_last_file_and_give_their_reason(tmp_path: Path) -> None:
    release = make_release(values=(make_layer("a: 1\n"),))
    plan = make_plan(plan_release(release, pins={"admin": {"existingSecret": "redis"}}, pin_reason="it is random"))
    tree = emit(tmp_path, [release], plan=plan)
    path = "sources/values/_shared/data/redis/20-pins.yaml"
    assert component(tree)["valueFiles"][-1] == path
    assert (
        tree.text(path)
        == "# Pinned in migration.yaml, over all other layers: it is random\nadmin:\n  existingSecret: redis\n"
    )


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("a: 1\n", 1),
        ("---\na: 1\n", 1),
        ("a: 1\n---\nb: 2\n", 2),
        ("a: 1\n---\n# nothing\n", 1),
        ("a: |\n  ---\n  x\n", 1),
    ],
)
def test_documents_are_counted(text: str, count: int) -> None:
    assert document_count(text) == count


def test_several_documents_in_one_file_are_told(tmp_path: Path) -> None:
    assert codes(emit(tmp_path, [make_release(values=(make_layer("a: 1\n---\nb: 2\n"),))])) == ["EM011"]
