"""Rules over rendered images."""
