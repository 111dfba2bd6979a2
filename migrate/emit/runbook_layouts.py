"""The runbook where the layout is not `environments`: what lies where, and the steps that are a layout's own."""

from __future__ import annotations

from collections.abc import Sequence

from migrate.emit.kustomize import DEPLOYED, FOLDER, PARKED, application_folder
from migrate.emit.pieces import Piece
from migrate.emit.pinning import drawn_section
from migrate.emit.placement import Placement, cluster_name
from migrate.emit.plugin_manifest import IMAGE
from migrate.emit.runbook_bootstrap import bootstrap_section, credentials_step
from migrate.emit.runbook_parking import parking_section
from migrate.emit.runbook_releases import (
    clean_up_commands,
    estate_place,
    guard_is_lifted,
    layers_table,
    placeholders_section,
)
from migrate.model.estate import Estate
from migrate.model.plan import Plan
from migrate.model.plugin import SOURCES, application_name
from migrate.model.tree import Provenance

_ARGOCD = """\
| `environments/<env>/argocd/parent` | the root Application, applied once by hand |
| `environments/<env>/argocd/projects`, `apps`, `repos` | what the root brings |
| `environments/<env>/argocd/ops` | settings of Argo CD itself, applied by whoever owns Argo CD |
"""
_HOW_TO_PARK = f"""\
To park a component in one environment, move its folder from `{DEPLOYED}` to `{PARKED}` beside it and push; to deploy
one that is parked, move it back. Its line in the table of `templatePatch` stays."""
_OURS = "| `.migrate` | which files migrate wrote, and where each file came from |\n"


def shared_section() -> str:
    """What is otherwise in the layout ``shared``; the rest of the runbook holds there, too."""
    return """\
## What is shared

| where | what |
|---|---|
| `config/clusters/<env>.yaml` | an environment's cluster; its ApplicationSet joins it with every component |
| `environments/_shared/components` | what every environment has in the same way |
| `environments/<cluster type>/components` | what the clusters of one type have (`clusterType` in migration.yaml) |
| `environments/<env>/components` | what only this environment has, or has otherwise |
| `sources/values/_shared`, `<cluster type>`, `<env>` | values, general ones before special ones |

In a shared component `{environment}` and `{clusterType}` in the path of a values file are filled in by the
ApplicationSet, and a file that an environment does not have is left out.

- To park or change a component in one environment only: move its `component.yaml` from `_shared` into the folder of
  every environment, then change the one. A component that left `_shared` is where its files are, and nowhere else.
- To add an environment like the others: `migrate convert` with it, or copy `config/clusters/<env>.yaml`,
  `environments/<env>/argocd` and `sources/values/<env>` and change the names in them.
- One ApplicationSet a cluster: a cluster that is not healthy holds back its own phases and nobody else's.
"""


def make_kustomize_runbook(estate: Estate, placements: Sequence[Placement], plan: Plan) -> Piece:
    """The runbook of the layout ``kustomize``."""
    deployed = [placement for placement in placements if not placement.parked]
    first = deployed[0] if deployed else None
    folder = application_folder(first) if first else f"{FOLDER}/PROJECT/NAME"
    name, environment = (first.name, first.environment.name) if first else ("NAME", "ENVIRONMENT")
    return _piece(
        _intro(estate, plan, "as plain resources that kustomize puts together", f"""\
| `{FOLDER}/<project>/<name>/base` | the resources of a component, as rendered |
| `{FOLDER}/<project>/<name>/{DEPLOYED}/<env>` | what an environment has otherwise: patches, and resources of its own |
| `{FOLDER}/<project>/<name>/{PARKED}/<env>` | the same where the environment parks the component: nothing reads it |
"""),
        bootstrap_section(estate.environments, deployed, plan),
        f"""\
## Sync, wait, diff

Nothing orders one Application after another here: what cannot be applied yet, since a kind or a Namespace is missing,
is tried again. `migrate convert` listed the order that is lost. By hand, go by the label `rollout-phase`:

```sh
kubectl kustomize {folder}/envs/{environment}
argocd app diff {name} --refresh
argocd app sync -l rollout-phase=110
argocd app wait -l rollout-phase=110 --health --sync --operation --timeout 600
```

Inside an Application sync waves order definitions before what runs, and that before their custom resources.
Definitions, volume claims and Namespaces carry `Prune=false`: no sync deletes them.

## Hand-over

With `handover: manual` (migration.yaml) nothing syncs by itself. Adopt each Application by one full sync first
(`argocd app sync {name}`, without `ApplyOutOfSyncOnly`): only that marks objects as its own.

With `handover: done`, also for one layer, Applications that are made from then on sync, prune and heal by themselves.
Those that exist keep their own policy, since `ignoreApplicationDifferences` leaves `/spec/syncPolicy` alone; switch
each on when you mean it, and off to pause it:

```sh
argocd app set {name} --sync-policy automated --auto-prune --self-heal
argocd app set {name} --sync-policy none
```

## Changing something

- A resource for all environments: in `base`. For one: a patch below `envs/<env>`, named in its `kustomization.yaml`.
- A chart is rendered no more: a new version of it is `migrate convert` again, and the difference a commit.
- A new folder wants a line in the table of its ApplicationSet's `templatePatch`, or no Application is made.
- Where a chart renders nothing in an environment, the folder there is empty: its Application is healthy whatever runs,
  and prunes nothing of what was there before. `migrate convert` listed those.
""",
        parking_section(deployed, deployed[:1], _HOW_TO_PARK, lifted=guard_is_lifted(deployed, plan)),
        placeholders_section(placements),
        drawn_section(placements),
        _cut_over(estate, deployed),
    )  # fmt: skip


