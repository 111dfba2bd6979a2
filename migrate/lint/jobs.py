"""Jobs in what a tree renders: which Services they call, whether they wait, how long they try."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from migrate.lint.objects import is_hook, rendered_objects
from migrate.lint.subject import Subject, dig, listed, texts
from migrate.model.application import GeneratedApplication
from migrate.model.manifest import Manifest

_HOST = re.compile(
    r"(?<![A-Za-z0-9._/-])([a-z0-9](?:[a-z0-9-]*[a-z0-9])?)(?:\.([a-z0-9-]+))?(?:\.svc[a-z0-9.-]*)?(?=[:/]|$)"
)
"""A host in a text: ``db``, ``db.data``, ``db.data.svc.cluster.local``, before a port, a path or the end."""
_URL = re.compile(r"[a-z][a-z0-9+.-]*://(?:[^@/\s]*@)?([^\s/\"',;]+)")
_LOOP = re.compile(r"\b(until|while|wait-for|wait_for|wait|dockerize)\b")
_WAVE = "argocd.argoproj.io/sync-wave"
DEFAULT_BACKOFF = 6
FIRST_BACKOFF_SECONDS, MOST_BACKOFF_SECONDS = 10, 360
"""Between a Job's attempts Kubernetes waits 10 s, then twice as long each time, six minutes at most."""


@dataclass(frozen=True)
class Job:
    """One Job and its Application."""

    application: GeneratedApplication
    manifest: Manifest

    @property
    def hook(self) -> bool:
        """Whether Argo CD runs it as a hook."""
        return is_hook(self.manifest)

    @property
    def spec(self) -> Any:
        """Its ``spec``."""
        return self.manifest.document.get("spec")

    @property
    def pod(self) -> Any:
        """The spec of its Pods."""
        return dig(self.spec, "template", "spec")

    @property
    def waits(self) -> bool:
        """Whether something in it waits: an init container, or a command that loops."""
        commands = (
            text for one in listed(self.pod, "containers") for _, text in texts([dig(one, "command"), dig(one, "args")])
        )
        return bool(listed(self.pod, "initContainers")) or any(_LOOP.search(text) for text in commands)

    @property
    def patience(self) -> int:
        """Seconds from its first failure to its last attempt, where each fails at once."""
        limit = dig(self.spec, "backoffLimit")
        limit = limit if isinstance(limit, (int, float)) else DEFAULT_BACKOFF
        return sum(min(FIRST_BACKOFF_SECONDS * 2**n, MOST_BACKOFF_SECONDS) for n in range(min(int(limit), 64)))


def jobs(subject: Subject) -> Iterator[Job]:
    """Every Job that is rendered."""
    for one, manifest in rendered_objects(subject):
        if (manifest.key.group, manifest.key.kind) == ("batch", "Job"):
            yield Job(one, manifest)


def phase(application: GeneratedApplication) -> str:
    """The rollout phase of an Application; empty where it has none."""
    return str(dig(application.manifest, "metadata", "labels", "rollout-phase") or "")


def wave(manifest: Manifest) -> int:
    """The sync wave of an object."""
    text = manifest.annotations.get(_WAVE, "0")
    return int(text) if re.fullmatch(r"-?\d+", text) else 0


@dataclass(frozen=True)
class Service:
    """A Service, the Application that brings it, and its sync wave."""

    application: GeneratedApplication
    manifest: Manifest


def services(subject: Subject) -> dict[tuple[str, str, str], Service]:
    """(scope of the Application, namespace, name) → Service."""
    found: dict[tuple[str, str, str], Service] = {}
    for one, manifest in rendered_objects(subject):
        if (manifest.key.group, manifest.key.kind) == ("", "Service"):
            place = (subject.scope(one), _namespace(one, manifest), manifest.key.name)
            found.setdefault(place, Service(one, manifest))
    return found


def called(subject: Subject, job: Job, known: dict[tuple[str, str, str], Service]) -> Iterator[Service]:
    """The Services of the tree that a Job's containers name as a host, each once."""
    scope, own = subject.scope(job.application), _namespace(job.application, job.manifest)
    seen: set[tuple[str, str, str]] = set()
    for name, namespace in _hosts(job.pod):
        place = (scope, namespace or own, name)
        if place in known and place not in seen:
            seen.add(place)
            yield known[place]


def _hosts(pod: Any) -> Iterator[tuple[str, str]]:
    """(name, namespace) of what may be a host in the commands, arguments and variables of containers."""
    for group in ("initContainers", "containers"):
        for container in listed(pod, group):
            found = [dig(container, "command"), dig(container, "args")]
            found += [dig(entry, "value") for entry in listed(container, "env")]
            for _, text in texts(found):
                whole = [text] if re.fullmatch(r"[a-z0-9.-]+(:\d+)?", text) else []
                named = [word for word in re.findall(r"[a-z0-9.-]+", text) if ".svc" in word]
                for host in (*_URL.findall(text), *whole, *named):
                    match = _HOST.match(host)
                    if match:
                        yield match[1], match[2] or ""


def _namespace(application: GeneratedApplication, manifest: Manifest) -> str:
    return manifest.key.namespace or str(dig(application.manifest, "spec", "destination", "namespace") or "")
