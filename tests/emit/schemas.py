"""What every YAML file of an emitted tree has to be: a schema by its path, Argo CD's own where the kind is Argo CD's.

``argocd_schemas.json`` holds the schemas of Argo CD's resource definitions as they are after 3.5, closed: a field that
the API server would drop without a word is a fault here, and so is one that 3.3 lacks. ``record_schemas.py`` wrote it.
"""

from __future__ import annotations

import base64
import binascii
import json
import posixpath
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from migrate.doors.yaml import YamlError, compose_yaml, plain_value
from migrate.emit import component_schema
from migrate.model.tree import FileTree

Json = dict[str, Any]

TEXT: Json = {"type": "string"}
TEXT_MAP: Json = {"type": "object", "additionalProperties": TEXT}
ARGOCD: Json = json.loads(Path(__file__).with_name("argocd_schemas.json").read_text(encoding="utf-8"))
NEWER = {"tagPrefix", "sourceIntegrity", "syncOverrun", "disableExtensionFilter"}
"""Fields that came after 3.3, which trees are written for."""
_DNS = r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$"


def closed(fields: Json, *optional: str) -> Json:
    required = [name for name in fields if name not in optional]
    return {"type": "object", "properties": fields, "required": required, "additionalProperties": False}


def some(item: Json) -> Json:
    return {"type": "array", "items": item}


_LABELS: Json = {
    "type": "object",
    "additionalProperties": {**TEXT, "maxLength": 63, "pattern": r"^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$"},
}
_OWN_METADATA = closed(
    {
        "name": {**TEXT, "pattern": _DNS, "maxLength": 253},
        "namespace": {**TEXT, "pattern": _DNS, "maxLength": 63},
        "labels": _LABELS,
        "annotations": TEXT_MAP,
        "finalizers": some(TEXT),
    },
    *("namespace", "labels", "annotations", "finalizers"),
)
_METADATA: Json = {
    # The objects of charts: names as their kinds take them (RBAC has colons), and what an export leaves behind.
    **_OWN_METADATA,
    "properties": {
        **_OWN_METADATA["properties"],
        "name": {**TEXT, "minLength": 1, "maxLength": 253},
        "creationTimestamp": {"type": ["string", "null"]},
    },
}


def _object(api: str, kind: str, fields: Json, *optional: str, metadata: Json = _METADATA) -> Json:
    known = {"apiVersion": {"const": api}, "kind": {"const": kind}, "metadata": metadata, **fields}
    return closed(known, *optional)


