"""The Lua checks run by a real interpreter, opened no further than Argo CD opens its own."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import pytest
from lupa import lua51

from migrate.emit.health import health_script, health_settings
from migrate.model.assessments import ASSESSMENTS, PASSIVE, assessed_kinds, unassessed_kinds
from migrate.model.health import built_in_checks, is_of_kubernetes
from migrate.model.manifest import ObjectKey
from tests.emit.health_objects import KINDS, Kind, condition, fails, status_of

# As Argo CD 3.3 runs a check whose kind is not in resource.customizations.useOpenLibs: the base functions alone.
_SHUT = "string table math coroutine io os debug package require dofile loadfile python"
_CLOSED = "; ".join(f"{name} = nil" for name in _SHUT.split())


def health(script: str, obj: Mapping[str, Any]) -> tuple[str, str]:
    """What the script says of an object, as Argo CD asks it."""
    lua = lua51.LuaRuntime(register_eval=False, unpack_returned_tuples=True)
    lua.execute(_CLOSED)
    lua.globals()["obj"] = lua.table_from(json.loads(json.dumps(obj)), recursive=True)
    answer = lua.execute(script)
    assert set(answer) <= {"status", "message"}
    return str(answer["status"]), str(answer["message"])


def of(kind: Kind, status: Any, *, generation: int = 2, spec: Any = None) -> str:
    obj: dict[str, Any] = {"kind": kind[1], "metadata": {"name": "a", "generation": generation}, "spec": spec or {}}
    if status is not None:
        obj["status"] = status
    return health(health_script(ASSESSMENTS[kind]), obj)[0]


@pytest.mark.parametrize("kind", KINDS, ids="/".join)
def test_a_working_object_is_healthy(kind: Kind) -> None:
    assert of(kind, status_of(kind, "good"), spec={"replicas": 3}) == "Healthy"
    assert of(kind, status_of(kind, "good", seen=None), spec={"replicas": 3}) == "Healthy"


@pytest.mark.parametrize("kind", KINDS, ids="/".join)
def test_an_object_on_its_way_is_progressing(kind: Kind) -> None:
    assert of(kind, status_of(kind, "unready"), spec={"replicas": 3}) == "Progressing"


@pytest.mark.parametrize("kind", [kind for kind in KINDS if fails(kind)], ids="/".join)
def test_a_broken_object_is_degraded(kind: Kind) -> None:
    assert of(kind, status_of(kind, "bad")) == "Degraded"


@pytest.mark.parametrize("kind", KINDS, ids="/".join)
@pytest.mark.parametrize("status", [None, {}], ids=["missing", "empty"])
def test_an_object_that_nobody_looked_at_is_progressing(kind: Kind, status: Any) -> None:
    """Only where some operators never write a status it must not hold a phase for ever."""
    assert of(kind, status) == ("Healthy" if ASSESSMENTS[kind].silent else "Progressing")


@pytest.mark.parametrize("how", ["good", "bad"])
@pytest.mark.parametrize("kind", [kind for kind in KINDS if fails(kind)], ids="/".join)
def test_what_was_said_of_an_older_generation_does_not_count(kind: Kind, how: str) -> None:
    assert of(kind, status_of(kind, how, seen=1), spec={"replicas": 3}) == "Progressing"


def test_conditions_have_generations_of_their_own() -> None:
    kind = ("monitoring.coreos.com", "Alertmanager")
    old, new = condition("Available", "True", 1), condition("Reconciled", "True", 2)
    assert of(kind, {"conditions": [old, new]}) == "Progressing"
    assert of(kind, {"conditions": [condition("Available", "True", 2), new]}) == "Healthy"


def test_a_route_works_only_if_every_parent_takes_it() -> None:
    kind = ("gateway.networking.k8s.io", "TLSRoute")
    taken = {"conditions": [condition("Accepted", "True"), condition("ResolvedRefs", "True")]}
    refused = {"conditions": [condition("Accepted", "False"), condition("ResolvedRefs", "True")]}
    assert of(kind, {"parents": [taken, taken]}) == "Healthy"
    assert of(kind, {"parents": [taken, refused]}) == "Degraded"
    assert of(kind, {"parents": [refused, taken]}) == "Degraded"
    assert of(kind, {"parents": []}) == "Progressing"
    assert of(kind, {"parents": [{}]}) == "Progressing"


def test_false_is_not_the_same_as_missing() -> None:
    kind = ("secrets.hashicorp.com", "VaultAuth")
    assert [of(kind, {"valid": value}) for value in (True, False)] == ["Healthy", "Degraded"]
    assert of(kind, {"error": "none"}) == "Progressing"


def test_a_message_says_why() -> None:
    script = health_script(ASSESSMENTS["temporal.io", "TemporalNamespace"])
    status = {"conditions": [condition("ReconcileError", "True")]}
    assert health(script, {"metadata": {}, "status": status}) == ("Degraded", "ReconcileError is True")
    assert health(script, {"metadata": {}, "status": {"conditions": []}})[1] == "waiting for the condition Ready"


def test_an_application_has_the_health_that_it_says() -> None:
    (script,) = health_settings([], "3.3").values()
    assert health(str(script), {"metadata": {}}) == ("Progressing", "not assessed yet")
    assert health(str(script), {"metadata": {}, "status": {"sync": {}}})[0] == "Progressing"
    assert health(str(script), {"metadata": {}, "status": {"health": {"status": "Degraded", "message": "m"}}}) == (
        "Degraded",
        "m",
    )


def test_a_check_is_added_only_where_this_argo_cd_has_none() -> None:
    kinds = [("postgresql.cnpg.io", "Cluster"), ("gateway.networking.k8s.io", "GatewayClass"), ("apps", "Deployment")]
    assert assessed_kinds(kinds, "3.0") == (
        ("gateway.networking.k8s.io", "GatewayClass"),
        ("postgresql.cnpg.io", "Cluster"),
    )
    assert assessed_kinds(kinds, "3.3") == (("gateway.networking.k8s.io", "GatewayClass"),)
    assert assessed_kinds(kinds, "3.5") == ()
    assert list(health_settings(kinds, "3.3")) == [
        "resource.customizations.health.argoproj.io_Application",
        "resource.customizations.health.gateway.networking.k8s.io_GatewayClass",
    ]


def test_every_kind_of_the_library_is_needed_by_some_version() -> None:
    for group, kind in KINDS:
        assert not built_in_checks("2.14").watches(ObjectKey(group, kind, "", "")), f"{kind}.{group} is built in"
        assert not is_of_kubernetes(group)
    assert not PASSIVE & set(KINDS)


def test_custom_kinds_that_nobody_knows_are_told_apart() -> None:
    kinds = [("example.org", "Thing"), ("monitoring.coreos.com", "PodMonitor"), ("apps", "Deployment")]
    assert unassessed_kinds([*kinds, ("temporal.io", "TemporalCluster"), ("argoproj.io", "Rollout")], "3.3") == (
        ("example.org", "Thing"),
    )


@pytest.mark.parametrize("kind", KINDS, ids="/".join)
def test_a_script_uses_what_argo_cd_opens_and_no_tabs(kind: Kind) -> None:
    """A tab, or a blank at a line's end, would make YAML write the script as one quoted line."""
    script = health_script(ASSESSMENTS[kind])
    called = set(re.findall(r"\b([a-z_]+(?:\.[a-z]+)?)\(", script))
    assert called <= {"type", "next", "tonumber", "tostring", "ipairs", "outdated", "judge", "function"}
    assert "\t" not in script
    assert not re.search(r" +$", script, re.MULTILINE)
