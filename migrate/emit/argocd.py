"""What surrounds the ApplicationSets of an environment: projects, repository Secrets, the root Application."""

from __future__ import annotations

import re
from collections.abc import Sequence

from migrate.emit.appsets import ARGOCD_NAMESPACE
from migrate.emit.facts import ProjectFacts
from migrate.emit.pieces import Piece, join_pieces, yaml_piece
from migrate.emit.placement import cluster_name
from migrate.model.json import JsonObject, JsonValue
from migrate.model.plan import Plan, ProjectRole
from migrate.model.sync import NAMESPACED_ONLY
from migrate.model.tree import Provenance

_PURPOSE = {
    "platform": "What the cluster needs before anything else; may create cluster-scoped kinds.",
    "data-services": "Databases, queues and caches; namespaced kinds only.",
    "apps": "Product services; namespaced kinds only.",
}

_OF_PODS = {"logs": ("logs", "get"), "exec": ("exec", "create")}


def make_projects(environment: str, projects: Sequence[ProjectFacts], plan: Plan) -> Piece:
    """An AppProject for each project of the plan, with what its components need and no more."""
    return join_pieces(_project(environment, project, plan) for project in projects)


def _project(environment: str, project: ProjectFacts, plan: Plan) -> Piece:
    spec: JsonObject = {
        "description": _PURPOSE.get(project.name, f"Components of the project {project.name}."),
        "sourceRepos": [plan.repo_url],
        "destinations": [{"name": cluster, "namespace": namespace} for cluster, namespace in project.destinations],
        "clusterResourceWhitelist": _kinds(project.cluster_kinds),
        "namespaceResourceWhitelist": _kinds(project.namespaced_kinds),
    }
    roles = sorted(plan.projects.get(project.name, ()), key=lambda role: role.name)
    if roles:
        spec["roles"] = [_role(project.name, role) for role in roles]
    comment = [
        "Derived from what the components render: a new kind or namespace wants a line here, or a new conversion.",
        "Kinds that controllers make of them are listed too: Argo CD shows nothing that its project does not allow.",
    ]
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


def _kinds(kinds: Sequence[tuple[str, str]]) -> list[JsonValue]:
    return [{"group": group, "kind": kind} for group, kind in kinds]


def _role(project: str, role: ProjectRole) -> JsonObject:
    """A role, its policies as Argo CD demands them: on objects of its own project alone (rule 9.10)."""
    policies: list[JsonValue] = [
        f"p, proj:{project}:{role.name}, {resource}, {action}, {project}/*, allow"
        for resource, action in (_OF_PODS.get(action, ("applications", action)) for action in role.may)
    ]
    groups: list[JsonValue] = list(role.groups)
    described: JsonObject = {"description": role.description} if role.description else {}
    return {"name": role.name, **described, **({"groups": groups} if groups else {}), "policies": policies}


def repository_name(plan: Plan) -> str:
    """The name of the Secret, and of its file."""
    plain = re.sub(r"^[a-z+]+://|\.git$", "", plan.repo_url.lower())
    return f"repo-{re.sub(r'[^a-z0-9]+', '-', plain).strip('-')}"[:63].rstrip("-")


def make_repository(environment: str, plan: Plan) -> Piece:
    """The Secret that tells Argo CD of the repository. Credentials are added in the cluster, never here."""
    name = repository_name(plan)
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
            "The repository alone. Its credentials come from the cluster, never from git: README.md has the ways.",
            "A sync of this file leaves keys alone that were added to the Secret there.",
        ],
        origins=(Provenance(0, "migration.yaml#target/repoURL"),),
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
