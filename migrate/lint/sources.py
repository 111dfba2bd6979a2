"""What Applications are rendered from: sources, release names, repositories and revisions."""

from __future__ import annotations

import re
from typing import Any

from migrate.lint.subject import dig
from migrate.model.application import GeneratedApplication
from migrate.model.json import JsonObject

FIXED_REVISION = re.compile(r"^(?:[0-9a-f]{40}|v?\d+(?:\.\d+)+[-+.\w]*)$")
BUILD_VARIABLE = re.compile(r"\$\{?(ARGOCD_APP_\w+|ARGOCD_ENV_\w+|KUBE_VERSION|KUBE_API_VERSIONS)\b\}?")


def release_name(application: GeneratedApplication) -> str:
    """The Helm release's name: its own, else the Application's."""
    found = (dig(source, "helm", "releaseName") for source in sources(application))
    return next((str(name) for name in found if name), application.name)


def plain_url(url: str) -> str:
    """A repository's address as Argo CD compares it: lower case, no ``.git``, ``git@host:path`` as ``host/path``."""
    return re.sub(r"^[\w.-]+@([\w.-]+):", r"\1/", url.lower()).removesuffix(".git")


def sources(application: GeneratedApplication) -> list[JsonObject]:
    """What the Application is rendered from: ``sources`` if it has any, else ``source``."""
    several: Any = dig(application.manifest, "spec", "sources")
    single: Any = dig(application.manifest, "spec", "source")
    return list(several) if several else [single] if isinstance(single, dict) else []
