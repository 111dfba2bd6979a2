"""``report``: the page and the markdown of a small estate, end to end."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.cli.planted import Planting
from tests.cli.searching import assert_clean, externalise_all, options
from tests.conftest import SMALL, Migrate, git, write_files


@pytest.fixture
def converted(small: Path, migrate: Migrate) -> Path:
    assert migrate(small, "plan").code == 0
    assert migrate(small, "convert").code == 0
    return small


def summaries(text: str) -> dict[str, str]:
    """Release → what its line in the part of releases says."""
    found = re.findall(r'class="r-release"[^>]*><summary>(\S+) (.*?)</summary>', text)
    return {name: " ".join(re.sub("<.*?>", " ", said).split()) for name, said in found}


def test_the_page_is_printed_or_written_with_the_same_bytes(converted: Path, migrate: Migrate) -> None:
    printed = migrate(converted, "report")
    assert printed.code == 0, printed.err
    written = migrate(converted, "report", "--file", "pages/report.html")
    assert (written.code, written.out) == (0, "")
    assert "wrote pages/report.html" in written.err
    assert (converted / "pages/report.html").read_text() == printed.out
    assert summaries(printed.out) == {"web/front": "= equal", "web/back": "= equal"}
    assert "Proven: all 4 releases are what Helmfile applied." in printed.out


def test_what_is_different_stands_side_by_side_and_exits_1(converted: Path, migrate: Migrate) -> None:
    (path,) = converted.glob("out/sources/values/_shared/**/front/10-front.yaml")
    path.write_text(path.read_text().replace("red", "blue"))
    outcome = migrate(converted, "report")
    assert outcome.code == 1
    assert summaries(outcome.out)["web/front"] == "≠ different"
    assert summaries(outcome.out)["web/back"] == "= equal"
    rows = re.findall(r"<tr><th scope=\"row\">([^<]*)</th><td><del>(.*?)</del></td><td><ins>(.*?)</ins>", outcome.out)
    assert any("red" in left and "blue" in right for _, left, right in rows), rows
    assert "Not proven: of 4 releases, 2 are equal or explained." in outcome.out


def test_the_checklist_sees_branches_and_fences(converted: Path, migrate: Migrate) -> None:
    assert migrate(converted, "verify").code == 0
    target = converted.parent / "gitops"
    target.mkdir()
    git(target, "init", "--quiet")
    git(target, "commit", "--allow-empty", "--quiet", "-m", "start")
    assert migrate(converted, "commit", "--repo", str(target)).code == 0
    text = migrate(converted, "report", "--output", "markdown", "--repo", str(target)).out
    heads = re.search(r"\| layer \| releases \| (.*) \|\n", text)
    rows = re.search(r"\| 10-base \| 2 \| (.*) \|\n", text)
    assert heads
    assert rows
    found = dict(zip(heads[1].split(" | "), rows[1].split(" | "), strict=True))
    assert {step: found[step] for step in ("planned", "converted", "verified", "committed", "fenced")} == {
        "planned": "✓", "converted": "✓", "verified": "✓", "committed": "✓", "fenced": "no"
    }  # fmt: skip


def test_markdown_goes_to_a_file_too(converted: Path, migrate: Migrate) -> None:
    assert migrate(converted, "report", "--output", "markdown", "--file", "report.md").code == 0
    assert (converted / "report.md").read_text().startswith("### migrate verify\n\n**Proven:** all 4 releases")


def test_lines_of_the_estate_are_links(converted: Path, migrate: Migrate) -> None:
    plain = migrate(converted, "report").out
    assert "helmfiles/10-base.yaml:6" in plain
    assert "https:" not in plain
    address = "https://git.example.com/estate/blob/main/{file}?a=1&b=2#L{line}"
    linked = migrate(converted, "report", "--source-url", address).out
    assert 'href="https://git.example.com/estate/blob/main/helmfiles/10-base.yaml?a=1&amp;b=2#L6"' in linked


def test_a_repository_that_a_person_named_gives_links(converted: Path, migrate: Migrate) -> None:
    plan = (converted / "migration.yaml").read_text()
    own = '  repoURL: "https://github.com/team/gitops.git"'
    (converted / "migration.yaml").write_text(re.sub(r"(?m)^  repoURL: .*$", own, plan))
    assert migrate(converted, "convert").code == 0
    text = migrate(converted, "report").out
    assert 'href="https://github.com/team/gitops/blob/main/helmfiles/10-base.yaml#L6"' in text


@pytest.mark.parametrize("address", ["javascript:alert({file})", "https://git.example.com/estate", "{file}"])
def test_an_address_that_leads_nowhere_is_refused(converted: Path, migrate: Migrate, address: str) -> None:
    outcome = migrate(converted, "report", "--source-url", address)
    assert outcome.code == 2
    assert "a web address with {file} in it is expected" in outcome.err


def test_a_part_of_the_estate_is_refused(converted: Path, migrate: Migrate) -> None:
    assert migrate(converted, "report", "-l", "name=front").code == 2


def test_without_a_tree_it_says_what_to_do(small: Path, migrate: Migrate) -> None:
    outcome = migrate(small, "report")
    assert outcome.code == 2
    assert "migrate convert" in outcome.err


def test_one_environment_alone_is_reported(converted: Path, migrate: Migrate) -> None:
    text = migrate(converted, "report", "-e", "dev").out
    assert "Proven: all 2 releases" in text
    assert ">prod<" not in text


def test_no_secret_of_the_estate_is_on_the_page(small: Path, migrate: Migrate) -> None:
    password = "cRn8pQ2wXv5tYb7KmZ4s"
    estate = SMALL["helmfiles/10-base.yaml"].replace("      - replicas: 3\n", f"      - adminPassword: {password}\n")
    name = "helmfiles/charts/web/templates/deployment.yaml"
    template = SMALL[name].replace(".Values.colour", '(.Values.adminPassword | default "none")')
    write_files(small, {"helmfiles/10-base.yaml": estate, name: template})
    assert migrate(small, "plan").code == 0
    plan = small / "migration.yaml"
    plan.write_text(plan.read_text() + 'secrets:\n  helmfiles/10-base.yaml: "plaintext: accepted"\n')
    converted = migrate(small, "convert")
    (path,) = small.glob("out/sources/values/_shared/**/back/10-inline.yaml")
    assert password in path.read_text(), converted.err
    path.write_text(path.read_text().replace(password, f"new-{password}"))
    outcome = migrate(small, "report")
    assert summaries(outcome.out)["web/back"] == "≠ different"
    assert password not in outcome.out


@pytest.mark.parametrize("form", ["html", "markdown"])
def test_none_of_sixty_planted_secrets_is_on_the_page(
    project: Path, migrate: Migrate, planting: Planting, form: str
) -> None:
    externalise_all(project, migrate, planting)
    command = ("report", "--output", form, "--file", "report", *options(planting))
    outcome = migrate(project, *command)
    assert (outcome.code, (project / "report").is_file()) == (0, True), outcome.err
    assert_clean(planting, project, outcome.out + outcome.err, command)


def test_nor_where_the_tree_has_others_in_their_place(project: Path, migrate: Migrate, planting: Planting) -> None:
    externalise_all(project, migrate, planting)
    for path in (project / "out/sources/values").rglob("*.yaml"):
        path.write_text(path.read_text().replace("externalised-secret", "changed"))
    outcome = migrate(project, "report", *options(planting))
    assert "\u2260" in outcome.out
    assert outcome.code == 1, outcome.err
    assert_clean(planting, project, outcome.out + outcome.err, "report")
