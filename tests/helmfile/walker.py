"""Runs a recorded case through the command line and says where its answer differs from helmfile's."""

from __future__ import annotations

import itertools
import json
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from migrate.cli import run
from migrate.doors.yaml import compose_yaml, load_yaml, plain_value

HERE = Path(__file__).parent
_VARYING = re.compile(r"^(?:#  Source: |\s*(?:- )?chartPath: ).*\n", re.MULTILINE)
RELEASE_FILE = "{{ .Release.Namespace }}--{{ .Release.Name }}.yaml"


@dataclass(frozen=True)
class Case:
    """One folder with ``case.yaml``, ``input/`` and ``expected/``; the README beside says what they hold."""

    folder: Path
    command: str
    args: tuple[str, ...]
    environ: Mapping[str, str]
    exit: int

    @property
    def name(self) -> str:
        return self.folder.name

    def expected(self, name: str) -> str:
        return (self.folder / "expected" / name).read_bytes().decode()


def load_case(folder: Path) -> Case:
    """The case in a folder."""
    data = load_yaml((folder / "case.yaml").read_text(encoding="utf-8"))
    assert isinstance(data, dict)
    failing = data["expect"] == "error"
    arguments: Any = data["args"]
    environ: Any = data["environ"]
    exit_code: Any = data.get("exit", 1) if failing else 0
    return Case(folder, str(data["command"]), tuple(arguments), dict(environ), int(exit_code))


def cases(root: str) -> list[Case]:
    """All cases below ``root``, by name."""
    return [load_case(path.parent) for path in sorted((HERE / root).glob("*/case.yaml"))]


@dataclass(frozen=True)
class Answer:
    """What a run gave."""

    status: int
    out: str
    err: str
    folder: Path


