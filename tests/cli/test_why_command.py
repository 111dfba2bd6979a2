"""``why`` and ``convert --ledger``: where each line came from, and what became of each key."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import SMALL, Migrate, write_files

TEMPLATE = """\
# first
{{- $unused := 1 }}
name: {{ .Release.Name }}
plain: 1
{{- range list 1 2 }}
n{{ . }}: {{ . }}
{{- end }}
"""


@pytest.fixture
def converted(small: Path, migrate: Migrate) -> Path:
    made = SMALL["helmfiles/10-base.yaml"].replace(
        "      - values/front.yaml\n", "      - values/front.yaml\n      - values/made.yaml.gotmpl\n"
    )
    write_files(small, {"helmfiles/values/made.yaml.gotmpl": TEMPLATE})
    write_files(small, {"helmfiles/10-base.yaml": made})
    assert migrate(small, "plan").code == 0
    assert migrate(small, "convert").code == 0
    return small


def component(folder: Path, name: str) -> str:
    (path,) = folder.glob(f"out/environments/dev/components/**/{name}/component.yaml")
    return path.relative_to(folder / "out").as_posix()


def origins(migrate: Migrate, folder: Path, target: str) -> list[dict[str, Any]]:
    outcome = migrate(folder, "why", target, "--output", "json")
    assert outcome.code == 0, outcome.err
    found: list[dict[str, Any]] = json.loads(outcome.out)["origins"]
    return found


def line_of(folder: Path, path: str, text: str) -> int:
    lines = (folder / "out" / path).read_text().splitlines()
    return next(number for number, line in enumerate(lines, 1) if line.strip().startswith(text))


def values_file(folder: Path, ending: str) -> str:
    (path,) = folder.glob(f"out/sources/values/_shared/**/{ending}")
    return path.relative_to(folder / "out").as_posix()


def test_a_decision_is_named_with_its_line_in_the_plan(converted: Path, migrate: Migrate) -> None:
    path = component(converted, "front")
    (found,) = origins(migrate, converted, f"{path}:{line_of(converted, path, 'rolloutPhase')}")
    assert (found["kind"], found["origin"]) == ("decision", "migration.yaml#releases/web/front/rolloutPhase")
    plan = (converted / "migration.yaml").read_text().splitlines()
    assert "rolloutPhase" in plan[found["line"] - 1]
    assert found["note"].startswith("inferred: ")


def test_a_key_of_the_release_is_named_with_its_own_line(converted: Path, migrate: Migrate) -> None:
    path = component(converted, "back")
    (found,) = origins(migrate, converted, f"{path}:{line_of(converted, path, 'namespace')}")
    assert (found["file"], found["line"], found["exact"]) == ("helmfiles/10-base.yaml", 13, True)


def test_a_line_that_names_a_file_leads_to_what_that_came_from(converted: Path, migrate: Migrate) -> None:
    path = component(converted, "front")
    found = origins(migrate, converted, f"{path}:{line_of(converted, path, '- sources/values')}")
    assert [origin["file"] for origin in found] == ["helmfiles/10-base.yaml", "helmfiles/values/front.yaml"]


def test_a_copied_values_file_line_by_line(converted: Path, migrate: Migrate) -> None:
    (found,) = origins(migrate, converted, f"{values_file(converted, '*-front.yaml')}:2")
    assert (found["file"], found["line"], found["exact"]) == ("helmfiles/values/front.yaml", 2, True)


def test_inline_values_lead_to_the_state_file(converted: Path, migrate: Migrate) -> None:
    path = values_file(converted, "back/*-inline.yaml")
    (found,) = origins(migrate, converted, f"{path}:{line_of(converted, path, 'replicas')}")
    assert (found["file"], found["line"], found["exact"]) == ("helmfiles/10-base.yaml", 17, False)


@pytest.mark.parametrize(
    ("text", "line", "exact"), [("plain: 1", 4, True), ("name: front", 3, False), ("n2: 2", 5, False)]
)
def test_a_rendered_line_leads_to_its_line_in_the_template(
    converted: Path, migrate: Migrate, text: str, line: int, exact: bool
) -> None:
    path = values_file(converted, "front/*-made.yaml")
    (found,) = origins(migrate, converted, f"{path}:{line_of(converted, path, text)}")
    assert (found["file"], found["line"], found["exact"]) == ("helmfiles/values/made.yaml.gotmpl", line, exact)


@pytest.mark.parametrize(
    ("text", "origin"),
    [
        ("repoURL", "migration.yaml#target/repoURL"),
        ("missingkey=error", "migrate: a key that is missing is an error, never an empty text"),
        ("- missingkey", "migrate: a key that is missing is an error, never an empty text"),
        ("preserveResourcesOnDeletion", "migrate: Applications and their objects outlive a mistake in the repository"),
        ("templatePatch", "migrate: booleans and lists are no text: only a patch can set them"),
    ],
)
def test_the_applicationset_says_which_decision_or_rule(
    converted: Path, migrate: Migrate, text: str, origin: str
) -> None:
    path = "environments/dev/argocd/apps/components-dev.yaml"
    lines = (converted / "out" / path).read_text().splitlines()
    number = next(n for n, line in enumerate(lines, 1) if text in line)
    (found,) = origins(migrate, converted, f"out/{path}:{number}")
    assert found["origin"] == origin


def test_every_line_of_every_file_has_an_origin(converted: Path, migrate: Migrate) -> None:
    files = [path for path in sorted((converted / "out").rglob("*")) if path.is_file()]
    assert files
    for path in files:
        for number in {1, len(path.read_text().splitlines())}:
            assert origins(migrate, converted, f"{path.relative_to(converted)}:{number}")


def test_without_the_estate_the_tree_alone_answers(converted: Path, migrate: Migrate) -> None:
    path = values_file(converted, "front/*-made.yaml")
    number = line_of(converted, path, "plain")
    (converted / "helmfiles").rename(converted.parent / "elsewhere")
    (found,) = origins(migrate, converted, f"{path}:{number}")
    assert (found["file"], found["line"]) == ("helmfiles/values/made.yaml.gotmpl", 0)


def test_a_whole_file_and_the_table(converted: Path, migrate: Migrate) -> None:
    path = component(converted, "front")
    table = migrate(converted, "why", path).out
    assert "migration.yaml#releases/web/front/tier" in table
    assert "helmfiles/10-base.yaml:" in table
    assert migrate(converted, "why", f"{path}:2").out.startswith(f"{path}:2\n  name: front\n  ← ")


@pytest.mark.parametrize(
    ("target", "fact"),
    [
        ("environments/dev/components/apps/frnt/component.yaml", "/front/component.yaml"),
        ("REDME.md", "README.md"),
        ("README.md:9999", "lines"),
        ("README.md:0", "count from 1"),
    ],
)
def test_a_path_or_line_that_is_not_there_exits_2_with_the_nearest(
    converted: Path, migrate: Migrate, target: str, fact: str
) -> None:
    outcome = migrate(converted, "why", target)
    assert outcome.code == 2
    assert fact in outcome.err
    assert "→" in outcome.err


def test_a_source_outside_of_the_estate_is_not_read(converted: Path, migrate: Migrate) -> None:
    path = component(converted, "front")
    provenance = converted / "out/.migrate/provenance.json"
    data = json.loads(provenance.read_text())
    data["files"]["README.md"] = [[0, "../../outside.txt", "copied as it is"]]
    provenance.write_text(json.dumps(data))
    (converted.parent.parent / "outside.txt").write_text((converted / "out/README.md").read_text())
    (found,) = origins(migrate, converted, "README.md:1")
    assert found["line"] == 0
    assert origins(migrate, converted, path)


def test_the_ledger_is_printed_and_kept(converted: Path, migrate: Migrate) -> None:
    outcome = migrate(converted, "convert", "--check", "--ledger", "json")
    assert outcome.code == 0
    assert outcome.out == (converted / "out/.migrate/ledger.json").read_text()
    data = json.loads(outcome.out)
    summary = data["summary"]
    assert summary["present"] == summary["carried"] + summary["dropped"] > 0
    assert summary["present"] == sum(len(entry["environments"]) for entry in data["entries"])
    needs = next(entry for entry in data["entries"] if entry["key"] == "needs")
    assert (needs["release"], needs["environments"], needs["carried"]) == ("web/back", ["dev", "prod"], True)
    assert needs["source"] == {"file": "helmfiles/10-base.yaml", "line": 15}


def test_the_ledger_as_markdown_says_what_is_dropped_and_what_to_do(small: Path, migrate: Migrate) -> None:
    text = SMALL["helmfiles/10-base.yaml"].replace(
        "    needs: [web/front]\n", "    needs: [web/front]\n    wait: true\n"
    )
    write_files(small, {"helmfiles/10-base.yaml": text})
    outcome = migrate(small, "convert", "--ledger", "markdown")
    assert outcome.code == 0, outcome.err
    dropped = next(line for line in outcome.out.splitlines() if line.startswith("| `wait`"))
    assert "argocd app wait" in dropped
    assert "web/back (helmfiles/10-base.yaml:15)" in dropped
    assert "out: " in outcome.err
