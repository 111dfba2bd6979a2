"""``migrate plan`` as a person or CI runs it."""

from __future__ import annotations

import json
from pathlib import Path

from tests.conftest import Migrate

ASK = 'rules: [{match: {name: "*"}, ask: [tier]}]\n'


def test_the_file_is_written_although_errors_are_left_to_mend(small: Path, migrate: Migrate) -> None:
    state = small / "helmfiles/10-base.yaml"
    state.write_text(state.read_text().replace("needs: [web/front]", "kubeContext: edge"))
    (small / "helmfiles/charts/web/templates/broken.yaml").write_text("{{ fail `no` }}\n")
    outcome = migrate(small, "plan")
    assert outcome.code == 1
    assert "to mend" in outcome.err
    text = (small / "migration.yaml").read_text()
    assert "  edge/web/back:\n" in text
    assert migrate(small, "plan", "--check").code == 1
    (small / "helmfiles/charts/web/templates/broken.yaml").unlink()
    told = migrate(small, "convert")
    assert told.code == 1
    assert told.err.count("EM004") == 1
    contexts = "contexts: {edge: in-cluster}"
    assert f"environments.dev.{contexts}" in told.err
    for name in ("dev", "prod"):
        text = text.replace(f"  {name}:\n    cluster", f"  {name}:\n    {contexts}\n    cluster")
    (small / "migration.yaml").write_text(text)
    assert migrate(small, "convert").code == 0


def test_an_answer_that_a_rule_asks_for_is_open_until_it_is_given(small: Path, migrate: Migrate) -> None:
    plan = small / "migration.yaml"
    plan.write_text(ASK)
    outcome = migrate(small, "plan")
    assert outcome.code == 0, outcome.err
    assert "open questions: 2" in outcome.out
    for arguments in (("plan", "--check"), ("plan", "--batch"), ("convert",)):
        outcome = migrate(small, *arguments)
        assert outcome.code == 4, arguments
        assert "releases/web/front/tier" in outcome.err
        assert "releases/web/back/tier" in outcome.err
    text = plan.read_text()
    for name in ("front", "back"):
        text = text.replace(f"  web/{name}:\n", f"  web/{name}:\n    tier: data\n")
    lines = [line for line in text.splitlines(keepends=True) if not line.startswith("    tier: {")]
    plan.write_text("".join(lines))
    assert migrate(small, "plan", "--batch").code == 0
    assert migrate(small, "plan", "--check").code == 0
    assert migrate(small, "convert").code == 0


def test_check_writes_nothing_and_says_what_is_not_current(small: Path, migrate: Migrate) -> None:
    outcome = migrate(small, "plan", "--check")
    assert outcome.code == 1
    assert "PL090" in outcome.err
    assert not (small / "migration.yaml").exists()
    assert migrate(small, "plan").code == 0
    before = (small / "migration.yaml").read_text()
    assert migrate(small, "plan", "--check").code == 0
    (small / "migration.yaml").write_text(before.replace("rolloutPhase: {value:", "wave: {value:", 1))
    assert migrate(small, "plan", "--check").code in (1, 2)


def test_explain_shows_each_proposal_with_its_evidence_and_writes_nothing(small: Path, migrate: Migrate) -> None:
    (small / "migration.yaml").write_text('releases: {web/back: {tier: data, syncOptions: ["Replace=true"]}}\n')
    before = (small / "migration.yaml").read_text()
    outcome = migrate(small, "plan", "--explain", "ba*", "--explain", "web/front")
    assert outcome.code == 0, outcome.err
    front, back = outcome.out.split("web/back\n")
    assert front.startswith("web/front\n  domain ")
    assert "tier          data: decided by a person at migration.yaml:1" in back
    assert "syncOption    Replace=true: decided by a person" in back
    assert "stated at helmfiles/10-base.yaml:" in back
    assert "waits for web/front: needs in helmfiles/10-base.yaml" in back
    assert (small / "migration.yaml").read_text() == before
    unknown = migrate(small, "plan", "--explain", "nobody")
    assert (unknown.code, "nobody" in unknown.err) == (2, True)


def test_json_carries_the_evidence_of_every_release(small: Path, migrate: Migrate) -> None:
    outcome = migrate(small, "plan", "--output", "json", "--quiet")
    plan = json.loads(outcome.out)
    assert plan["schemaVersion"] == 1
    assert [release["id"] for release in plan["releases"]] == ["web/front", "web/back"]
    assert all(release["evidence"] and release["domain"]["reason"] for release in plan["releases"])


def test_broken_edges_are_not_counted_as_kept(small: Path, migrate: Migrate) -> None:
    (small / "migration.yaml").write_text(
        'releases: {web/back: {rolloutPhase: "640"}, web/front: {rolloutPhase: "650"}}'
    )
    outcome = migrate(small, "plan")
    assert outcome.code == 1
    assert "error PL003 helmfiles/10-base.yaml" in outcome.err
    assert "0 edges kept (0 stated by needs, 0 seen in manifests), 1 broken" in outcome.out
