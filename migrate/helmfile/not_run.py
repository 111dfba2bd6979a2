"""Programs that helmfile would run on the way to an answer, and that are not run here (decision 10)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from migrate.model.finding import Finding, Severity
from migrate.model.state import StateFile

_HINT = "run helmfile itself where the difference matters"


def programs_not_run(state: StateFile, *, template: bool) -> Iterator[Finding]:
    """A finding for each program: an error where it certainly changes what is printed.

    ``prepare`` hooks may write files that are read later; a post-renderer changes what ``template`` prints.
    """
    defaults: Mapping[str, Any] = state.spec.get("helmDefaults", {})
    for command in _prepare_commands(state.spec.get("hooks", [])):
        yield Finding(
            "HF071",
            Severity.WARNING,
            f"the hook {command} of {state.file_path} (prepare) is not run: what it writes is not seen",
            _HINT,
        )
    for stated in state.releases:
        release = stated.release
        for command in _prepare_commands(stated.fields.get("hooks", [])) if template else ():
            message = f"the hook {command} of {release.id} (prepare) is not run: what it writes is not seen"
            yield Finding("HF071", Severity.WARNING, message, _HINT, release.source, release.id)
        renderer = stated.fields.get("postRenderer") or defaults.get("postRenderer")
        if renderer and template:
            message = f"{release.id} goes through the post-renderer {renderer}, which is not run"
            yield Finding("HF070", Severity.ERROR, message, _HINT, release.source, release.id)


def _prepare_commands(hooks: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    for hook in hooks:
        if "prepare" in hook.get("events", []) and (hook.get("command") or hook.get("kubectlApply")):
            yield str(hook.get("command") or "kubectlApply")
