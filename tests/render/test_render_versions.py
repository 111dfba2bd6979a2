from __future__ import annotations

import pytest

from migrate.render.versions import full_version, satisfies


@pytest.mark.parametrize(
    ("constraint", "version", "expected"),
    [
        (">=1.25", "1.25.0", True),
        (">=1.25.0-0", "1.25.0-gke.1", True),
        (">=1.25", "1.26.0-gke.1", False),
        (">= 1.19, < 1.30", "1.29.9", True),
        (">= 1.19 < 1.30", "1.30.0", False),
        (">1.29", "1.29.5", False),
        (">1.29", "1.30.0", True),
        ("<=1.29", "1.29.5", True),
        ("^1.20", "1.99.0", True),
        ("^1.20", "2.0.0", False),
        ("^0.2.3", "0.3.0", False),
        ("~1.28", "1.28.9", True),
        ("~1.28.2", "1.28.1", False),
        ("~1", "1.40.0", True),
        ("1.28.x", "1.28.4", True),
        ("1.x", "1.30.0", True),
        ("*", "1.30.0", True),
        ("1.20 - 1.25", "1.25.7", True),
        ("1.20 - 1.25", "1.26.0", False),
        ("!=1.27.0", "1.27.0", False),
        ("<1.20 || >=1.28", "1.28.0", True),
        ("<1.20 || >=1.28", "1.24.0", False),
        ("1.28.0", "v1.28.0", True),
    ],
)
def test_constraints_are_masterminds(constraint: str, version: str, expected: bool) -> None:
    assert satisfies(version, constraint) is expected


@pytest.mark.parametrize("constraint", ["newest", ">=one", "1.2.3.4"])
def test_what_is_no_constraint_is_refused(constraint: str) -> None:
    with pytest.raises(ValueError, match="no version constraint"):
        satisfies("1.30.0", constraint)


def test_versions_get_three_numbers() -> None:
    assert [full_version(v) for v in ("1.34", "v1.34.2", "1.34.1-gke.7", "latest")] == [
        "1.34.0",
        "1.34.2",
        "1.34.1-gke.7",
        "latest",
    ]
