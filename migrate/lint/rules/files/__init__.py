"""Rules over the files themselves."""
