from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from migrate.errors import EstateError
from migrate.model.estate import Estate, ReadRequest
from migrate.model.finding import Finding, Severity
from migrate.read import read_estate

CHART = "apiVersion: v2\nname: app\nversion: 1.0.0\n"
ReadEstate = Callable[..., Estate]


@pytest.fixture
def read(tmp_path: Path) -> ReadEstate:
    """Writes the files given (a chart `charts/app` is always there) and reads them as an estate."""

    def write_and_read(files: Mapping[str, str], **request: Any) -> Estate:
        for name, text in {"charts/app/Chart.yaml": CHART, **files}.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        path = request.pop("path", None)
        return read_estate(ReadRequest(str(tmp_path / path if path else tmp_path), **request))

    return write_and_read


@pytest.fixture
def refused(read: ReadEstate) -> Callable[..., EstateError]:
    """As `read`, for a state file that helmfile refuses; gives the error."""

    def write_and_fail(files: Mapping[str, str], **request: Any) -> EstateError:
        with pytest.raises(EstateError) as caught:
            read(files, **request)
        return caught.value

    return write_and_fail


@pytest.fixture
def unread(read: ReadEstate) -> Callable[..., Finding]:
    """As `read`, for one release whose values cannot be read: it stays in the list, and the finding is given."""

    def write_and_find(files: Mapping[str, str], **request: Any) -> Finding:
        estate = read(files, **request)
        assert ("values that cannot be read",) in [release.opaque for release in estate.releases]
        (finding,) = (f for f in estate.findings if f.severity is Severity.ERROR)
        assert finding.code == "HF012"
        return finding

    return write_and_find
