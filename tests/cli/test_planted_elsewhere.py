"""Planted secrets where a test needs more than a command: a terminal, a repository, a cluster, a chart that fails."""

from __future__ import annotations

import base64
import gzip
import json
import random
import re
import sys
from pathlib import Path

import pytest

from migrate.cli import asking
from migrate.wizard import ScriptedAsker
from tests.charts.servers import chart_archive, serving
from tests.cli.planted import Planting
from tests.cli.searching import assert_clean, externalise_all, leaks, options, written
from tests.conftest import Migrate, git, write_files
from tests.verify.conftest import scheduler  # noqa: F401 - a fixture
from tests.wizard.terminals import DOWN, Terminal

# ---------------------------------------------------------------- the wizard


def test_a_scripted_wizard_says_and_writes_none(
    project: Path, migrate: Migrate, planting: Planting, monkeypatch: pytest.MonkeyPatch
) -> None:
    asker = ScriptedAsker(["help", "each", "help", "evidence", "phase", "640", "take", *[""] * 30])
    monkeypatch.setattr(asking, "_asker", lambda *_, **__: asker)
    for stream in ("stdin", "stdout"):
        monkeypatch.setattr(f"sys.{stream}.isatty", lambda: True)
    outcome = migrate(project, "wizard", *options(planting))
    assert outcome.code == 0, outcome.err
    told = "\n".join([*asker.shown, *asker.asked, *(str(option) for offered in asker.offered for option in offered)])
    assert "apps/closed" in told
    assert_clean(planting, project, outcome.out + outcome.err + told, "wizard")


def test_a_wizard_on_a_terminal_says_and_writes_none(project: Path, planting: Planting) -> None:
    terminal = Terminal([sys.executable, "-m", "migrate", "wizard", *options(planting)], cwd=project, columns=200)
    terminal.at("10-apps (layer")
    terminal.keys(DOWN + "\r")
    terminal.at("apps/closed (")
    terminal.keys("e")
    terminal.at("apps/closed (")
    terminal.keys("\r")
    terminal.at("apps/referring (")
    terminal.keys("q")
    assert terminal.end()[0] == 0
    assert "apps/closed" in (project / "migration.yaml").read_text()
    assert_clean(planting, project, terminal.seen.getvalue() + "\n".join(terminal.lines()), "wizard")


# ---------------------------------------------------------------- repositories of charts

LOGINS = {
    "in the address": "url: http://robin:{password}@{host}",
    "username and password": "url: http://{host}\n  username: robin\n  password: {password}",
    "ref+": "url: http://{host}\n  username: robin\n  password: ref+echo://{password}",
    "a variable": "url: http://{host}",
    "none that fits": "url: http://{host}\n  username: robin\n  password: {password}-not",
    "nobody answers": "url: http://robin:{password}@127.0.0.1:1",
    "no http": "url: s3://robin:{password}@{host}",
    "a registry": "url: {host}/charts\n  oci: true\n  username: robin\n  password: {password}",
}


