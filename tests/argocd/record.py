"""Write down what a running Argo CD makes of the expansion cases: ``expected/`` of each is written anew.

    KUBECONFIG=… python tests/argocd/record.py --git DIR [--check] [--new-git-file-globbing] [--log FILE] CASE…

A CASE is a folder that holds case.yaml and appset.yaml. KUBECONFIG leads to a cluster that may be thrown away: every
ApplicationSet, Application, cluster secret and project but ``default`` in the namespace ``argocd`` is removed. DIR is a
folder that this Argo CD can read as ``file://DIR/…``; each case becomes a small git repository below it. The
ApplicationSet controller must run with progressive syncs; the application controller must not run, for it would sync.
``--new-git-file-globbing`` says that the controller runs with that flag: the cases that want it are recorded, and no
others. ``--log`` names the controller's log, where a panic leaves its only trace.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

URL = "https://git.example/case.git"
"""What the cases call their repository; Argo CD is given the folder in its place, and answers are turned back."""
ARGO = "/apis/argoproj.io/v1alpha1/namespaces/argocd"
SECRETS = "/api/v1/namespaces/argocd/secrets"
CLUSTERS = SECRETS + "?labelSelector=argocd.argoproj.io/secret-type%3Dcluster"
REFRESH = "argocd.argoproj.io/application-set-refresh"
METADATA = ("name", "labels", "annotations", "finalizers")
AUTHOR = {
    f"GIT_{who}_{what}": text
    for who in ("AUTHOR", "COMMITTER")
    for what, text in (("NAME", "case"), ("EMAIL", "case@example.org"), ("DATE", "2026-01-01T00:00:00Z"))
}


class RefusedError(Exception):
    """The API server's answer to something that it does not take."""


class Cluster:
    """The API server, through ``kubectl proxy``."""

    def __init__(self, address: str) -> None:
        self._address = address

    def call(self, method: str, path: str, body: Any = None, *, tolerate: int = 0) -> Any:
        kind = "application/merge-patch+json" if method == "PATCH" else "application/json"
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self._address + path, data, {"Content-Type": kind}, method=method)
        try:
            with urllib.request.urlopen(request) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            if error.code == tolerate:
                return None
            raise RefusedError(json.load(error).get("message", "")) from None

    def items(self, path: str) -> list[Any]:
        found: list[Any] = self.call("GET", path)["items"]
        return found


