"""Codes of what compares: the proof, two trees, a chart's two versions."""

from __future__ import annotations

from collections.abc import Mapping

PROVING: Mapping[str, tuple[str, str]] = {
    "VF001": ("an ApplicationSet fails, so an Application is not generated", "mend it, then verify again"),
    "VF002": (
        "Helm 3 and Helm 4 render a release differently",
        "write what is meant, so that both do the same",
    ),
    "VF003": ("an object is twice in one Application", "let one template bring it: `helm install` refuses the second"),
    "VF004": (
        "a release prints every fact of the fleet, and changes with each",
        "print what is meant, or leave it out: `fleet.without`",
    ),
    "VF010": ("`verify --deployed`: a file is no record of a release", "give what `helm get manifest` printed"),
    "VF011": (
        "`verify --deployed`: nothing says of which environment a record is",
        "put it into a folder of that name",
    ),
    "VF012": (
        "`verify --deployed`: a record could be any of several releases",
        "put it into a folder <environment>/<kube context>",
    ),
    "VF013": ("`verify --deployed`: two records are of one release", "leave one of them out"),
    "VF020": (
        "a plugin renders an Application: proven is what it reads, not what it prints",
        "compare `argocd app manifests` with `helmfile template` before the first sync",
    ),
    "DF001": ("one side of a diff does not generate an Application", "mend it, then compare again"),
    "UP001": ("a value is set that the new chart no longer knows", "see the chart's notes, or remove it"),
    "UP002": ("the new chart requires a value that is not set", "set it, if it does not render without"),
    "UP003": ("the new chart brings definitions", "custom resources of theirs belong to a later phase"),
}
