"""The part of the runbook that brings Argo CD, its settings, its credentials and the root Application."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from migrate.emit.argocd import repository_name
from migrate.emit.placement import Placement, cluster_name
from migrate.model.plan import Disposition, Plan


def bootstrap_section(environments: Sequence[str], placements: Sequence[Placement], plan: Plan) -> str:
    """From a pushed tree to the Applications of one environment."""
    first = environments[0] if environments else "<env>"
    name = cluster_name(first)
    root = f"apps-root-{name}"
    folder = f"environments/{first}/argocd"
    counts = Counter(placement.environment.name for placement in placements)
    counted = ", ".join(f"{counts[environment]} in {environment}" for environment in environments)
    return f"""\
## Bootstrap

Once for each environment, with `kubectl` on its cluster; `{first}` stands for any of them. The commands of `argocd`
want a login: `argocd login SERVER`, or `argocd login --core` with `argocd` as the namespace of the kube context.

1. Push this tree, as it is, to the root of `{plan.repo_url}`, branch or tag `{plan.revision}`.
{_settings(folder, first, plan)}
{credentials_step(3, folder, plan)}
4. Apply the root, and let it bring projects, repositories and ApplicationSets:

   ```sh
   kubectl apply -f {folder}/parent/{root}.yaml
   argocd app sync {root}
   argocd app wait {root} --health --sync --operation --timeout 300
   ```

5. See that the ApplicationSets made all Applications: {counted}.
   None syncs yet unless the hand-over is done:

   ```sh
   kubectl -n argocd get applicationsets -o wide
   argocd app list --output name
   ```
"""


def _settings(folder: str, environment: str, plan: Plan) -> str:
    chart = next((r for r in plan.releases if r.disposition is Disposition.BOOTSTRAP), None)
    patch = "kubectl -n argocd patch configmap --type merge"
    restart = "kubectl -n argocd rollout restart deployment argocd-applicationset-controller"
    if chart is not None:
        space, _, name = chart.id.rpartition("/")
        apply = f"helmfile -e {environment} -l name={name} sync"
        if chart.state:  # helmfile lets it alone: a fence, or it is gone
            apply = f"helm -n {space.rpartition('/')[2]} upgrade --install {name} {chart.chart} --values VALUES.yaml"
        return f"""\
2. Install Argo CD with its settings. The release `{chart.id}` of the helmfiles brings it, and its chart owns the
   ConfigMaps: add `{folder}/ops/argocd-values.yaml` to the values of that release, and
   apply it. The ApplicationSet controller reads its settings when it starts only:

   ```sh
   {apply}
   {restart}
   ```

   `argocd-cm.yaml` and `argocd-cmd-params-cm.yaml` beside it say the same as patches, for an Argo CD that no chart
   owns. Never use both: the next sync of the chart would take the patches away."""
    return f"""\
2. Install Argo CD, apply its settings, and restart what reads them only when it starts. Where a chart installs it, give
   the same to the chart as values (`configs.cm`, `configs.params`) instead: it owns these ConfigMaps.

   ```sh
   {patch} argocd-cm --patch-file {folder}/ops/argocd-cm.yaml
   {patch} argocd-cmd-params-cm --patch-file {folder}/ops/argocd-cmd-params-cm.yaml
   {restart}
   ```"""


def credentials_step(number: int, folder: str, plan: Plan) -> str:
    """How Argo CD gets what opens the repository, a step of a list; ``folder`` is the environment's."""
    secret = repository_name(plan)
    prefix = plan.repo_url.rpartition("/")[0]
    if plan.repo_url.startswith("file://"):
        return f"{number}. The repository is a folder of the repo-server: it needs no credentials."
    ssh = not plan.repo_url.startswith(("https://", "http://"))
    how = "--ssh-private-key-path KEYFILE" if ssh else '--username NAME --password "$TOKEN"'
    return f"""\
{number}. Give Argo CD its credentials for `{plan.repo_url}`,
   before it reads anything. None of them belongs into git. One way of these:

   - for everything below `{prefix}`, so that the Secret in `repos/` may stay without:

     ```sh
     argocd repocreds add {prefix} {how}
     ```

   - in the Secret itself, from a file that stays out of git; a sync leaves keys alone that git does not have:

     ```sh
     kubectl apply -f {folder}/repos/{secret}.yaml
     kubectl -n argocd patch secret {secret} --type merge --patch-file CREDENTIALS.yaml
     ```

   - an ExternalSecret or a sealed Secret with the label `argocd.argoproj.io/secret-type: repo-creds`, once their
     operator runs: it cannot be the first way, since Argo CD brings the operator.

   Not `argocd repo add`: the Secret of `repos/` would come beside the one that it makes, and of two Secrets with one
   URL Argo CD may read the one without credentials."""
