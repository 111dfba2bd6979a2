"""``cutover``: helmfile lets go of a layer. No cluster is touched."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import click

from migrate.cli.decisions import decided_plan, journal_file, removed_folder
from migrate.cli.options import Settings, common_options
from migrate.cli.stages import planned_by_units, whole_estate
from migrate.cli.verdicts import stored_report
from migrate.cli.work import existing_folder, product, tell
from migrate.commit import (
    CutOver,
    Files,
    Step,
    branch_name,
    commit_change,
    cutover_order,
    cutover_steps,
    fence_releases,
    refuse_open_needs,
    refuse_undeployed,
    refuse_unproven,
    remove_releases,
    steps_text,
)
from migrate.doors.files import read_text, read_tree
from migrate.doors.journal import change_files, finish_changes
from migrate.doors.release_records import Records, read_release_records
from migrate.doors.swap import folder_lock
from migrate.emit import secrets_in_releases
from migrate.errors import ExitCode, RefusedError, UsageError
from migrate.model.estate import Estate, Release
from migrate.model.fence import is_fenced, without_fence
from migrate.model.finding import Finding, Severity, sort_findings
from migrate.model.json import SCHEMA_VERSION, to_json
from migrate.model.plan import Disposition, Plan
from migrate.model.removed import RemovedLayer, without_secret_texts
from migrate.model.report import Report
from migrate.model.tree import tree_hash
from migrate.pipeline import Reading
from migrate.plan import dump_plan
from migrate.proof import Proof, ProofOptions, Shard
from migrate.read import read_estate
from migrate.report import finding_json


@click.command()
@click.argument("layer", required=False)
@click.option("--remove", is_flag=True, help="Take the releases of a fenced layer out of the helmfiles.")
@click.option(
    "--deployed", type=click.Path(path_type=Path), metavar="DIR", help="Helm's records, as for verify --deployed."
)
@click.option("--no-deployed", is_flag=True, help="Fence without a look at what is deployed.")
@click.option("--accept-needs", is_flag=True, help="Go on although a layer that this one needs is not cut over.")
@click.option("--commit", "to_branch", is_flag=True, help="Change a branch of the estate's repository, not the files.")
@click.option("--dry-run", is_flag=True, help="Write nothing; say what would change.")
@common_options("text", "json", estate="option")
def cutover(
    settings: Settings,
    layer: str | None,
    remove: bool,
    deployed: Path | None,
    no_deployed: bool,
    accept_needs: bool,
    to_branch: bool,
    dry_run: bool,
) -> int:
    """Fence LAYER in the helmfiles, or take it out; without LAYER, show the order.

    The first run puts a hook on each release that makes helmfile refuse to apply or destroy it: `helmfile template`
    and `list` go on working. With --remove a later run takes fenced releases out, comments and order of the rest kept,
    and keeps in migration.removed/ what convert and verify need. Both judge the layer anew first, write down in
    migration.yaml what they did, and print the steps that a person runs.

    \b
    Examples:
      migrate cutover                                   which layer may go next
      migrate cutover 12-crds --deployed recorded
      migrate cutover 12-crds --remove
    """
    whole_estate(settings, "a cut-over")
    if settings.request.environments:
        raise UsageError("a layer is cut over in all environments", hint="leave out --environment")
    if deployed and no_deployed:
        raise UsageError("--deployed and --no-deployed exclude each other", hint="leave one of them out")
    if layer and not remove and deployed is None and not no_deployed:
        raise UsageError(
            "what is deployed counts: the first sync would change what drifted",
            hint="give Helm's records with --deployed DIR (see: migrate verify --help), or say --no-deployed",
        )
    with folder_lock(settings.plan_file.absolute()):
        for path in finish_changes(journal_file(settings.plan_file)):
            settings.console.say(f"finished what a killed run began: {path}")
        if not settings.plan_file.is_file():
            raise UsageError(f"{settings.plan_file} is not there", hint="write it with: migrate plan")
        options = ProofOptions(settings.jobs, deployed=_records(deployed), helm=settings.helm)
        with Proof(options, settings.console) as proof:
            read, plan = planned_by_units(settings, proof, Shard())
            if layer is None:
                return _order(settings, plan, read)
            report = _judged(settings, proof, read, plan, layer)
        refuse_undeployed(layer, report)
        if not accept_needs:
            refuse_open_needs(layer, plan, read.graph)
        done = _removed(settings, read, plan, layer) if remove else _fenced(settings, read, plan, layer)
        files = _with_state(settings, done, plan, "removed" if remove else "fenced")
        changes = {path: text for path, text in files.items() if _is_new(path, text)}
        if changes and to_branch:
            _commit(settings, layer, changes, Path(read.estate.root), remove=remove, dry_run=dry_run)
        elif changes and not dry_run:
            change_files(changes, journal_file(settings.plan_file))
    named = () if to_branch else tuple(_shown(path) for path in changes)
    steps = cutover_steps(plan, layer, report, named, removed=remove)
    return _say(settings, layer, done, tuple(changes), steps)


@dataclass(frozen=True)
class _Done:
    """What a cut-over changes: absolute path → text, the releases, what it could not do, the hash that it rests on."""

    files: dict[Path, str | None]
    releases: tuple[str, ...]
    findings: tuple[Finding, ...]
    verified_tree: str


def _commit(
    settings: Settings, layer: str, changes: dict[Path, str | None], root: Path, *, remove: bool, dry_run: bool
) -> None:
    """
    Raises:
        RefusedError: a changed file lies outside the repository, or git refuses.
    """
    outside = [path for path in changes if not path.is_relative_to(root)]
    if outside:
        raise RefusedError(f"{outside[0]} lies outside of {root}", hint="leave out --commit, and commit it by hand")
    files = {path.relative_to(root).as_posix(): text for path, text in changes.items()}
    branch = branch_name(f"{layer}-{'removed' if remove else 'fenced'}")
    title = f"Take {layer} out of the helmfiles" if remove else f"Fence {layer} in the helmfiles"
    settings.console.say(commit_change(root, branch, layer, title, files, dry_run=dry_run).as_text())


def _order(settings: Settings, plan: Plan, read: Reading) -> int:
    states = {name: {r.state for r in plan.releases if r.layer == name} for name in cutover_order(plan, read.graph)}
    told = {
        name: next(iter(found)) or "open" if len(found) == 1 else "partly cut over" for name, found in states.items()
    }
    if settings.output == "json":
        layers = [{"layer": name, "state": state} for name, state in told.items()]
        product(json.dumps({"schemaVersion": SCHEMA_VERSION, "layers": layers}, indent=2, ensure_ascii=False))
    else:
        product("".join(f"{number:>3}. {name}: {state}\n" for number, (name, state) in enumerate(told.items(), 1)))
    return int(ExitCode.DONE)


def _judged(settings: Settings, proof: Proof, read: Reading, plan: Plan, layer: str) -> Report:
    """The layer's verdicts: those stored for the tree, and those of the estate as it is this minute.

    Raises:
        UsageError: no such layer. RefusedError: it is not proven.
    """
    known = list(dict.fromkeys(release.layer for release in plan.releases))
    if layer not in known:
        raise UsageError(f"there is no layer {layer}", hint=f"layers: {', '.join(known)}")
    folder = existing_folder(settings.out, "the tree", "write it with: migrate convert")
    tree = read_tree(folder)
    planned_ids = plan.by_id()
    of_layer = tuple(release for release in read.estate.releases if release.layer == layer)
    expected = [
        (r.environment, r.id)
        for r in of_layer
        if r.deployed and r.id in planned_ids and planned_ids[r.id].disposition is Disposition.COMPONENT
    ]
    refuse_unproven(layer, stored_report(tree_hash(tree)), expected)
    alone = replace(read, estate=replace(read.estate, releases=of_layer), selectors=(f"layer={layer}",))
    report = proof.prove(alone, plan, tree, folder)
    refuse_unproven(layer, report, expected)
    return report


def _records(folder: Path | None) -> Records | None:
    return (
        None
        if folder is None
        else read_release_records(existing_folder(folder, "the folder of records", "see: migrate verify --help"))
    )


def _fenced(settings: Settings, read: Reading, plan: Plan, layer: str) -> _Done:
    raw = read_estate(settings.request)
    wanted = {release.id for release in raw.releases if release.layer == layer}
    done = fence_releases(raw, wanted, _reader(raw), lambda files: _again(settings, files))
    return _Done(_absolute(raw, done), done.done, done.findings, _hash(settings))


def _removed(settings: Settings, read: Reading, plan: Plan, layer: str) -> _Done:
    """
    Raises:
        UsageError: in the layout plugin the tree itself runs the helmfiles. RefusedError: a release is not fenced.
    """
    if plan.layout == "plugin":
        hint = "convert with another layout first: migrate convert --layout environments"
        raise UsageError("in the layout plugin Argo CD runs the helmfiles, so nothing can be taken out", hint=hint)
    raw = read_estate(settings.request)
    there = [release for release in raw.releases if release.layer == layer]
    open_ = list(dict.fromkeys(release.id for release in there if not is_fenced(release)))
    if open_:
        hint = f"first: migrate cutover {layer} (then sync, and look at it for a while)"
        raise RefusedError(f"helmfile could still apply {', '.join(open_)}", hint=hint)
    secret, findings = _with_secrets(raw, there)
    gone = {release.id for release in there} - secret
    done = remove_releases(raw, gone, _reader(raw), lambda files: _again(settings, files))
    files = _absolute(raw, done)
    if done.done:
        path, text = _record(settings, read.estate, raw, layer, done)
        # First what is kept, so that there is no moment when a release is neither in the helmfiles nor here.
        files = {path: text, **files}
    return _Done(files, done.done, (*findings, *done.findings), _hash(settings))


def _with_secrets(raw: Estate, releases: list[Release]) -> tuple[set[str], list[Finding]]:
    """Releases that cannot be kept in a file, since something in their values looks like a secret."""
    found = {}
    for release in releases:
        texts = secrets_in_releases(raw.root, [release])
        kept = json.dumps(to_json(without_secret_texts(release)), ensure_ascii=False)
        if any(json.dumps(text, ensure_ascii=False)[1:-1] in kept for text in texts):
            found[release.id] = release
    hint = "move the secret out of its values (an ExternalSecret, a `secrets:` file); then run this again"
    told = [
        Finding("CO008", Severity.WARNING, f"{r.id} has a secret in its values: it stays fenced", hint, r.source, r.id)
        for r in found.values()
    ]
    return set(found), told


def _record(settings: Settings, whole: Estate, raw: Estate, layer: str, done: CutOver) -> tuple[Path, str]:
    place = removed_folder(settings.plan_file).absolute() / f"{layer}.json"
    decided = decided_plan(settings)
    before = next((one for one in (decided.removed if decided else ()) if one.layer.name == layer), None)
    out = {one.id for one in raw.releases if one.id in done.done and one.layer == layer}
    kept = tuple(without_secret_texts(without_fence(r)) for r in raw.releases if r.id in out)
    earlier = tuple(r for r in before.releases if r.id not in out) if before else ()
    needs = (*(before.cut_needs if before else ()), *done.cut_needs)
    of_layer = next(one for one in raw.layers if one.name == layer)
    noun = RemovedLayer(of_layer, whole.environments, (*earlier, *kept), tuple(dict.fromkeys(needs)))
    return place, json.dumps({"schemaVersion": SCHEMA_VERSION, **to_json(noun)}, indent=1, ensure_ascii=False) + "\n"


def _with_state(settings: Settings, done: _Done, plan: Plan, state: str) -> dict[Path, str | None]:
    """The files with migration.yaml among them, after what is kept and before the helmfiles."""
    releases = tuple(
        replace(r, state=state, verified_tree=done.verified_tree) if plan.owner_of(r.id) in done.releases else r
        for r in plan.releases
    )
    text = dump_plan(replace(plan, releases=releases), read_text(settings.plan_file))
    kept = {path: new for path, new in done.files.items() if path.suffix == ".json"}
    return {**kept, settings.plan_file.absolute(): text, **done.files}


def _say(settings: Settings, layer: str, done: _Done, changed: tuple[Path, ...], steps: tuple[Step, ...]) -> int:
    findings = sort_findings(done.findings)
    tell(settings.console, findings)
    if settings.output == "json":
        shape = {
            "schemaVersion": SCHEMA_VERSION,
            "layer": layer,
            "releases": list(done.releases),
            "changed": [_shown(path) for path in changed],
            "steps": [to_json(step) for step in steps],
            "findings": [finding_json(finding) for finding in findings],
        }
        product(json.dumps(shape, indent=2, ensure_ascii=False))
    else:
        files = "".join(f"  {_shown(path)}\n" for path in changed) or "  nothing: it was done before\n"
        product(f"{layer}: {len(done.releases)} releases\n{files}\n{steps_text(steps)}")
    return int(ExitCode.DIFFERENT if findings else ExitCode.DONE)


def _hash(settings: Settings) -> str:
    return tree_hash(read_tree(settings.out))


def _reader(raw: Estate) -> Callable[[str], str]:
    return lambda path: read_text(Path(raw.root) / path)


def _again(settings: Settings, files: Files) -> Estate:
    return read_estate(replace(settings.request, overlay=files))


def _absolute(raw: Estate, done: CutOver) -> dict[Path, str | None]:
    """
    Raises:
        RefusedError: a file lies outside the estate's repository.
    """
    outside = [path for path in done.files if path.startswith("/")]
    if outside:
        raise RefusedError(f"{outside[0]} lies outside the estate's repository", hint="cut it over where it belongs")
    # What lists a file goes before the file.
    ordered = sorted(done.files.items(), key=lambda item: item[1] is None)
    return {Path(raw.root) / path: text for path, text in ordered}


def _is_new(path: Path, text: str | None) -> bool:
    return path.is_file() if text is None else not path.is_file() or read_text(path) != text


def _shown(path: Path) -> str:
    here = Path.cwd()
    return path.relative_to(here).as_posix() if path.is_relative_to(here) else str(path)
