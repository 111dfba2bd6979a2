"""State values in HCL (rule 4.9): all files of one list are one unit of ``values`` and ``locals`` blocks.

``environment`` lays the result over the values of the list's other files.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from migrate.doors.hcl import HclAttribute, HclError, Node, parse_hcl
from migrate.errors import EstateError
from migrate.model.finding import Severity, SourceLocation
from migrate.read.hcl_functions import (
    HclFaultError,
    NotComputedError,
    call,
    same,
    to_bool,
    to_number,
    to_text,
    trimmed,
    unified,
)
from migrate.read.secrets import placeholder_text
from migrate.read.session import Session

_Scope = Mapping[str, Any]


@dataclass(frozen=True)
class _Definition:
    """One attribute of a ``values`` or ``locals`` block, and the file it stands in."""

    attribute: HclAttribute
    file: str


@dataclass
class _Unit:
    """The files of one list while they are evaluated."""

    session: Session
    values: dict[str, list[_Definition]] = field(default_factory=dict)
    locals: dict[str, dict[str, _Definition]] = field(default_factory=dict)
    done: dict[tuple[str, str], Any] = field(default_factory=dict)
    pending: list[tuple[str, str]] = field(default_factory=list)


def load_hcl(session: Session, files: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """The values of HCL files, given as path and text; numbers are floats, as helmfile hands them on.

    A value that needs a function which is not computed here is a placeholder, with a finding.

    Raises:
        EstateError: no HCL, another block than ``values`` or one ``locals``, or an expression that fails.
    """
    unit = _Unit(session)
    for path, text in files:
        _add_file(unit, path, text)
    for names in unit.locals.values():
        for name, definition in names.items():
            _check_references(unit, definition, inside_locals=True)
            _local(unit, definition.file, name)
    for definitions in unit.values.values():
        for definition in definitions:
            _check_references(unit, definition, inside_locals=False)
    return {name: _as_go(_value(unit, name)) for name in unit.values}


def _add_file(unit: _Unit, path: str, text: str) -> None:
    try:
        blocks, outside = parse_hcl(text)
    except HclError as error:
        raise EstateError(str(error), source=unit.session.place(path, error.line)) from error
    for attribute in outside:
        raise _error(unit, path, attribute.line, f"`{attribute.name}` stands outside of a block")
    if len([block for block in blocks if block.name == "locals"]) > 1:
        raise _error(unit, path, blocks[-1].line, "a file may have one `locals` block")
    unit.locals[path] = {}
    for block in blocks:
        if block.name not in ("values", "locals") or block.labels or block.other:
            raise _error(unit, path, block.line, f"the block `{block.name}` is neither `values` nor `locals`")
        seen: set[str] = set()
        for attribute in block.attributes:
            if attribute.name in seen:
                raise _error(unit, path, attribute.line, f"`{attribute.name}` is set twice in one block")
            seen.add(attribute.name)
            definition = _Definition(attribute, path)
            if block.name == "values":
                unit.values.setdefault(attribute.name, []).append(definition)
            else:
                unit.locals[path][attribute.name] = definition


def _error(unit: _Unit, path: str, line: int, message: str) -> EstateError:
    return EstateError(message, hint="helmfile refuses it too", source=unit.session.place(path, line))


def _as_go(value: Any) -> Any:
    """The value as it comes out of helmfile's way through JSON."""
    if isinstance(value, dict):
        return {key: _as_go(value[key]) for key in sorted(value)}
    if isinstance(value, list):
        return [_as_go(item) for item in value]
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


# --- what depends on what


def _check_references(unit: _Unit, definition: _Definition, *, inside_locals: bool) -> None:
    """Refuse references to what is not there, also where they are never evaluated: helmfile orders by them."""
    known = unit.locals[definition.file] if inside_locals else unit.values
    for node in _roots(definition.attribute.expression, frozenset()):
        base = node if node.kind == "variable" else node.parts[0]
        if base.value == "local" and not inside_locals:
            continue
        if node.kind != "attribute":
            raise _error(unit, definition.file, node.line, f"`{base.value}` can only be used as `{base.value}.NAME`")
        if node.value not in known:
            message = f"`{definition.attribute.name}` depends on `{base.value}.{node.value}`, which is not there"
            raise _error(unit, definition.file, node.line, message)


def _roots(node: Node, bound: frozenset[str]) -> Iterator[Node]:
    """The variables of an expression that no ``for`` binds, each with its first attribute."""
    if node.kind == "variable":
        if node.value not in bound and node.value != "*":
            yield node
        return
    if node.kind == "attribute" and node.parts[0].kind == "variable" and node.parts[0].value not in bound | {"*"}:
        yield node
        return
    if node.kind in ("for_tuple", "for_object"):
        source, *rest = node.parts
        yield from _roots(source, bound)
        for part in filter(None, rest):
            yield from _roots(part, bound | frozenset(node.value[0]))
        return
    for part in _flat(node.parts):
        yield from _roots(part, bound)


