"""The JSON shapes of the command line's contract; keys are added to, never renamed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Protocol

from migrate.model.application import Expansion
from migrate.model.estate import Estate, Release
from migrate.model.finding import Finding
from migrate.model.json import SCHEMA_VERSION, to_json
from migrate.model.report import ReleaseVerdict, Report
from migrate.report.deployed import deployed_json
from migrate.report.rollout import rollout_json


def _document(content: dict[str, Any]) -> str:
    return json.dumps({"schemaVersion": SCHEMA_VERSION, **content}, indent=2, ensure_ascii=False) + "\n"


def finding_json(finding: Finding) -> dict[str, Any]:
    """``F`` of the contract: code, severity, message, hint, source; release and environment where it has them."""
    source = finding.source
    shape: dict[str, Any] = {
        "code": finding.code,
        "severity": finding.severity.value,
        "message": finding.message,
        "hint": finding.hint,
        "source": {"file": source.file, "line": source.line} if source else None,
    }
    if source and source.generated:
        shape["source"]["generated"] = True
    if finding.release:
        shape["release"] = finding.release
    if finding.environment:
        shape["environment"] = finding.environment
    return shape


def estate_json(estate: Estate, findings: Sequence[Finding]) -> str:
    """``inspect --output json``."""
    return _document(
        {
            "releases": [_release_json(release) for release in estate.releases],
            "findings": [finding_json(finding) for finding in findings],
        }
    )


def _release_json(release: Release) -> dict[str, Any]:
    source: dict[str, Any] = {"file": release.source.file, "line": release.source.line}
    if release.source.generated:
        source["generated"] = True
    return {
        "environment": release.environment,
        "namespace": release.namespace,
        "name": release.name,
        "id": release.id,
        "enabled": release.enabled,
        "installed": release.installed,
        "chart": release.chart,
        "version": release.version,
        "labels": dict(sorted(release.labels.items())),
        "needs": list(release.needs),
        "layer": release.layer,
        "source": source,
    }


def expansion_json(expansion: Expansion) -> str:
    """``expand --output json``: over several environments the steps are keyed by ``environment/name``."""
    several = len({application.environment for application in expansion.applications}) > 1
    steps = {
        f"{a.environment}/{a.name}" if several else a.name: a.step for a in expansion.applications if a.step is not None
    }
    applications = [{**a.manifest, "environment": a.environment, "appset": a.appset} for a in expansion.applications]
    errors = [{"application": e.application, "message": e.message} for e in expansion.errors]
    return _document({"applications": applications, "steps": steps, "errors": errors})


def report_json(report: Report) -> str:
    """``verify --output json``."""
    states = {(d.environment, d.id): d.state.value for d in report.deployed}
    return _document(
        {
            "releases": [_row_json(row, states.get((row.environment, row.id), "")) for row in report.releases],
            "summary": report.summary(),
            "excluded": [to_json(exclusion) for exclusion in report.excluded],
            "findings": [finding_json(finding) for finding in report.findings],
            "kubeVersions": dict(report.kube_versions),
            "treeHash": report.tree_hash,
            "timings": dict(report.timings),
            **({"shard": report.shard} if report.shard else {}),
            **({"unjudged": report.unjudged} if report.unjudged else {}),
            **({"deployed": deployed_json(report.deployed)} if report.deployed else {}),
            **({"rollout": rollout_json(report.rollout)} if report.rollout else {}),
        }
    )


def _row_json(row: ReleaseVerdict, deployed: str) -> dict[str, Any]:
    """A row, with what it says of a rollout and of the deployed release where that was asked."""
    shape: dict[str, Any] = to_json(row)
    if row.gate is None:
        del shape["gate"]
    return {**shape, "deployed": deployed} if deployed else shape


class _LayerStatus(Protocol):
    @property
    def layer(self) -> str: ...


def status_json(layers: Sequence[_LayerStatus]) -> str:
    """``status --output json``."""
    return _document({"layers": [to_json(layer) for layer in layers]})
