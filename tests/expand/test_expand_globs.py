"""The three ways of matching paths, held to what git itself lists where git can be asked."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from migrate.model.globs import PatternError, doublestar_matches, go_path_matches, pathspec_matches

PATHS = [
    "component.yaml", "apps/component.yaml", "apps/web/component.yaml", "apps/web/deep/component.yaml",
    "apps/web/component.yaml.txt", "apps/[x]/component.yaml", "apps/.hidden/component.yaml", "apps/Web2/c.yaml",
]  # fmt: skip
PATTERNS = [
    "apps/*/component.yaml", "apps/**/component.yaml", "*component.yaml", "apps", "apps/", "apps/web", "**",
    "apps/we?/*",
    "apps/[a-w]*/component.yaml", "apps/[!w]*/component.yaml", "apps/[x]/component.yaml", "apps/we", "*.txt",
    ":(glob)apps/*/component.yaml", ":(glob)apps/**/component.yaml", ":(icase)APPS/web2/*", ":(literal)apps/[x]",
    "apps/[[:upper:]]*", "apps/\\[x]/component.yaml", "apps/[", ":(top)apps/web", ":/apps/web",
]  # fmt: skip


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("globs")
    subprocess.run(["git", "init", "-q", str(folder)], check=True)
    for path in PATHS:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text("x\n")
    subprocess.run(["git", "-C", str(folder), "add", "-A"], check=True)
    return folder


@pytest.mark.parametrize("pattern", PATTERNS)
def test_pathspecs_match_as_git_does(repository: Path, pattern: str) -> None:
    listed = subprocess.run(
        ["git", "-C", str(repository), "ls-files", "-z", "--", pattern], check=True, capture_output=True, text=True
    ).stdout
    assert sorted(path for path in PATHS if pathspec_matches(pattern, path)) == sorted(filter(None, listed.split("\0")))


def test_a_leading_slash_is_refused_by_git_and_nothing_to_doublestar() -> None:
    with pytest.raises(PatternError, match="slash"):
        pathspec_matches("/apps/web/component.yaml", "apps/web/component.yaml")
    assert doublestar_matches("/apps/web/component.yaml", "apps/web/component.yaml")


@pytest.mark.parametrize(
    ("pattern", "path", "matches"),
    [
        ("apps/*/component.yaml", "apps/web/component.yaml", True),
        ("apps/*/component.yaml", "apps/web/deep/component.yaml", False),
        ("apps/**/component.yaml", "apps/component.yaml", True),
        ("apps/**/component.yaml", "apps/web/deep/component.yaml", True),
        ("apps/a**/component.yaml", "apps/ab/c/component.yaml", False),
        ("{apps,infra}/*/c.yaml", "infra/x/c.yaml", True),
        ("apps/{web,api/v1}/c.yaml", "apps/api/v1/c.yaml", True),
        ("apps/[^w]*/c.yaml", "apps/web/c.yaml", False),
        (":(glob)apps/*", "apps/web", False),
        ("**", "a/b/c", True),
    ],
)
def test_doublestar(pattern: str, path: str, matches: bool) -> None:
    assert doublestar_matches(pattern, path) is matches


@pytest.mark.parametrize(
    ("pattern", "path", "matches"),
    [
        ("apps/*", "apps/web", True),
        ("apps/*", "apps/web/deep", False),
        ("apps/**", "apps/web/deep", False),
        ("apps/[!w]eb", "apps/web", True),  # Go knows only ^ as a negation
        ("apps/[^w]eb", "apps/web", False),
        ("apps/[", "apps/[", False),
    ],
)
def test_go_path_match(pattern: str, path: str, matches: bool) -> None:
    assert go_path_matches(pattern, path) is matches
