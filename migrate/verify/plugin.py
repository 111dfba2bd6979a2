"""The layout ``plugin``: what can be known of an Application whose manifests a plugin makes with helmfile.

Known: that the plugin finds the very files, runs on the right one for the right environment, and writes to the right
cluster. Not known: what its own helmfile and Helm make of them. So a row is never ``equal``, and at best explained.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

from migrate.model.finding import Finding, Severity
from migrate.model.manifest import Rendered
from migrate.model.plan import Plan
from migrate.model.plugin import SOURCES, plugin_settings
from migrate.model.report import Difference, Explanation, ReleaseVerdict, Verdict
from migrate.verify.aim import aim_differences
from migrate.verify.externalised import EXTERNALISED_REASON, KIND_EXTERNALISED
from migrate.verify.releases import Pairing, unjudged

KIND = "plugin"
_REASON = "helmfile runs in Argo CD on the same files; what its helmfile and Helm print there is not rendered here"


def is_by_plugin(pairing: Pairing) -> bool:
    """Whether a plugin renders the Application of a pairing."""
    return pairing.application is not None and plugin_settings(pairing.application.manifest) is not None


def plugin_findings(pairings: Sequence[Pairing]) -> tuple[Finding, ...]:
    """What a proof over a plugin does not say, once for all of its Applications."""
    names = {(p.environment, p.application.name) for p in pairings if p.application and is_by_plugin(p)}
    if not names:
        return ()
    count = f"{len(names)} Application{'s are' if len(names) > 1 else ' is'}"
    text = f"{count} rendered by a plugin: proven is that it reads the same files, not what it prints"
    hint = "compare `argocd app manifests NAME --source git` with `helmfile template` before the first sync"
    return (Finding("VF020", Severity.WARNING, text, hint),)


@dataclass(frozen=True)
class CopyState:
    """How a release reads in the tree's copy of the estate."""

    fault: str = ""
    """What is otherwise there; empty where it reads alike."""
    externalised: int = 0
    """Texts that hold a stand-in where the estate has a plaintext secret, and are alike but for that."""


def judge_by_plugin(
    pairing: Pairing, plan: Plan, left: Rendered, file: str, copy: CopyState, files: int
) -> ReleaseVerdict:
    """The row of a release whose Application runs helmfile.

    ``file`` is the release's state file; ``files`` counts what was copied.
    """
    release, application = pairing.release, pairing.application
    row = unjudged(pairing, "")
    if application is None:
        return dataclasses.replace(row, reason="no Application deploys it", verdict=Verdict.DIFFERENT)
    if release is None:
        reason = "helmfile deploys no release of its layer here"
        return dataclasses.replace(row, reason=reason, verdict=Verdict.DIFFERENT)
    row = dataclasses.replace(row, unstable=bool(left.unstable), objects=len(left.manifests))
    if left.error:
        return dataclasses.replace(row, reason=f"helmfile's side does not render: {left.error}")
    given = plugin_settings(application.manifest) or {}
    name = f"Application {application.name}"
    wrong = list(aim_differences(application, release, plan))
    stated = {"HELMFILE_FILE": file, "HELMFILE_ENVIRONMENT": release.environment}
    for variable, value in stated.items():
        if given.get(variable, "") != value:
            wrong.append(Difference(name, f"plugin.env.{variable}", value, given.get(variable, ""), file))
    if release.id in given.get("HELMFILE_SKIP", "").split():
        wrong.append(Difference(name, "plugin.env.HELMFILE_SKIP", "", release.id, file))
    if copy.fault:
        wrong.append(Difference(name, SOURCES, "as the estate", copy.fault, file))
    if wrong:
        return dataclasses.replace(row, verdict=Verdict.DIFFERENT, differences=tuple(wrong))
    note = f"{_REASON}: {files} files, {file}"
    told: tuple[Explanation, ...] = (Explanation(KIND, 1, note),)
    if copy.externalised:
        told = (Explanation(KIND_EXTERNALISED, copy.externalised, EXTERNALISED_REASON), *told)
    return dataclasses.replace(row, verdict=Verdict.EXPLAINED, explanations=told)
