"""Estates out of a few lines: what tests of the graph and the plan start from, without files or Helm."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from migrate.doors.yaml import compose_yaml, plain_value
from migrate.model.estate import Estate, Layer, Release
from migrate.model.finding import SourceLocation
from migrate.model.manifest import Manifest, ObjectKey, Rendered

Renders = Mapping[tuple[str, str], Rendered]


@dataclass(frozen=True)
class Small:
    """One release: its id, its layer, what it renders, and what it needs."""

    id: str
    text: str = ""
    layer: str = "10-base"
    needs: tuple[str, ...] = ()
    chart: str = "./charts/own/some"
    labels: Mapping[str, str] = field(default_factory=dict)
    only: tuple[str, ...] = ()
    """The environments that deploy it; empty: all."""


def manifests(text: str) -> tuple[Manifest, ...]:
    """The objects of a YAML stream."""
    found = []
    for document in compose_yaml(text):
        value = plain_value(document)
        if not value:
            continue
        group, slash, _ = value["apiVersion"].rpartition("/")
        metadata = value["metadata"]
        key = ObjectKey(group if slash else "", value["kind"], metadata.get("namespace", ""), metadata["name"])
        found.append(Manifest(key, value, ""))
    return tuple(found)


def small_estate(releases: Sequence[Small], environments: tuple[str, ...] = ("dev",)) -> tuple[Estate, Renders]:
    """The estate and its renders; a release stands at the line of its place in the list, times ten."""
    layers = sorted({small.layer for small in releases})
    made = tuple(
        Release(
            environment=environment,
            namespace=small.id.split("/")[0],
            name=small.id.split("/")[1],
            kube_context="",
            layer=small.layer,
            source=SourceLocation(f"helmfiles/{small.layer}.yaml", (place + 1) * 10),
            enabled=not small.only or environment in small.only,
            installed=True,
            chart=small.chart,
            chart_path=None,
            version="",
            labels=small.labels,
            needs=small.needs,
        )
        for environment in environments
        for place, small in enumerate(releases)
    )
    estate = Estate(
        path="helmfiles",
        root="/nowhere",
        environments=environments,
        layers=tuple(Layer(name, f"{name}.yaml", place) for place, name in enumerate(layers)),
        releases=made,
    )
    return estate, {(e, small.id): Rendered(manifests(small.text)) for e in environments for small in releases}


DEPLOYMENT = """\
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec: {template: {spec: {containers: []}}}
"""


def crd(kind: str, group: str, scope: str = "Namespaced") -> str:
    """A CustomResourceDefinition."""
    plural = kind.lower() + "s"
    return f"""\
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {{name: {plural}.{group}}}
spec: {{group: {group}, scope: {scope}, names: {{kind: {kind}, plural: {plural}}}}}
"""


def custom(kind: str, group: str, name: str = "some", spec: str = "{}") -> str:
    """A custom resource."""
    return f"---\napiVersion: {group}/v1\nkind: {kind}\nmetadata: {{name: {name}}}\nspec: {spec}\n"
