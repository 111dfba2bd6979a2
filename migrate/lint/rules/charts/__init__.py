"""Rules over the charts that the tree holds."""
