"""What several commands do first: read the estate, render it, and take the plan."""

from __future__ import annotations

from dataclasses import replace

from migrate import pipeline
from migrate.cli.decisions import decided_plan
from migrate.cli.options import Settings
from migrate.errors import AnswersMissingError, UsageError
from migrate.model.plan import Plan
from migrate.pipeline import Reading
from migrate.plan import settle_findings
from migrate.proof import Proof, Shard


def whole_estate(settings: Settings, what: str) -> None:
    """A plan or a tree of some releases would silently lose the others.

    Raises:
        UsageError: selectors were given.
    """
    if settings.request.selectors:
        raise UsageError(f"{what} is made for the whole estate", hint="leave out --selector")


def reading(settings: Settings) -> tuple[Reading, Plan | None]:
    """Read and render the estate as the options and the file of decisions say."""
    decided = decided_plan(settings)
    read = pipeline.read_and_render(
        settings.request,
        decided=decided,
        clusters=settings.clusters(),
        console=settings.console,
        jobs=settings.jobs,
        helm=settings.helm,
    )
    return read, decided


def planned(settings: Settings) -> tuple[Reading, Plan]:
    """The reading with the plan that holds for it: decisions of the file, proposals for what it leaves open.

    Raises:
        AnswersMissingError: a rule is marked ``ask`` and its answer is missing.
    """
    read, decided = reading(settings)
    plan = _for_argocd(settings, pipeline.plan_releases(read, decided))
    require_answers(plan)
    return replace(read, findings=settle_findings(read.findings, plan, read.rendered)), plan


def planned_by_units(settings: Settings, proof: Proof, shard: Shard) -> tuple[Reading, Plan]:
    """As ``planned``, read and rendered by ``proof``.

    Raises:
        AnswersMissingError: as ``planned``, and where a shard would have to guess what only the whole estate tells.
    """
    decided = decided_plan(settings)
    read = proof.read(settings.request, decided=decided, clusters=settings.clusters())
    known = decided.by_id() if decided else {}
    if shard.of > 1 and any(release.id not in known for release in read.estate.releases):
        raise AnswersMissingError(
            f"a shard needs a whole plan, and {settings.plan_file} lacks releases", hint="write it with: migrate plan"
        )
    plan = _for_argocd(settings, pipeline.plan_releases(read, decided))
    require_answers(plan)
    return replace(read, findings=settle_findings(read.findings, plan, read.rendered)), plan


def _for_argocd(settings: Settings, plan: Plan) -> Plan:
    """The plan for the Argo CD that the command line names."""
    return replace(plan, argocd_version=settings.argocd_version_in(plan))


def require_answers(plan: Plan) -> None:
    """Stop with exit code 4 where an answer that only a person may give is missing."""
    missing = [question for question in plan.questions if question.must_ask]
    if missing:
        listed = "\n  ".join(f"{question.key}: {question.text}" for question in missing)
        raise AnswersMissingError(
            f"{len(missing)} answers are missing:\n  {listed}",
            hint="run: migrate wizard, or write them into the plan",
        )
