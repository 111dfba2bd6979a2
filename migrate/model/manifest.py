"""Kubernetes objects as they come out of a render, and what a render is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from migrate.model.finding import Finding
from migrate.model.json import JsonObject, JsonValue
from migrate.model.structure import value_at


@dataclass(frozen=True, order=True)
class ObjectKey:
    """What tells one object from another on a cluster; ``version`` is left out, since it is no identity."""

    group: str
    kind: str
    namespace: str
    name: str

    @property
    def group_kind(self) -> str:
        """``Kind``, or ``Kind.group`` outside of the core group: how kinds are told and looked up."""
        return f"{self.kind}.{self.group}" if self.group else self.kind

    def __str__(self) -> str:
        place = f"{self.namespace}/{self.name}" if self.namespace else self.name
        return f"{self.group_kind} {place}"


@dataclass(frozen=True)
class Manifest:
    """One object: its key, its parsed document, the text as rendered and the chart file that rendered it."""

    key: ObjectKey
    document: JsonObject
    text: str
    template: str = ""
    """Path inside the chart, e.g. ``grafana/templates/deployment.yaml``; empty where not known."""
    crd_file: bool = False
    """True for objects of a chart's crds/ folder."""
    phases: tuple[str, ...] = ()
    """Where Argo CD runs it as a hook (``PreSync``, ``PostSync`` …); empty for what is simply applied."""

    @property
    def annotations(self) -> Mapping[str, str]:
        """The object's annotations, empty if none."""
        metadata = self.document.get("metadata")
        found = metadata.get("annotations") if isinstance(metadata, dict) else None
        return {k: str(v) for k, v in found.items()} if isinstance(found, dict) else {}


@dataclass(frozen=True)
class Drawn:
    """A field that a chart draws anew in each render, or keeps by asking the cluster, and what would hold it still."""

    key: ObjectKey
    path: str
    """Dotted, e.g. ``data.password``; empty: the object itself."""
    template: str
    """The template that writes the field, relative to the chart."""
    line: int
    calls: tuple[tuple[str, int, str], ...]
    """``(template, line, function)`` of what draws it; ``lookup`` alone: it is kept, and not drawn."""
    pins: tuple[str, ...] = ()
    """Paths of values that, given together, hold it still; tried by a render."""
    switch: str = ""
    """The path of the value by which the chart makes no such object, e.g. ``auth.existingSecret``; tried, too."""
    switch_to: JsonValue = None
    """What the value was in that render: a Secret's name, or a boolean."""

    @property
    def is_secret(self) -> bool:
        """Whether it is part of a Secret."""
        return (self.key.group, self.key.kind) == ("", "Secret")

    def held_by(self, values: JsonObject) -> str:
        """The value among these that holds it still; empty where none does."""
        if self.switch and value_at(values, self.switch) not in (None, ""):
            return self.switch
        given = [name for name in self.pins if value_at(values, name) not in (None, "")]
        return ", ".join(given) if given and len(given) == len(self.pins) else ""


@dataclass(frozen=True)
class HelmRequest:
    """One ``helm template``: everything that decides what it gives, so that it can key a cache."""

    chart: str
    """Absolute path of a chart folder or archive."""
    release_name: str
    namespace: str
    values: tuple[str, ...] = ()
    """YAML texts, as Helm's ``--values`` in order; null removes a chart's default."""
    value_names: tuple[str, ...] = ()
    """A name for each text, for error messages."""
    sets: tuple[tuple[str, str], ...] = ()
    """``(flag, "name=value")`` with flag ``--set``, ``--set-string`` or ``--set-file`` (absolute path)."""
    kube_version: str = ""
    api_versions: tuple[str, ...] = ()
    include_crds: bool = False
    skip_tests: bool = False
    skip_schema_validation: bool = False
    helm_major: int = 0
    """3 or 4 where Argo CD brings its own Helm; 0 is helmfile's: ``--helm-binary``, else Helm 3."""


@dataclass(frozen=True)
class Rendered:
    """What a render gave: objects in the order of Helm's output, or an error."""

    manifests: tuple[Manifest, ...] = ()
    error: str = ""
    """Why it gave nothing, with the template's file and line where known; empty: it worked."""
    findings: tuple[Finding, ...] = ()
    digest: str = ""
    """Hash of everything that went in (chart bytes, values, options)."""
    unstable: tuple[tuple[ObjectKey, str], ...] = field(default=())
    """``(object, dotted path)`` of what differs when rendered twice; an empty path: the object itself."""
    chartified: tuple[str, ...] = ()
    """What helmfile did to the chart's own render, one word a piece: ``jsonPatches``, ``forceNamespace`` …"""
    drawn: tuple[Drawn, ...] = ()
    """Where the fields of ``unstable`` come from; only in the renders of a plan, since it takes renders of its own."""
