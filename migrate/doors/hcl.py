"""The door to HCL's syntax: text to small frozen nodes that know their lines; nothing is evaluated here.

``read.hcl`` evaluates them (rule 4.9).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from hcl2.parser import parser
from lark import Token, Tree
from lark.exceptions import LarkError, UnexpectedInput

_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}
_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))", re.DOTALL)
_HEREDOC = re.compile(r"<<-?([A-Za-z][\w.-]*)\r?\n(.*?)([ \t]*)\1\r?\n?\Z", re.DOTALL)


class HclError(Exception):
    """The text is no HCL; ``line`` counts from 1."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.line = line


@dataclass(frozen=True)
class Node:
    """One expression: ``kind`` says which, ``parts`` are its operands, ``value`` its own text or literal.

    literal (value); variable (value); template (parts: texts and expressions); tuple, object (parts: pairs);
    attribute, index, splat; unary, binary (value: operator); conditional; call (value: name); for_tuple, for_object.
    """

    kind: str
    line: int
    value: Any = None
    parts: tuple[Any, ...] = ()


@dataclass(frozen=True)
class HclAttribute:
    """``name = expression`` in a block."""

    name: str
    expression: Node
    line: int


@dataclass(frozen=True)
class HclBlock:
    """A block of a file, with the attributes directly in it."""

    name: str
    labels: int
    attributes: tuple[HclAttribute, ...]
    line: int
    other: bool = False
    """Whether something else than attributes stands in it."""


_Tree: TypeAlias = "Tree[Token]"


def parse_hcl(text: str) -> tuple[tuple[HclBlock, ...], tuple[HclAttribute, ...]]:
    """The blocks of a file and the attributes outside of them.

    Raises:
        HclError: the text is no HCL.
    """
    body = _children(_parsed(text), "body")[0]
    blocks = tuple(map(_block, _children(body, "block")))
    return blocks, tuple(map(_attribute, _children(body, "attribute")))


def _parsed(text: str) -> _Tree:
    try:
        return parser().parse(text if text.endswith("\n") else f"{text}\n")
    except UnexpectedInput as error:
        raise HclError("this is no HCL: something else belongs here", max(error.line, 1)) from error
    except (LarkError, RecursionError) as error:
        raise HclError(f"this is no HCL: {str(error).partition(chr(10))[0]}", 1) from error


def _children(tree: _Tree, kind: str) -> list[_Tree]:
    return [child for child in tree.children if isinstance(child, Tree) and child.data == kind]


def _line(tree: _Tree) -> int:
    return getattr(tree.meta, "line", 1)


def _trees(tree: _Tree) -> list[_Tree]:
    """The subtrees that mean something."""
    return [c for c in tree.children if isinstance(c, Tree) and c.data != "new_line_or_comment"]


def _name(tree: _Tree) -> str:
    return "".join(str(token) for token in tree.scan_values(lambda value: isinstance(value, Token)))


def _block(tree: _Tree) -> HclBlock:
    names = [child for child in _trees(tree) if child.data != "body"]
    body = _children(tree, "body")[0]
    found = tuple(map(_attribute, _children(body, "attribute")))
    return HclBlock(_name(names[0]), len(names) - 1, found, _line(tree), other=bool(_children(body, "block")))


def _attribute(tree: _Tree) -> HclAttribute:
    name, expression = _trees(tree)
    return HclAttribute(_name(name), _node(expression), _line(tree))


# --- expressions


def _node(tree: _Tree) -> Node:
    kind = str(tree.data)
    line = _line(tree)
    make = _NODES.get(kind)
    if make is not None:
        return make(tree, line)
    if kind == "expr_term":
        inner = _trees(tree)
        return _node(inner[0])
    raise HclError(f"this is not understood: {kind}", line)


def _literal(tree: _Tree, line: int) -> Node:
    return Node("literal", line, {"true": True, "false": False, "null": None}[_name(tree)])


def _number(tree: _Tree, line: int) -> Node:
    text = _name(tree)
    value = float(text)
    return Node("literal", line, int(text) if re.fullmatch(r"-?\d+", text) else value)


def _variable(tree: _Tree, line: int) -> Node:
    return Node("variable", line, _name(tree))


def _operands(kind: str) -> Callable[[_Tree, int], Node]:
    return lambda tree, line: Node(kind, line, None, tuple(map(_node, _trees(tree))))


def _unary(tree: _Tree, line: int) -> Node:
    return Node("unary", line, str(tree.children[0]), (_node(_trees(tree)[0]),))


def _binary(tree: _Tree, line: int) -> Node:
    left, term = _trees(tree)[:2]
    operator, right = _trees(term)
    return Node("binary", line, _name(operator).strip(), (_node(left), _node(right)))


