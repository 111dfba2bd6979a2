"""Whether a difference is what a chart makes of the fleet contract: given to helmfile's side, too, it is gone."""

from __future__ import annotations

from collections.abc import Sequence

from migrate.verify.compare import Change


def comes_from_contract(change: Change, left: Sequence[Change] | None) -> bool:
    """Whether ``change`` is gone where both sides have the contract; ``left`` are the changes that there still are.

    None: nothing was rendered with the contract. What is left above or below the place counts as the place itself.
    """
    if left is None:
        return False
    return not any(other.key == change.key and _touch(other.path, change.path) for other in left)


def _touch(one: str, other: str) -> bool:
    """Whether one path is the other, or leads to it; an empty one is the whole object."""
    short, long = sorted((one, other), key=len)
    return not short or short == long or (long.startswith(short) and long[len(short)] in ".[")
