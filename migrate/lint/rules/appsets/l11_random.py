"""L11: templates do not draw random values or the time."""

from __future__ import annotations

import re
from collections.abc import Iterator

from migrate.lint.appsets import templates
from migrate.lint.example import Example
from migrate.lint.good_tree import APPS
from migrate.lint.rule import Hit, Rule, error
from migrate.lint.subject import Subject
from migrate.model.finding import Severity

_RANDOM = re.compile(
    r"\{\{[^}]*\b(rand(?:Alpha(?:Num)?|Ascii|Bytes|Int|Numeric)|uuidv4|now|ago|shuffle|gen(?:CA|PrivateKey|SelfSignedCert"
    r"|SignedCert)(?:WithKey)?|bcrypt|htpasswd|encryptAES)\b"
)


def check_random(subject: Subject) -> Iterator[Hit]:
    """L11: nothing in a template changes with every reconcile."""
    for appset in subject.appsets:
        for keys, text in templates(appset):
            found = _RANDOM.search(text)
            if found:
                hint = "The Application would be rewritten at every reconcile. Put the value into the component's file."
                where = subject.line(appset, *keys)
                yield error(f"the template calls {found[1]}", hint, where, appset.environment)


RULE = Rule(
    id="L11",
    title="templates do not draw random values or the time",
    reason="the Application would change with every reconcile",
    pointer="AC 2.2",
    severity=Severity.ERROR,
    check=check_random,
    example=Example(
        bad={
            APPS: """
                spec:
                  template:
                    metadata:
                      labels:
                        run: '{{ randAlpha 5 }}'  # <- here
            """,
        },
        good={
            APPS: """
                spec:
                  template:
                    metadata:
                      labels:
                        run: '{{ .wave }}'
            """,
        },
    ),
)
