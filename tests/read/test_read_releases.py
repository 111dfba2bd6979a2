from __future__ import annotations

from collections.abc import Callable

import pytest

from migrate.errors import EstateError
from migrate.model.estate import Estate, Release

Read = Callable[..., Estate]
Refused = Callable[..., EstateError]


def one(estate: Estate, name: str = "web") -> Release:
    return next(release for release in estate.releases if release.name == name)


def test_late_templates_see_the_release_and_the_state(read: Read) -> None:
    text = (
        "values: [{zone: eu}]\n---\nreleases:\n  - name: web\n    namespace: front\n"
        "    chart: ./charts/app\n    labels: {where: '{{ .Values.zone }}-{{ .Release.Namespace }}'}\n"
    )
    assert one(read({"helmfile.yaml": text})).labels["where"] == "eu-front"


def test_a_field_that_refers_to_itself_is_refused(refused: Refused) -> None:
    text = "releases:\n  - {name: 'x{{ .Release.Name }}', chart: ./charts/app}\n"
    assert "do not come to rest" in refused({"helmfile.yaml": text}).message


def test_inherit_appends_lists_and_marks_what_came_from_the_template(read: Read) -> None:
    text = (
        "templates:\n  base:\n    wait: true\n    values: [{a: 1}]\n    labels: {from: base}\n"
        "releases:\n  - name: web\n    chart: ./charts/app\n    inherit: [{template: base}]\n    values: [{b: 2}]\n"
    )
    release = one(read({"helmfile.yaml": text}))
    assert [layer.text for layer in release.values] == ["a: 1\n", "b: 2\n"]
    keys = {key.name: key for key in release.keys}
    assert (keys["wait"].inherited, keys["wait"].source.line) == (True, 3)
    assert (keys["chart"].inherited, keys["chart"].source.line) == (False, 8)
    assert release.labels["from"] == "base"


def test_merge_keys_are_inherited_too_and_explicit_keys_win(read: Read) -> None:
    text = (
        "templates:\n  base: &base\n    atomic: true\n    values: [{a: 1}]\n"
        "releases:\n  - name: web\n    <<: *base\n    chart: ./charts/app\n    values: [{b: 2}]\n"
    )
    release = one(read({"helmfile.yaml": text}))
    assert [layer.text for layer in release.values] == ["b: 2\n"]
    assert [key.name for key in release.keys if key.inherited] == ["atomic"]


@pytest.mark.parametrize(
    ("inherit", "told"), [("nope", "which is not there"), ("loop", "in a circle")], ids=["unknown", "cycle"]
)
def test_a_template_that_cannot_be_inherited_is_refused(refused: Refused, inherit: str, told: str) -> None:
    text = (
        "templates: {loop: {inherit: [{template: loop}]}}\n"
        f"releases:\n  - {{name: web, chart: ./charts/app, inherit: [{{template: {inherit}}}]}}\n"
    )
    assert told in refused({"helmfile.yaml": text}).message


def test_common_labels_and_implicit_labels_win(read: Read) -> None:
    text = (
        "commonLabels: {tier: data}\nreleases:\n"
        "  - {name: web, namespace: n, chart: ./charts/app, labels: {tier: mine, name: mine, v: 1.10}}\n"
    )
    assert one(read({"helmfile.yaml": text})).labels == {
        "chart": "app",
        "name": "web",
        "namespace": "n",
        "tier": "data",
        "v": "1.10",
    }


def test_condition_and_installed_decide_without_removing_the_release(read: Read) -> None:
    text = (
        "values: [{on: {enabled: true}, off: {enabled: false}}]\n---\nreleases:\n"
        "  - {name: a, chart: ./charts/app, condition: on.enabled}\n"
        "  - {name: b, chart: ./charts/app, condition: off.enabled}\n"
        "  - {name: c, chart: ./charts/app, installed: false}\n"
    )
    estate = read({"helmfile.yaml": text})
    assert [(r.name, r.enabled, r.installed, r.deployed) for r in estate.releases] == [
        ("a", True, True, True),
        ("b", False, True, False),
        ("c", True, False, False),
    ]
    assert [r.name for r in read({"helmfile.yaml": text}, selectors=("chart=app",)).releases] == ["a", "c"]


