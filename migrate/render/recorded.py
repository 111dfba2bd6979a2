"""What Helm recorded of a release, as a render: its objects, hooks among them, namespaces as they are written."""

from __future__ import annotations

from migrate.doors.helm import HelmError
from migrate.model.manifest import Manifest, Rendered
from migrate.render.objects import object_key, parse_documents


def render_recorded(text: str, where: str) -> Rendered:
    """The objects of a stream of ``helm get manifest`` or ``helm get hooks``; a fault is told in ``error``."""
    try:
        documents = tuple(parse_documents(text, where))
    except HelmError as error:
        return Rendered(error=error.message)
    return Rendered(tuple(Manifest(object_key(document), document, source) for document, source in documents))
