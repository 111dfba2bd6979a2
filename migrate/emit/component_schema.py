"""The JSON Schema of component.yaml, for editors and pipelines; docs/reference holds a copy, no tree does.

Every key is required: the ApplicationSet reads with ``missingkey=error``, and what a person takes out stops it.
"""

from __future__ import annotations

from migrate.model.json import JsonObject, JsonValue

_LABEL = r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?"
_LABEL_VALUE = r"([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?"
_RELEASE = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*"


def component_schema() -> JsonObject:
    """The schema as plain data (draft 2020-12); it holds for component.disabled.yaml, too."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "component.yaml",
        "description": "One component: all that the ApplicationSet's template reads. Numbers and versions are quoted.",
        **_closed(
            {
                "name": _text("The Application's name.", _LABEL),
                "project": _text("Its AppProject.", _LABEL),
                "tier": _text("A label to select by.", _LABEL_VALUE),
                "domain": _text("A label: what it belongs to.", _LABEL_VALUE),
                "componentType": _text("A label: what it is.", _LABEL_VALUE),
                "rolloutPhase": _text("Three digits, quoted; the step that syncs it.", "[0-9]{3}"),
                "wave": _text("A whole number, quoted; a label, no annotation.", "[0-9]+"),
                "namespace": _text("Where it goes.", _LABEL),
                "releaseName": {**_text("What Helm calls the release.", _RELEASE), "maxLength": 53},
                "chart": _chart(),
                "valueFiles": _list(_text("A path from the root of the repository; later ones win.", ".+")),
                "parameters": _list(_parameter()),
                "fileParameters": _list(_closed({"name": _text("", ".+"), "path": _text("", ".+")})),
                "syncOptions": _list(_text("For example ServerSideApply=true.", "[A-Za-z]+=.+")),
                "ignoreDifferences": _list(_ignored()),
                "source": _closed(
                    {
                        "helmfile": _text("File and line that it was made from.", ".+"),
                        "release": _text("The release: [kubeContext/]namespace/name.", ".+"),
                    }
                ),
                "cluster": _text("Its cluster in Argo CD; empty where config/clusters says it (layout shared)."),
                "skipTests": {"type": "boolean"},
                "skipSchemaValidation": {"type": "boolean"},
                "kubeVersion": _text("Quoted; empty: the cluster's own."),
                "handover": {"enum": ["manual", "done"]},
            }
        ),
    }


def _chart() -> JsonObject:
    return _closed(
        {
            "path": _text("Its folder in this repository."),
            "repoURL": _text("A chart repository, where it comes from there."),
            "name": _text("The chart's name in that repository."),
            "version": _text("Quoted: a bare 1.10 would be 1.1."),
            "skipCrds": {"type": "boolean"},
        }
    )


def _parameter() -> JsonObject:
    return _closed(
        {
            "name": _text("As for helm --set.", ".+"),
            "value": _text("Quoted; `$$` is one `$`."),
            "forceString": {"type": "boolean"},
        }
    )


def _ignored() -> JsonObject:
    texts = _list(_text(""))
    known: JsonObject = {key: _text("") for key in ("group", "kind", "name", "namespace")}
    known |= dict.fromkeys(("jsonPointers", "jqPathExpressions", "managedFieldsManagers"), texts)
    return {**_closed(known), "required": ["kind"]}


def _text(description: str, pattern: str = "") -> JsonObject:
    found: JsonObject = {"type": "string"}
    if pattern:
        found["pattern"] = f"^({pattern})$"
    return {**found, "description": description} if description else found


def _list(item: JsonObject) -> JsonObject:
    return {"type": "array", "items": item}


def _closed(properties: JsonObject) -> JsonObject:
    required: list[JsonValue] = list(properties)
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}