def make_plugin_runbook(estate: Estate, placements: Sequence[Placement], plan: Plan) -> Piece:
    """The runbook of the layout ``plugin``."""
    deployed = [placement for placement in placements if not placement.parked]
    environment = estate.environments[0] if estate.environments else "ENVIRONMENT"
    used = {placement.release.layer for placement in deployed}
    layers = [layer for layer in sorted(estate.layers, key=lambda one: one.order) if layer.name in used]
    first = application_name(layers[0].name) if layers else "NAME"
    ops, root = f"environments/{environment}/argocd/ops", f"apps-root-{cluster_name(environment)}"
    rows = "".join(f"| {10 * one.order} | `{application_name(one.name)}` | `{one.file}` |\n" for one in layers)
    return _piece(
        _intro(estate, plan, "by running helmfile inside Argo CD, an Application a layer", f"""\
| `{SOURCES}` | the estate's own files, at their own paths: the plugin runs there |
"""),
        f"""\
## Bootstrap

Once for each environment; `{environment}` stands for any of them.

1. Push this tree to the root of `{plan.repo_url}`, branch or tag `{plan.revision}`.
2. The settings, without which nobody waits for an Application inside another:

   ```sh
   kubectl -n argocd patch configmap argocd-cm --type merge --patch-file {ops}/argocd-cm.yaml
   ```

3. The plugin, a sidecar of the repo-server. Its image (`{IMAGE}` there; pin your own) needs helmfile, helm, bash, jq
   and yq 4. What helmfile decrypts or looks up, it needs the keys for: they are not part of this tree.

   ```sh
   kubectl -n argocd apply -f {ops}/helmfile-plugin.yaml
   kubectl -n argocd patch deployment argocd-repo-server --patch-file {ops}/argocd-repo-server-patch.yaml
   kubectl -n argocd rollout status deployment argocd-repo-server
   ```

{credentials_step(4, f"environments/{environment}/argocd", plan)}
5. `kubectl apply -f environments/{environment}/argocd/parent/{root}.yaml`, then `argocd app sync {root}`.

## Order

Each layer after the one above it, by its sync wave: the root waits until a layer's Application is healthy.
Inside a layer nothing orders one release after another, `needs` are not waited for: `migrate convert` listed them.

| wave | Application | file |
|---|---|---|
{rows}
## Sync, wait, diff

```sh
argocd app manifests {first} --source git | less    # what helmfile prints
argocd app diff {first} --refresh
argocd app sync {first}
argocd app wait {first} --health --sync --operation --timeout 600
```

A sync that fails is tried again (`retry`). Hooks of helmfile itself (`presync` and the like) do not run: the plugin
prints and applies nothing. Hooks of charts run with every sync; a layer of hooks alone is healthy without running any.

## What is proven

`migrate verify` reads the copy in `{SOURCES}` once more and says `explained: plugin` where it reads as the estate does,
on the right file, for the right environment and cluster. What the plugin's own helmfile and Helm print, with the keys
they have there, it cannot know: compare `argocd app manifests` with `helmfile template` before the first sync.

## Taking a layer apart

Convert with another layout (`layout:` in migration.yaml) when a layer is to become Applications of its own. Delete the
layer's Application without its objects first, or two would own them:

```sh
argocd app delete {first} --cascade=false
```
""",
        placeholders_section(placements),
        drawn_section(placements),
        _cut_over(estate, deployed),
    )  # fmt: skip


def _intro(estate: Estate, plan: Plan, how: str, rows: str) -> str:
    return f"""\
# Runbook

This tree holds what the helmfiles in `{estate_place(estate)}` applied, {how}.
Argo CD reads it from `{plan.repo_url}`, revision `{plan.revision}`. Environments: {", ".join(estate.environments)}.
Commands start in the root of that repository.

| where | what |
|---|---|
{_ARGOCD}{rows}{_OURS}"""


def _cut_over(estate: Estate, deployed: Sequence[Placement]) -> str:
    table = "\n".join(layers_table(estate.environments, deployed))
    commands = "\n".join(clean_up_commands(deployed))
    return f"""\
## Cut-over

Layer by layer, the least important first: `migrate verify`, diff, one full sync, then fence the releases in the
helmfiles with a hook on `preapply, presync, preuninstall` that exits 1. Never `helm uninstall` or `helmfile destroy`.

{table}

## Rollback

`git revert COMMIT`, push, sync. A fenced layer: take the hook out, then `helmfile apply`; Helm needs its records.

## Clean-up

Helm's records, last of all, for layers that are taken out of the helmfiles:

```sh
{commands}
```
"""


def _piece(*parts: str) -> Piece:
    text = "\n".join(part for part in parts if part)
    return Piece({"README.md": text.encode("utf-8")}, {"README.md": (Provenance(0, "migrate: the runbook"),)})
