"""An estate with planted secrets on disk, and the search for them in all that commands say and write."""

from __future__ import annotations

import base64
import contextlib
import json
import re
import zlib
from collections.abc import Iterator
from pathlib import Path

from tests.cli.planted import Planting
from tests.conftest import Migrate, git, write_files


def plant(folder: Path, planting: Planting) -> Path:
    """The planted estate below ``folder``; gives the project's folder, in a git repository of its own."""
    project = write_files(folder / "project", {f"helmfiles/{name}": text for name, text in planting.files.items()})
    write_files(folder / "twins", planting.twins)
    write_files(folder / "twins/helmfiles", planting.twins)
    git(project, "init", "--quiet")
    return project


def options(planting: Planting) -> list[str]:
    return ["--secrets-dir", "../twins", *(f"--set-env={name}={text}" for name, text in planting.variables.items())]


def leaks(planting: Planting, text: str) -> list[str]:
    """The places whose secrets stand in a text, as they are or encoded, alone or in the midst of something."""
    text = "\n".join([text, *decoded(text)])
    return [
        place
        for place, secret in planting.secrets.items()
        if secret in text or base64.b64encode(secret.encode()).decode() in text
    ]


def decoded(text: str) -> Iterator[str]:
    """Every word of base64 in a text, read, and what is encoded in that once more."""
    for word in re.findall(r"[A-Za-z0-9+/]{12,}={0,2}", text):
        with contextlib.suppress(ValueError):
            plain = base64.b64decode(word, validate=True).decode()
            yield plain
            yield from decoded(plain)


def written(folder: Path) -> dict[str, str]:
    """What commands wrote: everything but the estate, names included; what a cache has packed is unpacked."""
    return {
        path.relative_to(folder).as_posix(): content_of(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not {"helmfiles", ".git"} & set(path.relative_to(folder).parts[:2])
    }


def content_of(path: Path) -> str:
    content = path.read_bytes()
    for place in (match.start() for match in re.finditer(rb"\x78[\x01\x5e\x9c\xda]", content)):
        with contextlib.suppress(zlib.error):
            content += zlib.decompress(content[place:])
    return content.decode("utf-8", errors="replace")


def assert_clean(planting: Planting, project: Path, said: str, command: object) -> None:
    assert leaks(planting, said) == [], command
    for name, text in written(project).items():
        assert leaks(planting, name) == [], (command, "the name of a file")
        assert leaks(planting, text) == [], (command, name)


def externalise_all(project: Path, migrate: Migrate, planting: Planting) -> None:
    """Do what the findings say until the conversion works."""
    (named,) = [name for name in planting.files if "AKIA" in name]
    (project / "helmfiles" / named).rename(project / "helmfiles/values/renamed.yaml")
    state = project / "helmfiles/10-apps.yaml.gotmpl"
    state.write_text(state.read_text().replace(named, "values/renamed.yaml"))
    assert migrate(project, "plan", *options(planting)).code == 0
    outcome = migrate(project, "convert", *options(planting))
    assert outcome.code == 5, outcome.err
    places = sorted(set(re.findall(r"under secrets, `([^`]+): externalise`", outcome.err)))
    plan = project / "migration.yaml"
    text = re.sub(r"(?m)^secrets:.*\n", "", plan.read_text())
    plan.write_text(f"{text}secrets:\n" + "".join(f"  {json.dumps(place)}: externalise\n" for place in places))
    outcome = migrate(project, "convert", *options(planting))
    assert outcome.code == 0, outcome.err
    assert_clean(planting, project, outcome.out + outcome.err, "convert")
