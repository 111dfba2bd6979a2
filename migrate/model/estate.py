"""The Estate: every release of a set of helmfiles in every environment, as helmfile itself would see it.

``read`` makes it; every later stage takes it. Paths are POSIX and relative to ``Estate.root``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from migrate.model.charts import ChartSource
from migrate.model.finding import Finding, SourceLocation
from migrate.model.json import JsonObject, JsonValue


@dataclass(frozen=True)
class ReadRequest:
    """What a person allows and wants to be read; the command line makes it, ``read`` takes it."""

    path: str
    """The helmfile or the folder of helmfiles, as given (relative to the working directory or absolute)."""
    environments: tuple[str, ...] = ()
    """Empty: every environment that the estate declares, else ``default``."""
    selectors: tuple[str, ...] = ()
    state_values_set: tuple[str, ...] = ()
    state_values_files: tuple[str, ...] = ()
    set_env: Mapping[str, str] = field(default_factory=dict)
    """The only variables that templates see."""
    allow_exec: bool = False
    allow_paths: tuple[str, ...] = ()
    secrets_dir: str | None = None
    """A folder of decrypted twins of ``secrets:`` files, same relative paths."""
    chart_map: Mapping[str, str] = field(default_factory=dict)
    """Repository alias to the folder where its charts lie unpacked."""
    state_values_set_string: tuple[str, ...] = ()
    namespace: str = ""
    """Replaces the namespace of every release, as ``-n`` does."""
    kube_context: str = ""
    chart: str = ""
    """Replaces the chart of every release, as ``-c`` does."""
    render_yaml: bool = False
    """Whether state files without ``.gotmpl`` are templates, too (HELMFILE_RENDER_YAML, rule 2.3)."""
    explicit_selectors: bool = False
    """Whether children without ``selectors`` have none (HELMFILE_EXPERIMENTAL, rule 11.3)."""
    disable_insecure: bool = False
    """Whether exec and the reading functions are errors (HELMFILE_DISABLE_INSECURE_FEATURES, rule 10.11)."""
    helmfile_version: int | None = None
    """0 or 1; None: guessed from the files (rule 17.1)."""
    helmfile_binary: str | None = None
    overlay: Mapping[str, str | None] = field(default_factory=dict)
    """Root-relative path → the text to read instead of the file's, None for a file that is to count as gone."""


UNREAD = "values that cannot be read"
"""Why a release whose values cannot be read is opaque."""


class ValuesKind(StrEnum):
    """Where one entry of a release's values comes from."""

    FILE = "file"
    """A plain file, handed to Helm byte for byte."""
    TEMPLATE = "template"
    """A ``.gotmpl`` file; the text is what it rendered to."""
    INLINE = "inline"
    """A mapping written into the state file."""
    SECRET = "secret"  # noqa: S105 - the name of a kind
    """A ``secrets:`` file; see ``Placeholder``."""
    POLICY = "policy"
    """What migration.yaml's image policy asks of the chart's own keys; no helmfile has it."""


@dataclass(frozen=True)
class Placeholder:
    """A value that cannot be known offline (or must not be written): which one, and where it really comes from."""

    path: str
    """Dotted path of the value inside its layer, e.g. ``auth.password``; empty: the whole layer."""
    reference: str
    """What a person wrote: ``ref+vault://…`` or the path of the ``secrets:`` file."""
    text: str
    """The text that stands in for the value; deterministic, and no secret."""
    source: SourceLocation


@dataclass(frozen=True)
class ValuesLayer:
    """One entry of a release's ``values:`` or ``secrets:``, in helmfile's order (rule 12.5)."""

    kind: ValuesKind
    path: str
    """Root-relative path of the file; empty for an inline mapping."""
    text: str
    """YAML as Helm gets it, with placeholders where a value is secret or unknown. May be written and shown."""
    source: SourceLocation
    """For a file its own first line, for an inline mapping the line in the state file."""
    placeholders: tuple[Placeholder, ...] = ()
    secret_text: str | None = field(default=None, repr=False)
    """The layer with the real secrets, where a person supplied them; only ``values`` and ``render`` may use it."""


@dataclass(frozen=True)
class SetValue:
    """One ``set`` (or ``setString``, ``env``) entry of a release, as one Helm flag (rule 12.7)."""

    flag: str
    """``--set``, ``--set-string`` or ``--set-file``."""
    name: str
    value: str
    """The flag's text after ``name=``, escaped as helmfile escapes it; for ``--set-file`` a root-relative path."""
    source: SourceLocation
    placeholders: tuple[Placeholder, ...] = ()


@dataclass(frozen=True)
class AddedFile:
    """A file of the estate whose objects migration.yaml adds to a release; a ``{{`` in it is text."""

    path: str
    """Root-relative."""
    text: str


