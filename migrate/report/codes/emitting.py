"""Codes of what writes the tree."""

from __future__ import annotations

from collections.abc import Mapping

EMITTING: Mapping[str, tuple[str, str]] = {
    "EM001": (
        "a chart is not on this disk, so its release is left out",
        "`migrate charts pull`, or --chart-map ALIAS=DIR",
    ),
    "EM002": ("two releases become one component, folder or Application", "give one another name in migration.yaml"),
    "EM003": ("a name is one that Kubernetes, Helm or the tree refuses", "lower-case letters, digits and hyphens"),
    "EM004": (
        "a release goes to a kube context that no cluster is named for",
        "`environments.<env>.contexts: {CONTEXT: CLUSTER}`",
    ),
    "EM005": ("a release has no place in the plan", "`migrate plan`"),
    "EM006": ("a release is carried by its manifests, and these cannot be had", "mend what the message says"),
    "EM007": ("a chart's dependency is not in its charts/ folder", "`helm dependency update CHART`"),
    "EM008": ("a chart cannot be copied", "mend or replace it; the message says what is wrong"),
    "EM009": (
        "an environment's name can be no folder, or is another's in Kubernetes",
        "rename it, or convert the others with --environment",
    ),
    "EM010": (
        "a release takes secrets; placeholders stand in",
        "supply them in the cluster, for example by an ExternalSecret",
    ),
    "EM011": ("a values file has several documents; Helm 3 reads the first, Helm 4 all", "merge them into one"),
    "EM012": (
        "one `set` lies inside another; Argo CD passes the two in no stated order",
        "put both into a values file",
    ),
    "EM013": ("a file that a release names is not there", "put it there"),
    "EM014": (
        "a release is handed over with placeholders, which would replace live secrets",
        "let the chart take a Secret of the cluster, or `layerHandover: {LAYER: manual}`",
    ),
    "EM020": (
        "a plaintext secret would be written; nothing is, and `convert` exits 5",
        "take it out of the estate, or say `externalise` or `plaintext: accepted` under `secrets`",
    ),
    "EM030": ("a project may not hold what a component renders; no sync would work", "give it the project platform"),
    "EM031": (
        "a namespace that helmfile creates is brought by no component",
        "add it to the one that brings the others",
    ),
    "EM032": ("a chart brings a Namespace that a deletion would take along", "let it be annotated, or move it"),
    "EM033": (
        "something is left to nobody: the health of a kind, or hooks at deletion",
        "add the named check to argocd-cm; run the hooks by hand when the release goes",
    ),
    "EM034": ("a value drawn at random is frozen in rendered manifests", "pin it: `releases.<id>.pins`"),
    "EM035": ("hooks that ran one after the other are applied at once", "split them into releases in later phases"),
    "EM040": ("a release's hooks ran commands, and nobody runs them now", "the message says what stands for them"),
    "EM041": ("a release went through a post-renderer, and nothing runs it now", "put into the chart what it did"),
    "EM050": ("a cluster type is called as an environment is", "rename it: `environments.<env>.clusterType`"),
    "EM052": ("layout plugin: a file lies outside the estate, and is not copied", "copy it into the estate"),
    "EM053": ("layout plugin: a layer goes to several clusters", "split the layer, or use the layout environments"),
    "EM054": ("layout plugin: helmfile creates namespaces, its templates do not", "`kubectl create namespace` first"),
    "EM055": (
        "layout plugin: a layer is made of hooks alone",
        "run them with helmfile, or use the layout environments",
    ),
    "EM056": ("layout plugin: helmfile knows no pins", "write them into the release's values"),
    "EM057": ("layout kustomize: a release renders nothing in an environment", "park it there, or see its values"),
    "EM058": ("layout plugin: `crds: apart` cannot hold", "use another layout, or split the release"),
    "EM059": ("layout plugin: `removal: delete` does nothing", "delete by hand what is left, or use another layout"),
    "EM060": ("layout plugin: two layers would be one Application", "rename one of the files"),
    "EM061": ("a chart's schema refuses the fleet contract", "let the schema take it, or `fleet.without: [ID]`"),
    "EM062": ("an old root key and the fleet contract differ", "make both say the same"),
    "EM063": ("an old root key is no fact of the cluster, or does not fit its key", "correct `fleet.bridge.keys`"),
    "EM064": ("nothing sets an old root key any more", "take it out of `fleet.bridge.keys`"),
    "EM065": ("the fleet contract does not reach this layout", "use environments or shared"),
    "EM070": ("a wrapper that migration.yaml asks for would change objects", "take `wrapper` out, or mend the reason"),
    "EM071": ("a wrapper has no gate, or is none, in this layout", "use another layout"),
    "EM072": ("dependencies would change objects in a wrapper; the release stays rendered", "nothing: nothing is lost"),
    "EM073": ("a dependency's own dependency is installed by nobody", "`helm dependency update`, if it is wanted"),
    "EM080": ("an image is reached by no value", "let the chart take it from one, wrap it, or patch it"),
    "EM081": (
        "the image policy does not reach the layout plugin",
        "use another layout, or set images in the helmfiles",
    ),
    "EM082": ("the table of images cannot be read", "`migrate images pull`"),
}
