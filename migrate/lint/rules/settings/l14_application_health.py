"""L14: Applications have a health check where something waits for them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from migrate.lint.example import Example
from migrate.lint.good_tree import CM
from migrate.lint.rule import Hit, Rule, info, warning
from migrate.lint.settings import Setting, setting_line, settings_of
from migrate.lint.subject import Document, Subject, mapped
from migrate.model.finding import Severity
from migrate.model.health import HEALTH_KEY

_APPLICATION_HEALTH = f"{HEALTH_KEY}argoproj.io_Application"
_SYNC_WAVE = "argocd.argoproj.io/sync-wave"


def check_application_health(subject: Subject) -> Iterator[Hit]:
    """L14: what waits for an Application inside another needs a health check, which Argo CD lacks since 1.8."""
    places = settings_of(subject, "cm")
    hint = f"Add {_APPLICATION_HEALTH} to argocd-cm; Argo CD's page on health has the script."
    for setting in places:
        if subject.own and subject.roots and _APPLICATION_HEALTH not in setting.data:
            text = "there is no health check for Application, and so an Application inside another is never waited for"
            yield warning(text, hint, setting_line(subject, setting, ""), setting.document.environment)
    known = {setting.document.environment for setting in places if _assesses_applications(setting)}
    waiting = [one for one in subject.roots if _wave(one) is not None and one.environment not in known]
    # Another tree may have hundreds of them, and its Argo CD be set up elsewhere: one hit tells it.
    for root in waiting if subject.own else waiting[:1]:
        more = "" if subject.own or len(waiting) < 2 else f" (and {len(waiting) - 1} more)"
        text = f"sync wave {_wave(root)} of Application {root.name}{more} is waited for"
        where = subject.line(root, "metadata", "annotations", _SYNC_WAVE)
        if subject.own or any(_is_all_of(setting, root) for setting in places):
            yield warning(f"{text} by nobody: Applications have no health", hint, where, root.environment)
        else:
            yield info(f"{text} only with a health check for Application, and none is here", hint, where)


def _wave(root: Document) -> Any:
    return mapped(root.data, "metadata", "annotations").get(_SYNC_WAVE)


def _is_all_of(setting: Setting, root: Document) -> bool:
    """Whether a setting is all that the Argo CD of an Application is told, as far as its namespace says."""
    namespace = setting.document.get("metadata", "namespace")
    return setting.whole and namespace in (None, root.get("metadata", "namespace"))


def _assesses_applications(setting: Setting) -> bool:
    """Whether a setting has the check, under its own key or in the old one for all kinds."""
    return _APPLICATION_HEALTH in setting.data or "argoproj.io/Application" in str(
        setting.data.get("resource.customizations") or ""
    )


RULE = Rule(
    id="L14",
    title="Applications have a health check where something waits for them",
    reason="Argo CD has had none since 1.8, and so waves over Applications do not wait",
    pointer="AC 8.12",
    severity=Severity.WARNING,
    check=check_application_health,
    example=Example(
        bad={
            CM: """
                data:  # <- here
                  # without resource.customizations.health.argoproj.io_Application
            """,
        },
        good={
            CM: """
                data:
                  resource.customizations.health.argoproj.io_Application: |
                    return {status = "Healthy"}
            """,
        },
    ),
)
