"""Rendering: a release as helmfile has Helm render it, an Application as Argo CD renders it; the same Helm for both.

``render_as_helmfile(estate, release, RenderOptions(…))`` gives what ``helmfile template`` prints for one release;
``render_release`` what helmfile would have Helm apply, each object in its namespace.
"""

from migrate.render.application import render_application, render_repository, render_targets
from migrate.render.chart import RenderCache, render_request
from migrate.render.drawn import with_drawn
from migrate.render.kept import KeptRenders, text_size
from migrate.render.recorded import render_recorded
from migrate.render.release import (
    RenderOptions,
    broken_render,
    release_request,
    release_values,
    render_as_helmfile,
    render_release,
    render_unsettled,
    settle_release,
)
from migrate.render.scopes import Scopes, defined_scopes
from migrate.render.values import fold_values
from migrate.render.wrapped import first_difference, render_wrapped

__all__ = [
    "KeptRenders",
    "RenderCache",
    "RenderOptions",
    "Scopes",
    "broken_render",
    "defined_scopes",
    "first_difference",
    "fold_values",
    "release_request",
    "release_values",
    "render_application",
    "render_as_helmfile",
    "render_recorded",
    "render_release",
    "render_repository",
    "render_request",
    "render_targets",
    "render_unsettled",
    "render_wrapped",
    "settle_release",
    "text_size",
    "with_drawn",
]
