"""``migrate charts pull`` against a real chart repository and a real registry conversation on loopback."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from migrate.doors.yaml import load_yaml
from tests.charts.servers import Server, archive_of, chart_archive, serving, sha256
from tests.conftest import Migrate, Outcome, write_files

VERSIONS = ("1.2.0", "1.2.9", "1.3.0", "2.0.0-rc1")


@pytest.fixture(autouse=True)
def _no_login_of_ones_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Helm's own registry login of whoever runs the tests may not matter."""
    monkeypatch.setenv("HELM_REGISTRY_CONFIG", str(tmp_path / "no-registry-login.json"))


@pytest.fixture
def repository() -> Iterator[Server]:
    with serving() as server:
        server.publish(*(("app", version, chart_archive("app", version)) for version in VERSIONS))
        yield server


def estate(folder: Path, repositories: str, releases: str) -> Path:
    text = f"repositories:\n{repositories}\nreleases:\n{releases}"
    return write_files(folder / "estate", {"helmfile.yaml": text})


def release(name: str, chart: str, version: str = "") -> str:
    asked = f"  version: {version!r}\n" if version else ""
    return f"- name: {name}\n  namespace: n\n  chart: {chart}\n{asked}"


def on_loopback(folder: Path, server: Server, *releases: str) -> Path:
    return estate(folder, f"- name: up\n  url: {server.url}", "".join(releases))


def pulled(outcome: Outcome) -> list[tuple[str, str, str]]:
    return [(c["asked"], c["version"], c["state"]) for c in json.loads(outcome.out)["charts"]]


def record(home: Path) -> list[dict[str, str]]:
    data = load_yaml((home / "vendor/charts/charts.yaml").read_text())
    assert isinstance(data, dict)
    charts = data["charts"]
    assert isinstance(charts, list)
    return charts  # type: ignore[return-value]


def test_each_constraint_gets_the_version_that_helm_picks(tmp_path: Path, migrate: Migrate, repository: Server) -> None:
    asked = ("~1.2", "", "1.2.0", ">0.0.0-0")
    home = on_loopback(tmp_path, repository, *(release(f"r{i}", "up/app", v) for i, v in enumerate(asked)))
    outcome = migrate(home, "charts", "pull", ".", "--output", "json")
    assert outcome.code == 0, outcome.err
    assert pulled(outcome) == [
        ("", "1.3.0", "fetched"),
        ("1.2.0", "1.2.0", "fetched"),
        (">0.0.0-0", "2.0.0-rc1", "fetched"),
        ("~1.2", "1.2.9", "fetched"),
    ]
    for version in VERSIONS:
        chart = (home / f"vendor/charts/up/app/{version}/Chart.yaml").read_text()
        assert f"version: {version}" in chart


def test_devel_takes_pre_releases(tmp_path: Path, migrate: Migrate, repository: Server) -> None:
    home = on_loopback(tmp_path, repository, release("web", "up/app") + "  devel: true\n")
    assert pulled(migrate(home, "charts", "pull", ".", "--output", "json")) == [(">0.0.0-0", "2.0.0-rc1", "fetched")]


def test_the_record_names_the_repository_the_versions_and_both_digests(
    tmp_path: Path, migrate: Migrate, repository: Server
) -> None:
    home = on_loopback(tmp_path, repository, release("web", "up/app", "~1.2"))
    migrate(home, "charts", "pull", ".")
    (entry,) = record(home)
    assert entry["repository"] == repository.url
    assert (entry["asked"], entry["version"], entry["path"]) == ("~1.2", "1.2.9", "up/app/1.2.9")
    assert entry["archive"] == sha256(chart_archive("app", "1.2.9")) != entry["tree"]


def test_a_second_run_asks_nothing_and_writes_nothing(tmp_path: Path, migrate: Migrate, repository: Server) -> None:
    home = on_loopback(tmp_path, repository, release("web", "up/app", "~1.2"))
    migrate(home, "charts", "pull", ".")
    repository.asked.clear()
    files = {p: (p.read_bytes(), p.stat().st_mtime_ns) for p in home.rglob("*") if p.is_file()}
    outcome = migrate(home, "charts", "pull", ".", "--output", "json")
    assert (outcome.code, pulled(outcome)) == (0, [("~1.2", "1.2.9", "present")])
    assert repository.asked == []
    assert {p: (p.read_bytes(), p.stat().st_mtime_ns) for p in home.rglob("*") if p.is_file()} == files


