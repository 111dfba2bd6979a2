"""Image references, where objects hold them, and what a policy makes of them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate.model.image_facts import ImageFacts, policy_from, policy_json, table_from, table_json
from migrate.model.images import ImageRules, ImageUse, image_places, is_mirrored, parse_image, with_mirrored
from migrate.model.json import JsonObject

DIGEST = "sha256:" + "0" * 64
RULES = ImageRules(
    "mirror", "m.example.com/all", (("quay.io/js", "m.example.com/j"), ("docker.io", "m.example.com/hub")), ("own.io",)
)


@pytest.mark.parametrize(
    ("text", "full"),
    [
        ("nginx", "docker.io/library/nginx"),
        ("nginx:1.27", "docker.io/library/nginx:1.27"),
        ("acme/web", "docker.io/acme/web"),
        ("index.docker.io/nginx", "docker.io/library/nginx"),
        ("localhost/web:1", "localhost/web:1"),
        ("r.example.com:5000/a/b-c_d:v1.2-x", "r.example.com:5000/a/b-c_d:v1.2-x"),
        (f"quay.io/a/web:1@{DIGEST}", f"quay.io/a/web:1@{DIGEST}"),
    ],
)
def test_a_reference_is_read_as_a_runtime_reads_it(text: str, full: str) -> None:
    assert str(parse_image(text)) == full


@pytest.mark.parametrize(
    "text", ["", "A/b", "a//b", "a:b:c", "{{ .Values.image }}", "a b", "https://a.io/b", "a@sha256:1"]
)
def test_what_is_no_reference(text: str) -> None:
    assert parse_image(text) is None


@pytest.mark.parametrize(
    ("text", "mirrored"),
    [
        ("nginx:1", "m.example.com/hub/library/nginx:1"),
        ("quay.io/js/web:1", "m.example.com/j/web:1"),
        ("quay.io/jsx/web:1", "m.example.com/all/jsx/web:1"),
        (f"ghcr.io/a/b@{DIGEST}", f"m.example.com/all/a/b@{DIGEST}"),
        ("own.io/a:1", "own.io/a:1"),
        ("m.example.com/all/x:1", "m.example.com/all/x:1"),
        ("no image", "no image"),
    ],
)
def test_the_longest_prefix_that_fits_holds(text: str, mirrored: str) -> None:
    assert RULES.mirrored(text) == mirrored


NAMES = st.sampled_from(
    ["quay.io", "docker.io", "own.io", "ghcr.io/a", "m.example.com", "m.example.com/all", "quay.io/js"]
)
IMAGES = st.builds(
    lambda name, rest, tag: f"{name}/{rest}{tag}", NAMES, st.sampled_from(["web", "a/b"]), st.sampled_from(["", ":1"])
)
POLICIES = st.builds(
    lambda mirror, mirrors, allow: ImageRules(
        "mirror", mirror, tuple(sorted(mirrors.items(), key=lambda e: (-len(e[0]), e[0]))), tuple(allow)
    ),
    st.sampled_from(["", "m.example.com"]),
    st.dictionaries(NAMES, NAMES, max_size=3),
    st.lists(NAMES, max_size=2),
)


@given(IMAGES, POLICIES)
def test_what_the_policy_gave_stays(image: str, rules: ImageRules) -> None:
    once = rules.mirrored(image)
    found = parse_image(once)
    assert rules.mirrored(once) == once
    assert found is not None
    assert once == image or rules.is_allowed(found)


@given(POLICIES)
def test_a_policy_comes_back_from_its_file(rules: ImageRules) -> None:
    assert policy_from(policy_json({"dev": rules})) == {"dev": rules}


def test_a_table_comes_back_from_its_file() -> None:
    table = {"docker.io/library/a:1": ImageFacts(("amd64", "arm/v7"), DIGEST), "quay.io/b:2": ImageFacts()}
    assert table_from(table_json(table)) == table


POD: JsonObject = {
    "kind": "Deployment",
    "spec": {
        "template": {
            "spec": {
                "initContainers": [{"image": "a:1"}],
                "containers": [
                    {
                        "image": "b",
                        "args": ["--side=quay.io/c:1", "--image=c", "plain"],
                        "env": [{"name": "SIDE_IMAGE", "value": "d:2"}, {"name": "OTHER", "value": "e:3"}],
                    }
                ],
                "ephemeralContainers": [{"image": "f:1"}],
            }
        }
    },
}


def test_where_a_pod_names_images() -> None:
    found = {(place.image, place.use) for place in image_places(POD)}
    container, argument = ImageUse.CONTAINER, ImageUse.ARGUMENT
    assert found == {
        ("a:1", container),
        ("b", container),
        ("quay.io/c:1", argument),
        ("d:2", argument),
        ("f:1", container),
    }


@pytest.mark.parametrize(
    ("document", "images"),
    [
        ({"kind": "Cluster", "spec": {"imageName": "ghcr.io/pg:16"}}, ["ghcr.io/pg:16"]),
        ({"kind": "Prometheus", "spec": {"image": "quay.io/p", "thanos": {"baseImage": "t:1"}}}, ["quay.io/p", "t:1"]),
        ({"kind": "Thing", "spec": {"image": "a picture", "imagePullPolicy": "Always", "image2": "a:1"}}, []),
        ({"kind": "Thing", "spec": {"image": "banner"}}, []),
        ({"kind": "CustomResourceDefinition", "spec": {"x": {"image": "a:1"}}}, []),
        ({"kind": "ConfigMap", "data": {"image": "quay.io/a/b:1"}}, []),
    ],
)
def test_where_custom_resources_name_images(document: JsonObject, images: list[str]) -> None:
    assert [place.image for place in image_places(document)] == images


def test_only_images_are_replaced_and_the_place_is_told() -> None:
    changed = with_mirrored(POD, RULES)
    before, after = list(image_places(POD)), list(image_places(changed))
    assert [place.path for place in before] == [place.path for place in after]
    assert [place.image for place in after] == [RULES.mirrored(place.image) for place in before]
    assert before[0].path == "spec.template.spec.containers[0].image" or "initContainers" in before[0].path
    assert with_mirrored(changed, RULES) is changed


CONFIG: JsonObject = {"kind": "ConfigMap", "data": {"x": ""}}


@pytest.mark.parametrize(
    ("before", "after", "same"),
    [
        ("run nginx:1 now", "run m.example.com/hub/library/nginx:1 now", True),
        ('{"image": "quay.io/js/a:1"}', '{"image": "m.example.com/j/a:1"}', True),
        ("nginx", "m.example.com/hub/library/nginx", False),
        ("run nginx:1 now", "run m.example.com/hub/library/nginx:2 now", False),
        ("run nginx:1 now", "run m.example.com/hub/library/nginx:1 later", False),
        ("nginx:1", "nginx:1", False),
    ],
)
def test_in_a_text_only_whole_images_count(before: str, after: str, same: bool) -> None:
    assert is_mirrored(CONFIG, "data.x", before, after, RULES) is same


def test_an_argument_is_its_flag_and_its_image() -> None:
    path = "spec.template.spec.containers[0].args[0]"
    assert is_mirrored(POD, path, "--side=quay.io/c:1", "--side=m.example.com/all/c:1", RULES)
    assert not is_mirrored(POD, path, "--side=quay.io/c:1", "--other=m.example.com/all/c:1", RULES)
