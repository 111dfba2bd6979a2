"""Charts written into a temporary folder, and one way to render them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from migrate.model.json import JsonObject
from migrate.model.manifest import HelmRequest

WriteFiles = Callable[[Mapping[str, str]], Path]
CHART = {"Chart.yaml": "apiVersion: v2\nname: shop\nversion: 0.1.0\n"}


@pytest.fixture
def write_files(tmp_path: Path) -> WriteFiles:
    def write(files: Mapping[str, str]) -> Path:
        for path, text in files.items():
            target = tmp_path / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")
        return tmp_path

    return write


@pytest.fixture
def write_chart(write_files: WriteFiles) -> Callable[[Mapping[str, str]], str]:
    def write(files: Mapping[str, str]) -> str:
        return str(write_files({f"chart/{path}": text for path, text in {**CHART, **files}.items()}) / "chart")

    return write


def request_for(
    chart: str,
    *values: str,
    sets: tuple[tuple[str, str], ...] = (),
    kube_version: str = "1.34.0",
    skip_schema_validation: bool = False,
    include_crds: bool = False,
    skip_tests: bool = False,
) -> HelmRequest:
    return HelmRequest(
        chart,
        "web",
        "apps",
        values=values,
        value_names=tuple(f"v{n}.yaml" for n in range(len(values))),
        sets=sets,
        kube_version=kube_version,
        skip_schema_validation=skip_schema_validation,
        include_crds=include_crds,
        skip_tests=skip_tests,
    )


def config_map(name: str, data: str, more: str = "") -> str:
    return f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}{more}}}\ndata: {data}\n"


def data_of(document: JsonObject) -> JsonObject:
    data = document["data"]
    assert isinstance(data, dict)
    return data
