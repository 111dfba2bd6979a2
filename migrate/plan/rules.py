"""The rules that give a release its component type, domain, tier and project; each says why.

A field's rules are tried in order, and the first that answers decides. All of them see the same evidence.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from migrate.model.graph import ReleaseNode
from migrate.plan import vocabulary as words


@dataclass(frozen=True)
class Evidence:
    """What is known of a release when its place is proposed."""

    name: str
    namespace: str
    layer: str
    chart: str
    """The last part of the chart's name, without a version: ``kube-prometheus-stack``."""
    node: ReleaseNode
    labels: Mapping[str, str] = field(default_factory=dict)
    chart_as_written: str = ""
    layer_tells: bool = True
    """False for a layer that holds most of a big estate: its name says nothing of any one release."""
    same_group: tuple[str, ...] = ()
    """Releases it waits for that render other custom resources of the same API group."""
    component_type: str = ""
    domain: str = ""
    """Both empty until their rules have run."""

    @property
    def kinds(self) -> frozenset[str]:
        """What it renders."""
        return frozenset(self.node.kinds)


@dataclass(frozen=True)
class Answer:
    """What a rule proposes; ``doubtful`` where it is only a guess that a person should look at."""

    value: str
    reason: str
    doubtful: bool = False


Rule = Callable[[Evidence], Answer | None]


def first_answer(rules: Iterable[Rule], evidence: Evidence) -> Answer:
    """The answer of the first rule that has one.

    Raises:
        LookupError: none has; the last rule of every field always answers.
    """
    for rule in rules:
        if (answer := rule(evidence)) is not None:
            return answer
    raise LookupError(evidence.name)


def _listed(kinds: Iterable[str]) -> str:
    """Up to three kinds, without their groups."""
    names = sorted({kind.split(".")[0] for kind in kinds})
    return ", ".join(names[:3]) + (" …" if len(names) > 3 else "")


# Component type


def _smoke(e: Evidence) -> Answer | None:
    if e.node.tests_only:
        return Answer("smoke", "it holds nothing but Helm tests")
    tokens = e.name.split("-")
    if ("smoke" in tokens or "e2e" in tokens) and not e.kinds & words.WORKLOADS:
        return Answer("smoke", "its name says so, and it runs no workload")
    return None


def _unrendered(e: Evidence) -> Answer | None:
    """The words of its name and chart tell all there is; where they tell nothing, it is a guess."""
    if e.kinds:
        return None
    name, chart = e.name.lower(), e.chart.lower()
    for text, what in ((name, "name"), (chart, "chart")):
        for endings, value in words.TYPES_BY_ENDING:
            if ending := next((end for end in endings if text == end or text.endswith(f"-{end}")), ""):
                # Services are called app-config and user-jobs, too.
                doubtful = value in ("config", "post-runtime")
                return Answer(value, f"it renders nothing here; its {what} {text} ends in {ending}", doubtful)
    for text in (chart, name):
        for software, value in words.TYPES_BY_SOFTWARE:
            if text in software:
                return Answer(value, f"it renders nothing here; {text} is known to be one")
    if chart in words.CHARTS_OF_ANYTHING:
        return Answer("config", f"it renders nothing here; chart {chart} holds whatever objects it is given", True)
    return Answer("runtime", "it renders nothing here; most releases are workloads", doubtful=True)


def _namespaces(e: Evidence) -> Answer | None:
    if "Namespace" in e.kinds and e.kinds <= words.NAMESPACE_KINDS | words.PASSIVE | {"Namespace"}:
        return Answer("namespaces", "it renders Namespaces and nothing that runs in them")
    return None


def _crds(e: Evidence) -> Answer | None:
    if e.node.crds and e.kinds <= words.PASSIVE | {words.CRD}:
        return Answer("crds", "it renders nothing but CustomResourceDefinitions")
    return None


def _operator(e: Evidence) -> Answer | None:
    if not e.kinds & words.WORKLOADS:
        return None
    if e.node.crds:
        return Answer("operator", f"it runs a controller and ships the definitions of {_listed(e.node.crds)}")
    own = sorted(k for k in e.kinds if becomes_workload(k) and k.partition(".")[2] in e.node.controls)
    if own:
        return Answer("runtime", f"it brings {_listed(own)} together with its controller")
    if e.node.controls:
        return Answer(
            "operator", f"its roles write the status of {', '.join(e.node.controls[:3])}: it is their controller"
        )
    # A server that keeps state may bring a webhook (an injector) and is a server all the same.
    if e.kinds & words.WEBHOOKS and "StatefulSet.apps" not in e.kinds:
        return Answer("operator", "it runs an admission webhook")
    return None


def _workload(e: Evidence) -> Answer | None:
    found = e.kinds & words.WORKLOADS
    return Answer("runtime", f"it renders {_listed(found)}") if found else None


def _job(e: Evidence) -> Answer | None:
    if words.JOB not in e.kinds:
        return None
    how = "as Helm hooks" if e.node.hooks_only else "and no lasting workload"
    return Answer("post-runtime", f"it renders Jobs {how}: they talk to what already runs")


