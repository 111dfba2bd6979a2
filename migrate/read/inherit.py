"""``inherit``: a release over the templates of its state file (rules 6.1 to 6.3).

helmfile shares the optional fields of a template (bools, ints and some texts) between all that inherit it: where a
release turns on what its template holds as false, the template is changed for every later release.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from migrate.errors import EstateError
from migrate.read.merge import is_zero, merge_sections
from migrate.read.schema import BOOL, INT, RELEASE, Section

_EXCEPTABLE = ("labels", "values", "valuesTemplate", "setTemplate", "set", "setString", "secrets")
# Fields that are no pointers in helmfile, although they are of the same kinds.
_PLAIN = {"forceGoGetter", "insecureSkipTLSVerify", "plainHttp"}
POINTERS = frozenset(
    {name for name, kind in RELEASE.fields.items() if kind in (BOOL, INT)} - _PLAIN
    | {"missingFileHandler", "verifyTemplate", "waitTemplate", "installedTemplate", "conditionTemplate"}
    | {"postRenderer", "cascade", "serverSide", "helmStuckGrace", "kubedogQPS", "kubedogBurst"}
)

_Owners = dict[str, Section]


class Templates:
    """The templates of one state file while its releases are resolved, one after the other."""

    def __init__(self, spec: Section) -> None:
        named: Mapping[str, Section] = spec.get("templates", {})
        self._by_name = {name: template.copy() for name, template in named.items()}
        self._default = [name.strip() for name in spec.get("defaultInherit", []) if name.strip()]
        self._default_place = spec.at("defaultInherit")

    def inherited(self, release: Section) -> Section:
        """The release over its templates; what it turns on is on in the template from then on.

        Raises:
            EstateError: an unknown template, a cycle, or an ``except`` that is not allowed.
        """
        own = release.copy()
        if self._default:
            own["inherit"] = self._with_default(release.get("inherit", []))
        folded, _ = self._resolve(own, ())
        return folded

    def left(self) -> dict[str, Section]:
        """The templates as the releases so far left them, for ``build`` (rule 6.3)."""
        return dict(self._by_name)

    def _with_default(self, wanted: list[Section]) -> list[Section]:
        kept = [item for item in wanted if item.get("template", "").strip()]
        named = {item["template"].strip() for item in kept}
        first = []
        for name in dict.fromkeys(self._default):
            if name not in named:
                entry = Section(self._default_place)
                entry["template"] = name
                first.append(entry)
        return [*first, *kept]

    def _resolve(self, release: Section, seen: tuple[str, ...]) -> tuple[Section, _Owners]:
        """The release over its templates, and for each shared field the section that holds it."""
        wanted = list(release.get("inherit", []))
        own = release.copy()
        own.pop("inherit", None)
        owners = {name: release for name in own if name in POINTERS}
        if not wanted or any(not item.get("template") for item in wanted):
            return own, owners
        folded, held = Section(release.place), _Owners()
        for item in wanted:
            layer, layer_owners = self._layer(item, seen)
            folded, held = _merge(folded, held, layer, layer_owners)
        from_templates = frozenset(folded) - frozenset(own)
        folded, held = _merge(folded, held, own, owners)
        folded.inherited |= from_templates
        folded.place = release.place
        return folded, held

    def _layer(self, item: Section, seen: tuple[str, ...]) -> tuple[Section, _Owners]:
        name = item["template"]
        if name in seen:
            raise EstateError(f"the templates inherit in a circle: {' -> '.join((*seen, name))}", source=item.place)
        template = self._by_name.get(name)
        if template is None:
            known = ", ".join(sorted(self._by_name)) or "none"
            raise EstateError(
                f"a release inherits from the template {name!r}, which is not there",
                hint=f"templates of this file: {known}",
                source=item.place,
            )
        for key in item.get("except", []):
            if key not in _EXCEPTABLE:
                raise EstateError(
                    f"`except` holds {key!r}", hint=f"it allows {', '.join(_EXCEPTABLE)}", source=item.at("except")
                )
        layer, owners = self._resolve(template, (*seen, name))
        for key in item.get("except", []):
            layer.pop(key, None)
        return layer, owners


def _merge(base: Section, base_owners: _Owners, over: Section, over_owners: _Owners) -> tuple[Section, _Owners]:
    """``over`` laid over ``base``; a shared field that both set is changed where it is held."""
    merged = merge_sections(base, over, append=True)
    owners = dict(base_owners)
    for name, owner in over_owners.items():
        holder = owners.get(name)
        value: Any = owner.get(name)
        if holder is None:
            owners[name] = owner
            merged[name] = value
        elif not is_zero(value):
            holder[name] = value
            merged[name] = value
    return merged, owners
