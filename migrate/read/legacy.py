"""YAML 1.1, as helmfile 0 decodes it (rules 14.2 and 17.1)."""

from __future__ import annotations

import re
from dataclasses import replace

from migrate.doors.yaml import YamlNode

_YAML_1_1 = {
    **dict.fromkeys(("y", "Y", "yes", "Yes", "YES", "on", "On", "ON"), "true"),
    **dict.fromkeys(("n", "N", "no", "No", "NO", "off", "Off", "OFF"), "false"),
}
_DATE = re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([Tt \t].*)?")


def legacy_document(node: YamlNode) -> YamlNode:
    """The document as helmfile 0's decoder sees it: ``yes`` and ``on`` are bools, dates are texts (rule 14.2)."""
    if node.kind == "sequence":
        return replace(node, value=tuple(legacy_document(item) for item in node.value))
    if node.kind == "mapping":
        return replace(node, value=tuple((legacy_document(k), legacy_document(v), m) for k, v, m in node.value))
    if node.plain and not node.tag:
        if node.value in _YAML_1_1:
            return replace(node, value=_YAML_1_1[node.value])
        if _DATE.fullmatch(node.value):
            return replace(node, plain=False)
    return node
