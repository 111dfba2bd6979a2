"""Diffs of any size, without trees."""

from __future__ import annotations

from migrate.model.tree_diff import ApplicationDiff, Danger, Effect, Fate, FieldChange, ObjectChange, TreeDiff


def difference_of(applications: int, same: int = 0) -> TreeDiff:
    """So many Applications changed, each in a way of its own and each dangerous, and so many that are the same."""
    rows = tuple(
        ApplicationDiff(
            "dev",
            f"app{number}",
            Effect.CHANGED,
            objects=(ObjectChange(f"ConfigMap web/app{number}", Fate.CHANGED, (FieldChange("data.a", "1", "2"),)),),
            dangers=(Danger("immutable-field", f"ConfigMap web/app{number}", "cannot be changed"),),
        )
        for number in range(applications)
    )
    others = tuple(ApplicationDiff("dev", f"same{number}", Effect.SAME) for number in range(same))
    return TreeDiff("A", "B", (*rows, *others))