def test_a_newer_version_upstream_changes_nothing_here(tmp_path: Path, migrate: Migrate, repository: Server) -> None:
    home = on_loopback(tmp_path, repository, release("web", "up/app", "~1.2"))
    migrate(home, "charts", "pull", ".")
    versions = (*VERSIONS, "1.2.10")
    repository.publish(*(("app", version, chart_archive("app", version)) for version in versions))
    (home / "vendor/charts/up/app/1.2.9/values.yaml").unlink()
    assert pulled(migrate(home, "charts", "pull", ".", "--force", "--output", "json")) == [("~1.2", "1.2.9", "fetched")]


@pytest.mark.parametrize("change", ["edited", "added", "removed", "linked"])
def test_a_changed_vendored_file_is_told_and_only_force_mends_it(
    change: str, tmp_path: Path, migrate: Migrate, repository: Server
) -> None:
    home = on_loopback(tmp_path, repository, release("web", "up/app", "1.2.0"))
    migrate(home, "charts", "pull", ".")
    chart = home / "vendor/charts/up/app/1.2.0"
    if change == "edited":
        (chart / "values.yaml").write_text("colour: red\n")
    elif change == "added":
        (chart / "templates/more.yaml").write_text("a: 1\n")
    elif change == "removed":
        (chart / "templates/configmap.yaml").unlink()
    else:
        (chart / "templates/link.yaml").symlink_to("configmap.yaml")
    for arguments in ([], ["--check"]):
        outcome = migrate(home, "charts", "pull", ".", *arguments)
        assert outcome.code == 1
        assert "up/app 1.2.0 is not as it was fetched" in outcome.err.replace("\n", " ")
        assert "helmfile.yaml:7" in outcome.err
    assert migrate(home, "charts", "pull", ".", "--force").code == 0
    assert migrate(home, "charts", "pull", ".", "--check").code == 0
    assert (chart / "values.yaml").read_text() == "colour: blue\n"
    assert [path.name for path in (chart / "templates").iterdir()] == ["configmap.yaml"]


def test_check_says_what_is_missing_and_asks_nothing(tmp_path: Path, migrate: Migrate, repository: Server) -> None:
    home = on_loopback(tmp_path, repository, release("web", "up/app", "1.2.0"))
    outcome = migrate(home, "charts", "pull", ".", "--check", "--output", "json")
    assert (outcome.code, pulled(outcome)) == (1, [("1.2.0", "", "missing")])
    assert repository.asked == []
    assert not (home / "vendor").exists()


def test_the_reader_finds_what_was_vendored_by_itself(tmp_path: Path, migrate: Migrate, repository: Server) -> None:
    home = on_loopback(tmp_path, repository, release("web", "up/app", "~1.2"))
    missing = migrate(home, "render", ".")
    assert missing.code == 1
    assert "migrate charts pull" in missing.err.replace("\n", " ")
    migrate(home, "charts", "pull", ".")
    rendered = migrate(home, "render", ".")
    assert rendered.code == 0, rendered.err
    assert "version: '1.2.9'" in rendered.out or "version: 1.2.9" in rendered.out


def test_an_ad_hoc_dependency_is_vendored_and_found(tmp_path: Path, migrate: Migrate, repository: Server) -> None:
    more = "  dependencies:\n  - chart: up/app\n    version: 1.2.0\n    alias: side\n"
    home = on_loopback(tmp_path, repository, release("web", "up/app", "1.3.0") + more)
    outcome = migrate(home, "charts", "pull", ".", "--output", "json")
    assert [version for _, version, _ in pulled(outcome)] == ["1.2.0", "1.3.0"]
    rendered = migrate(home, "render", ".")
    assert rendered.code == 0, rendered.err
    assert "1.2.0" in rendered.out
    assert "1.3.0" in rendered.out


def test_another_place_is_named_by_chart_map_which_wins(tmp_path: Path, migrate: Migrate, repository: Server) -> None:
    home = on_loopback(tmp_path, repository, release("web", "up/app", "~1.2"))
    migrate(home, "charts", "pull", ".")
    migrate(home, "charts", "pull", ".", "--to", str(tmp_path / "other"))
    (tmp_path / "other/up/app/1.2.9/values.yaml").write_text("colour: green\n")
    assert "colour: green" in migrate(home, "render", ".", "--chart-map", f"up={tmp_path}/other/up").out
    plain = write_files(tmp_path / "plain", {"app/Chart.yaml": "apiVersion: v2\nname: app\nversion: 9.9.9\n"})
    assert migrate(home, "render", ".", "--chart-map", f"up={plain}").out.strip() == ""


