"""The image policy: which keys of a chart give an image, whatever their form, and what no key reaches."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from migrate.doors.helm import parse_values
from migrate.doors.yaml import load_yaml
from tests.conftest import ROOT, Migrate, git, write_files

POLICY = (
    "{source: mirror, mirror: m.example.com/all, mirrors: {docker.io: m.example.com/hub, quay.io/js: m.example.com/j}}"
)


@dataclass(frozen=True)
class Form:
    """One form of keys: the chart's values, the image's template, and the values that the policy comes to."""

    values: str
    image: str
    expected: str
    layer: str = ""
    """What the estate sets."""
    files: Mapping[str, str] = field(default_factory=dict)
    """More of the chart."""


FORMS = {
    "whole": Form("image: quay.io/a/web:1.0", "{{ .Values.image }}", "image: m.example.com/all/a/web:1.0"),
    "repository and tag": Form(
        'image: {repository: quay.io/a/web, tag: "1.0"}',
        '{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}',
        "image: {repository: m.example.com/all/a/web}",
    ),
    "no registry": Form(
        "image: {repository: web}",
        "{{ .Values.image.repository }}:1",
        "image: {repository: m.example.com/hub/library/web}",
    ),
    "registry": Form(
        "image: {registry: quay.io, repository: a/web}",
        "{{ .Values.image.registry }}/{{ .Values.image.repository }}:1",
        "image: {registry: m.example.com/all}",
    ),
    "a path of the registry": Form(
        "image: {registry: quay.io, repository: js/web}",
        "{{ .Values.image.registry }}/{{ .Values.image.repository }}:1",
        "image: {registry: m.example.com, repository: j/web}",
    ),
    "empty registry": Form(
        'image: {registry: "", name: a/web}',
        '{{ with .Values.image.registry }}{{ . }}/{{ end }}{{ .Values.image.name }}:1',
        "image: {name: m.example.com/hub/a/web}",
    ),
    "null registry and a literal name": Form(
        "image: {registry: null}",
        '{{ .Values.image.registry | default "quay.io" }}/a/web:1',
        "image: {registry: m.example.com/all}",
    ),
    "global registry": Form(
        'global: {imageRegistry: ""}\nimage: {registry: quay.io, path: a/web}',
        "{{ .Values.global.imageRegistry | default .Values.image.registry }}/{{ .Values.image.path }}:1",
        "image: {registry: m.example.com/all}",
    ),
    "global registry alone": Form(
        'global: {imageRegistry: ""}',
        '{{ .Values.global.imageRegistry | default "quay.io" }}/a/web:1',
        "global: {imageRegistry: m.example.com/all}",
    ),
    "digest": Form(
        f'image: {{name: quay.io/a/web, digest: "sha256:{"0" * 64}"}}',
        "{{ .Values.image.name }}@{{ .Values.image.digest }}",
        "image: {name: m.example.com/all/a/web}",
    ),
    "slash at the end": Form(
        "registry: quay.io/", "{{ .Values.registry }}a/web:1", "registry: m.example.com/all/"
    ),
    "set by the estate": Form(
        'image: {registry: ""}',
        "{{ .Values.image.registry }}/web:1",
        "image: {registry: m.example.com/all/own}",
        layer="image: {registry: quay.io/own}",
    ),
    "in a list": Form(
        "extra: []",
        "{{ (index .Values.extra 0).image }}",
        "extra: [{image: m.example.com/all/a/web:1, name: a}]",
        layer="extra: [{image: quay.io/a/web:1, name: a}]",
    ),
    "two keys of one text": Form(
        "first: quay.io/a/web:1\nsecond: quay.io/a/web:1",
        "{{ .Values.first }}\n        - image: {{ .Values.second }}",
        "first: m.example.com/all/a/web:1\nsecond: m.example.com/all/a/web:1",
    ),
    "beside a name of the same text": Form(
        "nameOverride: web\nimage: {repository: web}",
        '{{ .Values.image.repository }}:1\n          name: {{ .Values.nameOverride }}',
        "image: {repository: m.example.com/hub/library/web}",
    ),
}  # fmt: skip
DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  template:
    spec:
      containers:
        - image: IMAGE
"""
STATE = "environments: {dev: {}}\n---\nreleases:\n  - {name: web, namespace: web, chart: ./web"


