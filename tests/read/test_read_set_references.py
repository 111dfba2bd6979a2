"""``set`` with a ``ref+…`` value: the release knows that it has a placeholder."""

from __future__ import annotations

from pathlib import Path

from migrate.model.estate import ReadRequest
from migrate.read import read_estate
from tests.conftest import write_files


def test_a_reference_in_set_is_a_placeholder_of_the_release(tmp_path: Path) -> None:
    state = "releases:\n  - name: a\n    chart: ./c\n    set:\n      - {name: db.password, value: ref+vault://x#/y}\n"
    folder = write_files(tmp_path, {"h/helmfile.yaml": state, "h/c/Chart.yaml": "name: c\nversion: 1.0.0\n"})
    (release,) = read_estate(ReadRequest(str(folder / "h"))).releases
    assert [(p.path, p.reference) for p in release.placeholders] == [("db.password", "ref+vault://x#/y")]
    assert "ref+" not in release.sets[0].value
