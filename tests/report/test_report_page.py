"""The page of a report as text: whole, well formed, escaped, masked, and the same bytes again."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from migrate.model.finding import SourceLocation
from migrate.model.page import ReportPage, SourceLinks, links_into
from migrate.model.report import Verdict
from migrate.model.tree_diff import Fate, FieldChange, ObjectChange
from migrate.report.html import report_html
from migrate.report.html.diffs import MOST_FIELDS, MOST_OBJECTS, both_sides
from migrate.report.html.releases import MOST_CHARACTERS
from migrate.report.markdown import MOST_CHARACTERS as MOST_OF_A_COMMENT
from migrate.report.page_markdown import page_markdown
from tests.report.pages import ALARM, HOSTILE, TOKEN, small_page

VOID = {"meta", "link", "input", "br"}


class Page(HTMLParser):
    """What a browser would take for markup."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.texts: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    def values(self, attribute: str) -> list[str]:
        return [attributes[attribute] for _, attributes in self.tags if attribute in attributes]

    @property
    def said(self) -> str:
        return " ".join(" ".join(self.texts).split())


@pytest.mark.parametrize("word", ["", HOSTILE], ids=["plain", "hostile"])
def test_the_page_is_well_formed_and_every_link_in_it_leads_somewhere(word: str) -> None:
    found = Page(report_html(small_page(word)))
    assert found.open == []
    names = found.values("id")
    assert len(names) == len(set(names))
    inside = {address[1:] for address in found.values("href") if address.startswith("#")}
    assert inside
    assert inside <= set(names)
    labelled = {name for value in found.values("aria-labelledby") for name in value.split()}
    assert labelled <= set(names)


def test_nothing_of_an_estate_becomes_markup() -> None:
    plain, hostile = (Page(report_html(small_page(word))) for word in ("", HOSTILE))
    assert [tag for tag, _ in hostile.tags] == [tag for tag, _ in plain.tags]
    assert not any(name.startswith("on") for _, attributes in hostile.tags for name in attributes)
    assert hostile.said.count(ALARM) > 40  # it is shown, as text
    for part in ("front", "store", "CustomResourceDefinition", "hook-mapping", "parked", "chart.path", "mend it"):
        assert re.search(f"{part}[^<]*{re.escape(ALARM)}", hostile.said), part


