"""``python -m tests.e2e``: the command line, and the promise that everything is undone."""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from migrate.errors import ExitCode, MigrateError
from tests.e2e.claim import Journal, plan_claim, read_journal, refusals, write_journal
from tests.e2e.cleanup import RESTARTED, Cleaning, Clock
from tests.e2e.kubectl import Cluster, Kubectl, KubectlError, key_of
from tests.e2e.report import figures
from tests.e2e.repository import Repository, publish, repository_for, withdraw
from tests.e2e.run import Watch, compare_live, settle
from tests.e2e.tree import Conversion, StopError, argocd_objects, convert, copy_estate, foretell, make_up_secrets

ROOT = Path(__file__).parent.parent.parent
CLOCK = Clock(time.monotonic, time.sleep)
REPO_SERVER = "app.kubernetes.io/name=argocd-repo-server"


def arguments(given: Sequence[str]) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.e2e",
        description="Roll an environment of the sample estate out on a cluster with Argo CD, hold the live objects to "
        "what `migrate render` says, and undo everything. For a cluster that may be thrown away. The sample's images "
        "exist nowhere: on real Nodes it never becomes healthy, so give --estate there.",
    )
    add = parser.add_argument
    add("--kubeconfig", required=True, help="the cluster; no other way to name one, so that it is named on purpose")
    add("--environment", default="staging", help="default: staging")
    add("--repo-url", default="", help="a git repository as Argo CD reads it; default: a scratch one on this disk")
    add("--push-url", default="", help="the same repository as this machine pushes to it; default: --repo-url")
    add("--estate", type=Path, help="another estate, as it is; default: the sample, with made-up secrets")
    add("--plan", type=Path, help="its migration.yaml; default: beside the estate")
    add("--layout", choices=("environments", "shared"), default="environments", help="those with steps")
    add("--convert-option", action="append", default=[], metavar="X", help="one more word for `migrate convert`")
    add("--deadline", type=float, default=60.0, metavar="MINUTES", help="for the rollout; default: 60")
    add("--play-controllers", action="store_true", help="for an API server without Nodes: play kubelet and operators")
    add("--report", type=Path, metavar="FILE", help="all figures as JSON")
    add("--clean", action="store_true", help="only undo what a killed run left")
    return parser.parse_args(given)


def say(text: str) -> None:
    """A line of progress."""
    print(f"{time.strftime('%H:%M:%S')}  {text}", file=sys.stderr, flush=True)


def main(given: Sequence[str]) -> int:
    """Run, and give the exit code of the project's contract."""
    options = arguments(given)
    cluster = Kubectl(options.kubeconfig)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupted)
    try:
        return clean(options, cluster) if options.clean else prove(options, cluster)
    except KeyboardInterrupt:
        say("interrupted")
        return int(ExitCode.INTERRUPTED)
    except StopError as error:
        say(f"error: {error}")
        return error.code
    except MigrateError as error:
        say(f"error: {error.message}")
        return int(error.exit_code)
    except KubectlError as error:
        say(f"error: {error}")
        return int(ExitCode.DIFFERENT)


def _interrupted(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def prove(options: argparse.Namespace, cluster: Cluster) -> int:
    """The whole run."""
    run = time.strftime("%Y%m%d-%H%M%S", time.gmtime())
    if not options.repo_url and cluster.list("pods", selector=REPO_SERVER):
        reason = "this Argo CD runs in the cluster and cannot read a folder of this machine: give --repo-url"
        raise StopError(reason, ExitCode.USAGE)
    with tempfile.TemporaryDirectory(prefix="migrate-e2e-") as name:
        folder = Path(name)
        repository = repository_for(options.repo_url, options.push_url, folder, run)
        estate = options.estate or ROOT / "helmfiles"
        copy_estate(estate, options.plan or estate.parent / "migration.yaml", folder)
        if not options.estate:
            make_up_secrets(folder / "helmfiles")
            if cluster.list("nodes"):
                say("the sample's images exist nowhere: only where Nodes are simulated will it become healthy")
        more = ("--layout", options.layout, *options.convert_option)
        conversion = Conversion(options.environment, repository.url, repository.branch, cluster.version(), more)
        say(f"converting {estate.name} for {options.environment}, Kubernetes {conversion.kube_version}")
        tree = convert(folder, conversion, run)
        say("asking expand and render")
        foretold = foretell(folder, conversion)
        projects, appsets, settings = (
            argocd_objects(tree, options.environment, part) for part in ("projects", "apps", "ops")
        )
        reasons = refusals(cluster, foretold, [*projects, *appsets], plays=options.play_controllers)
        if reasons:
            hint = "; a cluster that may be thrown away is what this needs"
            raise StopError("this cluster is not touched: " + "; ".join(reasons) + hint, ExitCode.REFUSED)

        journal = plan_claim(cluster, foretold, settings, run=run, branch=repository.branch)
        with undone(cluster, journal, repository, options, folder=tree) as left:
            write_journal(cluster, journal)
            publish(repository, tree)
            for document in settings:
                cluster.patch(key_of(document, cluster.resources()), {"data": document["data"]})
            cluster.restart(RESTARTED)
            for document in (*projects, *appsets):
                cluster.apply(document)
            watch = Watch(CLOCK, options.deadline * 60, say, options.play_controllers)
            rollout = settle(cluster, foretold, run, watch)
            say("comparing the live objects")
            found = figures(foretold, rollout, compare_live(cluster, foretold, rollout))
            print(found.text(), flush=True)
            if options.report:
                options.report.write_text(found.json() + "\n", encoding="utf-8")
    return int(ExitCode.DIFFERENT if found.faults or left else ExitCode.DONE)


@contextmanager
def undone(
    cluster: Cluster, journal: Journal, repository: Repository, options: argparse.Namespace, *, folder: Path
) -> Iterator[list[str]]:
    """Whatever happens inside is undone; what could not be is told, and is in the list afterwards."""
    left: list[str] = []
    try:
        yield left
    finally:
        # A second Ctrl-C would leave half of it; a run that is killed now is finished by --clean.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        say("undoing everything (Ctrl-C waits)")
        mine = read_journal(cluster)
        if mine is not None and mine.run == journal.run:
            left += _undo(cluster, mine, options)
        withdraw(repository, folder)


def _undo(cluster: Cluster, journal: Journal, options: argparse.Namespace) -> list[str]:
    cleaning = Cleaning(cluster, journal, CLOCK, say, options.play_controllers)
    left = cleaning.undo()
    say(f"{cleaning.deleted} objects deleted, {len(journal.repairs)} put back, {len(left)} left")
    for line in left:
        say(f"left: {line}")
    return left


def clean(options: argparse.Namespace, cluster: Cluster) -> int:
    """Undo what a killed run left, if there is one."""
    journal = read_journal(cluster)
    if journal is None:
        say("no run is left to undo")
        return int(ExitCode.DONE)
    left = _undo(cluster, journal, options)
    if options.repo_url:
        with tempfile.TemporaryDirectory() as folder:
            repository = repository_for(options.repo_url, options.push_url, Path(folder), journal.run)
            withdraw(repository, Path(folder))
    return int(ExitCode.DIFFERENT if left else ExitCode.DONE)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
