"""L50: repository Secrets fit what is read, and hold no credentials."""

from __future__ import annotations

import re
from collections.abc import Iterator

from migrate.lint.example import Example
from migrate.lint.good_tree import REPOSITORY
from migrate.lint.rule import Hit, Rule, error, warning
from migrate.lint.sources import plain_url, sources
from migrate.lint.subject import Document, Key, Subject, generators, mapped
from migrate.model.finding import Severity

REPOSITORY_LABEL = "argocd.argoproj.io/secret-type"
_CREDENTIALS = frozenset(
    {
        "password", "sshPrivateKey", "bearerToken", "githubAppPrivateKey", "tlsClientCertKey", "gcpServiceAccountKey",
    }
)  # fmt: skip


_PLACEHOLDER = re.compile(r"\s*(?:[<$({\[%].*|[A-Z][A-Z0-9_]*|)\s*", re.DOTALL)
"""A text that something else fills in: ``<token>``, ``${TOKEN}``, ``TOKEN``, or nothing."""


def check_secrets(subject: Subject) -> Iterator[Hit]:
    """L50: repository Secrets open what the tree reads, carry the label, and hold no credentials in Git."""
    for environment in sorted({secret.environment for secret in _secrets(subject)}):
        secrets = [secret for secret in _secrets(subject) if secret.environment == environment]
        opened = {plain_url(_url(secret)) for secret in secrets}
        read = {plain_url(url): url for url in _read_urls(subject, environment)}
        for secret in secrets:
            yield from _secret_faults(subject, secret)
            if not subject.own:
                continue  # who reads what is known of a whole tree alone
            if plain_url(_url(secret)) not in read and read and _type(secret) == "repository":
                text = f"nothing reads the repository {_url(secret)} of Secret {secret.name}"
                hint = f"Write the address that the ApplicationSets read: {', '.join(sorted(read.values()))}."
                yield error(text, hint, subject.line(secret, *_place(secret, "url")), environment)
        templates = tuple(plain_url(_url(secret)) for secret in secrets if _type(secret) == "repo-creds")
        for url in sorted(set(read) - opened) if subject.own else ():
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
            if _PLACEHOLDER.fullmatch(str(secret.get(part, key) or "")):
                continue
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


RULE = Rule(
    id="L50",
    title="repository Secrets fit what is read, and hold no credentials",
    reason="another address or a missing label opens nothing, and what is in Git is no secret",
    pointer="D 25",
    severity=Severity.ERROR,
    check=check_secrets,
    example=Example(
        bad={
            REPOSITORY: """
                stringData:
                  password: example  # <- here
            """,
        },
        good={
            REPOSITORY: """
                stringData:
                  type: git
                  url: https://git.example.com/platform/gitops.git
            """,
        },
    ),
)
