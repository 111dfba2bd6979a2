"""The fields of an Application and of an ApplicationSet, for :mod:`migrate.expand.schema`.

Written down from the published custom resource definitions; a type here is the type there, and ``*_KEPT`` marks the
fields that Argo CD writes even when they are empty (or that are pointers, so that ``false`` and ``0`` say something).
"""

from __future__ import annotations

from migrate.expand.schema import ListOf, MapOf, Node, Scalar, Struct

TEXT, BOOL, INT = Scalar.TEXT, Scalar.BOOL, Scalar.INT
KEPT = Scalar.TEXT_KEPT
TEXTS, TEXT_MAP = ListOf(TEXT), MapOf(Scalar.TEXT_KEPT)

_JSONNET_VARIABLE = Struct({"name": KEPT, "value": KEPT, "code": BOOL})
_DIRECTORY = Struct(
    {
        "recurse": BOOL,
        "jsonnet": Struct(
            {"extVars": ListOf(_JSONNET_VARIABLE), "tlas": ListOf(_JSONNET_VARIABLE), "libs": TEXTS}, always=True
        ),
        "exclude": TEXT,
        "include": TEXT,
        "disableExtensionFilter": BOOL,
    }
)
_HELM = Struct(
    {
        "valueFiles": TEXTS,
        "parameters": ListOf(Struct({"name": TEXT, "value": TEXT, "forceString": BOOL})),
        "releaseName": TEXT,
        "values": TEXT,
        "fileParameters": ListOf(Struct({"name": TEXT, "path": TEXT})),
        "version": TEXT,
        "passCredentials": BOOL,
        "ignoreMissingValueFiles": BOOL,
        "skipCrds": BOOL,
        "valuesObject": Scalar.JSON,
        "namespace": TEXT,
        "kubeVersion": TEXT,
        "apiVersions": TEXTS,
        "skipTests": BOOL,
        "skipSchemaValidation": BOOL,
    }
)
_PATCH_TARGET = Struct(
    dict.fromkeys(("group", "version", "kind", "name", "namespace", "labelSelector", "annotationSelector"), TEXT)
)
_KUSTOMIZE = Struct(
    {
        "namePrefix": TEXT,
        "nameSuffix": TEXT,
        "images": TEXTS,
        "commonLabels": TEXT_MAP,
        "version": TEXT,
        "commonAnnotations": TEXT_MAP,
        "forceCommonLabels": BOOL,
        "forceCommonAnnotations": BOOL,
        "namespace": TEXT,
        "commonAnnotationsEnvsubst": BOOL,
        "replicas": ListOf(Struct({"name": KEPT, "count": Scalar.INT_OR_TEXT}, required=("count",))),
        "patches": ListOf(
            Struct({"path": TEXT, "patch": TEXT, "target": _PATCH_TARGET, "options": MapOf(Scalar.BOOL_KEPT)})
        ),
        "components": TEXTS,
        "ignoreMissingComponents": BOOL,
        "labelWithoutSelector": BOOL,
        "kubeVersion": TEXT,
        "apiVersions": TEXTS,
        "labelIncludeTemplates": BOOL,
    }
)
_PLUGIN = Struct(
    {
        "name": TEXT,
        "env": ListOf(Struct({"name": KEPT, "value": KEPT})),
        "parameters": ListOf(Struct({"name": TEXT, "string": Scalar.TEXT_POINTER, "map": TEXT_MAP, "array": TEXTS})),
    }
)
SOURCE = Struct(
    {
        "repoURL": KEPT,
        "path": TEXT,
        "targetRevision": TEXT,
        "helm": _HELM,
        "kustomize": _KUSTOMIZE,
        "directory": _DIRECTORY,
        "plugin": _PLUGIN,
        "chart": TEXT,
        "ref": TEXT,
        "name": TEXT,
        "tagPrefix": TEXT,
    }
)
_DRY_SOURCE = Struct(
    {
        "repoURL": KEPT,
        "targetRevision": KEPT,
        "path": KEPT,
        "helm": _HELM,
        "kustomize": _KUSTOMIZE,
        "directory": _DIRECTORY,
        "plugin": _PLUGIN,
    }
)
SYNC_POLICY = Struct(
    {
        "automated": Struct({"prune": BOOL, "selfHeal": BOOL, "allowEmpty": BOOL, "enabled": Scalar.BOOL_KEPT}),
        "syncOptions": TEXTS,
        "retry": Struct(
            {
                "limit": INT,
                "backoff": Struct({"duration": TEXT, "factor": Scalar.INT_KEPT, "maxDuration": TEXT}),
                "refresh": BOOL,
            }
        ),
        "managedNamespaceMetadata": Struct({"labels": TEXT_MAP, "annotations": TEXT_MAP}),
    }
)
APPLICATION_SPEC = Struct(
    {
        "source": SOURCE,
        "destination": Struct({"server": TEXT, "namespace": TEXT, "name": TEXT}, always=True),
        "project": KEPT,
        "syncPolicy": SYNC_POLICY,
        "ignoreDifferences": ListOf(
            Struct(
                {
                    "group": TEXT,
                    "kind": KEPT,
                    "name": TEXT,
                    "namespace": TEXT,
                    "jsonPointers": TEXTS,
                    "jqPathExpressions": TEXTS,
                    "managedFieldsManagers": TEXTS,
                }
            )
        ),
        "info": ListOf(Struct({"name": KEPT, "value": KEPT})),
        "revisionHistoryLimit": Scalar.INT_KEPT,
        "sources": ListOf(SOURCE),
        "sourceHydrator": Struct(
            {
                "drySource": _DRY_SOURCE,
                "syncSource": Struct({"targetBranch": KEPT, "path": KEPT, "repoURL": TEXT}),
                "hydrateTo": Struct({"targetBranch": KEPT}),
            },
            required=("drySource", "syncSource"),
        ),
    },
    always=True,
    required=("destination",),
)
TEMPLATE = Struct(
    {
        "metadata": Struct(
            {"name": TEXT, "namespace": TEXT, "labels": TEXT_MAP, "annotations": TEXT_MAP, "finalizers": TEXTS},
            always=True,
        ),
        "spec": APPLICATION_SPEC,
    },
    required=("metadata", "spec"),
)
APPLICATION = Struct(
    {
        "metadata": Struct(
            {
                "name": TEXT,
                "namespace": TEXT,
                "labels": TEXT_MAP,
                "annotations": TEXT_MAP,
                "finalizers": TEXTS,
                "ownerReferences": ListOf(Scalar.JSON),
            },
            always=True,
        ),
        "spec": APPLICATION_SPEC,
        "operation": Scalar.JSON,
    }
)
SELECTOR = Struct(
    {
        "matchLabels": TEXT_MAP,
        "matchExpressions": ListOf(Struct({"key": KEPT, "operator": KEPT, "values": ListOf(KEPT)})),
    }
)
_CHOSEN_PATHS = ListOf(Struct({"path": KEPT, "exclude": BOOL}))
_LEAF_GENERATORS: dict[str, Node] = {
    "list": Struct({"elements": ListOf(Scalar.JSON), "elementsYaml": TEXT, "template": TEMPLATE}),
    "clusters": Struct({"selector": SELECTOR, "template": TEMPLATE, "values": TEXT_MAP, "flatList": BOOL}),
    "git": Struct(
        {
            "repoURL": KEPT,
            "directories": _CHOSEN_PATHS,
            "files": _CHOSEN_PATHS,
            "revision": TEXT,
            "requeueAfterSeconds": INT,
            "template": TEMPLATE,
            "pathParamPrefix": TEXT,
            "values": TEXT_MAP,
        },
        required=("revision",),
    ),
    "scmProvider": Scalar.JSON,
    "clusterDecisionResource": Scalar.JSON,
    "pullRequest": Scalar.JSON,
    "plugin": Scalar.JSON,
}


