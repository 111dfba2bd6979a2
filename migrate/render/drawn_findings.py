"""What a person is told of values that a chart draws: the object, the lines, and what would hold it still."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from migrate.model.estate import Release
from migrate.model.finding import Finding, Severity, SourceLocation
from migrate.model.manifest import Drawn
from migrate.model.words import few

_CERTIFICATES = ("genCA", "genSelfSigned", "genSigned", "genPrivateKey")


def drawn_findings(release: Release, drawn: Sequence[Drawn]) -> tuple[Finding, ...]:
    """One finding for each object and way of drawing it, at the first line that draws."""
    groups: dict[tuple[object, ...], list[Drawn]] = {}
    for one in drawn:
        groups.setdefault((one.key, one.calls, one.pins, one.switch), []).append(one)
    return tuple(_finding(release, group) for group in groups.values())


def _finding(release: Release, group: Sequence[Drawn]) -> Finding:
    first = group[0]
    template, line, _ = first.calls[0] if first.calls else (first.template, first.line, "")
    fields = few([one.path for one in group if one.path], 3) or "the object"
    written = ", ".join(dict.fromkeys(f"{one.template}:{one.line}" for one in group))
    # What is kept alone may well be a value that the estate gives: worth knowing, and no fault.
    kept = bool(first.calls) and all(name == "lookup" for _, _, name in first.calls)
    return Finding(
        "RN002" if kept else "RN001",
        Severity.INFO if kept else Severity.WARNING,
        f"{first.key}: {_what(fields, first)}; {written} writes it",
        _hint(first),
        SourceLocation(f"{release.chart_path}/{template}", line),
        release.id,
        release.environment,
    )


def _what(fields: str, drawn: Drawn) -> str:
    drawing = [name for _, _, name in drawn.calls if name != "lookup"]
    if not drawing and drawn.calls:
        return (
            f"{fields} is what the cluster holds (lookup), and Argo CD, which asks no cluster, puts the first over it"
        )
    by = f" ({_listed(drawing)})" if drawing else ""
    return f"{fields} is drawn anew in each render{by}, and Argo CD would change it with each sync"


def _listed(names: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(names))


def _hint(drawn: Drawn) -> str:
    ways = []
    if isinstance(drawn.switch_to, bool):
        ways.append(f"`{drawn.switch}: {str(drawn.switch_to).lower()}` has it made elsewhere{_by_whom(drawn)}")
    elif drawn.switch:
        ways.append(
            f"`{drawn.switch}` takes a Secret that exists (an ExternalSecret for it: environments/<env>/secrets)"
        )
    if drawn.pins and drawn.is_secret:
        ways.append(f"a secret (ref+…, secrets:) as `{_listed(drawn.pins)}` holds it still")
    elif drawn.pins:
        ways.append(f"`{_listed(drawn.pins)}` holds it still")
    if ways:
        return f"{'; or '.join(ways)}: set it in the estate, or under pins of the release in migration.yaml"
    if drawn.is_secret:
        return "no value of its chart holds it still: patch the chart, or bring the Secret by other means"
    return "no value of its chart holds it still: patch the chart; ignoreDifferences would only hide it"


def _by_whom(drawn: Drawn) -> str:
    certificates = any(name.startswith(_CERTIFICATES) for _, _, name in drawn.calls)
    return ", by cert-manager for example" if certificates else ""
