"""The rules that give a release its component type, domain, tier and project; each says why.

A field's rules are tried in order, and the first that answers decides. All of them see the same evidence.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

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
    tier_label: str
    node: ReleaseNode
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
    if e.kinds:
        return None
    for ending, value in (("-crds", "crds"), ("-operator", "operator"), ("-secrets", "secrets"), ("-config", "config")):
        if e.name.endswith(ending):
            return Answer(value, f"it renders nothing here; its name ends in {ending}", doubtful=True)
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


def layer_words(name: str) -> tuple[str, str, str] | None:
    """``(words, domain, folder)`` of the first known words in a layer's or namespace's name."""
    padded = f"-{name.replace('_', '-').replace('.', '-').lower()}-"
    return next((entry for entry in words.LAYER_WORDS if f"-{entry[0]}-" in padded), None)


def known_software(e: Evidence) -> tuple[str, str] | None:
    """``(software, domain)`` by the beginning of the release's name, else of its chart's name."""
    layer = layer_words(e.layer)
    beyond = layer is not None and layer[1] == "data-ext"
    tables = (
        (words.DATA_TOOLS, "data-ext"),
        (words.BASE_STORES, "data"),
        (words.OTHER_STORES, "data-ext" if beyond else "data"),
        (words.FOUNDATION_SOFTWARE, "foundation"),
        (words.PLATFORM_SOFTWARE, "platform"),
        (words.OBSERVABILITY_SOFTWARE, "observability"),
    )
    for text in (e.name, e.chart):
        for table, domain in tables:
            if found := next((software for software in table if text.lower().startswith(software)), ""):
                return found.rstrip("-"), domain
    return None


def _domain_of_namespaces(e: Evidence) -> Answer | None:
    if e.component_type == "namespaces":
        return Answer("foundation", "everything else lives in namespaces")
    return None


def _domain_by_end_layer(e: Evidence) -> Answer | None:
    """Layers of applications and of observability keep what they bring, whatever software it is."""
    found = layer_words(e.layer)
    if found and found[1] in ("apps", "observability"):
        return Answer(found[1], f"layer {e.layer} says {found[0]}")
    return None


def _domain_by_software(e: Evidence) -> Answer | None:
    found = known_software(e) if e.component_type in ("crds", "operator", "runtime", "post-runtime") else None
    return Answer(found[1], f"{found[0]} belongs to {found[1]}") if found else None


def _domain_by_layer(e: Evidence) -> Answer | None:
    found = layer_words(e.layer)
    return Answer(found[1], f"layer {e.layer} says {found[0]}") if found else None


def _domain_by_namespace(e: Evidence) -> Answer | None:
    if e.namespace in words.SYSTEM_NAMESPACES:
        return Answer("foundation", f"it lives in {e.namespace}")
    found = layer_words(e.namespace)
    return Answer(found[1], f"namespace {e.namespace} says {found[0]}") if found else None


def _domain_by_tier_label(e: Evidence) -> Answer | None:
    domain = {"infra": "platform", "data": "data", "platform": "platform", "apps": "apps", "qa": "apps"}.get(
        e.tier_label
    )
    return Answer(domain, f"its label tier says {e.tier_label}", doubtful=True) if domain else None


def _domain_by_type(e: Evidence) -> Answer | None:
    domain = {"crds": "foundation", "operator": "platform", "secrets": "foundation", "config": "foundation"}.get(
        e.component_type, "apps"
    )
    return Answer(domain, f"nothing but its type ({e.component_type}) tells", doubtful=True)


DOMAIN_RULES: tuple[Rule, ...] = (
    _domain_of_namespaces,
    _domain_by_end_layer,
    _domain_by_software,
    _domain_by_layer,
    _domain_by_namespace,
    _domain_by_tier_label,
    _domain_by_type,
)


# Tier


def _tier_of_infrastructure(e: Evidence) -> Answer | None:
    if e.component_type in ("crds", "operator"):
        return Answer("infra", f"{e.component_type} serves the whole cluster")
    return None


def _tier_by_domain(e: Evidence) -> Answer | None:
    layer = layer_words(e.layer)
    folder = layer[2] if layer else ""
    if e.domain == "apps":
        if folder == "qa":
            return Answer("qa", f"layer {e.layer} tests the whole")
        return Answer("apps", "it is a product")
    if e.domain == "platform":
        if folder == "auth":
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
