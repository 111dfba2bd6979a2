"""Why a chart does not render, for a person: the template's line, and the values layer that is to blame.

Helm names a place and often the value that it stumbled over. The rest is looked up: the value in the template's own
text, and who set it last among the layers of the request. Only names and places are told, never a value.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from migrate.doors.charts import ChartFiles
from migrate.doors.helm import HelmError, parse_set, parse_values
from migrate.doors.secret_scan import sayable, secrets_among, text_of_set
from migrate.doors.yaml import YamlError, compose_yaml
from migrate.model.json import JsonObject, JsonValue
from migrate.model.manifest import HelmRequest

Steps = tuple[str, ...]
_PLACE = re.compile(
    r"(?P<chart>[\w.\-]+)/(?P<file>(?:charts/[\w.\-]+/)*templates/[^\s:()\"]+)(?::(?P<line>\d+)(?::(?P<column>\d+))?)?"
)
_VALUE = re.compile(r"\.Values((?:\.[A-Za-z_][A-Za-z0-9_]*)+)")
_BLAMED = re.compile(r"at <((?:[^<>]|->)*)>")
_ACTION = re.compile(r"\{\{.*?\}\}", re.DOTALL)
_SAID = re.compile(r"execution error at \([^)]*\): (?P<text>.*)", re.DOTALL)
_SCHEMA_CHART = re.compile(r"^([\w.\-]+):$")
_SCHEMA_FAULT = re.compile(r"^- at '(?P<path>[^']*)': (?P<what>.*)$")
_PROPERTY = re.compile(r"(?:missing propert(?:y|ies)|additional properties) '(?P<name>[^']+)'")
_SET_ORDER = ("--set-literal", "--set-file", "--set-string", "--set", "--set-json")
_MOST = 3


def explained(error: str, request: HelmRequest, chart: ChartFiles) -> str:
    """Helm's words on one line, and behind them where each value that it names was set last, or that it was not.

    Helm's words may hold values: those that look like a secret where they are set are not told.
    """
    blamed = list(dict.fromkeys((*_from_schema(error, chart), *_from_templates(error, chart))))[:_MOST]
    told = "; ".join(_story(path, request, chart) for path in blamed)
    sets = (text_of_set(name, value) for name, _, value in (text.partition("=") for _, text in request.sets))
    defaults = chart.files.get("values.yaml", b"").decode("utf-8", "replace")
    text = " ".join(sayable(error, secrets_among((*request.values, *sets, defaults))).split())
    return f"{text}; {told}" if told else text


def placed(error: str, folder: str) -> str:
    """The text with the chart's own folder where Helm has its name: ``charts/shop/templates/a.yaml:12``."""
    if not folder:
        return error
    return _PLACE.sub(lambda match: f"{folder}/{match['file']}" + (f":{match['line']}" if match["line"] else ""), error)


# ---------------------------------------------------------------- which value


def _from_schema(error: str, chart: ChartFiles) -> Iterator[Steps]:
    """The places that a schema does not like; those of subcharts lie below their names."""
    if "specifications of the schema" not in error:
        return
    prefix: Steps = ()
    for line in error.splitlines():
        if named := _SCHEMA_CHART.match(line.strip()):
            prefix = () if named[1] == _name(chart) else (named[1],)
        elif fault := _SCHEMA_FAULT.match(line.strip()):
            steps = tuple(step for step in fault["path"].split("/") if step)
            missing = _PROPERTY.match(fault["what"])
            yield (*prefix, *steps, *((missing["name"],) if missing else ()))


def _from_templates(error: str, chart: ChartFiles) -> Iterator[Steps]:
    """The values that the failing action names: as Helm shows it, else as the template has it."""
    places = [match for match in _PLACE.finditer(error) if match["line"]]
    prefix = _subchart(places[-1]["file"]) if places else ()
    shown = [_steps(found[1], prefix) for text in _BLAMED.findall(error) for found in _VALUE.finditer(text)]
    if shown:
        yield from shown[-1:]
        return
    if said := _SAID.search(error):
        yield from _who_says(said["text"].strip(), chart)
        return
    if places and places[-1]["column"] and "YAML" not in error:
        text = chart.templates.get(places[-1]["file"], "")
        action = _action_at(text, int(places[-1]["line"]))
        yield from (_steps(found[1], prefix) for found in _VALUE.finditer(action))


def _who_says(said: str, chart: ChartFiles) -> Iterator[Steps]:
    """The values in the ``required`` or ``fail`` with these words, or in the condition before a ``fail``."""
    for path, text in chart.templates.items():
        before = ""
        for action in _ACTION.findall(text):
            words = [json.loads(f'"{literal}"') for literal in re.findall(r'"((?:[^"\\\n]|\\["\\nt])*)"', action)]
            if re.search(r"\b(required|fail)\b", action) and any(_fits(word, said) for word in words):
                named = _VALUE.findall(action) or _VALUE.findall(before)
                yield from (_steps(found, _subchart(path)) for found in named)
                return
            if _VALUE.search(action):
                before = action


