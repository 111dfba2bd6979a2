"""No link of docs/ or of the pages at the root is dead, neither file nor heading; the site builds without a word."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT

PAGES = sorted([*(ROOT / "docs").rglob("*.md"), *ROOT.glob("*.md")])
MKDOCS = shutil.which("mkdocs", path=str(Path(sys.executable).parent)) or shutil.which("mkdocs")
_CODE = re.compile(r"^( *)```.*?^\1```$|^(?: {4}|\t).*$|`[^`\n]*`", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\(([^)\s]+)\)")


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as forges and the site make them."""
    text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    found: dict[str, int] = {}
    anchors = set()
    for title in re.findall(r"^#+ (.+)$", text, re.MULTILINE):
        slug = re.sub(r"[^\w\- ]", "", title.strip().lower()).replace(" ", "-")
        count = found.get(slug, 0)
        found[slug] = count + 1
        anchors.add(f"{slug}-{count}" if count else slug)
    return anchors


def dead(page: Path) -> Iterator[str]:
    for target in _LINK.findall(_CODE.sub("", page.read_text(encoding="utf-8"))):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        if not file.exists() or (anchor and anchor not in anchors(file)):
            yield target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    assert list(dead(page)) == []


def test_a_dead_link_is_seen(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# One `b`: c\n[a](#one-b-c) [b](#two) [c](none.md) [d](page.md#one-b-c) `[e](f.md)`\n", "utf-8")
    assert list(dead(page)) == ["#two", "none.md"]


def test_every_page_is_in_the_navigation_and_every_decision_in_the_list() -> None:
    text = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    named = set(re.findall(r"[\w/-]+\.md", text))
    decisions = (ROOT / "docs/decisions/README.md").read_text(encoding="utf-8")
    listed = {f"decisions/{name}" for name in re.findall(r"\]\(([\w-]+\.md)\)", decisions)}
    there = {str(page.relative_to(ROOT / "docs")) for page in (ROOT / "docs").rglob("*.md")}
    assert there - named - listed == set(), "add the page to nav in mkdocs.yml, or to docs/decisions/README.md"
    assert (named | listed) - there == set()


def test_a_decision_says_where_it_lives() -> None:
    """A pointer into the code that leads nowhere is worse than none."""
    for page in (ROOT / "docs/decisions").glob("*.md"):
        for path in re.findall(r"`(migrate/[\w/.]+)`", page.read_text(encoding="utf-8")):
            assert (ROOT / path).exists(), f"{page.name}: {path}"


@pytest.mark.skipif(MKDOCS is None, reason="mkdocs-material is not installed: it is in the extra docs")
def test_the_site_builds_strictly_and_its_pages_fetch_nothing(tmp_path: Path) -> None:
    assert MKDOCS is not None
    site = tmp_path / "site"
    done = subprocess.run(
        [MKDOCS, "build", "--strict", "--quiet", "--site-dir", str(site)],
        cwd=ROOT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1", "https_proxy": "http://127.0.0.1:9"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    pages = list(site.rglob("*.html"))
    assert len(pages) > len(PAGES) / 2
    for page in pages:
        text = page.read_text(encoding="utf-8")
        assert re.findall(r"<(?:link|script|img|iframe)[^>]*(?:src|href)=\"?(?:https?:)?//[^>]*>", text) == [], page
        assert 'class="mermaid"' not in text, page
    for sheet in site.rglob("*.css"):
        assert re.findall(r"(?:url\(|@import )[\"']?(?:https?:)?//", sheet.read_text(encoding="utf-8")) == [], sheet
