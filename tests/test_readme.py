"""README.md is true: what it shows is what the program prints on the sample estate."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.conftest import ROOT, Migrate

README = (ROOT / "README.md").read_text(encoding="utf-8")


def indented(text: str) -> str:
    return "\n".join(f"    {line}".rstrip() for line in text.rstrip().splitlines())


def test_the_summary_is_what_verify_prints(sample: Path, migrate: Migrate) -> None:
    printed = migrate(sample, "verify", "helmfiles").out
    told, found, _ = printed.partition("seconds:")
    assert found
    assert indented(told) in README


def test_the_worked_example_is_what_the_tree_holds() -> None:
    shown = re.search(r"becomes \[`component.yaml`\]\((?P<path>out/[^)]+)\)", README)
    assert shown is not None
    text = (ROOT / shown["path"]).read_text(encoding="utf-8")
    assert indented(text) in README
    source = re.search(r"helmfile: (helmfiles/\S+):(\d+)", text)
    assert source is not None
    lines = (ROOT / source[1]).read_text(encoding="utf-8").splitlines()[int(source[2]) - 1 :]
    assert indented("\n".join(lines[:3])) in README


@pytest.mark.parametrize("target", re.findall(r"\]\((?!https?:)([^)#]+)\)", README))
def test_every_link_leads_somewhere(target: str) -> None:
    assert (ROOT / target).exists()


@pytest.mark.parametrize("command", sorted(set(re.findall(r"^    make (\w+)", README, re.MULTILINE))))
def test_every_make_target_exists(command: str) -> None:
    assert f"\n{command}:" in (ROOT / "Makefile").read_text(encoding="utf-8")
