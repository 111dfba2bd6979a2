"""Who writes which field, told by the objects."""

from __future__ import annotations

import pytest

from migrate.model.differences import aggregated_roles, kind_wide, scaled_workloads
from tests.small_estates import manifests

HOOK = """
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: NAME, annotations: {ANNOTATION}}
webhooks:
  - {name: a.example.com, clientConfig: {service: {name: a, namespace: b}BUNDLE}}
"""


def hook(name: str = "shop", annotation: str = "a: b", bundle: str = "") -> str:
    text = HOOK.replace("NAME", name).replace("ANNOTATION", annotation)
    return text.replace("BUNDLE", f", caBundle: {bundle}" if bundle else "")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (hook(annotation="cert-manager.io/inject-ca-from: a/b"), "cert-manager's injector writes it (shop)"),
        (hook(annotation="cert-manager.io/inject-ca-from-secret: a/b"), "cert-manager's injector writes it (shop)"),
        (
            hook(annotation="service.beta.openshift.io/inject-cabundle: 'true'"),
            "OpenShift's service CA writes it (shop)",
        ),
        (hook(), "rendered without one, so whoever serves it writes it (shop)"),
        (hook(bundle="Cg=="), "rendered without one, so whoever serves it writes it (shop)"),
    ],
)
def test_a_bundle_that_is_left_open_is_somebody_elses(text: str, reason: str) -> None:
    (found,) = kind_wide(manifests(text))
    assert found.setting.endswith(".admissionregistration.k8s.io_ValidatingWebhookConfiguration")
    assert found.fields() == {"jqPathExpressions": [".webhooks[]?.clientConfig.caBundle"]}
    assert found.reasons == (f".webhooks[]?.clientConfig.caBundle: {reason}",)


def test_a_bundle_that_is_written_is_compared() -> None:
    assert kind_wide(manifests(hook(bundle="QUJD"))) == ()


def test_each_writer_is_told_with_its_objects() -> None:
    injected = "cert-manager.io/inject-ca-from: a/b"
    texts = (hook("b", injected), hook("c"), hook("a", injected))
    (found,) = kind_wide(tuple(m for text in texts for m in manifests(text)))
    assert [reason.partition(": ")[2] for reason in found.reasons] == [
        "cert-manager's injector writes it (a, b)",
        "rendered without one, so whoever serves it writes it (c)",
    ]


CRD = """
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: a}
spec: {group: example.com, names: {kind: Thing}, versions: []MORE}
"""
SERVICE = """
apiVersion: apiregistration.k8s.io/v1
kind: APIService
metadata: {name: a}
spec: {service: {name: a}MORE}
"""


@pytest.mark.parametrize(
    ("text", "more", "path"),
    [
        (CRD, ", conversion: {webhook: {clientConfig: {}}}", ".spec.conversion.webhook.clientConfig.caBundle"),
        (CRD, ", conversion: {webhook: {clientConfig: {caBundle: QUJD}}}", ""),
        (CRD, "", ""),
        (SERVICE, "", ".spec.caBundle"),
        (SERVICE, ", insecureSkipTLSVerify: true", ""),
    ],
)
def test_other_kinds_with_bundles(text: str, more: str, path: str) -> None:
    assert [one.expressions for one in kind_wide(manifests(text.replace("MORE", more)))] == ([(path,)] if path else [])


DEFINITION = """
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: things.example.com}
spec:
  group: example.com
  names: {kind: Thing}
  versions:
    - name: v1
      schema:
        openAPIV3Schema:
          properties:
            spec:
              properties:
                mode: {type: string, default: slow}
                parts:
                  type: array
                  items:
                    properties:
                      name: {type: string}
                      policy: {type: string, default: Keep}
                      remote:
                        properties:
                          key: {type: string}
                          decoding-strategy: {type: string, default: None}
"""
THING = "apiVersion: example.com/v1\nkind: Thing\nmetadata: {name: a}\nspec: {parts: [PART]}\n"


def defaulted(*parts: str) -> tuple[str, ...]:
    texts = (DEFINITION, *(THING.replace("PART", part) for part in parts))
    found = kind_wide(tuple(m for text in texts for m in manifests(text)))
    return found[0].expressions if found else ()


def test_defaults_inside_lists_are_the_api_servers() -> None:
    """A default outside of a list is none: what only the cluster has there is no difference."""
    assert defaulted("{name: a, remote: {key: b}}") == (
        ".spec.parts[]?.policy",
        '.spec.parts[]?.remote["decoding-strategy"]',
    )
    assert defaulted("{name: a}") == (".spec.parts[]?.policy",)
    assert defaulted() == ()


def test_a_default_that_one_object_writes_is_compared() -> None:
    assert defaulted("{name: a}", "{name: b, policy: Drop}") == ()


def test_roles_that_kubernetes_fills() -> None:
    text = "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: view}\nrules: []\n"
    assert aggregated_roles(manifests(text)) == ()
    assert aggregated_roles(manifests(f"{text}aggregationRule: {{}}\n")) == ("view",)


SCALER = """
apiVersion: GROUP
kind: KIND
metadata: {name: scaler}
spec: {scaleTargetRef: {TARGET}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec: {REPLICAS}
"""


@pytest.mark.parametrize(
    ("api", "kind", "target", "replicas", "scaled"),
    [
        ("autoscaling/v2", "HorizontalPodAutoscaler", "apiVersion: apps/v1, kind: Deployment, name: web", 1, True),
        ("autoscaling/v2", "HorizontalPodAutoscaler", "apiVersion: apps/v1, kind: Deployment, name: web", None, False),
        ("autoscaling/v2", "HorizontalPodAutoscaler", "apiVersion: apps/v1, kind: StatefulSet, name: web", 1, False),
        ("keda.sh/v1alpha1", "ScaledObject", "name: web", 0, True),
        ("example.com/v1", "ScaledObject", "name: web", 1, False),
    ],
)
def test_replicas_belong_to_the_autoscaler(
    api: str, kind: str, target: str, replicas: int | None, scaled: bool
) -> None:
    text = SCALER.replace("GROUP", api).replace("KIND", kind).replace("TARGET", target)
    text = text.replace("REPLICAS", "" if replicas is None else f"replicas: {replicas}")
    found = [(one.kind, one.name, one.pointers) for one in scaled_workloads(manifests(text))]
    assert found == ([("Deployment", "web", ("/spec/replicas",))] if scaled else [])
