"""The rule for what migration.yaml externalises: the tree has a stand-in where helmfile applied a plaintext secret."""

from __future__ import annotations

import base64
import binascii
import re

from migrate.model.tree import EXTERNALISED
from migrate.verify.compare import Change

KIND_EXTERNALISED = "externalised"
EXTERNALISED_REASON = (
    "migration.yaml externalises a plaintext secret; a stand-in is in its place until a Secret of the cluster is"
)


def is_externalised(change: Change) -> bool:
    """Whether both sides are the same but for stand-ins on Argo CD's side; a Secret's data is read decoded."""
    before, after = change.before, change.after
    if not isinstance(before, str) or not isinstance(after, str):
        return False
    if change.key.kind == "Secret" and change.path.startswith("data"):
        before, after = _decoded(before), _decoded(after)
    return stands_in(before, after)


def stands_in(before: str, after: str) -> bool:
    """Whether ``after`` is ``before`` but for stand-ins, of which it has at least one."""
    if EXTERNALISED not in after:
        return False
    pattern = ".+?".join(re.escape(part) for part in after.split(EXTERNALISED))
    return re.fullmatch(pattern, before, re.DOTALL) is not None


def _decoded(text: str) -> str:
    try:
        return base64.b64decode(text, validate=True).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError):
        return text
