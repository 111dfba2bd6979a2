"""One ApplicationSet becomes Applications: decode, generate, render, patch, normalise, check, count steps."""

from __future__ import annotations

import copy
from collections import Counter
from typing import Any

from migrate.expand.context import Generation, Surroundings
from migrate.expand.errors import GenerationError
from migrate.expand.fields import APPLICATION_SET, TEMPLATE
from migrate.expand.generators import generate_sets
from migrate.expand.normalise import normalised
from migrate.expand.params import Params
from migrate.expand.patch import apply_patch, decode_application
from migrate.expand.rolling import rolling_step, rolling_steps, rolling_sync
from migrate.expand.schema import DecodeError, MapOf, Node, Struct, decode, missing_fields
from migrate.expand.text import FlatSubstitution, GoSubstitution, substitute
from migrate.expand.validate import withheld
from migrate.model.application import Expansion, ExpansionError, GeneratedApplication
from migrate.model.json import JsonObject, JsonValue

FINALIZER = "resources-finalizer.argocd.argoproj.io"
_POLICIES = ("", "sync", "create-only", "create-update", "create-delete")


def expand_one(document: JsonValue, surroundings: Surroundings, environment: str = "") -> Expansion:
    """The Applications of one ApplicationSet document, by name; an error of the whole yields none (rule 1.3)."""
    name = _name(document)
    try:
        appset = _decoded(document)
        applications = _generate(appset, surroundings)
    except GenerationError as error:
        return Expansion((), (ExpansionError("", str(error), environment, name),))
    spec: Any = appset["spec"]
    refused = withheld(applications, name, surroundings)
    errors = tuple(ExpansionError(which, why, environment, name) for which, why in refused)
    out = {which for which, _ in refused}
    steps = rolling_steps(spec)
    kept = [one for one in applications if _application_name(one) not in out]
    generated = (
        GeneratedApplication(environment, name, _application_name(one), one, rolling_step(one, steps)) for one in kept
    )
    rolling = rolling_sync(environment, name, kept, spec)
    return Expansion(tuple(sorted(generated, key=lambda one: one.name)), errors, rolling)


def _name(document: JsonValue) -> str:
    metadata = document.get("metadata") if isinstance(document, dict) else None
    name = metadata.get("name") if isinstance(metadata, dict) else None
    return str(name or "")


def _application_name(manifest: JsonObject) -> str:
    return _name(manifest)


def _decoded(document: JsonValue) -> JsonObject:
    """The ApplicationSet as the API server stores it: unknown fields gone, wrong types and absent fields refused."""
    try:
        appset: Any = decode(document, APPLICATION_SET)
    except DecodeError as error:
        raise GenerationError(f"rejected by the API server: {error}") from error
    lacking = list(missing_fields(document, APPLICATION_SET))
    if lacking:
        raise GenerationError(f"rejected by the API server: {', '.join(lacking)}: Required value")
    policy = appset["spec"].get("syncPolicy", {}).get("applicationsSync", "")
    if policy not in _POLICIES:
        raise GenerationError(
            f"rejected by the API server: spec.syncPolicy.applicationsSync: Unsupported value: {policy!r}"
        )
    return appset  # type: ignore[no-any-return]


def _generate(appset: JsonObject, surroundings: Surroundings) -> list[JsonObject]:
    spec: Any = appset["spec"]
    template: JsonObject = spec.get("template", {})
    substitution = (
        GoSubstitution(tuple(spec.get("goTemplateOptions", ()))) if spec.get("goTemplate") else FlatSubstitution()
    )
    project = str(spec.get("template", {}).get("spec", {}).get("project", ""))
    generation = Generation(surroundings, substitution, project)
    found = []
    for generator in spec.get("generators", []):
        for params, own_template in generate_sets(generator, generation):
            merged = merged_template(own_template, template, TEMPLATE)
            try:
                found.append(_application(merged, params, appset, generation))
            except GenerationError as error:
                raise GenerationError(f"{error}{_origin(params)}") from error
    return found


def _origin(params: Params) -> str:
    """Which file the parameters came from, where a git generator made them; else the name they bring."""
    path = params.get("path", {})
    if isinstance(path, str):
        folder, filename = path, params.get("path.filename", "")
    else:
        folder, filename = (path.get("path", ""), path.get("filename", "")) if isinstance(path, dict) else ("", "")
    if folder and filename:
        return f" (parameters of {folder}/{filename})"
    name = params.get("name")
    return f" (parameters with the name {name})" if isinstance(name, str) and name else ""


def merged_template(own: Any, shared: Any, node: Node) -> Any:
    """A generator's template over the shared one: its fields win where they say something (rule 1.37)."""
    if isinstance(node, (Struct, MapOf)) and isinstance(own, dict) and isinstance(shared, dict):
        merged = dict(shared)
        for key, value in own.items():
            field = node.item if isinstance(node, MapOf) else node.fields[key]
            if key not in shared:
                merged[key] = value
            elif value not in ("", [], {}):
                merged[key] = merged_template(value, shared[key], field)
        return merged
    return own


def _application(template: JsonObject, params: Params, appset: JsonObject, generation: Generation) -> JsonObject:
    spec: Any = appset["spec"]
    application = decode_application(_rendered(template, params, generation))
    metadata: Any = application["metadata"]
    owner: Any = appset["metadata"]
    namespace = owner.get("namespace")
    metadata.pop("namespace", None)
    if namespace:
        metadata["namespace"] = namespace
    preserved = spec.get("syncPolicy", {}).get("preserveResourcesOnDeletion")
    if params and not preserved and not metadata.get("finalizers"):
        metadata["finalizers"] = [FINALIZER]
    patch = spec.get("templatePatch")
    if patch:
        application = apply_patch(application, generation.substitution.render(patch, params))
    return normalised(application)


def _rendered(template: JsonObject, params: Params, generation: Generation) -> JsonObject:
    """Every text and mapping key filled in; an empty parameter set leaves the template as it stands (rule 1.24)."""
    if not params:
        return copy.deepcopy(template)
    filled: Any = _substituted(template, TEMPLATE, params, generation)
    return filled  # type: ignore[no-any-return]


def _substituted(value: Any, node: Node, params: Params, generation: Generation) -> Any:
    """Field names of a struct are no texts; keys of mappings are."""
    if isinstance(node, Struct):
        return {key: _substituted(item, node.fields[key], params, generation) for key, item in value.items()}
    return substitute(value, lambda text: generation.substitution.render(text, params))


def duplicate_names(applications: tuple[GeneratedApplication, ...]) -> tuple[str, ...]:
    """Names that more than one Application of the same environment has, sorted."""
    counted = Counter(one.name for one in applications)
    return tuple(sorted(name for name, count in counted.items() if count > 1))
