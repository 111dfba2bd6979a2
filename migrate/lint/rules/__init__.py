"""The rules: a module each, in a folder a family; found here, so that a new file is a new rule."""

from __future__ import annotations

import functools
import pkgutil
from collections.abc import Mapping
from importlib import import_module

from migrate.lint.rule import Rule


def families() -> tuple[tuple[str, str], ...]:
    """The folders of rules by name, each with its title: ``("charts", "Rules over the charts")``."""
    found = (entry.name for entry in pkgutil.iter_modules(__path__) if entry.ispkg)
    return tuple((name, _title(name)) for name in sorted(found))


def _title(family: str) -> str:
    return str(import_module(f"{__name__}.{family}").__doc__).strip().rstrip(".").partition(":")[0]


@functools.cache
def rules_by_family() -> Mapping[str, tuple[Rule, ...]]:
    """Every rule below the name of its family, by id."""
    found = {}
    for family, _ in families():
        package = import_module(f"{__name__}.{family}")
        names = (entry.name for entry in pkgutil.iter_modules(package.__path__))
        rules: list[Rule] = [import_module(f"{package.__name__}.{name}").RULE for name in names]
        found[family] = tuple(sorted(rules, key=lambda rule: rule.id))
    return found


@functools.cache
def all_rules() -> tuple[Rule, ...]:
    """Every rule, by id."""
    return tuple(sorted((rule for rules in rules_by_family().values() for rule in rules), key=lambda rule: rule.id))
