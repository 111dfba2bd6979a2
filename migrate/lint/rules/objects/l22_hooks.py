"""L22: hooks are Jobs, and may run at every sync."""

from __future__ import annotations

import re
from collections.abc import Iterator

from migrate.lint.charts import chart_texts, text_place, used_charts
from migrate.lint.example import Example
from migrate.lint.good_tree import TEMPLATE
from migrate.lint.objects import HELM_HOOK, is_hook, rendered_objects
from migrate.lint.rule import Hit, Rule, error, info, warning
from migrate.lint.subject import Subject
from migrate.model.finding import Severity, SourceLocation

_CALLED = re.compile(r"\{\{[^}]*?(?:(?<![.\w$\"])(lookup)\s|\.Release\.(IsUpgrade)\b)")
_HOOK = re.compile(
    r"^\s*[\"']?(helm\.sh|argocd\.argoproj\.io)/hook[\"']?:\s*([\"']?)([^\"'{}#\n]*)\2\s*(?:#.*)?$", re.M
)
_APPLIED = {
    "helm.sh": frozenset(f"{when}-{what}" for when in ("pre", "post") for what in ("install", "upgrade", "delete"))
    | {"crd-install"},
    "argocd.argoproj.io": frozenset({"PreSync", "Sync", "PostSync", "SyncFail", "PreDelete", "PostDelete", "Skip"}),
}
_NOT_APPLIED = frozenset({"test", "test-success", "test-failure", "pre-rollback", "post-rollback"})
_HOOK_KINDS = {"Job", "Pod", "Workflow"}


def template_calls(subject: Subject) -> Iterator[Hit]:
    """Part of L22: what templates ask of a running release, and hooks that Argo CD never runs."""
    for folder in used_charts(subject):
        for path, text in chart_texts(subject, folder):
            for found in _CALLED.finditer(text):
                name, answer = (found[1], "finds nothing") if found[1] else (".Release.IsUpgrade", "is always false")
                said = f"the template asks {name}, which {answer} in Argo CD"
                yield info(said, "See that the chart does the right thing then.", text_place(path, text, found.start()))
            for found in _HOOK.finditer(text):
                yield from _hook_words(found[1], found[3], text_place(path, text, found.start(3)))


def _hook_words(owner: str, value: str, where: SourceLocation) -> Iterator[Hit]:
    words = {word.strip() for word in value.split(",")}
    if words & _APPLIED[owner]:
        return
    if owner == "helm.sh" and words <= _NOT_APPLIED:
        said = f"the hook {value.strip()} is never applied by Argo CD"
        yield info(said, "Make it a plain Job in a later phase, if it is to run.", where)
    else:
        said = f"{owner}/hook: {value.strip() or 'an empty value'} is no hook, and so the object is never applied"
        yield error(said, f"Known: {', '.join(sorted(_APPLIED[owner]))}.", where)


def check_hooks(subject: Subject) -> Iterator[Hit]:
    """L22: hooks that are deleted and made again at every sync, that run more often than in Helm, or never; and
    templates that ask a running release for something."""
    yield from template_calls(subject)
    for one, manifest in rendered_objects(subject):
        helm = {word.strip() for word in manifest.annotations.get(HELM_HOOK, "").split(",") if word.strip()}
        if not is_hook(manifest):
            continue
        where = subject.place(one, "chart", "path")
        if manifest.key.kind not in _HOOK_KINDS:
            text = f"{manifest.key} is a hook: it is deleted and made again at every sync, and never compared"
            hint = "Make it a plain object of the chart, with a sync wave."
            yield warning(text, hint, where, one.environment)
        elif helm and not any(word.endswith("-install") for word in helm):
            text = f"{manifest.key} runs on upgrades only in Helm, and on every sync here, the first one too"
            yield info(text, "See that it does no harm on an empty installation.", where, one.environment)


RULE = Rule(
    id="L22",
    title="hooks are Jobs, and may run at every sync",
    reason="Argo CD runs install and upgrade hooks at every sync, and recreates other kinds",
    pointer="AC 6.10, 6.11",
    severity=Severity.ERROR,
    check=check_hooks,
    needs_render=True,
    example=Example(
        bad={
            TEMPLATE: """
                apiVersion: batch/v1
                kind: Job
                metadata:
                  name: migrations
                  annotations:
                    helm.sh/hook: pre-instal  # <- here
            """,
        },
        good={
            TEMPLATE: """
                apiVersion: batch/v1
                kind: Job
                metadata:
                  name: migrations
                  annotations:
                    helm.sh/hook: pre-install
            """,
        },
    ),
)
