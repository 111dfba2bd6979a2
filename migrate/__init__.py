"""migrate: from a Helmfile estate to Argo CD ApplicationSets, with a proof that both apply the same objects."""

__version__ = "0.1.0"
