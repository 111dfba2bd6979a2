"""Fixtures of the tests that search for planted secrets."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.planted import Planting, planted
from tests.cli.searching import plant


@pytest.fixture(scope="session")
def planting() -> Planting:
    return planted()


@pytest.fixture
def project(tmp_path: Path, planting: Planting) -> Path:
    return plant(tmp_path, planting)
