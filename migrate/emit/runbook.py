"""README.md of the tree: what a person does with it, from the bootstrap to the last cut-over."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from migrate.emit.pieces import Piece
from migrate.emit.pinning import drawn_section
from migrate.emit.placement import Placement, cluster_name
from migrate.emit.runbook_bootstrap import bootstrap_section
from migrate.emit.runbook_layouts import make_kustomize_runbook, make_plugin_runbook, shared_section
from migrate.emit.runbook_parking import HOW_TO_PARK, parking_section
from migrate.emit.runbook_releases import (
    clean_up_commands,
    estate_place,
    guard_is_lifted,
    hooks_that_run_again,
    layers_table,
    order_section,
    placeholders_section,
)
from migrate.model.estate import Estate
from migrate.model.plan import Plan
from migrate.model.tree import Provenance


def make_runbook(estate: Estate, placements: Sequence[Placement], plan: Plan) -> Piece:
    """The runbook of a tree. Every command in it fits the tree: files, names and labels are there."""
    if plan.layout == "kustomize":
        return make_kustomize_runbook(estate, placements, plan)
    if plan.layout == "plugin":
        return make_plugin_runbook(estate, placements, plan)
    environments = estate.environments
    deployed = [placement for placement in placements if not placement.parked]
    lifted = guard_is_lifted(deployed, plan)
    parts = [
        _intro(estate, plan, lifted=lifted),
        shared_section() if plan.layout == "shared" else "",
        bootstrap_section(environments, deployed, plan),
        order_section(environments, deployed, plan),
        _sync(deployed, plan),
        placeholders_section(placements),
        drawn_section(placements),
        _adoption(deployed),
        _cutover(environments, deployed),
        _rollback(environments, plan, lifted=lifted),
        parking_section(deployed, _of_first(deployed), HOW_TO_PARK, lifted=lifted),
        _clean_up(deployed),
        _daily(plan),
    ]
    text = "\n".join(part for part in parts if part)
    return Piece({"README.md": text.encode("utf-8")}, {"README.md": (Provenance(0, "migrate: the runbook"),)})


def _intro(estate: Estate, plan: Plan, *, lifted: bool) -> str:
    kept = """\
No Application is deleted because its `component.yaml` is gone, and when an ApplicationSet is deleted its Applications
and their objects stay (`applicationsSync: create-update`, `preserveResourcesOnDeletion`)."""
    gone = """\
An Application whose `component.yaml` is gone is deleted with its objects (`removal: delete` in migration.yaml), except
those that hold data: see "Parking and removing"."""
    return f"""\
# Runbook

This tree holds what the helmfiles in `{estate_place(estate)}` applied, as Argo CD ApplicationSets.
Argo CD reads it from `{plan.repo_url}`, revision `{plan.revision}`. Environments: {_list(estate.environments)}.
Commands start in the root of that repository.

| where | what |
|---|---|
| `environments/<env>/argocd/parent` | the root Application, applied once by hand |
| `environments/<env>/argocd/projects`, `apps`, `repos` | what the root brings |
| `environments/<env>/argocd/ops` | settings of Argo CD itself, applied by whoever owns Argo CD |
| `environments/<env>/components` | one `component.yaml` an Application; `component.disabled.yaml` is parked |
| `sources/charts`, `sources/values` | charts, and values files in the order they are applied |
| `.migrate` | which files migrate wrote, and where each file came from |

{gone if lifted else kept}
"""


def _sync(placements: Sequence[Placement], plan: Plan) -> str:
    if plan.handover == "done":
        mode = """\
Hand-over is done: the ApplicationSet syncs by itself, phase after phase (RollingSync), and waits until every
Application of a phase is healthy and synced. A phase that never gets there holds back all later ones: look at
`kubectl -n argocd get applicationset -o yaml` for who is waited for. It needs the progressive syncs of `ops/`;
without them every Application would sync at once. A hook after a sync (PostSync) is not waited for."""
    else:
        mode = """\
Hand-over is manual: **nothing syncs by itself**. A person goes through the phases in order. When every layer is
handed over, set `handover: done` in migration.yaml and convert again: then RollingSync takes over the same order."""
    if not placements:
        return f"## Sync, wait, diff\n\n{mode}\n"
    first = min(_of_first(placements), key=lambda p: (p.plan.rollout_phase.value, p.name))
    phase, name = first.plan.rollout_phase.value, first.name
    return f"""\
## Sync, wait, diff

{mode}

```sh
argocd app list -l rollout-phase={phase}
argocd app diff {name} --refresh    # what a sync would change; exit code 1 if anything
argocd app sync -l rollout-phase={phase}
argocd app wait -l rollout-phase={phase} --health --sync --operation --timeout 600    # --operation: hooks too
```

While only some layers are cut over, name the Applications of the layer (below) instead of a label, phase by phase.
"""


def _adoption(placements: Sequence[Placement]) -> str:
    name = min((placement.name for placement in _of_first(placements)), default="NAME")
    text = f"""\
## Adopting what Helm installed

Nothing is uninstalled and nothing is created twice: Argo CD takes over the objects that are there.

