"""The functions of HCL values (rule 4.9): helmfile's subset of the cty library, on plain data.

Numbers are int or float, lists and tuples are lists, maps and objects are dicts whose keys iterate sorted.
"""

from __future__ import annotations

import csv
import io
import ipaddress
import json
import math
import re
from collections.abc import Callable, Mapping
from itertools import product
from typing import Any

from migrate.doors.yaml import YamlError, compose_yaml, plain_value
from migrate.read.legacy import legacy_document


class HclFaultError(Exception):
    """A function or operator refuses its operands."""


class NotComputedError(Exception):
    """helmfile knows the function, this reader does not."""


# Known to helmfile, but not computed here.
NOT_COMPUTED = frozenset(("cidrsubnets", "formatdate", "timeadd", "yamlencode"))


def to_text(value: Any) -> str:
    """A primitive as HCL turns it into text.

    Raises:
        HclFaultError: it is none, or null.
    """
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return value
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    if isinstance(value, int):
        return str(value)
    raise HclFaultError("a text is required")


def to_number(value: Any) -> int | float:
    """A number, or a text that holds one.

    Raises:
        HclFaultError: it is neither.
    """
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return value
    if isinstance(value, str):
        try:
            return trimmed(float(value)) if re.search(r"[.eE]", value) else int(value)
        except ValueError:
            pass
    raise HclFaultError("a number is required")


def to_bool(value: Any) -> bool:
    """A bool, or the text of one.

    Raises:
        HclFaultError: it is neither.
    """
    if isinstance(value, bool):
        return value
    if value in ("true", "1"):
        return True
    if value in ("false", "0"):
        return False
    raise HclFaultError("a bool is required")


def trimmed(number: float) -> int | float:
    """The number as int where it is whole."""
    return int(number) if math.isfinite(number) and float(number).is_integer() else number


def unified(values: list[Any]) -> list[Any]:
    """Values as one type where HCL demands it: with a text among them, bools and numbers become texts."""
    primitive = [v for v in values if isinstance(v, (str, bool, int, float))]
    if any(isinstance(v, str) for v in primitive) and len(primitive) == len([v for v in values if v is not None]):
        return [v if v is None else to_text(v) for v in values]
    return values


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise HclFaultError("a list is required")
    return value


