"""What only several files together show: needs that nothing answers, releases that come twice, faults of a whole run.

The last step of :func:`migrate.read.read_estate`; it adds findings and changes no release.
"""

from __future__ import annotations

from dataclasses import replace

from migrate.errors import EstateError
from migrate.model.estate import Release
from migrate.model.finding import Finding, Severity, sort_findings
from migrate.read.session import Session
from migrate.read.visit import Visited


def tell_needs(session: Session, found: list[Visited]) -> None:
    """Needs that name nothing in their own file: helmfile refuses them when it plans (rule 11.6, decision 17)."""
    anywhere = {item.release.id: item for item in found}
    by_file: dict[str, dict[str, Release]] = {}
    for item in found:
        by_file.setdefault(item.file, {})[item.release.id] = item.release
    filtered = bool(session.request.selectors)
    for item in found:
        for need in item.release.needs:
            if need == item.release.id:
                _tell_self_need(session, item.release)
            if need in by_file[item.file] or (filtered and need not in anywhere):
                continue
            _tell_need(session, item.release, need, anywhere.get(need))


def _tell_self_need(session: Session, release: Release) -> None:
    place = next((key.source for key in release.keys if key.name == "needs"), release.source)
    severity = Severity.ERROR if release.deployed else Severity.WARNING
    message, hint = f"{release.id} needs itself", "drop the need: helmfile calls it a cycle"
    session.tell("HF044", severity, message, hint=hint, source=place, release=release.id)


def _tell_need(session: Session, release: Release, need: str, other: Visited | None) -> None:
    place = next((key.source for key in release.keys if key.name == "needs"), release.source)
    severity = Severity.ERROR if release.deployed else Severity.WARNING
    if other is not None:
        message = f"{release.id} needs {need}, which stands in another file ({other.release.source})"
        hint = "helmfile knows needs within one file only: drop it, or move one of the two"
        session.tell("HF041", severity, message, hint=hint, source=place, release=release.id)
        return
    message = f"{release.id} needs {need}, and no release is called so"
    hint = "write namespace/name of a release of the same file, or drop the need"
    session.tell("HF040", severity, message, hint=hint, source=place, release=release.id)


def tell_unstable(session: Session) -> None:
    """Calls of template functions that draw something anew each time."""
    told = {(n.text, n.file) for n in session.templates.notes if n.kind == "unstable"}
    for function, file in sorted(told):
        place = session.place(file) if file.startswith("/") else None
        session.tell(
            "HF060",
            Severity.WARNING,
            f"a template calls `{function}`, which gives something else each time",
            hint="write the value down, or take it from a secret",
            source=place,
        )


def tell_variables(session: Session) -> None:
    """Variables that templates asked for and that were not given: they are empty here, perhaps not elsewhere."""
    told = {(n.text, n.file) for n in session.templates.notes if n.kind == "variable"}
    for name, file in sorted(told):
        place = session.place(file, session.line_of(file, name)) if file.startswith("/") else None
        session.tell(
            "HF061",
            Severity.WARNING,
            f"a template reads the variable {name}, which is not given: it is empty here",
            hint=f"give it on the command line: --set-env {name}=VALUE",
            source=place,
        )


def tell_unknown(session: Session, found: list[Visited]) -> None:
    """Releases whose very name, chart or place is a placeholder: nothing that is said of them is certain."""
    for item in found:
        release = item.release
        fields = {
            "name": release.name,
            "namespace": release.namespace,
            "kubeContext": release.kube_context,
            "chart": release.chart,
            "version": release.version,
            "needs": " ".join(release.needs),
        }
        for name, value in fields.items():
            for text, reference in session.stand_ins.items():
                if text in value:
                    place = next((key.source for key in release.keys if key.name == name), release.source)
                    session.tell(
                        "HF027",
                        Severity.ERROR if release.deployed else Severity.INFO,
                        f"the {name} of {release.id} is not known: it comes from {reference}",
                        hint="give it by --set-env, --secrets-dir or --allow-exec, or write it down",
                        source=place,
                        release=release.id,
                    )


def tell_twice(session: Session, found: list[Visited]) -> None:
    """The same release from two files, or from one file listed twice: two owners on the cluster."""
    first: dict[str, Visited] = {}
    for item in found:
        other = first.setdefault(item.release.id, item)
        if other is not item and (other.file != item.file or other.release.source == item.release.source):
            session.tell(
                "HF043",
                Severity.ERROR,
                f"{item.release.id} comes twice: also from {other.release.source}",
                hint="list it once; helmfile would apply both, one over the other",
                source=item.release.source,
                release=item.release.id,
            )


def once(findings: list[Finding], environments: tuple[str, ...]) -> tuple[Finding, ...]:
    """A finding that every environment has is told once, for all."""
    where: dict[Finding, list[str]] = {}
    for finding in findings:
        where.setdefault(replace(finding, environment=""), []).append(finding.environment)
    told: list[Finding] = []
    for finding, names in where.items():
        everywhere = set(names) == set(environments)
        told += [finding] if everywhere else [replace(finding, environment=name) for name in names]
    return tuple(told)


def together(errors: list[EstateError]) -> EstateError:
    """The first fault, with the others as its findings, each once."""
    distinct = {(error.message, error.source): error for error in errors}
    first, *others = distinct.values()
    findings = tuple(Finding("HF001", Severity.ERROR, error.message, error.hint, error.source) for error in others)
    return EstateError(first.message, hint=first.hint, source=first.source, findings=sort_findings(findings))
