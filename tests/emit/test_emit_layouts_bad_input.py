"""Bad input in every layout: names that Kubernetes refuses, two that become one, a chart out of reach, a hand's change.

Each is told with its file and line and what to do, and nothing is written or overwritten.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.cli.test_bad_input import assert_told
from tests.conftest import SMALL, Migrate, Outcome, write_files

STATE = "helmfiles/10-base.yaml"
LAYOUTS = ("environments", "shared", "kustomize", "plugin")
TEXT = SMALL[STATE]
BACK = "  - name: back\n    namespace: web"

pytestmark = pytest.mark.parametrize("layout", LAYOUTS)


def convert(folder: Path, migrate: Migrate, layout: str, *more: str) -> Outcome:
    return migrate(folder, "convert", "--layout", layout, "--accept-lost-order", *more)


def put(folder: Path, old: str, new: str) -> None:
    assert old in TEXT
    write_files(folder, {STATE: TEXT.replace(old, new)})


@pytest.mark.parametrize(
    ("old", "new", "fact"),
    [
        ("name: back", "name: Back", "the release name 'Back'"),
        ("name: back", "name: back_end", "the release name 'back_end'"),
        ("name: back", f"name: {'b' * 64}", "the release name 'bbb"),
        (BACK, BACK.replace("web", "Web"), "the namespace 'Web'"),
        (BACK, BACK.replace("web", "w_b"), "the namespace 'w_b'"),
        (BACK, BACK.replace("web", "web.x"), "the namespace 'web.x'"),
        (BACK, BACK.replace("web", "w" * 64), "the namespace 'www"),
    ],
)
def test_a_name_that_kubernetes_refuses(
    small: Path, migrate: Migrate, layout: str, old: str, new: str, fact: str
) -> None:
    put(small, old, new)
    outcome = convert(small, migrate, layout)
    assert_told(outcome, 1, "EM003", fact, f"{STATE}:11")
    assert "renders nothing" not in outcome.err, "what cannot be rendered is told as that"
    assert not (small / "out").exists()


@pytest.mark.parametrize("name", ["Front", "front_end", "front.end", "f" * 64])
def test_a_component_that_kubernetes_refuses(small: Path, migrate: Migrate, layout: str, name: str) -> None:
    decide(small, migrate, "web/front", "component", name)
    assert_told(convert(small, migrate, layout), 1, name, f"{STATE}:6")
    assert not (small / "out").exists()


def decide(folder: Path, migrate: Migrate, release: str, field: str, value: str) -> None:
    """Write a decision about a release over the proposal in the plan."""
    assert migrate(folder, "plan").code == 0
    plan = folder / "migration.yaml"
    before, head, after = plan.read_text().partition(f"  {release}:")
    after, changed = re.subn(rf"(?m)^    {field}: .*$", f"    {field}: {value}", after, count=1)
    assert changed
    plan.write_text(before + head + after)


def test_dots_that_helm_takes_become_hyphens(small: Path, migrate: Migrate, layout: str) -> None:
    put(small, "name: back", "name: back.end")
    outcome = convert(small, migrate, layout)
    assert outcome.code == 0, outcome.err
    wanted = {
        "environments": "environments/dev/components/*/back-end/component.yaml",
        "shared": "environments/_shared/components/*/back-end/component.yaml",
        "kustomize": "argocd/*/back-end/envs/dev/kustomization.yaml",
        "plugin": "environments/dev/argocd/apps/infra-10-base.yaml",
    }[layout]
    assert len(list((small / "out").glob(wanted))) == 1


@pytest.mark.parametrize("name", ["dev x", "dev/x", "d" * 201, "-dev"])
def test_an_environment_that_kubernetes_refuses(small: Path, migrate: Migrate, layout: str, name: str) -> None:
    put(small, "  dev: {}", f"  '{name}': {{}}")
    assert_told(convert(small, migrate, layout), 1, "EM009", name, f"{STATE}:2")
    assert not (small / "out").exists()


def test_two_environments_that_are_one_in_names_of_objects(small: Path, migrate: Migrate, layout: str) -> None:
    put(small, "  dev: {}", "  prod_1: {}\n  Prod-1: {}")
    assert_told(convert(small, migrate, layout), 1, "EM009", "prod-1", f"{STATE}:3")
    assert not (small / "out").exists()


@pytest.mark.parametrize("field", ["component", "path"])
def test_two_releases_that_become_one_component(small: Path, migrate: Migrate, layout: str, field: str) -> None:
    decide(small, migrate, "web/back", field, {"component": "front", "path": "foundation/front"}[field])
    outcome = convert(small, migrate, layout)
    assert_told(outcome, 1, "EM002", "web/front", "web/back", field, f"{STATE}:11", f"{STATE}:6")
    assert not (small / "out").exists()


def test_two_layers_that_become_one_application(small: Path, migrate: Migrate, layout: str) -> None:
    head = TEXT.partition("releases:\n")[0]
    other = "releases:\n  - {name: third, namespace: web, chart: ./charts/web}\n"
    write_files(small, {"helmfiles/10_base.yaml": head + other})
    outcome = convert(small, migrate, layout)
    if layout != "plugin":
        assert outcome.code == 0, outcome.err
        return
    assert_told(outcome, 1, "EM060", "helmfiles/10_base.yaml:1", STATE, "infra-10-base")
    assert not (small / "out").exists()


def test_a_chart_from_a_repository_that_cannot_be_reached(small: Path, migrate: Migrate, layout: str) -> None:
    repository = "repositories:\n  - {name: acme, url: 'http://127.0.0.1:9/charts'}\nreleases:\n"
    text = TEXT.replace("releases:\n", repository).replace(
        f"{BACK}\n    chart: ./charts/web", f"{BACK}\n    chart: acme/web"
    )
    write_files(small, {STATE: text})
    outcome = convert(small, migrate, layout)
    assert_told(outcome, 1, "acme/web", f"{STATE}:13", "charts pull", "--chart-map acme=DIR")
    assert "renders nothing" not in outcome.err
    assert not (small / "out").exists()


CHANGED = {
    "environments": "environments/dev/components/**/front/component.yaml",
    "shared": "environments/_shared/components/**/front/component.yaml",
    "kustomize": "argocd/*/front/base/deployment-front.yaml",
    "plugin": "sources/helmfile/helmfiles/values/front.yaml",
}


@pytest.mark.parametrize("which", ["own", "runbook", "appset"])
def test_a_file_that_a_person_changed_is_kept_and_shown_as_a_conflict(
    small: Path, migrate: Migrate, layout: str, which: str
) -> None:
    assert convert(small, migrate, layout).code == 0
    patterns = {"own": CHANGED[layout], "runbook": "README.md", "appset": "environments/dev/argocd/apps/*.yaml"}
    path = next(iter((small / "out").glob(patterns[which])))
    mine = path.read_text() + "# my own words\n"
    path.write_text(mine)
    before = {file: file.read_bytes() for file in (small / "out").rglob("*") if file.is_file()}
    write_files(small, {"helmfiles/values/front.yaml": "colour: green\n"})
    for check in ((), ("--check",)):
        outcome = convert(small, migrate, layout, *check)
        assert_told(outcome, 5, path.relative_to(small / "out").as_posix(), "changed by hand")
        assert {file: file.read_bytes() for file in (small / "out").rglob("*") if file.is_file()} == before


def test_a_file_that_migrate_did_not_write_is_kept_and_told(small: Path, migrate: Migrate, layout: str) -> None:
    write_files(small, {"out/environments/dev/notes.txt": "mine"})
    assert_told(convert(small, migrate, layout), 5, "notes.txt")
    assert [file.name for file in (small / "out").rglob("*") if file.is_file()] == ["notes.txt"]
