"""What cannot become a component, and a target that somebody changed: a finding with its place, and nothing written."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.cli.test_bad_input import assert_told
from tests.conftest import SMALL, Migrate, write_files

STATE = "helmfiles/10-base.yaml"


@pytest.mark.parametrize(
    ("old", "new", "fact"),
    [
        ("name: back", "name: Back_End", "Back_End"),
        ("name: back", f"name: {'b' * 60}", "b" * 60),
        ("  - name: back\n    namespace: web", "  - name: back\n    namespace: Web", "Web"),
    ],
)
def test_a_name_that_kubernetes_refuses(small: Path, migrate: Migrate, old: str, new: str, fact: str) -> None:
    text = SMALL[STATE]
    assert old in text
    write_files(small, {STATE: text.replace(old, new)})
    assert_told(migrate(small, "convert"), 1, "EM003", fact, f"{STATE}:11")
    assert not (small / "out").exists()


@pytest.mark.parametrize("field", ["component", "path"])
def test_two_releases_that_become_one_component(small: Path, migrate: Migrate, field: str) -> None:
    assert migrate(small, "plan").code == 0
    plan = small / "migration.yaml"
    taken = {"component": "front", "path": "foundation/front"}[field]
    before, head, after = plan.read_text().partition("  web/back:")
    after, changed = re.subn(rf"(?m)^    {field}: .*$", f"    {field}: {taken}", after, count=1)
    assert changed
    plan.write_text(before + head + after)
    outcome = migrate(small, "convert")
    assert outcome.code in (1, 2)
    for fact in ("web/front", "web/back", field):
        assert fact in outcome.err
    assert not (small / "out").exists()


def test_a_chart_from_a_repository_that_cannot_be_reached(small: Path, migrate: Migrate) -> None:
    state = "repositories:\n  - {name: acme, url: 'http://127.0.0.1:9/charts'}\n" + SMALL[STATE].split("---\n")[
        1
    ].replace(
        "  - name: back\n    namespace: web\n    chart: ./charts/web",
        "  - name: back\n    namespace: web\n    chart: acme/web",
    )
    write_files(small, {STATE: SMALL[STATE].split("---\n")[0] + "---\n" + state})
    outcome = migrate(small, "convert")
    assert_told(outcome, 1, "acme/web", f"{STATE}:13")
    assert not (small / "out").exists()
    pulled = migrate(small, "charts", "pull")
    assert pulled.code != 0
    assert "Traceback" not in pulled.err


def test_a_file_changed_by_hand_is_kept_and_named_by_every_run(small: Path, migrate: Migrate) -> None:
    assert migrate(small, "convert").code == 0
    (path,) = small.glob("out/environments/dev/components/**/front/component.yaml")
    mine = path.read_text().replace("namespace: web", "namespace: mine")
    path.write_text(mine)
    write_files(small, {"helmfiles/values/front.yaml": "colour: green\n"})
    for check in ((), ("--check",)):
        assert_told(migrate(small, "convert", *check), 5, path.relative_to(small / "out").as_posix(), "changed by hand")
        assert path.read_text() == mine
    assert "green" not in "".join(f.read_text() for f in (small / "out").rglob("*.yaml"))
