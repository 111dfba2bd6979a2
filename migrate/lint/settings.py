"""Rules over Argo CD's own settings, where the tree brings them: ConfigMaps, and the same as values of its chart."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from migrate.lint.applications import release_name
from migrate.lint.rule import Hit, Rule, error, warning
from migrate.lint.subject import Document, Key, Subject, listed, mapped
from migrate.model.assessments import assessed_kinds
from migrate.model.finding import SourceLocation
from migrate.model.health import HEALTH_KEY
from migrate.model.json import JsonObject

PROGRESSIVE_SYNCS = "applicationsetcontroller.enable.progressive.syncs"
_APPLICATION_HEALTH = f"{HEALTH_KEY}argoproj.io_Application"
_TRACKING = "application.resourceTrackingMethod"
_SYNC_WAVE = "argocd.argoproj.io/sync-wave"
_CONFIG_MAPS = {"argocd-cm": "cm", "argocd-cmd-params-cm": "params"}


@dataclass(frozen=True)
class Setting:
    """One place that sets ``cm`` or ``params`` of an environment's Argo CD."""

    document: Document
    keys: tuple[Key, ...]
    data: JsonObject


def settings_of(subject: Subject, part: str) -> tuple[Setting, ...]:
    """Every place of the tree that sets ``cm`` (argocd-cm) or ``params`` (argocd-cmd-params-cm)."""
    found = []
    for document in subject.others:
        is_map = document.get("kind") == "ConfigMap" and _CONFIG_MAPS.get(document.name) == part
        keys: tuple[Key, ...] = ("data",) if is_map else ("configs", part)
        if is_map or (document.get("kind") is None and document.get(*keys) is not None):
            found.append(Setting(document, keys, mapped(document.data, *keys)))
    return tuple(found)


def _line(subject: Subject, setting: Setting, key: str) -> SourceLocation:
    return subject.line(setting.document, *setting.keys, *([key] if key in setting.data else []))


def check_application_health(subject: Subject) -> Iterator[Hit]:
    """L14: what waits for an Application inside another needs a health check, which Argo CD lacks since 1.8."""
    places = settings_of(subject, "cm")
    hint = f"Add {_APPLICATION_HEALTH} to argocd-cm; Argo CD's page on health has the script."
    for setting in places:
        if subject.roots and _APPLICATION_HEALTH not in setting.data:
            text = "there is no health check for Application, and so an Application inside another is never waited for"
            yield warning(text, hint, _line(subject, setting, ""), setting.document.environment)
    known = {setting.document.environment for setting in places if _APPLICATION_HEALTH in setting.data}
    for root in subject.roots:
        wave = mapped(root.data, "metadata", "annotations").get(_SYNC_WAVE)
        if wave is not None and root.environment not in known:
            text = f"sync wave {wave} of Application {root.name} is waited for by nobody: Applications have no health"
            where = subject.line(root, "metadata", "annotations", _SYNC_WAVE)
            yield warning(text, hint, where, root.environment)


def check_tracking(subject: Subject) -> Iterator[Hit]:
    """L25: tracking by label takes Helm's objects for its own, and rewrites the label of a foreign release name."""
    for setting in settings_of(subject, "cm"):
        if setting.data.get(_TRACKING) != "label":
            continue
        environment = setting.document.environment
        mine = [one for one in subject.expansion.applications if one.environment == environment]
        foreign = [one for one in mine if release_name(one) != one.name]
        text = f"{_TRACKING} is label"
        if foreign:
            text += f", and {len(foreign)} Applications have another release name, e.g. {foreign[0].name}:"
            text += " their instance labels would be rewritten"
        else:
            text += ": every object that Helm labelled for a release of the same name looks owned, and may be pruned"
        hint = "Write annotation, Argo CD's default since 3.0."
        yield (error if foreign else warning)(text, hint, _line(subject, setting, _TRACKING), environment)


def check_same_settings(subject: Subject) -> Iterator[Hit]:
    """L51: the ConfigMaps and the values of Argo CD's chart say the same, or the one undoes the other."""
    hint = "Whichever is applied last wins. Write the same in both."
    for name, part in _CONFIG_MAPS.items():
        places = settings_of(subject, part)
        for values in (setting for setting in places if setting.document.get("kind") is None):
            environment = values.document.environment
            maps = [s for s in places if s is not values and s.document.environment == environment]
            for other in (setting for setting in maps if setting.document.get("kind") == "ConfigMap"):
                for key in sorted({*values.data, *other.data}):
                    if values.data.get(key) == other.data.get(key):
                        continue
                    lacking = other if key not in other.data else values
                    rest = values if lacking is other else other
                    what = "is missing" if key not in lacking.data else "differs"
                    text = f"{key} of {name} {what} here, and stands in {rest.document.path}"
                    yield error(text, hint, _line(subject, lacking, key), environment)


def check_assessed(subject: Subject) -> Iterator[Hit]:
    """L52: a custom resource that takes its time has a health check, or its phase is over at once."""
    for setting in settings_of(subject, "cm"):
        environment = setting.document.environment
        kinds = {
            (manifest.key.group, manifest.key.kind): one
            for one in reversed(subject.expansion.applications)
            if one.environment == environment
            for manifest in subject.manifests(one)
        }
        for group, kind in assessed_kinds(kinds, subject.argocd_version):
            key = f"{HEALTH_KEY}{group}_{kind}"
            if key not in setting.data:
                text = f"{kind}.{group} has no health check, and so {kinds[group, kind].name} is Healthy at once"
                yield warning(text, f"Add {key} to argocd-cm.", _line(subject, setting, key), environment)


def check_controller_flag(subject: Subject, appset: Document) -> Iterator[Hit]:
    """Part of L12: without the controller's flag a strategy is ignored without a word (rule 3.1)."""
    if not listed(appset.data, "spec", "strategy", "rollingSync", "steps"):
        return
    for setting in settings_of(subject, "params"):
        if setting.document.environment == appset.environment and setting.data.get(PROGRESSIVE_SYNCS) != "true":
            text = f'{PROGRESSIVE_SYNCS} is not "true", and so the strategy of {appset.name} is ignored'
            hint = 'Write "true", in quotes, and restart the ApplicationSet controller.'
            yield error(text, hint, _line(subject, setting, PROGRESSIVE_SYNCS), appset.environment)


RULES = (
    Rule(
        "L14",
        "Applications have a health check where something waits for them",
        "Argo CD has had none since 1.8, and so waves over Applications do not wait",
        "AC 8.12",
        check_application_health,
    ),
    Rule(
        "L25",
        "objects are tracked by annotation",
        "by label, Helm's objects look owned, and labels of a foreign release name are rewritten",
        "AC 7.3",
        check_tracking,
    ),
    Rule(
        "L51",
        "settings of Argo CD are the same in both their places",
        "the ConfigMaps and the values of Argo CD's chart would undo each other",
        "D 8",
        check_same_settings,
    ),
    Rule(
        "L52",
        "custom resources that take their time have a health check",
        "a kind without one counts as done at once, and the next phase starts too early",
        "AC 8.11",
        check_assessed,
        needs_render=True,
    ),
)