def answer(case: Case, folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Answer:
    """Run the case's command in a copy of its estate, with its variables and the stand-in for secrets."""
    estate = folder / "estate"
    shutil.copytree(case.folder / "input", estate)
    monkeypatch.chdir(estate)
    before = ["--secrets-dir", ".", "--no-color", "--allow-exec"]
    for name, value in case.environ.items():
        monkeypatch.setenv(name, value)
        before += ["--set-env", f"{name}={value}"]
    own = {
        "list": ["--output", "json"],
        "write-values": ["--output-file-template", f"{folder}/values/{RELEASE_FILE}"],
    }
    capfd.readouterr()
    status = run(["helmfile", *before, case.command, *own.get(case.command, []), *case.args])
    told = capfd.readouterr()
    shown = f"{estate}/"
    return Answer(status, told.out.replace(shown, ""), told.err.replace(shown, ""), folder)


def documents(text: str) -> list[Any]:
    """The documents as Go's yaml.v3 reads them, without those that hold nothing."""
    return [value for value in map(plain_value, compose_yaml(text)) if value is not None]


def differences(case: Case, got: Answer) -> list[str]:
    """Where a good answer differs from the recorded one."""
    match case.command:
        case "list":
            wanted_list = json.loads(case.expected("list.json"))
            return _compared("list", json.loads(got.out or "[]"), wanted_list, ordered=True)
        case "build":
            ours = [_without_chart_paths(value) for value in documents(got.out)]
            wanted = case.expected("build.yaml")
            found = _compared("build", ours, documents(wanted), ordered=True)
            return found or _lines("build", _VARYING.sub("", got.out), wanted)
        case "template":
            ours = sorted(documents(got.out), key=repr)
            return _compared("template", ours, sorted(documents(case.expected("manifests.yaml")), key=repr))
    folder = got.folder / "values"
    written = {path.name: path.read_text(encoding="utf-8") for path in folder.glob("*.yaml")}
    recorded = (case.folder / "expected" / "values").glob("*.yaml")
    wanted_files = {path.name: path.read_text(encoding="utf-8") for path in recorded}
    if written.keys() != wanted_files.keys():
        return [f"files: ours {sorted(written)}, helmfile's {sorted(wanted_files)}"]
    return [
        line
        for name, text in wanted_files.items()
        for line in _compared(name, documents(written[name]), documents(text)) or _lines(name, written[name], text)
    ]


def _lines(where: str, ours: str, theirs: str) -> list[str]:
    """Where texts differ whose data are the same."""
    pairs = itertools.zip_longest(ours.splitlines(), theirs.splitlines())
    return [f"{where}:{at}: ours {a!r}, helmfile's {b!r}" for at, (a, b) in enumerate(pairs, 1) if a != b]


def _without_chart_paths(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_chart_paths(item) for key, item in value.items() if key != "chartPath"}
    return [_without_chart_paths(item) for item in value] if isinstance(value, list) else value


def _compared(where: str, ours: Any, theirs: Any, *, ordered: bool = False) -> list[str]:
    """Each place that differs, by its path; numbers and texts are told apart, keys may have to be in order."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        same_keys = list(ours) == list(theirs) if ordered else ours.keys() == theirs.keys()
        found = [] if same_keys else _keys(where, ours, theirs)
        for key in theirs:
            if key in ours:
                found += _compared(f"{where}.{key}", ours[key], theirs[key], ordered=ordered)
        return found
    if isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        return [
            found
            for at, (one, other) in enumerate(zip(ours, theirs, strict=True))
            for found in _compared(f"{where}[{at}]", one, other, ordered=ordered)
        ]
    same = ours == theirs and isinstance(ours, bool) == isinstance(theirs, bool)
    same = same and isinstance(ours, str) == isinstance(theirs, str)
    return [] if same else [f"{where}: ours {ours!r}, helmfile's {theirs!r}"]


def _keys(where: str, ours: Mapping[Any, Any], theirs: Mapping[Any, Any]) -> list[str]:
    missing, more = [k for k in theirs if k not in ours], [k for k in ours if k not in theirs]
    if missing or more:
        return [f"{where}: missing {missing}, more {[(k, ours[k]) for k in more]}"]
    return [f"{where}: keys in another order: ours {list(ours)}, helmfile's {list(theirs)}"]


# --- errors

_FACTS = (
    re.compile(r'"((?:[^"\\]|\\.)+)"'),
    re.compile(r"unknown anchor '([^']+)'"),
    re.compile(r"\bfield (\S+) not found"),
    re.compile(r"\bpath: (\S+)"),
    re.compile(r"\bkey (\w+) must be defined"),
    re.compile(r"cycle(?:ic inheritance)? detected: (.+)"),
    re.compile(r"\b(environments|releases|bases)\b(?=.*(?:same|defined before))"),
    re.compile(r"got int: value=\S+ map=map\[(\d+)"),
    re.compile(r"(HELMFILE_DISABLE_INSECURE_FEATURES)"),
    re.compile(r"environment\((\w+)\)"),
    re.compile(r"(--namespace)"),
    re.compile(r"(missing|empty chart|glob|malformed|inside|recursion|nested)"),
)
"""What a message of helmfile says that ours must say, too: names in quotes, keys, paths. A release may be told by
its place instead of its name."""
_NO_FACTS = (
    re.compile(r'(?<=in release )(?:"[^"]*"\.?)+|(?<=load release )"[^"]*"'),
    re.compile(r'executing "stringTemplate" at <.*?>(?=: )'),
    re.compile(r" in type .*"),
    re.compile(r'\.values\[\d+\] = "map\[.*?\]"'),
    re.compile(r'"map\[[^"]*"'),
    re.compile(r"(?<=\n)(?<!errors:\n)  line .*"),
)
"""Go's own words in it: excerpts of templates, types, and all but the first of several faults."""
_WORDING = {
    # helmfile's word: what ours may say in its place
    "missing": ("is not there", "no key", "has no"),
    "glob": ("matches",),
    "malformed": ("is no KEY=VALUE",),
    "recursion": ("lists itself", "circle"),
    "nested": ("base",),
    "inside": ("inside",),
}


def untold(case: Case, got: Answer) -> list[str]:
    """The facts of the recorded error that our message leaves out; the wording is free."""
    recorded = case.expected("error.txt")
    for pattern in _NO_FACTS:
        recorded = pattern.sub("", recorded)
    facts = dict.fromkeys(match[1].replace('\\"', '"') for pattern in _FACTS for match in pattern.finditer(recorded))
    left = [fact for fact in facts if not _is_told(fact, got.err)]
    named = re.search(r"in (?:\./)?([^:\s]+):", recorded)
    if named and case.name not in _ELSEWHERE and not _names_a_file(case, got.err):
        left.append(f"a line of {named[1]}")
    places = _places(case, recorded)
    if places and not any(place in got.err for place in places):
        left.append(f"one of {places}")
    return left


_ELSEWHERE = {"selector-syntax-error": "the fault is on the command line, not in the file that helmfile names"}


def _names_a_file(case: Case, err: str) -> bool:
    """Whether the message gives a line of one of the case's files; it may be a nearer one than helmfile's."""
    found = re.findall(r"^  at (\S+):\d+", err, re.MULTILINE)
    return any((case.folder / "input" / name).is_file() for name in found)


def _is_told(fact: str, err: str) -> bool:
    flat, told = re.sub(r"\s*->\s*", "->", fact), re.sub(r"\s*->\s*", "->", err)
    return flat in told or any(word in err for word in _WORDING.get(fact, ()))


def _places(case: Case, recorded: str) -> list[str]:
    """``file:line`` of the error: helmfile counts from the first line of a part, and does not always say which."""
    told = re.search(r"(?:stringTemplate:|line )(\d+)", recorded)
    name = re.search(r"in (?:\./)?([^:\s]+):", recorded)
    if told is None or name is None:
        return []
    text = (case.folder / "input" / name[1]).read_bytes().decode().replace("\r\n", "\n")
    offsets = [0]
    for part in text.split("\n---\n")[:-1]:
        offsets.append(offsets[-1] + part.count("\n") + 2)
    part_told = re.search(r"\.part\.(\d+)", recorded)
    chosen = [offsets[int(part_told[1])]] if part_told else offsets
    return [f"{name[1]}:{offset + int(told[1])}" for offset in chosen]
