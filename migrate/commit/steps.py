"""A layer that is cut over → the steps that a person runs, in order, with commands; nothing here touches a cluster."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from migrate.model.guards import is_guarded
from migrate.model.manifest import Manifest, Rendered
from migrate.model.plan import Disposition, Plan, ReleasePlan
from migrate.model.report import Report


@dataclass(frozen=True)
class Step:
    """One step: what it is for, and the commands in their order."""

    title: str
    why: str
    commands: tuple[str, ...] = ()


def cutover_steps(plan: Plan, layer: str, report: Report, changed: Sequence[str], *, removed: bool) -> tuple[Step, ...]:
    """The steps after a layer was fenced, or after its releases were taken out of the helmfiles.

    ``changed``: the files that the cut-over touched, for the commit that comes first.
    """
    done = "Take" if removed else "Fence"
    title = f"{done} {layer}{' out of the helmfiles' if removed else ' in the helmfiles'}"
    commands = (f"git add -A -- {_words(changed)}", f"git commit -m {shlex.quote(title)}") if changed else ()
    first = Step("Commit what changed", "Nobody else's helmfile knows of it before it is merged.", commands)
    if removed:
        return (first, _clean_up(plan, layer), _rollback(plan, layer))
    return (
        first,
        *_syncs(plan, layer, report),
        _bootstrap(plan, layer),
        Step(
            "Take it out",
            "When the layer has run from Argo CD for as long as you want to see. Never with helmfile destroy.",
            (f"migrate cutover {layer} --remove",),
        ),
        _clean_up(plan, layer),
        _rollback(plan, layer),
    )


def _syncs(plan: Plan, layer: str, report: Report) -> tuple[Step, ...]:
    phases = {release.id: release.rollout_phase.value for release in plan.releases}
    found: dict[str, dict[str, list[str]]] = {}
    for row in report.releases:
        if row.layer == layer and row.application:
            names = found.setdefault(row.environment, {}).setdefault(phases.get(row.id, ""), [])
            names += [] if row.application in names else [row.application]
    alike: dict[tuple[tuple[str, ...], ...], list[str]] = {}
    for environment, by_phase in found.items():
        alike.setdefault(tuple(tuple(by_phase[phase]) for phase in sorted(by_phase)), []).append(environment)
    steps = []
    for ordered, environments in alike.items():
        where = f"in {environments[0]}" if len(environments) == 1 else f"in each of {', '.join(environments)}"
        sync = [command for names in ordered for command in _sync(names)]
        steps.append(
            Step(
                f"First sync, without prune, {where}",
                "Phase by phase; a diff that shows more than verify explained is a reason to stop. Each Application"
                " needs one full sync (not with ApplyOutOfSyncOnly), or its objects are never marked as its own.",
                tuple(sync),
            )
        )
        steps.append(
            Step(
                f"Adoption, {where}",
                "This lists objects without the tracking-id of their Application; definitions never carry one.",
                (_marks([name for names in ordered for name in names]),),
            )
        )
    return tuple(steps)


def _sync(names: Sequence[str]) -> tuple[str, str, str]:
    listed = " ".join(names)
    return (
        f'for APP in {listed}; do argocd app diff "$APP" --refresh; done',
        f"argocd app sync {listed}",
        f"argocd app wait {listed} --health --sync --operation --timeout 600",
    )


def _marks(names: Sequence[str]) -> str:
    each = '{range .status.resources[*]}{.kind}.{.version}.{.group} {.name} {.namespace}{"\\n"}{end}'
    return f"""\
for APP in {" ".join(names)}; do
  kubectl -n argocd get application "$APP" -o jsonpath='{each}' |
  while read -r kind name namespace; do
    kubectl ${{namespace:+-n "$namespace"}} get "$kind" "$name" \\
      -o jsonpath='{{.metadata.annotations.argocd\\.argoproj\\.io/tracking-id}}' </dev/null |
      grep -q "^$APP:" || echo "not marked: $kind $namespace/$name"
  done