OF_KUBERNETES: dict[tuple[str, str], Json] = {
    ("v1", "ConfigMap"): _object(
        "v1",
        "ConfigMap",
        {"data": TEXT_MAP, "binaryData": TEXT_MAP, "immutable": {"type": "boolean"}},
        *("data", "binaryData", "immutable"),
    ),
    ("v1", "Secret"): _object(
        "v1",
        "Secret",
        {"type": TEXT, "data": TEXT_MAP, "stringData": TEXT_MAP, "immutable": {"type": "boolean"}},
        *("type", "data", "stringData", "immutable"),
    ),
    ("v1", "Namespace"): _object("v1", "Namespace", {"spec": closed({"finalizers": some(TEXT)})}, "spec"),
}
ANY_OBJECT: Json = {
    "type": "object",
    "properties": {
        "apiVersion": {**TEXT, "pattern": r"^([a-z0-9.-]+/)?v[a-z0-9]+$"},
        "kind": {**TEXT, "pattern": "^[A-Z][A-Za-z0-9]*$"},
        "metadata": _METADATA,
    },
    "required": ["apiVersion", "kind", "metadata"],
}
_REMOTE = closed({"key": {**TEXT, "minLength": 1}, "property": TEXT}, "property")
EXTERNAL_SECRET = closed(
    {
        "apiVersion": {"enum": ["external-secrets.io/v1", "external-secrets.io/v1beta1"]},
        "kind": {"const": "ExternalSecret"},
        "metadata": _OWN_METADATA,
        "spec": closed(
            {
                "refreshInterval": {**TEXT, "pattern": "^[0-9]+[hms]$"},
                "secretStoreRef": closed({"kind": {"enum": ["ClusterSecretStore", "SecretStore"]}, "name": TEXT}),
                "target": closed({"name": TEXT, "creationPolicy": {"enum": ["Owner", "Merge", "Orphan", "None"]}}),
                "data": some(closed({"secretKey": {**TEXT, "pattern": "^[-._a-zA-Z0-9]+$"}, "remoteRef": _REMOTE})),
                "dataFrom": some(closed({"extract": closed({"key": TEXT})})),
            },
            *("data", "dataFrom"),
        ),
    }
)
REPOSITORY: Json = {
    **OF_KUBERNETES["v1", "Secret"],
    "required": ["apiVersion", "kind", "metadata", "stringData"],
    "properties": {
        **OF_KUBERNETES["v1", "Secret"]["properties"],
        "metadata": {
            **_OWN_METADATA,
            "properties": {
                **_OWN_METADATA["properties"],
                "labels": closed({"argocd.argoproj.io/secret-type": {"const": "repository"}}),
            },
            "required": ["name", "namespace", "labels"],
        },
        # Where to read, and nothing that opens it.
        "stringData": closed({"type": {"const": "git"}, "url": {**TEXT, "minLength": 1}}),
    },
}
CLUSTER = closed(
    {"target": closed({"environment": TEXT, "clusterType": TEXT, "cluster": TEXT, "server": TEXT})},
)
SETTINGS = closed({"configs": closed({"cm": TEXT_MAP, "params": TEXT_MAP})})
KUSTOMIZATION = closed(
    {
        "apiVersion": {"const": "kustomize.config.k8s.io/v1beta1"},
        "kind": {"const": "Kustomization"},
        "resources": some(TEXT),
        "patches": some(
            closed(
                {
                    "path": TEXT,
                    "target": closed(
                        {"group": TEXT, "version": TEXT, "kind": TEXT, "name": TEXT, "namespace": TEXT},
                        *("group", "namespace"),
                    ),
                }
            )
        ),
    },
    "patches",
)
_POINTER: Json = {**TEXT, "pattern": "^(/.*)?$"}
JSON_PATCH: Json = {
    "type": "array",
    "minItems": 1,
    "items": {
        "oneOf": [
            closed({"op": {"enum": ["add", "replace"]}, "path": _POINTER, "value": {}}),
            closed({"op": {"const": "remove"}, "path": _POINTER}),
        ]
    },
}
CHART = closed(
    {
        "apiVersion": {"enum": ["v1", "v2"]},
        "name": {**TEXT, "minLength": 1},
        "version": TEXT,
        **dict.fromkeys(("description", "type", "kubeVersion", "home", "icon"), TEXT),
        "appVersion": {"type": ["string", "number"]},
        "deprecated": {"type": "boolean"},
        "annotations": TEXT_MAP,
        "keywords": some(TEXT),
        "sources": some(TEXT),
        "maintainers": some(closed({"name": TEXT, "email": TEXT, "url": TEXT}, "email", "url")),
        "dependencies": some(
            closed(
                {
                    **dict.fromkeys(("name", "version", "repository", "condition", "alias"), TEXT),
                    "tags": some(TEXT),
                    "import-values": {"type": "array"},
                },
                *("repository", "condition", "alias", "tags", "import-values"),
            )
        ),
    },
    *("description", "type", "kubeVersion", "home", "icon", "appVersion", "deprecated", "annotations", "keywords"),
    *("sources", "maintainers", "dependencies"),
)
PLUGIN = closed(
    {
        "apiVersion": {"const": "argoproj.io/v1alpha1"},
        "kind": {"const": "ConfigManagementPlugin"},
        "metadata": closed({"name": {**TEXT, "pattern": _DNS}}),
        "spec": closed({"generate": closed({"command": some(TEXT), "args": some(TEXT)})}),
    }
)
_CONTAINER = closed(
    {
        "name": TEXT,
        "image": TEXT,
        "command": some(TEXT),
        "securityContext": closed({"runAsNonRoot": {"type": "boolean"}, "runAsUser": {"type": "integer"}}),
        "volumeMounts": some(closed({"mountPath": TEXT, "name": TEXT, "subPath": TEXT}, "subPath")),
    }
)
_VOLUME = closed(
    {"name": TEXT, "configMap": closed({"name": TEXT}), "emptyDir": {"const": {}}}, "configMap", "emptyDir"
)
SIDECAR = closed(
    {"spec": closed({"template": closed({"spec": closed({"containers": some(_CONTAINER), "volumes": some(_VOLUME)})})})}
)
VALUES: Json = {"type": "object"}

_BY_PATH: tuple[tuple[str, Json], ...] = (
    (r"environments/[^/]+/components/.+/component(\.disabled)?\.yaml", component_schema()),
    (r"config/clusters/[^/]+\.yaml", CLUSTER),
    (r"environments/[^/]+/argocd/repos/[^/]+\.yaml", REPOSITORY),
    (r"environments/[^/]+/argocd/ops/argocd-(cm|cmd-params-cm)\.yaml", OF_KUBERNETES["v1", "ConfigMap"]),
    (r"environments/[^/]+/argocd/ops/argocd-values\.yaml", SETTINGS),
    (r"environments/[^/]+/argocd/ops/helmfile-plugin\.yaml", OF_KUBERNETES["v1", "ConfigMap"]),
    (r"environments/[^/]+/argocd/ops/argocd-repo-server-patch\.yaml", SIDECAR),
    (r"environments/[^/]+/secrets/.+\.yaml", EXTERNAL_SECRET),
    (r"sources/charts/.+/Chart\.yaml", CHART),
    (r"sources/charts/.+/values\.yaml", VALUES),
    (r"sources/values/.+\.yaml", VALUES),
    (r"argocd/.+/kustomization\.yaml", KUSTOMIZATION),
    (r"argocd/[^/]+/[^/]+/envs(-disabled)?/[^/]+/patches/[^/]+\.yaml", JSON_PATCH),
)
_KINDS = {"apps": ("ApplicationSet", "Application"), "parent": ("Application",), "projects": ("AppProject",)}
_OBJECTS = re.compile(r"argocd/.+\.yaml|sources/charts/.+/(crds|manifests)/[^/]+\.yaml")
_NO_YAML = re.compile(r"sources/charts/.+/(templates/.+|[^/]*\.tpl|\.helmignore)|sources/helmfile/.+")
"""Templates; and the copy of the estate, which is held against the estate byte by byte."""