def _map(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise HclFaultError("a map is required")
    return value


def _texts(value: Any) -> list[str]:
    return [to_text(item) for item in _list(value)]


def _index(value: Any) -> int:
    number = trimmed(to_number(value))
    if not isinstance(number, int):
        raise HclFaultError("a whole number is required")
    return number


def _distinct(values: list[Any]) -> list[Any]:
    found: list[Any] = []
    for value in values:
        if not any(same(value, other) for other in found):
            found.append(value)
    return found


def same(one: Any, other: Any) -> bool:
    """Whether two values are equal; bools are no numbers."""
    if isinstance(one, bool) != isinstance(other, bool):
        return False
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    return bool(one == other)


def _set(values: Any) -> list[Any]:
    """A list as a set: distinct, in the order in which sets are written out."""
    items = _distinct(unified(_list(values)))
    numbers = all(isinstance(item, (int, float)) for item in items)
    return sorted(items) if numbers or all(isinstance(i, str) for i in items) else sorted(items, key=json.dumps)


def _coalesce(*values: Any) -> Any:
    for value in unified(list(values)):
        if value is not None:
            return value
    raise HclFaultError("no value is there that is not null")


def _coalesce_lists(*values: Any) -> Any:
    for value in values:
        if _list(value):
            return value
    raise HclFaultError("no list is there that is not empty")


def _concat(*values: Any) -> list[Any]:
    return [item for value in values for item in _list(value)]


def _element(values: Any, index: Any) -> Any:
    items = _list(values)
    if not items:
        raise HclFaultError("element: the list is empty")
    if _index(index) < 0:
        raise HclFaultError("element: the index is negative")
    return items[_index(index) % len(items)]


def _chunks(values: Any, size: Any) -> list[Any]:
    items, count = _list(values), _index(size)
    if count < 0:
        raise HclFaultError("chunklist: the size is negative")
    return [items] if count == 0 else [items[i : i + count] for i in range(0, len(items), count)]


def _flatten(value: Any) -> list[Any]:
    return [inner for item in _list(value) for inner in (_flatten(item) if isinstance(item, list) else [item])]


_VERB = re.compile(r"%([ #+0-]*)(\*|\d+)?(?:\.(\d+))?(?:\[(\d+)\])?([a-zA-Z%])")


def _format(spec: Any, *values: Any) -> str:
    used = [0]

    def one(match: re.Match[str]) -> str:
        flags, width, precision, number, verb = match.groups()
        if verb == "%":
            return "%"
        if number is None:
            used[0] += 1
        index = int(number) - 1 if number else used[0] - 1
        if index >= len(values):
            raise HclFaultError(f"format: not enough arguments for {match[0]}")
        return _verb(verb, flags, width or "", precision, values[index])

    text = _VERB.sub(one, to_text(spec))
    if used[0] < len(values) and used[0]:
        raise HclFaultError("format: too many arguments")
    return text


def _verb(verb: str, flags: str, width: str, precision: str | None, value: Any) -> str:
    places = "" if precision is None else f".{precision}"
    if verb in "dbox" or verb == "X":
        number = _index(value)
        flags_here = flags
        return f"{number:{_flags(flags_here)}{width}{verb}}"
    if verb in "eEfgG":
        return f"{float(to_number(value)):{_flags(flags)}{width}{places}{verb}}"
    if verb in "sqvt":
        shown = _shown(verb, value)
        shown = shown if precision is None or verb == "q" else shown[: int(precision)]
        return f"{shown:{'<' if '-' in flags else '>'}{width}}" if width else shown
    raise HclFaultError(f"format: there is no verb %{verb}")


def _flags(flags: str) -> str:
    align = "<" if "-" in flags else ""
    return align + "".join(flag for flag in "+ #0" if flag in flags and not (flag == "0" and align))


def _shown(verb: str, value: Any) -> str:
    if verb == "v" and (value is None or isinstance(value, (list, dict))):
        return _json(value)
    if verb == "t":
        return to_text(to_bool(value))
    text = to_text(value)
    return json.dumps(text, ensure_ascii=False) if verb == "q" else text


def _format_list(spec: Any, *values: Any) -> list[str]:
    lengths = {len(value) for value in values if isinstance(value, list)}
    if len(lengths) > 1:
        raise HclFaultError("formatlist: the lists differ in length")
    count = lengths.pop() if lengths else 1
    return [_format(spec, *(v[i] if isinstance(v, list) else v for v in values)) for i in range(count)]


def _json(value: Any) -> str:
    text = json.dumps(_sorted(value), separators=(",", ":"), ensure_ascii=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value)}
    if isinstance(value, list):
        return [_sorted(item) for item in value]
    return trimmed(value) if isinstance(value, float) else value


def _from_json(text: Any) -> Any:
    try:
        return json.loads(to_text(text))
    except ValueError as error:
        raise HclFaultError(f"jsondecode: {error}") from error


def _from_yaml(text: Any) -> Any:
    try:
        documents = compose_yaml(to_text(text))
    except YamlError as error:
        raise HclFaultError(f"yamldecode: {error}") from error
    return plain_value(legacy_document(documents[0])) if documents else None


def _from_csv(text: Any) -> list[Any]:
    rows = list(csv.reader(io.StringIO(to_text(text))))
    header, *records = rows or [[]]
    if any(len(record) != len(header) for record in records):
        raise HclFaultError("csvdecode: a row has another number of fields")
    return [dict(zip(header, record, strict=True)) for record in records]


def _length(value: Any) -> int:
    if not isinstance(value, list):  # a mapping written in braces is an object, which helmfile refuses
        raise HclFaultError("length: a list is required")
    return len(value)


