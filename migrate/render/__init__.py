"""Rendering: a release as helmfile has Helm render it, an Application as Argo CD renders it; the same Helm for both."""

from migrate.render.application import render_application, render_repository, render_targets
from migrate.render.chart import RenderCache, render_request
from migrate.render.release import broken_render, release_request, render_release
from migrate.render.scopes import Scopes, defined_scopes
from migrate.render.values import fold_values

__all__ = [
    "RenderCache",
    "Scopes",
    "broken_render",
    "defined_scopes",
    "fold_values",
    "release_request",
    "render_application",
    "render_release",
    "render_repository",
    "render_request",
    "render_targets",
]
