"""``lint --fix``: spans of lines, the rule silent afterwards, and never over what git could not bring back."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from migrate.cli.fixing import difference, fixed_files
from migrate.expand import expand_tree
from migrate.lint import all_rules, lint_tree
from migrate.lint.edits import Edit, edited_files, line_after, token_edit
from migrate.lint.example import bad_tree, marked_places
from migrate.lint.good_tree import APPS, GOOD, WEB
from migrate.lint.rule import Rule
from migrate.model.finding import Finding, Severity, SourceLocation
from migrate.model.linted import IgnoredFinding
from migrate.model.tree import FileTree
from tests.conftest import ROOT, Migrate, git, write_files

FIXABLE = [rule for rule in all_rules() if rule.fix is not None]


def tree_of(files: dict[str, str]) -> FileTree:
    return FileTree({path: text.encode() for path, text in files.items()})


def fixed(tree: FileTree, rule: Rule, ignored: tuple[IgnoredFinding, ...] = ()) -> FileTree:
    return FileTree({**tree.files, **fixed_files(tree, (), [rule], ignored)[0]})


def heard(tree: FileTree, rule: Rule) -> list[Finding]:
    return [f for f in lint_tree(tree, expand_tree(tree)) if f.code == rule.id]


def test_the_rules_that_can_be_fixed_are_the_safe_ones() -> None:
    assert {rule.id for rule in FIXABLE} >= {"L01", "L02", "L03", "L04", "L12", "L17", "L28", "L57"}


@pytest.mark.parametrize("rule", [rule for rule in FIXABLE if rule.id not in ("L02", "L12")], ids=lambda rule: rule.id)
def test_a_fix_turns_the_bad_example_into_one_that_the_rule_is_silent_on(rule: Rule) -> None:
    tree = tree_of(bad_tree(rule.example))
    assert heard(tree, rule)
    after = fixed(tree, rule)
    assert heard(after, rule) == []
    touched = changed_lines(tree, after)
    marked = {path for path, _ in marked_places(rule.example)}
    assert {path for path, _ in touched} <= marked | {APPS}


def changed_lines(before: FileTree, after: FileTree) -> set[tuple[str, str]]:
    return {
        (path, line)
        for path, content in after.files.items()
        for line in content.decode().splitlines()
        if line not in before.text(path).splitlines()
    }


ROLLING = """\
  strategy:
    type: rollingsync
    rollingSync:
      steps:
        - matchExpressions:
            - {key: rollout-phase, operator: in, values: ["110"]}  # first
        - matchExpressions:
            - key: rollout-phase
              operator: In
              values: ["650"]
  template:
