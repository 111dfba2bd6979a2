"""The door to JSON where there is much of it: what Helm answers, and what one process tells another."""

from __future__ import annotations

from typing import Any

import orjson


def parse_json(text: str | bytes) -> Any:
    """The data; as ``json.loads`` for what Go and :func:`json_bytes` write.

    Raises:
        ValueError: it is no JSON.
    """
    return orjson.loads(text)


def json_bytes(value: Any) -> bytes:
    """Plain data as JSON.

    Raises:
        TypeError: it holds what JSON has not, or a number of more than 64 bits.
    """
    return orjson.dumps(value)
