"""The generators that make or join parameter sets: list, clusters, matrix, merge, and the choice between them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from migrate.doors.appset_template import floats, normalize, plain_data, text_map
from migrate.expand.context import LOCAL_NAME, LOCAL_SERVER, Cluster, Generation
from migrate.expand.documents import DocumentError, load_document
from migrate.expand.errors import GenerationError
from migrate.expand.git_generator import generate_from_git
from migrate.expand.params import Params, Written, joined_flat, laid_over, lay_into, with_values
from migrate.expand.selector import check_cluster_selector, filter_params, labels_match
from migrate.expand.text import GoSubstitution, substitute
from migrate.model.json import JsonObject

_Generate = Callable[[Any, Generation], list[Params]]


def generate_sets(generator: JsonObject, generation: Generation) -> list[tuple[Params, JsonObject]]:
    """Every parameter set of a top-level entry, with the template that its generator brings (rules 1.1 and 1.2).

    Raises:
        GenerationError: any generator in it fails.
    """
    found: list[tuple[Params, JsonObject]] = []
    for kind in _kinds(generator):
        spec: Any = generator[kind]
        sets = _filtered(_GENERATORS[kind](spec, generation), generator, generation)
        found += [(params, spec.get("template", {})) for params in sets]
    return found


def _kinds(generator: JsonObject) -> list[str]:
    return [kind for kind in _GENERATORS if generator.get(kind) is not None]


def _filtered(sets: list[Params], generator: JsonObject, generation: Generation) -> list[Params]:
    selector: Any = generator.get("selector")
    return filter_params(sets, selector, open_text_maps=generation.open_text_maps)


def _child_sets(child: JsonObject, generation: Generation) -> list[Params]:
    """A child of matrix or merge: exactly one kind of generator."""
    kinds = _kinds(child)
    if len(kinds) > 1:
        raise GenerationError("found more than one generator in a child of a matrix or merge generator")
    if not kinds:
        raise GenerationError("a child of a matrix or merge generator names no generator that is known there")
    return _filtered(_GENERATORS[kinds[0]](child[kinds[0]], generation), child, generation)


def _from_list(spec: JsonObject, generation: Generation) -> list[Params]:
    elements: list[Any] = list(spec.get("elements", []))  # type: ignore[arg-type]
    if not generation.substitution.go_template:
        sets = [_flat_element(element) for element in elements]
    else:
        sets = [_element(element) for element in elements]
    text = spec.get("elementsYaml")
    if isinstance(text, str) and text:
        more = [_element(element, "elementsYaml") for element in _elements_of(text)]
        sets += more if generation.substitution.go_template else [_flat_element(element) for element in more]
    return sets


def _element(element: Any, place: str = "list element") -> Params:
    if not isinstance(element, dict):
        raise GenerationError(f"error unmarshling {place}: {json.dumps(element)} is no mapping")
    mapping: Params = floats(element)
    return mapping


def _elements_of(text: str) -> list[Any]:
    try:
        value = load_document(text)
    except DocumentError as error:
        raise GenerationError(f"error unmarshling elementsYaml: {error}") from error
    if value is None:
        return []
    if not isinstance(value, list):
        raise GenerationError("error unmarshling elementsYaml: it holds no list")
    return value


def _flat_element(element: Any) -> Params:
    """Flat mode takes text alone, and a mapping of texts under ``values`` (rule 1.23)."""
    params: Params = {}
    for key, value in _element(element).items():
        if key == "values":
            if not isinstance(value, dict):
                raise GenerationError("error parsing values map")
            entries = {f"values.{name}": text for name, text in value.items()}
        else:
            entries = {key: value}
        for name, text in entries.items():
            if not isinstance(text, str):
                raise GenerationError(f"error parsing value as string: {name} is {json.dumps(text)}")
            params[name] = text
    return params


def _from_clusters(spec: JsonObject, generation: Generation) -> list[Params]:
    selector: Any = spec.get("selector") or {}
    check_cluster_selector(selector)
    known = {cluster.name: cluster for cluster in generation.surroundings.clusters or ()}
    chosen = [known[name] for name in sorted(known) if labels_match(selector, _labels(known[name]))]
    values: Any = spec.get("values", {})
    sets = [_cluster_params(cluster, generation) for cluster in chosen]
    any_local = any(cluster.server == LOCAL_SERVER for cluster in known.values())
    if not any(selector.values()) and not any_local:
        sets.append(_local_params())
    sets = [with_values(params, values, generation.substitution) for params in sets]
    return [{"clusters": sets}] if spec.get("flatList") else sets


def _labels(cluster: Cluster) -> Mapping[str, str]:
    return {"argocd.argoproj.io/secret-type": "cluster", **cluster.labels}


def _local_params() -> Params:
    return {"name": LOCAL_NAME, "nameNormalized": LOCAL_NAME, "server": LOCAL_SERVER, "project": ""}


def _cluster_params(cluster: Cluster, generation: Generation) -> Params:
    params: Params = {
        "name": cluster.name,
        "nameNormalized": normalize(cluster.name),
        "server": cluster.server,
        "project": cluster.project,
    }
    metadata = {"labels": _labels(cluster), "annotations": cluster.annotations}
    if not generation.substitution.go_template:
        return params | {f"metadata.{kind}.{key}": text for kind, of in metadata.items() for key, text in of.items()}
    return params | {"metadata": {kind: text_map(entries) for kind, entries in metadata.items() if entries}}


def _from_matrix(spec: JsonObject, generation: Generation) -> list[Params]:
    children: list[Any] = list(spec.get("generators", []))  # type: ignore[arg-type]
    if len(children) < 2:
        raise GenerationError("found less than two generators, Matrix requires two")
    if len(children) > 2:
        raise GenerationError("found more than two generators, Matrix support only two")
    joined: list[Params] = []
    for first in _child_sets(children[0], generation):
        for second in _child_sets(_filled_in(children[1], first, generation), generation):
            if generation.substitution.go_template:
                joined.append(laid_over(second, first))
            else:
                joined.append(joined_flat(first, second))
    return joined


def _filled_in(child: JsonObject, params: Params, generation: Generation) -> JsonObject:
    """The second child with the first one's parameters in every text but its own selector (rules 1.28 and 1.31)."""

    def render(text: str) -> str:
        return generation.substitution.render(text, params)

    filled: JsonObject = {}
    for kind, spec in child.items():
        if not isinstance(spec, dict):
            continue
        if kind == "selector":
            filled[kind] = spec
            continue
        substitute(spec.get("template"), render)  # ignored afterwards, but a key that it lacks has failed by then
        rest = {key: value for key, value in spec.items() if key not in ("template", "values")}
        child_spec: dict[str, Any] = substitute(rest, render)
        values: Any = spec.get("values")
        if values:
            child_spec["values"] = _parent_values(values, params, generation)
        filled[kind] = child_spec
    return filled