def test_a_condition_that_leads_nowhere_is_refused_at_its_line(refused: Refused) -> None:
    error = refused({"helmfile.yaml": "releases:\n  - name: a\n    chart: ./charts/app\n    condition: x.enabled\n"})
    assert str(error.source) == "helmfile.yaml:4"


def test_needs_are_normalised_and_a_need_that_names_nothing_is_an_error_finding(read: Read) -> None:
    text = (
        "releases:\n  - {name: db, namespace: data, chart: ./charts/app}\n"
        "  - name: web\n    namespace: front\n    chart: ./charts/app\n    needs: [data/db, cache]\n"
    )
    estate = read({"helmfile.yaml": text})
    assert one(estate).needs == ("data/db", "front/cache")
    (finding,) = estate.findings
    assert (finding.code, finding.severity, str(finding.source)) == ("HF040", "error", "helmfile.yaml:6")
    assert "front/cache" in finding.message


def test_a_need_into_another_file_is_an_error_finding(read: Read) -> None:
    estate = read(
        {
            "a.yaml": "releases:\n  - {name: db, namespace: data, chart: ./charts/app}\n",
            "b.yaml": "releases:\n  - {name: web, namespace: x, chart: ./charts/app, needs: [data/db]}\n",
        }
    )
    assert [(f.code, str(f.source)) for f in estate.findings] == [("HF041", "b.yaml:2")]


def test_duplicates_in_a_file_and_across_files_are_error_findings(read: Read) -> None:
    release = "  - {name: web, namespace: x, chart: ./charts/app}\n"
    estate = read({"a.yaml": "releases:\n" + release + release, "b.yaml": "releases:\n" + release})
    assert [(f.code, str(f.source)) for f in estate.findings] == [("HF042", "a.yaml:3"), ("HF043", "b.yaml:2")]


def test_a_missing_chart_is_a_finding_and_a_chart_map_finds_it(read: Read) -> None:
    text = "releases:\n  - {name: web, chart: ./nope}\n  - {name: api, chart: acme/app, installed: false}\n"
    estate = read({"helmfile.yaml": text})
    assert [(f.code, f.severity) for f in estate.findings] == [("HF050", "error"), ("HF051", "warning")]
    mapped = read({"helmfile.yaml": text, "vendor/app/Chart.yaml": "name: app\n"}, chart_map={"acme": "vendor"})
    assert one(mapped, "api").chart_path is None


def test_a_chart_map_gives_the_folder_of_an_alias(read: Read, tmp_path: object) -> None:
    estate = read(
        {"helmfile.yaml": "releases:\n  - {name: api, chart: acme/app}\n", "vendor/app/Chart.yaml": "name: app\n"},
        chart_map={"acme": f"{tmp_path}/vendor"},
    )
    assert one(estate, "api").chart_path == "vendor/app"
    assert estate.findings == ()


def test_the_lock_file_gives_the_version(read: Read) -> None:
    estate = read(
        {
            "helmfile.yaml": "repositories: [{name: acme, url: https://charts.example.test}]\n"
            "releases:\n  - {name: web, chart: acme/web, version: ^1.2.0}\n",
            "helmfile.lock": "dependencies:\n  - {name: web, version: 2.0.0}\n  - {name: web, version: 1.4.7}\n",
        },
        path="helmfile.yaml",
    )
    assert one(estate).version == "1.4.7"


def test_what_may_change_manifests_beside_the_chart_is_named(read: Read) -> None:
    text = (
        "helmDefaults: {postRenderer: ./kustomize.sh, skipCRDs: true}\nreleases:\n  - name: web\n"
        "    chart: ./charts/app\n    forceNamespace: x\n    hooks:\n"
        "      - {events: [presync], command: ./scripts/seed.sh}\n"
        "      - {events: [postsync], command: echo}\n"
        "      - {events: [preapply], kubectlApply: {filename: crds.yaml}}\n"
    )
    release = one(read({"helmfile.yaml": text}))
    assert release.opaque == (
        "postRenderer ./kustomize.sh",
        "forceNamespace",
        "hook seed.sh (presync)",
        "hook kubectlApply (preapply)",
    )
    assert not release.include_crds


def test_namespace_and_context_from_above_replace_the_releases_own(read: Read) -> None:
    text = "namespace: all\nkubeContext: east\nreleases:\n  - {name: web, namespace: x, chart: ./charts/app}\n"
    assert one(read({"helmfile.yaml": text})).id == "east/all/web"
