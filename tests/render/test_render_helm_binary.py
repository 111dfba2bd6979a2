"""``--helm-binary``: how a helm is started, what it is told, and what becomes of its answer."""

from __future__ import annotations

import shutil
import stat
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from migrate.doors import helm_binary as door
from migrate.doors.helm_binary import HelmBinary, helm_binary
from migrate.errors import UsageError
from migrate.model.manifest import Rendered
from migrate.render import RenderCache, render_request
from tests.conftest import Migrate
from tests.render.conftest import config_map, data_of, request_for

WriteChart = Callable[[Mapping[str, str]], str]
Stub = Callable[[str], HelmBinary]
VERSION = 'if [ "$1" = version ]; then echo v3.19.4; exit 0; fi\n'
ECHO = "echo '---'; echo '# Source: shop/templates/a.yaml'; echo 'apiVersion: v1'; echo 'kind: A'; "


@pytest.fixture
def stub(tmp_path: Path) -> Stub:
    """A helm of our own that tells its version and then runs these shell lines."""

    def write(lines: str, version: str = VERSION) -> HelmBinary:
        program = tmp_path / "bin" / "helm"
        program.parent.mkdir(exist_ok=True)
        program.write_text(f"#!/bin/sh\n{version}{lines}\n", encoding="utf-8")
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
        return helm_binary(str(program))

    return write


def rendered_by(helm: HelmBinary, chart: str, *values: str, **more: object) -> Rendered:
    return render_request(request_for(chart, *values, **more), RenderCache(helm=helm))  # type: ignore[arg-type]


def text_of(rendered: Rendered) -> str:
    assert not rendered.error, rendered.error
    return rendered.manifests[0].text


def test_its_version_is_asked_for(stub: Stub) -> None:
    helm = stub("")
    assert (helm.version, helm.major) == ("3.19.4", 3)
    assert str(helm) == f"helm 3.19.4 ({helm.path})"


@pytest.mark.parametrize(
    ("version", "said"),
    [("echo v2.17.0; exit 0\n", "no helm 3 or 4"), ("echo broken >&2; exit 3\n", "does not tell its version: broken")],
)
def test_another_program_is_wrong_usage(tmp_path: Path, version: str, said: str) -> None:
    program = tmp_path / "helm"
    program.write_text(f"#!/bin/sh\n{version}", encoding="utf-8")
    program.chmod(0o755)
    with pytest.raises(UsageError, match=said):
        helm_binary(str(program))


def test_a_program_that_is_not_there_ends_with_2(small: Path, migrate: Migrate) -> None:
    for command in ("render", "verify"):
        outcome = migrate(small, command, "helmfiles", "--helm-binary", "./none")
        assert outcome.code == 2
        assert "there is no helm to run at ./none" in outcome.err


