"""The keys of a state file in helmfile's order, and which of them an empty value leaves out (rules 7, 8, 12.2).

``build`` prints its typed sections in this order; what is not listed here it does not print.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from migrate.doors.go_yaml import GoStruct


@dataclass(frozen=True)
class Fields:
    """One typed mapping: its keys in order, each with what becomes of its value."""

    kinds: Mapping[str, Kind]


@dataclass(frozen=True)
class Each:
    """A list or mapping whose members are typed."""

    member: Fields


@dataclass(frozen=True)
class Always:
    """Printed even where it is absent, with ``zero``."""

    zero: Any
    inner: Each | None = None


@dataclass(frozen=True)
class Set:
    """Printed wherever a state file sets it, were it false or empty."""

    inner: Fields | None = None


@dataclass(frozen=True)
class Full:
    """Printed unless it is empty: false, 0, no text, no entries."""

    inner: Fields | Each | None = None


Kind: TypeAlias = "Always | Set | Full"


def _kinds(kind: Kind, names: str) -> dict[str, Kind]:
    return dict.fromkeys(names.split(), kind)


_MISSING = Fields({"ignoreMissingGitBranch": Full()})
_HOOK = Fields(
    {
        "name": Always(""),
        "events": Always([]),
        "command": Always(""),
        "kubectlApply": Full(),
        "args": Always([]),
        "showlogs": Always(False),
    }
)
_SET = Fields(_kinds(Full(), "name value file values"))
_DEPENDENCY = Fields(_kinds(Always(""), "chart version alias"))
_TRACKED = Fields(_kinds(Full(), "kind name namespace"))
_INHERIT = Fields(_kinds(Full(), "template except"))

RELEASE = Fields(
    {
        **_kinds(Full(), "chart directory version"),
        **_kinds(Set(), "verify"),
        **_kinds(Full(), "keyring"),
        **_kinds(
            Set(),
            "enableDNS devel wait waitRetries waitForJobs timeout recreatePods force installed",
        ),
        **_kinds(Full(), "updateStrategy"),
        **_kinds(Set(), "atomic rollbackOnFailure cleanupOnFail forceConflicts historyMax"),
        **_kinds(Full(), "condition"),
        **_kinds(
            Set(),
            "createNamespace reuseValues disableOpenAPIValidation disableValidation disableValidationOnInstall"
            " missingFileHandler",
        ),
        "missingFileHandlerConfig": Set(_MISSING),
        "needs": Full(),
        "hooks": Full(Each(_HOOK)),
        **_kinds(Full(), "unitTests name description namespace labels values secrets"),
        "set": Full(Each(_SET)),
        "setString": Full(Each(_SET)),
        "valuesTemplate": Full(),
        "setTemplate": Full(Each(_SET)),
        **_kinds(Full(), "apiVersions kubeVersion"),
        "env": Full(Each(_SET)),
        **_kinds(Full(), "valuesPathPrefix kubeContext insecureSkipTLSVerify plainHttp"),
        **_kinds(Set(), "verifyTemplate waitTemplate installedTemplate conditionTemplate"),
        "dependencies": Full(Each(_DEPENDENCY)),
        **_kinds(Full(), "jsonPatches strategicMergePatches transformers adopt forceGoGetter forceNamespace"),
        **_kinds(Set(), "skipDeps skipRefresh resolveOCIVersions postRenderer skipSchemaValidation"),
        "postRendererArgs": Full(),
        "cascade": Set(),
        "suppressOutputLineRegex": Full(),
        "disableAutoDetectedKubeVersionForDiff": Set(),
        "inherit": Full(Each(_INHERIT)),
        **_kinds(Set(), "suppressDiff deleteWait deleteTimeout syncReleaseLabels takeOwnership serverSide"),
        "trackMode": Full(),
        **_kinds(Set(), "trackTimeout trackLogs trackFailedLogs helmStuckGrace"),
        **_kinds(Full(), "trackKinds skipKinds"),
        "trackResources": Full(Each(_TRACKED)),
        **_kinds(Set(), "kubedogQPS kubedogBurst trackFailOnError"),
    }
)
_ENVIRONMENT = Fields(
    {
        **_kinds(Full(), "values secrets kubeContext"),
        "missingFileHandler": Set(),
        "missingFileHandlerConfig": Set(_MISSING),
        "mergeStrategy": Full(),
    }
)
_HELM_DEFAULTS = Fields(
    {
        **_kinds(Full(), "kubeContext args diffArgs syncArgs templateArgs"),
        "verify": Always(False),
        "keyring": Full(),
        "enableDNS": Always(False),
        "skipSchemaValidation": Set(),
        **_kinds(Always(False), "devel wait"),
        "waitRetries": Always(0),
        "waitForJobs": Always(False),
        "timeout": Always(0),
        **_kinds(Always(False), "recreatePods force atomic rollbackOnFailure"),
        "cleanupOnFail": Full(),
        "forceConflicts": Always(False),
        **_kinds(Set(), "historyMax createNamespace"),
        "skipCRDs": Full(),
        **_kinds(Always(False), "skipDeps skipRefresh"),
        "resolveOCIVersions": Set(),
        "reuseValues": Always(False),
        "postRenderer": Set(),
        "postRendererArgs": Full(),
        "cascade": Set(),
        "suppressOutputLineRegex": Full(),
        **_kinds(Set(), "disableAutoDetectedKubeVersionForDiff disableValidation disableOpenAPIValidation"),
        **_kinds(Full(), "insecureSkipTLSVerify plainHttp deleteWait deleteTimeout"),
        **_kinds(Set(), "syncReleaseLabels takeOwnership serverSide"),
        **_kinds(Full(), "trackMode helmStuckGrace"),
    }
)
_REPOSITORY = Fields(
    _kinds(
        Full(),
        "name url caFile certFile keyFile username password registryConfig managed oci verify keyring"
        " passCredentials skipTLSVerify plainHttp",
    )
)
_HELMFILE = Fields(_kinds(Full(), "path selectors selectorsInherited inherits values"))
STATE = Fields(
    {
        "filepath": Always(""),
        "helmBinary": Always("helm"),
        "kustomizeBinary": Always("kustomize"),
        "values": Full(),
        "environments": Full(Each(_ENVIRONMENT)),
        "bases": Full(),
        "helmDefaults": Full(_HELM_DEFAULTS),
        "helmfiles": Full(Each(_HELMFILE)),
        **_kinds(Full(), "kubeContext namespace chart"),
        "repositories": Full(Each(_REPOSITORY)),
        "commonLabels": Full(),
        "releases": Full(Each(RELEASE)),
        **_kinds(Full(), "llm apiVersions kubeVersion"),
        "hooks": Full(Each(_HOOK)),
        "templates": Always({}, Each(RELEASE)),
        "defaultInherit": Full(),
        "missingFileHandler": Set(),
        "missingFileHandlerConfig": Set(_MISSING),
        "lockFilePath": Full(),
    }
)


def in_order(data: Mapping[str, Any], fields: Fields) -> GoStruct:
    """The mapping with its keys in helmfile's order, without what helmfile leaves out."""
    found = GoStruct()
    for name, kind in fields.kinds.items():
        value = data.get(name)
        match kind:
            case Always():
                found[name] = kind.zero if _is_empty(value) else _members(value, kind.inner)
            case Set() if value is not None:
                found[name] = value if kind.inner is None else in_order(value, kind.inner)
            case Full() if not _is_empty(value):
                if not isinstance(kind.inner, Fields) or not all(map(_is_empty, dict(value or {}).values())):
                    found[name] = _members(value, kind.inner)
            case _:
                pass
    return found


def _members(value: Any, inner: Fields | Each | None) -> Any:
    if inner is None:
        return value
    if isinstance(inner, Fields):
        return in_order(value, inner)
    if isinstance(value, Mapping):
        return {name: in_order(item, inner.member) for name, item in value.items()}
    return [in_order(item, inner.member) for item in value]


def _is_empty(value: Any) -> bool:
    return value is None or value in ("", 0, False) or value in ([], {})
