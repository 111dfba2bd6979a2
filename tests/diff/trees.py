"""Small trees by hand: plain Applications over folders of plain manifests, so that a test says what it changes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from migrate.doors.yaml import dump_yaml
from tests.conftest import write_files

URL = "https://git.example.com/platform/gitops.git"


def application(name: str, *, namespace: str = "web", phase: str = "650", **spec: Any) -> str:
    """An Application that applies the files of ``apps/<name>``."""
    return dump_yaml(
        {
            "apiVersion": "argoproj.io/v1alpha1",
            "kind": "Application",
            "metadata": {"name": name, "namespace": "argocd", "labels": {"rollout-phase": phase}},
            "spec": {
                "project": "apps",
                "source": {"repoURL": URL, "path": f"apps/{name}", "targetRevision": "main"},
                "destination": {"name": "in-cluster", "namespace": namespace},
                **spec,
            },
        }
    )


def tree(folder: Path, applications: Mapping[str, str], objects: Mapping[str, list[Any]], *, env: str = "dev") -> Path:
    """A tree with these Applications; ``objects``: Application → what its folder holds."""
    files = {f"environments/{env}/argocd/apps/{name}.yaml": text for name, text in applications.items()}
    files |= {
        f"apps/{name}/{n}.yaml": dump_yaml(document)
        for name, documents in objects.items()
        for n, document in enumerate(documents)
    }
    return write_files(folder, files)


def configmap(name: str, **data: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data}


def deployment(name: str, image: str = "web:1", **spec: Any) -> dict[str, Any]:
    return workload("Deployment", name, image, **spec)


def workload(kind: str, name: str, image: str = "web:1", **spec: Any) -> dict[str, Any]:
    labels = {"app": name}
    pod = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "main", "image": image}]}}
    return {
        "apiVersion": "apps/v1",
        "kind": kind,
        "metadata": {"name": name},
        "spec": {"replicas": 2, "selector": {"matchLabels": labels}, "template": pod, **spec},
    }