@pytest.mark.parametrize("how", LOGINS)
def test_the_login_of_a_repository_is_neither_told_nor_kept(
    tmp_path: Path, migrate: Migrate, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    monkeypatch.setenv("HELM_REGISTRY_CONFIG", str(tmp_path / "no-registry-login.json"))
    login = Planting()
    password = login.text("password")
    with serving(("robin", password)) as server:
        server.publish(("app", "1.0.0", chart_archive("app", "1.0.0")))
        text = LOGINS[how].format(password=password, host=server.host)
        web = "releases:\n- {name: web, namespace: n, chart: up/app, version: 1.0.0}\n"
        state = f"repositories:\n- name: up\n  {text}\n{web}"
        folder = write_files(tmp_path / "project", {"helmfiles/10-web.yaml": state})
        git(folder, "init", "--quiet")
        more = ["--set-env=UP_USERNAME=robin", f"--set-env=UP_PASSWORD={password}"] if how == "a variable" else []
        codes = []
        for command in (
            ("charts", "pull"),
            ("charts", "pull", "--force", "--output", "json", "--debug"),
            ("charts", "pull", "--check"),
            ("inspect", "--output", "json", "--debug"),
            ("graph", "--output", "json"),
            ("plan",),
            ("convert", "--debug"),
            ("verify", "--output", "json"),
        ):
            outcome = migrate(folder, *command, *more)
            codes.append(outcome.code)
            assert_clean(login, folder, outcome.out + outcome.err, command)
        works = how in ("in the address", "username and password", "a variable")
        assert bool(server.authorised) is works, how
        assert (codes[0] == 0) is works, codes


# ---------------------------------------------------------------- charts, templates and values that fail

CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {a: {{ .Values.a | quote }}}\n"
FAILING = {
    "fail": '{{ fail (printf "bad %s %s %s" .Values.closed .Values.password .Values.opened) }}',
    "required": '{{ required (printf "need %s %s" .Values.closed .Values.password) .Values.nothing }}',
    "no template": "{{ include .Values.closed . }}{{ include .Values.opened . }}",
    "broken text": '{{ tpl (printf "{{ %s" .Values.closed) . }}',
    "text that fails": '{{ tpl (printf "{{ fail %q }}" .Values.password) . }}',
    "no date": '{{ mustToDate "2006" .Values.closed }}',
    "no pattern": '{{ mustRegexMatch (printf "(%s" .Values.opened) "x" }}',
    "no YAML": "{{ .Values.closed }}\n b: c: {{ .Values.password }}\n{{ .Values.opened }}",
    "no object": "{{ .Values.closed }}: {{ .Values.password }}\n",
}
ON_A_FAULT = (
    ("inspect",),
    ("plan",),
    ("graph", "--output", "json"),
    ("convert",),
    ("verify", "--output", "json"),
    ("verify", "--output", "junit"),
)
BY_ALL = ("render", "values a", "helmfile -f helmfiles/10-a.yaml.gotmpl template")
"""What they print was asked for; what they say beside it was not."""
SCHEMA = {
    "closed": {"pattern": "^a$"},
    "password": {"enum": ["a"]},
    "opened": {"pattern": "^a$"},
}


def failing(folder: Path, template: str, state: str = "", schema: str = "") -> Planting:
    """An estate of one release, whose values are a decrypted secret, one in plain text and one behind ``ref+``."""
    p = Planting()
    closed, password, opened = (p.text(place) for place in ("closed", "password", "opened"))
    default = "releases:\n- {name: a, namespace: n, chart: ./a, secrets: [x/s.yaml], values: [x/v.yaml]}\n"
    files = {
        "project/helmfiles/10-a.yaml.gotmpl": state.replace("OPENED", opened) or default,
        "project/helmfiles/a/Chart.yaml": "apiVersion: v2\nname: a\nversion: 1.0.0\n",
        "project/helmfiles/a/templates/a.yaml": template,
        "project/helmfiles/x/s.yaml": "closed: ENC[AES256_GCM,data:x,iv:x,tag:y,type:str]\nsops: {mac: x}\n",
        "project/helmfiles/x/v.yaml": f"password: {password}\nopened: ref+echo://{opened}\n",
        "twins/helmfiles/x/s.yaml": f"closed: {closed}\n",
        **({"project/helmfiles/a/values.schema.json": schema} if schema else {}),
    }
    write_files(folder, files)
    git(folder / "project", "init", "--quiet")
    return p


def search_faults(p: Planting, project: Path, migrate: Migrate) -> list[int]:
    codes = []
    for more in ((), ("--secrets-dir", "../twins", "--debug")):
        for command in ON_A_FAULT:
            outcome = migrate(project, *command, *more)
            codes.append(outcome.code)
            assert_clean(p, project, outcome.out + outcome.err, (command, more))
        for line in BY_ALL:
            first, *rest = line.split()
            outcome = migrate(project, first, *more, *rest)
            codes.append(outcome.code)
            assert leaks(p, outcome.err) == [], (line, more, outcome.err)
    return codes


@pytest.mark.parametrize("how", FAILING)
def test_a_chart_that_fails_tells_none(tmp_path: Path, migrate: Migrate, how: str) -> None:
    p = failing(tmp_path, FAILING[how])
    assert 1 in search_faults(p, tmp_path / "project", migrate)


def test_a_schema_that_refuses_values_tells_none(tmp_path: Path, migrate: Migrate) -> None:
    schema = json.dumps({"type": "object", "properties": SCHEMA})
    p = failing(tmp_path, CONFIG, schema=schema)
    assert 1 in search_faults(p, tmp_path / "project", migrate)


CLOSED = "environments: {default: {secrets: [x/s.yaml]}}\n---\n"
STATES = (
    f"{CLOSED}releases:\n- {{name: a, chart: '{{{{ fail .Values.closed }}}}'}}\n",
    f"{CLOSED}releases:\n- {{name: a, chart: './{{{{ .Values.closed }}}}'}}\n",
    f"{CLOSED}releases:\n- {{name: {{{{ .Values.closed }}}}: [}}\n",
    "releases:\n- {name: a, chart: ./a, values: [{a: '{{ fetchSecretValue \"ref+echo://OPENED\" | fail }}'}]}\n",
    "releases:\n- {name: a, chart: ./a, version: '{{ fetchSecretValue \"ref+echo://OPENED\" | fail }}'}\n",
)


@pytest.mark.parametrize("state", STATES)
def test_a_state_file_that_fails_tells_none(tmp_path: Path, migrate: Migrate, state: str) -> None:
    p = failing(tmp_path, CONFIG, state)
    assert {1, 3} & set(search_faults(p, tmp_path / "project", migrate))


# ---------------------------------------------------------------- what is deployed


def helm_secret(name: str, manifest: str) -> str:
    """A release as Helm records it."""
    release = {
        "name": name,
        "namespace": "apps",
        "version": 1,
        "info": {"status": "deployed"},
        "config": {"password": manifest},
        "manifest": manifest,
        "hooks": [],
    }
    packed = base64.b64encode(gzip.compress(json.dumps(release).encode()))
    return json.dumps(
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "type": "helm.sh/release.v1",
            "metadata": {"name": f"sh.helm.release.v1.{name}.v1", "namespace": "apps", "labels": {"owner": "helm"}},
            "data": {"release": base64.b64encode(packed).decode()},
        }
    )


