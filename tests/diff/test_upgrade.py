"""``migrate upgrade CHART VERSION``: what it shows, what it warns of, and the one text that it writes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from migrate.diff.version_lines import replaced, version_lines
from migrate.model.estate import Estate
from tests.charts.servers import Server, chart_archive, serving
from tests.conftest import Migrate, git, write_files
from tests.emit.emit_nouns import make_release

ESTATE = """\
repositories:
  - {name: up, url: URL}
environments:
  dev: {values: [{versions: {api: 1.0.0}}]}
  prod: {}
---
releases:
  - name: front   # what people see
    namespace: web
    chart: up/app
    version: "1.0.0"     # pinned: see the ticket
    values: [values/front.yaml]
  - {name: back, namespace: web, chart: up/app, version: 1.0.0}
  - name: other
    namespace: web
    chart: up/else
    version: 1.0.0
"""
NEW = {
    "values.yaml": "colour: blue\nsize: {}\n",
    "templates/other.yaml": (
        'apiVersion: v1\nkind: Secret\nmetadata: {name: {{ .Release.Name }}}\nstringData: {a: {{ .Values.colour }}}\n'
    ),
    "crds/things.yaml": (
        "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: things.example.org}\n"
        "spec:\n  group: example.org\n  scope: Namespaced\n  names: {kind: Thing, plural: things}\n  versions: []\n"
    ),
}  # fmt: skip


@pytest.fixture(autouse=True)
def _no_login_of_ones_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HELM_REGISTRY_CONFIG", str(tmp_path / "no-registry-login.json"))


@pytest.fixture
def repository() -> Iterator[Server]:
    with serving() as server:
        old = {"values.yaml": "colour: blue\nshade: {deep: 1}\n"}
        server.publish(
            ("app", "1.0.0", chart_archive("app", "1.0.0", old)),
            ("app", "1.1.0", chart_archive("app", "1.1.0", NEW)),
            (
                "app",
                "2.0.0",
                chart_archive("app", "2.0.0", {"templates/x.yaml": '{{ required "say who" .Values.who }}'}),
            ),
            ("app", "3.0.0", chart_archive("app", "3.0.0", {"Chart.yaml": too_new("3.0.0")})),
            ("else", "1.0.0", chart_archive("else", "1.0.0")),
        )
        yield server


def too_new(version: str) -> str:
    return f'apiVersion: v2\nname: app\nversion: {version}\nkubeVersion: ">=1.99"\n'


@pytest.fixture
def home(tmp_path: Path, repository: Server, migrate: Migrate) -> Path:
    """An estate in helmfiles/ with its charts vendored."""
    folder = write_files(
        tmp_path / "project",
        {
            "helmfiles/10-web.yaml": ESTATE.replace("URL", repository.url),
            "helmfiles/values/front.yaml": "# what the front page looks like\ncolour: red\nshade:\n  deep: 2\n",
        },
    )
    git(folder, "init", "-q")
    assert migrate(folder, "charts", "pull").code == 0
    repository.asked.clear()
    return folder


def files(folder: Path) -> dict[str, bytes]:
    found = (path for path in sorted(folder.rglob("*")) if path.is_file() and ".git" not in path.parts)
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


def tried(migrate: Migrate, folder: Path, *arguments: str, code: int = 1) -> dict[str, Any]:
    outcome = migrate(folder, "upgrade", *arguments, "--output", "json")
    assert outcome.code == code, outcome.err + outcome.out
    found: dict[str, Any] = json.loads(outcome.out)
    return found


def test_it_shows_what_changes_and_writes_nothing(home: Path, migrate: Migrate) -> None:
    before = files(home)
    found = tried(migrate, home, "up/app", "1.1.0")
    assert {(row["environment"], row["application"]) for row in found["applications"]} == {
        (environment, name) for environment in ("dev", "prod") for name in ("web/front", "web/back")
    }  # fmt: skip
    row = found["applications"][0]
    assert [(c["fate"], c["object"]) for c in row["objects"]] == [
        ("changed", "ConfigMap web/front"), ("added", "Secret web/front"),
        ("added", "CustomResourceDefinition.apiextensions.k8s.io things.example.org"),
    ]  # fmt: skip
    assert found["releases"] == ["web/front", "web/back"]
    assert [(line["line"], line["after"].strip()) for line in found["lines"]] == [
        (11, 'version: "1.1.0"     # pinned: see the ticket'),
        (13, "- {name: back, namespace: web, chart: up/app, version: 1.1.0}"),
    ]  # fmt: skip
    assert found["written"] is False
    assert files(home) == before


def test_it_warns_of_values_that_are_set_in_vain_and_of_new_definitions(home: Path, migrate: Migrate) -> None:
    found = tried(migrate, home, "up/app", "1.1.0")
    told = {finding["code"]: finding for finding in found["findings"]}
    assert set(told) == {"UP001", "UP003"}
    assert told["UP001"]["source"] == {"file": "helmfiles/values/front.yaml", "line": 4}
    assert "shade.deep" in told["UP001"]["message"]
    assert "things.example.org" in told["UP003"]["message"]


def test_write_changes_the_version_and_not_a_byte_beside_it(home: Path, migrate: Migrate, repository: Server) -> None:
    before = files(home)
    found = tried(migrate, home, "up/app", "1.1.0", "--write", code=0)
    assert found["written"] is True
    after = files(home)
    text = before["helmfiles/10-web.yaml"].decode()
    expected = text.replace('"1.0.0"     #', '"1.1.0"     #').replace(
        "up/app, version: 1.0.0", "up/app, version: 1.1.0"
    )
    assert after["helmfiles/10-web.yaml"].decode() == expected != text
    new = {path for path in after if path not in before}
    assert new
    assert all(path.startswith("vendor/charts/up/app/1.1.0/") for path in new)
    assert {p for p in before if before[p] != after[p]} == {"helmfiles/10-web.yaml", "vendor/charts/charts.yaml"}
    repository.asked.clear()
    assert migrate(home, "charts", "pull", "--check").code == 0
    again = tried(migrate, home, "up/app", "1.1.0", code=0)
    assert (again["changes"], again["lines"], repository.asked) == (False, [], [])


def test_one_release_may_be_named_and_the_others_stay(home: Path, migrate: Migrate) -> None:
    tried(migrate, home, "back", "1.1.0", "--write", code=0)
    text = (home / "helmfiles/10-web.yaml").read_text()
    assert 'version: "1.0.0"     # pinned' in text
    assert "name: back, namespace: web, chart: up/app, version: 1.1.0" in text


def test_what_does_not_render_is_not_written(home: Path, migrate: Migrate) -> None:
    before = files(home)
    for version, said in {"2.0.0": "say who", "3.0.0": "kubeVersion"}.items():
        outcome = migrate(home, "upgrade", "up/app", version, "--write")
        assert outcome.code == 1
        assert said in outcome.out
        assert "nothing is written" in outcome.err
    required = tried(migrate, home, "up/app", "2.0.0")["findings"]
    assert [f["message"].partition(",")[0] for f in required if f["code"] == "UP002"] == [
        "the new chart requires who", "the new chart requires who",
    ]  # fmt: skip
    assert files(home) == before


def test_a_line_that_decides_an_environment_that_was_not_tried_stays(home: Path, migrate: Migrate) -> None:
    before = files(home)
    outcome = migrate(home, "upgrade", "up/app", "1.1.0", "--write", "-e", "dev")
    assert outcome.code == 1
    assert "web/front in prod, which was not tried" in outcome.err
    assert files(home) == before


TEMPLATED = """\
environments:
  dev: {values: [env/dev.yaml]}
  prod: {values: [env/prod.yaml]}