def test_it_sees_nothing_of_this_process(stub: Stub, write_chart: WriteChart, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKEN", "hidden")
    monkeypatch.setenv("HELM_PLUGINS", "/own")
    helm = stub(ECHO + 'echo "# seen: [$TOKEN] [$PATH] $KUBECONFIG $HTTPS_PROXY $HELM_PLUGINS $HELM_CACHE_HOME"')
    seen = text_of(rendered_by(helm, write_chart({}))).splitlines()[-1]
    assert seen.startswith("# seen: [] [] /dev/null http://127.0.0.1:9 ")
    assert "/own" not in seen
    assert not Path(seen.split()[-1]).parent.exists()


def test_it_gets_values_byte_for_byte_and_every_flag(stub: Stub, write_chart: WriteChart) -> None:
    script = ECHO + 'echo "args: |"; for a in "$@"; do echo "  $a"; case $a in */values-0.yaml) cp=$a;; esac; done; '
    script += 'echo "text: |"; while IFS= read -r l; do echo "  $l"; done < "$cp"'
    sets = (("--set", "n=3"), ("--set-string", "s=4"))
    text = "# kept\na:   1\n---\nb: 2\n"
    helm = stub(script)
    request = request_for(
        write_chart({}), text, sets=sets, include_crds=True, skip_tests=True, skip_schema_validation=True
    )
    document = render_request(request, RenderCache(helm=helm)).manifests[0].document
    assert document["text"] == text
    told = str(document["args"]).splitlines()
    assert told[:2] == ["template", "--values"]
    assert told[3:-3] == [
        *("--set", "n=3", "--set-string", "s=4", "--namespace", "apps", "--kube-version", "1.34.0"),
        *("--include-crds", "--skip-tests", "--skip-schema-validation"),
    ]
    assert told[-3:-1] == ["--", "web"]


def test_its_refusal_is_the_error_with_the_names_of_the_layers(stub: Stub, write_chart: WriteChart) -> None:
    helm = stub('echo "WARNING: old" >&2; echo "Error: failed to parse $3: bad" >&2; exit 1')
    assert rendered_by(helm, write_chart({}), "a: 1\n").error == "failed to parse v0.yaml: bad"


def test_one_that_never_ends_is_stopped(stub: Stub, write_chart: WriteChart, monkeypatch: pytest.MonkeyPatch) -> None:
    helm = stub("while :; do :; done")
    monkeypatch.setattr(door, "SECONDS", 0)
    assert "took more than 0 seconds" in rendered_by(helm, write_chart({})).error


def test_crds_hooks_and_documents_find_their_files_again(stub: Stub, write_chart: WriteChart) -> None:
    crd = "apiVersion: apiextensions.k8s.io/v1\\nkind: CustomResourceDefinition\\nmetadata: {name: %s}\\n"
    stream = "---\\n# Source: shop/crds/c.yaml\\n" + crd % "c" + "---\\n" + crd % "d"
    stream += "---\\n# Source: shop/charts/sub/crds/e.yaml\\n" + crd % "e"
    for name, path in (("a", "shop/templates/a.yaml"), ("b", "shop/templates/crds/b.yaml")):
        stream += f"---\\n# Source: {path}\\napiVersion: v1\\nkind: ConfigMap\\nmetadata: {{name: {name}}}\\n"
    rendered = rendered_by(stub(f"printf -- '{stream}'"), write_chart({}), include_crds=True)
    assert [(m.key.name, m.template, m.crd_file) for m in rendered.manifests] == [
        ("c", "shop/crds/c.yaml", True),
        ("d", "shop/crds/c.yaml", True),
        ("e", "shop/charts/sub/crds/e.yaml", True),
        ("a", "shop/templates/a.yaml", False),
        ("b", "shop/templates/crds/b.yaml", False),
    ]


def test_it_stands_in_for_a_helm_of_its_own_version_alone(stub: Stub, write_chart: WriteChart) -> None:
    chart = write_chart({"templates/a.yaml": config_map("a", "{}")})
    cache = RenderCache(helm=stub(ECHO))
    found = [render_request(replace(request_for(chart), helm_major=major), cache) for major in (0, 3, 4)]
    assert [r.manifests[0].key.kind for r in found] == ["A", "A", "ConfigMap"]
    assert len({r.digest for r in found}) == 2


@pytest.mark.rig
@pytest.mark.skipif(shutil.which("helm") is None, reason="there is no helm on PATH")
def test_a_number_of_set_is_an_integer_to_a_real_helm(write_chart: WriteChart) -> None:
    files = {
        "Chart.yaml": "apiVersion: v2\nname: shop\nversion: 0.1.0\n"
        "dependencies: [{name: sub, version: 0.1.0, import-values: [x]}]\n",
        "charts/sub/Chart.yaml": "apiVersion: v2\nname: sub\nversion: 0.1.0\n",
        "templates/a.yaml": config_map("a", "{kind: {{ kindOf .Values.num }}, is: '{{ eq .Values.num 12345678 }}'}"),
    }
    request = request_for(write_chart(files), sets=(("--set", "num=12345678"),))
    assert "name a helm with --helm-binary" in render_request(request).error
    rendered = render_request(request, RenderCache(helm=helm_binary("helm")))
    assert not rendered.error, rendered.error
    assert data_of(rendered.manifests[0].document) == {"kind": "int64", "is": "true"}


@pytest.mark.rig
@pytest.mark.skipif(shutil.which("helm") is None, reason="there is no helm on PATH")
def test_a_real_helms_fault_is_told_as_the_librarys(write_chart: WriteChart) -> None:
    chart = write_chart({"templates/a.yaml": config_map("a", "{x: {{ .Values.gone.tag }}}")})
    error = rendered_by(helm_binary("helm"), chart).error
    assert "shop/templates/a.yaml:4:" in error
    assert ".Values.gone.tag is set nowhere" in error


def test_the_command_says_which_helm_rendered(small: Path, migrate: Migrate, stub: Stub) -> None:
    helm = stub(ECHO + "echo 'metadata: {name: a}'")
    outcome = migrate(small, "render", "helmfiles", "-e", "dev", "--output-dir", "made", "--helm-binary", helm.path)
    assert outcome.code == 0, outcome.err
    assert f"rendered with helm 3.19.4 ({helm.path})" in outcome.err
    assert "kind: A" in (small / "made/dev/web--front.yaml").read_text()
