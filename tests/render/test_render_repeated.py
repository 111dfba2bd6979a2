"""Rule 5.26: of an object that is in one Application twice, Argo CD applies the last, and says so."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from migrate.doors.helm import parse_values
from migrate.model.finding import Severity
from migrate.model.manifest import Rendered
from migrate.render import render_application, render_targets
from tests.render.conftest import CHART, data_of

WriteFiles = Callable[[Mapping[str, str]], Path]
URL = "https://git.example.org/team/repo.git"
MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {%s}\ndata: {from: %s}\n"
HOOK = "name: a, annotations: {helm.sh/hook: %s}"


def render(root: Path, sources: str = "") -> Rendered:
    one = f"source: {{repoURL: {URL}, path: web, targetRevision: main}}"
    app = parse_values(
        "metadata: {name: web, namespace: argocd}\n"
        f"spec:\n  destination: {{name: in-cluster, namespace: apps}}\n  {sources or one}\n"
    )
    return render_application(app, {URL: str(root)}, kube_version="1.34.0")


def chart(templates: Mapping[str, str]) -> dict[str, str]:
    return {**{f"web/{p}": t for p, t in CHART.items()}, **{f"web/templates/{p}": t for p, t in templates.items()}}


def test_the_last_of_two_stays_and_both_places_are_told(write_files: WriteFiles) -> None:
    files = chart({"a.yaml": MAP % ("name: a", "a"), "b.yaml": MAP % ("name: a, namespace: apps", "b")})
    rendered = render(write_files(files))
    assert [data_of(m.document) for m in rendered.manifests] == [{"from": "b"}]
    (finding,) = rendered.findings
    assert (finding.code, finding.severity) == ("RN006", Severity.WARNING)
    assert finding.message.startswith("ConfigMap apps/a is 2 times in the Application web (")
    assert "templates/a.yaml" in finding.message
    assert "templates/b.yaml" in finding.message
    assert "not alike" in finding.message


def test_twins_are_said_to_be_alike(write_files: WriteFiles) -> None:
    files = chart({"a.yaml": MAP % ("name: a", "x"), "b.yaml": MAP % ("name: a", "x")})
    (finding,) = render(write_files(files)).findings
    assert ", all alike:" in finding.message


def test_two_sources_with_one_object_are_told(write_files: WriteFiles) -> None:
    root = write_files({"one/a.yaml": MAP % ("name: a", "one"), "two/a.yaml": MAP % ("name: a", "two")})
    source = "{repoURL: %s, path: %s, targetRevision: main}"
    rendered = render(root, f"sources: [{source % (URL, 'one')}, {source % (URL, 'two')}]")
    assert [data_of(m.document) for m in rendered.manifests] == [{"from": "two"}]
    assert [f.code for f in rendered.findings] == ["RN006"]


@pytest.mark.parametrize(("event", "left"), [("test", []), ("post-install", [("PostSync",)])])
def test_a_hook_takes_the_place_of_a_plain_object(
    write_files: WriteFiles, event: str, left: list[tuple[str, ...]]
) -> None:
    """Argo CD looks for repetition before it looks for hooks, and Helm prints hooks last: the plain object is lost."""
    files = chart({"a.yaml": MAP % ("name: a", "plain"), "b.yaml": MAP % (HOOK % event, "hook")})
    rendered = render(write_files(files))
    assert [m.phases for m in rendered.manifests] == left
    assert [f.code for f in rendered.findings] == ["RN006"]


def test_objects_with_drawn_names_are_not_the_same(write_files: WriteFiles) -> None:
    files = chart({"a.yaml": MAP % ("generateName: a-", "1"), "b.yaml": MAP % ("generateName: a-", "2")})
    rendered = render(write_files(files))
    assert len(rendered.manifests) == 2
    assert rendered.findings == ()


def test_what_the_controller_wants_is_the_last_too(write_files: WriteFiles) -> None:
    root = write_files(chart({"a.yaml": MAP % ("name: a", "a"), "b.yaml": MAP % ("name: a", "b")}))
    app = parse_values(
        "metadata: {name: web, namespace: argocd}\n"
        f"spec: {{destination: {{namespace: apps}}, source: {{repoURL: {URL}, path: web, targetRevision: main}}}}\n"
    )
    rendered = render_targets(app, {URL: str(root)}, kube_version="1.34.0")
    assert [data_of(m.document) for m in rendered.manifests] == [{"from": "b"}]
    assert [f.code for f in rendered.findings] == ["RN006"]
