"""Where Argo CD finds the tree: a branch of its own in a repository that was named, or a scratch one here."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from migrate.errors import ExitCode
from tests.e2e.tree import StopError


@dataclass(frozen=True)
class Repository:
    """A branch that this run owns."""

    url: str
    """As Argo CD reads it."""
    push_url: str
    """As this machine writes it."""
    branch: str


def repository_for(url: str, push_url: str, scratch: Path, run: str) -> Repository:
    """The repository that was named; with none, a bare one below ``scratch``, which only a local repo-server reads."""
    if not url:
        folder = scratch / "repository.git"
        _git(scratch, "init", "--quiet", "--bare", str(folder))
        url = folder.as_uri()
    return Repository(url, push_url or url, f"migrate-e2e-{run}")


def publish(repository: Repository, tree: Path) -> None:
    """Commit the tree and push it as the run's branch, which must not be there."""
    _git(tree, "init", "--quiet")
    _git(tree, "add", "--all", "--force")
    who = ("-c", "user.name=migrate e2e", "-c", "user.email=e2e@example.org", "-c", "commit.gpgsign=false")
    _git(tree, *who, "commit", "--quiet", "--message", "The tree of an end-to-end run")
    _git(tree, "push", "--quiet", repository.push_url, f"HEAD:refs/heads/{repository.branch}")


def withdraw(repository: Repository, folder: Path) -> None:
    """Delete the run's branch, if it is there."""
    branch = f"refs/heads/{repository.branch}"
    if _git(folder, "ls-remote", repository.push_url, branch):
        _git(folder, "init", "--quiet")
        _git(folder, "push", "--quiet", repository.push_url, "--delete", branch)


def _git(folder: Path, *arguments: str) -> str:
    # A password that git would ask for is a run that hangs; so it fails instead.
    environment = {**os.environ, "GIT_TERMINAL_PROMPT": "0"}
    command = ["git", "-C", str(folder), *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, start_new_session=True)
    if done.returncode:
        said = done.stderr.strip().splitlines()
        raise StopError(f"git {arguments[0]} failed: {said[-1] if said else 'no reason given'}", ExitCode.USAGE)
    return done.stdout.strip()