def _object(tree: _Tree, line: int) -> Node:
    return Node("object", line, None, tuple(_element(child) for child in _children(tree, "object_elem")))


def _element(tree: _Tree) -> tuple[Node, Node]:
    key, value = _trees(tree)
    inner = _trees(key)[0]
    bare = inner
    while bare.data == "expr_term" and not any(isinstance(c, Token) for c in bare.children):
        bare = _trees(bare)[0]
    if bare.data in ("identifier", "keyword", "literal_value"):
        return Node("literal", _line(key), _name(bare)), _node(value)
    return _node(inner), _node(value)


def _call(tree: _Tree, line: int) -> Node:
    names = [child for child in _trees(tree) if child.data == "identifier"]
    given = _children(tree, "arguments")
    parts = tuple(map(_node, _trees(given[0]))) if given else ()
    if given and any(str(child) == "..." for child in given[0].children if isinstance(child, Token)):
        parts = (*parts[:-1], Node("expanded", line, None, (parts[-1],)))
    return Node("call", line, "::".join(map(_name, names)), parts)


def _postfix(tree: _Tree, line: int) -> Node:
    base, access = _trees(tree)
    return _accessed(_node(base), access, line)


def _accessed(base: Node, access: _Tree, line: int) -> Node:
    if access.data == "get_attr":
        return Node("attribute", line, _name(_trees(access)[0]), (base,))
    if access.data == "short_index":
        return Node("index", line, None, (base, Node("literal", line, int(str(access.children[-1])))))
    return Node("index", line, None, (base, _node(_trees(access)[0])))


def _splat(tree: _Tree, line: int) -> Node:
    base, splat = _trees(tree)
    each = Node("variable", line, "*")
    for access in _trees(splat):
        each = _accessed(each, access, line)
    return Node("splat", line, None, (_node(base), each))


def _for(tree: _Tree, line: int) -> Node:
    intro, *results = _trees(tree)
    names = tuple(_name(child) for child in _children(intro, "identifier"))
    source = next(child for child in _trees(intro) if child.data != "identifier")
    conditions = [child for child in results if child.data == "for_cond"]
    bodies = tuple(_node(child) for child in results if child.data != "for_cond")
    condition = _node(_trees(conditions[0])[0]) if conditions else None
    grouped = any(str(child) == "..." for child in tree.children if isinstance(child, Token))
    kind = "for_tuple" if tree.data == "for_tuple_expr" else "for_object"
    return Node(kind, line, (names, grouped), (_node(source), condition, *bodies))


# --- templates


def _string(tree: _Tree, line: int) -> Node:
    parts = [part.children[0] for part in _children(tree, "string_part")]
    return _template([_unescaped(str(p), line) if isinstance(p, Token) else p for p in parts], line, wrap=True)


def _unescaped(text: str, line: int) -> str:
    def one(match: re.Match[str]) -> str:
        if match[1] or match[2]:
            return chr(int(match[1] or match[2], 16))
        if match[3] not in _ESCAPES:
            raise HclError(f"no such escape in a text: \\{match[3]}", line)
        return _ESCAPES[match[3]]

    return _ESCAPE.sub(one, _single(text))


def _single(text: str) -> str:
    return text.replace("$${", "${").replace("%%{", "%{")


def _heredoc(tree: _Tree, line: int) -> Node:
    match = _HEREDOC.fullmatch(str(tree.children[0]))
    if match is None:
        raise HclError("this heredoc is not understood", line)
    body = match[2]
    if tree.data == "heredoc_template_trim":
        lines = body.split("\n")
        blank = min((len(t) - len(t.lstrip(" \t")) for t in [*lines[:-1], match[3] + "x"] if t.strip()), default=0)
        body = "\n".join(text[blank:] for text in lines)
    parts: list[Any] = []
    for literal, expression in _interpolations(body, line):
        parts.append(_single(literal))
        if expression is not None:
            inner = parse_expression(expression, line)
            parts.append(inner)
    return Node("template", line, None, tuple(part for part in parts if part != ""))


def _interpolations(body: str, line: int) -> Iterator[tuple[str, str | None]]:
    """The literal texts of a heredoc, each with the expression of the ``${…}`` behind it."""
    start = 0
    for match in re.finditer(r"(?<!%)%\{|(?<!\$)\$\{", body):
        if match.start() < start:
            continue
        if match[0] == "%{":
            raise HclError("a directive %{…} in a heredoc is not understood", line + body.count("\n", 0, match.start()))
        end = _closing(body, match.end())
        yield body[start : match.start()], body[match.end() : end]
        start = end + 1
    yield body[start:], None


