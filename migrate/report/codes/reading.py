"""Codes of what reads and renders: helmfiles, charts, manifests, the graph."""

from __future__ import annotations

from collections.abc import Mapping

READING: Mapping[str, tuple[str, str]] = {
    "HF001": ("a helmfile cannot be read; the others were", "mend what the message says, at the line that it names"),
    "HF002": ("the estate is read as helmfile 0 reads it", "say --helmfile-version 1 if that is wrong"),
    "HF010": ("a file of values, or a nested helmfile, is not there", "add it, or drop the entry"),
    "HF011": (
        "a values file of a release is not there",
        "add it, drop the entry, or set `missingFileHandler: Warn`",
    ),
    "HF012": ("the values of a release cannot be read", "mend the file and line that the message names"),
    "HF020": (
        "a value comes from a secret, a variable or a program; a placeholder stands in",
        "supply it in the cluster (an ExternalSecret); --secrets-dir, --set-env or --allow-exec show it to `values`",
    ),
    "HF021": (
        "values of an environment are encrypted; placeholders stand in",
        "give decrypted twins with --secrets-dir, if templates need the values",
    ),
    "HF022": ("`set` takes a secret; a placeholder stands in", "move it into values, or supply it in the cluster"),
    "HF023": ("a `ref+…` stays closed", "nothing, if a placeholder will do; else mend what the message says"),
    "HF024": ("an HCL function is not computed here", "write the value down; `helmfile print-env` shows it"),
    "HF025": ("`set` takes a variable that is not given", "--set-env NAME=VALUE"),
    "HF026": (
        "a template asks for what may not be looked at (a program, a variable, a file outside)",
        "allow it by the flag that the message names, or write the value down; an error if it decides what follows",
    ),
    "HF027": (
        "a release's name, namespace or chart is not known, since it comes from outside",
        "give it by --set-env, --secrets-dir or --allow-exec, or write it down",
    ),
    "HF030": ("a base, values file, helmfile or dependency is remote; nothing is fetched", "vendor it, name its path"),
    "HF040": ("`needs` names a release that is not there", "write namespace/name of one in the same file, or drop it"),
    "HF041": (
        "`needs` names a release of another file, which helmfile refuses",
        "drop the need (the graph sees most of them in the manifests), or move one of the two",
    ),
    "HF042": ("two releases of one file have one id", "rename one, or give it another namespace"),
    "HF043": ("a release is listed by two files", "list it once: helmfile would apply both, one over the other"),
    "HF044": ("a release needs itself", "drop the need"),
    "HF050": ("a chart's path leads nowhere", "mend the path, or put the chart there"),
    "HF051": ("a chart of a repository is not on this disk", "`migrate charts pull`, or --chart-map ALIAS=DIR"),
    "HF052": ("a chart lies outside the estate's root", "--allow-path DIR"),
    "HF060": (
        "a template of the estate gives something else each time (`randAlphaNum`, `now` …)",
        "write the value down, or take it from a secret",
    ),
    "HF061": ("a template reads a variable that is not given; it is empty here", "--set-env NAME=VALUE"),
    "HF070": (
        "`migrate helmfile template` does not run a post-renderer, so the output is not what helmfile prints",
        "run the real helmfile for this one",
    ),
    "HF071": (
        "`migrate helmfile` does not run a prepare hook",
        "run the real helmfile, if it writes what is read later",
    ),
    "HF080": ("the real helmfile cannot write a release's values", "give it what it lacks: --set-env, HELM_PLUGINS"),
    "CV001": ("a chart is not vendored", "`migrate charts pull`"),
    "CV002": ("a vendored chart is not as it was fetched", "restore it from git, or `migrate charts pull --force`"),
    "CV003": ("a chart cannot be fetched", "the message says why; by hand: unpack it, --chart-map ALIAS=DIR"),
    "CV004": ("a chart's repository names no digest", "look at the chart before you use it"),
    "IM001": (
        "an image could not be asked for, or the table of images lacks it",
        "`migrate images pull`, or write its architectures into the table",
    ),
    "RD001": ("a release does not render", "mend its chart or values; helmfile would fail here, too"),
    "RN001": (
        "a chart draws a value anew in each render; each sync would replace it",
        "pin what holds it still (`releases.<id>.pins`): the message names the values that do",
    ),
    "RN002": (
        "`lookup` finds nothing without a cluster: Argo CD always goes the way of a first install",
        "see whether the chart keeps something alive with it, and pin that",
    ),
    "RN003": ("a kustomization wants another version of kustomize", "put it first on PATH; name it in argocd-cm"),
    "RN004": ("a null means something else to Helm 3 and Helm 4", "write the value that is meant into a values file"),
    "RN005": ("a values file has several documents; Helm 3 reads the first alone", "write one document"),
    "RN006": ("an object is twice in one Application", "let one template bring it"),
    "GR001": ("releases wait for each other in a circle", "take one of the named edges out"),
    "GR002": (
        "no release ships the definition of a kind that is used",
        "see that the cluster has it before the first sync",
    ),
    "GR003": ("several releases provide one object", "let one of them: Argo CD counts two owners as a fault"),
}
