"""The rollout as text: the steps that hold something, the edges that break, and the gates that hold nothing back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from migrate.model.rollout import EnvironmentRollout, Fate, Remark, SimulatedEdge, SimulatedStep
from migrate.model.words import many
from migrate.report.grid import Page, Span, column, painted, table, wrapped

_MOST = 40
"""Broken edges that a terminal shows; ``--output json`` has all."""


def rollout_json(rollouts: Sequence[EnvironmentRollout]) -> dict[str, Any]:
    """Environment → steps, edges, and what is remarkable."""
    return {rollout.environment: _environment_json(rollout) for rollout in rollouts}


def _environment_json(rollout: EnvironmentRollout) -> dict[str, Any]:
    outside = [edge for edge in rollout.of_fate(Fate.IMPLIED) if edge.why]
    return {
        "steps": [_step_json(step) for step in rollout.steps],
        "edges": {
            "kept": len(rollout.of_fate(Fate.KEPT)),
            "implied": len(rollout.of_fate(Fate.IMPLIED)),
            "broken": [_edge_json(edge) for edge in rollout.of_fate(Fate.BROKEN)],
            "outside": [_edge_json(edge) for edge in outside],
        },
        "unmatched": [_remark_json(remark) for remark in rollout.unmatched],
        "hollow": [{**_remark_json(remark), "waiting": list(remark.waiting)} for remark in rollout.hollow],
        "late": [{**_remark_json(remark), "waiting": list(remark.waiting)} for remark in rollout.late],
        "closed": [_remark_json(remark) for remark in rollout.closed],
        "byHand": list(rollout.by_hand),
        "unordered": list(rollout.unordered),
    }


def _step_json(step: SimulatedStep) -> dict[str, Any]:
    return {
        "step": step.step,
        "phase": step.phase,
        "maxUpdate": step.max_update,
        "atOnce": step.at_once,
        "applications": list(step.applications),
        "appset": step.appset,
    }


def _edge_json(edge: SimulatedEdge) -> dict[str, Any]:
    source = {"file": edge.source.file, "line": edge.source.line} if edge.source else None
    return {
        "from": edge.before,
        "to": edge.after,
        "kind": edge.kind,
        "evidence": edge.evidence,
        "why": edge.why,
        "source": source,
    }


def _remark_json(remark: Remark) -> dict[str, Any]:
    source = {"file": remark.source.file, "line": remark.source.line} if remark.source else None
    return {"application": remark.application, "release": remark.release, "why": remark.why, "source": source}


# ---------------------------------------------------------------- for a terminal


def rollout_lines(rollouts: Sequence[EnvironmentRollout], page: Page) -> list[str]:
    """Environments with the same rollout are told together."""
    lines: list[str] = []
    for group in grouped(rollouts):
        first = group[0]
        names = ", ".join(rollout.environment for rollout in group)
        lines += ["", *_said(f"rollout: {names}", page, style="bold")]
        lines += [*_steps(first, page), *_by_hand(first, page)]
        if first.unordered:
            told = f"automated without a rolling sync, all at once: {', '.join(first.unordered)}"
            lines += ["", *wrapped(told, page.width, rest="    ")]
        for title, remarks in _remarks(first):
            lines += ["", *_said(title, page, style="bold")]
            lines += [line for remark in remarks for line in wrapped(_remark(remark), page.width, rest="    ")]
        broken = first.of_fate(Fate.BROKEN)
        for edge in broken[:_MOST]:
            lines += wrapped(edge_text(edge), page.width, rest="    ")
        if len(broken) > _MOST:
            lines.append(f"and {len(broken) - _MOST} more: --output json has all")
        style = "bold green" if first.sound else "bold red"
        lines += ["", *_said(sentence(first), page, style=style)]
    return lines


def grouped(rollouts: Sequence[EnvironmentRollout]) -> list[list[EnvironmentRollout]]:
    """Rollouts that are the same but for the environment and the names of its ApplicationSets."""
    groups: dict[object, list[EnvironmentRollout]] = {}
    for rollout in rollouts:
        steps = tuple((s.step, s.phase, s.max_update, s.at_once, s.applications, bool(s.appset)) for s in rollout.steps)
        remarks = tuple(tuple((r.application, r.source) for r in found) for _, found in _remarks(rollout))
        edges = tuple((e.before, e.after, e.kind, e.fate) for e in rollout.edges)
        groups.setdefault((steps, remarks, edges, rollout.by_hand, rollout.unordered), []).append(rollout)
    return list(groups.values())


def _steps(rollout: EnvironmentRollout, page: Page) -> list[str]:
    """A table an ApplicationSet, and one for what a person syncs."""
    lines: list[str] = []
    appsets = list(dict.fromkeys(step.appset for step in rollout.steps))
    for appset in appsets:
        steps = [step for step in rollout.steps if step.appset == appset]
        title = [f"ApplicationSet {appset}:" if appset else "by hand:"] if len(appsets) > 1 else []
        lines += [*([""] if lines else []), *title, *_step_table(steps, page)]
    return lines


def _step_table(steps: Sequence[SimulatedStep], page: Page) -> list[str]:
    used = [step for step in steps if step.applications]
    columns = [
        column("step", (str(step.step) for step in used), right=True),
        column("phase", (step.phase for step in used), folds=True),
        column("at once", (_at_once(step) for step in used), right=True),
        column("sync together", (", ".join(step.applications) for step in used), folds=True),
    ]
    empty = len(steps) - len(used)
    told = [f"{empty} of {len(steps)} steps are empty and pass at once"] if empty else []
    return [*table(columns, page), *(line for text in told for line in wrapped(text, page.width))]


def _at_once(step: SimulatedStep) -> str:
    if step.at_once == 0:
        return "none"
    count = len(step.applications)
    return str(count if step.at_once is None else min(step.at_once, count))


def _by_hand(rollout: EnvironmentRollout, page: Page) -> list[str]:
    if not rollout.by_hand:
        return []
    return ["", *wrapped(hand_text(rollout), page.width)]


def hand_text(rollout: EnvironmentRollout) -> str:
    """What a person has to do where nothing rolls; empty where nothing is left to do."""
    if not rollout.by_hand:
        return ""
    count = many(len(rollout.by_hand), "Application")
    every = "nothing syncs by itself" if not any(step.appset for step in rollout.steps) else f"{count} sync by hand"
    return (
        f"The hand-over is manual: {every}. Go through the steps above in their order: "
        "`argocd app sync NAME…` for the Applications of one, then `argocd app wait NAME… --sync --health` "
        "before the next. `migrate convert --handover done` lets a rolling sync do it."
    )


def _remarks(rollout: EnvironmentRollout) -> list[tuple[str, tuple[Remark, ...]]]:
    found = (
        ("in no step: nobody ever syncs them", rollout.unmatched),
        ("closed by maxUpdate: all later steps wait until a person syncs them", rollout.closed),
        ("hollow gates: Healthy as soon as they are applied", rollout.hollow),
        ("hooks after the sync, which no step waits for", rollout.late),
    )
    return [(title, remarks) for title, remarks in found if remarks]


def _remark(remark: Remark) -> str:
    where = f" ({remark.source})" if remark.source else ""
    waiting = f"; {many(len(remark.waiting), 'release')} {_need(len(remark.waiting))} it" if remark.waiting else ""
    return f"  {remark.application}{where}: {remark.why}{waiting}"


def _need(count: int) -> str:
    return "needs" if count == 1 else "need"


def edge_text(edge: SimulatedEdge) -> str:
    """A broken edge with its evidence and place."""
    where = f" ({edge.source})" if edge.source else ""
    return f"broken: {edge.after} needs {edge.before}{where}: {edge.why}; {edge.kind}: {edge.evidence}"


def sentence(rollout: EnvironmentRollout) -> str:
    """The figures of one environment in a sentence."""
    kept, implied, broken = (len(rollout.of_fate(fate)) for fate in (Fate.KEPT, Fate.IMPLIED, Fate.BROKEN))
    tail = f"; {len(rollout.unmatched)} in no step" if rollout.unmatched else ""
    what = "The order holds" if rollout.sound else "The order does not hold"
    return f"{what}: {many(len(rollout.edges), 'edge')}, {kept} kept, {implied} implied, {broken} broken{tail}"


def _said(text: str, page: Page, *, style: str) -> list[str]:
    return [painted([Span(line, style)], page) for line in wrapped(text, page.width)]


# ---------------------------------------------------------------- for a pull request


def rollout_markdown(rollouts: Sequence[EnvironmentRollout], escape: Any) -> list[str]:
    """A row an environment, then what breaks the order; ``escape`` makes a text safe inside markdown."""
    lines = ["### Rollout", "", "| environment | steps | kept | implied | broken | in no step | hollow gates |"]
    lines.append("|---|--:|--:|--:|--:|--:|--:|")
    for rollout in rollouts:
        used = sum(bool(step.applications) for step in rollout.steps)
        counts: Iterable[int] = (
            used,
            *(len(rollout.of_fate(fate)) for fate in (Fate.KEPT, Fate.IMPLIED, Fate.BROKEN)),
            len(rollout.unmatched),
            len(rollout.hollow),
        )
        lines.append(f"| {escape(rollout.environment)} | {' | '.join(map(str, counts))} |")
    wrong: dict[str, None] = {}
    for rollout in rollouts:
        remarks = (*rollout.unmatched, *rollout.closed)
        wrong |= dict.fromkeys(
            f"- ❌ {escape(rollout.environment)}: {escape(_remark(r).strip(), 500)}" for r in remarks
        )
        broken = rollout.of_fate(Fate.BROKEN)
        wrong |= dict.fromkeys(f"- ❌ {escape(rollout.environment)}: {escape(edge_text(e), 500)}" for e in broken)
    by_hand = [rollout.environment for rollout in rollouts if rollout.by_hand]
    told = [f"By hand, since the hand-over is manual: {escape(', '.join(by_hand), 500)}."] if by_hand else []
    return [*lines, "", *told, *list(wrong)[:_MOST]]
