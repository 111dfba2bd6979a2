"""Estate and renders → ReleaseGraph: what must come before what, with the evidence of every edge."""

from migrate.graph.build import build_graph
from migrate.graph.drawing import draw_svg
from migrate.graph.layers import show_layer, show_layers
from migrate.graph.order import ancestors, descendants, levels, order, reduced_edges, steps
from migrate.graph.outline import outlined
from migrate.graph.query import find_release, in_environment
from migrate.graph.show import show_around, show_graph, show_path
from migrate.graph.text import graph_text, size_remark

__all__ = [
    "ancestors",
    "build_graph",
    "descendants",
    "draw_svg",
    "find_release",
    "graph_text",
    "in_environment",
    "levels",
    "order",
    "outlined",
    "reduced_edges",
    "show_around",
    "show_graph",
    "show_layer",
    "show_layers",
    "show_path",
    "size_remark",
    "steps",
]