1. `migrate verify` says `equal` or `explained` for the release, and `argocd app diff` shows nothing else.
2. One full sync of each Application, `{name}` for example:

   ```sh
   argocd app sync {name}
   argocd app wait {name} --health --sync --operation --timeout 600
   ```

   Not with `ApplyOutOfSyncOnly`: an Application can look healthy and synced before any sync has marked its objects,
   and what is unmarked is never pruned later.
3. Every object carries the mark of its Application. This lists those that do not; CustomResourceDefinitions never do:

   ```sh
   APP={name}
   EACH='{{range .status.resources[*]}}{{.kind}}.{{.version}}.{{.group}} {{.name}} {{.namespace}}{{"\\n"}}{{end}}'
   kubectl -n argocd get application "$APP" -o jsonpath="$EACH" |
   while read -r kind name namespace; do
     kubectl ${{namespace:+-n "$namespace"}} get "$kind" "$name" \\
       -o jsonpath='{{.metadata.annotations.argocd\\.argoproj\\.io/tracking-id}}' </dev/null |
       grep -q "^$APP:" || echo "not marked: $kind $namespace/$name"
   done
   ```

4. Never `helm uninstall`, nor `helmfile destroy`: both delete the live objects.

With server-side apply, fields that Helm set stay owned by `helm` too; the annotation
`argocd.argoproj.io/client-side-apply-migration-manager: helm` on the Application moves them (Argo CD 3.1 or newer).
"""
    again = hooks_that_run_again(placements)
    return f"{text}\n{again}" if again else text


def _cutover(environments: Sequence[str], placements: Sequence[Placement]) -> str:
    lines = [
        "## Cut-over",
        "",
        "Layer by layer, one environment after the other, the least important first:",
        "",
        "1. `migrate verify` says `equal` or `explained` for the layer; `migrate cutover` shows which may go next.",
        "2. `migrate cutover LAYER --deployed DIR` fences its releases in the helmfiles, so that helmfile refuses to",
        "   touch them. A comment stops nothing; a hook on each release for `preapply`, `presync` and `preuninstall`",
        "   does. It prints what comes next, step by step.",
        "3. Diff and sync the layer's Applications phase by phase, and check the marks (above).",
        "4. When the layer has run from Argo CD for as long as you want to see, `migrate cutover LAYER --remove` takes",
        "   its releases out of the helmfiles, never `helmfile destroy`. Then clean up Helm's records (below).",
        "",
        *layers_table(environments, placements),
    ]
    return "\n".join(lines) + "\n"


def _rollback(environments: Sequence[str], plan: Plan, *, lifted: bool) -> str:
    root = f"apps-root-{cluster_name(environments[0])}" if environments else "ROOT"
    stay = " if migration.yaml says `removal: keep` and the root was synced" if lifted else ""
    by_itself = "RollingSync syncs it" if plan.handover == "done" else "then sync"
    return f"""\
## Rollback

- A change: `git revert COMMIT`, push, {by_itself}. `argocd app rollback` works too while nothing syncs by itself, but
  the next sync brings back what git says.
- A layer that is not cut over: helmfile can still apply it; let one of the two do it. Where the hand-over is done, set
  `layerHandover: {{LAYER: manual}}` in migration.yaml and convert again first, or RollingSync goes on.
- A layer that is fenced: take the hook out of its releases, then `helmfile apply` for them. Helm's records must still
  be there, so clean up last. The marks of Argo CD do no harm.
- Everything: the root first, or it makes them again, then the ApplicationSets. Applications and objects
  stay{stay}.

  ```sh
  kubectl -n argocd delete application {root}
  kubectl -n argocd delete applicationset NAME
  ```
"""


def _clean_up(placements: Sequence[Placement]) -> str:
    if not placements:
        return ""
    commands = "\n".join(clean_up_commands(placements))
    return f"""\
## Clean-up

`helm list` goes on showing a release until its records are gone. Delete them for layers that are taken out of the
helmfiles, on each cluster, and never before: without them Helm cannot roll back, and would install anew.

```sh
{commands}
```

Labels and annotations that Helm put on objects (`app.kubernetes.io/managed-by: Helm`, `meta.helm.sh/*`) do no harm.
"""


_VENDORED = """
- Charts in sources/charts/third_party stay as they were vendored: run `migrate lint` in CI, on any clone, offline. Its
  rule L75 fails where one of them changed; what one lacks goes into a wrapper chart (`wrapper:` in migration.yaml)."""


def _daily(plan: Plan) -> str:
    roles = "" if plan.projects else " Roles for people: `projects:` in migration.yaml."
    charts = _VENDORED if plan.layout in ("environments", "shared") else ""
    return f"""\
## Afterwards

- A new kind or namespace: add it to the AppProject (`migrate convert` does), or the sync is refused as a whole.{roles}
- A kind or namespace that goes: prune first (`argocd app sync NAME --prune`), then take it out of the AppProject: Argo
  CD neither shows nor prunes what a project does not allow.
- `migrate lint` checks this tree; `migrate lint --inventory markdown` lists the phases.{charts}
"""


def _of_first(placements: Sequence[Placement]) -> list[Placement]:
    """Those of the first environment that deploys something: examples are of it."""
    return [placement for placement in placements if placement.environment == placements[0].environment]


def _list(items: Iterable[str]) -> str:
    return ", ".join(items)
