"""Rules over Applications: names, sources, value files, parameters and sync options."""