def write_estate(
    folder: Path,
    values: str,
    template: str,
    *,
    layer: str = "",
    policy: str = POLICY,
    more: Mapping[str, str] | None = None,
) -> Path:
    entry = ", values: [values/web.yaml]}\n" if layer else "}\n"
    write_files(
        folder,
        {
            "helmfiles/10-base.yaml": STATE + entry,
            "helmfiles/values/web.yaml": layer + "\n",
            "helmfiles/web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n",
            "helmfiles/web/values.yaml": values + "\n",
            "helmfiles/web/templates/web.yaml": template,
            "migration.yaml": f"estate: helmfiles\nfleet:\n  org: acme\n  imagePolicy: {policy}\n",
            **(more or {}),
        },
    )
    git(folder, "init", "--quiet")
    return folder


def layers(folder: Path) -> list[Path]:
    return sorted((folder / "out/sources/values").rglob("*images.yaml"))


def converted(migrate: Migrate, folder: Path) -> str:
    """What ``convert`` says; it has to work."""
    outcome = migrate(folder, "convert")
    assert outcome.code == 0, outcome.err
    return outcome.err


def proven(migrate: Migrate, folder: Path) -> dict[str, int]:
    """Kind of an explanation → how often it applied, over all rows; ``verify`` has to prove everything."""
    outcome = migrate(folder, "verify", "--output", "json")
    assert outcome.code == 0, outcome.out
    rows = json.loads(outcome.out)["releases"]
    return {why["kind"]: why["count"] for row in rows for why in row["explanations"]}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS.keys())
def test_the_keys_that_give_an_image_are_found(migrate: Migrate, tmp_path: Path, form: Form) -> None:
    folder = write_estate(tmp_path, form.values, DEPLOYMENT.replace("IMAGE", form.image), layer=form.layer)
    said = converted(migrate, folder)
    (layer,) = layers(folder)
    assert parse_values(layer.read_text()) == parse_values(form.expected)
    assert "EM080" not in said
    assert proven(migrate, folder) == {"image-policy": 1 + form.image.count("image:")}


def test_the_layer_comes_last_and_says_which_key_gives_which_image(migrate: Migrate, tmp_path: Path) -> None:
    form = FORMS["set by the estate"]
    folder = write_estate(tmp_path, form.values, DEPLOYMENT.replace("IMAGE", form.image), layer=form.layer)
    converted(migrate, folder)
    (component,) = (folder / "out/environments/dev/components").rglob("component.yaml")
    files = [line.strip(" -") for line in component.read_text().splitlines() if "sources/values" in line]
    assert files[-1] == layers(folder)[0].relative_to(folder / "out").as_posix()
    assert layers(folder)[0].read_text().splitlines()[:2] == [
        "# The image policy of migration.yaml: which key gives which image, found by rendering.",
        "# image.registry: quay.io/own/web:1",
    ]


def test_keys_of_a_subchart_lie_below_its_alias(migrate: Migrate, tmp_path: Path) -> None:
    more = {
        "helmfiles/web/Chart.yaml": (
            "apiVersion: v2\nname: web\nversion: 1.0.0\n"
            "dependencies: [{name: side, version: 1.0.0, alias: helper}, {name: side, version: 1.0.0}]\n"
        ),
        "helmfiles/web/charts/side/Chart.yaml": "apiVersion: v2\nname: side\nversion: 1.0.0\n",
        "helmfiles/web/charts/side/values.yaml": "image: quay.io/a/side:1\n",
        "helmfiles/web/charts/side/templates/pod.yaml": (
            "apiVersion: v1\nkind: Pod\nmetadata: {name: {{ .Chart.Name }}-pod}\n"
            "spec: {initContainers: [{name: a, image: {{ .Values.image }}}]}\n"
        ),
    }
    folder = write_estate(tmp_path, "helper: {image: quay.io/a/helper:1}", "", more=more)
    converted(migrate, folder)
    (layer,) = layers(folder)
    assert parse_values(layer.read_text()) == {
        "helper": {"image": "m.example.com/all/a/helper:1"},
        "side": {"image": "m.example.com/all/a/side:1"},
    }
    assert proven(migrate, folder) == {"image-policy": 2}