def _flat(parts: tuple[Any, ...]) -> Iterator[Node]:
    for part in parts:
        if isinstance(part, tuple):
            yield from _flat(part)
        elif isinstance(part, Node):
            yield part


# --- values and locals


def _value(unit: _Unit, name: str) -> Any:
    def evaluated() -> Any:
        first, *others = [_definition_value(unit, definition) for definition in unit.values[name]]
        for other in others:
            first = _over(first, other)
        return first

    return _once(unit, ("hv", name), unit.values[name][-1], evaluated)


def _over(base: Any, over: Any) -> Any:
    """A later file's value over an earlier one's: maps go deep, null changes nothing."""
    if over is None:
        return base
    if isinstance(base, dict) and isinstance(over, dict):
        return base | {key: _over(base[key], value) if key in base else value for key, value in over.items()}
    return over


def _local(unit: _Unit, file: str, name: str) -> Any:
    definition = unit.locals[file][name]
    return _once(unit, (file, name), definition, lambda: _definition_value(unit, definition))


def _once(unit: _Unit, key: tuple[str, str], definition: _Definition, evaluate: Callable[[], Any]) -> Any:
    if key not in unit.done:
        if key in unit.pending:
            raise _error(unit, definition.file, definition.attribute.line, f"`{key[1]}` depends on itself")
        unit.pending.append(key)
        unit.done[key] = evaluate()
        unit.pending.pop()
    return unit.done[key]


def _definition_value(unit: _Unit, definition: _Definition) -> Any:
    place = unit.session.place(definition.file, definition.attribute.line)
    scope = {"hv": _Namespace(unit, ""), "local": _Namespace(unit, definition.file)}
    try:
        return _evaluate(definition.attribute.expression, scope)
    except HclFaultError as error:
        raise EstateError(
            f"`{definition.attribute.name}`: {error}", hint="helmfile refuses it too", source=place
        ) from error
    except NotComputedError as error:
        return _not_computed(unit.session, definition, str(error), place)


def _not_computed(session: Session, definition: _Definition, function: str, place: SourceLocation) -> str:
    reference = f"{place.file}: {definition.attribute.name}"
    text = placeholder_text(f"hcl-{function}", definition.attribute.name)
    session.stand_ins[text] = reference
    session.tell(
        "HF024",
        Severity.ERROR,
        f"`{definition.attribute.name}` needs the HCL function {function}, which is not computed here",
        hint="write the value down; `helmfile print-env` shows it",
        source=place,
    )
    return text


@dataclass(frozen=True)
class _Namespace:
    """``hv`` or, with a file, ``local``: looked up by attribute."""

    unit: _Unit
    file: str

    def get(self, name: str) -> Any:
        known = self.unit.locals.get(self.file, {}) if self.file else self.unit.values
        if name not in known:
            raise HclFaultError(f"there is no {'local' if self.file else 'hv'}.{name}")
        return _local(self.unit, self.file, name) if self.file else _value(self.unit, name)


# --- expressions


def _evaluate(node: Node, scope: _Scope) -> Any:
    return _EVALUATORS[node.kind](node, scope)


def _variable(node: Node, scope: _Scope) -> Any:
    if node.value not in scope:
        raise HclFaultError(f"there is no variable {node.value!r}")
    return scope[node.value]


def _template(node: Node, scope: _Scope) -> str:
    return "".join(part if isinstance(part, str) else to_text(_evaluate(part, scope)) for part in node.parts)


def _object(node: Node, scope: _Scope) -> dict[str, Any]:
    return {to_text(_evaluate(key, scope)): _evaluate(value, scope) for key, value in node.parts}


def _operand(node: Node, scope: _Scope) -> Any:
    return _evaluate(node.parts[0], scope)


def _unary(node: Node, scope: _Scope) -> Any:
    value = _operand(node, scope)
    return not to_bool(value) if node.value == "!" else -to_number(value)


def _attribute(value: Any, name: str) -> Any:
    if isinstance(value, _Namespace):
        return value.get(name)
    if not isinstance(value, dict) or name not in value:
        raise HclFaultError(f"there is no attribute {name!r}")
    return value[name]


