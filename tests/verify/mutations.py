"""The sample estate's tree, one fault at a time: what the tests of verify and of lint share.

The left side is rendered once; each fault is written into a copy of the tree, judged, and taken back.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from migrate import pipeline
from migrate.console import SilentConsole
from migrate.doors.files import read_tree
from migrate.lint import lint_tree
from migrate.model.finding import Finding, Severity
from migrate.model.manifest import Rendered
from migrate.model.plan import Plan
from migrate.model.report import ReleaseVerdict, Report, Verdict

ENVIRONMENT = "production"
COMPONENTS = f"environments/{ENVIRONMENT}/components"
VALUES = f"sources/values/{ENVIRONMENT}"
SHARED = "sources/values/_shared"
CHARTS = "sources/charts"
APPSET = f"environments/{ENVIRONMENT}/argocd/apps/components-{ENVIRONMENT}.yaml"
AGENTS = f"{COMPONENTS}/apps/agents/component.yaml"
SERVICE = f"{CHARTS}/apps/service"
SMOKE = f"{CHARTS}/observability/observability-smoke-rendered/manifests/{ENVIRONMENT}.yaml"
MIGRATIONS = f"{CHARTS}/data/db-migrations-rendered/manifests/{ENVIRONMENT}.yaml"
NAMESPACES = f"{CHARTS}/foundation/namespaces-rendered/manifests/{ENVIRONMENT}.yaml"
ENVOY = f"{CHARTS}/platform/envoy-gateway-rendered/manifests/{ENVIRONMENT}.yaml"
GRAFANA = f"{COMPONENTS}/observability/grafana/component.yaml"
PROMETHEUS = f"{COMPONENTS}/observability/prometheus/component.yaml"
SECRET_STORE = f"{COMPONENTS}/foundation/operators/external-secrets/component.yaml"
ARGOCD = f"environments/{ENVIRONMENT}/argocd"
ROOT_APP = f"{ARGOCD}/parent/apps-root-{ENVIRONMENT}.yaml"
REPOSITORY = f"{ARGOCD}/repos/repo-git-example-com-platform-gitops.yaml"
CM, PARAMS, SETTINGS = (f"{ARGOCD}/ops/argocd-{name}.yaml" for name in ("cm", "cmd-params-cm", "values"))
PLATFORM_PROJECT = f"{ARGOCD}/projects/platform.yaml"
APPS_PROJECT = f"{ARGOCD}/projects/apps.yaml"
BOOTSTRAP = f"{COMPONENTS}/foundation/secrets/vault-bootstrap/component.yaml"
STRIMZI = f"{CHARTS}/third_party/strimzi/strimzi-kafka-operator"
CERT_MANAGER = f"{CHARTS}/third_party/jetstack/cert-manager"
HOOK_JOB = "    helm.sh/hook: pre-install, pre-upgrade\n    helm.sh/hook-delete-policy: before-hook-creation\n"

Files = Mapping[str, bytes]
Changes = dict[str, bytes | None]
"""Path → new content; None takes the file away."""
Fault = Callable[[Files], Changes]
Rows = Mapping[str, ReleaseVerdict]


@dataclass(frozen=True)
class Bench:
    """The left side, the plan and a folder with the tree that faults are written into."""

    read: pipeline.Reading
    plan: Plan
    folder: Path
    files: Files

    def prove(self, *, lint: bool) -> tuple[Report, dict[tuple[str, str], Rendered], tuple[Finding, ...]]:
        tree = read_tree(self.folder)
        console = SilentConsole(io.StringIO())
        report, expansion, right = pipeline.prove(self.read, self.plan, tree, self.folder, console=console, jobs=2)
        return report, right, lint_tree(tree, expansion, right) if lint else ()

    @contextmanager
    def changed(self, changes: Mapping[str, bytes | None]) -> Iterator[None]:
        """The folder with other files; None takes one away."""
        try:
            for path, content in changes.items():
                place = self.folder / path
                place.parent.mkdir(parents=True, exist_ok=True)
                if content is None:
                    place.unlink()
                else:
                    place.write_bytes(content)
            yield
        finally:
            for path in changes:
                if path in self.files:
                    (self.folder / path).write_bytes(self.files[path])
                else:
                    (self.folder / path).unlink()


@dataclass(frozen=True)
class Judged:
    """What verify and lint say of a tree, by Application."""

    rows: Rows
    named: frozenset[str]
    """Applications whose row is different or unrendered."""
    errors: frozenset[Finding]
    findings: frozenset[Finding]
    documents: Mapping[tuple[str, str], tuple[object, ...]]


def judge(bench: Bench, *, lint: bool = True) -> Judged:
    report, right, findings = bench.prove(lint=lint)
    rows = {row.application or row.id.rpartition("/")[2]: row for row in report.releases}
    bad = {name for name, row in rows.items() if row.verdict in (Verdict.DIFFERENT, Verdict.UNRENDERED)}
    everything = frozenset((*report.findings, *findings))
    errors = frozenset(f for f in everything if f.severity is Severity.ERROR)
    documents = {key: tuple(m.document for m in rendered.manifests) for key, rendered in right.items()}
    return Judged(rows, frozenset(bad), errors, everything, documents)


def edit(path: str, old: str, new: str, files: Files) -> Changes:
    text = files[path].decode("utf-8")
    assert text.count(old) == 1, f"{path} holds {old!r} {text.count(old)} times"
    return {path: text.replace(old, new).encode("utf-8")}


def remove(path: str, files: Files) -> Changes:
    assert path in files
    return {path: None}


def move(path: str, target: str, files: Files) -> Changes:
    return {path: None, target: files[path]}


def swap_value_files(path: str, first: str, second: str, files: Files) -> Changes:
    text = files[path].decode("utf-8")
    assert text.count(first) == text.count(second) == 1
    return {path: text.replace(first, "\0").replace(second, first).replace("\0", second).encode("utf-8")}


def twin(path: str, target: str, old: str, new: str, files: Files) -> Changes:
    return {target: edit(path, old, new, files)[path]}


def without_object(path: str, name: str, files: Files) -> Changes:
    parts = files[path].decode("utf-8").split("---\n")
    kept = [part for part in parts if f"\n  name: {name}\n" not in part]
    assert len(kept) == len(parts) - 1
    return {path: "---\n".join(kept).encode("utf-8")}


def append(path: str, text: str, files: Files) -> Changes:
    return {path: files[path] + text.encode("utf-8")}


def write(path: str, text: str, files: Files) -> Changes:
    assert path not in files
    return {path: text.encode("utf-8")}


def copy(path: str, target: str, files: Files) -> Changes:
    """A file, or a folder with all below it, at another place too."""
    found: Changes = {
        target + old.removeprefix(path): files[old] for old in files if old == path or old.startswith(f"{path}/")
    }
    assert found
    return found


def both(first: Fault, second: Fault, files: Files) -> Changes:
    return {**first(files), **second(files)}


def everywhere(path: str, old: str, new: str, files: Files) -> Changes:
    text = files[path].decode("utf-8")
    assert text.count(old) > 1
    return {path: text.replace(old, new).encode("utf-8")}


def wave_taken(path: str, wave: str, files: Files) -> Changes:
    return edit(path, f'    argocd.argoproj.io/sync-wave: "{wave}"\n', "", files)