def _custom_resource(e: Evidence) -> Answer | None:
    found = sorted(kind for kind in e.kinds if becomes_workload(kind))
    if not found:
        return None
    if all(kind.split(".")[0].endswith(words.CONTENT_ENDINGS) for kind in found):
        return Answer("post-runtime", f"{_listed(found)} is content of a server that must already run")
    if e.same_group:
        return Answer("post-runtime", f"{_listed(found)} belongs to what {e.same_group[0]} runs")
    return Answer("runtime", f"{_listed(found)} becomes a workload")


def becomes_workload(kind: str) -> bool:
    """Whether a custom resource of this kind is turned into workloads, or lives in one, by its controller."""
    name, _, group = kind.partition(".")
    if kind in words.WORKLOAD_KINDS_OF_CONFIG_GROUPS:
        return True
    if "." not in group or group.endswith(".k8s.io") or group in words.SECRET_GROUPS:
        return False
    return group not in words.CONFIG_GROUPS and bool(name)


def _secrets(e: Evidence) -> Answer | None:
    found = {k for k in e.kinds if k == "Secret" or k.partition(".")[2] in words.SECRET_GROUPS}
    if found and e.kinds - found <= words.PASSIVE | {"ConfigMap"}:
        return Answer("secrets", f"it renders {_listed(found)} and nothing that runs")
    return None


def _config(e: Evidence) -> Answer | None:
    return Answer("config", f"it renders {_listed(e.kinds)} and nothing that runs")


TYPE_RULES: tuple[Rule, ...] = (
    _smoke,
    _unrendered,
    _namespaces,
    _crds,
    _operator,
    _workload,
    _custom_resource,
    _job,
    _secrets,
    _config,
)


# Domain


@functools.lru_cache(maxsize=4096)
def layer_words(name: str) -> tuple[str, str, str] | None:
    """``(words, domain, folder)`` of the first known words in a layer's or namespace's name."""
    padded = f"-{re.sub(r'[^a-z0-9]+', '-', name.lower())}-"
    return next((entry for entry in words.LAYER_WORDS if f"-{entry[0]}-" in padded), None)


def known_software(e: Evidence) -> tuple[str, str, str] | None:
    """``(software, domain, what says so)``: the beginning of the release's name, else of its chart's, else the name's
    end."""
    layer = layer_words(e.layer)
    beyond = layer is not None and layer[1] == "data-ext"
    name, chart = e.name.lower(), e.chart.lower()
    # A store for something is a store: grafana-postgresql.
    for text, what in ((name, "its name"), (chart, f"chart {chart}")):
        if found := _STORE_AT_END.search(text):
            return found[1], "data", what
    for text, what in ((name, "its name"), (chart, f"chart {chart}")):
        for domain, starts, _ in _SOFTWARE:
            if found := starts.match(text):
                return found[0], ("data-ext" if beyond and found[0] in words.OTHER_STORES else domain), what
    for domain, _, ends in _SOFTWARE:
        if found := ends.search(name):
            return found[1], domain, "its name"
    return None


def _either(names: tuple[str, ...]) -> str:
    """A pattern for any of the names, the longest that fits."""
    return "|".join(re.escape(name) for name in sorted(names, key=lambda name: (-len(name), name)))


_SOFTWARE = tuple(
    (domain, re.compile(f"(?:{_either(names)})(?![a-z])"), re.compile(f"-({_either(names)})$"))
    for domain, names in words.SOFTWARE
)
"""Domain, whole words at a name's beginning, whole words at its end."""
_STORE_AT_END = re.compile(f"-({_either(words.STORE_WORDS)})$")


def _domain_of_namespaces(e: Evidence) -> Answer | None:
    if e.component_type == "namespaces":
        return Answer("foundation", "everything else lives in namespaces")
    return None


def _domain_by_end_layer(e: Evidence) -> Answer | None:
    """Layers of applications and of observability keep what they bring, whatever software it is, but for operators and
    definitions that others may need."""
    found = layer_words(e.layer) if e.layer_tells else None
    if e.component_type in ("crds", "operator") and known_software(e):
        return None
    if found and found[1] in ("apps", "observability"):
        return Answer(found[1], f"layer {e.layer} says {found[0]}")
    return None


def _domain_of_bounds(e: Evidence) -> Answer | None:
    """What bounds a namespace (network policies, quotas, roles) must stand before anything that lives there."""
    if e.component_type != "config":
        return None
    if e.kinds:
        bounds = e.kinds & words.NAMESPACE_KINDS and e.kinds <= words.NAMESPACE_KINDS | words.PASSIVE
        return Answer("foundation", f"{_listed(e.kinds)} bound what comes after them") if bounds else None
    name = e.name.lower()
    found = next((end for end in words.BOUNDS_BY_ENDING if name == end or name.endswith(f"-{end}")), "")
    return Answer("foundation", f"its name ends in {found}: it bounds what comes after it") if found else None


