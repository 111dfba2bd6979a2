"""Argo CD's own settings, where the tree brings them: ConfigMaps, and the same as values of its chart."""

from __future__ import annotations

from migrate.lint.given_settings import Setting
from migrate.lint.subject import Key, Subject, mapped
from migrate.model.finding import SourceLocation

__all__ = ["CONFIG_MAPS", "Setting", "setting_line", "settings_of"]

CONFIG_MAPS = {"argocd-cm": "cm", "argocd-cmd-params-cm": "params"}


def settings_of(subject: Subject, part: str, environment: str | None = None) -> tuple[Setting, ...]:
    """Every place of the tree, or of an environment, that sets ``cm`` (argocd-cm) or ``params``
    (argocd-cmd-params-cm)."""
    if not subject.own and part == "cm":
        return subject.given_settings
    found = []
    for document in subject.others:
        is_map = document.get("kind") == "ConfigMap" and CONFIG_MAPS.get(document.name) == part
        keys: tuple[Key, ...] = ("data",) if is_map else ("configs", part)
        if is_map or (document.get("kind") is None and document.get(*keys) is not None):
            found.append(Setting(document, keys, mapped(document.data, *keys)))
    return tuple(one for one in found if environment is None or one.document.environment == environment)


def setting_line(subject: Subject, setting: Setting, key: str) -> SourceLocation:
    """The line of a setting; of its mapping where it does not stand there."""
    keys = setting.at.get(key) or (*setting.keys, *([key] if key in setting.data else []))
    return subject.line(setting.document, *keys)