def test_the_policy_lets_only_the_page_s_own_script_run_and_nothing_load() -> None:
    text = report_html(small_page())
    found = Page(text)
    (script,) = re.findall(r"<script>(.*?)</script>", text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    (policy,) = (a["content"] for _, a in found.tags if a.get("http-equiv") == "Content-Security-Policy")
    assert policy.split("; ")[:4] == [
        "default-src 'none'", "style-src 'unsafe-inline'", f"script-src 'sha256-{digest}'", "img-src data:"
    ]  # fmt: skip
    assert found.values("src") == []
    assert [a for a in found.values("href") if not a.startswith("#")] == ["data:,"]
    assert "@import" not in text
    assert "url(" not in text


def test_the_same_page_gives_the_same_bytes_and_no_time_is_in_it() -> None:
    page = small_page()
    slower = replace(page, report=replace(page.report, timings={"read": 99.0}))
    assert report_html(page) == report_html(small_page()) == report_html(slower)


def test_every_row_is_shown_with_its_verdict() -> None:
    page = small_page()
    text = report_html(page)
    for row in page.report.releases:
        name = row.id or f"Application {row.application}"
        (details,) = re.findall(rf"<summary>{re.escape(name)} .*?</ul>", text, re.DOTALL)
        said = Page(details + "</details>" if details.count("<details") else f"<details>{details}</details>").said
        assert re.search(rf"{row.environment}: +\S+ +{row.verdict.value}", said), name
    assert "production: no Application on purpose: parked" in Page(text).said
    assert "Not proven: of 7 releases, 4 are equal or explained." in text


def test_a_proven_page_says_so() -> None:
    page = small_page()
    rows = tuple(row for row in page.report.releases if row.verdict in (Verdict.EQUAL, Verdict.EXPLAINED))
    said = Page(report_html(replace(page, report=replace(page.report, releases=rows)))).said
    assert "Proven: all 4 releases are what Helmfile applied." in said
    assert "Not proven" not in said


def test_what_has_the_shape_of_a_secret_is_masked() -> None:
    text = report_html(small_page(f" {TOKEN} "))
    assert "hook-mapping" in text
    assert TOKEN not in text
    assert '"***"' in Page(report_html(small_page())).said


def test_what_cannot_be_seen_is_written_out() -> None:
    text = report_html(small_page(" \u202etxt.exe\u0000\ud800"))
    assert "⟨202E⟩txt.exe⟨0000⟩⟨D800⟩" in text
    assert "\u202e" not in text
    text.encode("utf-8")


def test_releases_whose_names_look_alike_have_places_of_their_own() -> None:
    page = small_page()
    nodes = tuple(replace(page.graph.nodes[0], id=name) for name in ("a/b c", "a/b-c", "a/B-C", "a/b--c", "a-b/c"))
    page = replace(page, graph=replace(page.graph, nodes=nodes, edges=()), changes={})
    names = [a["id"] for tag, a in Page(report_html(page)).tags if tag == "details" and "data-find" in a]
    assert len(names) == len(set(names)) == 10  # and the four of the plan, and the stray Application


def test_places_are_links_where_an_address_is_known() -> None:
    assert "#L12" not in report_html(small_page())
    links = SourceLinks("https://git.example.com/estate/blob/main/{file}#L{line}")
    addresses = Page(report_html(small_page(links=links))).values("href")
    assert "https://git.example.com/estate/blob/main/helmfiles/40%20data.yaml#L12" in addresses
    assert "javascript" not in report_html(small_page(links=SourceLinks("javascript:alert({line})//{file}")))


@pytest.mark.parametrize(
    ("repository", "address"),
    [
        ("https://github.com/team/estate.git", "https://github.com/team/estate/blob/main/a%23b.yaml#L3"),
        ("git@github.com:team/estate.git", "https://github.com/team/estate/blob/main/a%23b.yaml#L3"),
        ("ssh://git@gitlab.example.com:2222/g/sub/estate", "https://gitlab.example.com/g/sub/estate/-/blob/main/a%23b.yaml#L3"),
        ("https://robin:hunter2@gitlab.com/g/e", "https://gitlab.com/g/e/-/blob/main/a%23b.yaml#L3"),
        ("https://bitbucket.org/t/e", "https://bitbucket.org/t/e/src/main/a%23b.yaml#lines-3"),
        ("https://git.example.com/team/estate.git", ""),
        ("/srv/git/estate.git", ""),
    ],
)  # fmt: skip
def test_addresses_of_lines_follow_from_the_repository(repository: str, address: str) -> None:
    assert links_into(repository, "main").address(SourceLocation("a#b.yaml", 3)) == address


def test_both_sides_of_a_text_stand_level() -> None:
    left, right = both_sides(("@@ -1,4 +1,3 @@", " a", "-b", "-c", "+d", " e", "… and 3 more lines"))
    assert left == [("⋯", False), ("a", False), ("b", True), ("c", True), ("e", False), ("… and 3 more lines", False)]
    assert right == [("⋯", False), ("a", False), ("d", True), ("", False), ("e", False), ("… and 3 more lines", False)]


def test_very_many_objects_and_fields_are_counted_instead_of_shown() -> None:
    fields = tuple(FieldChange(f"spec.f{n}", "1", "2") for n in range(MOST_FIELDS + 3))
    objects = tuple(ObjectChange(f"ConfigMap data/c{n:03}", Fate.CHANGED, fields) for n in range(MOST_OBJECTS + 2))
    page = small_page()
    said = Page(report_html(replace(page, changes={("dev", "data/store"): objects}))).said
    assert "and 2 more objects" in said
    assert "and 3 more fields" in said
    assert f"data/c{MOST_OBJECTS - 1:03}:" in said
    assert f"data/c{MOST_OBJECTS:03}:" not in said


def test_details_that_do_not_fit_are_dropped_and_verdicts_are_not() -> None:
    page = small_page()
    huge = page.plan.releases[1]
    reason = replace(huge.tier, reason="x y " * (MOST_CHARACTERS // 4))
    releases = (page.plan.releases[0], replace(huge, tier=reason), *page.plan.releases[2:])
    text = report_html(replace(page, plan=replace(page.plan, releases=releases)))
    assert len(text) < MOST_CHARACTERS
    said = Page(text).said
    assert said.count("Its details are left out here") == 1
    assert said.count("data/store") > 3
    assert "data/users" in said


def test_the_markdown_has_verdicts_checklist_and_findings() -> None:
    text = page_markdown(small_page())
    assert text.startswith("### migrate verify")
    assert "| 10-base | 1 | ✓ | no | unknown |" in text
    assert "- error VF001 (helmfiles/40 data.yaml:12): it broke" in text
    assert "3 keys of releases: 2 carried, 1 dropped" in text
    hostile = page_markdown(small_page(HOSTILE))
    assert ALARM in hostile  # between backticks, where nothing is markup
    assert ALARM not in re.sub(r"`[^`]*`", "", hostile)


def test_markdown_that_would_be_too_long_keeps_the_verdicts() -> None:
    page = small_page()
    rows = tuple(replace(page.checklist[0], layer=f"{n:04}-{'x' * 150}") for n in range(1000))
    text = page_markdown(replace(page, checklist=rows))
    assert len(text) < MOST_OF_A_COMMENT
    assert "Checklist" not in text
    assert "different" in text


def test_a_page_of_nothing_is_a_page() -> None:
    page = small_page()
    empty = ReportPage(
        page.environments,
        replace(page.report, releases=(), excluded=()),
        replace(page.plan, releases=()),
        replace(page.graph, nodes=(), edges=(), hints=()),
    )
    said = Page(report_html(empty)).said
    assert "Not proven: of 0 releases" in said
    assert "No release has a place in the rollout." in said
    assert "Nothing was found." in said
