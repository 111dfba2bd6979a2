"""Rules over component.yaml: what the ApplicationSet's template will find in it."""
