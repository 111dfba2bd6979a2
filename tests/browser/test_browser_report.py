"""The report in a browser: nothing is loaded, all can be reached and read, search and folding work."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from migrate.model.page import ReportPage
from migrate.report.html import report_html
from tests.browser.conftest import Open
from tests.report.pages import HOSTILE, small_page

pytestmark = pytest.mark.browser
LINKS = ".r-releases a"
OPEN_ALL = "for (const one of document.querySelectorAll('details')) one.open = true"


def visible(page: Any, selector: str) -> list[str]:
    """The texts of what a person can see of a selector."""
    found: list[str] = page.eval_on_selector_all(
        selector, "all => all.filter(one => one.checkVisibility()).map(one => one.textContent.trim())"
    )
    return found


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_no_rule_of_axe_core_is_broken(report: Path, opened: Open, axe: str, width: int, scheme: str) -> None:
    page = opened(report, width=width, scheme=scheme).page
    # Of each kind of part one is opened: all of them at once would take minutes and show nothing else.
    page.evaluate(
        "for (const kind of ['.r-group', '.r-release', '.r-node', '.r-diff', '.r-release:has(.r-sides)',"
        " '.r-release:has(.r-sides) .r-diff', '#ledger details']) {"
        "  let one = document.querySelector(kind);"
        "  for (; one; one = one.parentElement.closest('details')) one.open = true; }"
    )
    assert broken_rules(page, axe) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_no_rule_is_broken_by_what_is_different_either(
    tmp_path: Path, opened: Open, axe: str, width: int, scheme: str
) -> None:
    page = opened(written(tmp_path, small_page()), width=width, scheme=scheme).page
    page.evaluate(OPEN_ALL)
    assert broken_rules(page, axe) == []


def test_axe_core_sees_what_is_broken(tmp_path: Path, opened: Open, axe: str) -> None:
    page = opened(written(tmp_path, small_page())).page
    page.evaluate("document.querySelector('label').remove()")
    page.add_style_tag(content=".r-different { color: #ff9d96 !important; }")
    assert {rule for rule, _ in broken_rules(page, axe)} >= {"label-title-only", "color-contrast"}


def broken_rules(page: Any, axe: str) -> list[tuple[str, list[str]]]:
    """Rules of axe-core that a page breaks, each with places; parts out of sight are looked at, too."""
    page.add_style_tag(content=".r-group { content-visibility: visible !important; }")
    page.evaluate(axe)
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    assert len(found["passes"]) > 20
    return [(rule["id"], [node["html"] for node in rule["nodes"][:3]]) for rule in found["violations"]]


def written(folder: Path, page: ReportPage) -> Path:
    path = folder / "page.html"
    path.write_text(report_html(page), encoding="utf-8")
    return path


def test_nothing_is_loaded_and_nothing_complains(report: Path, opened: Open) -> None:
    found = opened(report)
    found.page.fill("#search", "data")
    found.page.click("#open-all")
    found.page.click("#close-all")
    found.page.click("nav a >> nth=2")
    assert found.asked == [report.as_uri()]
    assert found.said == []


def test_the_browser_refuses_whatever_is_not_the_page_s_own(report: Path, opened: Open) -> None:
    found = opened(report)
    found.page.evaluate(
        "for (const [tag, key] of [['script', 'src'], ['img', 'src']]) {"
        "  const one = document.createElement(tag); one[key] = 'http://127.0.0.1:9/x'; document.body.append(one); }"
        "const own = document.createElement('script'); own.textContent = 'document.title = `taken`';"
        "document.body.append(own);"
    )
    found.page.wait_for_timeout(300)
    assert sum("Content Security Policy" in message for message in found.said) >= 3
    assert found.page.title() != "taken"


def test_what_an_estate_holds_never_runs(opened: Open, tmp_path: Path) -> None:
    path = written(tmp_path, small_page(HOSTILE))
    found = opened(path)
    found.page.evaluate(OPEN_ALL)
    found.page.fill("#search", "<script>")
    assert found.asked == [path.as_uri()]
    assert found.said == []
    assert "<script>alert(1)</script>" in found.page.inner_text("#findings")
    assert found.page.locator("script").count() == 1


def test_a_search_shows_what_fits_everywhere_and_its_end_shows_all_again(report: Path, opened: Open) -> None:
    page = opened(report).page
    everything, folds = visible(page, LINKS), page.locator("details[open]").count()
    page.fill("#search", "CLICKHOUSE secrets")
    assert visible(page, LINKS) == ["data/clickhouse-secrets"]
    assert visible(page, ".r-lanes a") == ["clickhouse-secrets"]
    assert [text.split(":")[0] for text in visible(page, ".r-node > summary")] == ["data/clickhouse-secrets"]
    assert page.inner_text("#search-result") == f"1 of {len(everything)} releases fit."
    dim = "all => all.filter(g => g.querySelector('.box') && !g.classList.contains('r-dim')).map(g => g.textContent)"
    bright = page.eval_on_selector_all(".r-drawing svg g", dim)
    assert bright
    assert all("data/clickhouse-secrets, layer" in text for text in bright)
    page.fill("#search", "no such release")
    assert visible(page, LINKS) == []
    page.fill("#search", "")
    assert visible(page, LINKS) == everything
    assert page.locator("details[open]").count() == folds
    assert page.locator(".r-dim").count() == 0


def test_a_verdict_and_a_phase_can_be_searched(report: Path, opened: Open) -> None:
    page = opened(report).page
    page.fill("#search", "explained 250")
    found = visible(page, ".r-release > summary")
    assert found
    assert all(text.endswith("explained") for text in found)
    shown = page.eval_on_selector_all(
        ".r-lanes tbody tr",
        "all => all.filter(row => [...row.querySelectorAll('li')].some(item => item.checkVisibility()))"
        ".map(row => row.cells[0].firstChild.data)",
    )
    assert shown == ["250"]


def test_parts_fold_by_mouse_by_keyboard_and_all_at_once(report: Path, opened: Open) -> None:
    page = opened(report).page
    summary = page.locator("#graph .r-group > summary").nth(1)
    nodes = "#graph .r-group:nth-of-type(2) .r-node"
    assert visible(page, nodes) == []
    summary.focus()
    page.keyboard.press("Enter")
    assert visible(page, nodes)
    summary.click()
    assert visible(page, nodes) == []
    page.click("#open-all")
    assert page.locator("main details:not([open])").count() == 0
    page.click("#close-all")
    assert page.locator("main details[open]").count() == 0


def test_every_release_is_reached_with_the_tab_key(report: Path, opened: Open) -> None:
    page = opened(report).page
    wanted = set(page.eval_on_selector_all(".r-release", "all => all.map(one => one.id)"))
    assert len(wanted) > 60
    reached: set[str] = set()
    where = "document.activeElement.closest('#verdicts') ? document.activeElement.hash ?? '' : ''"
    for _ in range(40 + 2 * len(wanted)):
        page.keyboard.press("Tab")
        reached.add(page.evaluate(where).removeprefix("#"))
        if wanted <= reached:
            break
    assert wanted <= reached
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"  # one sees where one is
    page.keyboard.press("Enter")
    summary = page.evaluate("document.activeElement.textContent")
    assert summary.split()[0] in page.text_content("#verdicts")
    assert page.evaluate("document.activeElement.parentElement.open")


def test_the_arrows_lead_from_release_to_release(report: Path, opened: Open) -> None:
    page = opened(report).page
    names = visible(page, LINKS)
    page.locator(LINKS).first.focus()
    walked = [page.evaluate("document.activeElement.textContent")]
    for _ in names[1:]:
        page.keyboard.press("ArrowDown")
        walked.append(page.evaluate("document.activeElement.textContent"))
    assert walked == names
    page.keyboard.press("ArrowUp")
    assert page.evaluate("document.activeElement.textContent") == names[-2]


def test_a_link_opens_what_it_leads_to_and_shows_its_head(report: Path, opened: Open) -> None:
    page = opened(report).page
    page.click("#close-all")
    page.click("nav a[href='#ladder']")
    top = page.evaluate("document.getElementById('heading-ladder').getBoundingClientRect().top")
    bar = page.evaluate("document.getElementById('tools').getBoundingClientRect().bottom")
    assert bar <= top + 1 < 400
    page.goto(f"{report.as_uri()}#release-data--clickhouse")
    assert page.locator("#release-data--clickhouse").evaluate("one => one.open && one.checkVisibility()")


def test_without_a_script_everything_can_be_read_and_folded(report: Path, opened: Open) -> None:
    page = opened(report, script=False).page
    assert not page.locator("#tools").is_visible()
    assert page.locator("#verdicts .r-releases a").count() > 60
    assert page.locator("#verdicts .r-releases a").first.is_visible()
    details = page.locator("#graph details").nth(1)
    details.locator("> summary").click()
    assert details.locator(".r-node").first.is_visible()


def test_a_phone_scrolls_the_page_in_one_direction(report: Path, opened: Open) -> None:
    page = opened(report, width=360).page
    page.evaluate(OPEN_ALL)
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    assert page.evaluate("getComputedStyle(document.body).fontSize") >= "15px"


def test_dark_and_light_differ_and_paper_shows_what_is_folded(report: Path, opened: Open) -> None:
    grounds = {
        scheme: opened(report, scheme=scheme).page.evaluate("getComputedStyle(document.body).backgroundColor")
        for scheme in ("light", "dark")
    }
    light, dark = (sum(map(int, re.findall(r"\d+", grounds[scheme]))) for scheme in ("light", "dark"))
    assert light > 700 > 100 > dark
    page = opened(report).page
    hidden = page.locator(".r-release table").first
    assert not hidden.is_visible()
    page.emulate_media(media="print")
    assert hidden.evaluate("one => one.checkVisibility({contentVisibilityAuto: true})")
    assert not page.locator("#tools").is_visible()
