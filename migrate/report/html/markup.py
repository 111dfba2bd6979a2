"""Text → HTML: the one place where anything from an estate becomes part of the page, masked and escaped."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape
from typing import NewType

from migrate.doors.secret_shapes import shown
from migrate.model.finding import SourceLocation
from migrate.model.page import SourceLinks

Html = NewType("Html", str)
"""Markup of ours, with every foreign text in it escaped."""

NOTHING = Html("")
_UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")
"""What a browser would not show, or would let change the order of what it shows."""
_SHORTEST_SECRET = 16
_VOID = frozenset({"meta", "link", "input", "br", "col"})


def text(value: str) -> Html:
    """Foreign text as it reads, without what has the shape of a secret; what cannot be seen becomes ``⟨202E⟩``."""
    plain = shown(value) if len(value) >= _SHORTEST_SECRET else value
    return Html(escape(visible(plain.replace("\r\n", "\n"))))


def visible(value: str) -> str:
    """The text with what cannot be seen written out; markup stays what it is."""
    return _UNSEEN.sub(lambda found: f"⟨{ord(found.group()):04X}⟩", value)


def element(name: str, /, *content: Html, **attributes: str) -> Html:
    """An element; attributes are foreign text, ``class_`` and ``aria_label`` stand for ``class`` and ``aria-label``.

    An attribute without a value (``hidden``, ``open``) is given as an empty text.
    """
    given = "".join(_attribute(key.rstrip("_").replace("_", "-"), value) for key, value in attributes.items())
    if name in _VOID:
        return Html(f"<{name}{given}>")
    return Html(f"<{name}{given}>{''.join(content)}</{name}>")


def _attribute(name: str, value: str) -> str:
    return f' {name}="{text(value)}"' if value else f" {name}"


def joined(parts: Iterable[Html], between: str = "") -> Html:
    """Pieces one after the other, with a plain text of ours between them."""
    return Html(between.join(parts))


def said(value: str) -> Html:
    """A paragraph of foreign text."""
    return element("p", text(value))


def code(value: str) -> Html:
    """Foreign text as code."""
    return element("code", text(value))


def link(target: str, content: Html, **attributes: str) -> Html:
    """A link inside the page."""
    return element("a", content, href=f"#{target}", **attributes)


def place(found: SourceLocation | None, links: SourceLinks) -> Html:
    """A line of the estate: a link where its address is known, else the place as text."""
    if found is None:
        return NOTHING
    address = links.address(found)
    if not address.startswith(("https://", "http://")):
        return code(str(found))
    return element("a", code(str(found)), href=address, rel="noreferrer")


def scrolling(label: str, *content: Html) -> Html:
    """A part that may be wider than the screen. A keyboard scrolls it by its links, or, if it has none, as a whole."""
    if any("<a " in part for part in content):
        return element("div", *content, class_="r-scroll")
    return element("div", *content, class_="r-scroll", tabindex="0", role="group", aria_label=label)


def fold(summary: Html, *content: Html, **attributes: str) -> Html:
    """What opens and closes without a script."""
    return element("details", element("summary", summary), *content, **attributes)
