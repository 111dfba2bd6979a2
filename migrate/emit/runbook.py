"""README.md of the tree: what a person does with it, from the bootstrap to the last cut-over."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Sequence

from migrate.emit.pieces import Piece
from migrate.emit.placement import Carriage, Placement, cluster_name, hook_types
from migrate.model.estate import Estate
from migrate.model.plan import Plan
from migrate.model.tree import Provenance


def make_runbook(estate: Estate, placements: Sequence[Placement], plan: Plan) -> Piece:
    """The runbook of a tree."""
    environments = estate.environments
    deployed = [placement for placement in placements if not placement.parked]
    parts = [
        _intro(estate, plan),
        _bootstrap(environments, plan),
        _order(environments, deployed, plan),
        _sync(plan),
        _adoption(deployed),
        _placeholders(placements),
        _cutover(deployed),
        _rollback(),
        _daily(),
    ]
    text = "\n".join(part for part in parts if part)
    return Piece({"README.md": text.encode("utf-8")}, {"README.md": (Provenance(0, "migrate: the runbook"),)})


def _intro(estate: Estate, plan: Plan) -> str:
    # Where the estate lies on somebody's disk is nobody's business: the tree must be the same from everywhere.
    where = estate.path.removeprefix(estate.root.rstrip("/") + "/") if estate.path.startswith("/") else estate.path
    return f"""\
# Runbook

This tree holds what the helmfiles in `{posixpath.normpath(where)}` applied, as Argo CD ApplicationSets.
Argo CD reads it from `{plan.repo_url}`, revision `{plan.revision}`. Environments: {_list(estate.environments)}.

| where | what |
|---|---|
| `environments/<env>/argocd/parent` | the root Application, applied once by hand |
| `environments/<env>/argocd/projects`, `apps`, `repos` | what the root brings |
| `environments/<env>/argocd/ops` | settings of Argo CD itself, applied by whoever owns Argo CD |
| `environments/<env>/components` | one `component.yaml` an Application; `component.disabled.yaml` is parked |
| `sources/charts`, `sources/values` | charts, and values files in the order they are applied |
| `.migrate` | which files migrate wrote, and where each file came from |

No Application is deleted because its `component.yaml` is gone, and when an ApplicationSet is deleted its Applications
and their objects stay (`applicationsSync: create-update`, `preserveResourcesOnDeletion`). This stays so after the
migration. To remove something, park it first (below), then `argocd app delete NAME`: with `--cascade`, the default, the
objects go too.
"""


def _bootstrap(environments: Sequence[str], plan: Plan) -> str:
    first = environments[0] if environments else "<env>"
    root = f"apps-root-{cluster_name(first)}"
    return f"""\
## Bootstrap

Once for each environment, with `kubectl` on its cluster; `{first}` stands for any of them.

1. Install Argo CD, if it is not there.
2. Apply the settings, then restart what reads them only when it starts:

   ```sh
   cd environments/{first}/argocd/ops
   kubectl -n argocd patch configmap argocd-cm --type merge --patch-file argocd-cm.yaml
   kubectl -n argocd patch configmap argocd-cmd-params-cm --type merge --patch-file argocd-cmd-params-cm.yaml
   kubectl -n argocd rollout restart deployment argocd-applicationset-controller
   ```

   Where a chart installs Argo CD, put the same into its values (`argocd-values.yaml`, if the folder has one).
3. Give Argo CD its credentials for `{plan.repo_url}`: `argocd repo add`, or the Secret in `repos/`.
4. `kubectl apply -f environments/{first}/argocd/parent/{root}.yaml`
5. `argocd app sync {root}`: projects and ApplicationSets appear, then one Application a component.
"""


def _order(environments: Sequence[str], placements: Sequence[Placement], plan: Plan) -> str:
    lines = ["## Order", "", "Each phase after the one above it; inside a phase the order does not matter.", ""]
    lines += ["| phase | Applications | at most at once |", "|---|---|---|"]
    limits = {step.phase: step.max_update for step in plan.ladder}
    for phase in sorted({placement.plan.rollout_phase.value for placement in placements}):
        names: dict[str, list[str]] = {}
        for placement in placements:
            if placement.plan.rollout_phase.value == phase:
                names.setdefault(placement.name, []).append(placement.environment.name)
        shown = ", ".join(_with_environments(name, names[name], environments) for name in sorted(names))
        lines.append(f"| {phase} | {shown} | {limits.get(phase) or 'all'} |")
    return "\n".join(lines) + "\n"


def _with_environments(name: str, present: Sequence[str], environments: Sequence[str]) -> str:
    return name if len(set(present)) == len(environments) else f"{name} ({', '.join(present)})"


def _sync(plan: Plan) -> str:
    if plan.handover == "done":
        mode = """\
Hand-over is done: the ApplicationSet syncs by itself, phase after phase (RollingSync), and waits until every
Application of a phase is healthy and synced. A phase that never gets there holds back all later ones: look at
`kubectl -n argocd get applicationset -o yaml` for who is waited for. It needs the progressive syncs of `ops/`;
without them every Application would sync at once."""
    else:
        mode = """\
Hand-over is manual: **nothing syncs by itself**. A person goes through the phases in order. When every layer is
handed over, set `handover: done` in migration.yaml and convert again: then RollingSync takes over the same order."""
    return f"""\
## Sync, diff, wait

