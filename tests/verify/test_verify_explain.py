"""Each rule on the smallest pair of renders that it takes, and on one beside it that it must not take."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

import pytest

from migrate.model.estate import Placeholder, Release, ValuesKind, ValuesLayer
from migrate.model.finding import Finding, Severity, SourceLocation
from migrate.model.json import JsonObject, JsonValue
from migrate.model.manifest import Manifest, ObjectKey, Rendered
from migrate.model.plan import Decision, DecisionSource, Disposition, ReleasePlan
from migrate.model.report import ReleaseVerdict, Verdict
from migrate.verify import RULES, compare_release, row_findings

HERE = SourceLocation("helmfiles/10.yaml", 4)
RELEASE = Release("dev", "apps", "web", "", "10", HERE, True, True, "./chart", "chart", "")
WAS = Decision("web", DecisionSource.DEFAULT)
PLAN = ReleasePlan("apps/web", "10", Disposition.COMPONENT, WAS, WAS, WAS, WAS, WAS, WAS, WAS, WAS)
JOB_HOOK = {"helm.sh/hook": "pre-upgrade", "helm.sh/hook-weight": "2", "helm.sh/hook-delete-policy": "hook-succeeded"}
REPLACED = {"argocd.argoproj.io/sync-options": "Force=true,Replace=true"}
GUARDED = {"argocd.argoproj.io/sync-options": "Prune=false,Delete=false"}


def thing(
    kind: str = "ConfigMap",
    name: str = "a",
    annotations: dict[str, str] | None = None,
    *,
    namespace: str = "apps",
    phases: tuple[str, ...] = (),
    crd_file: bool = False,
    **fields: JsonValue,
) -> Manifest:
    metadata: JsonObject = {"name": name}
    if namespace:
        metadata["namespace"] = namespace
    if annotations:
        metadata["annotations"] = dict(annotations)
    document: JsonObject = {"apiVersion": "v1", "kind": kind, "metadata": metadata, **fields}
    return Manifest(
        ObjectKey("", kind, namespace, name), document, json.dumps(document), phases=phases, crd_file=crd_file
    )


def compare(
    left: Sequence[Manifest] | Rendered,
    right: Sequence[Manifest] | Rendered,
    release: Release = RELEASE,
    plan: ReleasePlan = PLAN,
) -> ReleaseVerdict:
    first = left if isinstance(left, Rendered) else Rendered(tuple(left))
    second = right if isinstance(right, Rendered) else Rendered(tuple(right))
    return compare_release(release, plan, "web", first, second)


def kinds(row: ReleaseVerdict) -> dict[str, int]:
    return {explanation.kind: explanation.count for explanation in row.explanations}


def test_the_same_objects_are_equal() -> None:
    row = compare([thing(data={"k": "v"})], [thing(data={"k": "v"})])
    assert (row.verdict, row.objects, row.explanations, row.differences) == (Verdict.EQUAL, 1, (), ())


def test_other_text_of_the_same_structure_is_equal() -> None:
    left = thing(data={"k": "v"})
    assert compare([left], [replace(left, text="# other words")]).verdict is Verdict.EQUAL


@pytest.mark.parametrize(
    ("left", "right", "path", "texts"),
    [
        ({"data": {"k": "v"}}, {"data": {"k": "w"}}, "data.k", ('"v"', '"w"')),
        ({"data": {"k": 1}}, {"data": {"k": True}}, "data.k", ("1", "true")),
        ({"data": {"k": 1}}, {"data": {"k": "1"}}, "data.k", ("1", '"1"')),
        ({"data": {"k": None}}, {"data": {}}, "data.k", ("null", "")),
        ({"data": {"a.b": ["x"]}}, {"data": {"a.b": ["x", "w"]}}, 'data["a.b"][1]', ("", '"w"')),
    ],
)
def test_any_difference_is_different(left: JsonObject, right: JsonObject, path: str, texts: tuple[str, str]) -> None:
    base = thing()
    first, second = ({**base.document, **fields} for fields in (left, right))
    row = compare(
        [replace(base, document=first, text=json.dumps(first))],
        [replace(base, document=second, text=json.dumps(second))],
    )
    assert row.verdict is Verdict.DIFFERENT
    (difference,) = row.differences
    assert (difference.object, difference.path) == ("ConfigMap apps/a", path)
    assert (difference.left, difference.right) == texts


def test_numbers_that_only_their_text_tells_apart_are_different() -> None:
    left = thing(data={"k": 9007199254740993})
    right = replace(left, text=left.text.replace("0993", "0992"))
    assert compare([left], [right]).verdict is Verdict.DIFFERENT


def test_objects_on_one_side_only_are_different() -> None:
    row = compare([thing(name="only-left", data={"x": "abc"})], [thing("Service", "only-right")])
    assert [(d.object, d.path) for d in row.differences] == [
        ("ConfigMap apps/only-left", ""),
        ("Service apps/only-right", ""),
    ]
    assert row.differences[0].right == ""


def test_a_renamed_object_shows_as_one_difference() -> None:
    row = compare([thing(name="old", data={"x": "abc"})], [thing(name="new", data={"x": "abc"})])
    assert [(d.path, d.left, d.right) for d in row.differences] == [("metadata.name", '"old"', '"new"')]


def test_an_object_that_comes_twice_on_one_side_is_different() -> None:
    assert compare([thing(), thing()], [thing()]).verdict is Verdict.DIFFERENT
    assert compare([thing()], [thing(), thing()]).verdict is Verdict.DIFFERENT


TWICE = Finding("RN006", Severity.WARNING, "ConfigMap apps/a is 2 times in the Application web (a.yaml, b.yaml)", "")


def test_a_plain_object_that_both_sides_render_twice_is_explained_and_told() -> None:
    first, last = thing(data={"x": "1"}), thing(data={"x": "2"})
    row = compare([first, last], Rendered((last,), findings=(TWICE,)))
    assert (row.verdict, kinds(row)) == (Verdict.EXPLAINED, {"repeated-object": 1})
    assert "a.yaml, b.yaml" in row.explanations[0].note
    (finding,) = row_findings([row])
    assert (finding.code, finding.severity, finding.release) == ("VF003", Severity.WARNING, row.id)


@pytest.mark.parametrize("hooks", [(True, True), (False, True), (True, False)])
def test_a_hook_that_is_there_twice_is_never_explained(hooks: tuple[bool, bool]) -> None:
    """Helm runs each; Argo CD knows the last alone."""
    first, last = (thing(annotations=JOB_HOOK if hook else {}) for hook in hooks)
    assert compare([first, last], Rendered((last,), findings=(TWICE,))).verdict is Verdict.DIFFERENT


def test_the_first_of_two_must_not_be_what_stays() -> None:
    first, last = thing(data={"x": "1"}), thing(data={"x": "2"})
    assert compare([first, last], Rendered((first,), findings=(TWICE,))).verdict is Verdict.DIFFERENT
    assert compare([first, first, last], Rendered((last,), findings=(TWICE,))).verdict is Verdict.DIFFERENT


def test_secret_values_are_never_shown() -> None:
    row = compare(
        [thing("Secret", data={"k": "aHVzaA=="}), thing("Secret", "b", stringData={"k": "hush"})],
        [thing("Secret", data={"k": "b3RoZXI="})],
    )
    shown = str(row.differences)
    assert row.verdict is Verdict.DIFFERENT
    assert "sha256:" in shown
    assert not any(word in shown for word in ("aHVzaA", "b3RoZXI", "hush"))


def test_an_empty_render_is_never_equal() -> None:
    assert compare([], [thing()]).verdict is Verdict.DIFFERENT
    assert compare([thing()], []).verdict is Verdict.DIFFERENT
    both = compare([], [])
    assert (both.verdict, kinds(both)) == (Verdict.EXPLAINED, {"renders-nothing": 1})


def test_errors_are_unrendered_with_the_reason() -> None:
    left = compare(Rendered(error="boom"), [thing()])
    right = compare([thing()], Rendered(error="bang"))
    assert (left.verdict, left.reason) == (Verdict.UNRENDERED, "helmfile's side does not render: boom")
    assert (right.verdict, right.reason) == (Verdict.UNRENDERED, "Argo CD's side does not render: bang")


def test_definitions_that_argocd_updates_are_named() -> None:
    definition = thing("CustomResourceDefinition", "ws.x.io", namespace="", crd_file=True)
    row = compare([definition, thing()], [definition, thing()])
    assert (row.verdict, kinds(row)) == (Verdict.EXPLAINED, {"crds-included": 1})
    assert compare([definition, thing()], [thing()]).verdict is Verdict.DIFFERENT
    assert compare([thing()], [definition, thing()]).verdict is Verdict.DIFFERENT


def test_hooks_that_argocd_maps_are_named() -> None:
    hook = thing("Job", annotations=JOB_HOOK)
    row = compare([hook], [replace(hook, phases=("PreSync",))])
    assert (row.verdict, kinds(row)) == (Verdict.EXPLAINED, {"hook-mapping": 1})
    assert row.explanations[0].note.endswith("pre-upgrade → PreSync")


@pytest.mark.parametrize(
    ("hook", "kind"),
    [
        ("test", "test-hook-dropped"),
        ("test-success,pre-rollback", "test-hook-dropped"),
        ("post-rollback", "rollback-hook-dropped"),
    ],
)
def test_hooks_that_argocd_never_applies_are_named(hook: str, kind: str) -> None:
    row = compare([thing(), thing("Pod", "t", {"helm.sh/hook": hook})], [thing()])
    assert (row.verdict, kinds(row)) == (Verdict.EXPLAINED, {kind: 1})


@pytest.mark.parametrize("hook", ["pre-install", "test,post-install"])
def test_hooks_that_argocd_would_apply_must_be_there(hook: str) -> None:
    assert compare([thing(), thing("Pod", "t", {"helm.sh/hook": hook})], [thing()]).verdict is Verdict.DIFFERENT


def test_a_hook_may_become_an_object_that_is_replaced() -> None:
    right = {**REPLACED, "argocd.argoproj.io/sync-wave": "2"}
    row = compare([thing("Job", annotations=JOB_HOOK)], [thing("Job", annotations=right)])
    assert (row.verdict, kinds(row)) == (Verdict.EXPLAINED, {"hook-to-resource": 5})


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (JOB_HOOK, {}),
        (JOB_HOOK, {"argocd.argoproj.io/sync-options": "Replace=true"}),
        (JOB_HOOK, {"argocd.argoproj.io/sync-options": "Force=true,Replace=true,Prune=false"}),
        (JOB_HOOK, {**REPLACED, "argocd.argoproj.io/sync-wave": "3"}),
        ({**JOB_HOOK, "team": "red"}, REPLACED),
        ({}, REPLACED),
    ],
)
def test_a_hook_that_became_something_else_is_different(left: dict[str, str], right: dict[str, str]) -> None:
    row = compare([thing("Job", annotations=left)], [thing("Job", annotations=right)])
    assert row.verdict is Verdict.DIFFERENT


def test_a_namespace_may_be_guarded_against_deletion_and_nothing_else_may() -> None:
    row = compare([thing("Namespace", namespace="")], [thing("Namespace", annotations=GUARDED, namespace="")])
    assert (row.verdict, kinds(row)) == (Verdict.EXPLAINED, {"namespace-prune-guard": 1})
    assert compare([thing()], [thing(annotations=GUARDED)]).verdict is Verdict.DIFFERENT
    lost = thing("Namespace", annotations={"argocd.argoproj.io/sync-options": "ServerSideApply=true"}, namespace="")
    guarded = thing("Namespace", annotations=GUARDED, namespace="")
    assert compare([lost], [guarded]).verdict is Verdict.DIFFERENT


def test_a_namespace_on_a_cluster_scoped_object_goes() -> None:
    left = thing("ClusterRole", namespace="")
    document: JsonObject = {**left.document, "metadata": {"name": "a", "namespace": "lost"}}
    row = compare([replace(left, document=document, text="other")], [left])
    assert (row.verdict, kinds(row)) == (Verdict.EXPLAINED, {"namespace-removed": 1})


def test_only_what_differs_from_itself_is_unstable() -> None:
    def secret(password: str, user: str = "admin") -> Manifest:
        return thing("Secret", data={"password": password, "user": user})

    unstable = ((secret("x").key, "data.password"),)

    def drawn(manifest: Manifest) -> Rendered:
        return Rendered((manifest,), unstable=unstable)

    row = compare(drawn(secret("x")), drawn(secret("w")))
    assert (row.verdict, row.unstable, kinds(row)) == (Verdict.EXPLAINED, True, {"unstable": 1})
    assert compare([secret("x")], [secret("w")]).verdict is Verdict.DIFFERENT
    other = compare(drawn(secret("x")), drawn(secret("w", "root")))
    assert [d.path for d in other.differences] == ["data.user"]


PASSWORD = thing("Secret", data={"password": "x", "user": "admin"})
DRAWN = Rendered((PASSWORD,), unstable=((PASSWORD.key, "data.password"),))


def test_a_value_that_only_argocd_draws_is_different() -> None:
    row = compare([thing("Secret", data={"password": "kept", "user": "admin"})], DRAWN)
    assert [d.path for d in row.differences] == ["data.password"]


def test_a_value_that_argocd_fixes_is_different_unless_the_plan_pins_it_or_the_manifests_hold_it() -> None:
    fixed = [thing("Secret", data={"password": "changeme", "user": "admin"})]
    assert compare(DRAWN, fixed).verdict is Verdict.DIFFERENT
    pinned = replace(PLAN, pins={"password": "changeme"})
    assert compare(DRAWN, fixed, plan=pinned).verdict is Verdict.EXPLAINED
    carried = replace(RELEASE, json_patches=({"target": {}, "patch": []},))
    assert compare(DRAWN, fixed, carried).verdict is Verdict.EXPLAINED


def test_a_random_value_hides_neither_its_loss_nor_the_loss_of_its_neighbours() -> None:
    unstable = DRAWN.unstable
    for left_over in (thing("Secret", data={"user": "admin"}), thing("Secret")):
        assert compare(DRAWN, Rendered((left_over,), unstable=unstable)).verdict is Verdict.DIFFERENT
    pinned = replace(PLAN, pins={"password": "w"})
    assert compare(DRAWN, [thing("Secret")], plan=pinned).verdict is Verdict.DIFFERENT


def test_a_place_whose_name_starts_alike_is_not_unstable() -> None:
    def config(drawn: str, beside: str) -> Rendered:
        item = thing(data={"id": drawn, "id-of": beside, "ids": [drawn] * 11})
        return Rendered((item,), unstable=((item.key, "data.id"), (item.key, "data.ids[1]")))

    row = compare(config("x", "a"), config("w", "b"))
    assert [d.path for d in row.differences] == ["data.id-of", *(f"data.ids[{n}]" for n in (0, *range(2, 11)))]


def random_job(name: str, image: str = "one", *, side: bool = True) -> Rendered:
    job = thing("Job", name, spec={"image": image, "label": name})
    return Rendered((thing(), job), unstable=((job.key, ""),) if side else ())


def test_an_object_with_a_random_name_has_a_twin_that_is_the_same_but_for_it() -> None:
    assert kinds(compare(random_job("j-abc"), random_job("j-xyz"))) == {"unstable": 2}
    assert compare(random_job("j-abc"), random_job("j-xyz", "two")).verdict is Verdict.DIFFERENT
    assert compare(random_job("j-abc"), random_job("j-xyz", side=False)).verdict is Verdict.DIFFERENT
    assert compare(random_job("j-abc"), [thing()]).verdict is Verdict.DIFFERENT
    assert compare([thing()], random_job("j-xyz")).verdict is Verdict.DIFFERENT


def test_an_unstable_side_is_named_even_if_both_drew_the_same() -> None:
    unstable = ((thing().key, "data.id"),)
    row = compare([thing(data={"id": "x"})], Rendered((thing(data={"id": "x"}),), unstable=unstable))
    assert (row.verdict, kinds(row)) == (Verdict.EXPLAINED, {"unstable": 1})


def test_a_secret_that_the_plan_pins_away_is_unstable_and_another_is_not() -> None:
    drawn, other = thing("Secret", "drawn", data={"p": "x"}), thing("Secret", "other", data={"p": "w"})
    pinned = replace(PLAN, pins={"admin": {"existingSecret": "drawn"}})
    left = Rendered((thing(), drawn), unstable=((drawn.key, "data.p"),))
    assert compare(left, [thing()], plan=pinned).verdict is Verdict.EXPLAINED
    assert compare(left, [thing()]).verdict is Verdict.DIFFERENT
    both = Rendered((thing(), drawn, other), unstable=left.unstable)
    assert compare(both, [thing()], plan=pinned).verdict is Verdict.DIFFERENT


def test_lists_are_compared_item_by_item() -> None:
    item: JsonObject = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}}
    document: JsonObject = {"apiVersion": "v1", "kind": "List", "items": [item]}
    found = Manifest(ObjectKey("", "List", "apps", ""), document, "list")
    row = compare([found], [thing()])
    assert (row.verdict, kinds(row)) == (Verdict.EXPLAINED, {"list-expanded": 1})
    assert compare([found], [thing(data={"k": "v"})]).verdict is Verdict.DIFFERENT


def layer(path: str, secret_text: str | None = None) -> ValuesLayer:
    placeholder = Placeholder(path, "secrets/web.yaml", "PLACEHOLDER", HERE)
    return ValuesLayer(ValuesKind.SECRET, "secrets/web.yaml", "{}", HERE, (placeholder,), secret_text)


def test_placeholders_are_named_and_unknown_layers_leave_the_release_open() -> None:
    named = compare([thing()], [thing()], replace(RELEASE, values=(layer("auth.password"),)))
    assert (named.verdict, kinds(named)) == (Verdict.EXPLAINED, {"placeholder": 1})
    assert named.explanations[0].note.endswith(": auth.password")
    unknown = compare([thing()], [thing()], replace(RELEASE, values=(layer(""),)))
    assert unknown.verdict is Verdict.UNRENDERED
    assert "secrets/web.yaml" in unknown.reason
    supplied = compare([thing()], [thing()], replace(RELEASE, values=(layer("", "a: 1"),)))
    assert supplied.verdict is Verdict.EXPLAINED


@pytest.mark.parametrize(
    ("reason", "verdict"),
    [
        ("hook require-storage-class.sh (presync)", Verdict.EXPLAINED),
        ("hook kubectlApply (presync)", Verdict.UNRENDERED),
        ("hook generate.sh (prepare, cleanup)", Verdict.UNRENDERED),
        ("postRenderer ./x.sh", Verdict.UNRENDERED),
        ("transformers", Verdict.UNRENDERED),
        ("forceNamespace", Verdict.UNRENDERED),
        ("dependencies", Verdict.UNRENDERED),
    ],
)
def test_what_helmfile_does_besides_is_named_or_leaves_the_release_open(reason: str, verdict: Verdict) -> None:
    row = compare([thing()], [thing()], replace(RELEASE, opaque=(reason,)))
    assert row.verdict is verdict
    assert reason in row.reason + str(row.explanations)


def test_patches_are_named() -> None:
    row = compare([thing()], [thing()], replace(RELEASE, json_patches=({"target": {}, "patch": []},)))
    assert (row.verdict, kinds(row)) == (Verdict.EXPLAINED, {"rendered-component": 1})


def test_the_cause_is_the_last_layer_with_the_field_and_value() -> None:
    def plain(path: str, text: str) -> ValuesLayer:
        return ValuesLayer(ValuesKind.FILE, path, text, HERE)

    release = replace(RELEASE, values=(plain("base.yaml", "image: {tag: one}"), plain("dev.yaml", "image: {tag: two}")))
    row = compare([thing(data={"tag": "two"})], [thing(data={"tag": "three"})], release)
    assert row.differences[0].cause == "dev.yaml: image.tag"
    unknown = compare([thing(data={"tag": "x"})], [thing(data={"tag": "w"})], release)
    assert unknown.differences[0].cause == ""


def test_every_rule_has_a_name_and_a_reason() -> None:
    assert len({rule.name for rule in RULES}) == len(RULES) == 20
    assert all(rule.reason for rule in RULES)


# ---------------------------------------------------------------- what a rule must not take


def job(hook: str, weight: str = "", name: str = "a", **annotations: str) -> Manifest:
    weighted = {"helm.sh/hook-weight": weight} if weight else {}
    return thing("Job", name, {"helm.sh/hook": hook, **weighted, **annotations}, spec={"image": "one"})


def plain(wave: str = "", name: str = "a", image: str = "one", **annotations: str) -> Manifest:
    waved = {"argocd.argoproj.io/sync-wave": wave} if wave else {}
    return thing("Job", name, {**REPLACED, **waved, **annotations}, spec={"image": image})


def test_a_hook_that_became_a_resource_and_also_changed_is_different() -> None:
    row = compare([job("test")], [plain(image="two")])
    assert [d.path for d in row.differences] == ["spec.image"]


def test_beside_ordinary_objects_a_hook_stays_a_hook() -> None:
    row = compare([thing(), job("pre-upgrade")], [thing(), plain()])
    assert row.verdict is Verdict.DIFFERENT


@pytest.mark.parametrize("hook", ["pre-delete", "post-delete,post-rollback"])
def test_a_hook_that_no_sync_may_run_never_becomes_a_resource(hook: str) -> None:
    assert compare([job("test", name="t"), job(hook)], [plain(name="t"), plain()]).verdict is Verdict.DIFFERENT


def test_weights_that_order_hooks_must_live_on_as_waves() -> None:
    left = [job("test", "1"), job("test", "2", "b")]
    assert compare(left, [plain("1"), plain("2", "b")]).verdict is Verdict.EXPLAINED
    for right in ([plain(), plain("", "b")], [plain("2"), plain("1", "b")], [plain("1"), plain("", "b")]):
        assert compare(left, right).verdict is Verdict.DIFFERENT
    same = [job("test", "1"), job("test", "1", "b")]
    assert compare(same, [plain(), plain("", "b")]).verdict is Verdict.EXPLAINED


def test_a_wave_of_its_own_stays() -> None:
    wave = "argocd.argoproj.io/sync-wave"
    left = [job("test", "2", **{wave: "5"}), job("test", "3", "b")]
    assert compare(left, [plain("5"), plain("3", "b")]).verdict is Verdict.EXPLAINED
    assert compare(left, [plain("2"), plain("3", "b")]).verdict is Verdict.DIFFERENT


def test_where_hooks_are_all_there_is_no_test_is_dropped() -> None:
    assert compare([job("test"), job("test", name="b")], [plain()]).verdict is Verdict.DIFFERENT
    assert compare([job("test")], []).verdict is Verdict.DIFFERENT


@pytest.mark.parametrize("hook", ["test", "pre-rollback"])
def test_a_hook_that_argocd_runs_by_its_own_annotation_must_be_there(hook: str) -> None:
    own = job(hook, **{"argocd.argoproj.io/hook": "PostSync"})
    assert compare([thing(), own], [thing()]).verdict is Verdict.DIFFERENT


def test_a_test_that_is_elsewhere_on_the_other_side_is_different() -> None:
    moved = thing("Pod", "t", {"helm.sh/hook": "test"}, namespace="other")
    assert (
        compare([thing(), thing("Pod", "t", {"helm.sh/hook": "test"})], [thing(), moved]).verdict is Verdict.DIFFERENT
    )


def test_a_namespace_that_changes_beside_its_guard_is_different() -> None:
    guarded = thing("Namespace", annotations={**GUARDED, "team": "red"}, namespace="")
    row = compare([thing("Namespace", namespace="")], [guarded])
    assert [d.path for d in row.differences] == ["metadata.annotations.team"]


def test_a_namespaced_object_keeps_its_namespace() -> None:
    assert compare([thing()], [thing(namespace="")]).verdict is Verdict.DIFFERENT
    assert compare([thing()], [thing(namespace="other")]).verdict is Verdict.DIFFERENT


def test_a_pin_explains_only_the_secret_that_it_names() -> None:
    first, second = thing("Secret", "first", data={"p": "x"}), thing("Secret", "second", data={"p": "x"})
    left = Rendered((thing(), first, second), unstable=((first.key, "data.p"), (second.key, "data.p")))
    pinned = replace(PLAN, pins={"admin": {"existingSecret": "first"}})
    assert compare(left, [thing(), second], plan=pinned).verdict is Verdict.EXPLAINED
    assert compare(left, [thing(), first], plan=pinned).verdict is Verdict.DIFFERENT
    assert compare(left, [thing()], plan=pinned).verdict is Verdict.DIFFERENT


def test_definitions_of_other_content_are_different() -> None:
    left = thing("CustomResourceDefinition", "ws.x.io", namespace="", crd_file=True, spec={"scope": "Cluster"})
    right = thing("CustomResourceDefinition", "ws.x.io", namespace="", crd_file=True, spec={"scope": "Namespaced"})
    row = compare([left], [right])
    assert (row.verdict, [d.path for d in row.differences]) == (Verdict.DIFFERENT, ["spec.scope"])


@pytest.mark.parametrize(
    "release",
    [
        replace(RELEASE, values=(layer("auth.password"),)),
        replace(RELEASE, opaque=("hook x.sh (presync)",)),
        replace(RELEASE, json_patches=({"target": {}, "patch": []},)),
    ],
)
def test_a_release_with_something_to_name_hides_no_difference(release: Release) -> None:
    row = compare([thing(data={"k": "v"})], [thing(data={"k": "w"})], release)
    assert (row.verdict, [d.path for d in row.differences]) == (Verdict.DIFFERENT, ["data.k"])


def test_a_failure_of_both_sides_is_unrendered_however_alike() -> None:
    row = compare(Rendered(error="boom"), Rendered(error="boom"))
    assert (row.verdict, row.reason) == (Verdict.UNRENDERED, "helmfile's side does not render: boom")


def test_an_explained_change_hides_no_number_that_only_text_tells_apart() -> None:
    left = thing("Namespace", namespace="", spec={"n": 9007199254740993})
    right = thing("Namespace", namespace="", annotations=GUARDED, spec={"n": 9007199254740993})
    assert compare([left], [right]).verdict is Verdict.EXPLAINED
    other = replace(right, text=right.text.replace("0993", "0992"))
    assert compare([left], [other]).verdict is Verdict.DIFFERENT


@pytest.mark.parametrize("annotations", [{}, None])
def test_an_empty_map_of_annotations_is_not_an_absent_one(annotations: JsonObject | None) -> None:
    left = thing()
    document: JsonObject = {**left.document, "metadata": {"name": "a", "namespace": "apps", "annotations": annotations}}
    row = compare([left], [replace(left, document=document, text="other")])
    assert [d.path for d in row.differences] == ["metadata.annotations"]


def test_one_document_under_two_keys_is_two_objects() -> None:
    left = thing("Widget", namespace="apps")
    row = compare([left], [replace(left, key=replace(left.key, namespace=""))])
    assert (row.verdict, len(row.differences)) == (Verdict.DIFFERENT, 2)


def test_items_of_a_list_are_compared_one_by_one() -> None:
    item, big = thing(data={"k": "v"}), thing(name="b", data={"k": "12345678901234567890"})
    bundle = thing("ConfigMapList", "all", items=[item.document, big.document])
    row = compare([bundle], [item, replace(big, text="k: 12345678901234567890")])
    assert (row.verdict, kinds(row)) == (Verdict.EXPLAINED, {"list-expanded": 1})
    changed = thing(data={"k": "w"})
    assert [d.path for d in compare([bundle], [changed, big]).differences] == ["data.k"]
    assert compare([bundle], [item]).verdict is Verdict.DIFFERENT
    assert kinds(compare([thing("ConfigMapList", "all", items=None), item], [item])) == {"list-expanded": 1}


def test_a_pin_without_effect_explains_nothing() -> None:
    pinned = replace(PLAN, pins={"password": "fixed"})
    again = Rendered((thing("Secret", data={"password": "w", "user": "admin"}),), unstable=DRAWN.unstable)
    assert compare(DRAWN, again, plan=pinned).verdict is Verdict.DIFFERENT
    beside = replace(DRAWN, unstable=(*DRAWN.unstable, (PASSWORD.key, "data.salt")))
    assert compare(beside, again, plan=pinned).verdict is Verdict.EXPLAINED
    named = replace(PLAN, pins={"existingSecret": "a"})
    assert compare(beside, again, plan=named).verdict is Verdict.DIFFERENT
