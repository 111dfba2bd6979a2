"""The tests; shared fixtures are in conftest."""
