"""ignoreDifferences of migration.yaml: read, written again, described, and what belongs there."""

from __future__ import annotations

import pytest

from migrate.errors import UsageError
from migrate.model.differences import Ignored
from migrate.plan import dump_plan, load_plan
from migrate.plan.differences import repeated_differences
from tests.emit.emit_nouns import make_plan, make_release, plan_release

TEXT = """\
estate: helmfiles
ignoreDifferences:
  - {group: apps, kind: Deployment, jsonPointers: [/spec/replicas], reason: "autoscalers: they set it"}
  - {kind: Service, jqPathExpressions: [".spec.ports[].nodePort"], managedFieldsManagers: [cloud]}
  - {group: example.com, kind: Thing}
"""
READ = (
    Ignored("apps", "Deployment", ("/spec/replicas",), reasons=("autoscalers: they set it",)),
    Ignored("", "Service", (), (".spec.ports[].nodePort",), ("cloud",)),
    Ignored("example.com", "Thing"),
)


def test_what_is_read_is_written_again() -> None:
    plan = load_plan(TEXT, "migration.yaml")
    assert plan.ignore_differences == READ
    assert load_plan(dump_plan(plan, TEXT), "migration.yaml").ignore_differences == READ


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        ("{group: apps, jsonPointers: [/spec]}", "needs a kind"),
        ("{kind: A, jsonPointers: [spec]}", "item of jsonPointers cannot be"),
        ("{kind: A, jqPathExpressions: [spec]}", "item of jqPathExpressions cannot be"),
        ("{kind: A, name: b}", "has no key name"),
        ("{kind: '*', jsonPointers: [/a]}", "group and kind are both"),
        ("{kind: A}, {kind: A}", "speaks twice of A"),
        ('{kind: A, reason: "a\\nb"}', "one line"),
    ],
)
def test_what_cannot_be_is_refused_with_its_line(entry: str, says: str) -> None:
    with pytest.raises(UsageError, match=says) as refused:
        load_plan(f"estate: helmfiles\nignoreDifferences: [{entry}]\n", "migration.yaml")
    assert refused.value.source is not None
    assert refused.value.source.line == 2


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        ("{group: apps, jsonPointers: [/spec]}", "needs a kind"),
        ("{kind: [A]}", "kind must be text"),
        ("{kind: A, name: {a: b}}", "name must be text"),
        ("{kind: A, reason: b}", "has no key reason"),
        ("{kind: A, jsonPointers: 3}", "jsonPointers must be a list"),
        ("{kind: A, jsonPointers: [3]}", "item of jsonPointers cannot be"),
        ("A", "must be a mapping"),
    ],
)
def test_what_a_release_cannot_ignore_is_refused_with_its_line(entry: str, says: str) -> None:
    with pytest.raises(UsageError, match=says) as refused:
        load_plan(f"estate: helmfiles\nreleases: {{a/b: {{ignoreDifferences: [{entry}]}}}}\n", "migration.yaml")
    assert refused.value.source is not None
    assert refused.value.source.line == 2


def test_what_a_release_ignores_is_text_wherever_argo_cd_reads_text() -> None:
    text = "releases: {a/b: {ignoreDifferences: [{kind: Pod, name: 7, namespace: , jsonPointers: [/a]}]}}\n"
    (release,) = load_plan(text, "migration.yaml").releases
    assert release.ignore_differences == ({"kind": "Pod", "name": "7", "jsonPointers": ["/a"]},)


def test_entries_of_several_releases_that_name_no_object_belong_to_the_kind() -> None:
    wide = {"group": "apps", "kind": "Deployment", "jsonPointers": ["/spec/replicas"]}
    one, other = make_release("one"), make_release("other")
    plans = [plan_release(release, ignore_differences=(wide,)) for release in (one, other)]
    (found,) = repeated_differences(make_plan(*plans))
    assert "data/one, data/other each ignore" in found.message
    assert '"kind": "Deployment"' in found.hint
    named = [plan_release(release, ignore_differences=({**wide, "name": "web"},)) for release in (one, other)]
    assert list(repeated_differences(make_plan(*named))) == []
    assert list(repeated_differences(make_plan(plans[0]))) == []
