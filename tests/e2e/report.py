"""The figures of a run, as a short table and as data."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from tests.e2e.compare import RULES
from tests.e2e.rollout import out_of_order, outlived, step_limits, too_many_at_once
from tests.e2e.run import LiveObjects, Rollout, as_foretold
from tests.e2e.tree import Foretold

_SHOWN = 12


@dataclass
class Figures:
    """What a run found; it holds where ``faults`` is empty."""

    rows: list[tuple[str, str]] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    order: list[dict[str, Any]] = field(default_factory=list)
    """Every Application as it began: name, step, when it began, when it was healthy."""
    added: dict[str, int] = field(default_factory=dict)
    """Fields that the server or a controller added, by resource and field."""

    def text(self) -> str:
        """The table, and what does not hold."""
        width = max(len(name) for name, _ in self.rows)
        lines = [f"{name:<{width}}  {value}" for name, value in self.rows]
        faults = [f"differs: {fault}" for fault in self.faults[:_SHOWN]]
        if len(self.faults) > _SHOWN:
            faults.append(f"… and {len(self.faults) - _SHOWN} more; --report FILE holds all")
        return "\n".join([*lines, *faults])

    def json(self) -> str:
        """Everything, for a machine."""
        return json.dumps({"schemaVersion": 1, **vars(self), "rows": dict(self.rows)}, indent=2, ensure_ascii=False)


def figures(foretold: Foretold, rollout: Rollout, live: LiveObjects) -> Figures:
    """What the run found. The order is held within each ApplicationSet: across them there is none."""
    names = foretold.in_steps()
    made = as_foretold(foretold, rollout)
    late = rollout.late(names)
    disorder: list[str] = []
    crowds: list[str] = []
    for appset in rollout.appsets:
        mine = {n: foretold.steps[n] for n in names if foretold.appsets[n] == appset["metadata"]["name"]}
        arrivals = [arrival for arrival in rollout.arrivals if arrival.name in mine]
        disorder += out_of_order(arrivals, mine)
        crowds += too_many_at_once(arrivals, mine, step_limits(appset, mine))
    idle = [arrival.name for arrival in rollout.arrivals if not arrival.began]
    unsynced = [f"{name} was never synced, and has objects" for name in idle if foretold.targets[name]]
    held_back = len(foretold.steps) - len(names)
    objects = sum(len(foretold.targets[name]) for name in names)
    hooks = sum(len(foretold.hooks[name]) for name in names)
    steps = len({(foretold.appsets[name], foretold.steps[name]) for name in names})
    ruled = live.held.ruled
    fields = live.held.same + ruled.total() + sum(len(lines) for lines in live.different.values())
    rows = [
        ("Applications as expand says", f"{len(foretold.applications) - len(made)} of {len(foretold.applications)}"),
        ("ApplicationSets", str(len(rollout.appsets))),
        ("synced and healthy, by steps alone", f"{len(names) - len(late)} of {len(names)}, in {steps} steps"),
        ("of these with nothing to sync", str(len(idle) - len(unsynced))),
        ("in no step (held back)", str(held_back)),
        ("began before an earlier step was healthy", str(len(disorder))),
        ("steps with more at once than maxUpdate", str(len(crowds))),
        ("called healthy while hooks still ran", str(len(outlived(rollout.arrivals)))),
        ("live objects as render says", f"{live.equal} of {objects}"),
        (
            "  different · missing · not foretold",
            f"{len(live.different)} · {len(live.missing)} · {len(live.unforetold)}",
        ),
        ("hooks that ran and succeeded, as foretold", f"{hooks - len(live.hooks)} of {hooks}"),
        ("fields that we emit, found as they are", f"{live.held.same} of {fields}"),
        *((f"  {rule}", str(ruled[rule])) for rule in RULES if ruled[rule]),
        ("fields added by the server and controllers", str(live.held.added.total())),
    ]
    unequal = [f"{key} {line}" for key, lines in live.different.items() for line in lines]
    missing = [f"{key} is not there" for key in live.missing]
    unforetold = [f"{key} is managed, and render does not say so" for key in live.unforetold]
    order = [vars(a) | {"step": foretold.steps[a.name]} for a in rollout.arrivals]
    faults = [*made, *late, *unsynced, *disorder, *crowds, *live.hooks, *unequal, *missing, *unforetold]
    return Figures(rows, faults, order, dict(sorted(Counter(live.held.added).items())))
