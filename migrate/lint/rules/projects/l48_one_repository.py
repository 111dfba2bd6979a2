"""L48: generators read what the sources read."""

from __future__ import annotations

from collections.abc import Iterator

from migrate.lint.example import Example
from migrate.lint.good_tree import APPS
from migrate.lint.rule import Hit, Rule, error
from migrate.lint.sources import FIXED_REVISION, plain_url, sources
from migrate.lint.subject import Document, Key, Subject, dig, generators
from migrate.model.finding import Severity
from migrate.model.json import JsonObject


def check_one_repository(subject: Subject) -> Iterator[Hit]:
    """L48: generators read the repository and the branch that the Applications are rendered from."""
    inside = subject.folders
    told = set()
    for one in subject.expansion.applications:
        appset = subject.appset_of(one)
        for source in sources(one):
            path = str(source.get("path") or "").strip("/")
            if appset is None or source.get("chart") or path not in inside:
                continue
            if not subject.own and not subject.reads_itself(source):
                continue
            for number, git in enumerate(generators(appset, "git")):
                if not subject.own and not subject.reads_itself(git):
                    continue
                if not subject.own and "HEAD" in (
                    git.get("revision") or "HEAD",
                    source.get("targetRevision") or "HEAD",
                ):
                    continue  # HEAD is the default branch, whichever that is
                for field, text in _disagreements(git, source):
                    key = (appset.path, appset.index, number, text)
                    if key not in told:
                        told.add(key)
                        hint = "Both are this tree: write the same in both."
                        where = subject.line(appset, *_generator_place(appset, number), field)
                        yield error(text, hint, where, appset.environment)


def _disagreements(git: JsonObject, source: JsonObject) -> Iterator[tuple[str, str]]:
    """What the generator's repository and revision do not share with the source's; a tag or commit may differ."""
    read, rendered = str(git.get("repoURL") or ""), str(source.get("repoURL") or "")
    if plain_url(read) != plain_url(rendered):
        yield "repoURL", f"the generator reads {read}, and the sources {rendered}"
        return
    revision, target = str(git.get("revision") or "HEAD"), str(source.get("targetRevision") or "HEAD")
    if revision != target and not FIXED_REVISION.match(target):
        yield "revision", f"the generator reads revision {revision}, and the sources {target}"


def _generator_place(appset: Document, number: int) -> tuple[Key, ...]:
    """Where the git generator stands if it is not nested, else the list of generators."""
    entries = appset.get("spec", "generators")
    plain = [index for index, entry in enumerate(entries) if isinstance(dig(entry, "git"), dict)]
    nested = len(generators(appset, "git")) != len(plain)
    return ("spec", "generators") if nested else ("spec", "generators", plain[number], "git")


RULE = Rule(
    id="L48",
    title="generators read what the sources read",
    reason="else an Application is generated from one state of the tree and rendered from another",
    pointer="AC 1.5, 5.24",
    severity=Severity.ERROR,
    check=check_one_repository,
    example=Example(
        bad={
            APPS: """
                spec:
                  generators:
                    - git:
                        repoURL: https://git.example.com/platform/other.git  # <- here
                        revision: main
                        files:
                          - path: environments/dev/components/**/component.yaml
            """,
        },
        good={
            APPS: """
                spec:
                  generators:
                    - git:
                        repoURL: https://git.example.com/platform/gitops.git
                        revision: main
                        files:
                          - path: environments/dev/components/**/component.yaml
            """,
        },
    ),
)
