"""Rules over Argo CD's own settings, where the tree brings them."""
