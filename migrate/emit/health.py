"""Health checks in Lua, as argocd-cm takes them, out of the assessments of the operators.

A script uses nothing but Lua's base functions: Argo CD opens ``string``, ``table`` and ``math`` only for kinds that
``resource.customizations.useOpenLibs`` names. It never fails on a status that is missing, empty or old. What the
operator has not looked at since the last change counts as on its way.
"""

from __future__ import annotations

from collections.abc import Iterable

from migrate.model.assessments import ASSESSMENTS, Assessment, assessed_kinds
from migrate.model.health import HEALTH_KEY
from migrate.model.json import JsonObject

# Without this check an Application inside another is never waited for (Argo CD dropped its own in 1.8).
_APPLICATION = """\
local status = obj.status or {}
local health = status.health or {}
if health.status == nil then
  return {status = "Progressing", message = "not assessed yet"}
end
return {status = health.status, message = health.message or ""}
"""
_SILENT = 'return {status = "Healthy", message = "its operator writes no status"}'
_SEEN = """\
local status = obj.status
if type(status) ~= "table" or next(status) == nil then
  %s
end
local function outdated(seen)
  local now = tonumber(obj.metadata.generation)
  return seen ~= nil and now ~= nil and (tonumber(seen) or now) < now
end
if outdated(status.observedGeneration) then
  return {status = "Progressing", message = "its last change was not looked at yet"}
end
"""
_WAITING = 'return {status = "Progressing", message = "its operator has not looked at it yet"}'
_CONDITIONS = """\
local function judge(conditions)
  local found = {}
  for _, condition in ipairs(conditions or {}) do
    if not outdated(condition.observedGeneration) then
      found[condition.type] = condition
    end
  end
"""
_FAULTY = """\
  for _, name in ipairs({%s}) do
    if found[name] and found[name].status == "%s" then
      return "Degraded", found[name].message or name
    end
  end
"""
_NEEDED = """\
  for _, name in ipairs({%s}) do
    if not found[name] or found[name].status ~= "True" then
      return "Progressing", found[name] and found[name].message or "waiting for the condition " .. name
    end
  end
  return "Healthy", ""
end
"""
_OF_STATUS = """\
local health, message = judge(status.conditions)
return {status = health, message = message}
"""
_OF_REPORTS = """\
local health, message = "Progressing", "nobody reports on it yet"
for _, report in ipairs(status.%s or {}) do
  health, message = judge(report.conditions)
  if health ~= "Healthy" then
    break
  end
end
return {status = health, message = message}
"""
_FIELD = """\
local value = status
for _, key in ipairs({%s}) do
  if type(value) == "table" then
    value = value[key]
  end
end
if value == nil or type(value) == "table" then
  %s
end
local said = tostring(value)
local message = tostring(status.message or status.error or said)
"""
_VALUES = """\
for _, word in ipairs({%s}) do
  if said == word then
    return {status = "%s", message = message}
  end
end
"""
_SAME = """\
local wanted = tonumber((obj.spec or {}).%s)
if wanted == nil or tonumber(value) == wanted then
  return {status = "Healthy", message = ""}
end
"""
_ON_ITS_WAY = 'return {status = "Progressing", message = message}\n'


def health_settings(kinds: Iterable[tuple[str, str]], argocd_version: str) -> JsonObject:
    """The keys of argocd-cm with a check for each kind that this Argo CD cannot assess; Application always."""
    settings: JsonObject = {f"{HEALTH_KEY}argoproj.io_Application": _APPLICATION}
    for group, kind in assessed_kinds(kinds, argocd_version):
        settings[f"{HEALTH_KEY}{group}_{kind}"] = health_script(ASSESSMENTS[group, kind])
    return settings


def health_script(assessment: Assessment) -> str:
    """The Lua of one check: ``obj`` in, a table with ``status`` and ``message`` out."""
    start = _SEEN % (_SILENT if assessment.silent else _WAITING)
    return start + (_of_field(assessment) if assessment.field else _of_conditions(assessment))


def _of_conditions(assessment: Assessment) -> str:
    parts = [_CONDITIONS]
    if assessment.failed:
        parts.append(_FAULTY % (_words(assessment.failed), "True"))
    if assessment.sound:
        parts.append(_FAULTY % (_words(assessment.sound), "False"))
    parts.append(_NEEDED % _words((*assessment.sound, *assessment.ready)))
    parts.append(_OF_REPORTS % assessment.below if assessment.below else _OF_STATUS)
    return "".join(parts)


def _of_field(assessment: Assessment) -> str:
    parts = [_FIELD % (_words(assessment.field.split(".")), _SILENT if assessment.silent else _WAITING)]
    if assessment.broken:
        parts.append(_VALUES % (_words(assessment.broken), "Degraded"))
    if assessment.done:
        parts.append(_VALUES % (_words(assessment.done), "Healthy"))
    if assessment.same_as:
        parts.append(_SAME % assessment.same_as)
    return "".join((*parts, _ON_ITS_WAY))


def _words(words: Iterable[str]) -> str:
    return ", ".join(f'"{word}"' for word in words)