def _fits(word: str, said: str) -> bool:
    """Whether a text of a template is what was said; one for ``printf`` fits by its pieces."""
    pieces = [re.escape(piece) for piece in re.split(r"%[a-z]", word)]
    return bool("".join(pieces).strip()) and re.fullmatch(".*".join(pieces), said, re.DOTALL) is not None


def _action_at(text: str, line: int) -> str:
    """The last action that begins on a line or before it and has not ended before it."""
    found = ""
    for action in _ACTION.finditer(text):
        first = text.count("\n", 0, action.start()) + 1
        if first <= line <= first + action[0].count("\n"):
            found += action[0]
    return found


def _steps(dotted: str, prefix: Steps) -> Steps:
    steps = tuple(dotted.strip(".").split("."))
    return steps if steps[0] == "global" else (*prefix, *steps)


def _subchart(file: str) -> Steps:
    """The keys of a subchart's values: ``charts/a/charts/b/templates/x`` → a, b."""
    return tuple(re.findall(r"charts/([^/]+)/", file.partition("templates/")[0]))


def _name(chart: ChartFiles) -> str:
    try:
        return str(parse_values(chart.files.get("Chart.yaml", b"").decode("utf-8", "replace")).get("name", ""))
    except HelmError:
        return ""


# ---------------------------------------------------------------- who set it


def _story(path: Steps, request: HelmRequest, chart: ChartFiles) -> str:
    name = ".Values." + ".".join(path)
    for length in range(len(path), 0, -1):
        part = path[:length]
        place, is_null = _last_setter(part, request, chart)
        if not place:
            continue
        if is_null:
            return f"{place} sets .Values.{'.'.join(part)} to null"
        if length == len(path):
            return f"{name} is set last by {place}"
        return f"{name} is set nowhere; what is set of .Values.{'.'.join(part)} comes last from {place}"
    return f"{name} is set nowhere: by no values layer, and not by the chart's values.yaml"


def _last_setter(path: Steps, request: HelmRequest, chart: ChartFiles) -> tuple[str, bool]:
    """The place that sets a path last, and whether to null; empty where none does."""
    for family in _SET_ORDER:
        for flag, expression in reversed(request.sets):
            if flag == family and (found := _in_flag(flag, expression, path)) is not None:
                return f"{flag} {expression.partition('=')[0]}", found
    for position in reversed(range(len(request.values))):
        label = request.value_names[position] if position < len(request.value_names) else f"values {position + 1}"
        if (found := _in_text(request.values[position], path)) is not None:
            return _line_in(label, request.values[position], path), found
    for depth in range(len(path)):
        folder = "".join(f"charts/{step}/" for step in path[:depth])
        text = chart.files.get(f"{folder}values.yaml", b"").decode("utf-8", "replace")
        if (found := _in_text(text, path[depth:])) is not None:
            return _line_in(f"the chart's {folder}values.yaml", text, path[depth:]), found
    return "", False


def _in_flag(flag: str, expression: str, path: Steps) -> bool | None:
    if flag == "--set-file":
        expression = expression.partition("=")[0] + "=x"
        flag = "--set-string"
    try:
        return _null_at(parse_set(flag, expression), path)
    except HelmError:
        return None


def _in_text(text: str, path: Steps) -> bool | None:
    try:
        return _null_at(parse_values(text), path)
    except HelmError:
        return None


def _null_at(values: JsonObject, path: Steps) -> bool | None:
    """Whether a path is null; None where it is not set at all."""
    here: JsonValue = values
    for step in path:
        if not isinstance(here, dict) or step not in here:
            return None
        here = here[step]
    return here is None


def _line_in(label: str, text: str, path: Steps) -> str:
    """``file:line``; of a rendered template the line is told apart, since it is not the file's own."""
    if re.search(r":\d+$", label):
        return label
    line = key_line(text, path)
    if not line:
        return label
    return f"{label} (line {line} as rendered)" if label.endswith(".gotmpl") else f"{label}:{line}"


def key_line(text: str, path: Steps) -> int:
    """The line of a key in a YAML text; 0 where it cannot be told."""
    try:
        (node, *_) = compose_yaml(text)
    except (YamlError, ValueError):
        return 0
    line = 0
    for step in path:
        found = next(((key, value) for key, value, _ in node.entries() if str(key.value) == step), None)
        if found is None:
            return line
        line, node = found[0].line, found[1]
    return line