@contextlib.contextmanager
def proxied() -> Iterator[Cluster]:
    command = ["kubectl", "proxy", "--port=0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield Cluster("http://" + process.stdout.readline().split()[-1])
        finally:
            process.terminate()


def within(seconds: float, answer: Callable[[], Any]) -> Any:
    """The first true answer, or None when the time is over."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = answer()
        if found:
            return found
        time.sleep(0.2)
    return None


# ---------------------------------------------------------------- before a case


def clear(cluster: Cluster) -> None:
    for kind in ("applicationsets", "applications"):
        if not within(60, lambda kind=kind: _none_left(cluster, f"{ARGO}/{kind}")):  # type: ignore[misc]
            sys.exit(f"{kind} do not go away")
    others = [f"{ARGO}/appprojects/{p['metadata']['name']}" for p in cluster.items(f"{ARGO}/appprojects")]
    others += [f"{SECRETS}/{secret['metadata']['name']}" for secret in cluster.items(CLUSTERS)]
    for path in others:
        if not path.endswith("/appprojects/default"):
            cluster.call("DELETE", path)


def _none_left(cluster: Cluster, path: str) -> bool:
    left = cluster.items(path)
    for one in left:
        own = f"{path}/{one['metadata']['name']}"
        cluster.call("PATCH", own, {"metadata": {"finalizers": None}}, tolerate=404)
        cluster.call("DELETE", own, tolerate=404)
    return not left


def surround(cluster: Cluster, about: Any) -> None:
    """The projects and clusters that the case tells of."""
    everything = {"group": "*", "kind": "*"}
    for name in about.get("projects", []):
        spec = {
            "sourceRepos": ["*"],
            "destinations": [{"namespace": "*", "server": "*"}],
            "clusterResourceWhitelist": [everything],
        }
        head = {"apiVersion": "argoproj.io/v1alpha1", "kind": "AppProject"}
        cluster.call("POST", f"{ARGO}/appprojects", {**head, "metadata": {"name": name}, "spec": spec})
    for number, one in enumerate(about.get("clusters", [])):
        metadata = {
            "name": f"cluster-{number}",
            "labels": {**one.get("labels", {}), "argocd.argoproj.io/secret-type": "cluster"},
            "annotations": one.get("annotations", {}),
        }
        data = {"name": one["name"], "server": one["server"], "config": "{}", "project": one.get("project", "")}
        stated = {key: text for key, text in data.items() if text}
        cluster.call("POST", SECRETS, {"metadata": metadata, "stringData": stated})


def publish(case: Path, below: Path) -> str:
    """The case's tree as a repository of one commit, in a folder of its own for each content; gives the URL."""
    files = sorted(path for path in (case / "repo").rglob("*") if path.is_file())
    content = hashlib.sha256()
    for path in files:
        content.update(f"{path.relative_to(case)}\0".encode() + path.read_bytes() + b"\0")
    folder = below / f"{case.name}-{content.hexdigest()[:12]}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    if files:
        shutil.copytree(case / "repo", folder, symlinks=True, dirs_exist_ok=True)
    for step in ("init -q -b main", "add -A -f", "commit -q --allow-empty -m case"):
        environment = {**os.environ, **AUTHOR, "GIT_CONFIG_GLOBAL": os.devnull}
        subprocess.run(["git", *step.split()], cwd=folder, check=True, env=environment)
    return f"file://{folder}"


def objects(file: Path, url: str) -> list[Any]:
    """The objects of a file as kubectl reads them."""
    command = ["kubectl", "create", "--dry-run=client", "--validate=false", "--output", "json", "--filename", "-"]
    text = file.read_text(encoding="utf-8").replace(URL, url)
    rest = subprocess.run(command, input=text, check=True, capture_output=True, text=True).stdout.strip()
    found = []
    while rest:
        one, end = json.JSONDecoder().raw_decode(rest)
        found.append(one)
        rest = rest[end:].strip()
    return found


# ---------------------------------------------------------------- a case


def record(cluster: Cluster, case: Path, about: Any, below: Path, log: Path | None) -> dict[str, Any]:
    url = publish(case, below)
    [appset] = objects(case / "appset.yaml", url)
    answers: dict[str, Any] = {}
    if appset["spec"].get("strategy"):
        applications, steps, error = expand(cluster, case, about, appset, url, log)
        if not error:
            answers = {"applications-rolling.yaml": applications, "steps.yaml": steps}
            del appset["spec"]["strategy"]
    if not answers.get("error.txt"):
        answers["applications.yaml"], _, error = expand(cluster, case, about, appset, url, log)
        if error:
            answers["error.txt"] = plain(error)
    text: dict[str, Any] = json.loads(json.dumps(answers).replace(url, URL))
    return text


def expand(
    cluster: Cluster, case: Path, about: Any, appset: Any, url: str, log: Path | None
) -> tuple[list[Any], dict[str, int], str]:
    """The Applications and steps that come of an ApplicationSet, and the error if there was one."""
    clear(cluster)
    surround(cluster, about)
    if (case / "existing.yaml").exists():
        for one in objects(case / "existing.yaml", url):
            cluster.call("POST", f"{ARGO}/applications", one)
    path = f"{ARGO}/applicationsets/{appset['metadata']['name']}"
    start = log.stat().st_size if log else 0
    try:
        cluster.call("POST", f"{ARGO}/applicationsets", appset)
    except RefusedError as error:
        return [], {}, f"rejected by the API server: {error}"
    verdict = within(15, lambda: _verdict(cluster.call("GET", path)))
    if verdict is None:
        said = log.read_bytes()[start:].decode() if log else ""
        panic = re.search(r"panic: (.*?)(?:\\n|\")", said)
        return stored(cluster), {}, "no status condition; controller log: panic: " + (panic[1] if panic else "unknown")
    if verdict["type"] == "ErrorOccurred":
        return when_quiet(cluster), {}, verdict["message"]
    if (case / "drift.yaml").exists():
        for name, patch in load(case / "drift.yaml").items():
            turned = json.loads(json.dumps(patch).replace(URL, url))
            cluster.call("PATCH", f"{ARGO}/applications/{name}", turned)
        reconcile_again(cluster, path)
    steps: dict[str, int] = {}
    if appset["spec"].get("strategy"):
        reconcile_again(cluster, path)
        status = cluster.call("GET", path).get("status", {}).get("applicationStatus", [])
        steps = {entry["application"]: int(entry["step"]) for entry in status}
    return when_quiet(cluster), steps, ""


def _verdict(live: Any) -> Any:
    held = {c["type"]: c for c in live.get("status", {}).get("conditions", []) if c.get("status") == "True"}
    return held.get("ErrorOccurred") or held.get("ResourcesUpToDate")


def reconcile_again(cluster: Cluster, path: str) -> None:
    """A request for another reconcile, which the controller takes away when it is done."""
    cluster.call("PATCH", path, {"metadata": {"annotations": {REFRESH: "true"}}})
    within(10, lambda: REFRESH not in cluster.call("GET", path)["metadata"].get("annotations", {}))


def when_quiet(cluster: Cluster) -> list[Any]:
    """The Applications once they have not changed for a second."""
    before, now = None, stored(cluster)
    while before != now:
        time.sleep(1)
        before, now = now, stored(cluster)
    return now


def stored(cluster: Cluster) -> list[Any]:
    found = cluster.items(f"{ARGO}/applications")
    shown = [
        {"metadata": {key: one["metadata"][key] for key in METADATA if one["metadata"].get(key)}, "spec": one["spec"]}
        for one in found
    ]
    return sorted(shown, key=lambda one: str(one["metadata"]["name"]))


def plain(message: str) -> str:
    """A message without what changes from run to run."""
    message = re.sub(r"\S*/_argocd-repo/[0-9a-f-]{36}", "<checkout>", message)
    message = re.sub(r"\b[0-9a-f]{40}\b", "<sha>", message)
    conflict = r"duplicate key path\S* with different value, a: \S+ ,b: \S+"
    return re.sub(conflict, "duplicate key <path key> with different value", message).strip() + "\n"


# ---------------------------------------------------------------- files


def load(path: Path) -> Any:
    return YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))