def tree_faults(tree: FileTree) -> list[str]:
    """``path: what is wrong`` for every YAML file of a tree; a file that no rule knows is a fault."""
    return [fault for path in tree.paths() if _is_yaml(path) for fault in file_faults(tree, path)]


def _is_yaml(path: str) -> bool:
    return path.endswith((".yaml", ".yml")) and not _NO_YAML.fullmatch(path)


def file_faults(tree: FileTree, path: str) -> list[str]:
    try:
        documents = [plain_value(node) for node in compose_yaml(tree.text(path))]
    except YamlError as error:
        return [f"{path}: {error}"]
    documents = [document for document in documents if document is not None]
    return [f"{path}: {text}" for text in _faults(tree, path, documents)]


def _faults(tree: FileTree, path: str, documents: list[Any]) -> Iterator[str]:
    schema = next((schema for pattern, schema in _BY_PATH if re.fullmatch(pattern, path)), None)
    kinds = re.fullmatch(r"environments/[^/]+/argocd/(apps|parent|projects)/[^/]+\.yaml", path)
    if schema is None and _OBJECTS.fullmatch(path):
        for document in documents:
            yield from object_faults(document)
        return
    if len(documents) != 1:
        yield f"it has {len(documents)} documents, and one is wanted"
        return
    (document,) = documents
    if kinds:
        wanted = _KINDS[kinds[1]]
        kind = document.get("kind") if isinstance(document, dict) else None
        yield from argocd_faults(document, kind) if kind in wanted else [f"its kind is {kind}, not {wanted}"]
    elif schema is None:
        yield "no schema is for this file"
    else:
        yield from schema_faults(document, schema)
        yield from _more(tree, path, document)


def _more(tree: FileTree, path: str, document: Any) -> Iterator[str]:
    """What a schema cannot say: files that are named are there, and what a ConfigMap holds is in order."""
    if path.endswith("/kustomization.yaml"):
        named = [*document.get("resources", ()), *(patch["path"] for patch in document.get("patches", ()))]
        for name in named:
            place = posixpath.normpath(f"{posixpath.dirname(path)}/{name}")
            if place not in tree.files and f"{place}/kustomization.yaml" not in tree.files:
                yield f"it names {name}, which is not there"
    if path.endswith("/helmfile-plugin.yaml"):
        (manifest,) = [plain_value(node) for node in compose_yaml(document.get("data", {}).get("plugin.yaml", ""))]
        yield from (f"plugin.yaml: {text}" for text in schema_faults(manifest, PLUGIN))
    if re.match(r"environments/[^/]+/components/", path):
        for entry in document.get("fileParameters", ()):
            if "{" not in entry["path"] and entry["path"].lstrip("/") not in tree.files:
                yield f"it names {entry['path']}, which is not there"


def object_faults(document: Any) -> Iterator[str]:
    """An object as Kubernetes takes it: strict where the kind is one of ours, else what every object has."""
    if not isinstance(document, dict):
        yield "it is no object"
        return
    kind = (str(document.get("apiVersion")), str(document.get("kind")))
    yield from schema_faults(document, OF_KUBERNETES.get(kind, ANY_OBJECT))
    if kind == ("v1", "Secret"):
        for name, value in document.get("data", {}).items():
            try:
                base64.b64decode(str(value), validate=True)
            except binascii.Error:
                yield f"data.{name}: it is not base64"


def argocd_faults(document: Json, kind: str) -> Iterator[str]:
    """An object of Argo CD against its resource definition, closed, and without what is newer than trees may be."""
    yield from schema_faults(document, {**ARGOCD, "$ref": f"#/$defs/{kind}"})
    yield from (f"metadata: {text}" for text in schema_faults(document.get("metadata"), _OWN_METADATA))
    yield from (f"Argo CD 3.3 has no {name}" for name in sorted(_keys(document) & NEWER))


def _keys(value: Any) -> set[str]:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    found = {key for item in inner for key in _keys(item)}
    return found | set(value) if isinstance(value, dict) else found


def schema_faults(value: Any, schema: Json) -> Iterator[str]:
    for error in sorted(_validator(json.dumps(schema)).iter_errors(value), key=lambda one: list(map(str, one.path))):
        yield f"{error.json_path}: {error.message}"


@cache
def _validator(schema: str) -> Draft202012Validator:
    Draft202012Validator.check_schema(json.loads(schema))
    return Draft202012Validator(json.loads(schema))
