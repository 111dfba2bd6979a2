"""``graph`` as a person asks it: every question in every form, and what is no question."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from tests.conftest import Migrate, write_files

FORMS = ["table", "json", "dot", "mermaid", "svg"]
QUESTIONS = {
    "all": (),
    "around": ("--of", "back"),
    "up": ("--of", "web/last", "--up"),
    "down": ("--of", "front", "--down", "--depth", "1"),
    "path": ("--of", "front", "--to", "web/last"),
}
IN_ANSWER = {
    "all": {"web/front", "web/back", "web/last", "other/last"},
    "around": {"web/front", "web/back", "web/last"},
    "up": {"web/front", "web/back", "web/last"},
    "down": {"web/front", "web/back"},
    "path": {"web/front", "web/back", "web/last"},
}


@pytest.fixture
def three(small: Path) -> Path:
    """front → back → last, and another release called last."""
    more = """\
  - name: last
    namespace: web
    chart: ./charts/web
    needs: [web/back]
  - name: last
    namespace: other
    chart: ./charts/web
"""
    before = (small / "helmfiles/10-base.yaml").read_text(encoding="utf-8")
    return write_files(small, {"helmfiles/10-base.yaml": before + more})


def answered(text: str, form: str) -> bool:
    match form:
        case "json":
            return bool(json.loads(text)["nodes"])
        case "svg":
            return ET.fromstring(text).tag.endswith("svg")
        case "dot":
            return text.startswith("digraph releases {") and text.endswith("}\n")
        case "mermaid":
            return text.startswith("flowchart LR\n")
    return text.endswith("\n")


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("question", QUESTIONS)
def test_every_question_has_an_answer_in_every_form(three: Path, migrate: Migrate, form: str, question: str) -> None:
    outcome = migrate(three, "graph", *QUESTIONS[question], "--output", form)
    assert outcome.code == 0, outcome.err
    assert answered(outcome.out, form)
    everyone = IN_ANSWER["all"]
    assert {name for name in everyone if name in outcome.out} == IN_ANSWER[question]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--of", "lost"), "the nearest: web/last, other/last"),
        (("--of", "last"), "last is the name of 2 releases: web/last, other/last"),
        (("--of", "front", "--to", "web/lost"), "there is no release web/lost"),
        (("--of", "front", "--to", "front"), "--of and --to both name web/front"),
        (("--of", "front", "--to", "back", "--up"), "leave out --up, --down and --depth"),
        (("--up",), "name it: --of RELEASE"),
        (("--to", "front"), "name it: --of RELEASE"),
        (("--depth", "2"), "name it: --of RELEASE"),
        (("--of", "front", "--depth", "0"), "0 is not in the range"),
    ],
)
def test_what_is_no_question_is_wrong_usage(
    three: Path, migrate: Migrate, arguments: tuple[str, ...], told: str
) -> None:
    outcome = migrate(three, "graph", *arguments)
    assert outcome.code == 2
    assert outcome.out == ""
    assert told in " ".join(outcome.err.split())


def test_a_path_shows_each_edge_with_its_line(three: Path, migrate: Migrate) -> None:
    assert migrate(three, "graph", "--of", "front", "--to", "web/last").out == (
        "Why web/front comes before web/last: 2 edges\n"
        "  web/front\n"
        "    ↓ [needs]  needs in helmfiles/10-base.yaml:14\n"
        "  web/back\n"
        "    ↓ [needs]  needs in helmfiles/10-base.yaml:20\n"
        "  web/last\n"
    )


def test_an_edge_that_a_longer_path_implies_is_shown_on_demand(three: Path, migrate: Migrate) -> None:
    before = (three / "helmfiles/10-base.yaml").read_text(encoding="utf-8")
    implied = before.replace("needs: [web/back]", "needs: [web/back, web/front]")
    write_files(three, {"helmfiles/10-base.yaml": implied})
    short, whole = (migrate(three, "graph", *more).out for more in ((), ("--all",)))
    assert "1 not shown" in short
    assert whole.count("after web/front") == short.count("after web/front") + 1


def test_a_cycle_is_an_error_with_its_lines_and_still_drawn(three: Path, migrate: Migrate) -> None:
    before = (three / "helmfiles/10-base.yaml").read_text(encoding="utf-8")
    write_files(
        three,
        {
            "helmfiles/10-base.yaml": before.replace(
                "values/front.yaml\n", "values/front.yaml\n    needs: [web/last]\n", 1
            )
        },
    )
    outcome = migrate(three, "graph", "--output", "svg")
    assert outcome.code == 1
    assert "GR001" in outcome.err
    assert outcome.err.count("needs in helmfiles/10-base.yaml:") == 3
    assert 'class="line circle"' in outcome.out


def test_one_environment_has_its_own_graph(sample: Path, migrate: Migrate) -> None:
    whole = json.loads(migrate(sample, "graph", "--output", "json").out)
    local = json.loads(migrate(sample, "graph", "-e", "local", "--output", "json").out)
    ids = {node["id"] for node in local["nodes"] if node["environments"]}
    assert {name for step in whole["environments"]["local"]["steps"] for name in step} == ids
    assert sum("local" in edge["environments"] for edge in whole["edges"]) == whole["environments"]["local"]["edges"]
    assert list(whole["environments"]) == ["local", "dev", "staging", "production"]


def test_why_one_release_of_the_sample_comes_before_another(sample: Path, migrate: Migrate) -> None:
    found = json.loads(migrate(sample, "graph", "--of", "cert-manager-crds", "--to", "www", "--output", "json").out)
    assert found["path"] == ["default/cert-manager-crds", "gateway/gateway", "apps/www"]
    assert [(edge["kind"], bool(edge["field"])) for edge in found["edges"]] == [("crd", True), ("gateway", True)]
