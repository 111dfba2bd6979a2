"""The ladder of rollout phases: bands, the steps inside a band, and where a release stands that has to wait."""

from __future__ import annotations

from migrate.model.plan import Step

BANDS = {
    "prerequisites": 0,
    "foundation": 1,
    "data": 2,
    "platform": 3,
    "data-ext": 4,
    "observability": 5,
    "apps": 6,
}
"""Domain → first digit of its phases, in the order of the rollout."""

STEPS = {
    "namespaces": 0,
    "crds": 10,
    "operator": 20,
    "secrets": 30,
    "config": 40,
    "runtime": 50,
    "post-runtime": 55,
    "smoke": 99,
}
"""Component type → the last two digits of its phase."""

_LANE_ENDS = {
    "namespaces": 9,
    "crds": 19,
    "operator": 29,
    "secrets": 39,
    "config": 49,
    "runtime": 54,
    "post-runtime": 98,
    "smoke": 99,
}
_DEFAULT_STEPS = (
    (0, (10, 20, 99)),
    (1, (0, 10, 20, 30, 40, 50, 55, 60, 99)),
    (2, (10, 20, 30, 40, 50, 60, 99)),
    (3, (10, 20, 30, 40, 50, 55, 60, 99)),
    (4, (10, 20, 30, 40, 50, 55, 60, 99)),
    (5, (10, 20, 30, 40, 50, 55, 99)),
    (6, (10, 20, 30, 40, 50, 55, 99)),
)
LAST_PHASE = 999


def max_update(phase: int) -> str:
    """How many Applications of a step change at once by default: one for CRDs and operators, a quarter of the apps."""
    band, step = divmod(phase, 100)
    if band and (STEPS["crds"] <= step <= _LANE_ENDS["operator"]):
        return "1"
    return "25%" if band == BANDS["apps"] and STEPS["runtime"] <= step <= _LANE_ENDS["runtime"] else ""


DEFAULT_LADDER = tuple(
    Step(f"{band}{step:02d}", max_update(band * 100 + step)) for band, steps in _DEFAULT_STEPS for step in steps
)
"""What holds where migration.yaml brings no ladder of its own."""


def is_phase(text: str) -> bool:
    """Whether it is three digits."""
    return len(text) == 3 and text.isascii() and text.isdigit()


def phase_text(phase: int) -> str:
    """Three digits."""
    return f"{phase:03d}"


def natural_phase(domain: str, component_type: str, steps: frozenset[int]) -> int:
    """Where a release stands that waits for nobody: its type's step in its domain's band.

    Where the ladder lacks that step, the next one that the type may use; where it has none, the step all the same.
    """
    band, step = BANDS.get(domain, BANDS["apps"]), STEPS.get(component_type, STEPS["runtime"])
    wanted = band * 100 + step
    return _existing(wanted, _lane_end(wanted, component_type), steps) or wanted


def phase_after(latest: int, *, natural: int, component_type: str, steps: frozenset[int]) -> int:
    """The smallest fitting phase strictly after ``latest``, the last phase that the release waits for.

    It stays at its natural phase where it can; else at a step of its own type (a new one, if need be: 651 after
    650); else at the next step of the band; else past the band.
    """
    if latest < natural:
        return natural
    band = latest // 100
    home = natural if natural // 100 == band else band * 100 + STEPS.get(component_type, STEPS["runtime"])
    if latest < home:
        return _existing(home, _lane_end(home, component_type), steps) or home
    lane_end = _lane_end(home, component_type)
    if latest < lane_end:
        return _existing(latest + 1, lane_end, steps) or latest + 1
    band_end = band * 100 + 98
    return _existing(latest + 1, band_end, steps) or latest + 1


def phase_before(limit: int, *, latest: int, steps: frozenset[int]) -> int:
    """The last phase after ``latest`` and not after ``limit``: a step of the ladder, else a new one."""
    return max((step for step in steps if latest < step <= limit), default=limit)


def _lane_end(phase: int, component_type: str) -> int:
    return phase // 100 * 100 + _LANE_ENDS.get(component_type, _LANE_ENDS["runtime"])


def _existing(first: int, last: int, steps: frozenset[int]) -> int | None:
    return min((step for step in steps if first <= step <= last), default=None)