"""
SEEDS: list[tuple[str, str, str, str]] = [
    ("L01", WEB, 'rolloutPhase: "650"', "rolloutPhase: 650  # late"),
    ("L01", WEB, 'version: "1.10"', "version: 1.10"),
    ("L02", APPS, "- path: environments/dev", "- path: /environments/dev"),
    ("L04", APPS, '  goTemplateOptions: ["missingkey=error"]\n', ""),
    ("L04", APPS, '["missingkey=error"]', "[]  # none"),
    ("L04", APPS, '["missingkey=error"]', "\n    - missingkey=zero"),
    ("L12", APPS, "  template:\n", ROLLING),
    ("L17", WEB, "parameters: []", "parameters:\n  - {name: p, value: 'a$b$$c'}"),
    ("L28", WEB, "- ServerSideApply=true", "- ServerSideApplied=true # comment"),
    ("L57", APPS, "goTemplateOptions", "goTemplateOption"),
]


@pytest.mark.parametrize(("name", "path", "right", "wrong"), SEEDS, ids=[f"{s[0]} {s[3][:20].strip()}" for s in SEEDS])
def test_a_seeded_fault_is_mended_and_nothing_else_changes(name: str, path: str, right: str, wrong: str) -> None:
    rule = next(rule for rule in FIXABLE if rule.id == name)
    files = dict(GOOD)
    assert right in files[path]
    seeded = tree_of({**files, path: files[path].replace(right, wrong, 1)})
    after = fixed(seeded, rule)
    errors = {f.message for f in heard(after, rule) if f.severity is Severity.ERROR and "in no step" not in f.message}
    assert errors == set()
    assert expand_tree(after).errors == ()
    assert [p for p in after.files if after.files[p] != seeded.files[p]] == [path]
    before, now = seeded.text(path).splitlines(), after.text(path).splitlines()
    assert sum(line not in before for line in now) <= 2
    assert ("#" in wrong) == ("#" in after.text(path))


def test_a_line_that_holds_the_word_twice_is_left_for_a_person() -> None:
    tree = tree_of({"a.yaml": "a: [650, 650]\n"})
    assert token_edit(tree, SourceLocation("a.yaml", 1), "650", '"650"') is None


@pytest.mark.parametrize(
    ("line", "old", "new", "after"),
    [
        ("a: 650", "650", '"650"', 'a: "650"'),
        ("  - on  # really", "on", '"on"', '  - "on"  # really'),
        ("a: {b: 1.10, c: 2}", "1.10", '"1.10"', 'a: {b: "1.10", c: 2}'),
        ("y: infra", "y", '"y"', '"y": infra'),
        ("a: 650\r", "650", '"650"', 'a: "650"\r'),
        ("phase650: 650", "650", '"650"', 'phase650: "650"'),
        ("a: 'x$y'", "x$y", "x$$y", "a: 'x$$y'"),
    ],
)
def test_a_word_is_replaced_where_it_stands(line: str, old: str, new: str, after: str) -> None:
    tree = tree_of({"a.yaml": f"# über\n{line}\nz: 1\n"})
    edit = token_edit(tree, SourceLocation("a.yaml", 2), old, new)
    assert edit is not None
    assert edited_files(tree, [edit])["a.yaml"].decode() == f"# über\n{after}\nz: 1\n"


def test_a_line_is_added_with_the_line_end_of_its_file() -> None:
    tree = tree_of({"a.yaml": "spec:\r\n  goTemplate: true\r\n  x: 1\r\n"})
    edit = line_after(tree, SourceLocation("a.yaml", 2), "y: 2")
    assert edited_files(tree, [edit])["a.yaml"] == b"spec:\r\n  goTemplate: true\r\n  y: 2\r\n  x: 1\r\n"


def test_of_overlapping_edits_the_first_counts() -> None:
    tree = tree_of({"a.yaml": "abcdef\n"})
    found = edited_files(tree, [Edit("a.yaml", 1, 2, 4, "X"), Edit("a.yaml", 1, 0, 3, "Y")])
    assert found == {"a.yaml": b"Ydef\n"}


def test_what_is_ignored_stays_as_it_is() -> None:
    rule = next(rule for rule in FIXABLE if rule.id == "L01")
    tree = tree_of(bad_tree(rule.example))
    (finding,) = heard(tree, rule)
    assert fixed(tree, rule, (IgnoredFinding(finding, "we like it so", "--ignore"),)).files == tree.files


def test_the_difference_is_one_that_git_applies(tmp_path: Path) -> None:
    rule = next(rule for rule in FIXABLE if rule.id == "L01")
    files = bad_tree(rule.example)
    write_files(tmp_path, files)
    changed, places = fixed_files(tree_of(files), (), [rule], ())
    subprocess.run(
        ["git", "apply", "-"], cwd=tmp_path, input=difference(tree_of(files), changed), text=True, check=True
    )
    assert (tmp_path / WEB).read_bytes() == changed[WEB]
    assert places == 1


# ---------------------------------------------------------------- the command


@pytest.fixture
def seeded(tmp_path: Path) -> Path:
    """A git work tree with one fault: a phase without its quotes."""
    rule = next(rule for rule in FIXABLE if rule.id == "L01")
    write_files(tmp_path / "tree", bad_tree(rule.example))
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    git(tmp_path, "-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "x")
    return tmp_path / "tree"


def test_fix_mends_the_file_and_lints_again(seeded: Path, migrate: Migrate) -> None:
    assert migrate(seeded.parent, "lint", "tree", "--no-render", "--rule", "L01").code == 1
    outcome = migrate(seeded.parent, "lint", "tree", "--no-render", "--rule", "L01", "--fix")
    assert (outcome.code, "fixed: 1 place in 1 file" in outcome.err) == (0, True)
    assert git(seeded, "status", "--porcelain").split() == ["M", f"tree/{WEB}"]
    assert 'rolloutPhase: "650"\n' in (seeded / WEB).read_text()


def test_check_prints_the_difference_and_writes_nothing(seeded: Path, migrate: Migrate) -> None:
    outcome = migrate(seeded.parent, "lint", "tree", "--no-render", "--rule", "L01", "--fix", "--check")
    assert outcome.code == 1
    assert '-rolloutPhase: 650\n+rolloutPhase: "650"\n' in outcome.out
    assert git(seeded, "status", "--porcelain") == ""


def test_a_file_with_changes_of_its_own_is_refused(seeded: Path, migrate: Migrate) -> None:
    (seeded / WEB).write_text((seeded / WEB).read_text() + "# mine\n")
    before = (seeded / WEB).read_bytes()
    outcome = migrate(seeded.parent, "lint", "tree", "--no-render", "--rule", "L01", "--fix")
    assert (outcome.code, "not committed" in outcome.err) == (5, True)
    assert (seeded / WEB).read_bytes() == before
    assert migrate(seeded.parent, "lint", "tree", "--no-render", "--rule", "L01", "--fix", "--force").code == 0
    assert (seeded / WEB).read_text().endswith("# mine\n")


def test_a_change_elsewhere_does_not_matter(seeded: Path, migrate: Migrate) -> None:
    (seeded / "README.md").write_text("mine\n")
    assert migrate(seeded.parent, "lint", "tree", "--no-render", "--rule", "L01", "--fix").code == 0


def test_without_git_nothing_is_fixed_unless_forced(seeded: Path, migrate: Migrate, tmp_path: Path) -> None:
    (tmp_path / ".git").rename(tmp_path / "kept")
    assert migrate(seeded.parent, "lint", "tree", "--no-render", "--rule", "L01", "--fix").code == 5
    assert migrate(seeded.parent, "lint", "tree", "--no-render", "--rule", "L01", "--fix", "--force").code == 0


def test_a_file_behind_a_link_is_not_written(seeded: Path, migrate: Migrate) -> None:
    (seeded / WEB).rename(seeded / "real.yaml")
    (seeded / WEB).symlink_to("../../../../../real.yaml")
    before = (seeded / "real.yaml").read_bytes()
    outcome = migrate(seeded.parent, "lint", "tree", "--no-render", "--rule", "L01", "--fix", "--force")
    assert (outcome.code, "behind a link" in outcome.err) == (5, True)
    assert (seeded / "real.yaml").read_bytes() == before


def test_the_samples_tree_is_the_same_again_after_its_faults_are_fixed() -> None:
    files = {p.relative_to(ROOT / "out").as_posix(): p.read_bytes() for p in (ROOT / "out").rglob("*") if p.is_file()}
    original = FileTree(files)
    appset = "environments/dev/argocd/apps/components-dev.yaml"
    component = next(p for p in original.paths() if p.endswith("grafana/component.yaml") and "/dev/" in p)
    seeded = dict(files)
    for path, right, wrong in (
        (appset, rb"missingkey=error", rb"missingkey=zero"),
        (appset, rb"preserveResourcesOnDeletion", rb"preserveResourceOnDeletion"),
        (component, rb'wave: "(-?\d+)"', rb"wave: \1"),
    ):
        seeded[path], count = re.subn(right, wrong, seeded[path], count=1)
        assert count == 1
    changed, _ = fixed_files(FileTree(seeded), (), FIXABLE, ())
    assert {**seeded, **changed} == files
