"""``diff`` on the sample estate: a chart's upgrade as a snapshot, and the largest diff within a comment's size."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion

from migrate.report.diff_markdown import MARK, diff_markdown
from tests.conftest import Migrate
from tests.diff.differences import difference_of
from tests.diff.trees import application, configmap, tree

CHART = "helmfiles/charts/third_party/hashicorp/vault"
UPGRADE = {
    f"{CHART}/Chart.yaml": {"version: 0.28.1": "version: 0.29.1", 'appVersion: "1.17.2"': 'appVersion: "1.18.1"'},
    f"{CHART}/values.yaml": {"    tag: 1.17.2": "    tag: 1.18.1"},
    f"{CHART}/templates/server-statefulset.yaml": {
        "podManagementPolicy: Parallel": "podManagementPolicy: OrderedReady",
        "            - containerPort: 8201\n": "            - containerPort: 8201\n            - containerPort: 8202\n",
    },
    "helmfiles/15-secrets-certificates.yaml.gotmpl": {"version: 0.28.1": "version: 0.29.1"},
}
"""A chart's upgrade as its maintainers make one: version, image, and one change of a template that hurts."""


SOME = ("-e", "dev", "-e", "local", "-e", "staging")


def edit(folder: Path, edits: dict[str, dict[str, str]]) -> None:
    for path, pairs in edits.items():
        text = (folder / path).read_text("utf-8")
        for old, new in pairs.items():
            assert text.count(old) == 1, (path, old)
            text = text.replace(old, new)
        (folder / path).write_text(text, "utf-8")


@pytest.fixture
def upgraded(sample: Path, migrate: Migrate) -> Path:
    """The sample with two trees: ``before`` and ``after`` the upgrade of one chart."""
    for name in ("before", "after"):
        assert migrate(sample, "convert", "--batch", "--quiet", "--out", name, *SOME).code == 0
        edit(sample, UPGRADE if name == "before" else {})
    return sample


def test_a_chart_upgrade_of_the_sample(upgraded: Path, migrate: Migrate, snapshot: SnapshotAssertion) -> None:
    table = migrate(upgraded, "diff", "before", "after", "--application", "vault")
    markdown = migrate(upgraded, "diff", "before", "after", "--application", "vault", "--output", "markdown")
    assert (table.code, markdown.code) == (1, 1)
    assert table.out == snapshot(name="table")
    assert markdown.out == snapshot(name="markdown")
    found = json.loads(migrate(upgraded, "diff", "before", "after", "--output", "json").out)
    changed = [row for row in found["applications"] if row["verdict"] != "same"]
    assert {(row["application"], row["verdict"]) for row in changed} == {("vault", "changed")}
    assert sorted(row["environment"] for row in changed) == ["dev", "local", "staging"]
    assert [d["rule"] for row in changed for d in row["dangers"]] == ["immutable-field"] * 3


@pytest.mark.parametrize("sides", [("none", "out"), ("out", "none")])
def test_the_largest_diff_fits_a_comment_with_every_verdict(
    sides: tuple[str, str], sample: Path, migrate: Migrate
) -> None:
    (sample / "none").mkdir()
    verdict = "added" if sides[1] == "out" else "removed"
    text = migrate(sample, "diff", *sides, "--output", "markdown").out
    listed = json.loads(migrate(sample, "expand", "out", "--output", "json").out)["applications"]
    expected = {(a["metadata"]["name"], a["environment"], verdict) for a in listed}
    expected |= {("(argocd)", a["environment"], verdict) for a in listed}
    assert len(text) <= 65_000
    assert text.startswith(MARK + "\n")
    told = set()
    for name, said, places in re.findall(
        r"^\| \[(.+?)\]\(#[\w-]+\) \| \S+ (\w+) \| .*? \| (.+?) \|$", text, re.MULTILINE
    ):
        told |= {(name.replace("\\", ""), environment, said) for environment in places.split(", ")}
    assert told == expected
    assert re.search(r"Details of \d+ groups of changes are left out", text)


def test_a_comment_on_thousands_of_changes_still_has_every_verdict() -> None:
    text = diff_markdown(difference_of(3_000))
    assert len(text) <= 65_000
    for number in range(3_000):
        assert re.search(rf"\bapp{number}\b", text), number
    assert "Details of 3000 groups of changes are left out" in text


@pytest.mark.parametrize(("changed", "same"), [(1, 20_000), (20_000, 0), (20_000, 20_000), (400, 3_000), (0, 20_000)])
def test_no_diff_is_too_large_for_a_comment(changed: int, same: int) -> None:
    text = diff_markdown(difference_of(changed, same))
    assert len(text) <= 65_000
    assert (f"{same} same" in text) is bool(same and changed)
    assert (f"{changed} changed" in text) is bool(changed)
    if changed == 20_000:
        assert "20000 Applications, whose names are in `--output json`" in text
    if same == 20_000:
        assert f"the same: {same} rows, all that are not named above." in text


def test_blocks_open_and_close_and_no_text_ends_a_fence(tmp_path: Path, migrate: Migrate) -> None:
    for side in "AB":
        text = f"{side}\n```\n</details>\n````\n<!-- {side} -->\n"
        objects = [configmap("c", a=text), configmap(f"only-{side}", a=text)]
        tree(tmp_path / side, {"x": application("x"), side: application(side)}, {"x": objects, side: objects})
    text = migrate(tmp_path, "diff", "A", "B", "--output", "markdown").out
    depth, fence = 0, ""
    for line in text.splitlines():
        found = re.match(r"(`{3,})", line)
        if found and not fence:
            fence = found[1]
        elif line == fence:
            fence = ""
        elif not fence:
            depth += line.count("<details>") - line.count("</details>")
            assert depth in (0, 1)
    assert (depth, fence) == (0, "")
    assert "`````diff" in text
