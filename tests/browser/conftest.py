"""Debian's Chromium, headless, with a profile of its own. Without it, or without Playwright, tests are skipped."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from migrate.cli import run

ARGUMENTS = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "browser: opens pages in Chromium; make test-browser")


def chromium() -> str:
    """Where the browser is.

    Raises:
        pytest.skip.Exception: there is none.
    """
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        pytest.skip("Chromium is not there: make test-browser installs it where apt has it")
    return found


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """The browser; each page gets a context of its own."""
    playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not there: make test-browser")
    with playwright.sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=chromium(), args=ARGUMENTS)
        yield started
        started.close()


@dataclass
class Opened:
    """A page in the browser, with what it said and what it asked for."""

    page: Any
    said: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)


Open = Callable[..., Opened]


@pytest.fixture
def opened(browser: Any) -> Iterator[Open]:
    """``opened(path, width=…, scheme=…, script=…)``: a page that tells every message and every request."""
    with contextlib.ExitStack() as contexts:

        def show(path: Path, *, width: int = 1280, scheme: str = "light", script: bool = True) -> Opened:
            context = browser.new_context(
                viewport={"width": width, "height": 900}, color_scheme=scheme, java_script_enabled=script
            )
            contexts.callback(context.close)
            found = Opened(context.new_page())
            found.page.on("console", lambda message: found.said.append(message.text))
            found.page.on("pageerror", lambda error: found.said.append(str(error)))
            found.page.on("dialog", lambda dialog: found.said.append(dialog.message))
            found.page.on("request", lambda request: found.asked.append(request.url))
            found.page.goto(path.as_uri())
            return found

        yield show


@pytest.fixture(scope="session")
def report(_sample: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of the sample estate."""
    path = tmp_path_factory.mktemp("report") / "report.html"
    with contextlib.chdir(_sample):
        assert run(["report", "--quiet", "--file", str(path)]) == 0
    return path


@pytest.fixture(scope="session")
def axe() -> str:
    """axe-core's script."""
    pytest.importorskip("axe_playwright_python", reason="axe-core is not there: make test-browser")
    return files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
