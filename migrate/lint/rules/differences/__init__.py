"""Rules over what Argo CD does not compare."""