def _lookup(values: Any, key: Any, *default: Any) -> Any:
    found = _map(values)
    name = to_text(key)
    if name in found:
        return found[name]
    if default:
        return default[0]
    raise HclFaultError(f"lookup: there is no key {name!r}")


def _merge(*values: Any) -> dict[str, Any]:
    merged: dict[str, Any] = {}
    for value in values:
        merged |= {} if value is None else _map(value)
    return merged


def _parse_int(text: Any, base: Any) -> int:
    try:
        return int(to_text(text), _index(base))
    except ValueError as error:
        raise HclFaultError(f"parseint: {text!r} is no number of base {base}") from error


def _power(base: Any, exponent: Any) -> int | float:
    return trimmed(float(to_number(base)) ** float(to_number(exponent)))


def _range(*values: Any) -> list[Any]:
    numbers = [to_number(value) for value in values]
    if not 1 <= len(numbers) <= 3:
        raise HclFaultError("range: one to three numbers are required")
    start, end = (0, numbers[0]) if len(numbers) == 1 else (numbers[0], numbers[1])
    step = numbers[2] if len(numbers) == 3 else (1 if end >= start else -1)
    if step == 0 or (end - start) * step < 0:
        raise HclFaultError("range: the step leads away from the end")
    count = math.ceil((end - start) / step)
    if count > 1024:
        raise HclFaultError("range: more than 1024 numbers")
    return [trimmed(start + index * step) for index in range(count)]


def _pattern(text: Any) -> re.Pattern[str]:
    try:
        return re.compile(re.sub(r"\\z", r"\\Z", to_text(text)))
    except re.error as error:
        raise HclFaultError(f"no pattern: {error}") from error


def _captured(pattern: re.Pattern[str], match: re.Match[str]) -> Any:
    if pattern.groupindex:
        return match.groupdict()
    return list(match.groups()) if pattern.groups else match[0]


def _regex(pattern: Any, text: Any) -> Any:
    compiled = _pattern(pattern)
    match = compiled.search(to_text(text))
    if match is None:
        raise HclFaultError("regex: the pattern matches nothing")
    return _captured(compiled, match)


def _regex_all(pattern: Any, text: Any) -> list[Any]:
    compiled = _pattern(pattern)
    return [_captured(compiled, match) for match in compiled.finditer(to_text(text))]


def _slice(values: Any, start: Any, end: Any) -> list[Any]:
    items, first, last = _list(values), _index(start), _index(end)
    if not 0 <= first <= last <= len(items):
        raise HclFaultError("slice: the indexes lie outside the list")
    return items[first:last]


def _substring(text: Any, offset: Any, length: Any) -> str:
    value, start, count = to_text(text), _index(offset), _index(length)
    start = max(start + len(value), 0) if start < 0 else start
    return value[start:] if count < 0 else value[start : start + count]


def _indent(spaces: Any, text: Any) -> str:
    return to_text(text).replace("\n", "\n" + " " * _index(spaces))


def _zip_map(keys: Any, values: Any) -> dict[str, Any]:
    names, items = _texts(keys), _list(values)
    if len(names) != len(items):
        raise HclFaultError("zipmap: keys and values differ in number")
    return dict(zip(names, items, strict=True))


def _network(prefix: Any) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    try:
        return ipaddress.ip_network(to_text(prefix), strict=False)
    except ValueError as error:
        raise HclFaultError(f"no network: {error}") from error


def _cidr_host(prefix: Any, number: Any) -> str:
    network, host = _network(prefix), _index(number)
    if not -network.num_addresses <= host < network.num_addresses:
        raise HclFaultError(f"cidrhost: the network has no host {host}")
    return str(network[host])


def _cidr_netmask(prefix: Any) -> str:
    return str(_network(prefix).netmask)


def _cidr_subnet(prefix: Any, bits: Any, number: Any) -> str:
    network, length, index = _network(prefix), _index(bits), _index(number)
    wanted = network.prefixlen + length
    if wanted > network.max_prefixlen or not 0 <= index < 2**length:
        raise HclFaultError("cidrsubnet: there is no such subnet")
    start = int(network.network_address) + (index << (network.max_prefixlen - wanted))
    return f"{ipaddress.ip_address(start) if network.version == 4 else ipaddress.IPv6Address(start)}/{wanted}"


