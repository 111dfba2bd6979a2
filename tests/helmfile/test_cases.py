"""Every recorded case gives helmfile's answer through ``migrate helmfile …``."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.helmfile.walker import Case, answer, cases, differences, untold

RECORDED = [*cases("cases"), *cases("own")]


@pytest.mark.parametrize("case", RECORDED, ids=lambda case: case.name)
def test_a_recorded_case(
    case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    got = answer(case, tmp_path.resolve(), monkeypatch, capfd)
    assert got.status == case.exit, got.err
    if case.exit == 0:
        assert differences(case, got) == []
    else:
        assert untold(case, got) == [], got.err
