"""Small nouns for the tests of emission: releases, plans and renders with what a test leaves out filled in."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from migrate.doors.yaml import dump_yaml, load_yaml
from migrate.emit import emit_tree
from migrate.model.estate import Estate, Layer, Release, ReleaseKey, ValuesKind, ValuesLayer
from migrate.model.finding import SourceLocation
from migrate.model.json import JsonObject
from migrate.model.manifest import Manifest, ObjectKey, Rendered
from migrate.model.plan import (
    Decision,
    DecisionSource,
    Disposition,
    Plan,
    PlannedEnvironment,
    ReleasePlan,
    Step,
)
from migrate.model.tree import FileTree

STATE_FILE = "helmfiles/40-data-plane.yaml.gotmpl"


def make_release(
    name: str = "redis", environment: str = "dev", *, create_namespace: bool | None = False, **fields: Any
) -> Release:
    """A deployed release whose namespace somebody else makes; ``create_namespace=None`` leaves Helmfile's default."""
    created = () if create_namespace is None else (make_key("createNamespace", create_namespace),)
    given: dict[str, Any] = {
        "namespace": "data",
        "kube_context": "",
        "layer": "40-data-plane",
        "source": SourceLocation(STATE_FILE, 12),
        "enabled": True,
        "installed": True,
        "chart": f"./charts/own/{name}",
        "chart_path": f"charts/own/{name}",
        "version": "",
        **fields,
    }
    given["keys"] = (*given.get("keys", ()), *created)
    return Release(environment=environment, name=name, **given)


def make_layer(
    text: str, path: str = "values/redis.yaml", kind: ValuesKind = ValuesKind.FILE, **more: Any
) -> ValuesLayer:
    source = SourceLocation(path, 1) if path else SourceLocation(STATE_FILE, 14)
    return ValuesLayer(kind, path, text, source, **more)


def make_key(name: str, value: Any, *, inherited: bool = False) -> ReleaseKey:
    return ReleaseKey(name, value, SourceLocation(STATE_FILE, 13), inherited)


def decided(value: str) -> Decision:
    return Decision(value, DecisionSource.INFERRED, "a reason")


def plan_release(release: Release, path: str = "", **fields: Any) -> ReleasePlan:
    path = path or f"data/{release.name}"
    texts = {
        "domain": path.split("/")[0],
        "tier": "data",
        "component_type": "runtime",
        "rollout_phase": "250",
        "wave": "250",
        "project": "data-services",
        "component": release.name,
        "path": path,
    }
    decisions: dict[str, Any] = {key: decided(fields.pop(key, text)) for key, text in texts.items()}
    disposition = fields.pop("disposition", Disposition.COMPONENT)
    return ReleasePlan(release.id, release.layer, disposition, **decisions, **fields)


def make_plan(*releases: ReleasePlan, environments: Sequence[str] = ("dev", "production"), **fields: Any) -> Plan:
    given: dict[str, Any] = {
        "estate": "helmfiles",
        "repo_url": "https://git.example.com/team/gitops.git",
        "revision": "main",
        "environments": tuple(PlannedEnvironment(name) for name in environments),
        "ladder": (Step("120", "1"), Step("250"), Step("650", "25%")),
        **fields,
    }
    return Plan(releases=releases, **given)


def make_estate(root: Path, *releases: Release, environments: Sequence[str] = ("dev", "production")) -> Estate:
    layers = dict.fromkeys(release.layer for release in releases)
    known = tuple(Layer(name, f"helmfiles/{name}.yaml", order) for order, name in enumerate(layers))
    return Estate("helmfiles", str(root), tuple(environments), known, releases)


def make_manifest(kind: str, name: str, *, namespace: str = "data", group: str = "", **fields: Any) -> Manifest:
    """An object; ``annotations``, ``text``, ``crd_file`` and ``template`` where a test gives them."""
    metadata: dict[str, Any] = {"name": name, **({"namespace": namespace} if namespace else {})}
    if annotations := fields.pop("annotations", None):
        metadata["annotations"] = annotations
    document: JsonObject = {"apiVersion": f"{group}/v1" if group else "v1", "kind": kind, "metadata": metadata}
    return Manifest(
        ObjectKey(group, kind, namespace, name), document, fields.pop("text", dump_yaml(document)), **fields
    )


def make_rendered(*manifests: Manifest, **fields: Any) -> Rendered:
    return Rendered(manifests=manifests, **fields)


def write_chart(root: Path, path: str, files: Mapping[str, str] | None = None, *, version: str = "1.2.3") -> None:
    """A chart of one ConfigMap at ``path``, and what else is given."""
    chart = f"apiVersion: v2\nname: {Path(path).name}\nversion: {version}\n"
    template = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Release.Name }}\n"
    for name, text in {"Chart.yaml": chart, "templates/configmap.yaml": template, **(files or {})}.items():
        target = root / path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)


def make_archive(files: Mapping[str, bytes], *, link: str = "") -> bytes:
    """A .tgz with these members, and a link of that name where given."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
        if link:
            member = tarfile.TarInfo(link)
            member.type, member.linkname = tarfile.SYMTYPE, "/etc/passwd"
            archive.addfile(member)
    return stream.getvalue()


def emit(
    root: Path,
    releases: Sequence[Release],
    *,
    plan: Plan | None = None,
    rendered: Mapping[str, Rendered] | None = None,
    environments: Sequence[str] = ("dev", "production"),
) -> FileTree:
    """The tree for these releases; ``rendered`` by release name, one ConfigMap where not given.

    Every chart that is named and not there is written first.
    """
    for release in releases:
        if release.chart_path and not (root / release.chart_path).exists():
            write_chart(root, release.chart_path)
    unique = {release.id: release for release in releases}
    plan = plan or make_plan(*(plan_release(r) for r in unique.values()), environments=environments)
    usual = make_rendered(make_manifest("ConfigMap", "usual"))
    renders = {(r.environment, r.id): (rendered or {}).get(r.name, usual) for r in releases}
    return emit_tree(make_estate(root, *releases, environments=environments), plan, renders)


def document(tree: FileTree, path: str) -> Any:
    """A YAML file of a tree as data."""
    return load_yaml(tree.text(path))


def component(tree: FileTree, path: str = "data/redis", environment: str = "dev") -> Any:
    return document(tree, f"environments/{environment}/components/{path}/component.yaml")


def codes(tree: FileTree) -> list[str]:
    return [finding.code for finding in tree.findings]
