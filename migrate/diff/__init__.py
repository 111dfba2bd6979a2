"""The difference between two trees: Application by Application, object by object, field by field."""

from migrate.diff.across import phases_of, settle_moves, with_broken_order, without_texts
from migrate.diff.applications import Rendition, compare_renditions, manifest_of, unrendered
from migrate.diff.settings import settings_manifest

__all__ = [
    "Rendition",
    "compare_renditions",
    "manifest_of",
    "phases_of",
    "settings_manifest",
    "settle_moves",
    "unrendered",
    "with_broken_order",
    "without_texts",
]