{mode}

```sh
argocd app list -l rollout-phase=110
argocd app diff NAME                                          # what a sync would change
argocd app sync -l rollout-phase=110
argocd app wait -l rollout-phase=110 --health --sync --timeout 600
```
"""


def _adoption(placements: Sequence[Placement]) -> str:
    text = """\
## Adopting what Helm installed

Nothing is uninstalled and nothing is created twice: Argo CD takes over the objects that are there.

1. `migrate verify` says `equal` or `explained` for the release, and `argocd app diff NAME` shows nothing else.
2. One full sync: `argocd app sync NAME`. Not with `ApplyOutOfSyncOnly`: an Application can look healthy and synced
   before any sync has marked its objects, and what is unmarked is never pruned later.
3. Every object carries the mark:

   ```sh
   argocd app resources NAME
   kubectl -n NAMESPACE get KIND NAME -o jsonpath='{.metadata.annotations.argocd\\.argoproj\\.io/tracking-id}'
   ```

   (CustomResourceDefinitions never carry one.)
4. Never `helm uninstall`, nor `helmfile destroy`: both delete the live objects. `helm list` goes on showing the release
   until its records are deleted: `kubectl -n NAMESPACE delete secret -l owner=helm,name=RELEASE`.

With server-side apply, fields that Helm set stay owned by `helm` too; the annotation
`argocd.argoproj.io/client-side-apply-migration-manager: helm` on the Application moves them (Argo CD 3.1 or newer).
"""
    again = _runs_again(placements)
    if again:
        text += "\nThese run (again) when their Application is first synced; Helm had run them before:\n\n"
        text += "".join(f"- {line}\n" for line in again)
    return text


def _runs_again(placements: Sequence[Placement]) -> list[str]:
    found: dict[tuple[str, str], None] = {}
    for placement in placements:
        hooks = [m for m in placement.manifests if hook_types(m)]
        if placement.carriage is not Carriage.HOOKS:
            hooks = [m for m in hooks if any(word.startswith(("pre-i", "pre-u", "post-i", "post-u"))
                                             for word in hook_types(m))]  # fmt: skip
        for manifest in hooks:
            what = "a plain object now" if placement.carriage is Carriage.HOOKS else "a hook of every sync"
            found[placement.name, f"`{placement.name}`: {manifest.key} ({', '.join(hook_types(manifest))}; {what})"] = (
                None
            )
    return [line for _, line in sorted(found)]


def _placeholders(placements: Sequence[Placement]) -> str:
    rows: dict[tuple[str, str, str], list[str]] = {}
    for placement in placements:
        for placeholder in placement.release.placeholders:
            key = (placement.name, placeholder.path or "the whole file", " ".join(placeholder.reference.split()))
            rows.setdefault(key, []).append(placement.environment.name)
    if not rows:
        return ""
    lines = [
        "## Secrets to supply",
        "",
        "Placeholders stand in for these. **Do not sync such an Application as it is**: the placeholder would replace",
        "the secret. Let the chart take it from a Secret that External Secrets, or a sealed Secret, makes.",
        "",
        "| Application | value | comes from | environments |",
        "|---|---|---|---|",
    ]
    lines += [
        f"| {name} | `{path}` | `{reference}` | {_list(dict.fromkeys(rows[name, path, reference]))} |"
        for name, path, reference in sorted(rows)
    ]
    return "\n".join(lines) + "\n"


def _cutover(placements: Sequence[Placement]) -> str:
    layers = sorted({placement.plan.layer for placement in placements}, key=_layer_order)
    lines = [
        "## Cut-over",
        "",
        "Layer by layer, one environment after the other, the least important first:",
        "",
        "1. `migrate verify`, then diff and sync the layer's Applications, and check the marks (above).",
        "2. Fence its releases in the helmfiles, so that helmfile refuses to touch them. A comment stops nothing; a",
        "   hook on each release does:",
        "",
        "   ```yaml",
        "   hooks:",
        "     - events: [preapply, presync, preuninstall]",
        "       command: sh",
        "       args: [-c, 'echo Argo CD applies this release >&2; exit 1']",
        "       showlogs: true",
        "   ```",
        "",
        "3. When the layer has run from Argo CD for as long as you want to see, take its releases out of the",
        "   helmfiles, never with `helmfile destroy`.",
        "",
        "The layers in their order: " + _list(f"`{layer}`" for layer in layers) + ".",
    ]
    return "\n".join(lines) + "\n"


def _layer_order(layer: str) -> tuple[int, str]:
    """``5-x`` before ``10-y``."""
    number = layer.partition("-")[0]
    return (int(number) if number.isdigit() else 0, layer)


def _rollback() -> str:
    return """\
## Rollback

`git revert` the commit, then sync. `argocd app rollback NAME` works too while nothing syncs by itself, but the next
sync brings back what git says. While a layer is not cut over, helmfile can still apply it; let one of the two do it.
"""


def _daily() -> str:
    return """\
## Afterwards

- Park a component in one environment: rename its `component.yaml` to `component.disabled.yaml`. The Application and its
  objects stay until a person deletes them.
- A new kind or namespace: add it to the AppProject, or the sync is refused as a whole.
- `migrate lint` checks this tree; `migrate lint --inventory markdown` lists the phases.
"""


def _list(items: Iterable[str]) -> str:
    return ", ".join(items)