def _domain_by_software(e: Evidence) -> Answer | None:
    found = known_software(e) if e.component_type in ("crds", "operator", "runtime", "post-runtime") else None
    return Answer(found[1], f"{found[2]} says {found[0]}, which belongs to {found[1]}") if found else None


def _domain_by_layer(e: Evidence) -> Answer | None:
    found = layer_words(e.layer) if e.layer_tells else None
    return Answer(found[1], f"layer {e.layer} says {found[0]}") if found else None


def _domain_of_policies(e: Evidence) -> Answer | None:
    """Rules that admission holds everything else to come up with the control plane, whatever namespace they are for."""
    found = [kind for kind in e.kinds if kind.partition(".")[2].endswith(words.POLICY_GROUPS)]
    if e.component_type != "config" or not found:
        return None
    return Answer("platform", f"{_listed(found)} bind what comes after them")


def _domain_by_any_software(e: Evidence) -> Answer | None:
    """What goes with known software: its secrets, its settings."""
    found = known_software(e)
    return Answer(found[1], f"{found[2]} says {found[0]}, which belongs to {found[1]}") if found else None


def _domain_by_namespace(e: Evidence) -> Answer | None:
    if e.namespace in words.SYSTEM_NAMESPACES:
        return Answer("foundation", f"it lives in {e.namespace}")
    found = layer_words(e.namespace)
    if found and (found[0] not in words.WEAK_WORDS or found[0] == e.namespace):
        return Answer(found[1], f"namespace {e.namespace} says {found[0]}")
    software = known_software(replace(e, name=e.namespace, chart=""))
    if software:
        return Answer(software[1], f"namespace {e.namespace} says {software[0]}, which belongs to {software[1]}")
    return None


def _domain_by_label(e: Evidence) -> Answer | None:
    """A label's value that names a layer; ``tier`` has words of its own."""
    tier = e.labels.get("tier", "")
    if domain := words.DOMAIN_OF_TIER.get(tier):
        return Answer(domain, f"its label tier says {tier}", doubtful=True)
    for key in words.TELLING_LABELS:
        if found := layer_words(e.labels.get(key, "")):
            return Answer(found[1], f"its label {key}={e.labels[key]} says {found[0]}")
    return None


def _domain_by_type(e: Evidence) -> Answer | None:
    domain = {"crds": "foundation", "operator": "platform", "secrets": "foundation", "config": "foundation"}.get(
        e.component_type, "apps"
    )
    return Answer(domain, f"nothing but its type ({e.component_type}) tells", doubtful=True)


DOMAIN_RULES: tuple[Rule, ...] = (
    _domain_of_namespaces,
    _domain_by_end_layer,
    _domain_of_bounds,
    _domain_by_software,
    _domain_by_layer,
    _domain_of_policies,
    _domain_by_any_software,
    _domain_by_namespace,
    _domain_by_label,
    _domain_by_type,
)


# Tier


def _tier_of_infrastructure(e: Evidence) -> Answer | None:
    if e.component_type in ("crds", "operator"):
        return Answer("infra", f"{e.component_type} serves the whole cluster")
    return None


def is_identity(e: Evidence) -> bool:
    """Whether people or services sign in through it."""
    found = known_software(e)
    return e.domain == "platform" and found is not None and found[0] in words.IDENTITY_SOFTWARE


def _tier_by_domain(e: Evidence) -> Answer | None:
    layer = layer_words(e.layer)
    folder = layer[2] if layer else ""
    if e.domain == "apps":
        if folder == "qa":
            return Answer("qa", f"layer {e.layer} tests the whole")
        return Answer("apps", "it is a product")
    if e.domain == "platform":
        if folder == "auth" or is_identity(e):
            return Answer("platform", "others sign in through it")
        return Answer("infra", "the control plane of the platform")
    tier = {"data": "data", "data-ext": "data", "observability": "platform"}.get(e.domain, "infra")
    return Answer(tier, f"domain {e.domain}")


TIER_RULES: tuple[Rule, ...] = (_tier_of_infrastructure, _tier_by_domain)


# Project


def _project_of_infrastructure(e: Evidence) -> Answer | None:
    if e.component_type in ("crds", "operator", "namespaces"):
        return Answer("platform", f"{e.component_type} needs cluster-scoped kinds")
    return None


def _project_by_scope(e: Evidence) -> Answer | None:
    if e.domain in ("data", "data-ext", "apps") and e.node.cluster_scoped:
        return Answer("platform", f"it renders the cluster-scoped {_listed(e.node.cluster_scoped)}")
    return None


def _project_by_domain(e: Evidence) -> Answer | None:
    project = {"data": "data-services", "data-ext": "data-services", "apps": "apps"}.get(e.domain, "platform")
    return Answer(project, f"domain {e.domain}")


PROJECT_RULES: tuple[Rule, ...] = (_project_of_infrastructure, _project_by_scope, _project_by_domain)