@dataclass(frozen=True)
class ReleaseKey:
    """One key that a release (or its template, or helmDefaults) sets: the ledger carries or drops every one."""

    name: str
    value: JsonValue
    source: SourceLocation
    inherited: bool = False
    """True where a template or helmDefaults set it, not the release itself."""


@dataclass(frozen=True)
class Release:
    """One release in one environment, after templates, inheritance, overrides and labels (rules 6 and 11)."""

    environment: str
    namespace: str
    name: str
    kube_context: str
    layer: str
    """The root state file that brings it, without extensions: ``40-data-plane``; also for nested files."""
    source: SourceLocation
    enabled: bool
    """The outcome of ``condition``."""
    installed: bool
    chart: str
    """As ``helmfile list`` prints it."""
    chart_path: str | None
    """Root-relative path of the chart's folder or archive; None where it is not on this disk."""
    version: str
    labels: Mapping[str, str] = field(default_factory=dict)
    needs: tuple[str, ...] = ()
    """Release ids, normalised (rule 6.13)."""
    values: tuple[ValuesLayer, ...] = ()
    sets: tuple[SetValue, ...] = ()
    json_patches: tuple[JsonObject, ...] = ()
    """``jsonPatches`` entries with files resolved: ``{target: {…}, patch: [...]}``."""
    strategic_merge_patches: tuple[JsonObject, ...] = ()
    transformers: tuple[JsonObject, ...] = ()
    """Kustomize transformers, files resolved and rendered."""
    dependencies: tuple[JsonObject, ...] = ()
    """Ad-hoc chart dependencies: ``{chart, version, alias}``; a local chart's path is root-relative."""
    force_namespace: str = ""
    keys: tuple[ReleaseKey, ...] = ()
    kube_version: str = ""
    api_versions: tuple[str, ...] = ()
    skip_schema_validation: bool = False
    include_crds: bool = True
    """False where ``skipCRDs`` keeps the chart's crds/ folder out."""
    part_of: str = ""
    """Of the definitions that the plan splits off a release: the name of that release, which Helm renders them by."""
    definitions_apart: bool = False
    """Whether the plan makes a release of its own of its CustomResourceDefinitions."""
    added: tuple[AddedFile, ...] = ()
    """What migration.yaml adds beside the chart, which helmfile does not know."""
    opaque: tuple[str, ...] = ()
    """Reasons why what Helm applies may not be what the chart renders (postRenderer, transformers, kubectlApply …)."""

    @property
    def id(self) -> str:
        """``[kubeContext/]namespace/name``, the same everywhere (``name`` alone where no namespace is set)."""
        return release_id(self.namespace, self.name, self.kube_context)

    @property
    def deployed(self) -> bool:
        """Whether helmfile would apply it: enabled by its condition and installed."""
        return self.enabled and self.installed

    @property
    def unread(self) -> bool:
        """Whether its values cannot be read, so that nothing can be said of what it renders."""
        return UNREAD in self.opaque

    @property
    def placeholders(self) -> tuple[Placeholder, ...]:
        """Every placeholder of every layer and every ``set``, in order."""
        in_values = tuple(p for layer in self.values for p in layer.placeholders)
        return in_values + tuple(p for flag in self.sets for p in flag.placeholders)


def release_id(namespace: str, name: str, kube_context: str = "") -> str:
    """The id of a release: ``[kubeContext/]namespace/name``; helmfile's own form (rule 6.13)."""
    if kube_context:
        return f"{kube_context}/{namespace}/{name}"
    return f"{namespace}/{name}" if namespace else name


@dataclass(frozen=True)
class Layer:
    """One root state file of the estate, in helmfile's order of visiting."""

    name: str
    file: str
    order: int


@dataclass(frozen=True)
class Estate:
    """Everything that was read. ``releases`` are ordered by environment (as requested), then as helmfile visits."""

    path: str
    """The estate as given on the command line."""
    root: str
    """Absolute path: the git work tree that holds the estate, else the folder given. Not for output."""
    environments: tuple[str, ...]
    layers: tuple[Layer, ...]
    releases: tuple[Release, ...]
    findings: tuple[Finding, ...] = ()
    chart_sources: tuple[ChartSource, ...] = ()
    """Where charts come from that are neither in the estate nor mapped to a folder; each once."""
    files: tuple[str, ...] = ()
    """Every text file that was read, root-relative where it lies below the root, sorted; charts are not among them."""
    opened: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    """What ``ref+`` references gave that could be looked up offline: ``(text, the file that refers to it)``. These are
    secrets: only ``values`` and ``render`` may show them."""

    def in_environment(self, environment: str) -> tuple[Release, ...]:
        """The releases of one environment, in order."""
        return tuple(r for r in self.releases if r.environment == environment)

    def by_id(self) -> dict[str, dict[str, Release]]:
        """Release id → environment → release; ids in the order of first appearance."""
        found: dict[str, dict[str, Release]] = {}
        for release in self.releases:
            found.setdefault(release.id, {})[release.environment] = release
        return found
