"""L08: no key of templatePatch is left empty."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from migrate.lint.example import Example
from migrate.lint.good_tree import APPS
from migrate.lint.patches import CONTROL, keys_of_lines, lines_of
from migrate.lint.rule import Hit, Rule, error, warning
from migrate.lint.subject import Subject, dig
from migrate.model.finding import Severity

_NULL = re.compile(r"^(?:null|~|Null|NULL|)$")


def check_branches(subject: Subject) -> Iterator[Hit]:
    """L08: a key of templatePatch whose every line stands under a condition is null where none of them holds."""
    for appset in subject.appsets:
        patch = str(appset.get("spec", "templatePatch") or "")
        for path in emptied_keys(patch):
            if dig(appset.get("spec", "template"), *path) is None:
                continue
            shown = ".".join(path)
            said = f"{shown} of templatePatch is empty where no condition holds, and wipes {shown} of the template"
            hint = "Put the key under the condition too, or one line below it that is always there."
            tell = error if path == ("spec",) else warning
            yield tell(said, hint, subject.line(appset, "spec", "templatePatch"), appset.environment)


def emptied_keys(patch: str) -> Iterator[tuple[str, ...]]:
    """Paths of the keys that a patch may leave without a value (rule 2.12)."""
    lines = lines_of(patch)
    for number, path, value in keys_of_lines(lines):
        depth = len(lines[number]) - len(lines[number].lstrip())
        if _NULL.match(value) and not _has_line(lines[number + 1 :], depth):
            yield path


@dataclass
class _Block:
    """A condition or loop that is open: whether each branch so far has a line, and whether there is a plain else."""

    loop: bool
    whole: bool = True
    line: bool = False
    final: bool = False

    def branch(self, *, final: bool) -> None:
        self.whole, self.line, self.final = self.whole and self.line, False, final

    @property
    def always(self) -> bool:
        return self.whole and self.line and self.final and not self.loop


def _has_line(below: Sequence[str], depth: int) -> bool:
    """Whether, whatever the conditions say, one of the lines that follow belongs to a key at ``depth``."""
    blocks: list[_Block] = []
    for line in below:
        control = CONTROL.match(line)
        word = control[1] if control else ""
        indent = len(line) - len(line.lstrip())
        if word in ("if", "with", "range"):
            blocks.append(_Block(loop=word == "range"))
            continue
        if word == "else" and blocks:
            blocks[-1].branch(final=re.search(r"else\s+(if|with)\b", line) is None)
            continue
        if word in ("end", "else"):
            if not blocks:
                return False
            if not blocks.pop().always:
                continue
        elif indent < depth or (indent == depth and not line.lstrip().startswith("- ")):
            return False
        if not blocks:
            return True
        blocks[-1].line = True
    return False


RULE = Rule(
    id="L08",
    title="no key of templatePatch is left empty",
    reason="an empty spec: wipes the spec, and an empty key what the template says there",
    pointer="AC 2.12",
    severity=Severity.ERROR,
    check=check_branches,
    example=Example(
        bad={
            APPS: """
                spec:
                  templatePatch: |  # <- here
                    spec:
                    {{- if .syncOptions }}
                      syncPolicy:
                        syncOptions: {{ toJson .syncOptions }}
                    {{- end }}
            """,
        },
        good={
            APPS: """
                spec:
                  templatePatch: |
                    {{- if .syncOptions }}
                    spec:
                      syncPolicy:
                        syncOptions: {{ toJson .syncOptions }}
                    {{- end }}
            """,
        },
    ),
)
