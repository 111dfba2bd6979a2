"""The pictures of the report in the documentation, taken of the sample estate's own: ``make screenshots``."""

from __future__ import annotations

import sys
import tempfile
from importlib import import_module
from pathlib import Path
from typing import Any

from migrate.cli import run
from tests.browser.conftest import ARGUMENTS, chromium

FOLDER = Path("docs/images")
SHOTS = (
    ("report", "window.scrollTo(0, 0)", "light"),
    ("report-graph", "document.getElementById('graph').scrollIntoView()", "dark"),
)
"""File → what is shown, and in which colours."""


def main() -> None:
    playwright: Any = import_module("playwright.sync_api")
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, playwright.sync_playwright() as driver:
        path = Path(folder) / "report.html"
        if code := run(["report", "--quiet", "--file", str(path)]):
            sys.exit(code)
        browser = driver.chromium.launch(executable_path=chromium(), args=ARGUMENTS)
        for name, script, scheme in SHOTS:
            page = browser.new_page(viewport={"width": 1200, "height": 620}, color_scheme=scheme)
            page.goto(path.as_uri())
            page.evaluate(script)
            page.screenshot(path=FOLDER / f"{name}.png")
        browser.close()


if __name__ == "__main__":
    main()