@pytest.mark.parametrize(
    ("values", "template", "reason"),
    [
        ("a: 1", DEPLOYMENT.replace("IMAGE", "quay.io/a/web:1"), "no value of the chart gives it"),
        (
            "image: quay.io/a/web:1",
            DEPLOYMENT.replace("IMAGE", "{{ .Values.image }}").replace(
                "{name: web}", "{name: web, labels: {i: {{ .Values.image | sha256sum | trunc 8 }}}}"
            ),
            "image would give it, but Deployment.apps web/web is different then at metadata.labels.i",
        ),
        (
            "image: quay.io/a/web:1",
            DEPLOYMENT.replace("IMAGE", "{{ .Values.image }}").replace(
                "{name: web}", "{name: web-{{ .Values.image | sha256sum | trunc 8 }}}"
            ),
            "is another object then",
        ),
        (
            "registry: quay.io\nkind: quay.io",
            "{{ if ne .Values.registry .Values.kind }}{{ fail \"no other registry\" }}{{ end }}"
            + DEPLOYMENT.replace("IMAGE", "{{ .Values.registry }}/a/web:1"),
            "no other registry",
        ),
    ],
    ids=["literal", "in a label", "in a name", "refused"],
)  # fmt: skip
def test_what_no_key_reaches_alone_keeps_its_image_and_is_told(
    migrate: Migrate, tmp_path: Path, values: str, template: str, reason: str
) -> None:
    folder = write_estate(tmp_path, values, template)
    said = " ".join(converted(migrate, folder).split())
    assert "EM080" in said
    assert "web/web keeps the image quay.io/a/web:1 (container)" in said
    assert reason in said
    assert layers(folder) == []
    assert proven(migrate, folder) == {}


def test_a_set_that_gives_the_image_is_named(migrate: Migrate, tmp_path: Path) -> None:
    template = DEPLOYMENT.replace("IMAGE", "{{ .Values.image }}")
    state = STATE + ", set: [{name: image, value: quay.io/a/web:1}]}\n"
    folder = write_estate(tmp_path, "image: x:1", template, more={"helmfiles/10-base.yaml": state})
    assert "set image (helmfiles/10-base.yaml:4) comes after all layers" in converted(migrate, folder)


def test_a_pin_that_gives_the_image_is_named(migrate: Migrate, tmp_path: Path) -> None:
    folder = write_estate(tmp_path, "image: quay.io/a/web:1", DEPLOYMENT.replace("IMAGE", "{{ .Values.image }}"))
    plan = folder / "migration.yaml"
    plan.write_text(plan.read_text() + "releases:\n  web/web: {pins: {values: {image: quay.io/a/web:1}}}\n")
    assert "keeps the image quay.io/a/web:1 (container): a pin of migration.yaml gives it" in converted(migrate, folder)


def test_an_image_in_an_added_file_is_told_with_the_file(migrate: Migrate, tmp_path: Path) -> None:
    job = "apiVersion: v1\nkind: Pod\nmetadata: {name: x}\nspec: {containers: [{name: x, image: 'quay.io/a/x:1'}]}\n"
    folder = write_estate(tmp_path, "a: b", "", more={"extra/pod.yaml": job})
    plan = folder / "migration.yaml"
    plan.write_text(plan.read_text() + "releases:\n  web/web: {wrapper: {manifests: [extra/pod.yaml]}}\n")
    assert "keeps the image quay.io/a/x:1 (container): extra/pod.yaml holds it" in converted(migrate, folder)


def test_arguments_and_custom_resources_follow_and_nothing_else(migrate: Migrate, tmp_path: Path) -> None:
    template = (
        DEPLOYMENT.replace("IMAGE", "{{ .Values.image }}:1\n          args: ['--side-image={{ .Values.side }}:2']")
        + "---\napiVersion: acme.io/v1\nkind: Database\nmetadata: {name: db}\n"
        + "spec: {imageName: {{ .Values.image }}:16}\n"
    )
    folder = write_estate(tmp_path, "image: quay.io/a/web\nside: quay.io/a/side", template)
    converted(migrate, folder)
    assert proven(migrate, folder) == {"image-policy": 3}


