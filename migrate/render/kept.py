"""Renders by the hash of all that goes into them: in bounded memory and, on request, in a folder for later runs."""

from __future__ import annotations

import hashlib
import json
from collections import OrderedDict
from collections.abc import Callable, Iterator, MutableMapping
from dataclasses import asdict
from threading import Lock
from typing import Any

from migrate.doors.blobs import Blobs
from migrate.model.finding import Finding
from migrate.model.json import from_json, to_json
from migrate.model.manifest import Manifest, ObjectKey, Rendered

MOST_TEXT = 8 * 1024 * 1024
"""Characters of manifests that are kept in memory; their documents take about six times as much."""


class KeptRenders(MutableMapping[str, Rendered]):
    """Digest → render. What was used longest ago goes first; a copy in another process starts empty.

    ``storable`` says which renders may be written to ``blobs``, none without it; one that draws something anew never
    is. ``salt`` is what else decides a render: the versions of Helm's library and of this program.
    """

    def __init__(
        self,
        blobs: Blobs | None = None,
        *,
        storable: Callable[[Rendered], bool] | None = None,
        salt: str = "",
        most_text: int = MOST_TEXT,
    ) -> None:
        self._blobs, self._storable, self._salt, self._most_text = blobs, storable, salt, most_text
        self._clear()

    def _clear(self) -> None:
        self._found: OrderedDict[str, Rendered] = OrderedDict()
        self._size = 0
        self._lock = Lock()

    def __getstate__(self) -> dict[str, Any]:
        return {k: v for k, v in vars(self).items() if k not in ("_found", "_size", "_lock")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self._clear()

    def __getitem__(self, digest: str) -> Rendered:
        with self._lock:
            if digest in self._found:
                self._found.move_to_end(digest)
                return self._found[digest]
        content = self._blobs.get(self._key(digest)) if self._blobs else None
        rendered = decoded(content) if content is not None else None
        if rendered is None or rendered.digest != digest:
            raise KeyError(digest)
        self.remember(digest, rendered)
        return rendered

    def __setitem__(self, digest: str, rendered: Rendered) -> None:
        self.remember(digest, rendered)
        stable = not rendered.error and not rendered.unstable
        if self._blobs and stable and self._storable is not None and self._storable(rendered):
            self._blobs.put(self._key(digest), encoded(rendered))

    def __delitem__(self, digest: str) -> None:
        with self._lock:
            self._size -= text_size(self._found.pop(digest))

    def __iter__(self) -> Iterator[str]:
        return iter(list(self._found))

    def __len__(self) -> int:
        return len(self._found)

    def remember(self, digest: str, rendered: Rendered) -> None:
        """Keep it in memory alone."""
        with self._lock:
            before = self._found.pop(digest, None)
            self._size += text_size(rendered) - (text_size(before) if before else 0)
            self._found[digest] = rendered
            while self._size > self._most_text and len(self._found) > 1:
                self._size -= text_size(self._found.popitem(last=False)[1])

    def _key(self, digest: str) -> str:
        return hashlib.sha256(f"{digest}\0{self._salt}".encode()).hexdigest()


def text_size(rendered: Rendered) -> int:
    """Characters of all objects as rendered."""
    return sum(len(manifest.text) for manifest in rendered.manifests)


def encoded(rendered: Rendered) -> bytes:
    """The render as bytes; for one that draws nothing anew."""
    manifests = [
        [list(asdict(m.key).values()), m.document, m.text, m.template, m.crd_file, m.phases] for m in rendered.manifests
    ]
    return json.dumps(
        {
            "manifests": manifests,
            "findings": to_json(rendered.findings),
            "digest": rendered.digest,
            "chartified": rendered.chartified,
        }
    ).encode()


def decoded(content: bytes) -> Rendered | None:
    """The render that :func:`encoded` made bytes of; None where it is none."""
    try:
        data = json.loads(content)
        return Rendered(
            tuple(
                Manifest(ObjectKey(*key), document, text, template, crd_file, tuple(phases))
                for key, document, text, template, crd_file, phases in data["manifests"]
            ),
            findings=from_json(tuple[Finding, ...], data["findings"]),
            digest=data["digest"],
            chartified=tuple(data["chartified"]),
        )
    except (ValueError, TypeError, KeyError, AttributeError):
        return None
