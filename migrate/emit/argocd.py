"""What surrounds the ApplicationSets of an environment: projects, repository Secrets, the root Application."""

from __future__ import annotations

import re
from collections.abc import Sequence

from migrate.emit.appsets import ARGOCD_NAMESPACE
from migrate.emit.facts import ProjectFacts
from migrate.emit.pieces import Piece, join_pieces, yaml_piece
from migrate.emit.placement import cluster_name
from migrate.model.json import JsonObject, JsonValue
from migrate.model.plan import Plan
from migrate.model.sync import NAMESPACED_ONLY
from migrate.model.tree import Provenance

_PURPOSE = {
    "platform": "What the cluster needs before anything else; may create cluster-scoped kinds.",
    "data-services": "Databases, queues and caches; namespaced kinds only.",
    "apps": "Product services; namespaced kinds only.",
}


def make_projects(environment: str, projects: Sequence[ProjectFacts], plan: Plan) -> Piece:
    """An AppProject for each project of the plan, with what its components need and no more."""
    return join_pieces(_project(environment, project, plan) for project in projects)


def _project(environment: str, project: ProjectFacts, plan: Plan) -> Piece:
    whitelist: list[JsonValue] = [{"group": group, "kind": kind} for group, kind in project.cluster_kinds]
    spec: JsonObject = {
        "description": _PURPOSE.get(project.name, f"Components of the project {project.name}."),
        "sourceRepos": [plan.repo_url],
        "destinations": [{"name": cluster, "namespace": namespace} for cluster, namespace in project.destinations],
        "clusterResourceWhitelist": whitelist,
    }
    comment = ["Derived from what the components render: a new kind or namespace wants a line here."]
    if project.name in NAMESPACED_ONLY:
        comment.append("Namespaced kinds only: an operator or a CRD belongs to the project platform.")
    return yaml_piece(
        f"environments/{environment}/argocd/projects/{project.name}.yaml",
        {
            "apiVersion": "argoproj.io/v1alpha1",
            "kind": "AppProject",
            "metadata": {"name": project.name, "namespace": ARGOCD_NAMESPACE},
            "spec": spec,
        },
        comment=comment,
        origins=(Provenance(0, "migrate: projects allow what is rendered"),),
    )


def make_repository(environment: str, plan: Plan) -> Piece:
    """The Secret that tells Argo CD of the repository. Credentials are added in the cluster, never here."""
    name = "repo-" + (re.sub(r"[^a-z0-9]+", "-", re.sub(r"^[a-z+]+://|\.git$", "", plan.repo_url.lower())).strip("-"))
    name = name[:63].rstrip("-")
    return yaml_piece(
        f"environments/{environment}/argocd/repos/{name}.yaml",
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {
                "name": name,
                "namespace": ARGOCD_NAMESPACE,
                "labels": {"argocd.argoproj.io/secret-type": "repository"},
            },
            "type": "Opaque",
            "stringData": {"type": "git", "url": plan.repo_url},
        },
        comment=[
            "Credentials (username and password, or sshPrivateKey) are added to this Secret in the cluster;",
            "a sync of this file leaves them there.",
        ],
        origins=(Provenance(0, "migration.yaml#repoURL"),),
    )


def make_root(environment: str, plan: Plan, *, automated: bool) -> Piece:
    """The Application that brings projects, repositories and ApplicationSets; applied once by hand.

    It leaves ``parent`` (itself) and ``ops`` out: the chart of Argo CD owns argocd-cm, and two owners would fight.
    """
    name = f"apps-root-{cluster_name(environment)}"
    spec: JsonObject = {
        # `default` is there from the start; the projects below come with this Application.
        "project": "default",
        "source": {
            "repoURL": plan.repo_url,
            "targetRevision": plan.revision,
            "path": f"environments/{environment}/argocd",
            "directory": {"recurse": True, "exclude": "{parent/*,ops/*}"},
        },
        "destination": {"name": "in-cluster", "namespace": ARGOCD_NAMESPACE},
    }
    comment = ["The root: kubectl apply it once, then Argo CD takes the rest of this folder from git."]
    if automated:
        # Never prune: a file that went by mistake must not take an ApplicationSet along.
        spec["syncPolicy"] = {"automated": {"prune": False, "selfHeal": True}}
    else:
        comment.append("Nothing syncs by itself while hand-over is manual: sync it with argocd app sync.")
    return yaml_piece(
        f"environments/{environment}/argocd/parent/{name}.yaml",
        {
            "apiVersion": "argoproj.io/v1alpha1",
            "kind": "Application",
            "metadata": {"name": name, "namespace": ARGOCD_NAMESPACE},
            "spec": spec,
        },
        comment=comment,
        origins=(Provenance(0, "migrate: one root Application an environment"),),
    )
