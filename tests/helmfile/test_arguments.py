"""How ``migrate helmfile`` takes its arguments, and what it prints beside the recorded answers."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest

from migrate.errors import UsageError
from migrate.helmfile import parse_helm_arguments
from tests.conftest import Migrate

STATE = """
releases:
  - name: web
    namespace: shop
    chart: acme/web
    version: 1.2.3
    labels: {tier: front}
  - name: db
    chart: acme/db
    installed: false
"""


@pytest.fixture
def estate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = (tmp_path / "estate").resolve()
    folder.mkdir()
    (folder / "helmfile.yaml").write_text(STATE)
    monkeypatch.chdir(folder)
    return folder


def test_the_table_has_padded_columns(estate: Path, migrate: Migrate) -> None:
    lines = migrate(estate, "helmfile", "list").out.splitlines()
    assert [line.split("\t")[0].strip() for line in lines] == ["NAME", "db", "web"]
    assert lines[0] == "NAME\tNAMESPACE\tENABLED\tINSTALLED\t" + "LABELS".ljust(44) + "\tCHART   \tVERSION"
    assert lines[2].endswith("\tacme/web\t1.2.3")
    assert not any(line != line.rstrip() for line in lines)


@pytest.mark.parametrize(
    "arguments",
    [
        ("-l", "name=web", "list"),
        ("list", "-l", "name=web"),
        ("list", "-l=name=web"),
        ("-lname=web", "--skip-deps=false", "list", "--skip-charts=true"),
        ("--quiet", "--secrets-dir", ".", "list", "--selector", "name=web", "ignored"),
    ],
)
def test_options_stand_anywhere(estate: Path, migrate: Migrate, arguments: tuple[str, ...]) -> None:
    found = migrate(estate, "helmfile", *arguments, "--output", "json")
    assert found.code == 0
    assert found.out.startswith('[{"name":"web","namespace":"shop",')


def test_selectors_before_and_behind_add_up(estate: Path, migrate: Migrate) -> None:
    found = migrate(estate, "helmfile", "-l", "name=web", "list", "-l", "name=db", "--output", "json")
    assert found.out.count('"name":') == 2


@pytest.mark.parametrize("arguments", [("list", "--no-such"), ("no-such",), ("sync",)])
def test_unknown_words_end_as_helmfile_ends(estate: Path, migrate: Migrate, arguments: tuple[str, ...]) -> None:
    assert migrate(estate, "helmfile", *arguments).code == 3


def test_an_error_says_where_and_exits_1(estate: Path, migrate: Migrate) -> None:
    (estate / "helmfile.yaml").write_text(STATE.replace("version:", "versoin:"))
    found = migrate(estate, "helmfile", "list")
    assert found.code == 1
    assert "helmfile.yaml:6" in found.err
    assert found.out == ""


def test_variables_of_helmfile_are_seen_and_no_others(
    estate: Path, migrate: Migrate, monkeypatch: pytest.MonkeyPatch
) -> None:
    (estate / "other.yaml.gotmpl").write_text('releases:\n  - {name: "x{{ env "SECRET" }}", chart: ./c}\n')
    monkeypatch.setenv("HELMFILE_FILE_PATH", "other.yaml.gotmpl")
    monkeypatch.setenv("SECRET", "seen")
    assert '"name":"x",' in migrate(estate, "helmfile", "list", "--output", "json").out
    shown = migrate(estate, "helmfile", "--set-env", "SECRET=y", "list", "--output", "json").out
    assert '"name":"xy",' in shown


def test_written_values_have_helmfiles_own_path(estate: Path, migrate: Migrate) -> None:
    assert migrate(estate, "helmfile", "write-values").code == 0
    digest = hashlib.sha1(str(estate / "helmfile.yaml").encode()).hexdigest()[:8]
    assert (estate / f"helmfile-{digest}" / "web.yaml").read_text() == "{}\n"
    assert not (estate / f"helmfile-{digest}" / "db.yaml").exists()


def test_template_writes_files_as_helm_does(estate: Path, migrate: Migrate) -> None:
    chart = estate / "c" / "templates"
    chart.mkdir(parents=True)
    (estate / "c" / "Chart.yaml").write_text("apiVersion: v2\nname: c\nversion: 0.1.0\n")
    (chart / "one.yaml").write_text("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: one}\n")
    (estate / "helmfile.yaml").write_text("releases:\n  - {name: a, chart: ./c}\n")
    assert (
        migrate(
            estate, "helmfile", "template", "--output-dir", "out", "--output-dir-template", "{{ .OutputDir }}/x"
        ).code
        == 0
    )
    text = (estate / "out" / "x" / "c" / "templates" / "one.yaml").read_text()
    assert text == "---\n# Source: c/templates/one.yaml\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: one}\n"
    refused = migrate(estate, "helmfile", "template", "--show-only", "templates/two.yaml")
    assert refused.code == 1
    assert "could not find template templates/two.yaml in chart" in refused.err


def test_what_cannot_be_done_offline_is_refused(estate: Path, migrate: Migrate) -> None:
    for option in (("--validate",), ("--post-renderer", "x"), ("--args", "--dry-run=server")):
        (estate / "helmfile.yaml").write_text("releases:\n  - {name: a, chart: ./c}\n")
        found = migrate(estate, "helmfile", "template", *option)
        assert found.code == 1
        assert option[0].strip("-") in found.err or option[-1] in found.err


def test_a_program_that_is_not_run_is_told(estate: Path, migrate: Migrate) -> None:
    (estate / "helmfile.yaml").write_text(
        "hooks:\n  - {events: [prepare], command: ./make-values}\nreleases:\n  - {name: a, chart: ./c}\n"
    )
    found = migrate(estate, "helmfile", "list")
    assert found.code == 0
    assert "./make-values" in found.err


def test_a_secret_that_stays_closed_is_told(estate: Path, migrate: Migrate) -> None:
    (estate / "helmfile.yaml").write_text(
        'releases:\n  - {name: a, chart: ./c, values: [{password: "ref+vault://kv/a#/b"}]}\n'
    )
    found = migrate(estate, "helmfile", "write-values", "--output-file-template", "v.yaml")
    assert "PLACEHOLDER" in (estate / "v.yaml").read_text()
    assert "ref+vault://kv/a#/b" in found.err


def test_template_goes_level_by_level(estate: Path, migrate: Migrate) -> None:
    """Rule 11.7: what needs nothing first, in a level as defined; the order is the real helmfile's."""
    chart = estate / "c" / "templates"
    chart.mkdir(parents=True)
    (estate / "c" / "Chart.yaml").write_text("apiVersion: v2\nname: c\nversion: 0.1.0\n")
    (chart / "x.yaml").write_text("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: '{{ .Release.Name }}'}\n")
    rows = [("c", "[b]"), ("b", "[a]"), ("d", "[]"), ("a", "[]"), ("e", "[d, b]")]
    text = "".join(f"  - {{name: {name}, chart: ./c, needs: {needs}}}\n" for name, needs in rows)
    (estate / "helmfile.yaml").write_text(f"releases:\n{text}")
    out = migrate(estate, "helmfile", "template").out
    assert re.findall(r"name: '(\w)'", out) == ["d", "a", "b", "c", "e"]


def test_the_circle_of_needs_is_shown(estate: Path, migrate: Migrate) -> None:
    rows = [("a", "[c]"), ("b", "[a]"), ("c", "[b]"), ("d", "[a]")]
    text = "".join(f"  - {{name: {name}, chart: ./c, needs: {needs}}}\n" for name, needs in rows)
    (estate / "helmfile.yaml").write_text(f"releases:\n{text}")
    found = migrate(estate, "helmfile", "template")
    assert found.code == 1
    assert "cycle detected: a -> b -> c -> a" in found.err
    assert "helmfile.yaml:2" in found.err


def test_helm_arguments_are_cut_at_blanks() -> None:
    found = parse_helm_arguments("--set a=1 --set-string=b=2 --include-crds --kube-version 1.3.0 -f x.yaml")
    assert found.sets == (("--set", "a=1"), ("--set-string", "b=2"))
    assert (found.include_crds, found.kube_version, found.values) == (True, "1.3.0", ("x.yaml",))
    with pytest.raises(UsageError, match="dry-run"):
        parse_helm_arguments("--dry-run=server")
