"""The layout ``plugin``: what emission writes into an Application, and the proof reads from it again."""

from __future__ import annotations

import re
from collections.abc import Mapping

from migrate.model.json import JsonObject

PLUGIN = "helmfile"
"""The name of the config management plugin."""
SOURCES = "sources/helmfile"
"""Where the estate's files lie in the tree, at their own paths; the plugin runs there."""


def application_name(layer: str) -> str:
    """The Application of a layer: ``infra-40-data-plane``."""
    return f"infra-{re.sub(r'[^a-z0-9-]+', '-', layer.lower()).strip('-')}"[:63].rstrip("-")


def plugin_settings(application: JsonObject) -> Mapping[str, str] | None:
    """The variables that an Application gives to the plugin; None where no plugin renders it."""
    spec = application.get("spec")
    source = spec.get("source") if isinstance(spec, dict) else None
    plugin = source.get("plugin") if isinstance(source, dict) else None
    if not isinstance(plugin, dict):
        return None
    given = plugin.get("env")
    entries = given if isinstance(given, list) else []
    return {str(entry.get("name")): str(entry.get("value")) for entry in entries if isinstance(entry, dict)}
