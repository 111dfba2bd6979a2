from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from migrate.errors import EstateError
from migrate.model.estate import Estate, ReadRequest
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
    """As `read`, for an estate that cannot be read; gives the error."""

    def write_and_fail(files: Mapping[str, str], **request: Any) -> EstateError:
        with pytest.raises(EstateError) as caught:
            read(files, **request)
        return caught.value

    return write_and_fail
