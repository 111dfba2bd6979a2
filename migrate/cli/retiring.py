"""``retire``: a release that was taken out of the helmfiles goes for good. No cluster is touched."""

from __future__ import annotations

import json
from dataclasses import replace

import click

from migrate.cli.decisions import journal_file
from migrate.cli.options import Settings, common_options
from migrate.cli.stages import planned, whole_estate
from migrate.cli.work import product
from migrate.commit import retire_steps, steps_text
from migrate.doors.files import read_text
from migrate.doors.journal import change_files, finish_changes
from migrate.doors.swap import folder_lock
from migrate.errors import ExitCode, RefusedError, UsageError
from migrate.model.json import SCHEMA_VERSION, to_json
from migrate.model.plan import DecisionSource, Disposition, Plan
from migrate.plan import dump_plan


@click.command()
@click.argument("release")
@click.option("--force", is_flag=True, help="Although other releases need it.")
@click.option("--dry-run", is_flag=True, help="Write nothing; say what would be deleted and what is kept.")
@common_options("text", "json", estate="option")
def retire(settings: Settings, release: str, force: bool, dry_run: bool) -> int:
    """Drop RELEASE for good: the next convert leaves it out of the tree.

    It must have been taken out of the helmfiles. What a person then deletes in the clusters, and what is kept
    whatever happens (namespaces, definitions, volumes, databases), is listed with the commands.

    \b
    Example:
      migrate retire data-ext/neo4j
    """
    whole_estate(settings, "a plan")
    with folder_lock(settings.plan_file.absolute()):
        finish_changes(journal_file(settings.plan_file))
        read, plan = planned(settings)
        identity = _named_release(plan, release)
        state = plan.by_id()[identity].state
        if state != "removed":
            raise RefusedError(
                f"{identity} is still in the helmfiles: helmfile would go on applying it",
                hint=f"first: migrate cutover {plan.by_id()[identity].layer} --remove",
            )
        needing = sorted({e.after for e in read.graph.edges if e.before == identity} - {identity})
        alive = [one for one in needing if plan.by_id()[one].disposition is Disposition.COMPONENT]
        if alive and not force:
            hint = "retire those first, or say --force"
            raise RefusedError(f"{', '.join(alive)} need{'s' if len(alive) == 1 else ''} {identity}", hint=hint)
        parts = {one.id for one in plan.releases if plan.owner_of(one.id) == identity}
        releases = tuple(
            replace(r, disposition=Disposition.RETIRED, disposition_source=DecisionSource.PERSON)
            if r.id in parts
            else r
            for r in plan.releases
        )
        text = dump_plan(replace(plan, releases=releases), read_text(settings.plan_file))
        steps = retire_steps(plan, [plan.by_id()[one] for one in sorted(parts)], read.rendered)
        if not dry_run:
            change_files({settings.plan_file.absolute(): text}, journal_file(settings.plan_file))
    if settings.output == "json":
        shape = {"schemaVersion": SCHEMA_VERSION, "release": identity, "steps": [to_json(step) for step in steps]}
        product(json.dumps(shape, indent=2, ensure_ascii=False))
    else:
        product(f"{identity} is retired\n\n{steps_text(steps)}")
    return int(ExitCode.DONE)


def _named_release(plan: Plan, name: str) -> str:
    """
    Raises:
        UsageError: no release has that name, or several have.
    """
    found = [r.id for r in plan.releases if name in (r.id, r.id.rpartition("/")[2])]
    if len(found) != 1:
        hint = f"one of: {', '.join(found)}" if found else "see: migrate plan"
        raise UsageError(f"{'several releases are' if found else 'no release is'} called {name}", hint=hint)
    return found[0]