def test_a_repository_that_moved_is_not_served_from_the_record(
    tmp_path: Path, migrate: Migrate, repository: Server
) -> None:
    home = on_loopback(tmp_path, repository, release("web", "up/app", "1.2.0"))
    migrate(home, "charts", "pull", ".")
    file = home / "helmfile.yaml"
    file.write_text(file.read_text().replace(repository.url, "https://elsewhere.invalid/charts"))
    assert migrate(home, "charts", "pull", ".", "--check").code == 1
    assert migrate(home, "render", ".").code == 1


def test_one_alias_for_two_repositories_is_refused(tmp_path: Path, migrate: Migrate, repository: Server) -> None:
    one = f"repositories:\n- name: up\n  url: {repository.url}\nreleases:\n{release('one', 'up/app', '1.2.0')}"
    two = one.replace(repository.url, "https://elsewhere.invalid").replace("one", "two")
    home = write_files(tmp_path, {"estate/1.yaml": one, "estate/2.yaml": two})
    outcome = migrate(home, "charts", "pull", "estate")
    assert outcome.code == 1
    assert "give one of the two repositories another name" in outcome.err.replace("\n", " ")
    assert repository.asked == []


def test_an_undeclared_repository_is_not_looked_up_on_this_machine(tmp_path: Path, migrate: Migrate) -> None:
    home = estate(tmp_path, "- name: other\n  url: https://other.invalid", release("web", "bitnami/nginx"))
    outcome = migrate(home, "charts", "pull", ".")
    assert outcome.code == 1
    assert "the repository bitnami is not declared" in outcome.err.replace("\n", " ")


def test_one_failure_leaves_the_others(tmp_path: Path, migrate: Migrate, repository: Server) -> None:
    home = on_loopback(tmp_path, repository, release("a", "up/app", "9.9.9"), release("b", "up/app", "1.2.0"))
    outcome = migrate(home, "charts", "pull", ".", "--output", "json")
    assert outcome.code == 1
    assert pulled(outcome) == [("1.2.0", "1.2.0", "fetched"), ("9.9.9", "", "failed")]
    assert 'version "9.9.9" not found' in outcome.err.replace("\n", " ")


# --- what comes is looked at


def test_an_archive_that_is_not_what_the_index_says_is_refused(tmp_path: Path, migrate: Migrate) -> None:
    with serving() as server:
        server.publish(("app", "1.0.0", chart_archive("app", "1.0.0")), digests={"app-1.0.0.tgz": "0" * 64})
        home = on_loopback(tmp_path, server, release("web", "up/app"))
        outcome = migrate(home, "charts", "pull", ".")
    assert outcome.code == 1
    assert "the repository's index says 000000000000" in outcome.err.replace("\n", " ")
    assert not (home / "vendor/charts/up").exists()


def test_an_index_without_digests_is_told(tmp_path: Path, migrate: Migrate) -> None:
    with serving() as server:
        server.publish(("app", "1.0.0", chart_archive("app", "1.0.0")), digests={"app-1.0.0.tgz": ""})
        home = on_loopback(tmp_path, server, release("web", "up/app"))
        outcome = migrate(home, "charts", "pull", ".")
    assert outcome.code == 0
    assert "CV004" in outcome.err


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"app/Chart.yaml": "name: app\nversion: 1.0.0\n", "app/../../evil": "x"}, "outside the chart's folder"),
        ({"app/Chart.yaml": "name: app\nversion: 1.0.0\n", "/etc/evil": "x"}, "outside the chart's folder"),
        ({"app/Chart.yaml": "name: app\nversion: 1.0.0\n", "app/passwords": "-> /etc/passwd"}, "link"),
        ({"app/Chart.yaml": "name: other\nversion: 1.0.0\n"}, "not app"),
        ({"app/Chart.yaml": "name: app\nversion: ../../x\n"}, "not app"),
        ({"app/values.yaml": "a: 1\n"}, "no Chart.yaml"),
        ({"app/Chart.yaml": "name: app\nversion: 1.0.0\n", "app/a": "x", "app/a/b": "x"}, "cannot be unpacked"),
    ],
)
def test_an_archive_with_odd_contents_is_refused(
    files: dict[str, str], said: str, tmp_path: Path, migrate: Migrate
) -> None:
    with serving() as server:
        server.publish(("app", "1.0.0", archive_of(files)))
        home = on_loopback(tmp_path, server, release("web", "up/app"))
        outcome = migrate(home, "charts", "pull", ".")
    assert outcome.code != 0
    assert said in outcome.err.replace("\n  ", " ").replace("\n", " ")
    assert [p.name for p in tmp_path.rglob("evil")] == []
    assert not [p for p in home.rglob("*") if p.is_file() and p.name != "helmfile.yaml"]