def _indexed(value: Any, key: Any) -> Any:
    if isinstance(value, dict):
        return _attribute(value, to_text(key))
    if not isinstance(value, list):
        raise HclFaultError("only lists and maps have indexes")
    index = trimmed(to_number(key))
    if not isinstance(index, int) or not 0 <= index < len(value):
        raise HclFaultError(f"there is no element {key}")
    return value[index]


def _splat(node: Node, scope: _Scope) -> list[Any]:
    source = _evaluate(node.parts[0], scope)
    items = [] if source is None else source if isinstance(source, list) else [source]
    return [_evaluate(node.parts[1], {**scope, "*": item}) for item in items]


def _conditional(node: Node, scope: _Scope) -> Any:
    condition, then, other = node.parts
    chosen = to_bool(_evaluate(condition, scope))
    both = unified([_evaluate(then, scope), _evaluate(other, scope)])
    return both[0] if chosen else both[1]


def _binary(node: Node, scope: _Scope) -> Any:
    left, right = (_evaluate(part, scope) for part in node.parts)
    match node.value:
        case "==" | "!=":
            return same(left, right) == (node.value == "==")
        case "&&" | "||":
            one, other = to_bool(left), to_bool(right)
            return one and other if node.value == "&&" else one or other
    return _arithmetic(node.value, to_number(left), to_number(right))


def _arithmetic(operator: str, left: float, right: float) -> Any:
    if operator in ("/", "%") and right == 0:
        raise HclFaultError("a division by zero")
    match operator:
        case "+":
            return left + right
        case "-":
            return left - right
        case "*":
            return left * right
        case "/":
            whole = isinstance(left, int) and isinstance(right, int) and left % right == 0
            return left // right if whole else trimmed(left / right)
        case "%":
            rest = abs(left) % abs(right)
            return -rest if left < 0 else rest
        case "<":
            return left < right
        case "<=":
            return left <= right
        case ">":
            return left > right
        case _:
            return left >= right


def _call(node: Node, scope: _Scope) -> Any:
    if node.value in ("try", "can"):
        return _tried(node, scope)
    arguments: list[Any] = []
    for part in node.parts:
        value = _evaluate(part, scope)
        if part.kind != "expanded":
            arguments.append(value)
        elif isinstance(value, list):
            arguments += value
        else:
            raise HclFaultError("only a list can be spread over arguments")
    return call(node.value, arguments)


def _tried(node: Node, scope: _Scope) -> Any:
    for part in node.parts:
        try:
            value = _evaluate(part, scope)
        except HclFaultError:
            continue
        return True if node.value == "can" else value
    if node.value == "can":
        return False
    raise HclFaultError("try: every expression fails")


def _iterations(node: Node, scope: _Scope) -> Iterator[_Scope]:
    names, _ = node.value
    source, condition = node.parts[0], node.parts[1]
    value = _evaluate(source, scope)
    if isinstance(value, dict):
        pairs: list[tuple[Any, Any]] = [(key, value[key]) for key in sorted(value)]
    elif isinstance(value, list):
        pairs = list(enumerate(value))
    else:
        raise HclFaultError("`for` needs a list or a map")
    for key, item in pairs:
        bound = {names[0]: item} if len(names) == 1 else {names[0]: key, names[1]: item}
        inner = {**scope, **bound}
        if condition is None or to_bool(_evaluate(condition, inner)):
            yield inner


def _for_object(node: Node, scope: _Scope) -> dict[str, Any]:
    _, grouped = node.value
    found: dict[str, Any] = {}
    for inner in _iterations(node, scope):
        key, value = to_text(_evaluate(node.parts[2], inner)), _evaluate(node.parts[3], inner)
        if grouped:
            found.setdefault(key, []).append(value)
        elif key in found:
            raise HclFaultError(f"`for` gives the key {key!r} twice")
        else:
            found[key] = value
    return found


_EVALUATORS: Mapping[str, Callable[[Node, _Scope], Any]] = {
    "literal": lambda node, scope: node.value,
    "variable": _variable,
    "wrapped": _operand,
    "expanded": _operand,
    "directive": _operand,
    "template": _template,
    "joined": lambda node, scope: "".join(map(to_text, _operand(node, scope))),
    "tuple": lambda node, scope: [_evaluate(part, scope) for part in node.parts],
    "object": _object,
    "attribute": lambda node, scope: _attribute(_operand(node, scope), node.value),
    "index": lambda node, scope: _indexed(_operand(node, scope), _evaluate(node.parts[1], scope)),
    "splat": _splat,
    "conditional": _conditional,
    "unary": _unary,
    "binary": _binary,
    "call": _call,
    "for_tuple": lambda node, scope: [_evaluate(node.parts[2], inner) for inner in _iterations(node, scope)],
    "for_object": _for_object,
}
