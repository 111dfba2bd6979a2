"""``helmfile template``: what Helm rendered as Helm prints it, or as files below a folder (rules 12.6, 12.8)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from migrate.errors import DifferenceError
from migrate.model.manifest import Manifest

_HOOK = "helm.sh/hook"
_TESTS = frozenset({"test", "test-success"})


@dataclass(frozen=True)
class HelmOutputOptions:
    """What of a render Helm would print."""

    include_crds: bool = False
    skip_tests: bool = False
    no_hooks: bool = False
    show_only: tuple[str, ...] = ()


def shown_manifests(manifests: Iterable[Manifest], options: HelmOutputOptions) -> tuple[Manifest, ...]:
    """The objects that the options leave, in Helm's order; with ``show_only`` in the order of its patterns.

    Raises:
        DifferenceError: a pattern of ``show_only`` matches no template.
    """
    left = tuple(manifest for manifest in manifests if _left(manifest, options))
    if not options.show_only:
        return left
    found: list[Manifest] = []
    for pattern in options.show_only:
        wanted = _go_pattern(pattern.replace("\\", "/"))
        matching = [m for m in left if wanted.fullmatch(m.template.partition("/")[2])]
        if not matching:
            raise DifferenceError(
                f"could not find template {pattern} in chart",
                hint="name a file inside the chart, e.g. templates/service.yaml",
            )
        found += [m for m in matching if m not in found]
    return tuple(found)


def _left(manifest: Manifest, options: HelmOutputOptions) -> bool:
    if manifest.crd_file:
        return options.include_crds
    hook = manifest.annotations.get(_HOOK)
    if hook is None:
        return True
    events = {event.strip().lower() for event in hook.split(",")}
    return not options.no_hooks and not (options.skip_tests and events & _TESTS)


def _go_pattern(pattern: str) -> re.Pattern[str]:
    """A file pattern in which ``*`` and ``?`` stop at slashes."""
    parts = [{"*": "[^/]*", "?": "[^/]"}.get(part, re.escape(part)) for part in re.split(r"([*?])", pattern)]
    return re.compile("".join(parts))


def printed_manifests(manifests: Iterable[Manifest]) -> str:
    """The stream that ``helm template`` prints."""
    return "".join(_document(manifest) for manifest in manifests)


def output_files(manifests: Iterable[Manifest]) -> dict[str, str]:
    """The files that ``helm template --output-dir`` writes, by their path below the folder."""
    files: dict[str, str] = {}
    for manifest in manifests:
        path = manifest.template or "manifests.yaml"
        files[path] = files.get(path, "") + _document(manifest)
    return files


def _document(manifest: Manifest) -> str:
    source = f"# Source: {manifest.template}\n" if manifest.template else ""
    return f"---\n{source}{manifest.text.strip(chr(10))}\n"