def test_a_chart_name_does_not_lead_out_of_the_folder(tmp_path: Path, migrate: Migrate, repository: Server) -> None:
    home = on_loopback(tmp_path, repository, release("web", "up/../app", "1.2.0"))
    outcome = migrate(home, "charts", "pull", ".")
    assert outcome.code == 1
    assert not list(home.rglob("Chart.yaml"))


def test_a_republished_version_is_not_taken_silently(tmp_path: Path, migrate: Migrate, repository: Server) -> None:
    home = on_loopback(tmp_path, repository, release("web", "up/app", "1.2.0"))
    migrate(home, "charts", "pull", ".")
    repository.publish(("app", "1.2.0", chart_archive("app", "1.2.0", {"values.yaml": "colour: black\n"})))
    (home / "vendor/charts/up/app/1.2.0/values.yaml").unlink()
    outcome = migrate(home, "charts", "pull", ".", "--force")
    assert outcome.code == 1
    assert "gives another archive" in outcome.err.replace("\n", " ")


def test_files_that_lie_there_already_are_not_overwritten(tmp_path: Path, migrate: Migrate, repository: Server) -> None:
    home = on_loopback(tmp_path, repository, release("web", "up/app", "1.2.0"))
    write_files(home, {"vendor/charts/up/app/1.2.0/notes.txt": "mine\n"})
    assert migrate(home, "charts", "pull", ".").code == 1
    assert (home / "vendor/charts/up/app/1.2.0/notes.txt").read_text() == "mine\n"


def test_a_record_that_leads_out_of_its_folder_is_refused(tmp_path: Path, migrate: Migrate, repository: Server) -> None:
    home = on_loopback(tmp_path, repository, release("web", "up/app", "1.2.0"))
    migrate(home, "charts", "pull", ".")
    file = home / "vendor/charts/charts.yaml"
    file.write_text(file.read_text().replace("path: up/app", "path: ../../../up/app"))
    assert migrate(home, "inspect", ".").code == 3
    assert migrate(home, "charts", "pull", ".").code == 3


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("verify: true", "signature"),
        ("managed: acr", "managed registry"),
        ("username: ref+vault://kv/u\n  password: x", "not looked up"),
    ],
)
def test_what_helms_library_cannot_do_is_said(
    more: str, said: str, tmp_path: Path, migrate: Migrate, repository: Server
) -> None:
    home = estate(tmp_path, f"- name: up\n  url: {repository.url}\n  {more}", release("web", "up/app"))
    outcome = migrate(home, "charts", "pull", ".")
    assert outcome.code == 1
    assert said in outcome.err.replace("\n", " ")
    assert repository.asked == []


def test_a_repository_that_needs_a_plugin_is_said(tmp_path: Path, migrate: Migrate) -> None:
    home = estate(tmp_path, "- name: up\n  url: s3://bucket/charts", release("web", "up/app"))
    outcome = migrate(home, "charts", "pull", ".")
    assert outcome.code == 1
    assert "Helm needs a plugin" in outcome.err.replace("\n", " ")


# --- logins


@pytest.fixture
def private() -> Iterator[Server]:
    with serving(("robin", "s3cr3t-w0rd")) as server:
        server.publish(("app", "1.0.0", chart_archive("app", "1.0.0")))
        server.push("team/app", "1.0.0", chart_archive("app", "1.0.0"))
        yield server


LOGINS = {
    "state file": ("\n  username: robin\n  password: s3cr3t-w0rd", ()),
    "url": ("robin:s3cr3t-w0rd@", ()),
    "variables": ("", ("--set-env", "MY_UP_USERNAME=robin", "--set-env", "MY_UP_PASSWORD=s3cr3t-w0rd")),
}


@pytest.mark.parametrize("how", LOGINS)
def test_a_login_opens_the_repository_and_is_kept_nowhere(
    how: str, tmp_path: Path, migrate: Migrate, private: Server
) -> None:
    text, arguments = LOGINS[how]
    url = private.url.replace("//", f"//{text}") if how == "url" else f"{private.url}{text}"
    home = estate(tmp_path, f"- name: my-up\n  url: {url}", release("web", "my-up/app"))
    outcome = migrate(home, "charts", "pull", ".", *arguments, "--output", "json")
    assert outcome.code == 0, outcome.err
    written = "".join(p.read_text() for p in (home / "vendor").rglob("*") if p.is_file())
    assert "s3cr3t" not in outcome.out + outcome.err + written
    assert private.url in written
    assert private.authorised