def _joining(children: dict[str, Node], *, free: bool = False) -> dict[str, Node]:
    """The two generators that combine others, over such children; ``template`` and ``selector`` belong to each."""
    child = ListOf(Struct({**children, "selector": SELECTOR}))
    merge: dict[str, Node] = {"generators": child, "mergeKeys": TEXTS, "template": TEMPLATE}
    return {
        "matrix": Struct({"generators": child, "template": TEMPLATE}, required=("generators",), free=free),
        "merge": Struct(merge, required=("generators", "mergeKeys"), free=free),
    }


# Nesting ends after one level (rule 1.28): what lies deeper is an unknown field, and so it is dropped. The nested ones
# are free JSON to the API server (rule 11.2).
_NESTED = {**_LEAF_GENERATORS, **_joining(_LEAF_GENERATORS, free=True)}
GENERATOR = Struct({**_LEAF_GENERATORS, **_joining(_NESTED), "selector": SELECTOR})
APPLICATION_SET = Struct(
    {
        "metadata": Struct({"name": KEPT, "namespace": TEXT, "labels": TEXT_MAP, "annotations": TEXT_MAP}, always=True),
        "spec": Struct(
            {
                "goTemplate": BOOL,
                "goTemplateOptions": TEXTS,
                "generators": ListOf(GENERATOR),
                "template": TEMPLATE,
                "templatePatch": TEXT,
                "syncPolicy": Struct({"preserveResourcesOnDeletion": BOOL, "applicationsSync": TEXT}),
                "strategy": Struct(
                    {
                        "type": TEXT,
                        "rollingSync": Struct(
                            {
                                "steps": ListOf(
                                    Struct(
                                        {
                                            "matchExpressions": ListOf(
                                                Struct({"key": TEXT, "operator": TEXT, "values": TEXTS})
                                            ),
                                            "maxUpdate": Scalar.INT_OR_TEXT,
                                        }
                                    )
                                )
                            }
                        ),
                        "deletionOrder": TEXT,
                    }
                ),
                "preservedFields": Struct({"annotations": TEXTS, "labels": TEXTS}),
                "ignoreApplicationDifferences": ListOf(
                    Struct({"name": TEXT, "jsonPointers": TEXTS, "jqPathExpressions": TEXTS})
                ),
                "applyNestedSelectors": BOOL,
            },
            always=True,
            required=("generators", "template"),
        ),
    }
)
