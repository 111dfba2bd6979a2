"""The Report as JUnit XML, which CI systems read: a suite an environment, a case a release."""

from __future__ import annotations

import re
from xml.etree import ElementTree as Xml

from migrate.model.deployed import Deployment
from migrate.model.finding import Finding
from migrate.model.report import Difference, Exclusion, ReleaseVerdict, Report, Verdict
from migrate.model.rollout import Fate
from migrate.report.deployed import difference_text, heading
from migrate.report.rollout import edge_text

_NOT_IN_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_MOST = 50
"""Differences of one release; some CI systems refuse a report of many megabytes."""


def report_junit(report: Report) -> str:
    """``verify --output junit``: different is a failure, unrendered an error, what is excluded is skipped."""
    names = dict.fromkeys((*(row.environment for row in report.releases), *(e.environment for e in report.excluded)))
    root = Xml.Element("testsuites", name="migrate verify")
    for name in names:
        rows = [row for row in report.releases if row.environment == name]
        excluded = [exclusion for exclusion in report.excluded if exclusion.environment == name]
        suite = _suite(root, name, len(rows) + len(excluded))
        for row in rows:
            _case(suite, row)
        for exclusion in excluded:
            _skipped(suite, exclusion)
        _count(suite)
    _deployed(root, report)
    _rollout(root, report)
    if report.findings or report.unjudged:
        _whole(root, report)
    for kind in ("tests", "failures", "errors", "skipped"):
        root.set(kind, str(sum(int(suite.get(kind, "0")) for suite in root)))
    Xml.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + Xml.tostring(root, encoding="unicode") + "\n"


def _suite(root: Xml.Element, name: str, tests: int) -> Xml.Element:
    return Xml.SubElement(root, "testsuite", name=_clean(name), tests=str(tests))


def _count(suite: Xml.Element) -> None:
    for kind, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(kind, str(len(suite.findall(f"testcase/{tag}"))))


def _case(suite: Xml.Element, row: ReleaseVerdict) -> None:
    name = row.id or f"Application {row.application}"
    case = Xml.SubElement(suite, "testcase", name=_clean(name), classname=_clean(row.layer or "no release"))
    if row.verdict is Verdict.DIFFERENT:
        count = len(row.differences)
        said = row.reason or f"{count} difference{'' if count == 1 else 's'}"
        failure = Xml.SubElement(case, "failure", type=row.verdict.value, message=_clean(said))
        failure.text = _clean("\n".join(_told(row)))
    elif row.verdict is Verdict.UNRENDERED:
        error = Xml.SubElement(case, "error", type=row.verdict.value, message=_clean(row.reason.partition("\n")[0]))
        error.text = _clean(row.reason)
    elif row.explanations:
        notes = "\n".join(f"explained: {e.kind} ({e.count}): {e.note}" for e in row.explanations)
        Xml.SubElement(case, "system-out").text = _clean(notes)


def _told(row: ReleaseVerdict) -> list[str]:
    lines = [row.reason] if row.reason else []
    for difference in row.differences[:_MOST]:
        lines += _difference(difference)
    more = len(row.differences) - _MOST
    return [*lines, *([f"and {more} more: --output json has all"] if more > 0 else [])]


def _difference(difference: Difference) -> list[str]:
    lines = [f"{difference.object}: {difference.path or 'the whole object'}"]
    lines += [f"  helmfile: {difference.left or '(absent)'}", f"  argo cd:  {difference.right or '(absent)'}"]
    return [*lines, f"  set by:   {difference.cause}"] if difference.cause else lines


def _skipped(suite: Xml.Element, exclusion: Exclusion) -> None:
    case = Xml.SubElement(suite, "testcase", name=_clean(exclusion.id), classname="no Application on purpose")
    Xml.SubElement(case, "skipped", message=_clean(exclusion.reason))


def _deployed(root: Xml.Element, report: Report) -> None:
    """A suite an environment: a release that is not deployed as the estate says fails."""
    for name in dict.fromkeys(row.environment for row in report.deployed):
        rows = [row for row in report.deployed if row.environment == name]
        suite = _suite(root, f"{name}: deployed", len(rows))
        for row in rows:
            case = Xml.SubElement(suite, "testcase", name=_clean(row.id), classname="deployed")
            if row.bad:
                failure = Xml.SubElement(case, "failure", type=row.state.value, message=_clean(heading(row)))
                failure.text = _clean("\n".join(difference_text(d) for d in row.differences[:_MOST]))
            elif row.state is not Deployment.SAME:
                Xml.SubElement(case, "skipped", message=_clean(heading(row)))
        _count(suite)


def _rollout(root: Xml.Element, report: Report) -> None:
    """A suite an environment: one case for its edges, one for its Applications."""
    for rollout in report.rollout:
        suite = _suite(root, f"{rollout.environment}: rollout", 2)
        edges = [edge_text(edge) for edge in rollout.of_fate(Fate.BROKEN)]
        lost = [f"{remark.application}: {remark.why}" for remark in rollout.unmatched]
        for name, wrong in (("every edge is kept", edges), ("every Application is in a step", lost)):
            case = Xml.SubElement(suite, "testcase", name=name, classname="rollout")
            if wrong:
                failure = Xml.SubElement(case, "failure", type="rollout", message=f"{len(wrong)} are not")
                failure.text = _clean("\n".join(wrong[:_MOST]))
        _count(suite)


def _whole(root: Xml.Element, report: Report) -> None:
    """A suite for what concerns no single release."""
    suite = _suite(root, "the tree", len(report.findings) + bool(report.unjudged))
    for finding in report.findings:
        case = Xml.SubElement(suite, "testcase", name=_clean(finding.code), classname="findings")
        Xml.SubElement(case, "error", type=finding.severity.value, message=_clean(_sentence(finding)))
    if report.unjudged:
        case = Xml.SubElement(suite, "testcase", name="rows that were not judged", classname="fail-fast")
        Xml.SubElement(case, "error", type="unjudged", message=f"stopped early: {report.unjudged} not judged")
    _count(suite)


def _sentence(finding: Finding) -> str:
    return f"{finding.message}; {finding.hint}" if finding.hint else finding.message


def _clean(text: str) -> str:
    """XML 1.0 has no way to write most control characters."""
    return _NOT_IN_XML.sub("�", text)