def test_a_wrong_password_is_not_repeated(tmp_path: Path, migrate: Migrate, private: Server) -> None:
    text = f"- name: up\n  url: {private.url}\n  username: robin\n  password: wr0ng-w0rd"
    home = estate(tmp_path, text, release("web", "up/app"))
    outcome = migrate(home, "charts", "pull", ".")
    assert outcome.code == 1
    assert "401" in outcome.err
    assert "wr0ng" not in outcome.err


# --- registries


@pytest.fixture
def registry() -> Iterator[Server]:
    with serving() as server:
        for version in VERSIONS:
            server.push("team/app", version, chart_archive("app", version))
        yield server


def from_registry(folder: Path, server: Server, *releases: str, more: str = "") -> Path:
    text = f"- name: reg\n  url: {server.host}/team\n  oci: true\n  plainHttp: true{more}"
    return estate(folder, text, "".join(releases))


def test_a_registry_resolves_constraints_tags_and_digests(tmp_path: Path, migrate: Migrate, registry: Server) -> None:
    digest = registry.push("team/app", "1.2.9", chart_archive("app", "1.2.9"))
    home = from_registry(
        tmp_path,
        registry,
        release("a", "reg/app", "~1.2"),
        release("b", "reg/app"),
        release("c", f"oci://{registry.host}/team/app:1.3.0") + "  plainHttp: true\n",
        release("d", f"reg/app@{digest}"),
        release("e", "reg/app") + "  devel: true\n",
    )
    outcome = migrate(home, "charts", "pull", ".", "--output", "json")
    assert outcome.code == 0, outcome.err
    assert sorted(pulled(outcome)) == [
        ("", "1.3.0", "fetched"),
        ("1.3.0", "1.3.0", "fetched"),
        (">0.0.0-0", "2.0.0-rc1", "fetched"),
        (f"@{digest}", "1.2.9", "fetched"),
        ("~1.2", "1.2.9", "fetched"),
    ]
    assert {entry["repository"] for entry in record(home)} == {f"oci://{registry.host}/team/app"}
    assert migrate(home, "charts", "pull", ".", "--check").code == 0
    assert migrate(home, "render", ".").code == 0


def test_a_registrys_blob_with_other_bytes_is_refused(tmp_path: Path, migrate: Migrate, registry: Server) -> None:
    archive = chart_archive("app", "1.2.0")
    path = f"/v2/team/app/blobs/sha256:{sha256(archive)}"
    kind, data = registry.answers[path]
    registry.answers[path] = (kind, data[:-1] + bytes([data[-1] ^ 1]))
    home = from_registry(tmp_path, registry, release("a", "reg/app", "1.2.0"))
    outcome = migrate(home, "charts", "pull", ".")
    assert outcome.code == 1
    assert "CV003" in outcome.err
    assert not (home / "vendor/charts/reg").exists()


@pytest.mark.parametrize("how", ["state file", "helm's own"])
def test_a_registry_takes_a_login(
    how: str, tmp_path: Path, migrate: Migrate, private: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    more = "\n  username: robin\n  password: s3cr3t-w0rd" if how == "state file" else ""
    if how == "helm's own":
        login = {"auths": {private.host: {"auth": "cm9iaW46czNjcjN0LXcwcmQ="}}}
        file = write_files(tmp_path, {"registry.json": json.dumps(login)}) / "registry.json"
        more = f"\n  registryConfig: {file}"
    home = from_registry(tmp_path, private, release("a", "reg/app", "1.0.0"), more=more)
    outcome = migrate(home, "charts", "pull", ".")
    assert outcome.code == 0, outcome.err
    assert "s3cr3t" not in outcome.out + outcome.err
    assert not (tmp_path / "no-registry-login.json").exists()


def test_certificates_for_a_registry_are_refused_with_the_reason(
    tmp_path: Path, migrate: Migrate, registry: Server
) -> None:
    home = from_registry(tmp_path, registry, release("a", "reg/app"), more="\n  caFile: ca.pem")
    outcome = migrate(home, "charts", "pull", ".")
    assert outcome.code == 1
    assert "takes no certificates of one's own" in outcome.err.replace("\n", " ")
