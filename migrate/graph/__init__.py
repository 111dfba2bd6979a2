"""Estate and renders → ReleaseGraph: what must come before what, with the evidence of every edge."""

from migrate.graph.build import build_graph
from migrate.graph.order import ancestors, descendants, levels, order, reduced_edges
from migrate.graph.outline import outlined
from migrate.graph.text import graph_text

__all__ = ["ancestors", "build_graph", "descendants", "graph_text", "levels", "order", "outlined", "reduced_edges"]