def _closing(text: str, start: int) -> int:
    depth = 1
    for index in range(start, len(text)):
        depth += {"{": 1, "}": -1}.get(text[index], 0)
        if depth == 0:
            return index
    raise HclError("an interpolation does not end", 1)


def parse_expression(text: str, line: int) -> Node:
    """One expression that stands at ``line``.

    Raises:
        HclError: the text is no expression.
    """
    try:
        _, (attribute,) = parse_hcl(f"x = ({text})\n")
    except (HclError, ValueError) as error:
        raise HclError(f"this is no HCL: {text.strip()}", line) from error
    return attribute.expression


def _template(parts: Sequence[Any], line: int, *, wrap: bool) -> Node:
    """Texts and expressions, directives put together; a text that is one expression is that expression (``wrap``)."""
    pending = list(parts)
    found = _until(pending, ())
    if wrap and len(found) == 1 and isinstance(found[0], Node) and found[0].kind != "directive":
        return Node("wrapped", line, None, (found[0],))
    if all(isinstance(part, str) for part in found):
        return Node("literal", line, "".join(found))
    return Node("template", line, None, tuple(found))


def _until(pending: list[Any], ends: tuple[str, ...]) -> list[Any]:
    """The parts before one of the directives ``ends``, which stays; strip markers are obeyed."""
    found: list[Any] = []
    strip = False
    while pending:
        part = pending[0]
        if isinstance(part, str):
            found.append(part.lstrip() if strip else part)
            strip = False
            pending.pop(0)
            continue
        kind = str(part.data)
        markers = [str(child) for child in part.children if isinstance(child, Token)]
        if len(markers) > 1 and markers[1] == "~" and found and isinstance(found[-1], str):
            found[-1] = found[-1].rstrip()
        if kind in ends:
            break
        pending.pop(0)
        if kind == "interpolation":
            found.append(_node(_trees(part)[0]))
        elif kind == "template_if_start":
            found.append(_if(part, pending))
        elif kind == "template_for_start":
            found.append(_loop(part, pending))
        else:
            raise HclError("a directive ends what was not begun", _line(part))
        strip = markers[-2:-1] == ["~"] and kind == "interpolation"
    return [part for part in found if part != ""]


def _if(part: _Tree, pending: list[Any]) -> Node:
    line = _line(part)
    condition = _node(_trees(part)[0])
    _strip_after(part, pending)
    then = _until(pending, ("template_else", "template_endif"))
    other: list[Any] = []
    if pending and pending[0].data == "template_else":
        _strip_after(pending.pop(0), pending)
        other = _until(pending, ("template_endif",))
    _end(pending, line)
    branches = tuple(Node("template", line, None, tuple(branch)) for branch in (then, other))
    return Node("directive", line, None, (Node("conditional", line, None, (condition, *branches)),))


def _loop(part: _Tree, pending: list[Any]) -> Node:
    line = _line(part)
    names = tuple(_name(child) for child in _children(part, "identifier"))
    source = _node(next(child for child in reversed(_trees(part)) if child.data != "identifier" or len(names) == 0))
    _strip_after(part, pending)
    body = Node("template", line, None, tuple(_until(pending, ("template_endfor",))))
    _end(pending, line)
    return Node(
        "directive",
        line,
        None,
        (Node("joined", line, None, (Node("for_tuple", line, (names, False), (source, None, body)),)),),
    )


def _end(pending: list[Any], line: int) -> None:
    if not pending:
        raise HclError("a directive does not end", line)
    _strip_after(pending.pop(0), pending)


def _strip_after(part: _Tree, pending: list[Any]) -> None:
    markers = [str(child) for child in part.children if isinstance(child, Token)]
    if markers[-2:-1] == ["~"] and pending and isinstance(pending[0], str):
        pending[0] = pending[0].lstrip()


_NODES: dict[str, Callable[[_Tree, int], Node]] = {
    "literal_value": _literal,
    "int_lit": _number,
    "float_lit": _number,
    "identifier": _variable,
    "string": _string,
    "heredoc_template": _heredoc,
    "heredoc_template_trim": _heredoc,
    "tuple": _operands("tuple"),
    "conditional": _operands("conditional"),
    "unary_op": _unary,
    "binary_op": _binary,
    "object": _object,
    "function_call": _call,
    "get_attr_expr_term": _postfix,
    "index_expr_term": _postfix,
    "attr_splat_expr_term": _splat,
    "full_splat_expr_term": _splat,
    "for_tuple_expr": _for,
    "for_object_expr": _for,
}
