from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from migrate.errors import EstateError
from migrate.model.estate import Estate, ReadRequest
from migrate.read import read_estate

Read = Callable[..., Estate]
Refused = Callable[..., EstateError]

RELEASE = "releases:\n  - {name: %s, namespace: x, chart: ./charts/app}\n"


def test_a_folder_is_read_in_byte_order_and_names_its_layers(read: Read) -> None:
    estate = read({name: RELEASE % f"r{i}" for i, name in enumerate(("2-b.yaml", "10-c.yml", "1-a.yaml.gotmpl"))})
    assert [layer.name for layer in estate.layers] == ["1-a", "10-c", "2-b"]
    assert [r.layer for r in estate.releases] == ["1-a", "10-c", "2-b"]


def test_helmfile_yaml_is_read_as_helmfile_finds_it_and_strays_are_left_alone(read: Read) -> None:
    estate = read({"helmfile.yaml": RELEASE % "web", "values.yaml": "replicas: 2\n"})
    assert [r.name for r in estate.releases] == ["web"]


def test_two_entry_points_are_refused(refused: Refused) -> None:
    error = refused({"helmfile.yaml": RELEASE % "web", "helmfile.d/a.yaml": RELEASE % "api"})
    assert "several" in error.message


def test_a_missing_estate_says_so() -> None:
    with pytest.raises(EstateError, match="no estate at"):
        read_estate(ReadRequest("/nowhere/at/all"))


def test_an_empty_folder_is_an_error_unless_a_migration_emptied_it(read: Read, refused: Refused) -> None:
    assert "holds no helmfile" in refused({"notes.txt": ""}, path="").message
    assert read({"migration.yaml": "plan: {}\n"}).releases == ()


def test_the_root_is_the_git_work_tree(read: Read, tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    estate = read({"deploy/a.yaml": RELEASE % "web", "deploy/charts/app/Chart.yaml": "name: app\n"}, path="deploy")
    assert estate.root == str(tmp_path)
    assert str(estate.releases[0].source) == "deploy/a.yaml:2"
    assert estate.releases[0].chart_path == "deploy/charts/app"


def test_every_declared_environment_is_read_in_the_order_of_declaration(read: Read) -> None:
    estate = read(
        {
            "a.yaml.gotmpl": "environments:\n  prod: {}\n  dev: {}\n---\n"
            "releases:\n  - name: web-{{ .Environment.Name }}\n    chart: ./charts/app\n"
        }
    )
    assert estate.environments == ("prod", "dev")
    assert [(r.environment, r.name) for r in estate.releases] == [("prod", "web-prod"), ("dev", "web-dev")]


def test_without_any_declaration_the_environment_is_default(read: Read) -> None:
    assert read({"helmfile.yaml": RELEASE % "web"}).environments == ("default",)


def test_an_unknown_environment_is_refused_with_the_nearest_name(refused: Refused) -> None:
    files = {"helmfile.yaml": "environments: {production: {}}\n---\n" + RELEASE % "web"}
    error = refused(files, environments=("produktion",))
    assert error.exit_code == 3
    assert "did you mean production" in error.hint


def test_a_file_without_the_environment_is_skipped(read: Read) -> None:
    estate = read(
        {
            "a.yaml": "environments: {dev: {}, prod: {}}\n---\n" + RELEASE % "web",
            "b.yaml": "environments: {prod: {}}\n---\n" + RELEASE % "api",
        }
    )
    assert [(r.environment, r.name) for r in estate.releases] == [("dev", "web"), ("prod", "web"), ("prod", "api")]


def test_children_come_before_their_parent_and_belong_to_its_layer(read: Read) -> None:
    estate = read(
        {
            "10-top.yaml": "helmfiles:\n  - path: nested/*.yaml\n" + RELEASE % "top",
            "nested/one.yaml": "releases:\n  - {name: one, chart: ../charts/app}\n",
        }
    )
    assert [(r.name, r.layer, str(r.source)) for r in estate.releases] == [
        ("one", "10-top", "nested/one.yaml:2"),
        ("top", "10-top", "10-top.yaml:4"),
    ]


def test_values_of_a_helmfiles_entry_reach_the_child(read: Read) -> None:
    estate = read(
        {
            "helmfile.yaml": "helmfiles:\n  - path: child.yaml.gotmpl\n    values: [{tier: blue}]\n",
            "child.yaml.gotmpl": "releases:\n  - {name: '{{ .Values.tier }}', chart: ./charts/app}\n",
        }
    )
    assert [r.name for r in estate.releases] == ["blue"]


def test_a_file_that_lists_itself_is_refused(refused: Refused) -> None:
    assert "lists itself" in refused({"helmfile.yaml": "helmfiles: [helmfile.yaml]\n"}).message


def test_files_that_list_each_other_are_refused(refused: Refused) -> None:
    error = refused({"helmfile.yaml": "helmfiles: [child.yaml]\n", "child.yaml": "helmfiles: [helmfile.yaml]\n"})
    assert "list each other" in error.message
    assert str(error.source) == "helmfile.yaml:1"


def test_all_faults_of_all_files_are_told_at_once(refused: Refused) -> None:
    error = refused({"a.yaml": "releases: [\n", "b.yaml": "unknown: 1\n", "c.yaml": RELEASE % "web"})
    assert error.source is not None
    assert error.source.file == "a.yaml"
    assert [str(finding.source) for finding in error.findings] == ["b.yaml:1"]
