"""The sample estate through the library and through a real helm (``--helm-binary``): the same objects."""

from __future__ import annotations

import shutil

import pytest

from migrate.doors.helm_binary import HelmBinary, helm_binary
from migrate.model.estate import Estate, ReadRequest
from migrate.model.manifest import Rendered
from migrate.model.structure import differences
from migrate.read import read_estate
from migrate.render import RenderCache, render_release
from tests.conftest import ROOT

pytestmark = [
    pytest.mark.rig,
    pytest.mark.slow,
    pytest.mark.skipif(not shutil.which("helm"), reason="no helm on PATH"),
]
ENVIRONMENTS = ("local", "production")


@pytest.fixture(scope="module")
def helm() -> HelmBinary:
    return helm_binary("helm")


@pytest.fixture(scope="module")
def estate() -> Estate:
    return read_estate(ReadRequest(str(ROOT / "helmfiles"), environments=ENVIRONMENTS))


def objects(rendered: Rendered) -> list[tuple[object, ...]]:
    assert not rendered.error, rendered.error
    return [(m.key, m.template, m.crd_file) for m in rendered.manifests]


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_the_left_side_is_the_same_through_the_library_and_through_helm(
    environment: str, estate: Estate, helm: HelmBinary
) -> None:
    compared = 0
    for release in (r for r in estate.in_environment(environment) if r.deployed):
        ours = render_release(estate, release, kube_version="1.34.0", cache=RenderCache())
        real = render_release(estate, release, kube_version="1.34.0", cache=RenderCache(helm=helm))
        assert objects(ours) == objects(real), release.id
        assert ours.unstable == real.unstable
        drawn = {key for key, _ in ours.unstable}
        for mine, theirs in zip(ours.manifests, real.manifests, strict=True):
            if mine.key not in drawn:
                assert list(differences(mine.document, theirs.document)) == [], f"{release.id} {mine.key}"
                assert mine.text == theirs.text, f"{release.id} {mine.key}"
                compared += 1
    assert compared > 200
