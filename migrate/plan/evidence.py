"""What the proposals for a release rest on, a line a fact, so that a person can check each of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from migrate.model.estate import Release
from migrate.model.graph import Edge, ReleaseNode
from migrate.model.manifest import Manifest, Rendered

Renders = Mapping[tuple[str, str], Rendered]
_MOST = 8


def evidence_lines(
    releases: Sequence[Release],
    node: ReleaseNode,
    *,
    incoming: Sequence[Edge],
    outgoing: Sequence[Edge],
    rendered: Renders,
) -> tuple[str, ...]:
    """The facts about one release, ``releases`` being it in each environment: its text, its render, its edges."""
    first = releases[0]
    version = f" {first.version}" if first.version else ""
    labels = ", ".join(f"{key}={value}" for key, value in sorted(first.labels.items()))
    lines = [
        f"stated at {first.source}, in layer {first.layer}",
        f"chart {first.chart}{version}",
        *([f"labels {labels}"] if labels else []),
        *_deployed(releases),
        *_rendered(releases, node, rendered),
    ]
    lines += [f"waits for {edge.before}: {edge.evidence}" for edge in incoming[:_MOST]]
    lines += _more(len(incoming) - _MOST, "it waits for")
    lines += [f"is awaited by {edge.after}: {edge.evidence}" for edge in outgoing[:_MOST]]
    lines += _more(len(outgoing) - _MOST, "that wait for it")
    return tuple(lines)


def _deployed(releases: Sequence[Release]) -> list[str]:
    there = [release.environment for release in releases if release.deployed]
    if len(there) == len(releases):
        return []
    return [f"deployed in {', '.join(there)} only" if there else "deployed in no environment"]


def _rendered(releases: Sequence[Release], node: ReleaseNode, rendered: Renders) -> list[str]:
    results = [rendered[r.environment, r.id] for r in releases if (r.environment, r.id) in rendered]
    if not node.kinds:
        error = next((result.error for result in results if result.error), "")
        why = error.strip().splitlines()[0][:160] if error.strip() else "its chart is not on this disk, or is empty"
        return [f"renders nothing here: {why}"]
    kinds = [kind.partition(".")[0] for kind in node.kinds]
    lines = [f"renders {_some(kinds)}"]
    if node.crds:
        lines.append(f"ships the definitions of {_some(node.crds)}")
    if node.controls:
        lines.append(f"its roles write the status of {_some(node.controls)}")
    if node.cluster_scoped:
        lines.append(f"cluster-scoped: {_some([kind.partition('.')[0] for kind in node.cluster_scoped])}")
    hooks = dict.fromkeys(_hook(m) for result in results for m in result.manifests if "helm.sh/hook" in m.annotations)
    if hooks:
        lines.append(f"Helm hooks: {_some(list(hooks))}" + (", and nothing else" if node.hooks_only else ""))
    return lines


def _hook(manifest: Manifest) -> str:
    return f"{manifest.key.kind} {manifest.key.name} ({manifest.annotations['helm.sh/hook']})"


def _some(words: Iterable[str]) -> str:
    names = list(words)
    return ", ".join(names[:_MOST]) + (f" and {len(names) - _MOST} more" if len(names) > _MOST else "")


def _more(count: int, what: str) -> list[str]:
    return [f"and {count} more {what}"] if count > 0 else []