done"""


def _bootstrap(plan: Plan, layer: str) -> Step:
    names = [r.id for r in plan.releases if r.layer == layer and r.disposition is Disposition.BOOTSTRAP]
    if not names:
        return Step("Look at what is left", "See that the fence holds.", (f"migrate status   # {layer}: fenced",))
    return Step(
        "Keep the values of what the bootstrap brings",
        f"{', '.join(names)}: no Application brings it, so Helm goes on to, without helmfile.",
        tuple(
            f"migrate values {name} -e {environment.name} > {name.rpartition('/')[2]}-{environment.name}.yaml"
            for name in names
            for environment in plan.environments
        ),
    )


def _clean_up(plan: Plan, layer: str) -> Step:
    gone = [r.id for r in plan.releases if r.layer == layer and r.disposition is Disposition.COMPONENT]
    owners = dict.fromkeys(plan.owner_of(identity) for identity in gone)
    return Step(
        "Clean-up of Helm's records",
        "On each cluster, last, and only for what was taken out: without them Helm cannot roll back. Never helm"
        " uninstall, which deletes the live objects.",
        tuple(_record(identity) for identity in owners),
    )


def _record(identity: str) -> str:
    context, namespace, name = ["", *identity.split("/")][-3:] if "/" in identity else ("", "default", identity)
    where = f"--context {context} " if context else ""
    return f"kubectl {where}-n {namespace} delete secret -l owner=helm,name={name}"


def _rollback(plan: Plan, layer: str) -> Step:
    names = dict.fromkeys(plan.owner_of(r.id).rpartition("/")[2] for r in plan.releases if r.layer == layer)
    chosen = " ".join(f"-l name={name}" for name in names)
    by_itself = plan.layer_handover.get(layer, plan.handover) == "done"
    first = f"# in migration.yaml: layerHandover: {{{layer}: manual}}; then migrate convert, commit, push"
    return Step(
        "Rollback, if it must be",
        "Only while Helm's records are there. The marks of Argo CD do no harm.",
        (*((first,) if by_itself else ()), "git revert COMMIT    # of the cut-over", f"helmfile {chosen} apply"),
    )


def _words(paths: Sequence[str]) -> str:
    return " ".join(shlex.quote(path) for path in paths)


def steps_text(steps: Sequence[Step]) -> str:
    """The steps for a person: numbered, commands indented."""
    lines: list[str] = []
    for number, step in enumerate(steps, 1):
        lines += [f"{number}. {step.title}. {step.why}"]
        lines += [f"     {line}" for command in step.commands for line in command.split("\n")]
    return "\n".join(lines) + "\n"


def retire_steps(
    plan: Plan, parts: Sequence[ReleasePlan], rendered: Mapping[tuple[str, str], Rendered]
) -> tuple[Step, ...]:
    """What a person does after a release was retired: which objects go with its Application, and which stay."""
    steps = [
        Step(
            "Write the tree without it and commit",
            "With `removal: delete` and the hand-over done its Applications then go with their objects, except where"
            " they hold data; else they stay until somebody deletes them."
            if plan.removal == "delete"
            else "Its Applications and their objects stay as they are until somebody deletes them.",
            ("migrate convert", "git add -A", f"git commit -m {shlex.quote(f'Retire {parts[0].id}')}"),
        )
    ]
    for environment in plan.environments:
        objects = [
            m
            for part in parts
            for m in rendered.get((environment.name, part.id), Rendered()).manifests
            if not is_hook(m)
        ]
        if not objects:
            continue
        kept = [m for m in objects if _outlives(m)]
        gone = [m for m in objects if not _outlives(m)]
        holding = [m for m in gone if is_guarded(m.key)]
        why = f"It deletes {_counted(gone)}." if gone else "Nothing of it is deleted."
        if holding:
            why += f" HOLDS DATA: {', '.join(str(m.key) for m in holding)}."
        if kept:
            why += f" Kept: {', '.join(str(m.key) for m in kept)}."
        if any(m.key.kind == "StatefulSet" for m in gone):
            why += " Kept: the volume claims that a StatefulSet made."
        names = [part.component.value for part in parts]
        steps.append(
            Step(
                f"Delete it in {environment.name}, if it shall go", why, tuple(f"argocd app delete {n}" for n in names)
            )
        )
    return tuple(steps)


def is_hook(manifest: Manifest) -> bool:
    """Whether Helm runs it beside the release, so that it is no part of it."""
    return "helm.sh/hook" in manifest.annotations


def _outlives(manifest: Manifest) -> bool:
    """What Argo CD leaves when it deletes an Application with its objects."""
    keep = manifest.annotations.get("helm.sh/resource-policy") == "keep"
    return keep or manifest.key.kind in ("Namespace", "CustomResourceDefinition")


def _counted(objects: Sequence[Manifest]) -> str:
    kinds = Counter(manifest.key.kind for manifest in objects)
    return ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))