---
releases:
  - name: api
    namespace: web
    chart: ./charts/app
    version: {{ .Values.versions.api }}
  - name: odd
    namespace: web
    chart: ./charts/app
    version: {{ printf "%s" "1.0.0" }}
  - name: free
    namespace: web
    chart: ./charts/app
"""


@pytest.fixture
def templated(tmp_path: Path) -> Path:
    chart = {"Chart.yaml": "apiVersion: v2\nname: app\nversion: {}\n", "templates/c.yaml": "{{/* nothing */}}\n"}
    texts = {f"helmfiles/charts/app/{path}": text.format("1.0.0") for path, text in list(chart.items())[:1]}
    texts |= {f"new/{path}": text.format("1.1.0") for path, text in list(chart.items())[:1]}
    texts |= {"helmfiles/env/dev.yaml": "versions:\n  api: 1.0.0   # ours\n"}
    texts |= {"helmfiles/env/prod.yaml": "versions: {api: '1.0.0'}\n", "helmfiles/10.yaml.gotmpl": TEMPLATED}
    folder = write_files(tmp_path / "project", texts)
    git(folder, "init", "-q")
    return folder


def test_a_version_of_an_environment_is_changed_where_it_is_set(templated: Path, migrate: Migrate) -> None:
    before = files(templated)
    found = tried(migrate, templated, "api", "1.1.0", "--from", "new", "--write", "-e", "dev", code=0)
    assert [(line["file"], line["line"]) for line in found["lines"]] == [("helmfiles/env/dev.yaml", 2)]
    after = files(templated)
    assert after.pop("helmfiles/env/dev.yaml") == b"versions:\n  api: 1.1.0   # ours\n"
    assert before.items() >= after.items()


def test_a_version_that_two_files_set_is_left_to_a_person(templated: Path, migrate: Migrate) -> None:
    before = files(templated)
    found = tried(migrate, templated, "api", "1.1.0", "--from", "new", "--write")
    assert (
        "versions.api, which is set in helmfiles/env/dev.yaml:2, helmfiles/env/prod.yaml:1" in found["byHand"][0]["why"]
    )
    assert (found["lines"], found["written"]) == ([], False)
    assert files(templated) == before


def test_a_version_that_no_line_says_plainly_is_left_to_a_person(templated: Path, migrate: Migrate) -> None:
    before = files(templated)
    for name, said in {"odd": "the version is no plain text there", "free": "charts/app itself"}.items():
        found = tried(migrate, templated, name, "1.1.0", "--from", "new", "--write")
        assert said in found["byHand"][0]["why"]
        assert found["byHand"][0]["source"]["file"] == "helmfiles/10.yaml.gotmpl"
    assert files(templated) == before


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["ap", "1.1.0", "--from", "new"], 2, "did you mean api?"),
        (["api", "9.9.9", "--from", "new"], 2, "holds app 1.1.0, not 9.9.9"),
        (["api", "1.1.0", "--from", "nowhere"], 2, "holds no chart"),
        (["api", "1.1.0"], 2, "--from PATH"),
    ],
)
def test_what_cannot_be_tried_is_said(
    arguments: list[str], code: int, said: str, templated: Path, migrate: Migrate
) -> None:
    outcome = migrate(templated, "upgrade", *arguments)
    assert (outcome.code, outcome.out) == (code, "")
    assert said in outcome.err


def test_a_version_that_is_not_published_is_said(home: Path, migrate: Migrate) -> None:
    before = files(home)
    outcome = migrate(home, "upgrade", "up/app", "7.7.7", "--write")
    assert outcome.code == 1
    assert "cannot be fetched" in outcome.err
    assert files(home) == before


def test_a_mapped_folder_of_versions_needs_no_network(home: Path, migrate: Migrate, repository: Server) -> None:
    mapped = home.parent / "mapped"
    (mapped).mkdir()
    for version in ("1.0.0", "1.1.0"):
        (mapped / f"app-{version}.tgz").write_bytes(chart_archive("app", version))
    write_files(mapped, {"app/Chart.yaml": "apiVersion: v2\nname: app\nversion: 1.0.0\n"})
    found = tried(migrate, home, "up/app", "1.1.0", "--chart-map", f"up={mapped}", "--allow-path", str(mapped))
    assert found["summary"]["changed"] == 4
    assert repository.asked == []


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("version: 1.0.0", "version: 2.10.0"),
        ("  - version: '1.0.0' # 1.0.0", "  - version: '2.10.0' # 1.0.0"),
        ('{chart: a-1.0.0, "version": "1.0.0", x: 1}', '{chart: a-1.0.0, "version": "2.10.0", x: 1}'),
        ("version: 1.0.01", None),
        ("version: v1.0.0", None),
        ("appversion: 1.0.0", None),
        ("# version: 1.0.0", None),
        ("a: {version: 1.0.0}, b: {version: 1.0.0}", None),
        ("version: {{ .Values.x }}", None),
        ("version: 1.0.0\r", "version: 2.10.0\r"),
    ],
)
def test_only_a_plain_version_is_replaced(line: str, expected: str | None) -> None:
    assert replaced(line, "version", "1.0.0", "2.10.0") == expected


def test_a_version_that_yaml_takes_for_a_number_gets_quotes() -> None:
    assert replaced("version: 1.0.0", "version", "1.0.0", "1.10") == 'version: "1.10"'


def test_a_release_that_takes_the_newest_is_told_the_line_to_add() -> None:
    release = make_release("api", chart="up/app")
    estate = Estate("helmfiles", "/nowhere", ("dev",), (), (release,))
    lines, (by_hand,) = version_lines(estate, [release], "1.1.0", lambda file: "")
    assert (lines, by_hand.why) == ((), "it states no version and takes the newest; add `version: 1.1.0`")


def test_a_chart_that_the_estate_holds_itself_is_put_there_by_hand(small: Path, migrate: Migrate) -> None:
    files = {"Chart.yaml": "apiVersion: v2\nname: web\nversion: 2.0.0\n", "templates/a.yaml": ""}
    write_files(small / "new/web", files)
    outcome = migrate(small, "upgrade", "./charts/web", "2.0.0", "--from", "new/web")
    assert outcome.code == 1
    said = " ".join(outcome.out.split())
    assert "(web/front): its chart is helmfiles/charts/web itself; put the new one there" in said
    assert "add `version" not in said
