"""Names that Kubernetes takes, and the folder of a component."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

DNS_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
# No folder is called as the files are that a component's folder may hold.
_SEGMENT = r"(?!component(\.disabled)?\.yaml(/|$))[A-Za-z0-9][A-Za-z0-9._-]*"
FOLDER = re.compile(rf"{_SEGMENT}(/{_SEGMENT})*")

_ENDINGS = {"crds": ("-crds", "-crd"), "operators": ("-operator",)}


def dns_label(text: str) -> str:
    """``text`` as a DNS label: lower case, other characters as dashes, at most 63 of them."""
    return re.sub(r"[^a-z0-9-]+", "-", text.lower())[:63].strip("-") or "release"


def component_names(releases: Iterable[tuple[str, str, str]]) -> dict[str, str]:
    """Release id → Application name, for ``(id, namespace, name)``: the release's name where it is the only one
    of that name, else with its namespace before it, else with a number after it."""
    given = list(releases)
    counts = Counter(dns_label(name) for _, _, name in given)
    taken: dict[str, str] = {}
    used: set[str] = set()
    for release, namespace, name in given:
        label = dns_label(name)
        wanted = label if counts[label] == 1 else dns_label(f"{namespace}-{name}")
        number, free = 2, wanted
        while free in used:
            free, number = dns_label(f"{wanted[:58]}-{number}"), number + 1
        taken[release] = free
        used.add(free)
    return taken


def component_path(domain: str, folder: str, name: str) -> str:
    """``domain[/folder]/name``; what the folder already says is left out of the name: ``crds/redis``."""
    for ending in _ENDINGS.get(folder, ()):
        if name.endswith(ending) and name != ending.lstrip("-"):
            name = name.removesuffix(ending)
            break
    return "/".join(part for part in (domain, folder, name) if part)
