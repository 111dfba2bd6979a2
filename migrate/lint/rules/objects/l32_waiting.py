"""L32: nothing waits for what can never be Healthy."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from migrate.lint.example import Example
from migrate.lint.good_tree import TEMPLATE, WEB
from migrate.lint.objects import is_hook
from migrate.lint.rule import Hit, Rule, info, warning
from migrate.lint.subject import Subject, dig
from migrate.model.finding import Severity

_IGNORED = "argocd.argoproj.io/ignore-healthcheck"


def check_waiting(subject: Subject) -> Iterator[Hit]:
    """L32: what may never be Healthy holds up its step for ever."""
    for one in subject.expansion.applications:
        manifests = subject.manifests(one)
        where = subject.place(one, "chart", "path")
        used = {name for manifest in manifests if not is_hook(manifest) for name in _claims(manifest.document)}
        for manifest in manifests:
            if manifest.annotations.get(_IGNORED) == "true":
                continue
            key = (manifest.key.group, manifest.key.kind)
            waits = subject.own or (one.step is not None and one.step > 0)
            if (
                waits
                and key == ("", "PersistentVolumeClaim")
                and manifest.key.name not in used
                and not is_hook(manifest)
            ):
                text = f"{manifest.key} is mounted by no workload of Application {one.name}"
                hint = "Where its storage class waits for a first consumer, it stays Pending, and the step waits."
                yield warning(text, hint, where, one.environment)
            if one.step is None or one.step < 1:
                continue
            balances = key == ("", "Service") and dig(manifest.document, "spec", "type") == "LoadBalancer"
            if balances or (key[1] == "Ingress" and key[0] in ("networking.k8s.io", "extensions")):
                text = f"{manifest.key} is Healthy only once a controller writes its address, and step {one.step} waits"
                hint = f"See that the cluster has one, or annotate it {_IGNORED}: 'true'."
                yield info(text, hint, where, one.environment)


def _claims(value: Any) -> Iterator[str]:
    """Names of the claims that a workload mounts, at any depth."""
    if isinstance(value, dict):
        name = dig(value, "persistentVolumeClaim", "claimName")
        if isinstance(name, str):
            yield name
        for item in value.values():
            yield from _claims(item)
    elif isinstance(value, list):
        for item in value:
            yield from _claims(item)


RULE = Rule(
    id="L32",
    title="nothing waits for what can never be Healthy",
    reason="a step never times out: a claim that nobody mounts or an address that nobody writes holds it for ever",
    pointer="AC 3.14, 8.10",
    severity=Severity.WARNING,
    check=check_waiting,
    needs_render=True,
    example=Example(
        bad={
            TEMPLATE: """
                apiVersion: v1
                kind: PersistentVolumeClaim
                metadata:
                  name: data
            """,
            WEB: """
                chart:
                  path: sources/charts/own/web  # <- here
            """,
        },
        good={
            TEMPLATE: """
                apiVersion: v1
                kind: PersistentVolumeClaim
                metadata:
                  name: data
                ---
                apiVersion: v1
                kind: Pod
                metadata:
                  name: web
                spec:
                  volumes:
                    - name: data
                      persistentVolumeClaim: {claimName: data}
            """,
        },
    ),
)
