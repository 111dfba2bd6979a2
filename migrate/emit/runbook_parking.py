"""The part of the runbook on parking and removing: how a layout does it, and what goes with it (decision 7)."""

from __future__ import annotations

from collections.abc import Sequence

from migrate.emit.placement import Placement
from migrate.emit.runbook_releases import guarded_names, holding_data

HOW_TO_PARK = (
    "To park a component in one environment, rename its `component.yaml` to `component.disabled.yaml` and push."
)


def parking_section(placements: Sequence[Placement], examples: Sequence[Placement], how: str, *, lifted: bool) -> str:
    """Parking as the layout has it (``how``) and what that deletes, and removing for good.

    ``examples`` are those that commands may name; ``lifted``: an Application goes with what makes it.
    """
    name = min((placement.name for placement in examples), default="NAME")
    text = f"""\
## Parking and removing

{how}
{_what_parking_does(lifted=lifted)}

To remove something for good, park it first, or its ApplicationSet makes it again. Then one of these:

```sh
argocd app delete {name} --cascade=false    # the Application alone: its objects stay and run on
argocd app delete {name}                    # with its objects, after a question
```

With its objects go all it applied, Services and volume claims too. What stays: Namespaces with `Delete=false`,
CustomResourceDefinitions (Argo CD deletes none), objects with `helm.sh/resource-policy: keep`, and claims that a
StatefulSet made.
"""
    table = holding_data(placements)
    if table:
        text += f"\nThese hold data, or what others hang on. Before you delete one, know what goes:\n\n{table}"
    if lifted:
        kept = "\nNo file that goes takes one of these along: their Applications have no finalizer.\n"
        return f"{text}{kept}" if guarded_names(placements) else text
    return f"""{text}
When all is handed over and has run for a while, this guard may be lifted: `removal: delete` in migration.yaml, convert,
push, sync the root. From then on a component that is parked or removed goes with its Application and its objects, and
deleting an ApplicationSet deletes its Applications; those in the table keep their objects, whatever happens to files.
"""


def _what_parking_does(*, lifted: bool) -> str:
    if lifted:
        return "**Its Application is deleted, and with it all its objects**, except for those that hold data (below)."
    return "That deletes nothing: the Application and its objects stay as they are, until somebody syncs or deletes it."
