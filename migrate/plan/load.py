"""migration.yaml → Plan: what a person may write, short or long, and a plain message for everything else."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NoReturn

from migrate.doors.yaml import YamlError, YamlNode, compose_yaml, plain_value
from migrate.errors import UsageError
from migrate.model.finding import SourceLocation
from migrate.model.json import JsonObject, JsonValue
from migrate.model.plan import (
    Decision,
    DecisionSource,
    Disposition,
    Plan,
    PlannedEnvironment,
    ReleasePlan,
    Step,
)
from migrate.plan.fields import FIELDS, UNDECIDED
from migrate.plan.ladder import DEFAULT_LADDER, is_phase, max_update

LAYOUTS = ("environments", "shared", "kustomize", "plugin")
APPSETS = ("single", "per-project")
STEP_LABELS = ("phase", "tier", "wave")
HANDOVERS = ("manual", "done")
SECRET_POLICIES = ("externalise", "plaintext: accepted")
STATES = ("", "fenced", "removed")

_TOP = (
    "schemaVersion",
    "estate",
    "target",
    "layout",
    "appsets",
    "steps",
    "handover",
    "layerHandover",
    "argocdVersion",
    "environments",
    "secrets",
    "ladder",
    "insertedSteps",
    "releases",
)
_RELEASE = ("layer", "disposition", "ask", "pins", "syncOptions", "ignoreDifferences", "state", *FIELDS)


_MEND = "mend it there, or take it out: `migrate plan` fills in what is left open"
_VERSION = re.compile(r"v?[0-9]+(\.[0-9]+){0,2}([-+][0-9A-Za-z.+-]+)?")
_MAX_UPDATE = re.compile(r"([0-9]+%?)?")
_DIGITS = re.compile(r"[0-9]+")


@dataclass(frozen=True)
class _Reader:
    """One file being read; every complaint names it and the line."""

    name: str

    def refuse(self, message: str, node: YamlNode, hint: str = "") -> NoReturn:
        raise UsageError(message, hint=hint or _MEND, source=SourceLocation(self.name, node.line))

    def mapping(self, node: YamlNode, what: str, known: Iterable[str] = ()) -> dict[str, YamlNode]:
        """The entries of a mapping by key; a key that is not ``known`` is refused (no ``known``: all are)."""
        if node.is_null:
            return {}
        if node.kind != "mapping":
            self.refuse(f"{what} must be a mapping", node)
        found: dict[str, YamlNode] = {}
        allowed = tuple(known)
        for key, value, _ in node.entries():
            name = str(key.value)
            if allowed and name not in allowed:
                near = difflib.get_close_matches(name, allowed, 1)
                hint = f"did you mean {near[0]}?" if near else f"known: {', '.join(allowed)}"
                self.refuse(f"{what} has no key {name}", key, hint)
            found[name] = value
        return found

    def text(self, node: YamlNode | None, what: str, allowed: tuple[str, ...] = (), default: str = "") -> str:
        """The text of a scalar as it stands there, so that 010 stays 010."""
        if node is None or node.is_null:
            return default
        if node.kind != "scalar":
            self.refuse(f"{what} must be text", node)
        value = str(node.value)
        if allowed and value not in allowed:
            self.refuse(f"{what} cannot be {value!r}", node, f"one of: {', '.join(filter(None, allowed))}")
        return value

    def matching(self, node: YamlNode | None, what: str, form: re.Pattern[str], hint: str, default: str = "") -> str:
        """A text of one form."""
        value = self.text(node, what, default=default)
        if node is not None and not form.fullmatch(value):
            self.refuse(f"{what} cannot be {value!r}", node, hint)
        return value

    def texts(self, node: YamlNode | None, what: str, allowed: tuple[str, ...] = ()) -> tuple[str, ...]:
        """A list of texts."""
        if node is None or node.is_null:
            return ()
        if node.kind != "sequence":
            self.refuse(f"{what} must be a list", node)
        return tuple(self.text(item, f"an item of {what}", allowed) for item in node.value)

    def decision(self, node: YamlNode | None, what: str, *, phase: bool) -> Decision:
        """``value`` alone (a person's), or ``{value, source, reason}``."""
        if node is None or node.is_null:
            return UNDECIDED
        if node.kind == "scalar":
            return Decision(_padded(self.text(node, what), phase), DecisionSource.PERSON)
        keys = self.mapping(node, what, ("value", "source", "reason"))
        source = self.text(keys.get("source"), f"{what}.source", tuple(s.value for s in DecisionSource), "person")
        return Decision(
            _padded(self.text(keys.get("value"), f"{what}.value"), phase),
            DecisionSource(source),
            self.text(keys.get("reason"), f"{what}.reason"),
        )


def _padded(text: str, phase: bool) -> str:
    return text.zfill(3) if phase and _DIGITS.fullmatch(text) else text


def load_plan(text: str, name: str) -> Plan:
    """The plan in ``text``; ``name`` is what messages call the file.

    A value without a source is a person's. What is not written is undecided: an empty value.

    Raises:
        UsageError: no YAML, an unknown key, or a value that cannot be; with file and line.
    """
    try:
        documents = compose_yaml(text)
    except YamlError as error:
        raise UsageError(
            f"{name} is no YAML: {error}", hint=_MEND, source=SourceLocation(name, error.line or 1)
        ) from error
    reader = _Reader(name)
    if not documents:
        documents = compose_yaml("{}")
    if len(documents) > 1:
        reader.refuse(f"{name} holds {len(documents)} documents, and a plan is one", documents[1], "is it a plan?")
    top = reader.mapping(documents[0], "the plan", _TOP)
    if (version := reader.text(top.get("schemaVersion"), "schemaVersion", default="1")) != "1":
        reader.refuse(f"schemaVersion {version} is not known", top["schemaVersion"], "a newer migrate wrote this file")
    target = reader.mapping(top["target"], "target", ("repoURL", "revision")) if "target" in top else {}
    releases = reader.mapping(top["releases"], "releases") if "releases" in top else {}
    return Plan(
        estate=reader.text(top.get("estate"), "estate"),
        repo_url=reader.text(target.get("repoURL"), "target.repoURL"),
        revision=reader.text(target.get("revision"), "target.revision", default="main"),
        environments=_environments(reader, top.get("environments")),
        ladder=_ladder(reader, top),
        releases=tuple(_release(reader, key, node) for key, node in releases.items()),
        layout=reader.text(top.get("layout"), "layout", LAYOUTS, "environments"),
        appsets=reader.text(top.get("appsets"), "appsets", APPSETS, "single"),
        steps=reader.text(top.get("steps"), "steps", STEP_LABELS, "phase"),
        handover=reader.text(top.get("handover"), "handover", HANDOVERS, "manual"),
        layer_handover=_texts_by_name(reader, top.get("layerHandover"), "layerHandover", HANDOVERS),
        argocd_version=reader.matching(top.get("argocdVersion"), "argocdVersion", _VERSION, 'e.g. "3.3"', "3.3"),
        secrets_policy=_texts_by_name(reader, top.get("secrets"), "secrets", SECRET_POLICIES),
    )


def _texts_by_name(reader: _Reader, node: YamlNode | None, what: str, allowed: tuple[str, ...]) -> Mapping[str, str]:
    if node is None:
        return {}
    return {key: reader.text(value, f"{what}.{key}", allowed) for key, value in reader.mapping(node, what).items()}


def _environments(reader: _Reader, node: YamlNode | None) -> tuple[PlannedEnvironment, ...]:
    if node is None:
        return ()
    found = []
    for name, value in reader.mapping(node, "environments").items():
        what = f"environments.{name}"
        keys = reader.mapping(value, what, ("cluster", "server", "kubeVersion", "apiVersions", "contexts"))
        default = PlannedEnvironment(name)
        found.append(
            PlannedEnvironment(
                name=name,
                server=reader.text(keys.get("server"), f"{what}.server", default=default.server),
                cluster=reader.text(keys.get("cluster"), f"{what}.cluster", default=default.cluster),
                kube_version=reader.matching(
                    keys.get("kubeVersion"), f"{what}.kubeVersion", _VERSION, 'e.g. "1.34.0"', default.kube_version
                ),
                api_versions=reader.texts(keys.get("apiVersions"), f"{what}.apiVersions"),
                contexts=_texts_by_name(reader, keys.get("contexts"), f"{what}.contexts", ()),
            )
        )
    return tuple(found)


def _ladder(reader: _Reader, top: Mapping[str, YamlNode]) -> tuple[Step, ...]:
    node = top.get("ladder")
    steps = DEFAULT_LADDER
    if node is not None and not node.is_null:
        if node.kind != "sequence":
            reader.refuse("ladder must be a list of steps", node, 'e.g. [{phase: "110", maxUpdate: "1"}]')
        steps = tuple(_step(reader, item) for item in node.value)
        phases = [step.phase for step in steps]
        if phases != sorted(set(phases)):
            reader.refuse("the steps of the ladder must ascend, each once", node)
    known = {step.phase for step in steps}
    extra = top.get("insertedSteps")
    added = dict.fromkeys(_phase_of(text) for text in reader.texts(extra, "insertedSteps"))
    for phase in added:
        if extra is not None and not is_phase(phase):
            reader.refuse(f"a phase has three digits, and {phase!r} has not", extra)
    inserted = [Step(phase, max_update(int(phase)), inserted=True) for phase in added if phase not in known]
    return tuple(sorted((*steps, *inserted), key=lambda step: step.phase))


def _phase_of(text: str) -> str:
    return _padded(text, True)


def _step(reader: _Reader, node: YamlNode) -> Step:
    keys = {"phase": node} if node.kind == "scalar" else reader.mapping(node, "a step", ("phase", "maxUpdate"))
    phase = _phase_of(reader.text(keys.get("phase"), "phase"))
    if not is_phase(phase):
        reader.refuse(f"a phase has three digits, and {phase!r} has not", node)
    return Step(phase, reader.matching(keys.get("maxUpdate"), "maxUpdate", _MAX_UPDATE, 'e.g. "1" or 25%'))


def _release(reader: _Reader, name: str, node: YamlNode) -> ReleasePlan:
    what = f"releases.{name}"
    keys = reader.mapping(node, what, _RELEASE)
    pins = reader.mapping(keys["pins"], f"{what}.pins", ("reason", "values")) if "pins" in keys else {}
    said = "disposition" in keys
    disposition = reader.decision(keys.get("disposition"), f"{what}.disposition", phase=False)
    allowed = tuple(d.value for d in Disposition)
    if said and disposition.value not in allowed:
        reader.refuse(
            f"{what}.disposition cannot be {disposition.value!r}", keys["disposition"], f"one of: {', '.join(allowed)}"
        )
    decisions = {
        field: reader.decision(keys.get(key), f"{what}.{key}", phase=key == "rolloutPhase")
        for key, field in FIELDS.items()
    }
    return ReleasePlan(
        id=name,
        layer=reader.text(keys.get("layer"), f"{what}.layer"),
        disposition=Disposition(disposition.value) if said else Disposition.COMPONENT,
        disposition_source=disposition.source if said else DecisionSource.INFERRED,
        sync_options=reader.texts(keys.get("syncOptions"), f"{what}.syncOptions"),
        ignore_differences=_objects(reader, keys.get("ignoreDifferences"), f"{what}.ignoreDifferences"),
        pins=_object(reader, pins.get("values"), f"{what}.pins.values"),
        pin_reason=reader.text(pins.get("reason"), f"{what}.pins.reason"),
        state=reader.text(keys.get("state"), f"{what}.state", STATES),
        ask=reader.texts(keys.get("ask"), f"{what}.ask", tuple(FIELDS)),
        **decisions,
    )


def _object(reader: _Reader, node: YamlNode | None, what: str) -> JsonObject:
    if node is None or node.is_null:
        return {}
    if node.kind != "mapping":
        reader.refuse(f"{what} must be a mapping", node)
    value: JsonValue = plain_value(node)
    if not _is_json(value):
        hint = "write keys, dates and numbers that JSON does not know in quotes"
        reader.refuse(f"{what} holds something that JSON cannot", node, hint)
    return value if isinstance(value, dict) else {}


def _is_json(value: object) -> bool:
    if isinstance(value, dict):
        return all(isinstance(key, str) and _is_json(item) for key, item in value.items())
    if isinstance(value, list):
        return all(map(_is_json, value))
    return value is None or isinstance(value, (str, int)) or (isinstance(value, float) and math.isfinite(value))


def _objects(reader: _Reader, node: YamlNode | None, what: str) -> tuple[JsonObject, ...]:
    if node is None or node.is_null:
        return ()
    if node.kind != "sequence":
        reader.refuse(f"{what} must be a list", node)
    return tuple(_object(reader, item, f"an item of {what}") for item in node.value)
