"""Releases of one state file: inheritance, labels, late templates, overrides (rule 6)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from migrate.doors.template_functions import Fields
from migrate.doors.yaml import YamlError, compose_yaml, dump_yaml, plain_value
from migrate.errors import EstateError
from migrate.model.estate import release_id
from migrate.model.finding import SourceLocation
from migrate.read.inherit import Templates
from migrate.read.schema import Entry, Section
from migrate.read.session import Session
from migrate.read.state import State

_ROUNDS = 6
_TEXTS = ("name", "chart", "namespace", "version")
_BOOLEANS = {
    "installedTemplate": "installed",
    "waitTemplate": "wait",
    "verifyTemplate": "verify",
    "conditionTemplate": "condition",
}


@dataclass(frozen=True)
class ReleaseContext:
    """What the late templates of one state file share (rule 5, the table)."""

    session: Session
    state: State
    values: dict[str, Any]
    """``.Values``; shared by all releases of the file, as in helmfile (rule 5.6)."""

    @property
    def namespace(self) -> str:
        """The namespace that replaces each release's own, empty for none."""
        return str(self.state.spec.get("namespace", ""))

    @property
    def kube_context(self) -> str:
        """The context that replaces each release's own, empty for none."""
        return str(self.state.spec.get("kubeContext", ""))

    def data(self, release: Section, values: dict[str, Any] | None = None) -> Fields:
        """The dot of a release's late templates and of its values files."""
        env = self.state.env
        shown = self.values if values is None else values
        return Fields(
            Release=Fields(
                Name=release.get("name", ""),
                Namespace=release.get("namespace", ""),
                Labels=release.get("labels", {}),
                Chart=release.get("chart", ""),
                ChartVersion=release.get("version", ""),
                KubeContext=release.get("kubeContext", ""),
            ),
            Values=shown,
            StateValues=shown,
            Environment=Fields(
                Name=env.name,
                KubeContext=env.kube_context,
                Values=env.values,
                Defaults=env.defaults,
                CLIOverrides=env.overrides,
            ),
            KubeContext=self.kube_context,
            Namespace=self.namespace,
            Chart=str(self.state.spec.get("chart", "")),
        )


def resolve_releases(session: Session, state: State) -> tuple[ReleaseContext, tuple[Section, ...]]:
    """Every release of a state file as helmfile sees it before it selects any.

    Raises:
        EstateError: an unknown template, a cycle, an empty chart, or a late template that fails.
    """
    context = ReleaseContext(session, state, state.env.merged())
    spec = state.spec
    templates = Templates(spec)
    resolved = []
    for release in spec.get("releases", []):
        inherited = _with_defaults(templates.inherited(release), spec)
        resolved.append(_overridden(_late(context, inherited), context))
    if "templates" in spec:
        left = spec.copy()
        left["templates"] = templates.left()
        context = replace(context, state=replace(state, spec=left))
    return context, tuple(resolved)


# --- what stands above


def _with_defaults(release: Section, spec: Section) -> Section:
    """Context, common labels, API versions from above (rule 6.4)."""
    filled = release.copy()
    defaults: Section = spec.get("helmDefaults", Section(release.place))
    if not filled.get("kubeContext") and defaults.get("kubeContext"):
        _set_inherited(filled, "kubeContext", defaults["kubeContext"], defaults.at("kubeContext"))
    labels = {**filled.get("labels", {}), **spec.get("commonLabels", {})}
    if labels:
        filled["labels"] = labels
        filled.places.setdefault("labels", spec.at("commonLabels"))
    for name in ("apiVersions", "kubeVersion"):
        if not filled.get(name) and spec.get(name):
            _set_inherited(filled, name, spec[name], spec.at(name))
    return filled


def _set_inherited(section: Section, name: str, value: Any, place: SourceLocation) -> None:
    section[name] = value
    section.places[name] = place
    section.inherited |= {name}


# --- late templates


def _late(context: ReleaseContext, release: Section) -> Section:
    """String fields rendered until they stand still (rules 6.4 to 6.8)."""
    current = release
    for _ in range(_ROUNDS):
        following = _late_round(context, release, current)
        if following == current:
            break
        current = following
    else:
        raise EstateError(
            f"the templates of release {release.get('name', '')!r} do not come to rest",
            hint="a field may not refer to itself",
            source=release.place,
        )
    for template, target in _BOOLEANS.items():
        if template in current:
            _settle_boolean(current, template, target)
    if not current.get("chart"):
        raise EstateError(
            f"encountered empty chart while reading release {current.get('name', '')!r}",
            hint="give it a `chart`",
            source=release.place,
        )
    return current


def _late_round(context: ReleaseContext, release: Section, current: Section) -> Section:
    data = context.data(current)
    rendered = release.copy()
    base = context.state.base

    def text(value: Any, place: SourceLocation) -> Any:
        if not isinstance(value, str) or "{{" not in value:
            return value
        return context.session.render("release", value, base=base, data=data, source=place)

    for name in (*_TEXTS, *_BOOLEANS):
        if name in release:
            rendered[name] = text(release[name], release.at(name)).strip()
    for name in ("needs", "postRendererArgs"):
        if name in release:
            rendered[name] = [text(value, release.at(name)) for value in release[name]]
    if "labels" in release:
        rendered["labels"] = {k: text(v, release.at("labels")) for k, v in release["labels"].items()}
    _late_values(release, rendered, text)
    return rendered


