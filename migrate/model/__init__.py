"""The nouns that cross the stages: frozen data, the standard library alone, no I/O."""