def _parent_values(values: dict[str, str], params: Params, generation: Generation) -> dict[str, str]:
    if not generation.substitution.go_template or not generation.surroundings.at_least("3.5"):
        return {key: generation.substitution.render(text, params) for key, text in values.items()}
    strict = GoSubstitution(("missingkey=error",))
    return {key: _rendered_or_kept(text, params, strict) for key, text in values.items()}


def _rendered_or_kept(text: str, params: Params, strict: GoSubstitution) -> str:
    try:
        return strict.render(text, params)
    except GenerationError:
        return text


def _from_merge(spec: JsonObject, generation: Generation) -> list[Params]:
    children: list[Any] = list(spec.get("generators", []))  # type: ignore[arg-type]
    keys: list[Any] = list(spec.get("mergeKeys", []))  # type: ignore[arg-type]
    if len(children) < 2:
        raise GenerationError("found less than two generators, Merge requires two or more")
    if not keys:
        raise GenerationError("no merge keys were specified, Merge requires at least one")
    merged = _by_keys(_child_sets(children[0], generation), keys)
    for child in children[1:]:
        written: Written = {}
        for identity, params in _by_keys(_child_sets(child, generation), keys).items():
            if identity not in merged:
                continue
            if generation.substitution.go_template:
                lay_into(merged[identity], params, written)
            else:
                merged[identity].update(params)
    return list(merged.values())


def _by_keys(sets: list[Params], keys: list[str]) -> dict[str, Params]:
    found: dict[str, Params] = {}
    for params in sets:
        identity = json.dumps({key: plain_data(params.get(key)) for key in sorted(set(keys))}, sort_keys=True)
        if identity in found:
            raise GenerationError(
                f"the parameters from a generator were not unique by the given mergeKeys. Duplicate key was {identity}"
            )
        found[identity] = params
    return found


def _not_offline(kind: str) -> _Generate:
    def refuse(_spec: Any, _generation: Generation) -> list[Params]:
        raise GenerationError(f"the {kind} generator asks a server and cannot be expanded offline")

    return refuse


# In the controller's own order (rule 1.1).
_GENERATORS: dict[str, _Generate] = {
    "list": _from_list,
    "clusters": _from_clusters,
    "git": generate_from_git,
    "scmProvider": _not_offline("scmProvider"),
    "clusterDecisionResource": _not_offline("clusterDecisionResource"),
    "pullRequest": _not_offline("pullRequest"),
    "matrix": _from_matrix,
    "merge": _from_merge,
    "plugin": _not_offline("plugin"),
}
