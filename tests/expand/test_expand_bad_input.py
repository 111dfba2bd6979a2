"""Bad input to ``migrate expand``: it says what is wrong and what to do, and no trace escapes."""

from __future__ import annotations

from pathlib import Path

import pytest

from migrate.errors import ExitCode
from tests.conftest import Migrate, write_files

APPSET = """\
apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: {name: one}
spec:
  goTemplate: true
  generators:
    - git: {repoURL: 'https://git.example/estate.git', revision: main, directories: [{path: '*'}]}
  template:
    metadata: {name: '{{ .path.basename }}'}
    spec:
      project: default
      source: {repoURL: 'https://git.example/estate.git', path: .}
      destination: {server: 'https://kubernetes.default.svc'}
"""
APPS = "tree/environments/dev/argocd/apps"


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"tree/README.md": "empty"}, ["no environments/<name>/argocd/apps", "migrate convert"]),
        ({f"{APPS}/a.yaml": "kind: ConfigMap\n"}, [f"{APPS[5:]}/a.yaml", "holds no ApplicationSet", "take it out"]),
        ({f"{APPS}/a.yaml": "a: [\n"}, [f"{APPS[5:]}/a.yaml", "no YAML, mend it", "line 2"]),
        ({f"{APPS}/a.yaml": b"\xff\xfe"}, [f"{APPS[5:]}/a.yaml", "no YAML, mend it"]),
        ({f"{APPS}/a.yaml": "kind: ApplicationSet\nspec: 3\n"}, ["spec: cannot read number as object"]),
        (
            {f"{APPS}/a.yaml": APPSET.replace("revision: main, ", "")},
            ["one: ", "spec.generators[0].git.revision: Required value"],
        ),
    ],
)
def test_a_tree_that_does_not_expand(
    files: dict[str, str | bytes], said: list[str], migrate: Migrate, tmp_path: Path
) -> None:
    for name, content in files.items():
        write_files(tmp_path, {name: ""})
        (tmp_path / name).write_bytes(content.encode() if isinstance(content, str) else content)
    outcome = migrate(tmp_path, "expand", "tree")
    assert outcome.code == ExitCode.DIFFERENT
    for text in said:
        assert text in " ".join(outcome.out.split())


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("tree",), ExitCode.USAGE, ["the tree tree is not there", "migrate convert"]),
        (("--appset", "none.yaml"), ExitCode.ESTATE_UNREADABLE, ["none.yaml", "mend the path"]),
        (("--appset", "broken.yaml"), ExitCode.USAGE, ["broken.yaml", "line 2", "one ApplicationSet"]),
        (("--appset", "two.yaml"), ExitCode.USAGE, ["two.yaml", "found 2", "one ApplicationSet"]),
        (("--appset", "good.yaml"), ExitCode.DIFFERENT, ["--repo https://git.example/estate.git=DIR"]),
        (("--appset", "good.yaml", "--repo", "away"), ExitCode.USAGE, ["away is not there", "--repo URL=DIR"]),
        (("--appset", "good.yaml", "--clusters", "broken.yaml"), ExitCode.ESTATE_UNREADABLE, ["broken.yaml"]),
        (("--appset", "good.yaml", "--clusters", "two.yaml"), ExitCode.USAGE, ["two.yaml", "name: …, server: …"]),
        (("apps", "--projects", "x"), ExitCode.USAGE, ["--projects", "--appset"]),
    ],
)
def test_what_was_named_is_not_what_is_wanted(
    arguments: tuple[str, ...], code: int, said: list[str], migrate: Migrate, tmp_path: Path
) -> None:
    files = {"good.yaml": APPSET, "two.yaml": f"{APPSET}---\n{APPSET}", "broken.yaml": "a: [\n", "apps/x": ""}
    outcome = migrate(write_files(tmp_path, files), "expand", *arguments)
    text = " ".join((outcome.out + outcome.err).split())
    assert outcome.code == code, text
    for part in said:
        assert part in text


def test_a_good_one_beside_a_broken_one_is_expanded(migrate: Migrate, tmp_path: Path) -> None:
    files = {f"{APPS}/broken.yaml": "a: [\n", f"{APPS}/good.yaml": APPSET, "tree/charts/web/x": ""}
    outcome = migrate(write_files(tmp_path, files), "expand", "tree", "--output", "json")
    assert outcome.code == ExitCode.DIFFERENT
    assert '"name": "charts"' in outcome.out
    assert "broken.yaml" in outcome.out
