"""Rules over the repositories that a tree is read from: generators, sources and the Secrets that open them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from migrate.lint.rollout import FIXED_REVISION
from migrate.lint.rule import Hit, Rule, error, warning
from migrate.lint.sources import sources
from migrate.lint.subject import Document, Key, Subject, dig, folders, generators, mapped
from migrate.model.json import JsonObject

REPOSITORY_LABEL = "argocd.argoproj.io/secret-type"
_CREDENTIALS = frozenset(
    {
        "password", "sshPrivateKey", "bearerToken", "githubAppPrivateKey", "tlsClientCertKey", "gcpServiceAccountKey",
    }
)  # fmt: skip


def plain_url(url: str) -> str:
    """A repository's address as Argo CD compares it: lower case, no ``.git``, ``git@host:path`` as ``host/path``."""
    return re.sub(r"^[\w.-]+@([\w.-]+):", r"\1/", url.lower()).removesuffix(".git")


def check_one_repository(subject: Subject) -> Iterator[Hit]:
    """L48: generators read the repository and the branch that the Applications are rendered from."""
    inside = folders(subject)
    told = set()
    for one in subject.expansion.applications:
        appset = subject.appset_of(one)
        for source in sources(one):
            path = str(source.get("path") or "").strip("/")
            if appset is None or source.get("chart") or path not in inside:
                continue
            for number, git in enumerate(generators(appset, "git")):
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


def check_secrets(subject: Subject) -> Iterator[Hit]:
    """L50: repository Secrets open what the tree reads, carry the label, and hold no credentials in Git."""
    for environment in sorted({secret.environment for secret in _secrets(subject)}):
        secrets = [secret for secret in _secrets(subject) if secret.environment == environment]
        opened = {plain_url(_url(secret)) for secret in secrets}
        read = {plain_url(url): url for url in _read_urls(subject, environment)}
        for secret in secrets:
            yield from _secret_faults(subject, secret)
            if plain_url(_url(secret)) not in read and read and _type(secret) == "repository":
                text = f"nothing reads the repository {_url(secret)} of Secret {secret.name}"
                hint = f"Write the address that the ApplicationSets read: {', '.join(sorted(read.values()))}."
                yield error(text, hint, subject.line(secret, *_place(secret, "url")), environment)
        templates = tuple(plain_url(_url(secret)) for secret in secrets if _type(secret) == "repo-creds")
        for url in sorted(set(read) - opened):
            if not url.startswith(templates):
                text = f"no repository Secret is for {read[url]}"
                hint = "Argo CD can read it only if it is public. Add a Secret, as for the others."
                yield warning(text, hint, subject.line(secrets[0]), environment)


def _secrets(subject: Subject) -> list[Document]:
    """Secrets that are for a repository, by label or by what they hold."""
    return [
        one
        for one in subject.others
        if one.get("kind") == "Secret"
        and (_type(one) in ("repository", "repo-creds") or {"type", "url"} <= set(mapped(one.data, "stringData")))
    ]


def _type(secret: Document) -> str:
    return str(mapped(secret.data, "metadata", "labels").get(REPOSITORY_LABEL) or "")


def _place(secret: Document, key: str) -> tuple[Key, ...]:
    return ("stringData" if key in mapped(secret.data, "stringData") else "data", key)


def _url(secret: Document) -> str:
    return str(mapped(secret.data, "stringData").get("url") or "")


def _secret_faults(subject: Subject, secret: Document) -> Iterator[Hit]:
    if _type(secret) not in ("repository", "repo-creds"):
        text = f"Secret {secret.name} lacks the label {REPOSITORY_LABEL}: repository, and so Argo CD does not see it"
        where = subject.line(secret, "metadata", "labels")
        yield error(text, "Add the label.", where, secret.environment)
    for part in ("stringData", "data"):
        for key in sorted(_CREDENTIALS & set(mapped(secret.data, part))):
            text = f"Secret {secret.name} holds {key} in Git"
            hint = "Take it out and change it; add credentials in the cluster, or through External Secrets."
            yield error(text, hint, subject.line(secret, part, key), secret.environment)


def _read_urls(subject: Subject, environment: str) -> set[str]:
    urls = {str(git.get("repoURL")) for one in subject.appsets if one.environment == environment
            for git in generators(one, "git")}  # fmt: skip
    for one in subject.expansion.applications:
        if one.environment == environment:
            urls |= {str(source.get("repoURL")) for source in sources(one)}
    return urls


RULES = (
    Rule(
        "L48",
        "generators read what the sources read",
        "else an Application is generated from one state of the tree and rendered from another",
        "AC 1.5, 5.24",
        check_one_repository,
    ),
    Rule(
        "L50",
        "repository Secrets fit what is read, and hold no credentials",
        "another address or a missing label opens nothing, and what is in Git is no secret",
        "D 25",
        check_secrets,
    ),
)
