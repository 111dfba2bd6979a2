"""What a state file may hold (rules 7 and 8), and the strict way from YAML nodes to typed sections (rule 2.5).

Second step of reading, after ``parts`` has rendered a part. Every key keeps the place it was written at.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from typing import Any, TypeAlias

from migrate.doors.yaml import YamlNode, plain_value, scalar_value
from migrate.errors import EstateError
from migrate.model.finding import SourceLocation
from migrate.read.legacy import legacy_document

Locate: TypeAlias = Callable[[int], SourceLocation]


@dataclass(frozen=True)
class Entry:
    """A list entry that may be a text or a mapping (``values``, ``secrets``, patches), with its place."""

    value: Any
    place: SourceLocation


class Section(dict[str, Any]):
    """A typed mapping of a state file: only known keys, typed values, and the place of each key."""

    def __init__(self, place: SourceLocation) -> None:
        super().__init__()
        self.place = place
        self.places: dict[str, SourceLocation] = {}
        self.inherited: frozenset[str] = frozenset()
        """Keys that a template (``inherit`` or ``<<``) or helmDefaults brought."""

    def copy(self) -> Section:
        """A section with the same entries that can be changed alone."""
        twin = Section(self.place)
        twin.update(self)
        twin.places = dict(self.places)
        twin.inherited = self.inherited
        return twin

    def at(self, key: str) -> SourceLocation:
        """The place of a key, or of the section where the key is absent."""
        return self.places.get(key, self.place)


@dataclass(frozen=True)
class Scalar:
    """A text, bool or int."""

    name: str
    zero: Any


@dataclass(frozen=True)
class ListOf:
    """A list of one kind."""

    item: Kind


@dataclass(frozen=True)
class MapOf:
    """A mapping from text to one kind."""

    item: Kind


@dataclass(frozen=True)
class Struct:
    """A mapping with known fields; ``text_field``: a bare text stands for a mapping with that one field."""

    name: str
    fields: Mapping[str, Kind] = field(hash=False)
    text_field: str = ""
    open: bool = False
    """Whether unknown fields are passed over (rule 17.1, first pass)."""


@dataclass(frozen=True)
class Free:
    """Anything; ``entry`` keeps the place beside the value."""

    entry: bool = False
    one_or_many: bool = False
    legacy: bool = False
    """Whether the value is YAML 1.1 (rule 17.1)."""


Kind: TypeAlias = "Scalar | ListOf | MapOf | Struct | Free"

TEXT, BOOL, INT = Scalar("text", ""), Scalar("bool", False), Scalar("int", 0)
TEXTS, LABELS, ANY, ENTRIES = ListOf(TEXT), MapOf(TEXT), Free(), ListOf(Free(entry=True))


def _fields(kind: Kind, names: str) -> dict[str, Kind]:
    return dict.fromkeys(names.split(), kind)


_MISSING_CONFIG = Struct("missingFileHandlerConfig", _fields(BOOL, "ignoreMissingGitBranch"))
_HOOK = Struct(
    "hook",
    {
        **_fields(TEXT, "name command"),
        **_fields(TEXTS, "events args"),
        "kubectlApply": MapOf(TEXT),
        "showlogs": BOOL,
    },
)
_SET = Struct("set", {**_fields(TEXT, "name value file"), "values": ListOf(Free())})
_DEPENDENCY = Struct("dependency", _fields(TEXT, "chart version alias"))
_TRACK = Struct("trackResource", _fields(TEXT, "kind name namespace"))
_INHERIT = Struct("inherit", {"template": TEXT, "except": TEXTS})

# Deploy and chart options that a release and helmDefaults share.
_SHARED: dict[str, Kind] = {
    **_fields(
        BOOL,
        "verify enableDNS devel wait waitForJobs recreatePods force atomic rollbackOnFailure cleanupOnFail"
        " forceConflicts createNamespace reuseValues disableOpenAPIValidation disableValidation"
        " disableValidationOnInstall insecureSkipTLSVerify plainHttp skipDeps skipRefresh skipSchemaValidation"
        " deleteWait syncReleaseLabels takeOwnership resolveOCIVersions",
    ),
    **_fields(INT, "waitRetries timeout historyMax deleteTimeout"),
    **_fields(TEXT, "keyring kubeContext postRenderer cascade trackMode"),
    **_fields(TEXTS, "postRendererArgs suppressOutputLineRegex"),
    **_fields(ANY, "serverSide helmStuckGrace"),
}

RELEASE = Struct(
    "release",
    {
        **_SHARED,
        **_fields(
            TEXT,
            "name description namespace chart chartPath directory version condition valuesPathPrefix kubeVersion"
            " missingFileHandler updateStrategy forceNamespace verifyTemplate waitTemplate installedTemplate"
            " conditionTemplate",
        ),
        **_fields(
            BOOL,
            "installed forceGoGetter suppressDiff disableAutoDetectedKubeVersionForDiff trackLogs trackFailedLogs"
            " trackFailOnError",
        ),
        "trackTimeout": INT,
        **_fields(ANY, "kubedogQPS kubedogBurst"),
        **_fields(TEXTS, "needs apiVersions adopt trackKinds skipKinds"),
        **_fields(ENTRIES, "values secrets valuesTemplate jsonPatches strategicMergePatches transformers"),
        **_fields(ListOf(_SET), "set setString setTemplate env"),
        "labels": LABELS,
        "hooks": ListOf(_HOOK),
        "dependencies": ListOf(_DEPENDENCY),
        "trackResources": ListOf(_TRACK),
        "inherit": ListOf(_INHERIT),
        "unitTests": ANY,
        "missingFileHandlerConfig": _MISSING_CONFIG,
    },
)
ENVIRONMENT = Struct(
    "environment",
    {
        **_fields(ENTRIES, "values secrets"),
        **_fields(TEXT, "kubeContext missingFileHandler mergeStrategy"),
        "missingFileHandlerConfig": _MISSING_CONFIG,
    },
)
HELM_DEFAULTS = Struct(
    "helmDefaults", {**_SHARED, **_fields(TEXTS, "args diffArgs syncArgs templateArgs"), "skipCRDs": BOOL}
)
REPOSITORY = Struct(
    "repository",
    {
        **_fields(TEXT, "name url caFile certFile keyFile username password registryConfig managed keyring"),
        **_fields(BOOL, "oci verify passCredentials skipTLSVerify plainHttp"),
    },
)
HELMFILE_ENTRY = Struct(
    "helmfiles entry",
    {
        "path": TEXT,
        "selectors": TEXTS,
        "selectorsInherited": BOOL,
        "inherits": TEXTS,
        "values": ENTRIES,
    },
    text_field="path",
)
STATE = Struct(
    "state file",
    {
        **_fields(
            TEXT,
            "helmBinary kustomizeBinary kubeContext namespace chart kubeVersion missingFileHandler lockFilePath"
            " filepath",
        ),
        **_fields(TEXTS, "bases apiVersions"),
        "values": ENTRIES,
        "environments": MapOf(ENVIRONMENT),
        "helmDefaults": HELM_DEFAULTS,
        "helmfiles": ListOf(HELMFILE_ENTRY),
        "repositories": ListOf(REPOSITORY),
        "commonLabels": LABELS,
        "releases": ListOf(RELEASE),
        **_fields(ANY, "llm renderedvalues"),
        "hooks": ListOf(_HOOK),
        "templates": MapOf(RELEASE),
        "defaultInherit": Free(one_or_many=True),
        "missingFileHandlerConfig": _MISSING_CONFIG,
    },
)


def _legacy(kind: Kind, *, opened: bool) -> Kind:
    """The kind with every struct in it open to unknown fields where asked for, and free values in YAML 1.1."""
    match kind:
        case ListOf():
            return ListOf(_legacy(kind.item, opened=opened))
        case MapOf():
            return MapOf(_legacy(kind.item, opened=opened))
        case Struct():
            fields = {name: _legacy(item, opened=opened) for name, item in kind.fields.items()}
            return replace(kind, fields=fields, open=opened)
        case Free():
            return replace(kind, legacy=True)
        case Scalar():
            return kind


# helmfile 0 knows two more keys (rule 17.1), and does not mind unknown ones in its first pass.
_WITH_OLD_KEYS = replace(STATE, fields={**STATE.fields, "context": TEXT, "charts": ListOf(RELEASE)})
LEGACY_STATE = _legacy(_WITH_OLD_KEYS, opened=False)
FIRST_PASS_STATE = _legacy(_WITH_OLD_KEYS, opened=True)

_YAML11_BOOLS = {
    **dict.fromkeys(("y", "Y", "yes", "Yes", "YES", "on", "On", "ON"), True),
    **dict.fromkeys(("n", "N", "no", "No", "NO", "off", "Off", "OFF"), False),
}


def decode(node: YamlNode, kind: Kind, locate: Locate, *, where: str = "") -> Any:
    """A node as the value of ``kind``.

    Raises:
        EstateError: an unknown field or a value of another type, with the place.
    """
    match kind:
        case Free():
            return _decode_free(node, kind, locate)
        case Scalar():
            return _decode_scalar(node, kind, locate, where)
        case ListOf():
            return _decode_list(node, kind, locate, where)
        case MapOf():
            return _decode_map(node, kind, locate, where)
        case Struct():
            return _decode_struct(node, kind, locate, where)


def _decode_free(node: YamlNode, kind: Free, locate: Locate) -> Any:
    value = plain_value(legacy_document(node) if kind.legacy else node)
    if kind.one_or_many:
        names = value if isinstance(value, list) else [value]
        return [str(item["template"] if isinstance(item, dict) else item) for item in names]
    return Entry(value, locate(node.line)) if kind.entry else value


def _decode_scalar(node: YamlNode, kind: Scalar, locate: Locate, where: str) -> Any:
    if node.kind != "scalar":
        raise _wrong_type(node, kind.name, locate, where)
    if kind is TEXT:
        return "" if node.is_null else node.value
    value = scalar_value(node)
    if value is None:
        return None
    if kind is BOOL:
        if isinstance(value, str):
            value = _YAML11_BOOLS.get(value, value)
        if not isinstance(value, bool):
            raise _wrong_type(node, "bool", locate, where)
        return value
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        raise _wrong_type(node, "int", locate, where)
    return value


def _decode_list(node: YamlNode, kind: ListOf, locate: Locate, where: str) -> Any:
    if node.is_null:
        return []
    if node.kind != "sequence":
        if isinstance(kind.item, Struct) and kind.item.name == _INHERIT.name:
            return [decode(node, kind.item, locate, where=where)]
        raise _wrong_type(node, "list", locate, where)
    found = []
    for index, item in enumerate(node.value):
        if item.is_null and isinstance(kind.item, Struct):
            continue
        found.append(decode(item, kind.item, locate, where=f"{where}[{index}]"))
    return found


def _decode_map(node: YamlNode, kind: MapOf, locate: Locate, where: str) -> Any:
    if node.is_null:
        return {}
    if node.kind != "mapping":
        raise _wrong_type(node, "mapping", locate, where)
    found = {}
    for key, item, _ in node.value:
        _check_key(key, locate, where)
        if item.is_null and isinstance(kind.item, Struct):
            found[key.value] = Section(locate(key.line))
        else:
            found[key.value] = decode(item, kind.item, locate, where=f"{where}.{key.value}")
        if isinstance(found[key.value], Section):
            found[key.value].place = locate(key.line)
    return found


def _decode_struct(node: YamlNode, kind: Struct, locate: Locate, where: str) -> Section:
    section = Section(locate(node.line))
    if node.is_null:
        return section
    if node.kind == "scalar" and kind.text_field:
        section[kind.text_field] = node.value
        return section
    if node.kind != "mapping":
        raise _wrong_type(node, "mapping", locate, where)
    merged = set()
    for key, item, from_merge in node.value:
        _check_key(key, locate, where)
        name = key.value
        if name not in kind.fields:
            if kind.open:
                continue
            raise _unknown(name, kind, locate(key.line))
        value = decode(item, kind.fields[name], locate, where=f"{where}.{name}".lstrip("."))
        if value is None:
            continue
        section[name] = value
        section.places[name] = locate(key.line)
        if from_merge:
            merged.add(name)
    section.inherited = frozenset(merged)
    return section


def _check_key(key: YamlNode, locate: Locate, where: str) -> None:
    if key.kind != "scalar":
        subject = f"`{where}`" if where else "the document"
        raise EstateError(f"{subject} has a {key.kind} for a key", hint="write a text", source=locate(key.line))


def _unknown(name: str, kind: Struct, place: SourceLocation) -> EstateError:
    close = get_close_matches(name, kind.fields, 1, 0.75)
    hint = f"did you mean `{close[0]}`?" if close else "helmfile refuses it too: remove it"
    if kind.name == STATE.name and not close:
        hint += ", or hold anchors below `templates:`"
    return EstateError(f"field {name} not found in {kind.name}", hint=hint, source=place)


def _wrong_type(node: YamlNode, wanted: str, locate: Locate, where: str) -> EstateError:
    shown = f"`{node.value}`" if node.kind == "scalar" else f"a {node.kind}"
    subject = f"`{where}`" if where else "the document"
    return EstateError(f"{subject} holds {shown} where a {wanted} belongs", source=locate(node.line))
