"""Where the lines of a rendered template come from: invisible marks before rendering, read and removed after it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from gotpl import TemplateError
from gotpl.parse.lexer import lex
from gotpl.parse.tokens import Token, TokenKind

_MARK = re.compile("\ue000([0-9]+)(r?)\ue001")


@dataclass(frozen=True)
class RenderedText:
    """A rendered text; ``lines[i]`` is ``(source line, generated)`` of output line ``i``."""

    text: str
    lines: tuple[tuple[int, bool], ...]


@lru_cache(maxsize=1024)
def marked(text: str) -> str:
    """The template with an invisible mark before the first character of each line of literal text.

    Marks never touch white space (trimming works as before) nor text inside ``define`` (which may be
    captured and measured by a function). The same text is returned where it cannot be marked.
    """
    if "\ue000" in text:
        return text
    try:
        tokens = tuple(lex(text))
    except (TemplateError, ValueError):
        return text
    source = text.encode("utf-8")
    pieces: list[str] = []
    cursor = 0
    for start, end, line, looped in _literals(tokens):
        pieces.append(source[cursor:start].decode("utf-8"))
        pieces.append(_mark_text(source[start:end].decode("utf-8"), line, "r" if looped else ""))
        cursor = end
    pieces.append(source[cursor:].decode("utf-8"))
    return "".join(pieces)


def _mark_text(text: str, line: int, flag: str) -> str:
    lines = text.split("\n")
    for index, content in enumerate(lines):
        body = content.lstrip(" \t\r")
        if body:
            mark = f"\ue000{line + index}{flag}\ue001"
            lines[index] = content[: len(content) - len(body)] + mark + body
    return "\n".join(lines)


def _literals(tokens: tuple[Token, ...]) -> list[tuple[int, int, int, bool]]:
    """``(start, end, line, inside a loop)`` of the literal texts outside ``define`` and ``block``."""
    found: list[tuple[int, int, int, bool]] = []
    open_blocks: list[TokenKind] = []
    openers = (TokenKind.IF, TokenKind.RANGE, TokenKind.WITH, TokenKind.DEFINE, TokenKind.BLOCK)
    first_in_action = False
    for token in tokens:
        if token.kind is TokenKind.LEFT_DELIMITER:
            first_in_action = True
        elif token.kind is TokenKind.TEXT:
            if TokenKind.DEFINE not in open_blocks and TokenKind.BLOCK not in open_blocks:
                found.append((token.start, token.end, token.line, TokenKind.RANGE in open_blocks))
        elif token.kind is not TokenKind.SPACE and first_in_action:
            first_in_action = False
            if token.kind in openers:
                open_blocks.append(token.kind)
            elif token.kind is TokenKind.END and open_blocks:
                open_blocks.pop()
    return found


def unmarked(rendered: str) -> RenderedText:
    """The rendered text without marks, and what they said."""
    lines: list[tuple[int, bool]] = []
    texts: list[str] = []
    last = 1
    for line in rendered.split("\n"):
        marks = _MARK.findall(line)
        if marks:
            last = int(marks[0][0])
            texts.append(without_marks(line))
            lines.append((last, bool(marks[0][1])))
        else:
            texts.append(line)
            lines.append((last, line.strip() != ""))
    return RenderedText("\n".join(texts), tuple(lines))


def without_marks(text: str) -> str:
    """A text that may hold marks, such as an error's, as a person wrote it."""
    return _MARK.sub("", text)