def test_a_mirror_that_is_upstream_changes_nothing(migrate: Migrate, tmp_path: Path) -> None:
    form = FORMS["registry"]
    policy = "{source: mirror, mirrors: {quay.io: quay.io}}"
    folder = write_estate(tmp_path, form.values, DEPLOYMENT.replace("IMAGE", form.image), policy=policy)
    converted(migrate, folder)
    assert layers(folder) == []
    assert proven(migrate, folder) == {}


def test_verify_takes_no_other_image_for_the_policys(migrate: Migrate, tmp_path: Path) -> None:
    form = FORMS["registry"]
    folder = write_estate(tmp_path, form.values, DEPLOYMENT.replace("IMAGE", form.image))
    converted(migrate, folder)
    layer = layers(folder)[0]
    layer.write_text(layer.read_text().replace("m.example.com/all", "m.example.com/other"))
    outcome = migrate(folder, "verify", "--output", "json")
    assert outcome.code == 1
    (row,) = json.loads(outcome.out)["releases"]
    assert row["verdict"] == "different"
    assert row["differences"][0]["right"] == '"m.example.com/other/a/web:1"'


def test_a_list_that_holds_a_placeholder_is_not_written_out(migrate: Migrate, tmp_path: Path) -> None:
    form = FORMS["in a list"]
    layer = "extra: [{image: 'quay.io/a/web:1', name: ref+vault://secret/x#/y}]"
    folder = write_estate(tmp_path, form.values, DEPLOYMENT.replace("IMAGE", form.image), layer=layer)
    assert "EM080" in converted(migrate, folder)
    assert layers(folder) == []


@pytest.mark.parametrize("layout", ["shared", "kustomize"])
def test_other_layouts_follow_the_policy(migrate: Migrate, tmp_path: Path, layout: str) -> None:
    form = FORMS["registry"]
    folder = write_estate(tmp_path, form.values, DEPLOYMENT.replace("IMAGE", form.image))
    plan = folder / "migration.yaml"
    plan.write_text(plan.read_text() + f"layout: {layout}\n")
    converted(migrate, folder)
    assert proven(migrate, folder)["image-policy"] == 1


def test_a_level_of_the_fleet_says_it_for_its_environments(migrate: Migrate, tmp_path: Path) -> None:
    form = FORMS["registry"]
    folder = write_estate(tmp_path, form.values, DEPLOYMENT.replace("IMAGE", form.image))
    state = (folder / "helmfiles/10-base.yaml").read_text().replace("{dev: {}}", "{dev: {}, prod: {}, edge: {}}")
    levels = (
        "fleet:\n  org: acme\n  imagePolicy: {mirror: m.example.com/all}\n"
        "  clusterTypes: {far: {imagePolicy: {source: mirror}}}\n"
        "  environments: {prod: {imagePolicy: {source: mirror, mirror: p.example.com}}}\n"
        "environments: {edge: {clusterType: far}}\nestate: helmfiles\n"
    )
    write_files(folder, {"helmfiles/10-base.yaml": state, "migration.yaml": levels})
    converted(migrate, folder)
    found = {path.relative_to(folder / "out/sources/values").parts[0]: path.read_text() for path in layers(folder)}
    assert sorted(found) == ["edge", "prod"]
    assert "registry: m.example.com/all" in found["edge"]
    assert "registry: p.example.com" in found["prod"]


def test_the_values_of_a_wrapped_chart_lie_below_its_key(migrate: Migrate, tmp_path: Path) -> None:
    template = DEPLOYMENT.replace(
        "IMAGE", "{{ .Values.registry }}/a/web:1\n        - image: {{ .Values.global.registry }}/b:1"
    )
    values = "registry: quay.io\nglobal: {registry: ghcr.io}"
    folder = write_estate(tmp_path, values, template)
    plan = folder / "migration.yaml"
    plan.write_text(plan.read_text() + "releases:\n  web/web: {wrapper: {gate: true}}\n")
    converted(migrate, folder)
    (layer,) = layers(folder)
    assert parse_values(layer.read_text()) == {
        "web": {"registry": "m.example.com/all"},
        "global": {"registry": "m.example.com/all"},
    }
    assert proven(migrate, folder) == {"image-policy": 2}