def _late_values(release: Section, rendered: Section, text: Callable[[Any, SourceLocation], Any]) -> None:
    for name in ("values", "secrets"):
        if name in release:
            rendered[name] = [Entry(text(e.value, e.place), e.place) for e in release[name]]
    if "valuesTemplate" in release:
        layers = [_values_template(e, text) for e in release["valuesTemplate"]]
        rendered["values"] = [*layers, *rendered.get("values", [])]
        # What stays in the list are mappings as rendered, but paths as written (rule 6.7).
        pairs = zip(release["valuesTemplate"], layers, strict=True)
        rendered["valuesTemplate"] = [new if isinstance(old.value, dict) else old for old, new in pairs]
    if "setTemplate" in release:
        rendered["setTemplate"] = [_set_template(s, text) for s in release["setTemplate"]]
        rendered["set"] = rendered["setTemplate"] + release.get("set", [])
    for entry in rendered.get("values", []):
        _check_inline_keys(entry)


def _check_inline_keys(entry: Entry) -> None:
    """The keys at the top of an inline mapping must be text (rule 6.9)."""
    for key in entry.value if isinstance(entry.value, dict) else ():
        if not isinstance(key, str):
            raise EstateError(
                f"a key of inline values is no text: {key!r}", hint=f'quote it: "{key}"', source=entry.place
            )


def _values_template(entry: Entry, text: Callable[[Any, SourceLocation], Any]) -> Entry:
    """A mapping is written out, rendered as text and read again (rule 6.5)."""
    if not isinstance(entry.value, dict):
        return Entry(text(entry.value, entry.place), entry.place)
    source = dump_yaml(entry.value)
    if "{{" not in source:
        return entry
    try:
        documents = compose_yaml(text(source, entry.place))
    except YamlError as error:
        raise EstateError(f"valuesTemplate renders to broken YAML: {error}", source=entry.place) from error
    return Entry(plain_value(documents[0]) if documents else {}, entry.place)


def _set_template(section: Section, text: Callable[[Any, SourceLocation], Any]) -> Section:
    rendered = section.copy()
    for name, value in section.items():
        place = section.at(name)
        rendered[name] = [text(v, place) for v in value] if isinstance(value, list) else text(value, place)
    return rendered


def _settle_boolean(release: Section, template: str, target: str) -> None:
    """A rendered ``…Template`` becomes the field it stands for (rule 6.8)."""
    place = release.at(template)
    try:
        documents = compose_yaml(release[template])
    except YamlError:
        documents = ()
    value = plain_value(documents[0]) if documents else None
    if isinstance(value, str):
        value = {"yes": True, "on": True, "no": False, "off": False}.get(value.lower(), value)
    if not isinstance(value, bool):
        raise EstateError(f"{template} gives {release[template]!r}", hint="it must give true or false", source=place)
    release[target] = str(value).lower() if target == "condition" else value
    release.places[target] = place
    del release[template]


# --- overrides, labels, needs


def _overridden(release: Section, context: ReleaseContext) -> Section:
    """Namespace and context from above, implicit labels, normalised needs (rules 6.11 to 6.13)."""
    settled = release.copy()
    spec = context.state.spec
    for name, value in (("namespace", context.namespace), ("kubeContext", context.kube_context)):
        if value:
            _set_inherited(settled, name, value, spec.at(name))
    settled["labels"] = {
        **settled.get("labels", {}),
        "name": settled.get("name", ""),
        "namespace": settled.get("namespace", ""),
        "chart": settled["chart"].rpartition("/")[2],
    }
    if "needs" in settled:
        settled["needs"] = [normalised_need(need, settled) for need in settled["needs"]]
    return settled


def normalised_need(need: str, release: Mapping[str, Any]) -> str:
    """A ``needs`` entry as a release id, gaps filled from the release that needs it (rule 6.13)."""
    *before, name = need.split("/")
    namespace = before[-1] if before else release.get("namespace", "")
    context = "/".join(before[:-1]) if len(before) > 1 else release.get("kubeContext", "")
    return release_id(namespace, name, context)


def condition_holds(release: Section, values: dict[str, Any]) -> bool:
    """Whether the release's ``condition`` is met (rule 7, condition).

    Raises:
        EstateError: the path does not end in ``enabled`` or leads nowhere.
    """
    condition = str(release.get("condition", ""))
    if condition == "" or condition.lower() in ("true", "false"):
        return condition.lower() != "false"
    place = release.at("condition")
    *way, last = condition.split(".")
    if last != "enabled" or not way:
        raise EstateError(
            f"condition {condition!r} does not end in `.enabled`",
            hint="name a state value such as minio.enabled",
            source=place,
        )
    current: Any = values
    for key in way:
        if not isinstance(current, dict) or key not in current:
            raise EstateError(
                f"condition {condition!r}: the state values have no {key!r}",
                hint="declare it in every environment",
                source=place,
            )
        current = current[key]
    if not isinstance(current, dict):
        raise EstateError(f"condition {condition!r}: {way[-1]!r} is no mapping", source=place)
    return current.get("enabled") is True


def opaque_reasons(release: Section, defaults: Mapping[str, Any]) -> tuple[str, ...]:
    """Why what Helm applies may not be what the chart renders (decision 10), each named."""
    reasons = []
    if renderer := release.get("postRenderer") or defaults.get("postRenderer"):
        reasons.append(f"postRenderer {renderer}")
    reasons += [f"{name}" for name in ("transformers", "forceNamespace", "dependencies") if release.get(name)]
    for hook in release.get("hooks", []):
        told = ", ".join(hook.get("events", []))
        if hook.get("kubectlApply"):
            reasons.append(f"hook kubectlApply ({told})")
        elif hook.get("command") and {"prepare", "presync", "preapply"} & set(hook.get("events", [])):
            reasons.append(f"hook {re.sub(r'.*/', '', hook['command'])} ({told})")
    return tuple(reasons)
