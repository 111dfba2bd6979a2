"""Texts as scalars of migration.yaml."""

from __future__ import annotations

import json
import re

_SAFE = re.compile(r"[A-Za-z][A-Za-z0-9_./-]*(?: [A-Za-z0-9_./-]+)*")
_WORDS = frozenset(["y", "yes", "n", "no", "true", "false", "on", "off", "null"])


def scalar(text: str) -> str:
    """A plain scalar where every YAML reader takes it for this text, else a quoted one."""
    if _SAFE.fullmatch(text) and text.lower() not in _WORDS:
        return text
    return json.dumps(text, ensure_ascii=False)
