"""What an AppProject allows: kinds and repositories."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Sequence
from typing import Any

from migrate.lint.sources import plain_url
from migrate.lint.subject import Document, dig, listed
from migrate.model.manifest import ObjectKey


def repository_matches(pattern: str, url: str) -> bool:
    """Whether a sourceRepos entry allows a repository (rule 9.1)."""
    if pattern == "*":
        return True
    pieces = re.split(r"(\*\*|\*|\?)", plain_url(pattern))
    meaning = {"**": ".*", "*": "[^/]*", "?": "[^/]"}
    return re.fullmatch("".join(meaning.get(piece, re.escape(piece)) for piece in pieces), plain_url(url)) is not None


def allows_repository(patterns: Sequence[str], url: str) -> bool:
    """Whether a project's sourceRepos allow a repository; a denial that does not hit counts as a match (rule 9.3)."""
    denied = [repository_matches(pattern[1:], url) for pattern in patterns if pattern.startswith("!")]
    allowed = (repository_matches(pattern, url) for pattern in patterns if not pattern.startswith("!"))
    return not any(denied) and (bool(denied) or any(allowed))


def matches_or_denies(pattern: str, value: str) -> bool:
    """Whether a field of a destination fits; of a denial, whether it does not hit (rule 9.3)."""
    if pattern.startswith("!"):
        return not fnmatch.fnmatchcase(value, pattern[1:])
    return fnmatch.fnmatchcase(value, pattern)


def allows_cluster_kind(project: Document, key: ObjectKey) -> bool:
    """Whether a cluster-scoped kind may be created: no list allows nothing (rule 9.5)."""
    allowed = listed(project.data, "spec", "clusterResourceWhitelist")
    denied = listed(project.data, "spec", "clusterResourceBlacklist")
    return is_listed(allowed, key) and not is_listed(denied, key)


def allows_namespaced_kind(project: Document, key: ObjectKey) -> bool:
    """Whether a namespaced kind may be created: no list allows all, an empty one nothing (rule 9.5)."""
    allowed = project.get("spec", "namespaceResourceWhitelist")
    denied = listed(project.data, "spec", "namespaceResourceBlacklist")
    return (allowed is None or is_listed(allowed, key)) and not is_listed(denied, key)


def is_listed(entries: Any, key: ObjectKey) -> bool:
    """Whether an entry of a project's white or black list means an object (rule 9.5)."""
    return any(
        fnmatch.fnmatchcase(key.group, str(dig(entry, "group") or ""))
        and fnmatch.fnmatchcase(key.kind, str(dig(entry, "kind") or ""))
        and fnmatch.fnmatchcase(key.name, str(dig(entry, "name") or "*"))
        for entry in entries
    )