def test_images_of_charts_that_helmfile_brings_in_follow_below_their_alias(migrate: Migrate, tmp_path: Path) -> None:
    beside = ", dependencies: [{chart: ./side, version: 0.1.0, alias: helper}]}\n"
    more = {
        "helmfiles/10-base.yaml": STATE + beside,
        "helmfiles/side/Chart.yaml": "apiVersion: v2\nname: side\nversion: 0.1.0\n",
        "helmfiles/side/values.yaml": "image: quay.io/a/side:1\n",
        "helmfiles/side/templates/pod.yaml": (
            "apiVersion: v1\nkind: Pod\nmetadata: {name: side}\n"
            "spec: {containers: [{name: a, image: {{ .Values.image }}}]}\n"
        ),
    }
    folder = write_estate(
        tmp_path, "image: quay.io/a/web:1", DEPLOYMENT.replace("IMAGE", "{{ .Values.image }}"), more=more
    )
    assert "EM080" not in converted(migrate, folder)
    (layer,) = layers(folder)
    assert parse_values(layer.read_text()) == {
        "web": {"image": "m.example.com/all/a/web:1"},
        "helper": {"image": "m.example.com/all/a/side:1"},
    }
    assert proven(migrate, folder) == {"image-policy": 2}


def test_the_plugin_layout_cannot_follow_and_says_so(migrate: Migrate, tmp_path: Path) -> None:
    form = FORMS["registry"]
    folder = write_estate(tmp_path, form.values, DEPLOYMENT.replace("IMAGE", form.image))
    plan = folder / "migration.yaml"
    plan.write_text(plan.read_text() + "layout: plugin\n")
    assert "EM081" in converted(migrate, folder)


def test_the_tree_says_what_the_policy_is_and_has_the_table(migrate: Migrate, tmp_path: Path) -> None:
    form = FORMS["registry"]
    table = "# ours\nimages:\n  quay.io/a/web:1: {architectures: [amd64]}\n"
    folder = write_estate(tmp_path, form.values, DEPLOYMENT.replace("IMAGE", form.image), more={"images.yaml": table})
    converted(migrate, folder)
    assert (folder / "out/config/images/table.yaml").read_text() == table
    policy = load_yaml((folder / "out/config/images/policy.yaml").read_text())
    assert policy == {
        "environments": {
            "dev": {
                "source": "mirror",
                "mirror": "m.example.com/all",
                "mirrors": {"quay.io/js": "m.example.com/j", "docker.io": "m.example.com/hub"},
                "allow": [],
                "digests": False,
                "architectures": [],
            }
        }
    }


@pytest.mark.parametrize("text", ["images: [", "images: {}\n", "[]\n"])
def test_a_table_that_says_nothing_is_told(migrate: Migrate, tmp_path: Path, text: str) -> None:
    form = FORMS["registry"]
    folder = write_estate(tmp_path, form.values, DEPLOYMENT.replace("IMAGE", form.image), more={"images.yaml": text})
    assert "EM082" in converted(migrate, folder)
    assert not (folder / "out/config/images/table.yaml").exists()


def test_the_sample_estate_follows_a_policy(migrate: Migrate, tmp_path: Path) -> None:
    """The environment that has its own registry: what is replaced is explained, and all else is as it was."""
    fleet = (
        "fleet:\n  org: acme\n  imagePolicy: {source: mirror, mirror: registry.example.com/mirror}\n"
        "  environments: {local: {architectures: [arm64]}}\n"
    )
    plan = tmp_path / "migration.yaml"
    plan.write_text((ROOT / "migration.yaml").read_text() + fleet)
    options = ("-e", "local", "--plan", str(plan), "--out", str(tmp_path / "out"))
    outcome = migrate(ROOT, "convert", *options)
    assert outcome.code == 0, outcome.err
    kept = re.findall(r"EM080 \S+ \[local\]: (\S+) keeps the image (\S+)", outcome.err)
    assert {release for release, _ in kept} == {"vault/vault-bootstrap"}
    outcome = migrate(ROOT, "verify", *options, "--output", "json")
    assert outcome.code == 0, outcome.err
    rows = json.loads(outcome.out)["releases"]
    replaced = {row["id"]: why["count"] for row in rows for why in row["explanations"] if why["kind"] == "image-policy"}
    assert len(replaced) > 30
    assert replaced["observability/grafana"] == 2