def _title(text: Any) -> str:
    return re.sub(r"(?<!\S)\S|(?<=[^\w\s'])\w", lambda match: match[0].upper(), to_text(text))


FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "abs": lambda number: abs(to_number(number)),
    "ceil": lambda number: math.ceil(to_number(number)),
    "chomp": lambda text: to_text(text).rstrip("\r\n"),
    "chunklist": _chunks,
    "cidrhost": _cidr_host,
    "cidrnetmask": _cidr_netmask,
    "cidrsubnet": _cidr_subnet,
    "coalesce": _coalesce,
    "coalescelist": _coalesce_lists,
    "compact": lambda values: [text for text in unified(_list(values)) if text not in (None, "")],
    "concat": _concat,
    "contains": lambda values, wanted: any(same(value, wanted) for value in _list(values)),
    "csvdecode": _from_csv,
    "distinct": lambda values: _distinct(unified(_list(values))),
    "element": _element,
    "flatten": _flatten,
    "floor": lambda number: math.floor(to_number(number)),
    "format": _format,
    "formatlist": _format_list,
    "indent": _indent,
    "int": lambda number: int(to_number(number)),
    "join": lambda separator, *lists: to_text(separator).join(text for values in lists for text in _texts(values)),
    "jsondecode": _from_json,
    "jsonencode": _json,
    "keys": lambda values: sorted(_map(values)),
    "length": _length,
    "log": lambda number, base: math.log(to_number(number)) / math.log(to_number(base)),
    "lookup": _lookup,
    "lower": lambda text: to_text(text).lower(),
    "max": lambda *numbers: max(map(to_number, numbers)),
    "merge": _merge,
    "min": lambda *numbers: min(map(to_number, numbers)),
    "parseint": _parse_int,
    "pow": _power,
    "range": _range,
    "regex": _regex,
    "regexall": _regex_all,
    "reverselist": lambda values: list(reversed(_list(values))),
    "setintersection": lambda first, *others: [v for v in _set(first) if all(v in _set(o) for o in others)],
    "setproduct": lambda *lists: [list(items) for items in product(*map(_list, lists))],
    "setsubtract": lambda one, other: [value for value in _set(one) if value not in _set(other)],
    "setunion": lambda *lists: _set([item for values in lists for item in _list(values)]),
    "signum": lambda number: (to_number(number) > 0) - (to_number(number) < 0),
    "slice": _slice,
    "sort": lambda values: sorted(_texts(values)),
    "split": lambda separator, text: to_text(text).split(to_text(separator)) if separator else list(to_text(text)),
    "strlen": lambda text: len(to_text(text)),
    "strrev": lambda text: to_text(text)[::-1],
    "substr": _substring,
    "title": _title,
    "trim": lambda text, letters: to_text(text).strip(to_text(letters)),
    "trimprefix": lambda text, prefix: to_text(text).removeprefix(to_text(prefix)),
    "trimspace": lambda text: to_text(text).strip(),
    "trimsuffix": lambda text, suffix: to_text(text).removesuffix(to_text(suffix)),
    "upper": lambda text: to_text(text).upper(),
    "values": lambda values: [_map(values)[key] for key in sorted(_map(values))],
    "yamldecode": _from_yaml,
    "zipmap": _zip_map,
}


def call(name: str, arguments: list[Any]) -> Any:
    """What the function gives.

    Raises:
        HclFaultError: helmfile has no such function, or it refuses the arguments.
        NotComputedError: helmfile has it, this reader has not.
    """
    if name in NOT_COMPUTED:
        raise NotComputedError(name)
    function = FUNCTIONS.get(name)
    if function is None:
        raise HclFaultError(f"there is no function {name!r}")
    try:
        return function(*arguments)
    except (TypeError, ValueError, OverflowError, ZeroDivisionError, AttributeError) as error:
        raise HclFaultError(f"{name}: {error}") from error