def older(planting: Planting) -> Planting:
    """Other secrets in the same places, of the same shapes."""
    drawn, old = random.Random(8), Planting()
    for place, text in planting.secrets.items():
        head, body = re.fullmatch(r"(\W*\w{0,7}[-_.$/](?:10\$)?)?(.*)", text, re.DOTALL).groups("")  # type: ignore[union-attr]
        old.secrets[place] = head + "".join(drawn.choice(body) for _ in body)
    return old


@pytest.mark.parametrize("form", ["table", "json", "junit", "markdown"])
@pytest.mark.parametrize("what", ["the same secrets", "older secrets"])
def test_what_is_deployed_is_compared_and_not_shown(
    project: Path, migrate: Migrate, planting: Planting, tmp_path: Path, form: str, what: str
) -> None:
    externalise_all(project, migrate, planting)
    assert migrate(project, "render", *options(planting), "--output-dir", "../rendered").code == 0
    there = planting if what == "the same secrets" else older(planting)
    planted: list[str] = []
    for file in sorted((tmp_path / "rendered/default").glob("*.yaml")):
        text = file.read_text().replace("kind: Deployment", "kind: Deployment\nspeck: 1")
        for place in sorted(there.secrets, key=lambda place: -len(planting.secrets[place])):
            text = text.replace(planting.secrets[place], there.secrets[place])
        planted += leaks(there, text)
        name = file.stem.partition("--")[2]
        write_files(tmp_path, {f"recorded/default/{name}.json": helm_secret(name, text)})
    assert len(set(planted)) > 50, "the records are to be full of secrets"
    for more in ([], options(planting)):
        outcome = migrate(project, "verify", "--deployed", "../recorded", "--output", form, "--debug", *more)
        assert outcome.code == 1, outcome.err
        assert "drifted" in outcome.out
        assert leaks(there, outcome.out + outcome.err) == [], more
        assert_clean(planting, project, outcome.out + outcome.err, more)


# ---------------------------------------------------------------- elsewhere


def test_processes_and_their_cache_hold_none(project: Path, migrate: Migrate, planting: Planting) -> None:
    externalise_all(project, migrate, planting)
    for more in (options(planting)[2:], options(planting)):
        outcome = migrate(project, "verify", "--jobs", "2", "--cache", "cache", *more)
        assert outcome.code in (0, 1), outcome.err
        assert_clean(planting, project, outcome.out + outcome.err, "verify --jobs 2 --cache")
    kept = {name: text for name, text in written(project).items() if name.startswith("cache/")}
    assert any("name: loud" in text for text in kept.values()), "what holds no secret is kept, so the cache is searched"


@pytest.mark.slow
def test_a_cluster_and_its_logs_hold_none(
    project: Path,
    migrate: Migrate,
    planting: Planting,
    tmp_path: Path,
    scheduler: str,  # noqa: F811
) -> None:
    externalise_all(project, migrate, planting)
    outcome = migrate(project, "verify", "--scheduler", scheduler, "--output", "json", *options(planting))
    assert outcome.code == 0, outcome.err
    assert_clean(planting, project, outcome.out + outcome.err, "verify --scheduler")
    for path in sorted(tmp_path.rglob("*")):
        if path.is_file() and not {"helmfiles", "twins", ".git"} & set(path.relative_to(tmp_path).parts[:2]):
            assert leaks(planting, path.read_text(errors="replace")) == [], path


def test_branches_and_messages_of_commits_hold_none(
    project: Path, migrate: Migrate, planting: Planting, tmp_path: Path
) -> None:
    externalise_all(project, migrate, planting)
    target = tmp_path / "target"
    target.mkdir()
    git(target, "init", "--quiet")
    git(target, "commit", "--allow-empty", "--message", "first")
    assert migrate(project, "verify", *options(planting)).code == 0
    for command in (("commit", "--repo", "../target"), ("status", "--output", "json"), ("status",)):
        outcome = migrate(project, *command, *options(planting))
        assert_clean(planting, project, outcome.out + outcome.err, command)
    said = git(target, "log", "--all", "--patch", "--decorate")
    assert "apps/closed" in said
    assert leaks(planting, said) == []


def test_why_says_none_of_any_line(project: Path, migrate: Migrate, planting: Planting) -> None:
    externalise_all(project, migrate, planting)
    for path in sorted((project / "out").rglob("*.yaml")):
        name = path.relative_to(project / "out").as_posix()
        for line in range(1, len(path.read_text().splitlines()) + 1, 7):
            outcome = migrate(project, "why", f"{name}:{line}", *options(planting))
            assert leaks(planting, outcome.out + outcome.err) == [], (name, line)
            assert outcome.code == 0, outcome.err
    for release in ("closed", "referring", "plain", "patched"):
        outcome = migrate(project, "plan", "--explain", release, *options(planting))
        assert leaks(planting, outcome.out + outcome.err) == [], release
        assert outcome.code == 0, outcome.err