def settle(case: Path, answers: dict[str, Any], *, check: bool) -> list[str]:
    """Write the answers, or with ``check`` name the files that say something else."""
    folder = case / "expected"
    new = {name: answer if isinstance(answer, str) else dumped(answer) for name, answer in answers.items()}
    if check:
        there = {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()} if folder.exists() else {}
        return [name for name in sorted(new.keys() | there.keys()) if not _same(new.get(name), there.get(name))]
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for name, text in new.items():
        (folder / name).write_text(text, encoding="utf-8")
    return []


def _same(new: str | None, old: str | None) -> bool:
    """Equal as data: the form of a text is no answer of Argo CD."""
    if new is None or old is None or new == old:
        return new == old
    reader = YAML(typ="safe", pure=True)
    try:
        return bool(reader.load(new) == reader.load(old))
    except Exception:
        return False


def dumped(answer: Any) -> str:
    """JSON with an entry a line, in a form that every YAML reader reads alike."""
    text = json.dumps(answer, indent=1, ensure_ascii=False, sort_keys=True)
    return re.sub("[\x7f-\xa0\u2028\u2029\ufeff]", lambda sign: f"\\u{ord(sign[0]):04x}", text) + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", nargs="+", type=Path, metavar="CASE")
    parser.add_argument("--git", required=True, type=Path, metavar="DIR")
    parser.add_argument("--check", action="store_true", help="write nothing; name what differs")
    parser.add_argument("--new-git-file-globbing", action="store_true")
    parser.add_argument("--log", type=Path, metavar="FILE")
    options = parser.parse_args()
    if not os.environ.get("KUBECONFIG"):
        sys.exit("KUBECONFIG must name the kubeconfig of a cluster that may be thrown away")
    wrong = 0
    with proxied() as cluster:
        for case in sorted(options.cases):
            about = load(case / "case.yaml")
            if "appset" not in about or about["options"]["newGlobbing"] != options.new_git_file_globbing:
                continue
            answers = record(cluster, case, about, options.git.resolve(), options.log)
            notes = [f"differs: {name}" for name in settle(case, answers, check=options.check)]
            outcome = "error" if "error.txt" in answers else "ok"
            if outcome != about["expect"]:
                notes.append(f"case.yaml expects {about['expect']}")
            wrong += bool(notes)
            print(f"{case.name}: {'; '.join([outcome, *notes])}", flush=True)
        clear(cluster)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
